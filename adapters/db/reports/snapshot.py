"""What a report reads: the database as it was at one instant, with the means for large counts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

FOR_REPORTS = text(
    # Reports sort a hundred thousand values, in memory.
    "select set_config('work_mem', '64MB', true),"
    # What would be compiled for them runs for less than compiling takes.
    " set_config('jit', 'off', true),"
    # A plan for any stretch of time takes each for a short one: it would look up a year's leads one by one.
    " set_config('plan_cache_mode', 'force_custom_plan', true)"
)


@asynccontextmanager
async def snapshot(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection that sees the same rows as long as it is open, and changes none."""
    async with engine.connect() as connection:
        unchanging = await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        await unchanging.execute(FOR_REPORTS)
        yield unchanging
