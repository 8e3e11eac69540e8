"""A bulk run as the command line works it off: alone, or watching whoever has it, until that one is cut off."""

import asyncio
import io
from datetime import date
from uuid import UUID, uuid4

import pytest_asyncio
from rich.console import Console

from adapters.db.bulk_runs import ItemState
from api.bulk import BulkCommands
from api.bulk_wishes import Hold
from api.services import Services
from leads.capture import NewLead
from runtime.cli.bulk_progress import how_it_stands, not_done, work_off

QUIET = Console(file=io.StringIO())


@pytest_asyncio.fixture
async def run_id(services: Services) -> UUID:
    """A hold of two leads that has begun."""
    leads = [
        (await services.intake.capture(NewLead(email=f"{name}@example.com"), by="test", now=services.clock())).lead_id
        for name in ("ann", "bob")
    ]
    wish = Hold(until=date(2026, 12, 24), reason="trade fair")
    return await BulkCommands(services).begin(wish, leads, chosen="two", by="mia", via="command line")


async def test_it_is_worked_off(services: Services, run_id: UUID) -> None:
    run = await work_off(services, run_id, QUIET)
    assert run is not None
    assert (run.has_ended, run.counts[ItemState.DONE], how_it_stands(run)) == (True, 2, "2 done")
    assert await not_done(services, run_id) == []


async def test_whoever_has_it_is_watched_and_succeeded(services: Services, run_id: UUID) -> None:
    async with services.bulk_runs.alone(run_id) as alone:
        assert alone
        watching = asyncio.create_task(work_off(services, run_id, QUIET))
        await asyncio.sleep(1)
        assert not watching.done()
        run = await services.bulk_runs.of(run_id)
        assert run is not None
        assert run.settled == 0
    run = await asyncio.wait_for(watching, 20)
    assert run is not None
    assert (run.has_ended, run.settled) == (True, 2)


async def test_it_ends_where_somebody_stops_it(services: Services, run_id: UUID) -> None:
    await services.bulk_runs.stop(run_id, "mia", services.clock())
    run = await work_off(services, run_id, QUIET)
    assert run is not None
    assert (run.is_stopped, run.settled) == (True, 0)
    assert await work_off(services, uuid4(), QUIET) is None
