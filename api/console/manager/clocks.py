"""Who waits for a first answer now: seen as it is, every few seconds, with the time that is left."""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from nicegui import ui

from adapters.db.reports.models import ClocksNow, RunningClock, RunningClocks
from api.console import kit
from api.console.desk import Desk
from api.console.manager.behind_links import LEAD
from api.console.manager.counts import Counts
from api.console.manager.loading import Later
from api.console.permissions import Page, may_open
from leads.measures import Dimension

_EVERY = 15.0
"""Seconds between two looks."""
_SHOWN, _MORE = 6, 20
_Leads = Mapping[Dimension, str | None]


class ClocksNowPart:
    """The part of the page that shows running clocks."""

    def __init__(self, desk: Desk, counts: Counts, of: Callable[[], _Leads]) -> None:
        """of: whose clocks, asked at each look."""
        self._desk = desk
        self._counts = counts
        self._of = of
        self._limit = _SHOWN
        self._looks: list[tuple[RunningClock, ui.label, ui.element]] = []
        self._standing: object = None
        self._later = Later(self._load, self._show, lines=3)
        ui.timer(_EVERY, self._look_again, immediate=False)

    def again(self) -> None:
        """Look at other leads' clocks."""
        self._later.again()

    async def _load(self) -> ClocksNow:
        await self._desk.still_here()
        return await self._counts.clocks(self._of(), self._limit)

    async def _look_again(self) -> None:
        """Show what is new; what stands there only gets its time, so that nobody's focus is lost."""
        try:
            now = await self._load()
        except Exception:  # The part itself says so, and how to try again.
            self._later.again()
            return
        if _what_stands(now) != self._standing:
            self._later.again()
            return
        for clock, label, bar in self._looks:
            label.set_text(_left(clock, now.as_of))
            bar.style(f"width: {_gone(clock, now.as_of)}%")

    def _show(self, now: ClocksNow) -> None:
        self._standing, self._looks = _what_stands(now), []
        if not now.in_time.total and not now.late.total:
            kit.empty("Nobody waits for a first answer.", "New questions stand here at once.")
            return
        with ui.element("div").classes("ft-columns"):
            self._list("Can still be answered in time", now.in_time, now.as_of)
            self._list("Too late already", now.late, now.as_of)
        if max(now.in_time.total, now.late.total) > self._limit:

            def more() -> None:
                self._limit = min(self._limit + _MORE, 200)
                self._later.again()

            ui.button("Show more", on_click=more).props("flat dense")

    def _list(self, title: str, clocks: RunningClocks, now: datetime) -> None:
        with ui.element("div").classes("ft-stack"):
            with ui.element("div").classes("ft-line row"):
                kit.heading(title, 3)
                late = title.startswith("Too late")
                tone = "ft-bad" if late and clocks.total else "ft-good" if not late else ""
                kit.words(f"{clocks.total:,}").classes(f"ft-tag {tone}")
            if not clocks.items:
                ui.label("Nobody.").classes("ft-quiet")
                return
            with ui.element("ol").classes("ft-clocks"):
                for clock in clocks.items:
                    self._clock(clock, now)

    def _clock(self, clock: RunningClock, now: datetime) -> None:
        with ui.element("li"):
            with ui.element("div").classes("ft-clock-time"):
                is_late = clock.due_at < now
                left = ui.label(_left(clock, now)).classes("ft-bad-text" if is_late else "")
                with ui.element("div").classes("ft-clock-track").props("aria-hidden=true") as track:
                    bar = ui.element("div").style(f"width: {_gone(clock, now)}%")
                track.set_visibility(not is_late)
            self._looks.append((clock, left, bar))
            with ui.element("div"):
                who = " · ".join(filter(None, (clock.lead_name, clock.lead_company))) or "A lead without a name"
                if may_open(self._desk.person.role, Page.LEADS_BEHIND):
                    ui.link(who, f"{LEAD}/{clock.lead_id}").classes("ft-clock-who")
                else:
                    ui.label(clock.source or "No source").classes("ft-clock-who")
                with ui.element("div").classes("ft-quiet"):
                    kit.words(f"{clock.owner_name or clock.owner}; asked {self._at(clock.asked_at, now)}")
                    for mark, tone in _marks(clock):
                        kit.words(mark).classes(f"ft-tag {tone}")

    def _at(self, at: datetime, now: datetime) -> str:
        return kit.moment(at, ZoneInfo(self._desk.services.company.zone), now)


def _left(clock: RunningClock, now: datetime) -> str:
    return f"{kit.span(clock.due_at - now)} {'late' if clock.due_at < now else 'left'}"


def _gone(clock: RunningClock, now: datetime) -> int:
    """How much of its time is gone, in per cent."""
    there_is = (clock.due_at - clock.asked_at).total_seconds()
    return 100 if there_is <= 0 else max(0, min(100, round(100 * (now - clock.asked_at).total_seconds() / there_is)))


def _marks(clock: RunningClock) -> list[tuple[str, str]]:
    """What was done about it."""
    marks = []
    if clock.attempts:
        marks.append(("tried once" if clock.attempts == 1 else f"tried {clock.attempts} times", ""))
    if clock.reassigned_at:
        marks.append(("taken over", "ft-warn"))
    if clock.escalated_at:
        marks.append(("escalated", "ft-bad"))
    elif clock.warned_at:
        marks.append(("owner warned", "ft-warn"))
    return marks


def _what_stands(now: ClocksNow) -> object:
    """All of it but the time that passes: late ones are late by where they stand."""
    return now.in_time, now.late
