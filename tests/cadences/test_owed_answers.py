"""A first answer that is owed: that somebody is always asked to give it, until when, and that the plan goes on."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cadences.case import Case
from cadences.commands import hold, log_personal_touch, not_now, record_answer, skip_step, switch_cadence
from cadences.enrollment import StepRef
from cadences.hearing import asked_again, contact_point_lost
from cadences.owed_answers import see_to_first_answer
from cadences.planning import wake
from cadences.progress import account_in_trouble, begin, human_contact, message_refused, see_to_overdue
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, Task, TaskKind, TaskState
from leads.contract import WakeKind
from leads.model import Channel, ContactKind, ContactPoint, Lead, LeadKind
from tests.cadences.cases import (
    MONDAY,
    PHONE,
    a_cadence,
    a_case,
    a_lead,
    carried_out,
    completed,
    local,
    next_local,
    open_kinds,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
STEPS = ({"email": "a", "instead": "skip"}, {"call": "first-call"}, {"after": "3 business days", "email": "b"})
IN_VAIN = [Outcome.VOICEMAIL, Outcome.NO_ANSWER]


def called(
    outcome: Outcome = Outcome.VOICEMAIL,
    lead: Lead | None = None,
    *steps: dict[str, Any],
    after: timedelta = 5 * MINUTE,
) -> Case:
    """Somebody who asked on Monday at 10:00 and is to be answered by 10:30, after the first call."""
    case = asked(lead, *steps)
    while not case.open_tasks:
        case = saved(carried_out(case), MONDAY)
    return saved(completed(case, outcome, MONDAY + after), MONDAY + after)


def asked(lead: Lead | None = None, *steps: dict[str, Any]) -> Case:
    """Somebody who asked on Monday at 10:00, before the first email."""
    return saved(begin(a_case(a_cadence(*(steps or STEPS)), lead), MONDAY), MONDAY)


def saved(case: Case, at: datetime) -> Case:
    """The case as the store writes it."""
    return see_to_first_answer(case, at)


def seen_to(case: Case) -> Case:
    """The case after what is overdue next was seen to."""
    due = wake(case)
    assert due is not None
    assert due.kind is WakeKind.SEE_TO_OVERDUE
    return saved(see_to_overdue(case, due.at), due.at)


def owed(case: Case) -> Task:
    (task,) = case.open_tasks
    return task


@pytest.mark.parametrize("outcome", IN_VAIN)
def test_who_was_called_in_vain_is_written_to_within_the_same_time(outcome: Outcome) -> None:
    case = called(outcome)
    task = owed(case)
    assert (task.kind, task.owner, task.title) == (TaskKind.QUESTION, "anna", "email: not reached by phone")
    assert (task.opens_at, task.due_at, task.escalate_at) == (MONDAY + 5 * MINUTE, *[MONDAY + 30 * MINUTE] * 2)
    assert task.text == "Do you deliver on Saturdays?"
    assert case.response is not None
    assert (case.response.is_open, case.response.attempts) == (True, 1)


def test_the_plan_goes_on_as_it_would_and_nothing_is_held_back_for_the_task() -> None:
    case = called()
    assert (next_local(case), case.enrollment.outcomes) == (
        "Thu 2026-03-05 10:00",
        {"a": "sent", "first-call": "voicemail"},
    )
    told = []
    for _ in range(5):
        due = wake(case)
        assert due is not None
        told.append((local(due.at), due.summary))
        case = seen_to(case)
        assert case.enrollment.hold is None
    assert told == [
        ("Mon 2026-03-02 10:15", "warn of first response"),
        ("Mon 2026-03-02 10:20", "escalate first response"),
        ("Mon 2026-03-02 10:30", "escalate question, if not done"),
        ("Tue 2026-03-03 10:30", "escalate question, if not done"),
        ("Wed 2026-03-04 10:30", "escalate question, if not done"),
    ]
    assert next_local(case) == "Thu 2026-03-05 10:00"


def test_it_stays_and_is_escalated_each_business_day_until_somebody_was_in_touch() -> None:
    case = called(
        Outcome.VOICEMAIL, None, *STEPS, {"wait": "2 weeks", "email": "c", "repeat": {"every": "1 month", "times": 9}}
    )
    first = owed(case)
    while (due := wake(case)) is not None and due.at < MONDAY + 30 * DAY:
        case = carried_out(case) if due.kind is not WakeKind.SEE_TO_OVERDUE else seen_to(case)
    task = owed(case)
    assert (task.id, task.due_at, task.escalated_to) == (first.id, first.due_at, "mia")
    assert task.escalations == 24, "one on the way, one when it was missed, and one each business day"
    at = MONDAY + 30 * DAY
    assert open_kinds(saved(human_contact(case, at, "anna", Channel.CALL), at)) == []


def test_an_answer_in_writing_stops_the_clock_and_does_the_task() -> None:
    case, at = called(), MONDAY + 12 * MINUTE
    for after in (
        complete_task(case, task_id=owed(case).id, outcome=Outcome.ANSWERED, by="anna", note=None, now=at),
        log_personal_touch(case, channel=Channel.EMAIL, touched_at=at, by="anna", note=None, now=at),
    ):
        assert after.open_tasks == ()
        assert after.response is not None
        assert (after.response.answered_at, after.response.how) == (at, "email")


def test_without_an_email_it_is_one_more_call_somewhat_later_and_at_an_hour_that_is_permitted() -> None:
    task = owed(called(lead=a_lead(email=None), after=6 * MINUTE))
    assert task.title == "call again: not reached before"
    assert (task.opens_at, task.due_at, task.contact) == (MONDAY + 18 * MINUTE, MONDAY + 30 * MINUTE, PHONE)
    late = owed(called(lead=a_lead(email=None), after=7 * 60 * MINUTE))
    assert (local(late.opens_at), local(late.due_at)) == ("Tue 2026-03-03 09:00", "Tue 2026-03-03 09:30")
    case = called(lead=a_lead(email=None))
    at = MONDAY + 20 * MINUTE
    case = complete_task(case, task_id=owed(case).id, outcome=Outcome.CONNECTED, by="anna", note=None, now=at)
    assert case.response is not None
    assert (case.response.answered_at, case.response.how) == (at, "call")


def test_a_wrong_or_a_lost_number_leaves_the_email() -> None:
    assert owed(called(Outcome.WRONG_NUMBER)).title == "email: not reached by phone"
    case = begin(a_case(a_cadence(*STEPS)), MONDAY)
    case = carried_out(carried_out(case))
    at = MONDAY + MINUTE
    case = saved(contact_point_lost(case, contact=PHONE, why="another person has it", now=at), at)
    assert [task.title for task in case.open_tasks] == ["email: not answered yet"]
    lead = a_lead(email=None)
    case = called(lead=replace(lead, contacts=(*lead.contacts, ContactPoint(ContactKind.PHONE, "+12125550199"))))
    assert owed(case).contact == PHONE
    case = saved(contact_point_lost(case, contact=PHONE, why="another person has it", now=at), at)
    assert (owed(case).title, owed(case).contact) == ("call again: not reached before", "+12125550199")


def test_nobody_is_asked_to_answer_whom_nobody_owes_an_answer() -> None:
    assert open_kinds(called(Outcome.CONNECTED)) == []
    assert open_kinds(called(lead=a_lead(kind=LeadKind.OUTBOUND))) == []
    later = a_cadence({"email": "x"}, cadence="not-now")
    case = begin(a_case(a_cadence(*STEPS)), MONDAY)
    case = not_now(case, until=MONDAY + DAY, cadence=later, version="v", by="x", note=None, now=MONDAY)
    assert open_kinds(saved(case, MONDAY)) == []


def test_another_way_to_answer_is_enough() -> None:
    calls = ({"call": "first-call"}, {"after": "10 minutes", "call": "second-call"}, {"after": "1 month", "email": "b"})
    assert open_kinds(called(Outcome.VOICEMAIL, None, *calls)) == [], "the plan's own second call comes in time"
    case = begin(a_case(a_cadence(*STEPS)), MONDAY)
    case = asked_again(carried_out(carried_out(case)), question="And on Sundays?", now=MONDAY + MINUTE)
    case = saved(completed(case, Outcome.VOICEMAIL, MONDAY + 5 * MINUTE), MONDAY + 5 * MINUTE)
    assert [task.title for task in case.open_tasks] == ["answer the new question"]


def test_what_is_asked_anew_meanwhile_does_not_run_out() -> None:
    case = asked_again(called(), question="And on Sundays?", now=MONDAY + 20 * MINUTE)
    task = owed(case)
    assert (task.title, task.expires_at) == ("answer the new question", None)
    assert task.text.endswith("And on Sundays?")
    overdue = see_to_overdue(case, MONDAY + 30 * MINUTE)
    assert overdue.enrollment.hold is not None


def test_that_no_answer_is_needed_ends_the_wait_for_it() -> None:
    """Else the clock would run for somebody of whom no task is left, and whom nobody is to answer."""
    case, at = called(), MONDAY + 12 * MINUTE
    case = complete_task(case, task_id=owed(case).id, outcome=Outcome.NOTHING_NEEDED, by="anna", note=None, now=at)
    assert case.open_tasks == ()
    assert case.response is not None
    assert (case.response.is_open, case.response.moot_at) == (True, at)
    assert next_local(case) == "Thu 2026-03-05 10:00"


def test_a_no_leaves_nothing_of_it() -> None:
    case = record_answer(called(), answer="no", by="anna", note=None, now=MONDAY + 6 * MINUTE)
    case = saved(case, MONDAY + 6 * MINUTE)
    assert (case.open_tasks, wake(case)) == ((), None)


# Without a call in vain: whatever leaves the plan without somebody who answers.


def test_nothing_more_is_asked_for_while_the_plan_is_about_to_send_its_email_and_ask_for_the_call() -> None:
    case = asked()
    assert case.open_tasks == ()
    refused = saved(message_refused(case, StepRef("a"), MONDAY), MONDAY)
    assert refused.open_tasks == (), "it is tried again in a minute"
    sent = saved(carried_out(case), MONDAY)
    assert sent.open_tasks == ()
    assert open_kinds(saved(carried_out(sent), MONDAY)) == ["call"]


def test_while_the_first_email_is_held_up_the_owner_calls() -> None:
    case = saved(account_in_trouble(asked(), StepRef("a"), MONDAY, "the account is locked"), MONDAY)
    task = owed(case)
    assert (task.kind, task.owner, task.title) == (TaskKind.QUESTION, "anna", "call: not answered yet")
    assert (task.opens_at, task.due_at, task.contact) == (MONDAY, MONDAY + 30 * MINUTE, PHONE)
    assert next_local(case) == "Mon 2026-03-02 11:00"


def test_who_can_only_be_written_to_is_asked_for_by_email_though_ours_are_not_accepted() -> None:
    lead = a_lead(phone=None)
    case = saved(account_in_trouble(asked(lead), StepRef("a"), MONDAY, "the account is locked"), MONDAY)
    assert owed(case).title == "email: not answered yet"


def test_once_the_email_is_out_the_plans_own_call_takes_the_place_of_it() -> None:
    case = saved(account_in_trouble(asked(), StepRef("a"), MONDAY, "the account is locked"), MONDAY)
    at = MONDAY + 60 * MINUTE
    while open_kinds(case) != ["call"]:
        due = wake(case)
        assert due is not None
        assert due.at <= at
        case = saved(carried_out(case), due.at)
    assert [task.note for task in case.tasks if task.state is TaskState.CANCELLED] == ["the plan itself asks a person"]


def test_a_refusal_that_lasts_asks_the_owner() -> None:
    case, at = asked(), MONDAY
    for pause in (MINUTE, 5 * MINUTE):
        case = saved(message_refused(case, StepRef("a"), at), at)
        assert case.open_tasks == ()
        at += pause
    case = saved(message_refused(case, StepRef("a"), at), at)
    assert owed(case).title == "email: not answered yet"


def test_a_message_that_waits_is_nobody_who_answers_though_it_goes_out_before_the_answer_is_due() -> None:
    case = begin(a_case(a_cadence(*STEPS, first_response={"within": "4 hours"})), MONDAY)
    for at in (MONDAY, MONDAY + MINUTE, MONDAY + 6 * MINUTE):
        case = saved(message_refused(case, StepRef("a"), at), at)
    assert (next_local(case), local(owed(case).due_at)) == ("Mon 2026-03-02 10:36", "Mon 2026-03-02 14:00")


def test_who_skips_the_call_is_asked_to_write() -> None:
    case = saved(carried_out(saved(carried_out(asked()), MONDAY)), MONDAY)
    case = saved(skip_step(case, step_id="first-call", by="anna", now=MONDAY + MINUTE), MONDAY + MINUTE)
    task = owed(case)
    assert (task.title, task.due_at) == ("email: not answered yet", MONDAY + 30 * MINUTE)
    early = saved(skip_step(saved(carried_out(asked()), MONDAY), step_id=None, by="anna", now=MONDAY), MONDAY)
    assert owed(early).title == "email: not answered yet", "before the call was a task, too"


def test_who_switches_the_cadence_still_owes_the_answer() -> None:
    case = saved(carried_out(saved(carried_out(asked()), MONDAY)), MONDAY)
    later = a_cadence({"wait": "2 days", "email": "x"}, {"wait": "2 days", "call": "y"}, cadence="other")
    case = saved(switch_cadence(case, cadence=later, version="v", by="mia", now=MONDAY + MINUTE), MONDAY + MINUTE)
    task = owed(case)
    assert (task.title, task.owner, task.due_at) == ("email: not answered yet", "anna", MONDAY + 30 * MINUTE)
    assert task.enrollment_id == case.enrollment.id


def test_a_call_that_nobody_made_leaves_the_answer_to_be_written() -> None:
    case = saved(carried_out(saved(carried_out(asked()), MONDAY)), MONDAY)
    while open_kinds(case) == ["call"]:
        case = seen_to(case)
    task = owed(case)
    assert (task.title, local(task.created_at)) == ("email: not answered yet", "Wed 2026-03-04 10:30")
    assert (local(task.opens_at), local(task.due_at)) == ("Wed 2026-03-04 10:30", "Wed 2026-03-04 11:00")
    assert case.enrollment.outcomes["first-call"] == "expired"


def test_a_hold_holds_the_machine_and_not_the_person() -> None:
    held = hold(saved(carried_out(asked()), MONDAY), until=MONDAY + 7 * DAY, reason="fair", by="mia", now=MONDAY)
    assert owed(saved(held, MONDAY)).title == "email: not answered yet"


def test_a_plan_without_a_call_asks_somebody_to_write_once_its_email_is_out() -> None:
    case = asked(None, {"email": "a"}, {"after": "3 business days", "email": "b"})
    assert case.open_tasks == ()
    assert owed(saved(carried_out(case), MONDAY)).title == "email: not answered yet"


def test_who_can_neither_be_written_to_nor_called_is_somebodys_to_reach() -> None:
    lead = a_lead(email=None, phone="+12125550100")
    lead = replace(lead, contacts=tuple(replace(one, suppressed_on=frozenset({Channel.CALL})) for one in lead.contacts))
    case = asked(lead, {"email": "a", "instead": "skip"}, {"after": "12 months", "call": "b"})
    assert owed(case).title == "answer in another way: neither an email nor a call is permitted"


def test_whoever_is_never_there_is_called_more_and_more_rarely_and_never_forgotten() -> None:
    case = called(
        Outcome.VOICEMAIL, a_lead(email=None), {"call": "first-call"}, {"after": "12 months", "call": "second"}
    )
    tries: list[str] = []
    while len(tries) < 10:
        (task,) = case.open_tasks
        at = task.opens_at
        tries.append(local(at))
        case = complete_task(case, task_id=task.id, outcome=Outcome.NO_ANSWER, by="anna", note=None, now=at)
        case = saved(case, at)
    assert tries == [
        "Mon 2026-03-02 10:17",
        "Mon 2026-03-02 10:27",
        "Mon 2026-03-02 10:37",
        "Mon 2026-03-02 14:37",
        "Tue 2026-03-03 09:00",
        "Wed 2026-03-04 09:00",
        "Thu 2026-03-05 09:00",
        "Mon 2026-03-09 09:00",
        "Fri 2026-03-13 09:00",
        "Thu 2026-03-19 09:00",
    ]
