"""The task that the plan waits for, made needless because somebody was, or will be, in touch with the lead anyway."""

from datetime import datetime

from cadences.case import Case
from cadences.progress import awaited_task, close_task, step_done
from cadences.refusals import CLOCK_SKEW
from cadences.tasks import Outcome, Task, TaskState


def without_needless_task(
    case: Case, touched_at: datetime, until: datetime, by: str, now: datetime, why: str = "a personal touch"
) -> Case:
    """The task that the plan waits for is done by the touch; one made after it, in ignorance of it, comes later.

    A call back that the person asked for stays: it was promised.

    Args:
        until: how long the machine pauses for it.
    """
    awaited = awaited_task(case)
    if awaited is None:
        return case
    task, planned = awaited
    promised = case.enrollment.outcomes.get(planned.step.step_id) == Outcome.CALL_BACK.value
    done = is_older(task, touched_at)
    if (promised and task.opens_at > touched_at) or (not done and until <= now):
        return case
    case = close_task(case, task, TaskState.CANCELLED, now, by, note=f"made needless by {why}")
    if not done:
        return case.enrolled(next=None)
    happened = min(max(touched_at, case.enrollment.previous_at or touched_at), now)
    return step_done(case, planned.step, happened, Outcome.DONE.value)


def is_older(task: Task, touched_at: datetime) -> bool:
    """Whether the task was there when the lead was touched, for clocks that may disagree a little."""
    return task.created_at <= touched_at + CLOCK_SKEW
