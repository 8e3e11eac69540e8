"""The audit log: who changed what, from what to what, and when."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from nicegui import ui

from adapters.db.audit_log import Outcome
from adapters.db.audit_reading import Asked, EntryView
from api.console import kit
from api.console.desk import Desk
from api.console.frame import Section
from api.console.pages import Nav, console_page
from api.console.permissions import Page
from api.console.tables import GrowingList, Table
from api.problems import ValueRefused
from leads.spans import at_local

_MARKS = {Outcome.DONE: "ft-good", Outcome.REFUSED: "ft-warn", Outcome.BEGUN: "ft-bad"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_SHOWN_OF_ID = 8
_OUTCOMES = {Outcome.DONE: "done", Outcome.REFUSED: "refused", Outcome.BEGUN: "cut off"}


@console_page("/audit", Page.AUDIT, title="Audit log", nav=Nav(Section.HOUSE, "history"))
async def audit(desk: Desk, by: str = "", lead: str = "", action: str = "") -> None:
    """Show what was changed.

    Args:
        by: only by this colleague or program.
        lead: only about this lead.
        action: only of this kind.
    """
    await _Log(desk, by, lead, action).build()


class _Log:
    def __init__(self, desk: Desk, by: str, lead: str, action: str) -> None:
        self._desk = desk
        self._by, self._lead, self._action = by, lead, action
        self._asking = 0
        self._people: dict[str, str] = {}

    async def build(self) -> None:
        self._people = {one.id: one.name for one in await self._desk.services.people.all()}
        people = dict(self._people)
        actions = {name: words(name) for name in await self._desk.services.audit_reading.actions()}
        if self._action:
            actions.setdefault(self._action, words(self._action))
        if self._by:
            people.setdefault(self._by, self._by)
        with ui.element("div").classes("ft-log-filters").props("role=search"):
            self._who = ui.select(people, label="Who", value=self._by or None, clearable=True, with_input=True)
            self._what = ui.select(actions, label="What", value=self._action or None, clearable=True, with_input=True)
            self._about = ui.input("Lead", value=self._lead, placeholder="id, address or number")
            self._about.props("clearable debounce=400")
            self._how = ui.select(_OUTCOMES, label="How it went", clearable=True)
            self._since = ui.input("From day").props("type=date stack-label clearable")
            self._until = ui.input("To day").props("type=date stack-label clearable")
            for field in (self._who, self._what, self._about, self._how, self._since, self._until):
                field.props("outlined dense").on_value_change(self._fill_anew)
        self._box = ui.element("section").classes("ft-card").props('aria-label="Changes"')
        await self._fill()

    async def _fill_anew(self) -> None:
        async with kit.acting():
            await self._desk.still_here()
            await self._fill()

    async def _fill(self) -> None:
        self._asking = asking = self._asking + 1
        asked = await self._asked()

        async def load(before: int | None) -> tuple[Sequence[EntryView], int | None]:
            if asked is None:
                return [], None
            page = await self._desk.services.audit_reading.page(asked, before=before)
            return page.items, page.next_before

        first = await load(None)
        if asking != self._asking:
            return  # Somebody has asked for something else meanwhile.
        self._box.clear()
        with self._box:
            if not first[0]:
                kit.empty("Nothing was changed.", "Every change that people make in the console is here.", "history")
                return
            table = Table("Changes", ["When", "Who", "What", "About", "Change", "How it went"], one_line=[0])
            await GrowingList(load, lambda one: self._row(table, one), first=first).begin()

    async def _asked(self) -> Asked | None:
        """What is asked for; None when it names no lead that there is."""
        asked = Asked(by=self._who.value or None, action=self._what.value or None, outcome=self._how.value or None)
        zone = self._desk.zone
        if (since := _day(self._since.value)) is not None:
            asked = replace(asked, since=at_local(datetime.combine(since, time.min), zone))
        if (until := _day(self._until.value)) is not None:
            asked = replace(asked, until=at_local(datetime.combine(until + timedelta(days=1), time.min), zone))
        text = (self._about.value or "").strip()
        if not text:
            return asked
        lead_id = _id_of(text)
        if lead_id is None:
            found = await self._desk.services.reading.find_leads(text)
            if len(found) != 1:
                return None
            lead_id = found[0]
        return replace(asked, lead_id=lead_id)

    def _row(self, table: Table, one: EntryView) -> None:
        exactly = f"{one.at.astimezone(self._desk.zone):%Y-%m-%d %H:%M:%S}"
        with table.row():
            with table.cell(0):
                kit.words(self._moment(one.at)).props["title"] = exactly
            with table.cell():
                kit.words(self._people.get(one.by, one.by), "div")
                kit.words(one.via, "div").classes("ft-quiet")
            kit.words(words(one.action), "td")
            with table.cell():
                if one.lead_id is not None:
                    kit.link(one.lead_name or f"lead {str(one.lead_id)[:8]}", f"/leads/{one.lead_id}")
                if one.subject:
                    ui.label(one.subject)
            with table.cell():
                self._change(one)
            with table.cell():
                kit.words(_OUTCOMES[one.outcome]).classes(f"ft-tag {_MARKS[one.outcome]}")

    def _change(self, one: EntryView) -> None:
        """Each thing that is different now, from what to what."""
        before, after = one.before or {}, one.after or {}
        for name in dict.fromkeys((*before, *after)):
            said = [self._plain(values[name]) for values in (before, after) if name in values]
            if len(said) == 2 and before[name] == after[name]:
                continue
            with ui.element("div").classes("ft-pair"):
                kit.words(f"{name.replace('_', ' ')}: ").classes("ft-quiet")
                kit.words(" → ".join(said))

    def _plain(self, value: Any) -> str:
        """A value as people read it: instants on their clock, ids by their beginning."""
        match value:
            case None | "" | []:
                return "none"
            case bool():
                return "yes" if value else "no"
            case list():
                return ", ".join(self._plain(one) for one in value)
            case str() if _INSTANT.match(value):
                return self._moment(datetime.fromisoformat(value))
            case str():
                return value[:_SHOWN_OF_ID] if _id_of(value) is not None else value
            case _:
                return json.dumps(value, ensure_ascii=False)

    def _moment(self, at: datetime) -> str:
        """An instant as everywhere else, and with its time of day also in other years: for a record it counts."""
        zone = self._desk.zone
        said, time_of_day = kit.moment(at, zone, self._desk.services.clock()), kit.clock_time(at, zone)
        return said if said.endswith(time_of_day) else f"{said} {time_of_day}"


def words(name: str) -> str:
    """What a change is called."""
    return name.replace("_", " ").capitalize()


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueRefused("day", f"{text!r} is no day") from None


def _id_of(text: str) -> UUID | None:
    """A whole id, also of a lead that is erased."""
    try:
        return UUID(text)
    except ValueError:
        return None
