"""Whose business a lead is: its owner's, its finder's, and theirs who have, or had, a task of it."""

from uuid import UUID

from sqlalchemy import CompoundSelect, exists, or_, select, union
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.engine import statement_by_statement
from adapters.db.rows import LeadMergeRow, LeadRow, TaskRow, table_of

_LEADS, _TASKS, _MERGES = table_of(LeadRow), table_of(TaskRow), table_of(LeadMergeRow)


class Ownership:
    """Tells whether a lead is somebody's business."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._reading = statement_by_statement(engine)

    async def concerns(self, lead_id: UUID, colleague_id: str) -> bool:
        """Whether it is; a merged lead's id means the lead that it lives on in. False where there is no such lead."""
        merged = select(_MERGES.c.into_id).where(_MERGES.c.merged_id == lead_id).scalar_subquery()
        their_task = exists().where(
            _TASKS.c.lead_id == _LEADS.c.id,
            or_(_TASKS.c.owner == colleague_id, _TASKS.c.escalated_to == colleague_id),
        )
        wanted = select(_LEADS.c.id).where(
            or_(_LEADS.c.id == lead_id, _LEADS.c.id == merged),
            or_(_LEADS.c.owner_id == colleague_id, _LEADS.c.generated_by_id == colleague_id, their_task),
        )
        async with self._reading.connect() as connection:
            return (await connection.execute(wanted.limit(1))).first() is not None


def business_of(colleague_id: str) -> CompoundSelect[UUID]:
    """The ids of all leads that are somebody's business, as `Ownership.concerns` tells it of one."""
    # One index scan for each way in which it can be, since an OR over two tables would look at every lead.
    return union(
        select(_LEADS.c.id).where(_LEADS.c.owner_id == colleague_id),
        select(_LEADS.c.id).where(_LEADS.c.generated_by_id == colleague_id),
        select(_TASKS.c.lead_id).where(_TASKS.c.owner == colleague_id),
        select(_TASKS.c.lead_id).where(_TASKS.c.escalated_to == colleague_id),
    )
