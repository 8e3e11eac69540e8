"""What the library says to a question goes out at once; what it does not say, a person owes, and by when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cadences.answering import answer_by, promise
from cadences.case import Case
from cadences.commands import log_personal_touch, record_answer
from cadences.enrollment import HoldReason
from cadences.facts import QuestionAnswered
from cadences.hearing import came_again
from cadences.planning import wake
from cadences.progress import begin, see_to_overdue
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskKind
from leads.contract import WakeKind
from leads.inquiries import AnswerFound, Inquiry, Link
from leads.model import Channel
from leads.work_hours import WorkHours
from tests.cadences.cases import (
    COMPANY,
    MONDAY,
    a_cadence,
    a_case,
    a_lead,
    begun,
    carried_out,
    local,
    new_york,
    open_kinds,
)

PLAN = a_cadence(
    {"email": "a"},
    {"call": "b"},
    {"after": "3 days", "email": "c"},
    first_response={"within": "30 minutes", "escalate_to": "boss"},
    on_reply={"task": "answer the reply", "within": "1 hour", "hold": "5 business days", "escalate_to": "manager"},
)
DELIVERY = AnswerFound(
    id="delivery-area",
    title="Where we deliver",
    text="Yes, everywhere.",
    links=(Link("Areas", "https://www.example.com/areas"),),
    question="Do you deliver to Boston?",
    score=100.0,
)
ALL = Inquiry(answers=(DELIVERY,), topic="delivery", expert="ben")
SOME = replace(ALL, unanswered=("can it be red?",))
NONE = Inquiry(unanswered=("Can it be red?",), expert="ben")
NEW_YORK = ZoneInfo("America/New_York")


def asked(inquiry: Inquiry | None, question: str = "Do you deliver to Boston? And can it be red?") -> Case:
    return begun(PLAN, replace(a_lead(), question=question, inquiry=inquiry))


def test_what_is_answered_owes_nothing() -> None:
    case = asked(ALL)
    assert case.open_tasks == ()
    assert answer_by(case, MONDAY) is None


def test_what_is_not_answered_is_a_task_for_the_expert_while_the_email_goes_out_at_once() -> None:
    case = asked(NONE, "Can it be red?")
    (task,) = case.open_tasks
    assert (task.kind, task.owner, task.text) == (TaskKind.QUESTION, "ben", "Can it be red?")
    assert local(task.due_at) == "Mon 2026-03-02 10:30"  # asked at 10:00; the target is 30 minutes
    assert (task.escalate_to, task.escalate_at) == ("boss", task.due_at)
    assert case.enrollment.hold is None
    due = wake(case)
    assert due is not None
    assert (due.kind, due.at) == (WakeKind.SEND_EMAIL, MONDAY)
    assert answer_by(case, MONDAY) == "today before 10:30 am"


def test_the_task_quotes_what_the_email_leaves_open() -> None:
    (task,) = asked(SOME).open_tasks
    assert task.text == (
        "Left to answer:\n- can it be red?\n\n"
        "The first email answers the rest: Where we deliver.\n\n"
        "The whole message:\nDo you deliver to Boston? And can it be red?"
    )


def test_without_an_expert_the_owner_answers() -> None:
    (task,) = asked(replace(NONE, expert=None)).open_tasks
    assert task.owner == "anna"


def test_nobody_is_promised_an_answer_while_nobody_is_at_work() -> None:
    """Thanksgiving is closed, and the first response's own limit of 24 hours ends in the night after it."""
    thursday = new_york("2026-11-26 01:11")
    company = replace(COMPANY, hours=WorkHours(calendar="US"))
    case = begin(a_case(PLAN, replace(a_lead(), inquiry=NONE), start=thursday, company=company), thursday)
    assert local(case.first_response_due_at) == "Fri 2026-11-27 01:11"
    (task,) = case.open_tasks
    assert local(task.due_at) == "Fri 2026-11-27 09:30"
    assert answer_by(case, thursday) == "tomorrow before 9:30 am"


def test_an_overdue_answer_is_escalated_and_never_holds_the_first_email_back() -> None:
    late = see_to_overdue(asked(NONE), MONDAY + timedelta(minutes=30))  # the provider was down
    (task,) = late.open_tasks
    assert (task.escalated_to, late.enrollment.hold) == ("boss", None)
    due = wake(late)
    assert due is not None
    assert due.kind is WakeKind.SEND_EMAIL

    sent = carried_out(late, MONDAY + timedelta(minutes=31))
    again = see_to_overdue(sent, task.escalate_at or MONDAY)
    assert again.enrollment.hold is not None  # nobody is asked whether they got what they needed
    assert again.enrollment.hold.reason is HoldReason.REPLY


