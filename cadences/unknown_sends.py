"""Messages of which nobody knows whether they went out: looked up with the provider for a while, then a person's."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from cadences.case import Case
from cadences.enrollment import StepRef
from cadences.planning import due_after, plan
from cadences.progress import awaits, fallen_behind, step_done
from cadences.tasks import Task, TaskKind
from leads.ids import derived_id, touch_id
from leads.meetings import step_name
from leads.model import Channel, Ending
from leads.spans import Span, Unit

LOOK_UPS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15))
"""When the provider is asked, counted from when the outcome was lost; its own reports may settle it in between."""
UNKNOWN_WITHIN = Span(1, Unit.BUSINESS_DAY)
"""How long a person has to find out, from the last look-up on."""


def message_unknown(
    case: Case, step: StepRef, channel: Channel, now: datetime, enrollment_id: UUID | None = None
) -> Case:
    """Nobody knows whether a step's message went out: it is looked up, and the plan goes on if it waited for it.

    The task stands in a person's list from the start; it opens once the machine has stopped looking. After a no nobody
    is asked: the lead is left alone, with no open task, and the ledger says that it is unknown.
    """
    enrollment_id = enrollment_id or case.enrollment.id
    reference = touch_id(enrollment_id, step.step_id, step.occurrence)
    opens_at = now + LOOK_UPS[-1]
    due_at = due_after(case, opens_at, UNKNOWN_WITHIN)
    task = Task(
        id=derived_id(reference, TaskKind.UNKNOWN_SEND),
        kind=TaskKind.UNKNOWN_SEND,
        owner=case.lead.owner.id,
        title=f"find out whether {channel.value} {step_name(step.step_id)} went out",
        text=f"The provider never answered. Look the message up in its console; our reference is {reference}.",
        created_at=now,
        opens_at=opens_at,
        due_at=due_at,
        enrollment_id=enrollment_id,
        step_id=step.step_id,
        occurrence=step.occurrence,
        escalate_at=due_at,
        look_up_at=now + LOOK_UPS[0],
    )
    case = replace(case, messages=(*case.messages, now))
    if case.enrollment.ended is not Ending.NO:
        case = case.with_task(task)
    if not awaits(case, step, enrollment_id):
        return case
    return plan(step_done(fallen_behind(case, now), step, now, "unknown"), now)


def to_look_up(case: Case, now: datetime) -> dict[UUID, Task]:
    """The unknown messages that the provider is to be asked about now: the ledger's id of each, and its task."""
    return {
        reference: task
        for task in case.open_tasks
        if task.look_up_at is not None and task.look_up_at <= now and (reference := unknown_touch(task)) is not None
    }


def looked_up_in_vain(case: Case, task: Task, now: datetime) -> Case:
    """The provider could not say: it is asked again later, and after the last time a person finds out."""
    later = next((at for at in (task.created_at + after for after in LOOK_UPS) if at > now), None)
    return case.with_task(replace(task, look_up_at=later))


def unknown_touch(task: Task) -> UUID | None:
    """The ledger's id of the message that a task is to find out about; None for other tasks."""
    if task.kind is not TaskKind.UNKNOWN_SEND or task.enrollment_id is None or task.step_id is None:
        return None
    return touch_id(task.enrollment_id, task.step_id, task.occurrence)
