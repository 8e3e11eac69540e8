"""What is kept of a merge: which lead an id stands for by now."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.rows import LeadMergeRow, table_of
from leads.contract import Plan

_MERGES = table_of(LeadMergeRow)
_OF_LEAD = select(_MERGES.c.into_id, _MERGES.c.plan).where(_MERGES.c.merged_id == bindparam("lead_id", type_=Uuid()))


@dataclass(frozen=True, slots=True)
class MergeRecord:
    """That a lead lives on in another."""

    into_id: UUID
    plan: Plan
    """What the merged lead's own workflow is told: nothing is left to do."""


async def merge_of(connection: AsyncConnection, lead_id: UUID) -> MergeRecord | None:
    """The record of a merged lead; None for every other id."""
    row = (await connection.execute(_OF_LEAD, {"lead_id": lead_id})).one_or_none()
    return MergeRecord(row.into_id, Plan.model_validate(row.plan)) if row is not None else None


async def merged_into(connection: AsyncConnection, lead_id: UUID) -> list[UUID]:
    """The ids that a lead had beside its own, as it was several."""
    found = await connection.execute(
        select(_MERGES.c.merged_id).where(_MERGES.c.into_id == lead_id).order_by(_MERGES.c.merged_id)
    )
    return list(found.scalars())
