"""Slips: what a person recorded by mistake and takes back, so that the lead stands as if it never was recorded.

What is recorded takes effect at once. Taking it back is a correction that comes after it: possible for a while, and
only as long as nothing else has happened to the lead, so that nothing is lost with it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from cadences.case import Case
from cadences.enrollment import Enrollment, ResponseClock
from cadences.facts import Notice
from cadences.meeting_tasks import when
from cadences.model import Cadence
from cadences.progress import close_task
from cadences.refusals import CommandRefused
from cadences.tasks import Task, TaskState
from leads.contract import CommandKind
from leads.meetings import Meeting, MeetingState
from leads.model import Colleague, Consent, ContactPoint, Ending, Role, Stage
from leads.staff_mails import mention

UNDO_WITHIN = timedelta(minutes=15)
"""So long after it was recorded a slip may be taken back."""
CORRECTED = "taken back: it was recorded by mistake"
ANYBODYS = (Role.MANAGER, Role.ADMIN)
"""Roles that take back what others recorded too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How a lead stands: everything that what people record can change."""

    stage: Stage
    owner: str
    enrollment: Enrollment
    tasks: tuple[Task, ...]
    """The open ones."""
    meetings: tuple[Meeting, ...]
    contacts: tuple[ContactPoint, ...]
    consents: tuple[Consent, ...]
    response: ResponseClock | None
    first_response_due_at: datetime | None
    first_human_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What somebody recorded last for a lead, and how the lead stood before and after it."""

    command_id: UUID
    kind: CommandKind
    by: str
    said_at: datetime
    revision: int
    before: Snapshot
    after: Snapshot


@dataclass(frozen=True, slots=True)
class Since:
    """What has happened to a lead since something was recorded for it, beyond what the lead's standing shows."""

    claimed: bool = False
    """A message was claimed: it is out, or on its way."""
    said: CommandKind | None = None
    """What was said or recorded last."""
    by: str | None = None
    """Who said that."""


def snapshot_of(case: Case) -> Snapshot:
    """How a lead stands now."""
    lead = case.lead
    # Whether a registry lists a number is looked up by others, at any time, and is none of the lead's doing.
    contacts = (replace(point, dnc_listed=None, dnc_checked_at=None) for point in lead.contacts)
    return Snapshot(
        stage=lead.stage,
        owner=lead.owner.id,
        enrollment=case.enrollment,
        tasks=tuple(sorted(case.open_tasks, key=lambda task: task.id)),
        meetings=tuple(sorted(case.meetings, key=lambda meeting: meeting.id)),
        contacts=tuple(contacts),
        consents=lead.consents,
        response=case.response,
        first_response_due_at=case.first_response_due_at,
        first_human_at=case.first_human_at,
    )


def require_undoable(
    slip: Slip | None, case: Case, since: Since, *, who: str, role: Role | None, revision: int | None, now: datetime
) -> Slip:
    """The slip, if it may be taken back now, by this person.

    Args:
        who: a colleague's id, or a token's name.
        role: the colleague's.
        revision: which revision was made by what is to be taken back; the newest one when left out.

    Raises:
        CommandRefused: it may not, why, and what to do instead.
    """
    if slip is None:
        raise CommandRefused("undo", "nothing that was recorded for this lead can be taken back; record how it is now")
    if revision is not None and revision != slip.revision:
        raise CommandRefused(
            "revision", f"only what was recorded last can be taken back, which is revision {slip.revision}"
        )
    if who != slip.by and role not in ANYBODYS:
        raise CommandRefused("by", f"{slip.by} recorded it; ask {slip.by}, a manager or an admin to take it back")
    if now > slip.said_at + UNDO_WITHIN:
        minutes = int(UNDO_WITHIN / timedelta(minutes=1))
        raise CommandRefused("undo", f"that was possible for {minutes} minutes only; {_instead(slip)}")
    if since.claimed or snapshot_of(case) != slip.after:
        raise CommandRefused("undo", f"{_news(since)} since then, and that stays; {_instead(slip)}")
    return slip


