"""What leads say and providers report."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from cadences.case import Case, ContactLost, HoldReason, Outcome, Suppressed, TaskState
from cadences.commands import hold, record_answer, resume
from cadences.hearing import (
    asked_again,
    came_again,
    contact_point_lost,
    lead_opted_out,
    lead_replied,
    message_reported,
)
from cadences.planning import wake
from cadences.task_outcomes import complete_task
from leads.contract import WakeKind
from leads.model import Channel, Ending, Stage
from leads.sending import MessageReport, TouchState
from tests.cadences.cases import (
    EMAIL,
    MONDAY,
    PHONE,
    a_cadence,
    begun,
    carried_out,
    local,
    new_york,
    next_local,
    open_kinds,
    waited_for,
)

DAY = timedelta(days=1)
PLAN = a_cadence(
    {"email": "a"},
    {"after": "3 days", "email": "b"},
    {"after": "10 days", "call": "c"},
    {"after": "30 days", "email": "d"},
    on_reply={"task": "answer the reply", "within": "30 minutes", "hold": "5 business days", "escalate_to": "boss"},
)


def running() -> Case:
    return carried_out(begun(PLAN))


def replied(case: Case, text: str = "Tell me more") -> Case:
    return lead_replied(case, text=text, channel=Channel.EMAIL, now=MONDAY + DAY)


def test_a_reply_holds_the_machine_and_asks_the_owner_to_answer() -> None:
    case = replied(running())
    (task,) = case.open_tasks
    assert (task.owner, task.title, task.text, task.escalate_to) == ("anna", "answer the reply", "Tell me more", "boss")
    assert task.due_at == MONDAY + DAY + timedelta(minutes=30)
    assert case.enrollment.hold is not None
    assert case.enrollment.hold.reason is HoldReason.REPLY
    assert next_local(case) == "Thu 2026-03-12 10:00"
    assert case.lead.stage is Stage.WORKING


def test_a_second_reply_adds_to_the_same_task() -> None:
    case = replied(replied(running()), "And the price?")
    assert open_kinds(case) == ["reply"]
    assert case.open_tasks[0].text == "Tell me more\n\nAnd the price?"


def test_while_nobody_answers_the_hold_is_renewed_and_no_message_goes_out() -> None:
    case = replied(running())
    for escalations in range(1, 25):
        due = wake(case)
        assert due is not None
        assert due.kind is WakeKind.SEE_TO_OVERDUE
        case = carried_out(case)
        assert case.open_tasks[0].escalations == escalations


def test_a_short_hold_lasts_until_somebody_is_told_all_the_same() -> None:
    hasty = a_cadence(
        {"email": "a"}, {"after": "1 day", "email": "b"}, on_reply={"within": "4 hours", "hold": "1 hour"}
    )
    case = replied(carried_out(begun(hasty)))
    for _ in range(10):
        due = wake(case)
        assert due is not None
        assert due.kind is WakeKind.SEE_TO_OVERDUE
        case = carried_out(case)


def test_a_reply_during_an_open_call_leaves_the_call_open() -> None:
    case = carried_out(carried_out(carried_out(begun(PLAN))))
    task = waited_for(case)
    case = lead_replied(case, text="hm", channel=Channel.SMS, now=task.opens_at)
    assert open_kinds(case) == ["call", "reply"]
    assert waited_for(case) == task
    answered = complete_task(
        case, task_id=case.open_tasks[1].id, outcome=Outcome.ANSWERED, by="anna", note=None, now=task.opens_at
    )
    assert answered.open_tasks == ()


def test_a_reply_while_the_lead_sleeps_until_a_date_does_not_wake_the_plan_earlier_or_later() -> None:
    sleeping = begun(PLAN, start=MONDAY + 90 * DAY)
    case = replied(sleeping)
    assert case.enrollment.next == sleeping.enrollment.next


def test_a_reply_after_the_end_is_a_task_and_nothing_more() -> None:
    over = record_answer(running(), answer="no", by="anna", note=None, now=MONDAY)
    case = replied(over)
    assert open_kinds(case) == ["reply"]
    assert (case.enrollment.hold, case.enrollment.next) == (None, None)


def test_a_resumed_machine_goes_on_although_the_reply_is_open_until_it_is_escalated() -> None:
    case = resume(replied(running()), by="anna", now=MONDAY + DAY + timedelta(minutes=1))
    assert next_local(case) == "Thu 2026-03-05 10:01"


def test_a_new_question_of_a_lead_that_is_followed_up_holds_until_it_is_answered() -> None:
    case = asked_again(running(), question="And on Sundays?", now=MONDAY + DAY)
    assert (case.lead.question, open_kinds(case)) == ("And on Sundays?", ["question"])
    assert next_local(case) == "Thu 2026-03-12 10:00"


# Coming again after an ending.


def again(case: Case, question: str | None = "And now?", days: int = 30) -> Case:
    return came_again(case, cadence=PLAN, version="2" * 64, question=question, now=MONDAY + days * DAY)


def test_who_comes_again_after_a_no_gets_the_question_answered_and_no_cadence() -> None:
    case = again(record_answer(running(), answer="no", by="anna", note=None, now=MONDAY))
    assert (open_kinds(case), case.enrollment.next, case.enrollment.question_only) == (["question"], None, True)


def test_who_comes_again_after_a_hand_over_is_followed_up_anew_with_its_own_target() -> None:
    case = record_answer(running(), answer="yes", by="anna", note=None, now=MONDAY)
    task = case.open_tasks[0]
    assert open_kinds(again(case)) == ["hand_over", "question"]
    case = complete_task(case, task_id=task.id, outcome=Outcome.WON, by="anna", note=None, now=MONDAY + DAY)
    case = again(case)
    assert (case.enrollment.ended, case.lead.stage, case.first_human_at) == (None, Stage.NEW, None)
    assert case.enrollment.next is not None
    assert case.enrollment.next.act_at == MONDAY + 30 * DAY


# Contact points.


def test_a_lost_address_leaves_the_phone() -> None:
    case = contact_point_lost(running(), contact=EMAIL, why="bounced", now=MONDAY + DAY)
    assert ContactLost(EMAIL, "bounced") in case.facts
    assert case.enrollment.next is not None
    assert case.enrollment.next.channel is Channel.CALL
    assert contact_point_lost(case, contact=EMAIL, why="again", now=MONDAY) == case


def test_without_a_phone_the_open_call_is_needless() -> None:
    case = carried_out(carried_out(carried_out(begun(PLAN))))
    case = contact_point_lost(case, contact=PHONE, why="wrong number", now=MONDAY + 11 * DAY)
    assert [task.state for task in case.tasks] == [TaskState.CANCELLED]
    assert case.enrollment.next is not None
    assert case.enrollment.next.step.step_id == "d"


def test_without_any_contact_point_a_person_looks_for_one_and_the_plan_goes_on_when_it_is_found() -> None:
    case = running()
    for contact in (EMAIL, PHONE):
        case = contact_point_lost(case, contact=contact, why="gone", now=MONDAY + DAY)
    assert (open_kinds(case), case.enrollment.ended) == (["find_contact"], Ending.UNREACHABLE)
    found = begun(PLAN).lead
    now = MONDAY + 20 * DAY
    case = complete_task(
        replace(case, lead=found), task_id=case.open_tasks[0].id, outcome=Outcome.DONE, by="anna", note=None, now=now
    )
    assert case.enrollment.ended is None
    assert case.enrollment.next is not None
    assert case.enrollment.next.step.step_id == "b"
    case = carried_out(case)
    assert case.enrollment.next is not None
    assert case.enrollment.next.step.step_id == "c"
    assert case.enrollment.next.opens_at > now + 6 * DAY  # not bunched up


def test_an_opt_out_stops_every_channel_and_every_task() -> None:
    case = lead_opted_out(replied(running()), why="STOP", now=MONDAY + 2 * DAY)
    assert (case.enrollment.ended, case.open_tasks, wake(case)) == (Ending.OPTED_OUT, (), None)
    assert {fact.contact for fact in case.facts if isinstance(fact, Suppressed)} == {EMAIL, PHONE}
    assert (case.lead.email, case.lead.phone) == (None, None)


@pytest.mark.parametrize("said", ["yes", "no"])
def test_an_opt_out_after_an_answer_leaves_the_answer(said: str) -> None:
    case = record_answer(running(), answer=said, by="anna", note=None, now=MONDAY)
    after = lead_opted_out(case, why="STOP", now=MONDAY + DAY)
    assert (after.enrollment.ended, after.open_tasks) == (case.enrollment.ended, case.open_tasks)
    assert after.lead.email is None


def test_a_delivery_report_changes_no_plan() -> None:
    case = running()
    assert message_reported(case, report(TouchState.DELIVERED), contact="priya@example.com", now=MONDAY) == case


def report(state: TouchState, **changes: bool) -> MessageReport:
    return MessageReport(
        touch_id=UUID(int=1), state=state, provider="twilio", message_id="SM1", code="30005", **changes
    )


def test_a_dead_number_that_is_reported_later_is_not_used_again() -> None:
    case = running()
    phone = case.lead.phone or ""
    after = message_reported(case, report(TouchState.FAILED, contact_dead=True), contact=phone, now=MONDAY)
    assert after.lead.phone is None
    assert ContactLost(phone, "the provider reports 30005") in after.facts


def test_an_opt_out_that_is_reported_later_stops_every_channel() -> None:
    case = running()
    phone = case.lead.phone or ""
    after = message_reported(case, report(TouchState.FAILED, opted_out=True), contact=phone, now=MONDAY)
    assert (after.lead.phone, after.lead.email, wake(after)) == (None, None, None)


def test_two_holds_of_different_kinds_are_one_pause() -> None:
    case = hold(replied(running()), until=new_york("2026-03-20 10:00"), reason="fair", by="anna", now=MONDAY + 2 * DAY)
    assert local(case.enrollment.hold.until if case.enrollment.hold else None) == "Fri 2026-03-20 10:00"
    assert next_local(case) == "Mon 2026-03-23 09:00"  # Thursday the 5th and 17 days, past a weekend
