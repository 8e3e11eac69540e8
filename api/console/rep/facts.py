"""What is known of a lead, as its page and the desk show it: who, where, what was asked, what happened and comes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from nicegui import ui

from adapters.db.lead_desks import AtHand
from adapters.db.lead_views import ContactView, LeadView, TimelineEntry
from adapters.db.views import TaskView
from api.console import kit
from api.console.desk import Desk
from api.console.rep.keys import by_key, hint
from api.console.rep.names import who_is
from api.console.rep.ticking import Ticking
from cadences.calling import Calling, MayCall

SHORT = 12
"""So many entries of the timeline are shown at first."""
_HEADLINE = re.compile(r"^[A-Z][^.!?:\n\"]{1,40}$")
_ICONS = {
    "captured": "login",
    "assignment": "person_add",
    "question": "help",
    "touch": "campaign",
    "task": "check_circle",
    "meeting": "event",
    "hold": "pause_circle",
    "answer": "thumbs_up_down",
    "enrollment": "playlist_play",
    "stage": "flag",
    "first response": "timer",
    "consent": "verified_user",
    "command": "edit",
    "correction": "undo",
    "note": "sticky_note_2",
}


@dataclass(frozen=True, slots=True)
class LeadAtHand:
    """A lead with its history, and what helps to talk with it."""

    view: LeadView
    at_hand: AtHand

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.view.zone)

    def task(self, task_id: UUID | None) -> TaskView | None:
        """One of its open tasks."""
        return next((task for task in self.view.open_tasks if task.id == task_id), None)


async def read_lead(desk: Desk, lead_id: UUID) -> LeadAtHand | None:
    """The lead as of now, for those whose business it is; None when there is none any more.

    Raises:
        NotAllowed: it is somebody else's.
    """
    await desk.require_lead(lead_id)
    services, now = desk.services, desk.services.clock()
    view = await services.reading.lead(lead_id, services.company, now)
    at_hand = await services.desks.of(lead_id, now)
    return LeadAtHand(view, at_hand) if view is not None and at_hand is not None else None


def header(lead: LeadAtHand, now: datetime, *, page: bool = False) -> None:
    """Who it is, the time there, and whether one may call now.

    Args:
        page: it stands on the lead's own page, and leads nowhere.
    """
    view = lead.view
    with ui.element("div").classes("ft-who"):
        with ui.element("div").classes("ft-who-name"):
            kit.heading(who_is(view.name, view.company)).classes("ft-name")
            with ui.row().classes("ft-line ft-wrap"):
                if view.name and view.company:
                    kit.words(view.company)
                kit.words(view.stage).classes("ft-tag")
                if view.ended:
                    kit.words(view.ended.replace("_", " ")).classes(
                        "ft-tag ft-good" if view.ended == "yes" else "ft-tag ft-warn"
                    )
                kit.words(f"with {view.owner_name}").classes("ft-quiet")
                if not page:
                    whole = kit.link("Whole lead", f"/leads/{view.id}")
                    by_key(whole, "l")
                    hint("l")
        with ui.element("div").classes("ft-there"):
            Ticking("clock", now=now, zone=lead.zone)
            kit.words(_place(lead.zone)).classes("ft-quiet")
    call_line(lead.at_hand.calling, now)


def call_line(calling: Calling, now: datetime) -> None:
    """Whether one may call now, why not, and the number to press."""
    tone, words = _may(calling, now)
    with ui.row().classes("ft-line ft-wrap ft-call"):
        if calling.number is not None and calling.may is not MayCall.NEVER:
            dial = kit.outer_link(f"Call {calling.number}", f"tel:{calling.number}")
            dial.classes("ft-dial" + ("" if calling.may is MayCall.YES else " ft-dial-quiet"))
            by_key(dial, "c")
            hint("c")
        kit.words(words).classes(f"ft-tag {tone}").classes("ft-may-words")
        if calling.why:
            kit.words(calling.why).classes("ft-quiet")


def _may(calling: Calling, now: datetime) -> tuple[str, str]:
    zone = calling.zone
    match calling.may:
        case MayCall.YES:
            until = f" until {kit.clock_time(calling.until, zone)} there" if calling.until else ""
            return "ft-good", f"May be called now{until}"
        case MayCall.OUT_OF_HOURS:
            return "ft-warn", "Out of hours there: only if asked to"
        case MayCall.NOT_NOW:
            opens = calling.opens_at or calling.lawful_at
            return "ft-bad", f"Not now: from {kit.moment(opens, zone, now)} there" if opens else "Not now"
    return "ft-bad", "No call"


def question(lead: LeadAtHand, *, told: str = "") -> None:
    """What was asked, and what the library suggests.

    Args:
        told: what stands below it anyway, such as a talk track; an answer that is in there is folded.
    """
    view, at_hand = lead.view, lead.at_hand
    if not view.question:
        return
    with kit.section("The question"):
        kit.words(view.question, "blockquote").classes("ft-question ft-words")
        for answer in at_hand.suggested:
            with (
                ui.expansion(f"Our answer: {answer.title}", value=answer.title not in told)
                .classes("ft-answer")
                .props("dense")
            ):
                kit.words(answer.whole, "p").classes("ft-words")
        for part in at_hand.unanswered if at_hand.suggested else ():
            kit.words(f"No answer of ours covers: {part}").classes("ft-quiet")


def talk(task: TaskView) -> None:
    """What the task says: the talk track, the reply's words."""
    if not task.text.strip():
        return
    written = task.kind in ("reply", "question")
    title = "They wrote" if written else "Talk track" if task.kind == "call" else "What it is about"
    with kit.section(title), ui.element("div").classes("ft-talk"):
        for part in task.text.strip().split("\n\n"):
            if not written and _HEADLINE.match(part):
                kit.heading(part, 3)
            else:
                kit.words(part, "p").classes("ft-words")


