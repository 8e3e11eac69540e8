"""What becomes of a meeting's messages: due, out, refused, or for a person to tell."""

from dataclasses import replace
from datetime import datetime, timedelta

from cadences.case import Case
from cadences.meeting_schedule import ASKED_BEFORE, NextMove, next_moves
from cadences.meeting_tasks import UNANSWERED, US, about, ask_about, without_invitation_tasks
from cadences.planning import plan
from cadences.progress import REFUSED_AGAIN_AFTER, TROUBLE_HOLDS
from leads.meetings import Meeting, MeetingState, read_step

MOST_REFUSALS = 6
"""So often an invitation is tried; then its organizer tells the lead."""


def due_to_send(case: Case, step_id: str | None, occurrence: int, now: datetime) -> NextMove | None:
    """What is to be sent now under a step; None when it is not, or no more."""
    return next(
        (
            due
            for due in next_moves(case)
            if due.sends and due.at <= now and (due.step_id, due.meeting.occurrence) == (step_id, occurrence)
        ),
        None,
    )


def meeting_of_step(case: Case, step_id: str | None) -> Meeting | None:
    """The meeting that a step, or a task, belongs to."""
    step = read_step(step_id)
    return case.meeting(step.meeting_id) if step is not None else None


def came_too_late(case: Case, due: NextMove, now: datetime) -> Case | None:
    """The case in which a message is given up whose meeting has begun; None when it is in time."""
    meeting = due.meeting
    if meeting.starts_at > now or meeting.state is MeetingState.CANCELLED:
        return None
    told = replace(meeting, told=meeting.sequence, told_at=now, nudged_at=meeting.nudged_at or now, asked_at=now)
    return plan(case.with_meeting(told), now)


def meeting_message_out(case: Case, step_id: str, occurrence: int, now: datetime) -> Case:
    """A meeting's message went out, or nobody can say that it did not: it is not sent again."""
    step, meeting = read_step(step_id), meeting_of_step(case, step_id)
    if step is None or meeting is None:
        return case
    if step.nudge:
        if occurrence != meeting.occurrence:
            return case
        return case.with_meeting(replace(meeting, nudged_at=now, not_before=None, refusals=0))
    sequence = occurrence - 1
    if meeting.told is not None and meeting.told >= sequence:
        # Called off while its invitation was on its way: now there is something to call off.
        late = meeting.state is MeetingState.CANCELLED and sequence < meeting.sequence
        return case.with_meeting(replace(meeting, told=sequence)) if late else case
    told = replace(meeting, told=sequence, not_before=None, refusals=0)
    return case.with_meeting(replace(told, told_at=now) if sequence == meeting.sequence else told)


def meeting_message_refused(
    case: Case,
    step_id: str,
    occurrence: int,
    now: datetime,
    why: str,
    retry_after: timedelta | None = None,
    *,
    once: bool = False,
    trouble: bool = False,
) -> Case:
    """The provider did not take a meeting's message: it is tried again, later each time, or its organizer sees to it.

    Args:
        once: it may be tried again once only.
        trouble: its account is what is wrong, and no lead.
    """
    if not meeting_message_awaited(case, step_id, occurrence):
        return case
    meeting = meeting_of_step(case, step_id)
    assert meeting is not None  # what is awaited belongs to a meeting
    pauses = TROUBLE_HOLDS if trouble else REFUSED_AGAIN_AFTER
    pause = pauses[min(meeting.refusals, len(pauses) - 1)] if retry_after is None else retry_after
    later = now + pause
    in_time = meeting.state is MeetingState.CANCELLED or later < meeting.starts_at - ASKED_BEFORE
    if meeting.refusals >= (1 if once else MOST_REFUSALS) or not (in_time or pause == timedelta(0)):
        return could_not_tell(case, step_id, now, why)
    return case.with_meeting(replace(meeting, not_before=later, refusals=meeting.refusals + 1))


def meeting_message_awaited(case: Case, step_id: str, occurrence: int) -> bool:
    """Whether a meeting still waits for this message of its."""
    return any(due.sends and (due.step_id, due.meeting.occurrence) == (step_id, occurrence) for due in next_moves(case))


def could_not_tell(case: Case, step_id: str | None, now: datetime, why: str) -> Case:
    """A meeting's message can't be sent to this lead: the organizer tells it in another way."""
    step, meeting = read_step(step_id), meeting_of_step(case, step_id)
    if step is None or meeting is None:
        return case
    told = replace(meeting, asked_at=now, not_before=None, refusals=0)
    if step.nudge:
        told, title = replace(told, nudged_at=now), UNANSWERED
    else:
        told = replace(told, told=meeting.sequence, told_at=now)
        title = _TELL_BY_HAND.get(meeting.state, "tell the lead of the meeting: the invitation can't be sent")
    case = without_invitation_tasks(case.with_meeting(told), meeting, now, US, "seen to in another way")
    return plan(ask_about(case, meeting, title, f"{about(case, meeting)}\n\n{why}", now), now)


_TELL_BY_HAND = {
    MeetingState.CANCELLED: "tell the lead that the meeting is off: the cancellation can't be sent",
}
