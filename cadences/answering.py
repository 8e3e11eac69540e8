"""What the library says to a lead's question, and what a person of ours still owes it."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cadences.case import Case
from cadences.enrollment import HoldReason
from cadences.first_response import in_business_hours
from cadences.prose import plain_prose
from cadences.tasks import Task, TaskKind
from leads.ids import derived_id
from leads.inquiries import Inquiry
from leads.model import Lead

ANSWER_TITLE = "answer the question"
_ROUNDED_TO = timedelta(minutes=15)
"""A promise names a time that people would name; it is never earlier than the task is due."""
_NOON = 12
_A_WEEK = 7


def owe_answer(case: Case, now: datetime) -> Case:
    """Who knows most about it answers what the library does not; the first email goes out and says by when.

    The case stays as it is where nobody asked, or everything that was asked is answered.
    """
    inquiry = case.lead.inquiry
    if inquiry is None or not inquiry.unanswered or not case.enrollment.answers_question:
        return case
    target = case.cadence.target
    # Not at the first response's limit on the clock on the wall: nobody is promised an answer in the night.
    within = case.lead.owner.first_response or target.within
    due_at = in_business_hours(case.company, within, case.enrollment.started_at)
    task = Task(
        id=derived_id(case.enrollment.id, TaskKind.QUESTION, now.isoformat()),
        kind=TaskKind.QUESTION,
        owner=answerer(case.lead),
        title=ANSWER_TITLE,
        text=_rest_text(case.lead.question or "", inquiry),
        created_at=now,
        opens_at=now,
        due_at=due_at,
        enrollment_id=case.enrollment.id,
        escalate_to=target.escalate_to,
        escalate_at=due_at,
    )
    return case.with_task(task)


def answerer(lead: Lead) -> str:
    """The id of the colleague who answers: who knows most about what the library does not, else the owner."""
    inquiry = lead.inquiry
    return (inquiry.expert if inquiry is not None and inquiry.unanswered else None) or lead.owner.id


def with_inquiry(case: Case, inquiry: Inquiry | None) -> Case:
    """The case with what the library said to the newest question."""
    return replace(case, lead=replace(case.lead, inquiry=inquiry))


def question_text(lead: Lead) -> str:
    """What a colleague reads who answers all of it: the message, and what the library suggests."""
    found = lead.inquiry.answers if lead.inquiry is not None else ()
    suggested = (f"Suggested answer: {answer.title}\n{plain_prose(answer.whole)}" for answer in found)
    return "\n\n".join([lead.question or "", *suggested]).strip()


def _rest_text(question: str, inquiry: Inquiry) -> str:
    """What a colleague reads who answers what the first email does not."""
    if not inquiry.answers:
        return question
    left = "\n".join(f"- {one}" for one in inquiry.unanswered)
    titles = ", ".join(answer.title for answer in inquiry.answers)
    return f"Left to answer:\n{left}\n\nThe first email answers the rest: {titles}.\n\nThe whole message:\n{question}"


def sends_first_answer(case: Case) -> bool:
    """Whether the email that answers the question is still to go out, and nothing said since holds it back."""
    enrollment = case.enrollment
    held_for_reply = enrollment.hold is not None and enrollment.hold.reason is HoldReason.REPLY
    return enrollment.answers_question and enrollment.done is None and not held_for_reply


def answer_by(case: Case, at: datetime) -> str | None:
    """By when a person answers, on the lead's clock and in words, as seen at an instant.

    Returns:
        None when nobody owes an answer; empty when it is late, so that no time can be named.
    """
    # What stands beside the plan and would run out is no promise.
    due = [task.due_at for task in case.open_tasks if task.kind is TaskKind.QUESTION and task.expires_at is None]
    if not due:
        return None
    return promise(max(due), at, case.zone) if max(due) > at else ""


def promise(due_at: datetime, at: datetime, zone: ZoneInfo) -> str:
    """An instant in words that fit behind "answers you": "today before 5 pm", "by Tuesday 10:30 am"."""
    rounded = due_at + (-timedelta(minutes=due_at.minute, seconds=due_at.second) % _ROUNDED_TO)
    due, today = rounded.replace(microsecond=0).astimezone(zone), at.astimezone(zone).date()
    hour = f"{due.hour % _NOON or _NOON}{f':{due:%M}' if due.minute else ''} {'am' if due.hour < _NOON else 'pm'}"
    match (due.date() - today).days:
        case 0:
            return f"today before {hour}"
        case 1:
            return f"tomorrow before {hour}"
        case days if days < _A_WEEK:
            return f"by {due:%A} {hour}"
    return f"by {due:%A, %B} {due.day}"
