"""The filters above the list of leads: the search and what is asked most in one line, the rest behind a button."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.value_element import ValueElement

from adapters.db.leads_in_flight import Choices
from api.console.admin.lead_query import (
    CLOSED,
    COURSES,
    HOLDS,
    KINDS,
    SORTINGS,
    STAGES,
    LeadQuery,
)

_WAIT = 300
"""Milliseconds without a keystroke after which what was typed is looked for."""
_RARE = ("version", "course", "source", "kind", "next_before", "held_before", "closed")
"""Parameters whose filters are behind the button."""

_EMPTY: dict[type, Any] = {ui.input: "", ui.select: None, ui.checkbox: False}


class LeadFilters:
    """Shows what is looked for, and hears what else should be."""

    def __init__(
        self,
        query: LeadQuery,
        choices: Choices,
        ask: Callable[[LeadQuery], Awaitable[None]],
        *,
        with_owner: bool,
    ) -> None:
        self._query = query
        self._choices = choices
        self._ask = ask
        self._fields: dict[str, ValueElement[Any]] = {}
        self._quiet = False
        """While fields are set from here, they need not be heard."""
        with ui.element("section").classes("ft-card ft-lead-filters").props('role=search aria-label="Filters"'):
            with ui.element("div").classes("ft-filter-line"):
                self._often(with_owner)
            with ui.element("div").classes("ft-filter-line") as self._more:
                self._seldom()
            self._chips = ui.row().classes("ft-chips")
        self._more.set_visibility(any(getattr(query, name) for name in _RARE))
        self._tell_more()

    def _often(self, with_owner: bool) -> None:
        find = ui.input("Search", value=self._query.q, placeholder="name, company, address or number")
        find.props(f"outlined dense clearable debounce={_WAIT} type=search").classes("ft-search")
        self._listen("q", find)
        self._select("stage", "Stage", STAGES)
        self._select("cadence", "Cadence", {name: name for name in sorted(self._choices.versions)})
        if with_owner:
            self._select("owner", "Owner", self._choices.owners, searched=True)
        self._select("hold", "Hold", HOLDS)
        overdue = ui.checkbox("Overdue", value=bool(self._query.overdue))
        self._listen("overdue", overdue)
        self._button = ui.button("More", icon="tune", on_click=self._toggle).props("flat dense no-caps")

    def _seldom(self) -> None:
        self._select("version", "Version", self._versions(), searched=True)
        self._select("course", "Course", COURSES)
        self._select("source", "Source", {one: one for one in self._choices.sources}, searched=True)
        self._select("kind", "Kind", KINDS)
        self._select("closed", "Closed channel", CLOSED)
        self._date("next_before", "Next touch by")
        self._date("held_before", "Hold ends by")
        self._select("sort", "Order", SORTINGS)

    def show(self, query: LeadQuery) -> None:
        """Show what is looked for now, as chips that can be taken away."""
        self._query = query
        self._chips.clear()
        with self._chips:
            for name, words in query.said(self._choices):
                chip = ui.chip(words, removable=True, on_value_change=self._taker(name))
                chip.props("outline").classes("ft-chip")
                # Set by itself: within a text of several properties, quotes in these words would make more of them.
                chip.props["remove-aria-label"] = f"Take away: {words}"
            if sum(1 for _ in query.said(self._choices)) > 1:
                ui.button("Clear all", on_click=self._clear).props("flat dense no-caps")

    def _taker(self, name: str) -> Callable[[], Awaitable[None]]:
        async def take() -> None:
            await self._set({name: ""})

        return take

    async def _clear(self) -> None:
        await self._set({name: "" for name, _ in self._query if name != "sort"})

    async def ask_for(self, **values: str) -> None:
        """Look for something else, as if it had been chosen in the fields."""
        await self._set(values)

    async def _set(self, values: Mapping[str, str]) -> None:
        self._quiet = True
        for name, value in values.items():
            if name in self._fields:
                field = self._fields[name]
                field.set_value(value or _EMPTY[type(field)])
        self._quiet = False
        await self._ask(self._query.with_(**values))

    def _select(self, name: str, label: str, options: Mapping[str, str], *, searched: bool = False) -> None:
        value = getattr(self._query, name)
        shown = dict(options)
        if value and value not in shown:
            shown[value] = value  # from an address that somebody wrote, or of what is gone by now
        field = ui.select(shown, label=label, value=value or None, clearable=True, with_input=searched)
        self._listen(name, field.props("outlined dense options-dense"))

    def _date(self, name: str, label: str) -> None:
        field = ui.input(label, value=getattr(self._query, name)).props(
            "outlined dense stack-label type=date clearable"
        )
        self._listen(name, field)

    def _listen(self, name: str, field: ValueElement[Any]) -> None:
        async def changed(event: Any) -> None:
            value = "1" if event.value is True else str(event.value or "")
            if not self._quiet and value != getattr(self._query, name):
                await self._ask(self._query.with_(**{name: value}))

        field.on_value_change(changed)
        self._fields[name] = field

    def _versions(self) -> dict[str, str]:
        return {
            version: f"{name} {version[:8]}, {published_at:%Y-%m-%d}"
            for name, versions in sorted(self._choices.versions.items())
            for version, published_at in versions
        }

    def _toggle(self) -> None:
        self._more.set_visibility(not self._more.visible)
        self._tell_more()

    def _tell_more(self) -> None:
        self._button.props(f"aria-expanded={'true' if self._more.visible else 'false'}")
        self._button.text = "Less" if self._more.visible else "More"
