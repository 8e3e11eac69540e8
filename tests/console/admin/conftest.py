"""What the tests of the leads in flight share: many leads, and a process that works bulk runs off."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from api.bulk import bulk_at_work
from leads.capture import NewLead
from tests.console.stage import Stage

Many = Callable[..., Awaitable[list[UUID]]]
_AT_ONCE = 6


@pytest_asyncio.fixture
async def bulk(stage: Stage) -> AsyncIterator[None]:
    """Bulk runs are worked off, as the web process does it."""
    async with bulk_at_work(stage.services):
        yield


@pytest.fixture
def many(stage: Stage) -> Many:
    """Capture so many leads, named by their number; what is given replaces what is chosen."""

    async def captured(number: int, **values: Any) -> list[UUID]:
        some = asyncio.Semaphore(_AT_ONCE)

        async def one(count: int) -> UUID:
            given = {"email": f"lead{count}@example.com", "name": f"Lead {count:03}", "owner": "anna"} | values
            new = NewLead(**{"question": "How much?", **given})
            async with some:
                return (await stage.services.intake.capture(new, by="test", now=stage.clock())).lead_id

        return await asyncio.gather(*(one(count) for count in range(number)))

    return captured


async def rows(stage: Stage, statement: str, **values: Any) -> list[Any]:
    async with stage.engine.connect() as connection:
        return list((await connection.execute(text(statement), values)).all())


async def holds(stage: Stage) -> list[UUID]:
    """Whose holds are in force, one for each hold."""
    found = await rows(stage, "select lead_id from holds where lifted_at is null and until > :now", now=stage.clock())
    return [row.lead_id for row in found]
