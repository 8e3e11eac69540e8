"""What a task's outcome says of a meeting: agreed on, confirmed, held, or in vain."""

from dataclasses import replace
from datetime import datetime

from cadences.case import Case
from cadences.commands import log_personal_touch
from cadences.meeting_sends import meeting_of_step
from cadences.meetings import accepted, arrange, move
from cadences.refusals import CommandRefused
from cadences.tasks import Outcome, Task, TaskKind
from leads.meetings import Appointment, MeetingState
from leads.model import Channel, Colleague


def agreed(
    case: Case, task: Task, appointment: Appointment, organizer: Colleague | None, by: str, now: datetime
) -> Case:
    """A person and the lead agreed on a meeting.

    Where the task was about one that is still to come, or was declined, that one is moved: the lead's calendar shows
    one meeting then, not two.
    """
    meeting = meeting_of_step(case, task.step_id) if task.kind is TaskKind.INVITATION else None
    if meeting is not None and (meeting.state is MeetingState.DECLINED or meeting.is_to_come(now)):
        return move(case, meeting.id, appointment, by=by, now=now)
    return arrange(case, appointment, organizer=organizer or case.lead.owner, by=by, now=now)


def meeting_confirmed(case: Case, task: Task, by: str, now: datetime) -> Case:
    """The lead told one of us that it comes."""
    meeting = meeting_of_step(case, task.step_id)
    if meeting is None or not meeting.is_agreed:
        raise CommandRefused("outcome", "the meeting does not take place; agree on another one")
    return accepted(case, meeting, now, now, by)


def after_meeting(case: Case, task: Task, outcome: Outcome, by: str, note: str | None, now: datetime) -> Case:
    """A meeting is over. One that took place is a personal touch like any other, and pauses the machine as long."""
    meeting = meeting_of_step(case, task.step_id)
    if meeting is None:
        return case
    if outcome is Outcome.NO_SHOW:
        return case.with_meeting(replace(meeting, state=MeetingState.NO_SHOW))
    case = case.with_meeting(replace(meeting, state=MeetingState.HELD))
    return log_personal_touch(case, channel=Channel.TASK, touched_at=meeting.ends_at, by=by, note=note, now=now)
