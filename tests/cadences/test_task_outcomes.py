"""How tasks end, and what that does to the plan."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cadences.case import Case
from cadences.commands import record_answer
from cadences.enrollment import HoldReason
from cadences.facts import Accepted, TouchMade
from cadences.hearing import asked_again, contact_point_lost, lead_replied
from cadences.owed_answers import see_to_first_answer
from cadences.refusals import CommandRefused
from cadences.task_outcomes import complete_task, outcomes_of
from cadences.tasks import Outcome, Task, TaskKind, TaskState
from cadences.unknown_sends import message_unknown
from leads.model import Channel, ContactKind, ContactPoint, Ending, Stage
from tests.cadences.cases import (
    EMAIL,
    MONDAY,
    PHONE,
    a_cadence,
    a_lead,
    begun,
    carried_out,
    completed,
    local,
    new_york,
    next_local,
    open_kinds,
    waited_for,
)

DAY = timedelta(days=1)
PLAN = a_cadence({"call": "hello"}, {"wait": "1 week", "email": "b"}, {"after": "3 weeks", "call": "c"})
LATER = a_cadence({"email": "back"})


def calling() -> Case:
    return carried_out(begun(PLAN))


def the(case: Case, kind: TaskKind) -> Task:
    return next(task for task in case.open_tasks if task.kind is kind)


def done(case: Case, kind: TaskKind, outcome: Outcome, now: datetime = MONDAY + DAY, **more: Any) -> Case:
    return complete_task(case, task_id=the(case, kind).id, outcome=outcome, by="anna", note="hm", now=now, **more)


def test_an_accepted_hand_over_stays_with_its_owner_until_the_order_is_won_or_lost() -> None:
    case = completed(calling(), Outcome.YES)
    (hand_over,) = case.open_tasks
    at = hand_over.created_at + timedelta(minutes=10)
    case = complete_task(case, task_id=hand_over.id, outcome=Outcome.ACCEPTED, by="anna", note=None, now=at)
    (order,) = case.open_tasks
    assert (order.kind, order.owner) == (TaskKind.HAND_OVER, "anna")
    assert order.title == "win the order, or say that it is lost"
    assert Accepted() in case.facts
    assert (case.lead.stage, order.escalate_at) == (Stage.QUALIFIED, order.due_at)
    assert order.due_at - at > timedelta(days=13)
    case = complete_task(case, task_id=order.id, outcome=Outcome.WON, by="anna", note=None, now=at + timedelta(days=3))
    assert (case.lead.stage, case.open_tasks) == (Stage.WON, ())


@pytest.mark.parametrize("outcome", [Outcome.CONNECTED, Outcome.VOICEMAIL, Outcome.NO_ANSWER])
def test_a_call_that_was_made_is_a_touch_and_the_plan_goes_on_from_it(outcome: Outcome) -> None:
    case = done(calling(), TaskKind.CALL, outcome)
    assert next_local(case) == "Tue 2026-03-10 10:00"
    assert case.enrollment.outcomes == {"hello": outcome.value}
    (fact,) = [fact for fact in case.facts if isinstance(fact, TouchMade)]
    assert (fact.outcome, fact.personal, fact.step.step_id if fact.step else None) == (outcome.value, False, "hello")
    assert (case.first_human_at is not None) == (outcome is Outcome.CONNECTED)
    assert case.lead.stage is Stage.WORKING


def test_the_person_asked_to_be_called_back_and_is_at_that_very_time() -> None:
    at = new_york("2026-03-07 11:00")  # a Saturday, but it is what they asked for
    case = done(calling(), TaskKind.CALL, Outcome.CALL_BACK, until=at)
    task = waited_for(case)
    assert (task.opens_at, local(task.due_at)) == (at, "Mon 2026-03-09 13:00")
    assert case.enrollment.outcomes == {"hello": "call back"}
    assert case.enrollment.next is not None
    (reason,) = case.enrollment.next.reasons
    assert reason.text == "the person asked to be called on Sat 07 Mar 2026 at 11:00"
    assert case.first_human_at == MONDAY + DAY
    case = completed(case, Outcome.CONNECTED)
    assert case.enrollment.outcomes == {"hello": "connected"}
    assert next_local(case) == "Mon 2026-03-16 09:00"


def test_a_wrong_number_is_disabled_and_the_plan_goes_on_without_it() -> None:
    case = done(calling(), TaskKind.CALL, Outcome.WRONG_NUMBER)
    assert (case.lead.phone, case.enrollment.ended) == (None, None)
    assert case.enrollment.attempts == 0
    assert next_local(case) == "Tue 2026-03-10 10:00"


def test_a_wrong_number_of_a_lead_with_nothing_else_makes_it_unreachable() -> None:
    case = done(carried_out(begun(PLAN, a_lead(email=None))), TaskKind.CALL, Outcome.WRONG_NUMBER)
    assert (case.enrollment.ended, open_kinds(case)) == (Ending.UNREACHABLE, ["find_contact"])


def test_a_call_may_bring_the_answer() -> None:
    assert done(calling(), TaskKind.CALL, Outcome.NO).open_tasks == ()
    yes = done(calling(), TaskKind.CALL, Outcome.YES)
    assert (open_kinds(yes), yes.first_human_at) == (["hand_over"], MONDAY + DAY)
    until = MONDAY + 100 * DAY
    later = done(calling(), TaskKind.CALL, Outcome.NOT_NOW, until=until, later=(LATER, "1" * 64))
    assert (later.open_tasks, later.enrollment.started_at) == ((), until)


def test_a_not_now_without_its_cadence_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="cadence"):
        done(calling(), TaskKind.CALL, Outcome.NOT_NOW, until=MONDAY + 9 * DAY)


def test_an_answered_reply_pauses_like_any_personal_touch() -> None:
    case = lead_replied(completed(calling()), text="hm", channel=Channel.EMAIL, now=MONDAY + DAY)
    case = done(case, TaskKind.REPLY, Outcome.ANSWERED)
    assert case.open_tasks == ()
    assert next_local(case) == "Mon 2026-03-16 10:00"
    assert case.first_human_at == MONDAY + DAY


def test_a_reply_that_needs_nothing_lets_the_plan_go_on_where_it_was() -> None:
    before = completed(calling())
    case = lead_replied(before, text="ok", channel=Channel.EMAIL, now=MONDAY + DAY)
    case = done(case, TaskKind.REPLY, Outcome.NOTHING_NEEDED)
    assert (case.enrollment.hold, next_local(case)) == (None, next_local(before))


def test_the_machine_stays_held_while_another_question_is_open() -> None:
    case = lead_replied(completed(calling()), text="ok", channel=Channel.EMAIL, now=MONDAY + DAY)
    case = asked_again(case, question="And?", now=MONDAY + DAY)
    case = done(case, TaskKind.REPLY, Outcome.NOTHING_NEEDED)
    assert case.enrollment.hold is not None
    assert done(case, TaskKind.QUESTION, Outcome.NOTHING_NEEDED).enrollment.hold is None


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.NOTHING_NEEDED])
def test_the_question_of_who_had_said_no_is_answered_and_that_is_all(outcome: Outcome) -> None:
    case = done(begun(PLAN, question_only=True), TaskKind.QUESTION, outcome)
    assert (case.enrollment.ended, case.open_tasks) == (Ending.ANSWERED, ())


def test_who_had_said_no_may_say_yes_when_asked() -> None:
    case = done(begun(PLAN, question_only=True), TaskKind.QUESTION, Outcome.YES)
    assert open_kinds(case) == ["hand_over"]


@pytest.mark.parametrize("said", ["yes", "no"])
def test_who_repeats_an_answer_in_a_reply_changes_nothing(said: str) -> None:
    case = record_answer(completed(calling()), answer=said, by="anna", note=None, now=MONDAY)
    replied = lead_replied(case, text=f"I said {said}", channel=Channel.EMAIL, now=MONDAY + DAY)
    after = done(replied, TaskKind.REPLY, Outcome(said))
    assert after.open_tasks == case.open_tasks
    assert after.enrollment == case.enrollment


@pytest.mark.parametrize(("outcome", "stage"), [(Outcome.WON, Stage.WON), (Outcome.LOST, Stage.LOST)])
def test_a_hand_over_ends_with_won_or_lost(outcome: Outcome, stage: Stage) -> None:
    case = record_answer(calling(), answer="yes", by="anna", note=None, now=MONDAY)
    case = done(case, TaskKind.HAND_OVER, outcome)
    assert (case.lead.stage, case.open_tasks, case.enrollment.ended) == (stage, (), Ending.YES)


@pytest.mark.parametrize("outcome", [Outcome.SENT, Outcome.NOT_SENT])
def test_an_unknown_send_that_is_settled_leaves_the_plan_alone(outcome: Outcome) -> None:
    case = completed(calling())
    assert case.enrollment.next is not None
    case = message_unknown(case, case.enrollment.next.step, Channel.EMAIL, MONDAY + 9 * DAY)
    settled = done(case, TaskKind.UNKNOWN_SEND, outcome, now=MONDAY + 10 * DAY)
    assert settled.enrollment == case.enrollment
    assert settled.open_tasks == ()


def test_the_plan_of_an_unreachable_lead_goes_on_only_with_a_contact_point() -> None:
    case = calling()
    for contact in (EMAIL, PHONE):
        case = contact_point_lost(case, contact=contact, why="gone", now=MONDAY)
    with pytest.raises(CommandRefused, match="add the contact point"):
        done(case, TaskKind.FIND_CONTACT, Outcome.DONE)
    assert done(case, TaskKind.FIND_CONTACT, Outcome.LOST).lead.stage is Stage.LOST
    phone = ContactPoint(ContactKind.PHONE, "+12125550199")
    found = replace(case, lead=replace(case.lead, contacts=(*case.lead.contacts, phone)))
    found = done(found, TaskKind.FIND_CONTACT, Outcome.DONE)
    assert (found.enrollment.ended, open_kinds(found)) == (None, [])
    assert found.enrollment.next is not None


# A call beside the plan, by which a question is to be answered.


def owing_a_call() -> Case:
    """Somebody without an email was called in vain, and is to be called again; the plan waits for its next step."""
    plan = a_cadence({"call": "hello"}, {"wait": "1 week", "call": "b"}, first_response={"within": "30 minutes"})
    case = completed(carried_out(begun(plan, a_lead(email=None))), Outcome.NO_ANSWER)
    case = see_to_first_answer(case, MONDAY)
    assert the(case, TaskKind.QUESTION).title == "call again: not reached before"
    return case


def test_it_ends_as_a_call_does_or_was_answered_in_writing_or_needs_no_answer() -> None:
    calls = outcomes_of(TaskKind.CALL, PHONE)
    assert outcomes_of(TaskKind.QUESTION, PHONE) == calls | {Outcome.ANSWERED, Outcome.NOTHING_NEEDED}
    assert Outcome.VOICEMAIL not in outcomes_of(TaskKind.QUESTION, None)
    before = owing_a_call()
    answered = done(before, TaskKind.QUESTION, Outcome.ANSWERED)
    (made,) = [fact for fact in answered.facts[len(before.facts) :] if isinstance(fact, TouchMade)]
    assert made.personal, "no call is in the ledger that nobody made"
    assert see_to_first_answer(answered, MONDAY + DAY).open_tasks == ()


@pytest.mark.parametrize("outcome", [Outcome.VOICEMAIL, Outcome.NO_ANSWER])
def test_a_call_in_vain_is_an_attempt_in_the_ledger_and_the_plan_waits_as_before(outcome: Outcome) -> None:
    before = owing_a_call()
    case = done(before, TaskKind.QUESTION, outcome)
    assert case.response is not None
    assert (case.response.is_open, case.response.attempts) == (True, 2)
    (made,) = case.facts[len(before.facts) :]
    assert isinstance(made, TouchMade)
    assert (made.channel, made.outcome, made.personal, made.step) == (Channel.CALL, outcome.value, False, None)
    assert case.enrollment == before.enrollment
    (again,) = see_to_first_answer(case, MONDAY + DAY).open_tasks
    assert (again.title, again.contact) == ("call again: not reached before", PHONE)


def test_a_conversation_answers_the_question_once_and_pauses_the_machine() -> None:
    before = owing_a_call()
    case = done(before, TaskKind.QUESTION, Outcome.CONNECTED)
    assert case.response is not None
    assert (case.response.answered_at, case.response.how) == (MONDAY + DAY, "call")
    assert [type(fact) for fact in case.facts[len(before.facts) :]] == [TouchMade], "one call is in the ledger once"
    assert case.enrollment.hold is not None
    assert (case.enrollment.hold.reason, local(case.enrollment.hold.until)) == (
        HoldReason.PERSONAL_TOUCH,
        "Tue 2026-03-10 10:00",
    )
    assert see_to_first_answer(case, MONDAY + DAY).open_tasks == ()


def test_the_time_that_the_person_named_is_kept_and_the_machine_is_silent_until_then() -> None:
    until = MONDAY + 9 * DAY
    case = done(owing_a_call(), TaskKind.QUESTION, Outcome.CALL_BACK, until=until)
    case = see_to_first_answer(case, MONDAY + DAY)
    (again,) = case.open_tasks
    assert (again.kind, again.contact, again.opens_at, again.expires_at) == (TaskKind.QUESTION, PHONE, until, None)
    assert case.response is not None
    assert case.response.answered_at == MONDAY + DAY
    hold, touch = case.enrollment.hold, case.enrollment.next
    assert hold is not None
    assert touch is not None
    assert touch.act_at >= hold.until > until
    at = until + timedelta(minutes=5)
    over = done(case, TaskKind.QUESTION, Outcome.VOICEMAIL, at)
    assert (over.enrollment.hold, over.open_tasks) == (None, ())
    assert over.enrollment.next is not None, "the plan goes on"


def test_a_wrong_number_is_struck_off_whatever_else_the_plan_waits_for() -> None:
    lead = a_lead(email=None)
    lead = replace(lead, contacts=(*lead.contacts, ContactPoint(ContactKind.PHONE, "+12125550199")))
    plan = a_cadence({"call": "hello"}, {"wait": "1 week", "call": "b"}, first_response={"within": "30 minutes"})
    case = see_to_first_answer(completed(carried_out(begun(plan, lead)), Outcome.NO_ANSWER), MONDAY)
    case = see_to_first_answer(done(case, TaskKind.QUESTION, Outcome.WRONG_NUMBER), MONDAY + DAY)
    assert [point.lost for point in case.lead.contacts] == ["wrong number", None]
    assert the(case, TaskKind.QUESTION).contact == "+12125550199"


# What is refused.


def test_a_task_ends_once() -> None:
    case = calling()
    task = waited_for(case)
    over = completed(case)
    assert [done.state for done in over.tasks] == [TaskState.DONE]
    with pytest.raises(CommandRefused, match="not open"):
        complete_task(over, task_id=task.id, outcome=Outcome.CONNECTED, by="anna", note=None, now=MONDAY)


@pytest.mark.parametrize("kind", [*TaskKind])
def test_each_kind_of_task_has_its_own_outcomes(kind: TaskKind) -> None:
    case = calling()
    case = case.with_task(replace(waited_for(case), kind=kind))
    for outcome in set(Outcome) - outcomes_of(kind, PHONE):
        with pytest.raises(CommandRefused, match="task ends with one of"):
            done(case, kind, outcome)


def test_only_a_date_to_come_goes_with_not_now_and_call_back() -> None:
    for more in ({}, {"until": MONDAY}, {"until": MONDAY + 9999 * DAY}):
        with pytest.raises(CommandRefused) as refused:
            done(calling(), TaskKind.CALL, Outcome.CALL_BACK, **more)
        assert refused.value.field == "until"
    with pytest.raises(CommandRefused, match="takes no date"):
        done(calling(), TaskKind.CALL, Outcome.CONNECTED, until=MONDAY + 9 * DAY)
