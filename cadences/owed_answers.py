"""The first answer that is still owed to somebody who was called in vain: while it is, a person has a task for it."""

from datetime import datetime, timedelta

from cadences.absences import FRESH
from cadences.answering import question_text
from cadences.case import Case
from cadences.contact_rules import Block, Defer, first_instant
from cadences.enrollment import ResponseClock
from cadences.permissions import blocked
from cadences.planning import due_after, expires_after
from cadences.progress import ANSWERABLE
from cadences.tasks import Task, TaskKind
from leads.ids import derived_id
from leads.model import Channel

WRITE_TITLE = "email: not reached by phone"
TRY_AGAIN_TITLE = "call again: not reached before"
_MUCH_LATER = timedelta(hours=1)
"""Nobody is rung up twice in a row: half of the time that is left lies between two calls, or this."""
_ANSWERS = (TaskKind.CALL, TaskKind.STEP, *ANSWERABLE)
"""Kinds of tasks by which a person may answer for the first time."""


def still_owed(case: Case, now: datetime) -> Case:
    """The case with a task for its owner to answer in writing or, where no email can go, to call once more.

    It stands beside the plan, which goes on without it: it is escalated when the answer is overdue, given up as a call
    is, and keeps no message back. The case stays as it is where nobody waits (any more), where another open task is a
    way to answer, or where the plan asks for a call itself before the answer is due.
    """
    clock = case.response
    if clock is None or not _is_waited_for(case, clock, now) or any(task.kind in _ANSWERS for task in case.open_tasks):
        return case
    touch = case.enrollment.next
    if touch is not None and touch.channel in (Channel.CALL, Channel.TASK) and touch.opens_at <= max(clock.due_at, now):
        return case
    may_write = blocked(Channel.EMAIL, case, now, answers_at_once=True) is None
    opens_at = now if may_write else _second_try(case, clock, now)
    if opens_at is None:
        return case
    due_at = clock.due_at
    if due_at <= opens_at:
        due_at = due_after(case, opens_at, case.lead.owner.first_response or case.cadence.target.within)
    return case.with_task(
        Task(
            id=derived_id(case.enrollment.id, "first answer", now.isoformat()),
            kind=TaskKind.QUESTION,
            owner=case.lead.owner.id,
            title=WRITE_TITLE if may_write else TRY_AGAIN_TITLE,
            text=question_text(case.lead),
            created_at=now,
            opens_at=opens_at,
            due_at=due_at,
            enrollment_id=case.enrollment.id,
            escalate_to=case.cadence.target.escalate_to,
            escalate_at=due_at,
            expires_at=expires_after(case, due_at, None),
        )
    )


def _is_waited_for(case: Case, clock: ResponseClock, now: datetime) -> bool:
    """Whether the person waits for its first answer, and not in vain for so long that only the plan goes on."""
    runs = clock.is_open and clock.moot_at is None and now - clock.due_at < FRESH
    return runs and case.enrollment.ended is None


def _second_try(case: Case, clock: ResponseClock, now: datetime) -> datetime | None:
    """When to call once more: within what is left, at an hour that the rules permit; None: never."""
    left = clock.due_at - now
    wanted = now + (min(left / 2, _MUCH_LATER) if left > timedelta(0) else _MUCH_LATER)
    match first_instant(Channel.CALL, case, wanted):
        case Block():
            return None
        case Defer(until, _):
            return until
    return wanted
