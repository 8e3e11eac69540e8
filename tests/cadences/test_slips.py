"""Slips: who may take back what, until when, and that the lead stands as before."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cadences import commands, hearing
from cadences.case import Case
from cadences.facts import Notice
from cadences.meetings import arrange
from cadences.planning import plan
from cadences.refusals import CommandRefused
from cadences.slips import CORRECTED, UNDO_WITHIN, Since, Slip, require_undoable, snapshot_of, taken_back
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskKind, TaskState
from leads.contract import CommandKind
from leads.ids import derived_id
from leads.meetings import Appointment, MeetingState
from leads.model import Channel, Ending, Role, Stage
from tests.cadences.cases import ANNA, LEAD_ID, MONDAY, PHONE, a_cadence, a_lead, begun, carried_out, waited_for

CADENCE = a_cadence(
    {"call": "first-call"},
    {"after": "3 business days", "sms": "quick-note", "if": "sms consent"},
    {"wait": "1 month", "email": "later"},
    first_response={"within": "30 minutes"},
)
SLIP_ID = derived_id(LEAD_ID, "slip")
MINUTE = timedelta(minutes=1)


def waiting_for_a_call() -> Case:
    """A lead whose first call stands in somebody's list."""
    return carried_out(begun(CADENCE, a_lead(sms=True)))


def slip_of(before: Case, after: Case, now: datetime = MONDAY, kind: CommandKind = CommandKind.COMPLETE_TASK) -> Slip:
    return Slip(
        command_id=SLIP_ID,
        kind=kind,
        by="anna",
        said_at=now,
        revision=7,
        before=snapshot_of(before),
        after=snapshot_of(after),
    )


def undone(before: Case, after: Case, now: datetime = MONDAY + MINUTE) -> Case:
    """The case once Anna took back what she had recorded."""
    slip = slip_of(before, after)
    case = taken_back(replace(after, facts=()), slip, owner=ANNA, cadence=before.cadence, by="anna", now=now)
    return plan(case, now)


def ended_with(case: Case, outcome: Outcome, now: datetime = MONDAY) -> Case:
    return complete_task(case, task_id=waited_for(case).id, outcome=outcome, by="anna", note=None, now=now)


def test_a_call_recorded_by_mistake_is_open_again_under_its_own_id() -> None:
    before = waiting_for_a_call()
    after = ended_with(before, Outcome.CONNECTED)
    assert after.first_human_at == MONDAY
    case = undone(before, after)
    assert waited_for(case).id == waited_for(before).id
    assert waited_for(case) == waited_for(before)
    assert case.first_human_at is None
    assert case.response is not None
    assert case.response.is_open
    assert snapshot_of(case) == snapshot_of(before)


def test_a_yes_taken_back_leaves_no_hand_over() -> None:
    before = waiting_for_a_call()
    after = ended_with(before, Outcome.YES)
    (hand_over,) = after.open_tasks
    case = undone(before, after)
    assert (case.enrollment.ended, case.lead.stage) == (None, Stage.NEW)
    assert [task.kind for task in case.open_tasks] == [TaskKind.CALL]
    closed = next(task for task in case.tasks if task.id == hand_over.id)
    assert (closed.state, closed.note, closed.closed_by) == (TaskState.CANCELLED, CORRECTED, "anna")


def test_a_not_now_taken_back_goes_on_with_the_enrollment_before_it() -> None:
    before = waiting_for_a_call()
    later = a_cadence({"email": "hello-again"})
    until = MONDAY + timedelta(days=90)
    after = commands.not_now(before, until=until, cadence=later, version="1" * 64, by="anna", note=None, now=MONDAY)
    assert after.enrollment.id != before.enrollment.id
    case = undone(before, after)
    assert case.enrollment == before.enrollment
    assert case.cadence is CADENCE


def test_a_wrong_number_taken_back_may_be_called_and_texted_again() -> None:
    before = waiting_for_a_call()
    after = ended_with(before, Outcome.WRONG_NUMBER)
    assert after.lead.phone is None
    case = undone(before, after)
    assert case.lead.phone == PHONE
    assert case.lead.consents_to(Channel.SMS)


def test_a_touch_planned_before_the_slip_goes_out_no_earlier_than_it_would_have() -> None:
    before = begun(a_cadence({"wait": "2 hours", "email": "a"}))
    planned = before.enrollment.next
    after = commands.hold(before, until=MONDAY + timedelta(days=9), reason="fair", by="anna", now=MONDAY)
    soon, late = undone(before, after), undone(before, after, MONDAY + timedelta(hours=3))
    assert planned is not None
    assert soon.enrollment.next == planned
    assert late.enrollment.next is not None
    assert late.enrollment.next.act_at == MONDAY + timedelta(hours=3)


def test_a_meeting_that_a_no_had_called_off_takes_place_again_and_its_organizer_hears_of_it() -> None:
    before = waiting_for_a_call()
    tomorrow = Appointment(starts_at=MONDAY + timedelta(days=1), subject="Two ovens")
    before = arrange(before, tomorrow, organizer=ANNA, by="anna", now=MONDAY)
    after = commands.record_answer(before, answer="no", by="anna", note=None, now=MONDAY)
    assert after.meetings[0].state is MeetingState.CANCELLED
    case = taken_back(after, slip_of(before, after), owner=ANNA, cadence=CADENCE, by="anna", now=MONDAY + MINUTE)
    assert case.meetings == before.meetings
    told = [fact for fact in case.facts if isinstance(fact, Notice)]
    assert [notice.subject for notice in told] == ["Off: Two ovens", "On again: Two ovens"]


