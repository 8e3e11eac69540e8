"""What leads cost: each one, each that was qualified, each order, and those that nobody worked."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.reports.models import Costs
from adapters.db.reports.views import LEADS, group_of, within
from adapters.db.rows import TouchRow
from leads.measures import WORKED_WITHIN, Asked
from leads.sending import TouchState

_CENT = Decimal("0.01")


async def read_costs(connection: AsyncConnection, asked: Asked, now: datetime) -> tuple[list[Costs], Costs]:
    """The costs of each group, the most expensive first; and of all together."""
    rows = (await connection.execute(_costs(asked, now))).all()
    groups = [_view(row) for row in rows if row.of_group]
    total = next((_view(row) for row in rows if not row.of_group), Costs())
    return sorted(groups, key=lambda one: (-one.cost, one.group is None, one.group or "")), total


def not_worked(now: datetime) -> ColumnElement[bool]:
    """Whether nobody of ours ever tried to reach a lead that has been here for a day."""
    tried = exists(
        select(TouchRow.id).where(TouchRow.lead_id == LEADS.c.lead_id, TouchRow.state == TouchState.MADE.value)
    )
    is_old_enough = LEADS.c.received_at < now - WORKED_WITHIN
    return and_(is_old_enough, ~or_(LEADS.c.first_human_at.is_not(None), tried))


def _costs(asked: Asked, now: datetime) -> Select[Any]:
    view = LEADS.c
    each = select(
        group_of(LEADS, asked).label("group"),
        view.cost,
        view.qualified_at,
        view.won_at,
        not_worked(now).label("not_worked"),
    )
    lead = each.where(*within(LEADS, "received_at", asked)).subquery()
    priced = lead.c.cost.is_not(None)
    return select(
        lead.c.group,
        (func.grouping(lead.c.group) == 0).label("of_group"),
        func.count().label("leads"),
        func.count(lead.c.cost).label("priced"),
        func.coalesce(func.sum(lead.c.cost), 0).label("cost"),
        func.count(lead.c.qualified_at).filter(priced).label("qualified"),
        func.count(lead.c.won_at).filter(priced).label("ordered"),
        func.count().filter(lead.c.not_worked).label("not_worked"),
        func.coalesce(func.sum(lead.c.cost).filter(lead.c.not_worked), 0).label("wasted"),
    ).group_by(func.grouping_sets(tuple_(lead.c.group), tuple_()))


def _view(row: Row[Any]) -> Costs:
    return Costs(
        group=row.group,
        leads=row.leads,
        priced=row.priced,
        cost=row.cost,
        qualified=row.qualified,
        ordered=row.ordered,
        per_lead=_each(row.cost, row.priced),
        per_qualified=_each(row.cost, row.qualified),
        per_order=_each(row.cost, row.ordered),
        not_worked=row.not_worked,
        wasted=row.wasted,
        wasted_share=float(row.wasted / row.cost) if row.cost else None,
    )


def _each(cost: Decimal, number: int) -> Decimal | None:
    return (cost / number).quantize(_CENT) if number else None
