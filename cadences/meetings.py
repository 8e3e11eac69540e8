"""Meetings: agreed on, moved, called off, answered by the lead's calendar, and followed up by whoever had them.

Each is a function from a case to the case that follows. `meeting_schedule` says when the machine does something about
a meeting; what it sends goes through the gate and the ledger like any message.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from cadences.case import Case
from cadences.facts import Notice
from cadences.meeting_schedule import quiet
from cadences.meeting_tasks import US, about, ask_about, when, without_invitation_tasks
from cadences.needless import without_needless_task
from cadences.planning import plan
from cadences.progress import worked_on
from cadences.refusals import CommandRefused, require_future
from leads.ids import derived_id
from leads.invitations import InvitationReply, Method, Participation
from leads.meetings import Appointment, Meeting, MeetingState
from leads.model import Colleague, Ending
from leads.spans import city_of
from leads.staff_mails import mention

# What people and leads agree on.


def arrange(
    case: Case, appointment: Appointment, *, organizer: Colleague, by: str, now: datetime, accepted: bool = False
) -> Case:
    """Somebody agreed on a meeting: the invitation goes out, and the machine is quiet until the meeting is over.

    Args:
        organizer: who meets the lead.
        by: who made it.
        accepted: the lead itself picked the time.
    """
    _require_wanted(case)
    require_future("at", appointment.starts_at, now)
    meeting = Meeting(
        id=derived_id(case.lead.id, "meeting", organizer.id, appointment.starts_at.isoformat(), now.isoformat()),
        enrollment_id=case.enrollment.id,
        organizer=organizer.id,
        organizer_name=organizer.name,
        asked_by=by,
        agreed_at=now,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        subject=appointment.subject,
        place=appointment.place,
        state=MeetingState.ACCEPTED if accepted else MeetingState.INVITED,
        changed_at=now,
    )
    case = worked_on(case.with_meeting(meeting))
    if case.enrollment.ended is None and not case.enrollment.question_only:
        case = without_needless_task(case, now, meeting.ends_at, by, now, "a meeting")
    return plan(quiet(case, now), now)


def move(
    case: Case, meeting_id: UUID, appointment: Appointment, *, by: str, now: datetime, accepted: bool = False
) -> Case:
    """A meeting is changed: the lead is told, and answers anew if it is at another time."""
    meeting = _to_come(case, meeting_id, now)
    same_time = (meeting.starts_at, meeting.ends_at) == (appointment.starts_at, appointment.ends_at)
    same_words = (meeting.subject, meeting.place) == (appointment.subject, appointment.place)
    if same_time and same_words and meeting.is_agreed:
        raise CommandRefused("meeting", "it is like that already")
    require_future("at", appointment.starts_at, now)
    state = meeting.state if same_time and meeting.is_agreed else MeetingState.INVITED
    changed = replace(
        _changed(meeting, now),
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        subject=appointment.subject,
        place=appointment.place,
        state=MeetingState.ACCEPTED if accepted else state,
        asked_by=by,
    )
    case = without_invitation_tasks(case.with_meeting(changed), meeting, now, by, "the meeting was moved")
    return plan(quiet(case, now), now)


def cancel(case: Case, meeting_id: UUID, *, by: str, now: datetime) -> Case:
    """A meeting is called off: the lead is told, unless it never was told of the meeting."""
    meeting = _to_come(case, meeting_id, now)
    off = replace(_changed(meeting, now), state=MeetingState.CANCELLED)
    if meeting.told is None:
        off = replace(off, told=off.sequence)  # Unless its invitation is just on its way: see meeting_message_out.
    case = without_invitation_tasks(case.with_meeting(off), meeting, now, by, "the meeting was called off")
    return plan(quiet(case, now), now)


def call_off_all(case: Case, now: datetime) -> Case:
    """Every meeting to come is off, because the lead said no: it gets no message any more, its organizers do."""
    for meeting in case.meetings:
        if meeting.is_news or meeting.is_ahead(now):
            closed = replace(meeting, told=meeting.sequence)
            case = case.with_meeting(replace(closed, state=MeetingState.CANCELLED) if meeting.is_agreed else closed)
        if meeting.is_ahead(now):
            case = case.with_fact(_off_after_no(case, meeting, now))
    return case


def _off_after_no(case: Case, meeting: Meeting, now: datetime) -> Notice:
    name = mention(case.lead.id)
    return Notice(
        meeting.organizer,
        "meeting off",
        f"Off: {meeting.subject}",
        f"{name} said no. The meeting on {when(case, meeting)} is off; nothing was sent about it, since a no "
        "ends all messages. Please take it out of your calendar.",
        about=f"{meeting.id} {now.isoformat()}",
    )


def _require_wanted(case: Case) -> None:
    if case.enrollment.ended is Ending.NO:
        raise CommandRefused("meeting", "the lead said no, which means never; if it asks again, capture the question")


def _to_come(case: Case, meeting_id: UUID, now: datetime) -> Meeting:
    """The meeting, if it can still be changed.

    Raises:
        CommandRefused: it can't.
    """
    _require_wanted(case)
    meeting = case.meeting(meeting_id)
    if meeting is None:
        raise CommandRefused("meeting", "the lead has no such meeting")
    if not meeting.is_agreed and meeting.state is not MeetingState.DECLINED:
        raise CommandRefused("meeting", f"it is over ({meeting.state.value}); agree on another one")
    if meeting.is_agreed and meeting.starts_at <= now:
        raise CommandRefused("meeting", "it has begun; say how it was, or agree on another one")
    return meeting


def _changed(meeting: Meeting, now: datetime) -> Meeting:
    """The meeting one sequence on, of which the lead is to be told anew."""
    return replace(
        meeting,
        sequence=meeting.sequence + 1,
        changed_at=now,
        told_at=None,
        not_before=None,
        nudged_at=None,
        asked_at=None,
        answered_at=None,
    )


# What the lead's calendar answers.


def answered(case: Case, reply: InvitationReply, now: datetime) -> Case:
    """A calendar answered an invitation; an answer to an older invitation, or an older answer, changes nothing."""
    meeting = case.meeting(reply.meeting_id) if reply.meeting_id is not None else None
    if meeting is None or (reply.sequence is not None and reply.sequence < meeting.sequence):
        return case
    if meeting.state not in _ANSWERABLE_STATES or case.enrollment.ended is Ending.NO or meeting.ends_at <= now:
        return case
    stamp = min(reply.stamped_at or now, now)
    if meeting.answered_at is not None and stamp < meeting.answered_at:
        return case
    if reply.method is Method.COUNTER:
        return _proposed(case, meeting, reply, now)
    match reply.says:
        case Participation.ACCEPTED if meeting.state is MeetingState.DECLINED:
            return _declined_before(case, meeting, stamp, now)
        case Participation.ACCEPTED:
            return accepted(case, meeting, stamp, now)
        case Participation.TENTATIVE if meeting.state in (MeetingState.INVITED, MeetingState.ACCEPTED):
            return worked_on(case.with_meeting(replace(meeting, state=MeetingState.TENTATIVE, answered_at=stamp)))
        case Participation.DECLINED if meeting.is_agreed:
            return _declined(case, meeting, stamp, now)
    return case


_ANSWERABLE_STATES = frozenset(
    {MeetingState.INVITED, MeetingState.ACCEPTED, MeetingState.TENTATIVE, MeetingState.DECLINED}
)


def accepted(case: Case, meeting: Meeting, at: datetime, now: datetime, by: str = US) -> Case:
    if meeting.state is MeetingState.ACCEPTED:
        return case
    case = worked_on(case.with_meeting(replace(meeting, state=MeetingState.ACCEPTED, answered_at=at)))
    return without_invitation_tasks(case, meeting, now, by, "the lead accepted the invitation")


def _declined(case: Case, meeting: Meeting, at: datetime, now: datetime) -> Case:
    """The lead does not come then. That is no "no": somebody finds another time, and the plan goes on meanwhile."""
    case = case.with_meeting(replace(meeting, state=MeetingState.DECLINED, answered_at=at, asked_at=now))
    case = without_invitation_tasks(case, meeting, now, US, "the lead declined the invitation")
    case = ask_about(case, meeting, "find another time: declined the meeting", about(case, meeting), now)
    return plan(quiet(case, now), now)


def _declined_before(case: Case, meeting: Meeting, at: datetime, now: datetime) -> Case:
    """The time was given free when the lead declined, so whether it still is, its organizer says."""
    case = case.with_meeting(replace(meeting, answered_at=at))
    case = without_invitation_tasks(case, meeting, now, US, "the lead accepts after all")
    title = "agree on the meeting again: accepted after all"
    return ask_about(case, meeting, title, f"{about(case, meeting)}\n\nIt had declined before.", now)


def _proposed(case: Case, meeting: Meeting, reply: InvitationReply, now: datetime) -> Case:
    stamp = min(reply.stamped_at or now, now)
    case = case.with_meeting(replace(meeting, answered_at=stamp, asked_at=now))
    at = (
        f"{reply.proposes.astimezone(case.zone):%a %d %b %Y %H:%M} ({city_of(case.zone)} time)"
        if reply.proposes
        else "no time"
    )
    case = without_invitation_tasks(case, meeting, now, US, "the lead proposes another time")
    text = f"{about(case, meeting)}\n\nThe lead proposes {at}."
    return ask_about(case, meeting, "find another time: the lead proposes one", text, now)
