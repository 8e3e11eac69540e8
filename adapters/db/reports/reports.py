"""Every report, each read from one snapshot of the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.reports.figures import read_figures
from adapters.db.reports.models import Figures
from leads.measures import Asked

# Reports sort a hundred thousand values, in memory; and what is compiled for them runs for less than compiling takes.
_FOR_REPORTS = text("select set_config('work_mem', '64MB', true), set_config('jit', 'off', true)")


class Reports:
    """Counts what happened; it changes nothing."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def figures(self, asked: Asked, now: datetime) -> tuple[list[Figures], list[Figures]]:
        """The figures of each period and group, and of each group in all periods together."""
        async with self._snapshot() as connection:
            return await read_figures(connection, asked, now)

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[AsyncConnection]:
        async with self._engine.connect() as connection:
            snapshot = await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            await snapshot.execute(_FOR_REPORTS)
            yield snapshot
