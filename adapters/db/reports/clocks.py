"""The first-response clocks that run now: who waits for a person's answer, whose it is, and until when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.reports.models import ClocksNow, RunningClock, RunningClocks
from adapters.db.rows import ColleagueRow, EnrollmentRow, FirstResponseRow, LeadRow
from leads.measures import Dimension

_WAITS = (FirstResponseRow.answered_at.is_(None), FirstResponseRow.moot_at.is_(None))
"""As the partial index has it."""
_COLUMNS: Mapping[Dimension, Any] = {
    Dimension.SOURCE: LeadRow.source,
    Dimension.CADENCE: EnrollmentRow.cadence,
    Dimension.REP: FirstResponseRow.owner_id,
    Dimension.KIND: LeadRow.kind,
}


async def read_clocks(
    connection: AsyncConnection, of: Mapping[Dimension, str | None], now: datetime, limit: int
) -> ClocksNow:
    """How many run, and those that a person can still do most about: the next ones due, and the latest missed ones."""
    only = [_COLUMNS[dimension].is_not_distinct_from(value) for dimension, value in of.items()]
    due_at = FirstResponseRow.due_at
    return ClocksNow(
        as_of=now,
        in_time=await _read(connection, [*only, due_at >= now], due_at.asc(), limit),
        late=await _read(connection, [*only, due_at < now], due_at.desc(), limit),
    )


async def _read(
    connection: AsyncConnection, wanted: list[ColumnElement[bool]], order: ColumnElement[Any], limit: int
) -> RunningClocks:
    total = (
        select(func.count())
        .select_from(FirstResponseRow)
        .join(LeadRow, LeadRow.id == FirstResponseRow.lead_id)
        .join(EnrollmentRow, EnrollmentRow.id == FirstResponseRow.enrollment_id)
        .where(*_WAITS, *wanted)
    )
    clock = FirstResponseRow
    page = (
        select(
            clock.lead_id,
            LeadRow.name.label("lead_name"),
            LeadRow.company.label("lead_company"),
            LeadRow.source,
            EnrollmentRow.cadence,
            clock.owner_id.label("owner"),
            ColleagueRow.name.label("owner_name"),
            *(clock.asked_at, clock.due_at, clock.warned_at, clock.escalated_at, clock.reassigned_at),
            *(clock.attempted_at, clock.attempts),
        )
        .join(LeadRow, LeadRow.id == clock.lead_id)
        .join(EnrollmentRow, EnrollmentRow.id == clock.enrollment_id)
        .outerjoin(ColleagueRow, ColleagueRow.id == clock.owner_id)
        .where(*_WAITS, *wanted)
        .order_by(order, clock.enrollment_id)
        .limit(limit)
    )
    rows = (await connection.execute(page)).mappings().all()
    return RunningClocks(total=int(await connection.scalar(total) or 0), items=[RunningClock(**row) for row in rows])
