"""Leads that came in incomplete, in the database: known again by their words, and asked about once."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.rows import LeadRow, TaskRow, table_of
from cadences.case import Case
from cadences.tasks import TaskKind
from leads.capture import NewLead
from leads.ids import derived_id
from leads.liveness import CLOSED
from leads.suppression import SuppressionKey

_LEADS, _TASKS = table_of(LeadRow), table_of(TaskRow)
_IS_KNOWN_TASK = select(_TASKS.c.id).where(_TASKS.c.id == bindparam("task_id", type_=Uuid()))


def words_digest(key: SuppressionKey, new: NewLead) -> str:
    """By what a lead without a contact point is known again: a keyed hash of what came in, word for word."""
    return key.digest(f"{new.kind}\n{new.words}")


async def known_by_words(connection: AsyncConnection, digest: str, *, asked_now: bool) -> UUID | None:
    """The newest lead that came in with the very same words and no contact point.

    Args:
        asked_now: once that one is closed, the same words are a lead of their own; a file's row never is.
    """
    wanted = select(_LEADS.c.id).where(_LEADS.c.words_digest == digest, _LEADS.c.plan.is_not(None))
    if asked_now:
        wanted = wanted.where(_LEADS.c.stage.not_in([stage.value for stage in CLOSED]))
    found: UUID | None = await connection.scalar(wanted.order_by(_LEADS.c.created_at.desc()).limit(1))
    return found


def what_is_wrong(key: SuppressionKey, new: NewLead) -> str:
    """What makes a task about values that could not be taken one and the same."""
    return key.digest("\n".join(new.wrong))


async def was_asked_to_mend(connection: AsyncConnection, case: Case, about: str) -> bool:
    """Whether somebody has, or had, the task to mend these very values."""
    task_id = derived_id(case.enrollment.id, TaskKind.FIND_CONTACT, about)
    return await connection.scalar(_IS_KNOWN_TASK, {"task_id": task_id}) is not None
