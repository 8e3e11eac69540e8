"""A lead's life in the time-skipping environment: the real workflow and activities, a real database, years in a second.

The server's clock is global and jumps, so each life has an environment of its own. The activities' clock follows the
workflow's: an interceptor sets it to the instant at which the workflow asked.
"""

import asyncio
import sysconfig
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.ports import MessageSender
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.rows import LeadRow, TaskRow, TouchRow
from adapters.delivery import CommandDelivery
from adapters.providers.local_outbox import LocalOutbox
from adapters.temporal import LeadWorkflows
from cadences.case import Case
from leads.capture import NewLead
from leads.contract import CommandKind, Plan, SearchAttribute, StepInput, workflow_id
from runtime.bootstrap import activities_of
from runtime.worker import workers
from tests.clocks import SettableClock
from tests.links import LINKS

TEST_SERVER = Path(sysconfig.get_path("scripts")) / "temporal-test-server"


@dataclass(frozen=True, slots=True)
class Happened:
    """One touch, as the lead lived it."""

    at: str
    """On the lead's own clock: `Mon 2035-01-08 10:00`."""
    channel: str
    step: str
    occurrence: int


class FollowTheWorkflow(Interceptor):
    """Sets the activities' clock to the workflow's."""

    def __init__(self, clock: SettableClock) -> None:
        self._clock = clock

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        clock = self._clock

        class Follow(ActivityInboundInterceptor):
            async def execute_activity(self, input: ExecuteActivityInput) -> Any:
                step = input.args[0]
                assert isinstance(step, StepInput)
                clock.move_to(step.asked_at)
                return await super().execute_activity(input)

        return Follow(next)


class Life:
    """One lead and its own environment."""

    def __init__(
        self,
        env: WorkflowEnvironment,
        engine: AsyncEngine,
        cases: CaseStore,
        intake: LeadIntake,
        clock: SettableClock,
    ) -> None:
        self._env = env
        self._engine = engine
        self.cases = cases
        self._intake = intake
        self.clock = clock
        self.delivery = CommandDelivery(engine, LeadWorkflows(env.client), clock)
        self.lead_id = UUID(int=0)
        self.first_run: str | None = None

    @property
    def client(self) -> Client:
        return self._env.client

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        return self._env.client.get_workflow_handle(workflow_id(self.lead_id))

    async def until(self, instant: datetime) -> None:
        """Let time pass; what falls due on the way happens."""
        now = await self._env.get_current_time()
        if instant > now:
            await self._env.sleep(instant - now)
        await self._settled()
        self.clock.move_to(max(instant, now))

    async def capture(self, new: NewLead, at: datetime) -> UUID:
        await self.until(at)
        captured = await self._intake.capture(new, by="test", now=self.clock())
        self.lead_id = captured.lead_id
        assert await self.delivery.deliver(captured.lead_id)
        self.first_run = (await self.handle.describe()).run_id
        await self._settled()
        return captured.lead_id

    async def say(
        self,
        kind: CommandKind,
        decide: Callable[[Case, datetime], Case],
        *,
        by: str = "anna",
        details: Mapping[str, Any] | None = None,
        **told: Any,
    ) -> Plan:
        """Commit a command, then tell the workflow, as the API does."""
        now = self.clock()
        async with self.cases.open(self.lead_id, now) as opened:
            plan = await opened.save(decide(opened.case, now), kind, by=by, details=details, told=told)
        assert await self.delivery.deliver(self.lead_id)
        await self._settled()
        return plan

    async def case(self) -> Case:
        async with self.cases.open(self.lead_id, self.clock()) as opened:
            return opened.case

    async def open_tasks(self) -> list[Any]:
        async with self._engine.connect() as connection:
            found = await connection.execute(
                select(TaskRow.__table__)
                .where(TaskRow.lead_id == self.lead_id, TaskRow.state == "open")
                .order_by(TaskRow.opens_at)
            )
            return list(found.all())

    async def next_at(self) -> datetime | None:
        async with self._engine.connect() as connection:
            return await connection.scalar(select(LeadRow.next_at).where(LeadRow.id == self.lead_id))

    async def happened(self, zone: str = "America/New_York") -> list[Happened]:
        """Messages as they were claimed and calls as they were made, in order."""
        async with self._engine.connect() as connection:
            found = await connection.execute(
                select(TouchRow.__table__)
                .where(TouchRow.lead_id == self.lead_id)
                .order_by(TouchRow.happened_at, TouchRow.channel)
            )
            return [
                Happened(
                    f"{row.happened_at.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}",
                    row.channel,
                    row.step_id or "personal",
                    row.occurrence or 1,
                )
                for row in found
            ]

    async def history(self) -> WorkflowHistory:
        return await self.handle.fetch_history()

    async def is_running(self) -> bool:
        return (await self.handle.describe()).status is WorkflowExecutionStatus.RUNNING

    async def _settled(self) -> None:
        """Wait until the workflow sleeps on the newest committed plan, or has completed."""
        if self.lead_id.int == 0:
            return
        for _ in range(400):
            async with self._engine.connect() as connection:
                plan = await connection.scalar(select(LeadRow.plan).where(LeadRow.id == self.lead_id))
            newest = Plan.model_validate(plan)
            if newest.wake is None:
                return
            now = await self._env.get_current_time()
            if newest.wake.at > now:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"the lead's machine does not come to rest: {newest.wake}")


@asynccontextmanager
async def a_life(
    engine: AsyncEngine,
    cases: CaseStore,
    intake: LeadIntake,
    clock: SettableClock,
    sender: MessageSender | None = None,
) -> AsyncIterator[Life]:
    """An environment, its workers, and nobody in it yet."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(TEST_SERVER),
        data_converter=pydantic_data_converter,
        runtime=Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(TelemetryFilter("ERROR", "ERROR")))),
    ) as env:
        await register_search_attributes(env.client)
        life = Life(env, engine, cases, intake, clock)
        outbox = LocalOutbox(engine, clock)
        activities = activities_of(
            cases=cases, email=sender or outbox, sms=sender or outbox, links=LINKS, delivery=life.delivery, clock=clock
        )
        async with AsyncExitStack() as running:
            for worker in workers(env.client, activities, sandboxed=True, interceptors=[FollowTheWorkflow(clock)]):
                await running.enter_async_context(worker)
            yield life


async def register_search_attributes(client: Client) -> None:
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            namespace=client.namespace, search_attributes={name.value: keyword for name in SearchAttribute}
        )
    )


def of_channel(touches: Sequence[Happened], channel: str) -> list[tuple[str, str]]:
    """When, and which step, for one channel."""
    return [(touch.at, touch.step) for touch in touches if touch.channel == channel]
