"""What is known of a lead, as its page and the desk show it: who, where, what was asked, what happened and comes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from markupsafe import Markup

from adapters.db.cases import UnknownLead
from adapters.db.lead_desks import AtHand
from adapters.db.lead_views import LeadView, TimelineEntry
from adapters.db.views import TaskView
from api.console import kit
from api.console.desk import Desk
from api.console.drawn import macros
from api.console.names import who_is
from api.console.rep.ticking import ticking
from cadences.calling import Calling, MayCall
from cadences.case import Case
from cadences.personal_emails import what_is_answered, why_nobody_writes
from leads.links import CONSOLE_PATH

SHORT = 12
"""So many entries of the timeline are shown at first."""
TEMPLATES = Path(__file__).parent / "templates"
_FACTS = macros(TEMPLATES, "facts.html")
_HEADLINE = re.compile(r"^[A-Z][^.!?:\n\"]{1,40}$")
_ITEM, _QUOTED = "- ", ">"
_ICONS = {
    "captured": "login",
    "assignment": "person_add",
    "question": "help",
    "reply": "reply",
    "touch": "campaign",
    "email": "mail",
    "sms": "sms",
    "call": "call",
    "task": "assignment",
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
    case: Case
    """As the gate sees it."""

    def why_no_email(self, task_id: UUID | None, now: datetime) -> str:
        """Why nobody may write to the lead now; empty where one may.

        Args:
            task_id: the open task on the desk, which may be a question that is answered.
        """
        return why_nobody_writes(self.case, what_is_answered(self.case, task_id), now) or ""

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
    if view is None or at_hand is None:
        return None
    try:
        return LeadAtHand(view, at_hand, await services.cases.look(lead_id, now))
    except UnknownLead:
        return None


def header(lead: LeadAtHand, now: datetime, *, page: bool = False, answer_by: datetime | None = None) -> Markup:
    """Who it is, the time there, and whether one may call now.

    Args:
        page: it stands on the lead's own page, and leads nowhere.
        answer_by: until when it wants its first answer, if it still waits for that.
    """
    view = lead.view
    drawn: Markup = _FACTS.header(
        lead,
        who_is(view.name, view.company),
        _call(lead.at_hand.calling, now),
        ticking("clock", now=now, zone=lead.zone),
        "" if page else f"{CONSOLE_PATH}/leads/{view.id}",
        ticking("countdown", now=now, at=answer_by) if answer_by is not None else "",
    )
    return drawn


@dataclass(frozen=True, slots=True)
class _Call:
    """Whether one may call now, why not, and the number to press."""

    number: str | None
    dials: bool
    tone: str
    words: str
    why: str | None


def _call(calling: Calling, now: datetime) -> _Call:
    tone, words = _may(calling, now)
    dials = calling.number is not None and calling.may is not MayCall.NEVER
    return _Call(calling.number, dials, tone, words, calling.why)


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


def question(lead: LeadAtHand, *, told: str = "") -> Markup:
    """What was asked, and what the library suggests.

    Args:
        told: what stands below it anyway, such as a talk track; an answer that is in there is folded.
    """
    drawn: Markup = _FACTS.question(lead.view, lead.at_hand, told)
    return drawn


def talk(task: TaskView) -> Markup:
    """What the task says: the talk track, the reply's words."""
    if not task.text.strip():
        return Markup()
    written = task.kind in ("reply", "question")
    title = "They wrote" if written else "Talk track" if task.kind == "call" else "What it is about"
    parts = [Part("words", [task.text.strip()])] if written else parts_of(task.text)
    drawn: Markup = _FACTS.talk(title, parts)
    return drawn


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what a task tells."""

    kind: Literal["heading", "list", "quote", "words"]
    lines: list[str]


def parts_of(text: str) -> list[Part]:
    """What marketing, or we, wrote in plain text: headings by themselves, "- " in lists, "> " before what is quoted."""
    return [part for block in text.strip().split("\n\n") if block.strip() for part in _parts(block.strip("\n"))]


def _parts(block: str) -> list[Part]:
    if _HEADLINE.match(block):
        return [Part("heading", [block])]
    return [_part(kind, list(lines)) for kind, lines in groupby(block.split("\n"), key=_kind)]


def _kind(line: str) -> Literal["list", "quote", "words"]:
    return "list" if line.startswith(_ITEM) else "quote" if line.startswith(_QUOTED) else "words"


def _part(kind: Literal["list", "quote", "words"], lines: list[str]) -> Part:
    marks = {"list": _ITEM, "quote": _QUOTED, "words": ""}[kind]
    return Part(kind, [line.removeprefix(marks).strip() if marks else line for line in lines])


def next_touch(lead: LeadAtHand, now: datetime) -> Markup:
    """What the plan does next, when, and the chain of rules that put it there."""
    drawn: Markup = _FACTS.next_touch(lead.view, lead.zone, now)
    return drawn


def open_tasks(view: LeadView, *, but: UUID | None = None) -> Markup:
    """What somebody is to do for the lead.

    Args:
        but: the task that is on the desk anyway.
    """
    shown = [task for task in view.open_tasks if task.id != but]
    drawn: Markup = _FACTS.tasks(view, "Open tasks" if but is None else "Also to do", shown)
    return drawn


def contacts(view: LeadView) -> Markup:
    """How the lead is reached."""
    drawn: Markup = _FACTS.contacts(view)
    return drawn


def timeline(entries: Sequence[TimelineEntry], zone: ZoneInfo, now: datetime, *, shown: int = SHORT) -> Markup:
    """What happened, the newest first, on the clock of whoever reads it."""
    drawn: Markup = _FACTS.timeline(entries, shown, _ICONS, zone, now)
    return drawn