def test_a_meeting_that_began_as_a_slip_is_off_and_the_lead_hears_nothing_of_it() -> None:
    before = waiting_for_a_call()
    tomorrow = Appointment(starts_at=MONDAY + timedelta(days=1), subject="Two ovens")
    task = waited_for(before)
    after = complete_task(
        before, task_id=task.id, outcome=Outcome.MEETING, by="anna", note=None, now=MONDAY, meeting=tomorrow
    )
    (meeting,) = undone(before, after).meetings
    assert meeting.state is MeetingState.CANCELLED
    assert not meeting.is_news


def test_what_the_person_stopped_stays_stopped_whatever_is_taken_back() -> None:
    """Even if it came to that: a refusal is what should keep it from happening."""
    before = waiting_for_a_call()
    after = hearing.lead_opted_out(ended_with(before, Outcome.VOICEMAIL), why="STOP", now=MONDAY)
    assert all(point.suppressed for point in undone(before, after).lead.contacts)


@pytest.mark.parametrize(
    ("who", "role", "allowed"),
    [
        ("anna", Role.REP, True),
        ("ben", Role.REP, False),
        ("ben", Role.MARKETING, False),
        ("mia", Role.MANAGER, True),
        ("root", Role.ADMIN, True),
        ("website", None, False),
    ],
)
def test_whoever_recorded_it_and_managers_may_take_it_back(who: str, role: Role | None, allowed: bool) -> None:
    before = waiting_for_a_call()
    after = ended_with(before, Outcome.NO_ANSWER)
    slip = slip_of(before, after)
    if allowed:
        assert require_undoable(slip, after, Since(), who=who, role=role, revision=None, now=MONDAY) is slip
        return
    with pytest.raises(CommandRefused, match=r"by: anna recorded it; ask anna, a manager or an admin"):
        require_undoable(slip, after, Since(), who=who, role=role, revision=None, now=MONDAY)


NOTHING = Since()


def refused(slip: Slip | None, case: Case, since: Since = NOTHING, **asked: object) -> str:
    given = {"who": "anna", "role": Role.REP, "revision": None, "now": MONDAY, **asked}
    with pytest.raises(CommandRefused) as refusal:
        require_undoable(slip, case, since, **given)  # type: ignore[arg-type]
    return str(refusal.value)


def test_it_may_be_taken_back_for_a_quarter_of_an_hour() -> None:
    before = waiting_for_a_call()
    after = ended_with(before, Outcome.YES)
    slip = slip_of(before, after)
    require_undoable(slip, after, Since(), who="anna", role=None, revision=7, now=MONDAY + UNDO_WITHIN)
    said = refused(slip, after, now=MONDAY + UNDO_WITHIN + MINUTE)
    assert "15 minutes only" in said
    assert "record what the lead said instead: no, or not now" in said


def test_what_is_not_the_last_any_more_can_not_be_taken_back() -> None:
    before = waiting_for_a_call()
    after = ended_with(before, Outcome.YES)
    assert "revision 7" in refused(slip_of(before, after), after, revision=6)
    assert "nothing that was recorded" in refused(None, after)


@pytest.mark.parametrize(
    ("kind", "happened", "since", "said"),
    [
        (
            CommandKind.RECORD_ANSWER,
            lambda case: hearing.lead_replied(case, text="wait!", channel=Channel.EMAIL, now=MONDAY),
            Since(said=CommandKind.LEAD_REPLIED),
            "the lead has written since then, and that stays; a no stands until the lead itself comes in again",
        ),
        (
            CommandKind.RECORD_ANSWER,
            lambda case: hearing.lead_opted_out(case, why="STOP", now=MONDAY),
            Since(said=CommandKind.LEAD_OPTED_OUT),
            "the lead has stopped the messages since then",
        ),
        (
            CommandKind.RECORD_ANSWER,
            lambda case: commands.reassign(case, owner=replace(ANNA, id="ben"), by="mia", now=MONDAY),
            Since(said=CommandKind.REASSIGN, by="mia"),
            "mia has recorded something else (reassign) since then",
        ),
        (CommandKind.RECORD_ANSWER, lambda case: case, Since(claimed=True), "a message to the lead has gone out"),
    ],
)
def test_what_happened_since_stays_and_the_refusal_says_what(
    kind: CommandKind, happened: Callable[[Case], Case], since: Since, said: str
) -> None:
    before = waiting_for_a_call()
    after = commands.record_answer(before, answer="no", by="anna", note=None, now=MONDAY)
    assert after.enrollment.ended is Ending.NO
    assert said in refused(slip_of(before, after, kind=kind), happened(after), since)


def test_a_number_that_was_looked_up_in_a_registry_meanwhile_is_no_hindrance() -> None:
    before = waiting_for_a_call()
    after = ended_with(before, Outcome.VOICEMAIL)
    points = tuple(replace(point, dnc_listed=False, dnc_checked_at=MONDAY) for point in after.lead.contacts)
    looked_up = replace(after, lead=replace(after.lead, contacts=points))
    slip = slip_of(before, after)
    assert require_undoable(slip, looked_up, Since(), who="anna", role=None, revision=None, now=MONDAY) is slip
