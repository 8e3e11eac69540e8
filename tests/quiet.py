"""Leaving the first response's clock out of tests that are about something else."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import FirstResponseRow


async def nobody_is_warned(engine: AsyncEngine) -> None:
    """No clock that runs now wakes the machine."""
    async with engine.begin() as connection:
        await connection.execute(update(FirstResponseRow).values(warn_at=None, act_at=None))


async def nobody_waits(engine: AsyncEngine) -> None:
    """Nobody who asked until now waits for a first answer, so that nobody is asked to give it."""
    async with engine.begin() as connection:
        await connection.execute(
            update(FirstResponseRow).values(warn_at=None, act_at=None, moot_at=FirstResponseRow.asked_at)
        )
