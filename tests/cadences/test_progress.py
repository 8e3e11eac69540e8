"""What the plan itself does to a lead: messages go out, tasks are created, fall due and expire, pauses move it on."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pydantic import TypeAdapter

from cadences.case import Case
from cadences.commands import hold, log_personal_touch, resume, skip_step
from cadences.enrollment import Enrollment, HoldReason
from cadences.facts import SendSettled
from cadences.hearing import lead_replied
from cadences.holds import place_hold
from cadences.model import Cadence
from cadences.planning import plan, wake
from cadences.progress import (
    begin,
    could_not_be_written,
    message_refused,
    message_sent,
    see_to_overdue,
    task_created,
)
from cadences.settled_sends import send_settled
from cadences.tasks import Outcome, Task, TaskKind, TaskState
from cadences.unknown_sends import looked_up_in_vain, message_unknown, to_look_up
from leads.contract import WakeKind
from leads.model import Channel, Lead, LeadKind
from tests.cadences import cases
from tests.cadences.cases import (
    ALWAYS_OPEN,
    NO_LIMITS,
    a_cadence,
    a_case,
    a_lead,
    carried_out,
    completed,
    local,
    new_york,
    next_local,
    open_kinds,
    waited_for,
)

DAY = timedelta(days=1)
MONDAY = new_york("2026-06-01 10:00")
"""No clock changes for months."""
OUTBOUND = a_lead(kind=LeadKind.OUTBOUND)
EMAILS = a_cadence(
    {"email": "a"},
    {"after": "10 days", "email": "b"},
    {"after": "20 days", "email": "c"},
    {"wait": "5 days", "email": "d"},
    hours=ALWAYS_OPEN,
    limits=NO_LIMITS,
    on_personal_touch={"pause": "4 days"},
)
CALLS = a_cadence(
    {"call": "hello", "within": "4 hours", "expires": "2 business days"}, {"wait": "5 days", "email": "b"}
)


def begun(cadence: Cadence, lead: Lead | None = None, start: datetime = MONDAY) -> Case:
    return cases.begun(cadence, lead, start=start)


def touched(case: Case, at: datetime, now: datetime | None = None) -> Case:
    return log_personal_touch(case, channel=Channel.CALL, touched_at=at, by="anna", note=None, now=now or at)


def planned(case: Case) -> datetime:
    assert case.enrollment.next is not None
    return case.enrollment.next.act_at


def rest(case: Case) -> list[datetime]:
    """When the messages that are left will go out."""
    found = []
    while case.enrollment.next is not None and case.enrollment.next.channel is Channel.EMAIL:
        found.append(planned(case))
        case = carried_out(case)
    return found


def test_after_a_no_a_new_question_is_only_a_task() -> None:
    case = begin(a_case(EMAILS, question_only=True), MONDAY)
    assert (open_kinds(case), case.enrollment.next) == (["question"], None)
    assert case.open_tasks[0].text == "Do you deliver on Saturdays?"


def test_a_message_that_was_overtaken_counts_against_the_limits_and_moves_nothing() -> None:
    case = begun(EMAILS)
    step = case.enrollment.next.step if case.enrollment.next else None
    assert step is not None
    skipped = skip_step(case, step_id=None, by="anna", now=MONDAY)
    late = message_sent(skipped, step, MONDAY)
    assert late.messages == (MONDAY,)
    assert late.enrollment == skipped.enrollment


def test_an_unknown_send_becomes_a_persons_task_and_the_plan_goes_on() -> None:
    case = begun(EMAILS)
    assert case.enrollment.next is not None
    case = message_unknown(case, case.enrollment.next.step, Channel.EMAIL, MONDAY)
    assert open_kinds(case) == ["unknown_send"]
    assert planned(case) == MONDAY + 10 * DAY
    assert case.messages == (MONDAY,)


def test_an_unknown_send_is_looked_up_for_a_while_before_a_person_has_to() -> None:
    case = begun(EMAILS)
    assert case.enrollment.next is not None
    case = message_unknown(case, case.enrollment.next.step, Channel.EMAIL, MONDAY)
    asked = []
    while (due := wake(case)) is not None and due.kind is WakeKind.LOOK_UP_SEND:
        asked.append(due.at - MONDAY)
        ((_, task),) = to_look_up(case, due.at).items()
        case = looked_up_in_vain(case, task, due.at)
    assert asked == [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15)]
    (task,) = case.open_tasks
    assert (task.opens_at - MONDAY, task.look_up_at) == (timedelta(minutes=15), None)
    assert task.due_at > task.opens_at


@pytest.mark.parametrize("sent", [True, False])
def test_what_the_provider_says_of_an_unknown_send_spares_the_person(sent: bool) -> None:
    case = begun(EMAILS)
    assert case.enrollment.next is not None
    case = message_unknown(case, case.enrollment.next.step, Channel.EMAIL, MONDAY)
    (reference,) = to_look_up(case, MONDAY + DAY)
    after = send_settled(case, reference, sent=sent, now=MONDAY)
    assert after.open_tasks == ()
    assert after.facts == (SendSettled(reference, sent),)
    assert after.enrollment == case.enrollment, "the plan has gone on, and nothing is sent again"
    assert send_settled(after, reference, sent=sent, now=MONDAY) == after


def test_a_message_that_cannot_be_written_becomes_a_persons_task() -> None:
    case = could_not_be_written(begun(EMAILS), "first_name is missing", MONDAY)
    assert waited_for(case).kind is TaskKind.STEP
    assert waited_for(case).text == "first_name is missing"
    assert waited_for(case).expires_at is not None


# Tasks that nobody does.


def test_an_undone_call_goes_overdue_is_escalated_and_given_up() -> None:
    case = carried_out(begun(CALLS))
    seen = []
    for _ in range(2):
        due = wake(case)
        assert due is not None
        assert due.kind is WakeKind.SEE_TO_OVERDUE
        case = carried_out(case)
        seen.append((local(due.at), [(task.state.value, task.escalations) for task in case.tasks]))
    assert seen == [
        ("Mon 2026-06-01 14:00", [("open", 1)]),
        ("Wed 2026-06-03 14:00", [("expired", 1)]),
    ]
    assert case.enrollment.outcomes == {"hello": "expired"}
    assert next_local(case) == "Mon 2026-06-08 14:00"  # five days after the expiry


def test_the_first_call_is_escalated_before_the_first_response_is_missed_and_again_when_it_is() -> None:
    cadence = a_cadence({"call": "hello"}, first_response={"within": "30 minutes", "escalate_to": "boss"})
    case = carried_out(begun(cadence))
    assert waited_for(case).escalate_to == "boss"
    case = carried_out(case)  # the owner is warned
    assert waited_for(case).escalations == 0
    case = carried_out(case)
    assert (waited_for(case).escalated_to, waited_for(case).escalations) == ("boss", 1)
    assert waited_for(case).escalate_at == waited_for(case).due_at == MONDAY + timedelta(minutes=30)
    assert waited_for(carried_out(case)).escalate_at is None
    assert waited_for(carried_out(case)).escalations == 2


def test_a_machine_that_comes_late_gives_a_call_up_without_asking_anybody_first() -> None:
    case = see_to_overdue(carried_out(begun(CALLS)), MONDAY + 30 * DAY)
    assert [task.state for task in case.tasks] == [TaskState.EXPIRED]
    assert local(planned(case)) == "Mon 2026-07-06 10:00"  # five days after it was given up


def test_a_kick_back_is_escalated_each_business_day_until_it_is_decided() -> None:
    case = carried_out(carried_out(begun(a_cadence({"email": "a"}, on_silence={"return_to": "owner"}), OUTBOUND)))
    seen = []
    for _ in range(4):
        due = wake(case)
        seen.append(local(due.at if due else None))
        case = carried_out(case)
    assert seen == ["Mon 2026-06-08 10:00", "Tue 2026-06-09 10:00", "Wed 2026-06-10 10:00", "Thu 2026-06-11 10:00"]
    assert waited_for(case).escalations == 4


def test_a_task_goes_to_whom_the_step_names() -> None:
    cadence = a_cadence({"task": "check the credit", "to": "manager"})
    assert waited_for(carried_out(begun(cadence))).owner == "mia"


# A machine that was late.


def test_three_weeks_down_keep_all_distances() -> None:
    case = carried_out(begun(EMAILS))
    up_again = MONDAY + 31 * DAY
    case = plan(case, up_again)
    assert planned(case) == up_again
    case = carried_out(case, up_again)
    assert rest(case) == [up_again + 10 * DAY, up_again + 15 * DAY]


def test_what_is_due_while_the_machine_is_up_outside_the_hours_keeps_its_distance_too() -> None:
    cadence = a_cadence({"email": "a"}, {"after": "1 week", "email": "b"}, {"after": "2 weeks", "email": "c"})
    case = carried_out(begun(cadence))
    saturday = new_york("2026-06-20 12:00")
    case = plan(case, saturday)
    assert next_local(case) == "Mon 2026-06-22 09:00"
    case = carried_out(case)
    assert next_local(case) == "Mon 2026-06-29 09:00"


def test_a_call_that_was_created_late_moves_what_follows() -> None:
    cadence = a_cadence(
        {"email": "a"}, {"after": "3 days", "call": "b"}, {"after": "5 days", "email": "c"}, hours=ALWAYS_OPEN
    )
    case = carried_out(begun(cadence))
    noon = new_york("2026-06-24 12:00")
    case = completed(task_created(plan(case, noon), noon), now=noon)
    assert planned(case) == noon + 2 * DAY


def test_a_few_hours_late_move_nothing() -> None:
    case = carried_out(begun(EMAILS))
    case = carried_out(case, planned(case) + timedelta(hours=23))
    assert planned(case) == MONDAY + 20 * DAY


def test_days_of_refusals_keep_the_distances() -> None:
    case = carried_out(begun(EMAILS))
    assert case.enrollment.next is not None
    now = planned(case)
    while now < MONDAY + 13 * DAY:
        case = message_refused(case, case.enrollment.next.step, now, retry_after=timedelta(hours=12))
        assert case.enrollment.next is not None
        now = planned(case)
    assert planned(carried_out(case)) == MONDAY + 23 * DAY


# Pauses.


def test_a_pause_before_the_first_contact_is_not_counted_again_after_it() -> None:
    case = touched(begun(EMAILS), MONDAY)
    assert planned(case) == MONDAY + 4 * DAY
    assert rest(case)[:3] == [MONDAY + 4 * DAY, MONDAY + 14 * DAY, MONDAY + 24 * DAY]


def test_a_pause_moves_all_that_is_left() -> None:
    case = touched(carried_out(begun(EMAILS)), MONDAY + 2 * DAY)
    assert rest(case) == [MONDAY + (days + 4) * DAY for days in (10, 20, 25)]


def test_two_pauses_that_overlap_count_once() -> None:
    case = touched(carried_out(begun(EMAILS)), MONDAY + 2 * DAY)
    case = touched(case, MONDAY + 4 * DAY)
    assert planned(case) == MONDAY + 16 * DAY


def test_a_pause_that_was_logged_late_counts_from_its_own_date() -> None:
    case = carried_out(begun(EMAILS))
    late = touched(case, MONDAY + 2 * DAY, now=MONDAY + 5 * DAY)
    prompt = touched(case, MONDAY + 2 * DAY)
    assert late.enrollment.next == prompt.enrollment.next
    assert planned(late) == MONDAY + 14 * DAY


def test_an_older_touch_that_is_logged_after_a_newer_one_adds_only_what_is_new() -> None:
    case = carried_out(begun(EMAILS))
    case = touched(case, MONDAY + 6 * DAY)
    case = touched(case, MONDAY + 1 * DAY, now=MONDAY + 7 * DAY)  # a pause of its own, before the other
    assert case.enrollment.moved == 8 * DAY
    case = touched(case, MONDAY + 4 * DAY, now=MONDAY + 7 * DAY)  # fills the gap between the two
    assert case.enrollment.moved == 9 * DAY


def test_what_lies_before_the_last_step_is_not_moved() -> None:
    case = carried_out(carried_out(begun(EMAILS)))
    case = touched(case, MONDAY + 8 * DAY, now=MONDAY + 11 * DAY)
    assert planned(case) == MONDAY + 22 * DAY


def test_a_hold_that_has_lapsed_holds_nothing_and_cannot_be_resumed_twice() -> None:
    case = hold(carried_out(begun(EMAILS)), until=MONDAY + 3 * DAY, reason="holidays", by="anna", now=MONDAY + 1 * DAY)
    assert planned(plan(case, MONDAY + 5 * DAY)) == MONDAY + 12 * DAY
    assert carried_out(case).enrollment.hold is None


def test_resuming_gives_back_the_unused_part_and_keeps_the_used_one() -> None:
    case = hold(carried_out(begun(EMAILS)), until=MONDAY + 9 * DAY, reason="x", by="anna", now=MONDAY + 1 * DAY)
    case = resume(case, by="anna", now=MONDAY + 3 * DAY)
    assert (case.enrollment.hold, planned(case)) == (None, MONDAY + 12 * DAY)
    case = touched(case, MONDAY + 2 * DAY, now=MONDAY + 4 * DAY)  # within the pause for a day
    assert planned(case) == MONDAY + 15 * DAY


def test_a_shorter_hold_leaves_the_longer_one_in_force() -> None:
    case = hold(carried_out(begun(EMAILS)), until=MONDAY + 9 * DAY, reason="x", by="anna", now=MONDAY)
    case = touched(case, MONDAY + 1 * DAY)
    assert case.enrollment.hold is not None
    assert (case.enrollment.hold.reason, case.enrollment.hold.until) == (HoldReason.MANUAL, MONDAY + 9 * DAY)
    assert planned(case) == MONDAY + 19 * DAY


def test_a_hold_in_an_enrollment_that_starts_later_moves_only_what_it_overlaps() -> None:
    case = a_case(EMAILS, OUTBOUND, start=MONDAY + 30 * DAY)
    case = begin(case, MONDAY)
    early = hold(case, until=MONDAY + 20 * DAY, reason="x", by="anna", now=MONDAY)
    assert planned(early) == MONDAY + 30 * DAY
    over = hold(case, until=MONDAY + 32 * DAY, reason="x", by="anna", now=MONDAY)
    assert planned(over) == MONDAY + 32 * DAY
    assert planned(resume(over, by="anna", now=MONDAY + 5 * DAY)) == MONDAY + 30 * DAY


def test_a_call_made_during_a_hold_keeps_the_hold() -> None:
    case = carried_out(begun(CALLS))
    case = hold(case, until=MONDAY + 10 * DAY, reason="x", by="anna", now=MONDAY + timedelta(hours=1))
    case = completed(case, now=MONDAY + DAY)
    assert case.enrollment.hold is not None
    assert local(planned(case)) == "Tue 2026-06-16 10:00"  # nine days of hold and five of waiting


def test_a_call_that_expires_during_a_hold_sends_nothing_before_its_end() -> None:
    case = hold(carried_out(begun(CALLS)), until=MONDAY + 20 * DAY, reason="x", by="anna", now=MONDAY)
    case = carried_out(carried_out(case))
    assert planned(case) >= MONDAY + 20 * DAY


def test_a_step_skipped_ahead_of_its_time_is_still_moved_by_pauses() -> None:
    waits = a_cadence(
        {"email": "a"}, {"wait": "10 days", "email": "b"}, {"wait": "5 days", "email": "c"}, hours=ALWAYS_OPEN
    )
    case = skip_step(carried_out(begun(waits)), step_id="b", by="anna", now=MONDAY + DAY)
    assert planned(case) == MONDAY + 15 * DAY
    held = hold(case, until=MONDAY + 8 * DAY, reason="x", by="anna", now=MONDAY + 2 * DAY)
    assert local(planned(held)) == "Mon 2026-06-22 10:00"
    back = resume(held, by="anna", now=MONDAY + 5 * DAY)
    assert local(planned(back)) == "Fri 2026-06-19 10:00"


def test_a_step_skipped_during_a_hold_leaves_the_hold_in_force() -> None:
    case = hold(carried_out(begun(EMAILS)), until=MONDAY + 6 * DAY, reason="x", by="anna", now=MONDAY + DAY)
    case = skip_step(case, step_id="b", by="anna", now=MONDAY + 2 * DAY)
    assert case.enrollment.hold is not None
    assert local(planned(case)) == "Fri 2026-06-26 10:00"
    assert local(planned(resume(case, by="anna", now=MONDAY + 3 * DAY))) == "Tue 2026-06-23 10:00"


def test_a_pause_across_the_clock_change_keeps_the_hour() -> None:
    case = touched(carried_out(begun(EMAILS, start=new_york("2026-03-05 10:00"))), new_york("2026-03-06 10:00"))
    assert next_local(case) == "Thu 2026-03-19 10:00"


def test_a_hold_of_minutes_while_the_clock_is_set_back_moves_nothing_backwards() -> None:
    start = new_york("2026-10-31 10:00")
    case = carried_out(begun(EMAILS, start=start))
    now = new_york("2026-11-01 01:50")
    case = hold(case, until=now + timedelta(minutes=20), reason="x", by="anna", now=now)
    assert case.enrollment.moved == timedelta(0)


def test_an_account_in_trouble_holds_the_step_and_moves_the_rest() -> None:
    case = carried_out(begun(EMAILS))
    now = planned(case)
    case = plan(place_hold(case, HoldReason.PROVIDER, "mia", now, now + 2 * DAY), now)
    assert rest(case)[:2] == [MONDAY + 12 * DAY, MONDAY + 22 * DAY]


# What is kept.


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_an_enrollment_survives_the_database(steps: int) -> None:
    case = begun(EMAILS)
    for _ in range(steps):
        case = carried_out(case)
    case = lead_replied(touched(case, MONDAY), text="hm", channel=Channel.EMAIL, now=MONDAY)
    adapter: TypeAdapter[Enrollment] = TypeAdapter(Enrollment)
    assert adapter.validate_python(adapter.dump_python(case.enrollment, mode="json")) == case.enrollment


def test_an_enrollment_from_before_pauses_were_kept_still_loads() -> None:
    adapter: TypeAdapter[Enrollment] = TypeAdapter(Enrollment)
    document = adapter.dump_python(begun(EMAILS).enrollment, mode="json")
    del document["pauses"], document["next"]["planned_at"]
    assert adapter.validate_python(document).pauses == ()


def test_tasks_of_one_decision_have_ids_of_their_own() -> None:
    case = carried_out(begun(CALLS))
    task: Task = waited_for(case)
    again = completed(case, Outcome.CALL_BACK, now=MONDAY, until=MONDAY + DAY)
    assert waited_for(again).id != task.id
    assert replace(waited_for(again), id=task.id).step_id == task.step_id
