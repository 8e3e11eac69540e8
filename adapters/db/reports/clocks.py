"""The first-response clocks that run now: who waits for a person's answer, whose it is, and until when."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, asc, desc, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.first_answers import is_waiting, waits
from adapters.db.reports.models import ClocksNow, RunningClock, RunningClocks
from adapters.db.rows import ColleagueRow, EnrollmentRow, FirstResponseRow, LeadRow
from leads.measures import Dimension

Order = Callable[[Any], ColumnElement[Any]]
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
    too_late = and_(waits(FirstResponseRow), FirstResponseRow.due_at < now)
    return ClocksNow(
        as_of=now,
        in_time=await _read(connection, of, is_waiting(FirstResponseRow, now), asc, limit),
        late=await _read(connection, of, too_late, desc, limit),
    )


async def _read(
    connection: AsyncConnection,
    of: Mapping[Dimension, str | None],
    wanted: ColumnElement[bool],
    order: Order,
    limit: int,
) -> RunningClocks:
    running = select(FirstResponseRow).where(wanted)
    # Only what is asked for is joined: most looks ask for everybody's clocks, which the partial index counts by itself.
    if not of.keys().isdisjoint((Dimension.SOURCE, Dimension.KIND)):
        running = running.join(LeadRow, LeadRow.id == FirstResponseRow.lead_id)
    if Dimension.CADENCE in of:
        running = running.join(EnrollmentRow, EnrollmentRow.id == FirstResponseRow.enrollment_id)
    running = running.where(*(_COLUMNS[one].is_not_distinct_from(value) for one, value in of.items()))
    total = running.with_only_columns(func.count())
    clock = (
        running.order_by(order(FirstResponseRow.due_at), FirstResponseRow.enrollment_id)
        .limit(limit)
        .subquery("clock")
        .c
    )
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
        .order_by(order(clock.due_at), clock.enrollment_id)
    )
    rows = (await connection.execute(page)).mappings().all()
    return RunningClocks(total=int(await connection.scalar(total) or 0), items=[RunningClock(**row) for row in rows])
