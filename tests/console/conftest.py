"""What the tests of the console share: the stage, set anew for each test, and pages with somebody at them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from leads.model import Role
from tests.console.browser import Browser
from tests.console.stage import Stage, served

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


@pytest.fixture
def page_of(stage: Stage, browser: Browser) -> OpenPage:
    """Open a page as somebody: `await page_of(Role.REP, "/today")`; the options are the browser's."""

    async def opened(who: Role | str, path: str = "/", **options: Any) -> "Page":
        context = await browser.context(f"{stage.url}", **options)
        await stage.sign_in(context, who)
        page = await context.new_page()
        await page.goto(f"/console{path}")
        return page

    return opened
