"""The gate that every step goes through first: is it still this step's turn, and do the rules allow it now?"""

from datetime import datetime

from activities.ports import OpenCase
from cadences.case import Case
from cadences.enrollment import NextTouch
from cadences.planning import plan, wake
from leads.contract import StepInput


def instant_of(step: StepInput, now: datetime) -> datetime:
    """The instant the step is decided at: ours, but not before the workflow's, whose timer has gone off."""
    return max(now, step.asked_at)


def is_current(step: StepInput, opened: OpenCase) -> bool:
    """Whether the plan the workflow acts under is the newest; if not, it is told the newest and nothing is done."""
    return opened.plan.revision == step.revision and opened.plan.enrollment_id == step.enrollment_id


def admitted(step: StepInput, case: Case, now: datetime) -> tuple[Case, NextTouch | None]:
    """The case planned anew at this instant, and the touch if it is exactly what may happen now.

    Planning anew asks every rule again: consent, suppression, holds, hours, limits. Only when the answer is the same
    step on the same channel, now, is the step admitted; any other answer is the new plan.
    """
    fresh = plan(case, now)
    touch = fresh.enrollment.next
    if touch is None or touch.task_id is not None or touch.act_at > now:
        return fresh, None
    due = wake(fresh)
    same = (
        due is not None
        and due.kind is step.kind
        and touch.step.step_id == step.step_id
        and touch.step.occurrence == step.occurrence
    )
    return fresh, touch if same else None
