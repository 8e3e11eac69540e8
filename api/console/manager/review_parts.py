"""What a daily review holds, written out: a row for each rep, and for each the leads by name."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from nicegui import ui

from adapters.db.reviews import ReviewView
from api.console import kit
from api.console.manager.behind_links import LEAD
from api.console.manager.figure_values import count_of
from api.console.manager.tables import Cell
from cadences.reviews import Forgotten, Listed, RepDay

HEADS = (
    *("Rep", "Due", "Done", "Done late", "Missed", "Overdue", "Answered in time", "Answers missed", "Still owed"),
    *("New", "Yes", "No", "Not now"),
)


def row(one: RepDay, view: ReviewView, target: str) -> list[Cell]:
    """A rep's day in numbers.

    Args:
        one: the day.
        view: the review, for what people are called.
        target: the address of this rep's part alone.
    """

    def bad(number: int) -> Cell:
        return Cell(str(number), tone="bad" if number else "")

    return [
        Cell(view.people.get(one.rep, one.rep), target),
        Cell(str(one.due)),
        Cell(str(one.done)),
        Cell(str(one.done_late), tone="warn" if one.done_late else ""),
        *(bad(listed.total) for listed in (one.missed, one.overdue)),
        Cell(str(one.responses_met)),
        *(bad(listed.total) for listed in (one.responses_missed, one.responses_owed)),
        *(Cell(str(listed.total)) for listed in (one.new_leads, one.yes, one.no, one.not_now)),
    ]


class Written:
    """Writes out what a review holds."""

    def __init__(self, view: ReviewView, zone: ZoneInfo, now: datetime) -> None:
        self._view = view
        self._zone = zone
        self._now = now

    def rep(self, one: RepDay) -> None:
        """One colleague's day: what was left undone, who waits, and what happened."""
        if one.is_empty:
            ui.label("Nothing was due, and nothing happened.").classes("ft-quiet")
            return
        with ui.element("div").classes("ft-notes"):
            late = f", {one.done_late} of them late" if one.done_late else ""
            kit.words(f"{count_of(one.due, 'task')} due, {one.done} done{late}")
            for outcome, count in one.outcomes.items():
                kit.words(f"{count} {outcome}").classes("ft-tag")
            if one.responses_running:
                kit.words(f"{count_of(one.responses_running, 'first answer')} still to come")
        with ui.element("div").classes("ft-columns"):
            self._group(
                "Left undone",
                "ft-bad",
                ("Missed", one.missed, "due"),
                ("Overdue and still open", one.overdue, "due"),
            )
            self._group(
                "Who waits",
                "ft-bad",
                ("First answer missed", one.responses_missed, "due"),
                ("Of earlier days, without an answer", one.responses_owed, "due"),
            )
            self._group(
                "What happened",
                "",
                ("New leads", one.new_leads, "came"),
                ("Said yes", one.yes, ""),
                ("Said no", one.no, ""),
                ("Said not now", one.not_now, ""),
                ("On hold", one.holds, "until"),
            )

    def forgotten(self, forgotten: Forgotten) -> None:
        """What easily falls between people."""
        names = self._view.people
        with ui.element("div").classes("ft-columns"):
            self._group(
                "Leads of people who work here no more", "ft-bad", ("", forgotten.owned_by_nobody, "since"), names=names
            )
            self._group("Nobody knows whether it went out", "ft-bad", ("", forgotten.unknown_sends, "since"))
        for alert in forgotten.alerts:
            ui.label(f"To be mended: {alert}").classes("ft-bad-text ft-words")
        if forgotten.inbox:
            ui.label(f"{count_of(forgotten.inbox, 'message')} that fit no lead")
        if forgotten.mails_not_sent:
            ui.label(f"{count_of(forgotten.mails_not_sent, 'mail')} to colleagues that did not arrive")

    def _group(
        self, title: str, tone: str, *lists: tuple[str, Listed, str], names: Mapping[str, str] | None = None
    ) -> None:
        shown = [one for one in lists if one[1].total]
        if not shown:
            return
        with ui.element("div").classes("ft-stack"):
            kit.heading(title, 3)
            for what, listed, clock in shown:
                with ui.element("div").classes("ft-notes"):
                    if what:
                        kit.words(what)
                    kit.words(str(listed.total)).classes(f"ft-tag {tone}")
                with ui.element("ul").classes("ft-items"):
                    for item in listed.items:
                        self._item(item.lead_id, (names or {}).get(item.what, item.what), clock, item.at)
                if listed.total > len(listed.items):
                    ui.label(f"and {listed.total - len(listed.items)} more").classes("ft-quiet")

    def _item(self, lead_id: UUID, what: str, clock: str, at: datetime) -> None:
        lead = self._view.leads.get(lead_id)
        with ui.element("li"):
            if lead is None:
                kit.words("An erased lead")
            else:
                ui.link(lead.name, f"{LEAD}/{lead_id}")
            said = ", ".join(filter(None, (what, f"{clock} {kit.moment(at, self._zone, self._now)}".strip())))
            kit.words(said).classes("ft-quiet")
