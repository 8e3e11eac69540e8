"""What leads say and providers report."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadences.case import Case
from cadences.commands import hold, record_answer, resume
from cadences.enrollment import HoldReason
from cadences.facts import ContactLost, Reopened, Suppressed
from cadences.hearing import (
    asked_again,
    came_again,
    contact_point_lost,
    lead_away,
    lead_opted_out,
    lead_replied,
    message_reported,
    texts_wanted_again,
    wrong_person,
)
from cadences.planning import wake
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskState
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
    with_lead,
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


def test_an_opt_out_after_an_opt_out_takes_back_the_question_in_between() -> None:
    case = replied(lead_opted_out(running(), why="STOP", now=MONDAY))
    assert open_kinds(case) == ["reply"]
    after = lead_opted_out(case, why="STOP", now=MONDAY + 2 * DAY)
    assert (after.enrollment.ended, after.open_tasks) == (Ending.OPTED_OUT, ())


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


# A mailbox that answers for the person.


def held(case: Case) -> tuple[HoldReason, str]:
    assert case.enrollment.hold is not None
    return case.enrollment.hold.reason, local(case.enrollment.hold.until)


def away(case: Case, day: str = "2026-03-16", now: datetime = MONDAY + DAY) -> Case:
    return lead_away(case, back_on=date.fromisoformat(day), now=now)


def test_an_out_of_office_holds_until_the_first_day_on_the_leads_own_clock() -> None:
    case = away(running())
    assert held(case) == (HoldReason.AWAY, "Mon 2026-03-16 00:00")
    assert (open_kinds(case), case.lead.stage, case.first_human_at) == ([], Stage.NEW, None)
    assert next_local(case) > "Mon 2026-03-16"
    assert wake(case) is not None


def test_the_same_out_of_office_again_changes_nothing() -> None:
    case = away(running())
    assert away(case, now=MONDAY + 2 * DAY) == case
    assert away(case, "2026-03-10", MONDAY + 2 * DAY) == case


@pytest.mark.parametrize("day", ["2026-03-01", "2026-03-03"])
def test_a_return_that_is_past_changes_nothing(day: str) -> None:
    case = running()
    assert away(case, day) == case


def test_an_out_of_office_after_an_ending_changes_nothing() -> None:
    for said in ("yes", "no"):
        over = record_answer(running(), answer=said, by="anna", note=None, now=MONDAY)
        assert away(over) == over


def test_who_writes_is_not_away_any_more() -> None:
    case = replied(away(running(), "2026-09-01", MONDAY + DAY / 2))
    assert held(case)[0] is HoldReason.REPLY
    assert next_local(case) == "Fri 2026-03-13 09:00"  # Thursday the 12th as after any reply, and half a day away
    case = asked_again(away(running(), "2026-09-01"), question="And on Sundays?", now=MONDAY + 2 * DAY)
    assert held(case)[0] is HoldReason.REPLY


def test_a_pause_that_a_person_asked_for_outlives_a_longer_one_of_the_machines() -> None:
    until = new_york("2026-03-23 10:00")
    case = hold(running(), until=until, reason="lawyer", by="mia", now=MONDAY)
    case = replied(away(case, "2026-09-01", MONDAY + DAY / 2))
    (task,) = case.open_tasks
    case = complete_task(
        case, task_id=task.id, outcome=Outcome.NOTHING_NEEDED, by="anna", note=None, now=MONDAY + 2 * DAY
    )
    assert held(case) == (HoldReason.MANUAL, "Mon 2026-03-23 10:00")
    assert case.enrollment.next is not None
    assert case.enrollment.next.act_at >= until
    case = resume(replied(case), by="mia", now=MONDAY + 3 * DAY)
    assert case.enrollment.hold is None


def test_an_out_of_office_never_lets_an_answer_that_we_owe_be_forgotten() -> None:
    case = replied(running())
    assert away(case, "2026-09-01", MONDAY + 2 * DAY) == case


def test_an_out_of_office_never_shortens_a_pause_that_a_person_asked_for() -> None:
    until = new_york("2026-06-01 10:00")
    case = hold(running(), until=until, reason="fair", by="anna", now=MONDAY + DAY / 2)
    assert away(case) == case


@given(st.dates(date(2026, 3, 1), date(2028, 1, 1)))
def test_an_auto_reply_never_ends_a_lead(day: date) -> None:
    case = lead_away(running(), back_on=day, now=MONDAY + DAY)
    assert (case.enrollment.ended, case.facts, open_kinds(case)) == (None, (), [])
    assert wake(case) is not None


# Texts wanted again.


def stopped() -> Case:
    return replace(lead_opted_out(running(), why="STOP", now=MONDAY + DAY), facts=())


def test_start_opens_texts_only_and_no_ended_cadence() -> None:
    case = texts_wanted_again(stopped(), contact=PHONE, wording="START", now=MONDAY + 2 * DAY)
    assert (case.enrollment.ended, wake(case)) == (Ending.OPTED_OUT, None)
    usable = [channel for channel in Channel if case.lead.contact_for(channel) is not None]
    assert Channel.SMS in usable
    assert not {Channel.CALL, Channel.EMAIL} & set(usable)
    assert case.lead.consents_to(Channel.SMS)
    (fact,) = case.facts
    assert isinstance(fact, Reopened)
    assert (fact.consent.contact, fact.consent.wording, fact.consent.seller) == (PHONE, "START", "Harbor Supply")


@pytest.mark.parametrize("contact", [PHONE, "+12125550199"])
def test_start_without_a_stop_or_from_another_number_changes_nothing(contact: str) -> None:
    case = running() if contact == PHONE else stopped()
    assert texts_wanted_again(case, contact=contact, wording="START", now=MONDAY + DAY) == case


def test_start_leaves_other_channels_of_the_number_closed() -> None:
    case = running()
    points = tuple(
        replace(one, suppressed_on=frozenset({Channel.SMS, Channel.CALL})) if one.value == PHONE else one
        for one in case.lead.contacts
    )
    case = texts_wanted_again(with_lead(case, contacts=points), contact=PHONE, wording="START", now=MONDAY + DAY)
    assert next(one for one in case.lead.contacts if one.value == PHONE).suppressed_on == {Channel.CALL}
    assert case.enrollment.ended is None


# A wrong number.


def test_t12_a_wrong_number_is_lost_and_the_plan_goes_on_by_email() -> None:
    case = wrong_person(running(), contact=PHONE, stops=False, now=MONDAY + DAY)
    assert (case.lead.phone, case.lead.email, case.enrollment.ended) == (None, EMAIL, None)
    assert case.facts == (ContactLost(PHONE, "another person has it"),)


def test_t12_a_wrong_number_that_asks_to_stop_is_suppressed_and_the_lead_goes_on() -> None:
    case = wrong_person(running(), contact=PHONE, stops=True, now=MONDAY + DAY)
    assert [type(fact) for fact in case.facts] == [Suppressed, ContactLost]
    assert {fact.contact for fact in case.facts if isinstance(fact, Suppressed | ContactLost)} == {PHONE}
    assert (case.lead.email, case.enrollment.ended) == (EMAIL, None)


def test_a_lead_of_a_backlog_that_asks_before_its_turn_begins_at_once() -> None:
    waits = begun(PLAN, start=new_york("2026-04-01 09:00"), answers_question=False, paced=True)
    again = came_again(waits, cadence=PLAN, version="v2", question="Is it still there?", now=MONDAY)
    assert (again.enrollment.started_at, again.enrollment.answers_question) == (MONDAY, True)
    assert [one.ended for one in again.ended_enrollments] == [Ending.SWITCHED]
    assert next_local(again) == "Mon 2026-03-02 10:00"


def test_a_lead_of_a_backlog_that_somebody_holds_is_answered_by_a_person() -> None:
    waits = begun(PLAN, start=new_york("2026-04-01 09:00"), answers_question=False, paced=True)
    held = hold(waits, until=new_york("2026-05-01 09:00"), reason="asked", by="anna", now=MONDAY)
    again = came_again(held, cadence=PLAN, version="v2", question="Is it still there?", now=MONDAY)
    assert (again.enrollment.id, open_kinds(again)) == (held.enrollment.id, ["question"])
