"""Whom a preview is for: somebody made up, one of the newest leads, or any lead found by what is known of it."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from api.console import kit
from api.console.desk import Desk
from cadences.made_up import MADE_UP

_NEWEST = 12
"""So many leads of the cadence are offered; any other is found by what is known of it."""


class PersonChoice:
    """A list of people, and a field to find another lead."""

    def __init__(self, desk: Desk, people: dict[str, str], on_choice: Callable[[], Awaitable[None]]) -> None:
        """
        Args:
            people: whom it offers, by what they are found by; those made up first.
            on_choice: called when another one was chosen.
        """
        self._desk = desk
        self._people = people
        self._on_choice = on_choice
        self.who = MADE_UP[0].key
        """A lead's id, or the key of somebody made up."""
        self._person = ui.select(people, label="For", value=self.who).props("dense outlined options-dense")
        self._person.on_value_change(lambda event: self._choose(event.value))
        self._search = ui.input("or another lead: its email, number or id").props("dense outlined clearable")
        self._search.on("keydown.enter", self._find)

    async def _choose(self, who: str) -> None:
        if who:
            self.who = who
            async with kit.acting():
                await self._on_choice()

    async def _find(self) -> None:
        """Look a lead up by what somebody typed."""
        text = (self._search.value or "").strip()
        if not text:
            return
        async with kit.acting():
            await self._desk.still_here()
            found = await self._desk.services.reading.find_leads(text)
            if len(found) != 1:
                kit.refused("No lead is found by this." if not found else "Several leads begin like this; type more.")
                return
            self._people[str(found[0])] = f"the lead found by {text}"
            self._person.set_options(self._people, value=str(found[0]))
            self._search.set_value("")


async def people_for(desk: Desk, cadence: str) -> dict[str, str]:
    """Whom a preview offers: people made up, and the leads that came into the cadence last."""
    leads = await desk.services.published.newest_leads(cadence, _NEWEST)
    called = {
        str(one.id): ", ".join(part for part in (one.name or "a lead without a name", one.company) if part)
        for one in leads
    }
    return {**{one.key: one.label for one in MADE_UP}, **called}
