"""The list of leads: found by words and filters, in pages; managers and admins do something to many of them at once."""

from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.events import TableSelectionEventArguments

from adapters.db.engine import is_trouble
from adapters.db.leads_in_flight import MOST_CHOSEN, PAGE, Choices, Course, LeadLines
from api.bulk import BulkCommands
from api.console import kit
from api.console.admin.first_steps import build_first_steps
from api.console.admin.lead_filters import LeadFilters
from api.console.admin.lead_query import AskedQuery, LeadQuery
from api.console.admin.lead_rows import row_of
from api.console.admin.lead_table import lead_table
from api.console.admin.wishes import WishDialog, wish_buttons
from api.console.desk import Desk
from api.console.frame import Section
from api.console.pages import Nav, console_page
from api.console.permissions import Action, Page, may_do
from api.problems import ValueRefused
from api.writes import Caller
from leads.links import CONSOLE_PATH


@console_page("/leads", Page.LEADS, title="Leads", nav=Nav(Section.WORK, "groups"))
async def leads(desk: Desk, query: AskedQuery) -> None:
    """The filters, the page of leads, and what may be done to those that are chosen."""
    ui.add_head_html(f'<script defer src="{CONSOLE_PATH}/static/leads.js"></script>')
    await build_first_steps(desk)
    await _Leads(desk, query).build()


