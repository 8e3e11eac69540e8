"""The schedule of the reports on a real Temporal: it counts the weeks that are over."""

import asyncio
import sysconfig
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from adapters.clock import wall_clock
from adapters.db.cases import CaseStore
from adapters.db.reports.reports import Reports
from adapters.delivery import CommandDelivery
from adapters.providers.local_outbox import LocalOutbox
from adapters.temporal import LeadWorkflows, ensure_reports_schedule
from leads.contract import REPORTS_EVERY, REPORTS_SCHEDULE
from runtime.bootstrap import activities_of
from runtime.worker import workers
from tests.links import LINKS


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client() -> AsyncIterator[Client]:
    async with await WorkflowEnvironment.start_local(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(Path(sysconfig.get_path("scripts")) / "temporal"),
        dev_server_log_level="error",
    ) as started:
        yield started.client


async def test_the_schedule_counts_every_ten_minutes(
    client: Client, engine: AsyncEngine, cases: CaseStore, reports: Reports
) -> None:
    assert await ensure_reports_schedule(client)
    assert not await ensure_reports_schedule(client)
    schedule = client.get_schedule_handle(REPORTS_SCHEDULE)
    described = await schedule.describe()
    assert [one.every for one in described.schedule.spec.intervals] == [REPORTS_EVERY]

    outbox = LocalOutbox(engine, wall_clock)
    activities = activities_of(
        cases=cases,
        email=outbox,
        sms=outbox,
        links=LINKS,
        delivery=CommandDelivery(engine, LeadWorkflows(client), wall_clock),
        clock=wall_clock,
        reports=reports,
    )
    begun_at = wall_clock()
    async with AsyncExitStack() as running:
        for worker in workers(client, activities):
            await running.enter_async_context(worker)
        await schedule.trigger()
        async with asyncio.timeout(30):
            while (counted_at := await reports.refreshed_at()) is None:
                await asyncio.sleep(0.05)
        await schedule.delete()
        async for run in client.list_workflows("ExecutionStatus = 'Running'"):
            await client.get_workflow_handle(run.id).result()
    assert counted_at >= begun_at


async def test_two_refreshes_at_once_follow_on_each_other(reports: Reports) -> None:
    first, second = wall_clock(), wall_clock()
    await asyncio.gather(reports.refresh(first), reports.refresh(second))
    assert await reports.refreshed_at() in (first, second)
