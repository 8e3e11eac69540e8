"""Meetings: agreed on, sent, answered or not, held; and how quiet the machine is meanwhile."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cadences.case import Case
from cadences.commands import hold, log_personal_touch, not_now, record_answer, resume
from cadences.enrollment import HoldReason, StepRef
from cadences.facts import Notice
from cadences.hearing import lead_opted_out, lead_replied
from cadences.liveness import OpenClaim, settlement
from cadences.meeting_messages import compose_meeting_message
from cadences.meeting_schedule import Move, NextMove, next_moves
from cadences.meeting_sends import could_not_tell, due_to_send, meeting_message_out, meeting_message_refused
from cadences.meeting_tasks import see_to_meetings
from cadences.meetings import answered, arrange, cancel, move
from cadences.planning import wake
from cadences.refusals import CommandRefused
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskKind, TaskState
from leads.contract import WakeKind
from leads.ids import touch_id
from leads.invitations import InvitationReply, Method, Participation
from leads.meetings import Appointment, Meeting, MeetingState
from leads.model import Channel, Ending, Stage
from leads.sending import OutgoingMessage, TouchState
from tests.cadences.cases import (
    ANNA,
    BEN,
    COMPANY,
    EMAIL,
    MONDAY,
    a_cadence,
    begun,
    carried_out,
    completed,
    local,
    new_york,
    open_kinds,
    reasons_of,
)
from tests.links import LINKS

PLAN = a_cadence({"call": "first"}, {"after": "3 business days", "email": "a"}, {"wait": "1 week", "email": "b"})
THURSDAY = new_york("2026-03-05 14:00")
APPOINTMENT = Appointment(starts_at=THURSDAY, minutes=45, subject="Two ovens", place="https://meet.example.com/x")


def called() -> Case:
    """Monday 10:00: the first call waits to be made."""
    return carried_out(begun(PLAN))


def agreed(at: datetime = MONDAY, appointment: Appointment = APPOINTMENT) -> Case:
    """The first call ended with a meeting on Thursday."""
    return completed(called(), Outcome.MEETING, at, meeting=appointment)


def told(case: Case, now: datetime = MONDAY) -> Case:
    """What is due to be sent about the only meeting went out."""
    (due,) = next_moves(case)
    assert due.sends
    assert due.at <= now
    return meeting_message_out(case, due.step_id, due.meeting.occurrence, now)


def the_meeting(case: Case) -> Meeting:
    (meeting,) = case.meetings
    return meeting


def next_move(case: Case) -> NextMove:
    (due,) = next_moves(case)
    return due


def replied(case: Case, says: Participation, now: datetime, **values: Any) -> Case:
    meeting = the_meeting(case)
    said = {"sequence": meeting.sequence, "stamped_at": now, "method": Method.REPLY, **values}
    return answered(case, InvitationReply(uid=str(meeting.id), attendee=EMAIL, says=says, **said), now)


def composed(case: Case) -> OutgoingMessage:
    due = next_move(case)
    company = replace(COMPANY, postal_address="1 Pier Road", sender_email="hello@harbor.example")
    reference = touch_id(due.meeting.enrollment_id, due.step_id, due.meeting.occurrence)
    return compose_meeting_message(replace(case, company=company), due, reference, LINKS)


# Agreed on.


def test_a_call_that_ends_with_a_meeting_sends_an_invitation_and_keeps_the_machine_quiet_until_its_end() -> None:
    case = agreed()
    meeting, touch = the_meeting(case), case.enrollment.next
    assert (meeting.organizer, meeting.state, meeting.sequence) == ("anna", MeetingState.INVITED, 0)
    assert local(meeting.ends_at) == "Thu 2026-03-05 14:45"
    assert case.lead.stage is Stage.WORKING
    assert case.first_human_at == MONDAY
    held = case.enrollment.hold
    assert held is not None
    assert (held.reason, held.owner, local(held.until)) == (HoldReason.MEETING, "anna", "Thu 2026-03-05 14:45")
    due = wake(case)
    assert due is not None
    assert (due.kind, due.at, due.step_id, due.occurrence) == (
        WakeKind.SEND_INVITATION,
        MONDAY,
        f"meeting:{meeting.id}",
        1,
    )
    # Three business days after Monday 10:00, moved by the 3 days 4:45 that the meeting keeps the machine quiet.
    assert touch is not None
    assert local(touch.act_at) == "Mon 2026-03-09 09:00"
    assert reasons_of(case)[:2] == ["plan", "pause"]


def test_a_meeting_needs_a_time_ahead_and_the_outcome_that_goes_with_it() -> None:
    past = replace(APPOINTMENT, starts_at=MONDAY - timedelta(minutes=1))
    for outcome, meeting, field in (
        (Outcome.MEETING, None, "meeting"),
        (Outcome.VOICEMAIL, APPOINTMENT, "meeting"),
        (Outcome.MEETING, past, "at"),
    ):
        with pytest.raises(CommandRefused) as refused:
            completed(called(), outcome, MONDAY, meeting=meeting)
        assert refused.value.field == field


def test_a_meeting_agreed_on_elsewhere_makes_the_waiting_call_needless() -> None:
    case = arrange(called(), APPOINTMENT, organizer=BEN, by="ben", now=MONDAY)
    assert open_kinds(case) == []
    assert [task.state for task in case.tasks] == [TaskState.CANCELLED]
    assert the_meeting(case).organizer_name == "Ben Okafor"


def test_a_reply_that_ends_with_a_meeting_is_answered_and_the_machine_is_quiet_until_the_later_end() -> None:
    case = lead_replied(begun(PLAN), text="Can we talk?", channel=Channel.EMAIL, now=MONDAY)
    (reply,) = [task for task in case.open_tasks if task.kind is TaskKind.REPLY]
    case = complete_task(
        case, task_id=reply.id, outcome=Outcome.MEETING, by="anna", note=None, now=MONDAY, meeting=APPOINTMENT
    )
    assert open_kinds(case) == []
    held = case.enrollment.hold
    assert held is not None
    # Five business days from Monday, longer than until Thursday; the meeting stays below it.
    assert (held.reason, local(held.until)) == (HoldReason.PERSONAL_TOUCH, "Mon 2026-03-09 10:00")
    assert held.over is not None
    assert held.over.reason is HoldReason.MEETING


def test_a_hand_over_that_ends_with_a_meeting_stands_open_anew() -> None:
    case = completed(called(), Outcome.YES, MONDAY)
    (task,) = case.open_tasks
    case = complete_task(
        case, task_id=task.id, outcome=Outcome.MEETING, by="anna", note=None, now=MONDAY, meeting=APPOINTMENT
    )
    assert open_kinds(case) == ["hand_over"]
    assert case.open_tasks[0].id != task.id
    assert case.open_tasks[0].escalate_at is not None
    assert case.lead.stage is Stage.QUALIFIED
    assert next_move(case).move is Move.TELL


def test_after_a_no_no_meeting_is_agreed_on() -> None:
    case = record_answer(called(), answer="no", by="anna", note=None, now=MONDAY)
    with pytest.raises(CommandRefused, match="said no"):
        arrange(case, APPOINTMENT, organizer=ANNA, by="anna", now=MONDAY)


# What is sent.


def test_the_invitation_is_a_plain_message_with_the_calendar_file() -> None:
    message = composed(agreed())
    meeting = the_meeting(agreed())
    assert message.subject == "Invitation: Two ovens, Thu 5 Mar 14:00"
    assert "When: Thursday 5 March 2026, 14:00 to 14:45 (New York time)" in message.text
    assert "Where: https://meet.example.com/x" in message.text
    assert "With: Anna Keller" in message.text
    assert "1 Pier Road" in message.text
    assert message.unsubscribe_url == ""
    assert message.calendar is not None
    text = message.calendar.text.replace("\r\n ", "")
    assert message.calendar.method == "REQUEST"
    assert f"mailto:{LINKS.reply_address(meeting.id)}" in text
    assert f"UID:{meeting.id}" in text
    assert message.reply_to == LINKS.reply_address(message.touch_id) != LINKS.reply_address(meeting.id)


def test_other_peoples_words_in_an_invitation_are_no_markdown() -> None:
    message = composed(agreed(appointment=replace(APPOINTMENT, subject="**free** <b>x</b> [y](http://z)")))
    assert "**free** <b>x</b> [y](http://z)" in message.text
    assert message.html is not None
    assert "<b>x</b>" not in message.html
    assert 'href="http://z"' not in message.html


def test_an_update_and_a_cancellation_name_the_same_organizer_and_a_higher_sequence() -> None:
    case = told(agreed())
    meeting = the_meeting(case)
    later = replace(APPOINTMENT, starts_at=THURSDAY + timedelta(days=1))
    moved = move(case, meeting.id, later, by="anna", now=MONDAY)
    update = composed(moved)
    assert update.subject == "Changed: Two ovens, Fri 6 Mar 14:00"
    off = cancel(told(moved), meeting.id, by="anna", now=MONDAY)
    cancellation = composed(off)
    assert cancellation.subject == "Cancelled: Two ovens, Fri 6 Mar 14:00"
    assert update.calendar is not None
    assert cancellation.calendar is not None
    assert (update.calendar.method, cancellation.calendar.method) == ("REQUEST", "CANCEL")
    address = f"mailto:{LINKS.reply_address(meeting.id)}"
    for number, file in ((1, update.calendar), (2, cancellation.calendar)):
        assert f"SEQUENCE:{number}\r\n" in file.text
        assert address in file.text.replace("\r\n ", "")


def test_messages_about_meetings_take_nothing_from_the_cadences_limits() -> None:
    assert told(agreed()).messages == ()


# Nobody answers.


def test_an_unanswered_invitation_is_nudged_and_then_becomes_a_call() -> None:
    case = told(agreed(appointment=replace(APPOINTMENT, starts_at=new_york("2026-03-12 14:00"))))
    due = next_move(case)
    assert (due.move, local(due.at)) == (Move.NUDGE, "Tue 2026-03-03 10:00")
    message = composed(case)
    assert "has not reached us" in message.text
    assert message.calendar is not None
    assert "SEQUENCE:0\r\n" in message.calendar.text
    case = meeting_message_out(case, due.step_id, 1, due.at)
    due = next_move(case)
    assert (due.move, local(due.at)) == (Move.ASK, "Wed 2026-03-04 10:00")
    found = wake(case)
    assert found is not None
    assert (found.kind, found.at) == (WakeKind.SEE_TO_OVERDUE, due.at)
    case = see_to_meetings(case, due.at)
    (task,) = case.open_tasks
    assert (task.kind, task.owner, task.title) == (TaskKind.INVITATION, "anna", "call: has not answered the invitation")
    assert local(task.due_at) == "Wed 2026-03-04 11:00"
    assert task.escalate_at == task.due_at
    assert next_move(case).move is Move.FOLLOW_UP


@pytest.mark.parametrize(
    ("agreed_at", "starts_at", "moves"),
    [
        # The nudge would come on Tuesday 10:00, the call three hours before the start.
        ("2026-03-02 10:00", "2026-03-03 15:00", ["NUDGE Tue 2026-03-03 10:00", "ASK Tue 2026-03-03 12:00"]),
        # A nudge within the last three hours helps nobody: a person calls at once when they begin.
        ("2026-03-02 10:00", "2026-03-03 12:00", ["ASK Tue 2026-03-03 09:00"]),
        ("2026-03-02 10:00", "2026-03-02 17:00", ["ASK Mon 2026-03-02 14:00"]),
        # Who has just agreed on it within three hours need not be asked to call.
        ("2026-03-02 10:00", "2026-03-02 13:00", []),
        # A business day after Friday evening, in the cadence's hours, is Tuesday morning.
        ("2026-03-06 20:00", "2026-03-20 10:00", ["NUDGE Tue 2026-03-10 09:00", "ASK Wed 2026-03-11 09:00"]),
    ],
)
def test_when_an_unanswered_invitation_is_nudged_and_a_person_asked(
    agreed_at: str, starts_at: str, moves: list[str]
) -> None:
    now, start = new_york(agreed_at), new_york(starts_at)
    case = told(arrange(called(), replace(APPOINTMENT, starts_at=start), organizer=ANNA, by="anna", now=now), now)
    seen: list[str] = []
    while (due := next_move(case)).move is not Move.FOLLOW_UP:
        seen.append(f"{due.move.name} {local(due.at)}")
        out = due.sends
        case = meeting_message_out(case, due.step_id, 1, due.at) if out else see_to_meetings(case, due.at)
    assert seen == moves
    assert local(due.at) == local(start + timedelta(minutes=45))


@pytest.mark.parametrize("says", [Participation.ACCEPTED, Participation.TENTATIVE])
def test_an_answer_in_time_stops_nudge_and_call(says: Participation) -> None:
    case = replied(told(agreed()), says, MONDAY + timedelta(hours=1))
    assert the_meeting(case).state.name == says.name
    assert next_move(case).move is Move.FOLLOW_UP


def test_an_answer_settles_the_call_that_was_asked_for() -> None:
    case = see_to_meetings(
        told(agreed(appointment=replace(APPOINTMENT, starts_at=new_york("2026-03-02 17:00")))), MONDAY
    )
    case = see_to_meetings(case, new_york("2026-03-02 14:00"))
    assert open_kinds(case) == ["invitation"]
    case = replied(case, Participation.ACCEPTED, new_york("2026-03-02 14:05"))
    assert open_kinds(case) == []


def test_a_person_may_hear_that_the_lead_comes() -> None:
    case = told(agreed(appointment=replace(APPOINTMENT, starts_at=new_york("2026-03-02 17:00"))))
    case = see_to_meetings(case, new_york("2026-03-02 14:00"))
    (task,) = case.open_tasks
    case = complete_task(case, task_id=task.id, outcome=Outcome.CONFIRMED, by="anna", note=None, now=task.due_at)
    assert the_meeting(case).state is MeetingState.ACCEPTED
    assert open_kinds(case) == []


# The lead answers.


def test_a_declined_invitation_is_no_no_but_a_task_and_the_machine_goes_on() -> None:
    before = called()
    case = replied(told(agreed()), Participation.DECLINED, MONDAY + timedelta(hours=2))
    assert the_meeting(case).state is MeetingState.DECLINED
    assert case.enrollment.ended is None
    assert case.enrollment.hold is None
    (task,) = case.open_tasks
    assert (task.kind, task.owner) == (TaskKind.INVITATION, "anna")
    assert task.title.startswith("find another time")
    assert list(next_moves(case)) == []
    # Two hours of the pause were used, so the email after three business days comes two hours later.
    touch = case.enrollment.next
    assert touch is not None
    assert local(touch.act_at) == "Thu 2026-03-05 12:00"
    assert before.lead.stage is Stage.NEW


def test_another_time_moves_the_declined_meeting() -> None:
    case = replied(told(agreed()), Participation.DECLINED, MONDAY + timedelta(hours=2))
    (task,) = case.open_tasks
    friday = replace(APPOINTMENT, starts_at=THURSDAY + timedelta(days=1))
    now = MONDAY + timedelta(hours=3)
    case = complete_task(case, task_id=task.id, outcome=Outcome.MEETING, by="anna", note=None, now=now, meeting=friday)
    meeting = the_meeting(case)
    assert (meeting.state, meeting.sequence, meeting.is_news) == (MeetingState.INVITED, 1, True)
    held = case.enrollment.hold
    assert held is not None
    assert local(held.until) == "Fri 2026-03-06 14:45"


def test_who_accepts_after_declining_is_a_persons_matter_since_the_time_was_given_free() -> None:
    case = replied(told(agreed()), Participation.DECLINED, MONDAY + timedelta(hours=2))
    case = replied(case, Participation.ACCEPTED, MONDAY + timedelta(hours=3))
    assert the_meeting(case).state is MeetingState.DECLINED
    (task,) = case.open_tasks
    assert task.title == "agree on the meeting again: accepted after all"


def test_an_older_answer_and_an_answer_to_an_older_invitation_change_nothing() -> None:
    case = replied(told(agreed()), Participation.DECLINED, MONDAY + timedelta(hours=2))
    # It was written before the one above, and came after it.
    assert replied(case, Participation.ACCEPTED, MONDAY + timedelta(hours=3), stamped_at=MONDAY) == case
    later = replace(APPOINTMENT, starts_at=THURSDAY + timedelta(days=1))
    case = move(told(agreed()), the_meeting(agreed()).id, later, by="anna", now=MONDAY)
    assert replied(case, Participation.ACCEPTED, MONDAY + timedelta(hours=1), sequence=0) == case
    assert the_meeting(replied(case, Participation.ACCEPTED, MONDAY, sequence=1)).state is MeetingState.ACCEPTED
    # A calendar that does not say which invitation it answers is believed.
    assert the_meeting(replied(case, Participation.ACCEPTED, MONDAY, sequence=None)).state is MeetingState.ACCEPTED


def test_another_time_that_the_lead_proposes_is_a_persons_matter() -> None:
    case = told(agreed())
    wednesday = new_york("2026-03-04 09:30")
    case = replied(case, Participation.DECLINED, MONDAY, method=Method.COUNTER, proposes=wednesday)
    (task,) = case.open_tasks
    assert "Wed 04 Mar 2026 09:30 (New York time)" in task.text
    assert the_meeting(case).state is MeetingState.INVITED
    assert next_move(case).move is Move.FOLLOW_UP


def test_an_answer_to_a_meeting_that_is_over_or_off_or_somebody_elses_changes_nothing() -> None:
    case = told(agreed())
    assert replied(case, Participation.DECLINED, THURSDAY + timedelta(hours=1)) == case
    off = cancel(case, the_meeting(case).id, by="anna", now=MONDAY)
    assert replied(off, Participation.ACCEPTED, MONDAY) == off
    foreign = InvitationReply(uid="x", method=Method.REPLY, attendee=EMAIL, says=Participation.DECLINED)
    assert answered(case, foreign, MONDAY) == case


# Moved and called off.


def test_a_meeting_that_is_called_off_gives_back_what_is_left_of_the_pause() -> None:
    case = told(agreed())
    tuesday = MONDAY + timedelta(days=1)
    off = cancel(case, the_meeting(case).id, by="anna", now=tuesday)
    assert off.enrollment.hold is None
    touch = off.enrollment.next
    assert touch is not None
    assert local(touch.act_at) == "Fri 2026-03-06 10:00"
    assert next_move(off).move is Move.TELL
    assert list(next_moves(told(off, tuesday))) == []


def test_of_a_meeting_that_the_lead_never_heard_of_nothing_is_called_off() -> None:
    case = cancel(agreed(), the_meeting(agreed()).id, by="anna", now=MONDAY)
    assert list(next_moves(case)) == []


def test_an_invitation_that_was_on_its_way_when_its_meeting_was_called_off_is_followed_by_the_cancellation() -> None:
    case = agreed()
    meeting = the_meeting(case)
    case = cancel(case, meeting.id, by="anna", now=MONDAY)
    case = meeting_message_out(case, meeting.invitation_step, 1, MONDAY + timedelta(seconds=1))
    due = next_move(case)
    assert (due.move, due.meeting.occurrence) == (Move.TELL, 2)


def test_a_place_that_changes_needs_no_new_answer_and_another_time_does() -> None:
    case = replied(told(agreed()), Participation.ACCEPTED, MONDAY)
    meeting = the_meeting(case)
    elsewhere = move(case, meeting.id, replace(APPOINTMENT, place="1 Pier Road"), by="anna", now=MONDAY)
    assert (the_meeting(elsewhere).state, the_meeting(elsewhere).is_news) == (MeetingState.ACCEPTED, True)
    later = replace(APPOINTMENT, starts_at=THURSDAY + timedelta(hours=1))
    assert the_meeting(move(case, meeting.id, later, by="anna", now=MONDAY)).state is MeetingState.INVITED
    with pytest.raises(CommandRefused, match="like that already"):
        move(case, meeting.id, APPOINTMENT, by="anna", now=MONDAY)


def test_what_has_begun_or_is_off_is_neither_moved_nor_called_off() -> None:
    case = told(agreed())
    meeting, later = the_meeting(case), replace(APPOINTMENT, starts_at=THURSDAY + timedelta(days=1))
    for now, of in ((THURSDAY, case), (MONDAY, cancel(case, meeting.id, by="anna", now=MONDAY))):
        with pytest.raises(CommandRefused):
            move(of, meeting.id, later, by="anna", now=now)
        with pytest.raises(CommandRefused):
            cancel(of, meeting.id, by="anna", now=now)


# It can't be sent.


def test_a_refused_invitation_is_tried_again_later_and_at_last_told_by_a_person() -> None:
    case = agreed(appointment=replace(APPOINTMENT, starts_at=new_york("2026-03-12 14:00")))
    step, waits = the_meeting(case).invitation_step, []
    now = MONDAY
    while (due := next_move(case)).move is Move.TELL:
        waits.append(due.at - now)
        now = due.at
        case = meeting_message_refused(case, step, 1, now, "429: slow down")
    minutes = [wait / timedelta(minutes=1) for wait in waits]
    assert minutes == [0, 1, 5, 30, 120, 120, 120]
    (task,) = case.open_tasks
    assert (task.kind, "429" in task.text) == (TaskKind.INVITATION, True)
    assert due.move is Move.FOLLOW_UP


def test_who_stopped_us_gets_no_invitation_and_its_organizer_tells_it() -> None:
    case = lead_opted_out(agreed(), why="STOP", now=MONDAY)
    due = due_to_send(case, the_meeting(case).invitation_step, 1, MONDAY)
    assert due is not None
    case = could_not_tell(case, due.step_id, MONDAY, "No email: it is on the suppression list.")
    (task,) = case.open_tasks
    assert task.title == "tell the lead of the meeting: the invitation can't be sent"
    assert task.owner == "anna"
    assert next_move(case).move is Move.FOLLOW_UP  # nobody is nudged


# It is over.


def over() -> Case:
    """Thursday 14:45: the accepted meeting is over, and its organizer is asked."""
    case = replied(told(agreed()), Participation.ACCEPTED, MONDAY)
    return see_to_meetings(case, new_york("2026-03-05 14:45"))


def how(case: Case, outcome: Outcome, now: datetime, **values: Any) -> Case:
    (task,) = [task for task in case.open_tasks if task.kind is TaskKind.MEETING]
    return complete_task(case, task_id=task.id, outcome=outcome, by="anna", note="liked it", now=now, **values)


def test_after_a_meeting_its_organizer_is_asked_until_there_is_an_answer() -> None:
    (task,) = over().open_tasks
    assert (task.kind, task.owner, task.title) == (TaskKind.MEETING, "anna", "how was the meeting?")
    assert local(task.due_at) == "Fri 2026-03-06 10:15"  # four hours of work later
    assert task.escalate_at == task.due_at
    assert task.expires_at is None


def test_a_meeting_that_was_held_is_a_personal_touch_and_pauses_as_one() -> None:
    case = how(over(), Outcome.HELD, new_york("2026-03-05 15:00"))
    assert the_meeting(case).state is MeetingState.HELD
    held = case.enrollment.hold
    assert held is not None
    assert (held.reason, local(held.until)) == (HoldReason.PERSONAL_TOUCH, "Thu 2026-03-12 14:45")
    assert open_kinds(case) == []


def test_after_a_no_show_the_plan_goes_on() -> None:
    case = how(over(), Outcome.NO_SHOW, new_york("2026-03-05 15:00"))
    assert the_meeting(case).state is MeetingState.NO_SHOW
    touch = case.enrollment.next
    assert touch is not None
    assert local(touch.act_at) == "Mon 2026-03-09 09:00"


def test_a_meeting_may_end_with_a_yes_a_no_or_another_one() -> None:
    now = new_york("2026-03-05 15:00")
    yes = how(over(), Outcome.YES, now)
    assert (yes.enrollment.ended, open_kinds(yes)) == (Ending.YES, ["hand_over"])
    no = how(over(), Outcome.NO, now)
    assert (no.enrollment.ended, open_kinds(no), wake(no)) == (Ending.NO, [], None)
    later = replace(APPOINTMENT, starts_at=THURSDAY + timedelta(days=7))
    again = how(over(), Outcome.MEETING, now, meeting=later)
    assert sorted(meeting.state.value for meeting in again.meetings) == ["held", "invited"]


# Beside everything else.


def test_a_no_calls_every_meeting_off_sends_nothing_and_tells_the_organizer() -> None:
    case = record_answer(told(agreed()), answer="no", by="anna", note=None, now=MONDAY)
    assert the_meeting(case).state is MeetingState.CANCELLED
    assert (list(next_moves(case)), wake(case), open_kinds(case)) == ([], None, [])
    (notice,) = [fact for fact in case.facts if isinstance(fact, Notice)]
    assert notice.colleague == "anna"
    assert "Maria" not in notice.text


def test_a_yes_leaves_the_meeting_and_the_hand_over() -> None:
    case = record_answer(told(agreed()), answer="yes", by="anna", note=None, now=MONDAY)
    assert open_kinds(case) == ["hand_over"]
    assert the_meeting(case).is_agreed
    assert next_move(case).move is Move.NUDGE


def test_a_not_now_keeps_the_meeting_and_the_plan_sleeps() -> None:
    until = MONDAY + timedelta(days=90)
    case = not_now(told(agreed()), until=until, cadence=PLAN, version="1" * 64, by="anna", note=None, now=MONDAY)
    assert the_meeting(case).is_agreed
    assert case.enrollment.id != the_meeting(case).enrollment_id
    touch = case.enrollment.next
    assert touch is not None
    assert touch.act_at >= until
    assert case.enrollment.moved == timedelta(0)


def test_the_shorter_hold_for_a_meeting_comes_back_when_a_longer_one_is_lifted() -> None:
    case = log_personal_touch(told(agreed()), channel=Channel.CALL, touched_at=MONDAY, by="ben", note=None, now=MONDAY)
    case = lead_replied(case, text="hm", channel=Channel.EMAIL, now=MONDAY)
    held = case.enrollment.hold
    assert held is not None
    assert held.reason is not HoldReason.MEETING
    (reply,) = [task for task in case.open_tasks if task.kind is TaskKind.REPLY]
    case = complete_task(case, task_id=reply.id, outcome=Outcome.NOTHING_NEEDED, by="anna", note=None, now=MONDAY)
    held = case.enrollment.hold
    assert held is not None
    assert held.until >= the_meeting(case).ends_at


def test_a_hold_that_a_colleague_placed_below_a_meeting_outlives_its_cancellation() -> None:
    until = MONDAY + timedelta(days=1)
    case = hold(told(agreed()), until=until, reason="wait for the quote", by="mia", now=MONDAY)
    held = case.enrollment.hold
    assert held is not None
    assert held.reason is HoldReason.MEETING
    off = cancel(case, the_meeting(case).id, by="anna", now=MONDAY)
    held = off.enrollment.hold
    assert held is not None
    assert (held.reason, held.until) == (HoldReason.MANUAL, until)


def test_who_resumes_the_plan_wants_it_to_go_on_in_spite_of_the_meeting() -> None:
    case = resume(told(agreed()), by="anna", now=MONDAY + timedelta(hours=1))
    assert case.enrollment.hold is None
    assert the_meeting(case).is_agreed


def test_the_later_of_two_meetings_says_how_long_the_machine_is_quiet() -> None:
    case = told(agreed())
    later = replace(APPOINTMENT, starts_at=new_york("2026-03-12 14:00"))
    both = arrange(case, later, organizer=ANNA, by="anna", now=MONDAY)
    second = next(one for one in both.meetings if one.starts_at == later.starts_at)
    held = both.enrollment.hold
    assert held is not None
    assert local(held.until) == "Thu 2026-03-12 14:45"
    one = cancel(both, second.id, by="anna", now=MONDAY)
    held = one.enrollment.hold
    assert held is not None
    assert local(held.until) == "Thu 2026-03-05 14:45"


# The doctor.


def test_a_claim_of_an_invitation_that_is_still_due_is_left_to_its_step() -> None:
    case = agreed()
    meeting, later = the_meeting(case), MONDAY + timedelta(minutes=20)
    claim = OpenClaim(
        touch_id=touch_id(meeting.enrollment_id, meeting.invitation_step, 1),
        enrollment_id=meeting.enrollment_id,
        step=StepRef(meeting.invitation_step),
        channel=Channel.EMAIL,
        state=TouchState.CLAIMED,
        claimed_at=MONDAY,
    )
    assert settlement(case, claim, later) is None
    refused = replace(claim, state=TouchState.REFUSED)
    assert settlement(case, refused, later) is None
    # Once nothing waits for it, nobody can say what became of it, and a refused one is never tried again.
    assert settlement(told(case), claim, later) is TouchState.UNKNOWN
    assert settlement(told(case), refused, later) is TouchState.FAILED