def test_a_late_answer_is_promised_without_a_time() -> None:
    assert answer_by(asked(NONE), MONDAY + timedelta(hours=1)) == ""


@pytest.mark.parametrize("how", ["task", "touch"])
def test_who_answers_is_noted_at_the_question(how: str) -> None:
    case, now = carried_out(asked(NONE)), MONDAY + timedelta(minutes=20)
    (task,) = case.open_tasks
    if how == "task":
        note = "Yes, in any colour."
        case = complete_task(case, task_id=task.id, outcome=Outcome.ANSWERED, by="ben", note=note, now=now)
    else:
        case = log_personal_touch(
            case, channel=Channel.CALL, touched_at=now, by="ben", note="Yes, in any colour.", now=now
        )
    assert QuestionAnswered(MONDAY, now, "ben", "Yes, in any colour.") in case.facts
    assert open_kinds(case) == []
    assert answer_by(case, now) is None
    assert case.first_human_at == now


def test_a_new_question_of_a_lead_that_is_followed_up_is_held_with_the_answer_suggested() -> None:
    case = carried_out(begun(PLAN))
    asked_now = MONDAY + timedelta(days=1)
    case = came_again(
        case, cadence=PLAN, version="0" * 64, question="Do you deliver to Boston?", inquiry=ALL, now=asked_now
    )
    (task,) = case.open_tasks
    assert (task.kind, task.owner) == (TaskKind.QUESTION, "anna")
    assert task.text == (
        "Do you deliver to Boston?\n\nSuggested answer: Where we deliver\n"
        "Yes, everywhere.\n\n- Areas <https://www.example.com/areas>"
    )
    assert case.enrollment.hold is not None


def test_a_new_question_without_an_answer_goes_to_the_expert() -> None:
    case = came_again(
        carried_out(begun(PLAN)), cadence=PLAN, version="0" * 64, question="Can it be red?", inquiry=NONE, now=MONDAY
    )
    (task,) = case.open_tasks
    assert task.owner == "ben"


def test_after_a_no_the_answer_is_suggested_and_no_email_goes_out() -> None:
    said_no = record_answer(carried_out(begun(PLAN)), answer="no", by="anna", note=None, now=MONDAY)
    later = MONDAY + timedelta(days=40)
    case = came_again(
        said_no, cadence=PLAN, version="0" * 64, question="Do you deliver to Boston?", inquiry=ALL, now=later
    )
    (task,) = case.open_tasks
    assert "Suggested answer: Where we deliver" in task.text
    assert case.enrollment.question_only
    assert case.enrollment.next is None


def test_after_a_yes_the_new_enrollment_answers_by_itself() -> None:
    said_yes = record_answer(carried_out(begun(PLAN)), answer="yes", by="anna", note=None, now=MONDAY)
    (hand_over,) = said_yes.open_tasks
    won = complete_task(said_yes, task_id=hand_over.id, outcome=Outcome.WON, by="anna", note=None, now=MONDAY)
    case = came_again(won, cadence=PLAN, version="1" * 64, question="And Maine?", inquiry=SOME, now=MONDAY)
    assert open_kinds(case) == ["question"]
    due = wake(case)
    assert due is not None
    assert due.kind is WakeKind.SEND_EMAIL


@pytest.mark.parametrize(
    ("due", "at", "words"),
    [
        ("2026-03-02 17:00", "2026-03-02 09:00", "today before 5 pm"),
        ("2026-03-02 10:37", "2026-03-02 10:07", "today before 10:45 am"),
        ("2026-03-02 12:00", "2026-03-02 09:00", "today before 12 pm"),
        ("2026-03-03 09:30", "2026-03-02 18:00", "tomorrow before 9:30 am"),
        ("2026-03-02 10:30", "2026-02-28 11:00", "by Monday 10:30 am"),
        ("2026-03-09 10:00", "2026-03-02 10:00", "by Monday, March 9"),
    ],
)
def test_a_promise_names_the_time_as_people_do(due: str, at: str, words: str) -> None:
    assert promise(new_york(due), new_york(at), NEW_YORK) == words


def test_a_promise_is_on_the_leads_own_clock() -> None:
    due, at = datetime(2026, 3, 2, 15, 30, tzinfo=UTC), datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert promise(due, at, ZoneInfo("America/Los_Angeles")) == "today before 7:30 am"
    assert promise(due, at, ZoneInfo("Asia/Tokyo")) == "today before 12:30 am"
