"""Tasks about meetings: an invitation that needs a person, and how a meeting was."""

from dataclasses import replace
from datetime import datetime

from cadences.case import Case
from cadences.meeting_schedule import Move, next_moves
from cadences.planning import CALL_WITHIN, due_after, plan
from cadences.progress import close_task
from cadences.tasks import Task, TaskKind, TaskState
from leads.ids import derived_id
from leads.meetings import Meeting
from leads.spans import Span, Unit, city_of

US = "followthrough"
UNANSWERED = "call: has not answered the invitation"
_SEEN_TO_WITHIN = Span(1, Unit.HOUR)
"""How fast an invitation that needs a person is seen to."""


def see_to_meetings(case: Case, now: datetime) -> Case:
    """Ask a person for every invitation that stays unanswered, and how every meeting that is over was."""
    for due in list(next_moves(case)):
        if due.at > now:
            continue
        match due.move:
            case Move.ASK:
                case = _ask(case, due.meeting, now)
            case Move.FOLLOW_UP:
                case = _follow_up(case, due.meeting, now)
    return plan(case, now)


def _ask(case: Case, meeting: Meeting, now: datetime) -> Case:
    case = case.with_meeting(replace(meeting, asked_at=now))
    return ask_about(case, meeting, UNANSWERED, about(case, meeting), now)


def _follow_up(case: Case, meeting: Meeting, now: datetime) -> Case:
    case = case.with_meeting(replace(meeting, followed_up_at=now))
    case = without_invitation_tasks(case, meeting, now, US, "the meeting is over")
    due_at = due_after(case, max(meeting.ends_at, now), CALL_WITHIN)
    return _with_task(case, meeting, TaskKind.MEETING, "how was the meeting?", about(case, meeting), due_at, now)


def ask_about(case: Case, meeting: Meeting, title: str, text: str, now: datetime) -> Case:
    """A person sees to an invitation, before the meeting begins."""
    due_at = due_after(case, now, _SEEN_TO_WITHIN)
    if meeting.is_agreed and now < meeting.starts_at:
        due_at = min(due_at, meeting.starts_at)
    return _with_task(case, meeting, TaskKind.INVITATION, title, text, due_at, now)


def _with_task(
    case: Case, meeting: Meeting, kind: TaskKind, title: str, text: str, due_at: datetime, now: datetime
) -> Case:
    task = Task(
        id=derived_id(meeting.id, kind, title, meeting.sequence, now.isoformat()),
        kind=kind,
        owner=meeting.organizer,
        title=title,
        text=text,
        created_at=now,
        opens_at=now,
        due_at=due_at,
        enrollment_id=meeting.enrollment_id,
        step_id=meeting.invitation_step,
        occurrence=meeting.occurrence,
        escalate_at=due_at,
    )
    return case.with_task(task)


def without_invitation_tasks(case: Case, meeting: Meeting, now: datetime, by: str, why: str) -> Case:
    """What somebody was to see to about this meeting's invitation is needless."""
    for task in case.open_tasks:
        if task.kind is TaskKind.INVITATION and task.step_id == meeting.invitation_step:
            case = close_task(case, task, TaskState.CANCELLED, now, by, note=why)
    return case


def about(case: Case, meeting: Meeting) -> str:
    place = f"\nWhere: {meeting.place}" if meeting.place else ""
    return f"{meeting.subject}\nWhen: {when(case, meeting)}{place}"


def when(case: Case, meeting: Meeting) -> str:
    """On the lead's own clock, which is named."""
    start, end = meeting.starts_at.astimezone(case.zone), meeting.ends_at.astimezone(case.zone)
    return f"{start:%a %d %b %Y %H:%M} to {end:%H:%M} ({city_of(case.zone)} time)"