class _Leads:
    """The list, what is looked for in it, and which leads are chosen."""

    def __init__(self, desk: Desk, query: LeadQuery) -> None:
        self._desk = desk
        self._query = query
        self._places: list[str | None] = [None]
        """Where each page up to the shown one begins."""
        self._chosen: dict[UUID, None] = {}
        self._chosen_at_once: frozenset[UUID] = frozenset()
        """All that matched when they were chosen."""
        self._number = 0
        """Of the last look that was begun; an older one that comes late is not shown."""
        self._may_choose = may_do(desk.person.role, Action.RUN_BULK)

    async def build(self) -> None:
        self._choices: Choices = await self._desk.services.in_flight.choices()
        self._filters = LeadFilters(self._query, self._choices, self._look_for, with_owner=self._desk.sees_all)
        with ui.row().classes("ft-line"):
            self._count = ui.label().props("role=status aria-live=polite").classes("ft-strong")
            with ui.row().classes("ft-inline") as self._left_out:
                ui.label("Those that ended are left out.").classes("ft-quiet")
                self._button_of_all("Show them too")
        self._said = ui.element("div")
        self._table = lead_table(self._on_select if self._may_choose else None)
        self._below = ui.row().classes("ft-line ft-pages")
        if self._may_choose:
            self._bar = ui.element("section").classes("ft-bulk").props('aria-label="Chosen leads"')
        with ui.element("p").classes("ft-quiet ft-shortcuts"):
            _keys(("/", "search"), ("j k", "move"), ("e", "why"), ("Enter", "open"))
            if self._may_choose:
                _keys(("x", "choose"))
        await self._show()

    async def _look_for(self, query: LeadQuery) -> None:
        """Something else is looked for: from the first page on, and nothing is chosen any more."""
        self._query, self._places = query, [None]
        self._chosen.clear()
        self._chosen_at_once = frozenset()
        ui.navigate.history.replace(query.address())
        async with kit.acting():
            await self._desk.still_here()
            await self._show()

    async def _show(self) -> None:
        self._number += 1
        number = self._number
        try:
            page = await self._read(self._query)
            ended = await self._read_ended() if not page.items and self._query.leaves_ended_out else None
        except Exception as trouble:
            if not is_trouble(trouble):
                raise
            self._show_trouble()
            return
        if number == self._number:
            self._show_page(page, ended)

    async def _read(self, query: LeadQuery) -> LeadLines:
        desk = self._desk
        wanted = query.filter(desk.zone, None if desk.sees_all else desk.person.id)
        return await desk.services.in_flight.lines(
            wanted, desk.services.clock(), desk.zone, sorting=query.sorting, cursor=self._places[-1]
        )

    async def _read_ended(self) -> LeadLines:
        """Those that ended and are like this otherwise."""
        return await self._read(self._query.with_(course=Course.ENDED.value))

    def _show_trouble(self) -> None:
        self._said.clear()
        self._said.set_visibility(True)
        with self._said:
            kit.trouble("The database does not answer.", self._show)

    def _show_page(self, page: LeadLines, ended: LeadLines | None) -> None:
        desk, now = self._desk, self._desk.services.clock()
        self._total = page
        self._filters.show(self._query)
        self._count.text = f"{_number(page)} lead{'' if page.total == 1 else 's'}"
        self._left_out.set_visibility(self._query.leaves_ended_out and bool(page.items))
        self._said.clear()
        self._said.set_visibility(not page.items)
        if not page.items:
            with self._said:
                self._show_nothing(ended)
        self._table.set_visibility(bool(page.items))
        rows = [row_of(line, desk.zone, now) for line in page.items]
        self._table.rows = rows
        self._table.selected = [row for row in rows if UUID(row["id"]) in self._chosen]
        self._below.clear()
        with self._below:
            self._pages(page)
        self._show_chosen()

    def _show_nothing(self, ended: LeadLines | None) -> None:
        if self._query.filter(self._desk.zone, None).narrows:
            followed_up = " that is followed up" if self._query.leaves_ended_out else ""
            kit.empty(f"No lead{followed_up} is like this.", "Take a filter away to see more.", "search_off")
        elif self._desk.sees_all:
            kit.empty("No lead is followed up now.", "Add one.", "groups")
        else:
            kit.empty("None of the leads in flight is yours.", "New ones appear here by themselves.", "groups")
        if ended is not None and ended.items:
            with ui.row().classes("ft-line justify-center"):
                self._button_of_all(f"Show {_number(ended)} that ended")

    def _button_of_all(self, text: str) -> None:
        async def show_all() -> None:
            await self._filters.ask_for(course=Course.ALL.value)

        ui.button(text, on_click=show_all).props("flat dense no-caps")

    def _pages(self, page: LeadLines) -> None:
        if len(self._places) == 1 and page.next_cursor is None:
            return
        first = (len(self._places) - 1) * PAGE + 1
        back = ui.button("Previous", icon="chevron_left", on_click=self._back).props("flat dense no-caps")
        back.set_enabled(len(self._places) > 1)
        ui.label(f"{first:,} to {first + len(page.items) - 1:,}").classes("ft-quiet")
        onward = ui.button("Next", on_click=lambda: self._onward(page.next_cursor))
        onward.props("flat dense no-caps icon-right=chevron_right").set_enabled(page.next_cursor is not None)

    async def _back(self) -> None:
        async with kit.acting():
            await self._desk.still_here()
            self._places.pop()
            await self._show()

    async def _onward(self, cursor: str | None) -> None:
        async with kit.acting():
            await self._desk.still_here()
            self._places.append(cursor)
            await self._show()

    # What is chosen, and what is done to it.

    def _on_select(self, event: TableSelectionEventArguments) -> None:
        on_page = [UUID(row["id"]) for row in self._table.rows]
        marked = {UUID(row["id"]) for row in event.selection}
        for lead_id in on_page:
            if lead_id in marked:
                self._chosen[lead_id] = None
            else:
                self._chosen.pop(lead_id, None)
        self._show_chosen()

    def _show_chosen(self) -> None:
        if not self._may_choose:
            return
        self._bar.clear()
        self._bar.set_visibility(bool(self._chosen))
        if not self._chosen:
            return
        with self._bar:
            ui.label(f"{len(self._chosen):,} chosen").classes("ft-strong").props("role=status")
            wish_buttons(self._wish)
            ui.space()
            if not self._total.total_exact or len(self._chosen) < self._total.total:
                every = f"Choose all {self._total.total:,}" if self._total.total_exact else "Choose all that match"
                ui.button(every, on_click=self._choose_all).props("flat dense no-caps")
            ui.button("Clear", on_click=self._clear).props("flat dense no-caps")

    async def _choose_all(self) -> None:
        """Choose what matches now; what matches later is not chosen."""
        async with kit.acting():
            await self._desk.still_here()
            wanted = self._query.filter(self._desk.zone, None)
            found = await self._desk.services.in_flight.chosen(wanted, self._desk.services.clock())
            if len(found) > MOST_CHOSEN:
                raise ValueRefused("leads", f"more than {MOST_CHOSEN:,} leads match; narrow the filters")
            self._chosen, self._chosen_at_once = dict.fromkeys(found), frozenset(found)
            self._table.selected = [row for row in self._table.rows if UUID(row["id"]) in self._chosen]
            self._show_chosen()

    def _clear(self) -> None:
        self._chosen.clear()
        self._table.selected = []
        self._show_chosen()

    def _how_chosen(self) -> str:
        """In words, for the record of what was done to them."""
        matched = self._query.without_words(self._choices)
        return matched if self._chosen.keys() == self._chosen_at_once else f"chosen by hand from {matched}"

    async def _wish(self, kind: str) -> None:
        """Ask what is to be done to the chosen leads, show what would happen, and have it done."""
        async with kit.acting():
            lead_ids, desk = list(self._chosen), self._desk
            wish = await WishDialog(desk, kind, lead_ids).ask()
            if wish is None:
                return
            chosen = self._how_chosen()

            async def work(caller: Caller) -> UUID:
                bulk = BulkCommands(desk.services)
                return await bulk.begin(wish, lead_ids, chosen=chosen, by=caller.token.name, via=caller.via)

            def became(run_id: UUID) -> dict[str, Any]:
                return {"run": str(run_id), "kind": wish.kind, "leads": len(lead_ids)}

            run_id = await desk.do(Action.RUN_BULK, work, subject=wish.kind, became=became)
            ui.navigate.to(f"/bulk/{run_id}")


def _number(page: LeadLines) -> str:
    return f"{'' if page.total_exact else 'more than '}{page.total:,}"


def _keys(*keys: tuple[str, str]) -> None:
    for key, meaning in keys:
        kit.words(key, "kbd")
        kit.words(f" {meaning}  ", "span")
