"""What the database holds of one lead beside its case: read under the lead's row lock, for the check to compare."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from adapters.db.rows import ColleagueRow, CommandRow, EnrollmentRow, LeadRow, TaskRow, TouchRow
from cadences.case import Case
from cadences.enrollment import StepRef
from cadences.liveness import Evidence, OpenClaim
from cadences.tasks import TaskKind, TaskState
from leads.model import Channel, Ending
from leads.sending import TouchState

OPEN_STATES = (TouchState.CLAIMED.value, TouchState.REFUSED.value, TouchState.UNKNOWN.value)


async def read_evidence(connection: AsyncConnection, case: Case) -> Evidence:
    """The evidence about the lead of a case that was loaded in the same transaction."""
    lead_id = case.lead.id
    row = (await connection.execute(select(LeadRow.__table__).where(LeadRow.id == lead_id))).mappings().one()
    ended = await connection.scalar(select(EnrollmentRow.ended).where(EnrollmentRow.id == case.enrollment.id))
    owners = {task.owner for task in case.open_tasks}
    active = await _active(connection, owners | {case.manager})
    return Evidence(
        row=dict(row),
        enrollment_ended=ended,
        claims=tuple(await _claims(connection, lead_id)),
        undelivered_since=await _undelivered_since(connection, lead_id),
        gone=frozenset(owners - active),
        manager_is_active=case.manager in active,
    )


async def _active(connection: AsyncConnection, ids: set[str]) -> set[str]:
    found = await connection.execute(
        select(ColleagueRow.id).where(ColleagueRow.id.in_(sorted(ids)), ColleagueRow.active)
    )
    return set(found.scalars())


async def _undelivered_since(connection: AsyncConnection, lead_id: UUID) -> datetime | None:
    since: datetime | None = await connection.scalar(
        select(CommandRow.created_at)
        .where(CommandRow.lead_id == lead_id, CommandRow.delivered_at.is_(None))
        .order_by(CommandRow.created_at)
        .limit(1)
    )
    return since


async def _claims(connection: AsyncConnection, lead_id: UUID) -> list[OpenClaim]:
    # The newest of them, should a step ever have had several.
    task = aliased(TaskRow)
    state = (
        select(task.state)
        .where(
            task.lead_id == lead_id,
            task.kind == TaskKind.UNKNOWN_SEND.value,
            task.enrollment_id == TouchRow.enrollment_id,
            task.step_id == TouchRow.step_id,
            task.occurrence == TouchRow.occurrence,
        )
        .order_by(task.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = await connection.execute(
        select(
            TouchRow.id,
            TouchRow.enrollment_id,
            TouchRow.step_id,
            TouchRow.occurrence,
            TouchRow.channel,
            TouchRow.state,
            TouchRow.happened_at,
            TouchRow.error,
            EnrollmentRow.ended,
            state.label("task"),
        )
        .outerjoin(EnrollmentRow, EnrollmentRow.id == TouchRow.enrollment_id)
        .where(and_(TouchRow.lead_id == lead_id, TouchRow.state.in_(OPEN_STATES), TouchRow.enrollment_id.is_not(None)))
        .order_by(TouchRow.happened_at)
    )
    return [_claim(row) for row in found.mappings()]


def _claim(row: Mapping[Any, Any]) -> OpenClaim:
    return OpenClaim(
        touch_id=row["id"],
        enrollment_id=row["enrollment_id"],
        step=StepRef(row["step_id"], row["occurrence"]),
        channel=Channel(row["channel"]),
        state=TouchState(row["state"]),
        claimed_at=row["happened_at"],
        error=row["error"],
        after_no=row["ended"] == Ending.NO,
        task=TaskState(row["task"]) if row["task"] else None,
    )
