"""A prospect with an email of ours, and a browser without JavaScript and cookies."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
from bs4 import BeautifulSoup, Tag
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cases import CaseStore
from adapters.db.rows import CommandRow, TaskRow
from api.services import Services
from tests.api.conftest import Capture, client_of
from tests.api.webhooks.conftest import Desk
from tests.clocks import SettableClock
from tests.links import LINKS

READING_TIME = timedelta(seconds=4)


class Page:
    """What a browser makes of an answer."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.url = str(response.request.url)
        self.soup = BeautifulSoup(response.text, "html.parser")
        self.text = self.soup.get_text(" ", strip=True)

    @property
    def heading(self) -> str:
        found = self.soup.find("h1")
        assert isinstance(found, Tag)
        return found.get_text(strip=True)

    @property
    def forms(self) -> list[Tag]:
        return [form for form in self.soup.find_all("form") if isinstance(form, Tag)]

    def button(self, label: str) -> Tag:
        """The button of this label that a person sees."""
        [found] = [button for button in self.soup.find_all("button") if button.get_text(strip=True) == label]
        assert isinstance(found, Tag)
        return found


def fields_of(form: Tag, button: Tag | None, **typed: str) -> dict[str, str]:
    """What a browser posts when a button of a form is pressed."""
    fields = {str(each["name"]): _value_of(each) for each in form.find_all(["input", "textarea", "select"])}
    pressed = {str(button["name"]): str(button["value"])} if button is not None and button.has_attr("name") else {}
    return {**{name: value for name, value in fields.items() if value is not None}, **typed, **pressed}


def _value_of(field: Tag) -> str | None:
    """What a browser sends of a field; None for a box that is not ticked."""
    if field.name == "textarea":
        return field.get_text().removeprefix("\n")  # HTML leaves the first line break out.
    if field.name == "select":
        chosen = field.find("option", selected=True) or field.find("option")
        return str(chosen["value"]) if isinstance(chosen, Tag) else ""
    if field.get("type") == "checkbox" and not field.has_attr("checked"):
        return None
    return str(field.get("value", ""))


class Browser:
    """Opens links and presses buttons; each takes the time that it takes a person."""

    def __init__(self, client: httpx.AsyncClient, clock: SettableClock) -> None:
        self.client = client
        self.clock = clock

    async def open(self, url: str) -> Page:
        return Page(await self.client.get(url))

    async def submit(self, page: Page, form: Tag, button: Tag | None, **typed: str) -> Page:
        # No action: a form posts to where it was shown.
        assert (form.get("action"), form["method"]) == (None, "post")
        return Page(await self.client.post(page.url, data=fields_of(form, button, **typed)))

    async def press(self, page: Page, label: str, after: timedelta = READING_TIME, **typed: str) -> Page:
        self.clock.move_by(after)
        button = page.button(label)
        form = button.find_parent("form")
        assert isinstance(form, Tag)
        return await self.submit(page, form, button, **typed)


@dataclass
class Prospect:
    """A lead, the email that it got, and how it stands."""

    desk: Desk
    touch_id: UUID

    @property
    def lead_id(self) -> UUID:
        return self.desk.lead_id

    def answer(self, choice: str = "") -> str:
        return LINKS.answer(self.lead_id, self.touch_id, choice)

    @property
    def unsubscribe(self) -> str:
        return LINKS.unsubscribe(self.lead_id, self.touch_id)

    async def standing(self) -> Any:
        return await self.desk.standing()

    async def commands(self) -> list[Any]:
        """The commands after the first, which is the capture."""
        wanted = select(CommandRow.__table__).where(CommandRow.lead_id == self.lead_id).order_by(CommandRow.revision)
        async with self.desk.engine.connect() as connection:
            return list((await connection.execute(wanted)).all())[1:]

    async def open_tasks(self) -> list[Any]:
        wanted = select(TaskRow.__table__).where(TaskRow.lead_id == self.lead_id, TaskRow.state == "open")
        async with self.desk.engine.connect() as connection:
            return list((await connection.execute(wanted)).all())


@pytest_asyncio.fixture
async def stranger(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A caller without a token of ours."""
    async with client_of(services, None) as client:
        yield client


@pytest_asyncio.fixture
async def browser(stranger: httpx.AsyncClient, clock: SettableClock) -> Browser:
    return Browser(stranger, clock)


@pytest_asyncio.fixture
async def prospect(engine: AsyncEngine, cases: CaseStore, clock: SettableClock, capture: Capture) -> Prospect:
    desk = Desk(engine, cases, clock, UUID((await capture())["id"]))
    return Prospect(desk, await desk.message())
