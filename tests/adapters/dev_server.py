"""A real Temporal for tests of what we see of it: the dev server, our workers on it, and waiting for what they do."""

import asyncio
import sysconfig
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from activities import ports
from adapters.clock import wall_clock
from adapters.providers.local_outbox import LocalOutbox
from adapters.temporal import LeadWorkflows
from leads.contract import WORKFLOW, SearchAttribute
from runtime.bootstrap import activities_of
from runtime.worker import workers
from tests.adapters.clinic import Clinic
from tests.links import LINKS

RUNNING = f"WorkflowType = '{WORKFLOW}' AND ExecutionStatus = 'Running'"


@asynccontextmanager
async def dev_server(*dynamic_config: str) -> AsyncIterator[WorkflowEnvironment]:
    """A server that knows our search attributes.

    Args:
        dynamic_config: values that the server is to have otherwise, as `key=value`.
    """
    async with await WorkflowEnvironment.start_local(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(Path(sysconfig.get_path("scripts")) / "temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=[part for value in dynamic_config for part in ("--dynamic-config-value", value)],
        search_attributes=[SearchAttributeKey.for_keyword(name.value) for name in SearchAttribute],
    ) as started:
        yield started


async def with_nothing_running(client: Client) -> Client:
    """The server, after every lead's workflow was terminated."""
    async for left in client.list_workflows(RUNNING):
        await client.get_workflow_handle(left.id).terminate()

    async def none_listed() -> bool:
        return (await client.count_workflows(RUNNING)).count == 0

    await until(none_listed)
    return client


@asynccontextmanager
async def at_work(
    engine: AsyncEngine,
    cases: ports.CaseStore,
    delivery: ports.CommandDelivery,
    client: Client,
    *,
    queues: Sequence[str] = (),
    liveness: ports.LivenessChecker | None = None,
) -> AsyncIterator[None]:
    """Our own workers, on the wall's clock.

    Args:
        queues: which queues have a worker; all of them when left out.
    """
    outbox = LocalOutbox(engine, wall_clock)
    activities = activities_of(
        cases=cases, email=outbox, sms=outbox, links=LINKS, delivery=delivery, clock=wall_clock, liveness=liveness
    )
    async with AsyncExitStack() as running:
        for worker in workers(client, activities):
            if not queues or worker.task_queue in queues:
                await running.enter_async_context(worker)
        yield


async def until(holds: Callable[[], Awaitable[bool]], within: float = 30) -> None:
    async with asyncio.timeout(within):
        while not await holds():
            await asyncio.sleep(0.05)


async def asleep(clinic: Clinic, client: Client) -> UUID:
    """A lead that sleeps for years, whose workflow has heard so."""
    lead_id = await clinic.asleep()
    await until(lambda: heard(clinic, client, lead_id))
    return lead_id


async def heard(clinic: Clinic, client: Client, lead_id: UUID) -> bool:
    progress = await LeadWorkflows(client).progress(lead_id)
    return progress.waiting and progress.plan.revision == (await clinic.plan(lead_id)).revision