def taken_back(case: Case, slip: Slip, *, owner: Colleague, cadence: Cadence, by: str, now: datetime) -> Case:
    """The case as it stood before the slip; the next touch is to be planned anew.

    A task is open again under its own id. What the slip began is closed: a task is cancelled, and a meeting, of which
    the lead was never told, is off. What the person stopped is not touched.

    Args:
        owner: whose the lead was.
        cadence: the pinned version of the enrollment that goes on.
    """
    before = slip.before
    had = {task.id for task in before.tasks}
    for task in case.open_tasks:
        if task.id not in had:
            case = close_task(case, task, TaskState.CANCELLED, now, by, note=CORRECTED)
    for task in before.tasks:
        case = case.with_task(task)
    agreed = {meeting.id: meeting for meeting in before.meetings}
    for meeting in case.meetings:
        case = _meeting_as_before(case, meeting, agreed.get(meeting.id), slip)
    lost = {point.value: point.lost for point in before.contacts}
    lead = replace(
        case.lead,
        stage=before.stage,
        owner=owner,
        contacts=tuple(replace(point, lost=lost.get(point.value, point.lost)) for point in case.lead.contacts),
        consents=before.consents,
    )
    return replace(
        case,
        lead=lead,
        cadence=cadence,
        enrollment=before.enrollment,
        response=before.response,
        first_response_due_at=before.first_response_due_at,
        first_human_at=before.first_human_at,
    )


def _meeting_as_before(case: Case, meeting: Meeting, before: Meeting | None, slip: Slip) -> Case:
    if before is None:
        return case.with_meeting(replace(meeting, state=MeetingState.CANCELLED, told=meeting.sequence))
    case = case.with_meeting(before)
    if meeting.state is MeetingState.CANCELLED and before.is_agreed:
        return case.with_fact(_stands_again(case, before, slip))
    return case


def _stands_again(case: Case, meeting: Meeting, slip: Slip) -> Notice:
    """For its organizer, who may have been told that it is off."""
    text = (
        f"The meeting with {mention(case.lead.id)} on {when(case, meeting)} takes place: "
        "that the lead said no had been recorded by mistake."
    )
    subject = f"On again: {meeting.subject}"
    return Notice(meeting.organizer, "meeting on again", subject, text, about=f"{meeting.id} {slip.command_id}")


def _news(since: Since) -> str:
    if since.claimed:
        return "a message to the lead has gone out"
    match since.said:
        case None:
            return "the plan has gone on"
        case CommandKind.LEAD_REPLIED:
            return "the lead has written"
        case CommandKind.LEAD_OPTED_OUT:
            return "the lead has stopped the messages"
        case CommandKind.LEAD_ASKED_AGAIN:
            return "the lead has come in again"
        case CommandKind.CONTACT_POINT_LOST | CommandKind.MESSAGE_REPORTED:
            return "a provider has reported what changes the plan"
        case CommandKind.PLAN_CHANGED:
            return "what the plan rests on has changed"
    return f"{since.by} has recorded something else ({since.said.value.replace('_', ' ')})"


_INSTEAD = {
    CommandKind.LOG_PERSONAL_TOUCH: "resume the lead, if the machine is to go on at once",
    CommandKind.HOLD: "resume the lead",
    CommandKind.RESUME: "hold the lead again",
    CommandKind.SKIP_STEP: "do what was left out yourself, and log it as a personal touch",
    CommandKind.SWITCH_CADENCE: "switch the cadence once more",
    CommandKind.REASSIGN: "give the lead back to its former owner",
    CommandKind.NOT_NOW: "switch the cadence to the one that is to go on",
}

_ANSWERED = {
    Ending.NO: "a no stands until the lead itself comes in again; capture what it asks then",
    Ending.YES: "record what the lead said instead: no, or not now",
}


def _instead(slip: Slip) -> str:
    ended = slip.after.enrollment.ended
    if ended in _ANSWERED and ended is not slip.before.enrollment.ended:
        return _ANSWERED[ended]
    return _INSTEAD.get(slip.kind, "record how it is now: an answer, a personal touch, a hold")
