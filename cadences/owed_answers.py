"""The first answer that a person is owed: as long as somebody waits for it, one of our people has a task for it.

It is asked with every decision that is saved, so that no way on leaves the clock running for a lead that stands on
nobody's list: a call in vain, a step that is skipped, another cadence, a first email that is held up.
"""

from datetime import datetime, timedelta

from cadences.answering import question_text
from cadences.case import Case
from cadences.contact_rules import Block, Defer, first_instant
from cadences.enrollment import HoldReason, ResponseClock
from cadences.first_response import waits_for_answer
from cadences.permissions import blocked
from cadences.planning import due_after, expires_after
from cadences.progress import ANSWERABLE, close_task, is_first_answer
from cadences.tasks import Task, TaskKind, TaskState
from leads.ids import derived_id
from leads.model import Channel

MAY_ANSWER = (TaskKind.CALL, TaskKind.STEP, *ANSWERABLE)
"""Kinds of tasks by which a person may answer for the first time."""
_WRITE = {False: "email: not answered yet", True: "email: not reached by phone"}
_CALL = {False: "call: not answered yet", True: "call again: not reached before"}
"""What the task is called, by whether somebody has tried before."""
_OTHERWISE = "answer in another way: neither an email nor a call is permitted"
_AT_ONCE = timedelta(minutes=5)
"""What the machine does within this is not waited for: once it is done, this is asked again."""
_LATER, _MUCH_LATER = timedelta(minutes=10), timedelta(hours=4)
"""Nobody is rung up twice in a row: half of the time that is left lies between two calls, at least and at most so much.
Once the answer is late it is the longer one, or half of the time by which it is late: who is never there is called
more and more rarely."""


def see_to_first_answer(case: Case, now: datetime) -> Case:
    """The case with a task for its owner to answer, by email or, where none can go, by a call; if nobody else has one.

    It stands beside the plan, which goes on without it: it is escalated when the answer is overdue and each business
    day from then on, stays until somebody was in touch, and keeps no message back. A task that is not needed any
    more is closed.
    """
    case = _without_needless(case, now)
    task = _wanted(case, now)
    return case if task is None else case.with_task(task)


def is_asked_of_nobody(case: Case, now: datetime) -> bool:
    """Whether somebody waits for a first answer, and neither a task nor the plan asks a person for it in time."""
    return _wanted(case, now) is not None


def _wanted(case: Case, now: datetime) -> Task | None:
    """The task to answer, where one is wanting."""
    clock = case.response
    if clock is None or not waits_for_answer(case) or any(task.kind in MAY_ANSWER for task in case.open_tasks):
        return None
    channel, opens_at = _way(case, clock, now)
    if _plan_asks(case, max(clock.due_at, opens_at), now):
        return None
    tried = clock.attempts > 0
    number = case.lead.contact_for(Channel.CALL) if channel is Channel.CALL else None
    title = {Channel.EMAIL: _WRITE[tried], Channel.CALL: _CALL[tried]}.get(channel, _OTHERWISE)
    due_at = clock.due_at
    if due_at <= opens_at:
        due_at = due_after(case, opens_at, case.lead.owner.first_response or case.cadence.target.within)
    return Task(
        id=derived_id(case.enrollment.id, "first answer", now.isoformat()),
        kind=TaskKind.QUESTION,
        owner=case.lead.owner.id,
        title=title,
        text=question_text(case.lead),
        created_at=now,
        opens_at=opens_at,
        due_at=due_at,
        enrollment_id=case.enrollment.id,
        contact=number.value if number is not None else None,
        escalate_to=case.cadence.target.escalate_to,
        escalate_at=due_at,
        expires_at=expires_after(case, due_at, None),
    )


def _plan_asks(case: Case, by: datetime, now: datetime) -> bool:
    """Whether the plan does something at once, after which this is asked again, or asks a person itself in time."""
    touch = case.enrollment.next
    if touch is None:
        return False
    of_person = touch.channel in (Channel.CALL, Channel.TASK)
    return touch.act_at <= now + _AT_ONCE or (of_person and touch.opens_at <= by)


def _way(case: Case, clock: ResponseClock, now: datetime) -> tuple[Channel, datetime]:
    """How a person may answer, and from when on: in writing at any hour, else by a call, else as one finds."""
    may_write = blocked(Channel.EMAIL, case, now, answers_at_once=True) is None
    if may_write and not _is_email_down(case, now):
        return Channel.EMAIL, now
    call_at = _call_at(case, clock, now)
    if call_at is not None:
        return Channel.CALL, call_at
    return (Channel.EMAIL if may_write else Channel.TASK), now


def _is_email_down(case: Case, now: datetime) -> bool:
    """Whether emails are not accepted now for reasons that are ours, so that a person's would wait like the plan's."""
    hold, touch = case.enrollment.hold, case.enrollment.next
    in_trouble = hold is not None and hold.reason is HoldReason.PROVIDER and hold.until > now
    return in_trouble and touch is not None and touch.channel is Channel.EMAIL


def _call_at(case: Case, clock: ResponseClock, now: datetime) -> datetime | None:
    """When to call, or to call once more, at an hour that the rules permit; None: never."""
    left = clock.due_at - now
    wanted = now
    if clock.attempts:
        wanted += min(max(left / 2, _LATER), _MUCH_LATER) if left > timedelta(0) else max(-left / 2, _MUCH_LATER)
    match first_instant(Channel.CALL, case, wanted):
        case Block():
            return None
        case Defer(until, _):
            return until
    return wanted


def _without_needless(case: Case, now: datetime) -> Case:
    """The case without a task to answer whom somebody else is asked to answer, who was answered, or whose number is
    not the lead's any more.
    """
    number = case.lead.contact_for(Channel.CALL)
    waits, of_plan = waits_for_answer(case), any(task.of_plan for task in case.open_tasks)
    for task in case.open_tasks:
        if not is_first_answer(task):
            continue
        if not waits:
            why = "nobody waits for a first answer any more"
        elif of_plan:
            why = "the plan itself asks a person"
        elif task.contact is not None and (number is None or number.value != task.contact):
            why = "the number can't be used"
        else:
            continue
        case = close_task(case, task, TaskState.CANCELLED, now, "followthrough", note=why)
    return case
