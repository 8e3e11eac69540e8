"""What the tests of the console share: the stage, set anew for each test, and pages with somebody at them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from leads.model import Role
from tests.conftest import empty
from tests.console.browser import Browser
from tests.console.incidents import Incidents
from tests.console.snapshot import Snapshot
from tests.console.stage import START, Stage, served

if TYPE_CHECKING:
    from playwright.async_api import Page

OpenPage = Callable[..., Awaitable["Page"]]


@pytest_asyncio.fixture(scope="session")
async def theatre(migrated: AsyncEngine) -> AsyncIterator[Stage]:
    """The application, served for the whole run."""
    async with served(migrated) as stage:
        yield stage


@pytest_asyncio.fixture
async def stage(theatre: Stage, engine: AsyncEngine) -> Stage:
    """The application over an emptied database with the shipped cadences and somebody of each role."""
    await theatre.set()
    return theatre


@dataclass(frozen=True, slots=True)
class Lived:
    """The shown business, lived once for the run."""

    snapshot: Snapshot
    incidents: Incidents


@pytest_asyncio.fixture(scope="session")
async def lived(theatre: Stage, migrated: AsyncEngine) -> Lived:
    """Six weeks of the shown business, kept."""
    await empty(migrated)
    incidents = await theatre.fill()
    return Lived(await Snapshot.of(migrated), incidents)


@pytest_asyncio.fixture
async def busy_stage(theatre: Stage, lived: Lived, engine: AsyncEngine) -> Stage:
    """The application over the shown business, as it stands after six weeks."""
    theatre.clock.move_to(START)
    await lived.snapshot.put_back(engine)
    return theatre


@pytest.fixture
def page_of(request: pytest.FixtureRequest, browser: Browser) -> OpenPage:
    """Open a page as somebody: `await page_of(Role.REP, "/today")`; the options are the browser's.

    It is the stage's, or the busy stage's where the test asks for that.
    """
    stage: Stage = request.getfixturevalue("busy_stage" if "busy_stage" in request.fixturenames else "stage")

    async def opened(who: Role | str, path: str = "/", **options: Any) -> "Page":
        context = await browser.context(f"{stage.url}", **options)
        await stage.sign_in(context, who)
        page = await context.new_page()
        await page.goto(f"/console{path}")
        return page

    return opened
