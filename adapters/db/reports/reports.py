"""Every report, each read from one snapshot of the database."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.reports.behind import Behind, read_leads_behind
from adapters.db.reports.clocks import read_clocks
from adapters.db.reports.costs import read_costs
from adapters.db.reports.figures import read_figures
from adapters.db.reports.funnel import read_funnel
from adapters.db.reports.lead_map import read_lead_map
from adapters.db.reports.models import (
    ClocksNow,
    Costs,
    Figures,
    Funnel,
    LeadMap,
    LeadsBehind,
    ResponseDistribution,
    StepsReport,
)
from adapters.db.reports.response import read_distribution
from adapters.db.reports.snapshot import FOR_REPORTS, snapshot
from adapters.db.reports.steps import read_steps
from adapters.db.reports.views import LEADS, STEPS, within
from adapters.db.rows import ReportRefreshRow
from leads.measures import Asked, Dimension
from leads.model import Company

_REFRESH = text(f"refresh materialized view concurrently {STEPS.name}")
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(7310868735421346163)")


class Reports:
    """Counts what happened."""

    def __init__(self, engine: AsyncEngine, company: Company) -> None:
        self._engine = engine
        self._zone = ZoneInfo(company.zone)

    async def figures(self, asked: Asked, now: datetime) -> tuple[list[Figures], list[Figures]]:
        """The figures of each period and group, and of each group in all periods together."""
        async with snapshot(self._engine) as connection:
            return await read_figures(connection, asked, now)

    async def sources(self, asked: Asked) -> list[str]:
        """Where the leads of some periods came from, the source of most leads first."""
        view = LEADS.c
        named = select(view.source).where(*within(LEADS, "received_at", asked), view.source.is_not(None))
        async with snapshot(self._engine) as connection:
            found = await connection.execute(named.group_by(view.source).order_by(func.count().desc(), view.source))
            return list(found.scalars())

    async def steps(self, asked: Asked, of: Mapping[str, str | None], now: datetime) -> StepsReport:
        """What came of the contacts that were made in some periods.

        Args:
            of: only these: cadence, version, step_id, template, variant, channel; None for contacts that have none.
        """
        async with snapshot(self._engine) as connection:
            return await read_steps(connection, asked, of, self._zone, now)

    async def costs(self, asked: Asked, now: datetime) -> tuple[list[Costs], Costs]:
        """The costs of each group, the most expensive first; and of all together."""
        async with snapshot(self._engine) as connection:
            return await read_costs(connection, asked, now)

    async def response_times(self, asked: Asked, now: datetime) -> list[ResponseDistribution]:
        """How response times spread, in each group."""
        async with snapshot(self._engine) as connection:
            return await read_distribution(connection, asked, now)

    async def clocks(self, of: Mapping[Dimension, str | None], now: datetime, *, limit: int) -> ClocksNow:
        """The first-response clocks that run now.

        Args:
            of: only those of these leads.
        """
        async with snapshot(self._engine) as connection:
            return await read_clocks(connection, of, now, limit)

    async def lead_map(self, asked: Asked, now: datetime) -> LeadMap:
        """The way of the leads that were captured in some periods."""
        async with snapshot(self._engine) as connection:
            return await read_lead_map(connection, asked, now)

    async def funnel(self, asked: Asked, now: datetime) -> Funnel:
        """How far the leads came that were captured in some periods."""
        async with snapshot(self._engine) as connection:
            return await read_funnel(connection, asked, now)

    async def leads_behind(self, behind: Behind, now: datetime, *, limit: int, cursor: str | None) -> LeadsBehind:
        """A page of the leads that a number counts.

        Raises:
            BadCursor: no page gave this cursor out.
        """
        async with snapshot(self._engine) as connection:
            return await read_leads_behind(connection, behind, now, limit, cursor)

    async def refresh(self, now: datetime) -> None:
        """Count the days that are over anew; who asks meanwhile gets the counts from before.

        A refresh that waited for another one counts once more: what was asked for is what is there.
        """
        async with self._engine.begin() as connection:
            await connection.execute(_ONE_AT_A_TIME)
            row = {"name": STEPS.name, "as_of": now, "zone": self._zone.key}
            written = postgresql.insert(ReportRefreshRow).values(row)
            await connection.execute(written.on_conflict_do_update(index_elements=["name"], set_=row))
            await connection.execute(FOR_REPORTS)
            await connection.execute(_REFRESH)

    async def refreshed_at(self) -> datetime | None:
        """As of when the days that are over were counted; None when they never were."""
        asked = select(ReportRefreshRow.as_of).where(ReportRefreshRow.name == STEPS.name)
        async with self._engine.connect() as connection:
            found: datetime | None = await connection.scalar(asked)
            return found