def next_touch(lead: LeadAtHand, now: datetime) -> None:
    """What the plan does next, when, and the chain of rules that put it there."""
    view = lead.view
    with kit.section("Next"):
        if view.hold is not None:
            held = f"On hold until {kit.moment(view.hold.until, lead.zone, now)}: {view.hold.reason.replace('_', ' ')}"
            kit.words(held).classes("ft-tag ft-warn ft-wrapping")
            if view.hold.note:
                kit.words(view.hold.note).classes("ft-quiet")
        touch = view.next_touch
        if touch is None:
            why = view.ending.why if view.ending is not None and view.ending.why else "Nothing is planned."
            kit.words(why)
            return
        kit.words(f"{touch.channel}: {touch.step.replace('-', ' ')}").classes("ft-strong")
        kit.words(f"{kit.moment(touch.at, lead.zone, now)} there ({_place(lead.zone)}), by {view.cadence}")
        with ui.expansion("Why then").props("dense").classes("ft-answer"), ui.element("ol").classes("ft-reasons"):
            for reason in touch.reasons:
                with ui.element("li"):
                    kit.words(reason.text)
                    if reason.at is not None:
                        kit.words(kit.moment(reason.at, lead.zone, now)).classes("ft-quiet")


def contacts(view: LeadView) -> None:
    """How the lead is reached."""
    with kit.section("Contacts"), ui.element("ul").classes("ft-plain"):
        for point in view.contacts:
            with ui.element("li"):
                _contact(point)
        if not view.contacts:
            kit.words("None yet.", "li").classes("ft-quiet")
        if view.reach:
            kit.words(f"Wants to be called {view.reach}", "li").classes("ft-quiet")


def _contact(point: ContactView) -> None:
    prefix = "tel" if point.kind == "phone" else "mailto"
    if point.lost or point.suppressed:
        kit.words(point.value, "s")
        kit.words("stopped" if point.suppressed else point.lost or "").classes("ft-tag ft-bad")
    else:
        kit.outer_link(point.value, f"{prefix}:{point.value}")


def timeline(entries: Sequence[TimelineEntry], zone: ZoneInfo, now: datetime, *, shown: int = SHORT) -> None:
    """What happened, the newest first, on the clock of whoever reads it."""
    with kit.section("What happened"):
        with ui.element("ol").classes("ft-timeline"):
            _entries(entries[:shown], zone, now)
        rest = entries[shown:]
        if rest:

            def show() -> None:
                more.delete()
                with older:
                    _entries(rest, zone, now)

            older = ui.element("ol").classes("ft-timeline")
            more = ui.button(f"{len(rest)} earlier", on_click=show).props("flat dense no-caps")


def _entries(entries: Sequence[TimelineEntry], zone: ZoneInfo, now: datetime) -> None:
    for entry in entries:
        with ui.element("li"):
            ui.icon(_ICONS.get(entry.kind, "circle")).props("aria-hidden=true")
            with ui.element("div"):
                kit.words(entry.text, "p").classes("ft-words")
                by = f" · {entry.by}" if entry.by else ""
                kit.words(f"{kit.moment(entry.at, zone, now)}{by}").classes("ft-quiet")


def _place(zone: ZoneInfo) -> str:
    return zone.key.rpartition("/")[2].replace("_", " ")
