"""Finds one lead while somebody types: by a part of a name, a company, an address, by a number or an id."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from nicegui import ui

from adapters.db.views import LeadSummary
from api.console import kit
from api.console.desk import Desk

_SHOWN = 8
_LEAST = 2
"""Characters below which nothing is looked for."""


@dataclass(frozen=True, slots=True)
class FoundLead:
    """A lead as somebody recognises it."""

    id: UUID
    name: str | None
    company: str | None
    email: str | None
    phone: str | None
    stage: str
    owner: str

    @property
    def who(self) -> str:
        """What the lead is called."""
        name = " · ".join(part for part in (self.name, self.company) if part)
        return name or self.email or self.phone or f"lead {str(self.id)[:8]}"


class LeadFinder:
    """A field, and below it the leads that fit; for those who see every lead."""

    def __init__(self, desk: Desk, choose: Callable[[FoundLead], Awaitable[None]], *, action: str = "Choose") -> None:
        """Build it where we are.

        Args:
            choose: is called with the lead that somebody chose.
            action: what stands on the button beside each.
        """
        self._desk = desk
        self._choose = choose
        self._action = action
        self._asking = 0
        self._field = ui.input("Find a lead", placeholder="name, company, address, number or id")
        self._field.classes("full-width").props("outlined dense clearable debounce=300 type=search").on_value_change(
            self._look
        )
        self._found = ui.element("ul").classes("ft-finder").props("aria-live=polite")

    async def _look(self) -> None:
        async with kit.acting():
            self._asking = asking = self._asking + 1
            await self._desk.still_here()
            text = (self._field.value or "").strip()
            found = await self._find(text) if len(text) >= _LEAST else []
            if asking != self._asking:
                return
            self._found.clear()
            with self._found:
                for one in found:
                    self._line(one)
                if not found and len(text) >= _LEAST:
                    kit.words("No lead fits.", "li").classes("ft-quiet")

    async def _find(self, text: str) -> list[FoundLead]:
        reading = self._desk.services.reading
        named = await reading.find_leads(text)
        if len(named) == 1 and (one := await self._one(named[0])) is not None:
            return [one]
        return [_found(one) for one in (await reading.leads(q=text, limit=_SHOWN)).items]

    async def _one(self, lead_id: UUID) -> FoundLead | None:
        """A lead that was named by its id, or by a whole address or number."""
        services = self._desk.services
        view = await services.reading.lead(lead_id, services.company, services.clock())
        if view is None:
            return None
        contacts = {one.kind: one.value for one in reversed(view.contacts)}
        email, phone = contacts.get("email"), contacts.get("phone")
        return FoundLead(view.id, view.name, view.company, email, phone, view.stage, view.owner)

    def _line(self, one: FoundLead) -> None:
        with ui.element("li").classes("ft-finder-line"):
            with ui.element("div").classes("col"):
                kit.words(one.who, "div")
                details = (one.email, one.phone, one.stage, f"owner {one.owner}")
                kit.words(" · ".join(part for part in details if part), "div").classes("ft-quiet")
            button = ui.button(self._action, on_click=lambda: self._take(one)).props("flat dense")
            button.props["aria-label"] = f"{self._action}: {one.who}"

    async def _take(self, one: FoundLead) -> None:
        async with kit.acting():
            self._found.clear()
            await self._choose(one)


def _found(one: LeadSummary) -> FoundLead:
    return FoundLead(one.id, one.name, one.company, one.email, one.phone, one.stage, one.owner)
