"""A first answer that is still owed after a call in vain: whose task it is, until when, and that the plan goes on."""

from datetime import timedelta
from typing import Any

import pytest

from cadences.case import Case
from cadences.commands import log_personal_touch, not_now, record_answer
from cadences.hearing import asked_again, contact_point_lost
from cadences.planning import wake
from cadences.progress import begin, see_to_overdue
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, Task, TaskKind, TaskState
from leads.model import Channel, Lead, LeadKind
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
    case = begin(a_case(a_cadence(*(steps or STEPS)), lead), MONDAY)
    while not case.open_tasks:
        case = carried_out(case)
    return completed(case, outcome, MONDAY + after)


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
    while case.open_tasks:
        due = wake(case)
        assert due is not None
        told.append((local(due.at), due.summary))
        case = see_to_overdue(case, due.at)
        assert case.enrollment.hold is None
    assert told == [
        ("Mon 2026-03-02 10:15", "warn of first response"),
        ("Mon 2026-03-02 10:20", "escalate first response"),
        ("Mon 2026-03-02 10:30", "escalate question, if not done"),
        ("Tue 2026-03-03 10:30", "escalate question, if not done"),
        ("Wed 2026-03-04 10:30", "escalate question, if not done"),
    ]
    assert case.tasks[-1].state is TaskState.EXPIRED
    assert next_local(case) == "Thu 2026-03-05 10:00"


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
    assert (task.opens_at, task.due_at) == (MONDAY + 18 * MINUTE, MONDAY + 30 * MINUTE)
    late = owed(called(lead=a_lead(email=None), after=7 * 60 * MINUTE))
    assert (local(late.opens_at), local(late.due_at)) == ("Tue 2026-03-03 09:00", "Tue 2026-03-03 09:30")
    case = called(lead=a_lead(email=None))
    at = MONDAY + 20 * MINUTE
    case = complete_task(case, task_id=owed(case).id, outcome=Outcome.ANSWERED, by="anna", note=None, now=at)
    assert case.response is not None
    assert (case.response.answered_at, case.response.how) == (at, "call")


def test_a_wrong_or_a_lost_number_leaves_the_email() -> None:
    assert owed(called(Outcome.WRONG_NUMBER)).title == "email: not reached by phone"
    case = begin(a_case(a_cadence(*STEPS)), MONDAY)
    case = carried_out(carried_out(case))
    case = contact_point_lost(case, contact=PHONE, why="another person has it", now=MONDAY + MINUTE)
    assert [task.title for task in case.open_tasks] == ["email: not reached by phone"]


def test_nobody_is_asked_to_answer_whom_nobody_owes_an_answer() -> None:
    assert open_kinds(called(Outcome.CONNECTED)) == []
    assert open_kinds(called(lead=a_lead(kind=LeadKind.OUTBOUND))) == []
    assert open_kinds(called(after=4 * DAY)) == [], "missed for days: only the plan goes on"
    later = a_cadence({"email": "x"}, cadence="not-now")
    case = begin(a_case(a_cadence(*STEPS)), MONDAY)
    case = not_now(case, until=MONDAY + DAY, cadence=later, version="v", by="x", note=None, now=MONDAY)
    assert open_kinds(case) == []


def test_another_way_to_answer_is_enough() -> None:
    calls = ({"call": "first-call"}, {"after": "10 minutes", "call": "second-call"}, {"after": "1 month", "email": "b"})
    assert open_kinds(called(Outcome.VOICEMAIL, None, *calls)) == [], "the plan's own second call comes in time"
    case = begin(a_case(a_cadence(*STEPS)), MONDAY)
    case = asked_again(carried_out(carried_out(case)), question="And on Sundays?", now=MONDAY + MINUTE)
    case = completed(case, Outcome.VOICEMAIL, MONDAY + 5 * MINUTE)
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
    assert (case.open_tasks, wake(case)) == ((), None)
