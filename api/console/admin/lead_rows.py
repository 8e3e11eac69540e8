"""A lead as a row of the list: in words, on the reader's clock, as short as they can be."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.db.leads_in_flight import LeadLine
from adapters.db.views import HoldView, NextTouchView
from api.console.kit import clock_time, moment, span
from leads.links import CONSOLE_PATH

_CHANNELS = {"email": "Email", "sms": "Text", "call": "Call", "task": "Task"}
_ENDINGS = {
    "yes": "said yes",
    "no": "said no",
    "opted_out": "opted out",
    "unreachable": "unreachable",
    "answered": "question answered",
}


def row_of(line: LeadLine, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """The cells, and the explanation of the wait behind them."""
    touch = line.next_touch
    return {
        "id": str(line.id),
        "url": f"{CONSOLE_PATH}/leads/{line.id}",
        "name": line.name or line.company or "No name",
        "company": line.company if line.name else "",
        "owner": line.owner_name,
        "stage": line.stage,
        "cadence": line.cadence,
        "what": _what(line),
        "when": _when(line, zone, now),
        "late": _is_late(line, now),
        "alarm": "a task is overdue" if line.overdue and not _is_late(line, now) else "",
        "why": touch.reasons[-1].text if touch is not None and touch.reasons else "",
        "hold": f"until {_day(line.hold.until, zone, now)}" if line.hold is not None else "",
        "held": _held(line.hold),
        "last": _ago(line.last_contact_at, now),
        "by": _by(line),
        # One line for each link of the chain, since a table's cell must not hold a list.
        "reasons": "\n".join(reasons(touch, zone, now)),
    }


def reasons(touch: NextTouchView | None, zone: ZoneInfo, now: datetime) -> list[str]:
    """The chain of rules that put the next touch where it is."""
    if touch is None:
        return []
    return [f"{one.text} → {moment(one.at, zone, now)}" if one.at is not None else one.text for one in touch.reasons]


def content_of(touch: NextTouchView) -> str:
    """What comes next: Email checking in."""
    times = f" ({touch.occurrence})" if touch.occurrence > 1 else ""
    return f"{_CHANNELS.get(touch.channel, touch.channel)} {touch.content.replace('-', ' ')}{times}"


def _what(line: LeadLine) -> str:
    if line.next_touch is not None:
        return content_of(line.next_touch)
    if line.ended is not None:
        return f"Ended: {_ENDINGS.get(line.ended, line.ended.replace('_', ' '))}"
    return "A person's task" if line.open_tasks else "Nothing"


def _when(line: LeadLine, zone: ZoneInfo, now: datetime) -> str:
    touch = line.next_touch
    if touch is None:
        return ""
    if touch.task_id is not None and touch.due_at is not None:
        return _task_time(touch.at, touch.due_at, zone, now)
    return "now" if touch.at <= now else moment(touch.at, zone, now)


def _task_time(opens_at: datetime, due_at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """When a task that is there is to be done: from when to when, as long as that lies ahead; then when it is due."""
    if opens_at <= now:
        return f"due {moment(due_at, zone, now)}"
    same_day = opens_at.astimezone(zone).date() == due_at.astimezone(zone).date()
    until = clock_time(due_at, zone) if same_day else moment(due_at, zone, now)
    return f"{moment(opens_at, zone, now)} to {until}"


def _is_late(line: LeadLine, now: datetime) -> bool:
    """Whether the task is overdue that the plan waits for."""
    touch = line.next_touch
    return touch is not None and touch.task_id is not None and touch.due_at is not None and touch.due_at < now


def _ago(at: datetime | None, now: datetime) -> str:
    """How long ago, in its greatest unit: 17 d ago."""
    if at is None:
        return ""
    number, unit, *_ = span(now - at).split(" ")
    return f"{number} {unit} ago"


def _day(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    there = at.astimezone(zone)
    year = "" if there.year == now.astimezone(zone).year else f" {there:%Y}"
    return f"{there:%a} {there.day} {there:%b}{year}"


def _held(hold: HoldView | None) -> str:
    """Why it is on hold: what somebody wrote, else the reason's code in words."""
    if hold is None:
        return ""
    return hold.note or hold.reason.replace("_", " ")


def _by(line: LeadLine) -> str:
    if line.last_channel is None:
        return ""
    channel = _CHANNELS.get(line.last_channel, line.last_channel).lower()
    return f"{channel} by {line.last_by}" if line.last_by else channel
