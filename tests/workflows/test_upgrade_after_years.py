"""A lead that sleeps for three years while the workflow is released anew, on the real engine in skipped time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.ports import MessageSender
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.providers.local_outbox import LocalOutbox
from cadences.tasks import Outcome
from leads.contract import EMAIL_QUEUE, REFRESH_SIGNAL, SMS_QUEUE, WORKFLOW_QUEUE
from runtime.bootstrap import Activities, activities_of
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.workflows.lives import TEST_SERVER, FollowTheWorkflow, Life, register_search_attributes
from tests.workflows.releases import PatchedLead, Run, release, runs_of
from tests.workflows.scenarios import START, begin, finish
from workflows.lead_cadence import TOUCHES_PER_RUN, LeadCadence

BACK = START + timedelta(days=3 * 365)
"""When the lead wants to hear from us again: Thursday 2038-01-07."""


@asynccontextmanager
async def a_life_without_workflow_workers(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> AsyncIterator[Life]:
    """The engine with its activities at work; who works on the workflows is the test's to say."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(TEST_SERVER),
        data_converter=pydantic_data_converter,
        runtime=Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(TelemetryFilter("ERROR", "ERROR")))),
    ) as env:
        await register_search_attributes(env.client)
        life = Life(env, engine, cases, intake, clock)
        outbox: MessageSender = LocalOutbox(engine, clock)
        activities = activities_of(
            cases=cases, email=outbox, sms=outbox, links=LINKS, delivery=life.delivery, clock=clock
        )
        async with AsyncExitStack() as working:
            for queue, offered in by_queue(activities).items():
                worker = Worker(
                    env.client, task_queue=queue, activities=offered, interceptors=[FollowTheWorkflow(clock)]
                )
                await working.enter_async_context(worker)
            yield life


def by_queue(activities: Activities) -> dict[str, list[Any]]:
    tasks, messages = activities.tasks, activities.messages
    return {
        WORKFLOW_QUEUE: [tasks.create_call_task, tasks.create_task, tasks.see_to_overdue],
        EMAIL_QUEUE: [messages.send_email],
        SMS_QUEUE: [messages.send_sms],
    }


async def all_runs(life: Life) -> list[Run]:
    handle = life.client.get_workflow_handle(life.handle.id, first_execution_run_id=life.first_run)
    return await runs_of(life.client, handle)


async def falls_asleep_until(life: Life, back: datetime) -> None:
    await begin(life)
    await finish(life, Outcome.NOT_NOW, until=back)
    async with asyncio.timeout(20):
        while not (await all_runs(life))[-1].sleeps:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("refreshed", [False, True], ids=["not refreshed", "refreshed"])
async def test_a_lead_that_sleeps_three_years_wakes_under_the_code_of_that_day(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock, refreshed: bool
) -> None:
    async with a_life_without_workflow_workers(engine, cases, intake, clock) as life:
        async with release(life.client, LeadCadence):
            await falls_asleep_until(life, BACK)
        async with release(life.client, PatchedLead):
            if refreshed:
                await life.handle.signal(REFRESH_SIGNAL)
                while (await life.handle.describe()).run_id == life.first_run:
                    await asyncio.sleep(0.02)
            await life.until(BACK + timedelta(days=60))
            runs = await all_runs(life)
            happened = await life.happened()
    assert [(touch.at, touch.step) for touch in happened] == [
        ("Mon 2035-01-08 10:00", "answer-the-question"),
        ("Mon 2035-01-08 10:00", "first-call"),
        ("Mon 2038-01-11 14:00", "as-agreed"),
        ("Mon 2038-02-22 14:00", "any-news"),
    ]
    # The run that fell asleep keeps its path to its end; the one after it takes the rest before every step.
    assert [run.is_patched for run in runs[:2]] == [False, True]
    assert [run.steps for run in runs[:2]] == ([2, TOUCHES_PER_RUN] if refreshed else [TOUCHES_PER_RUN, 2])
    assert all(run.rests == (run.steps if run.is_patched else 0) for run in runs)
    assert [run.failures for run in runs] == [[]] * len(runs)
