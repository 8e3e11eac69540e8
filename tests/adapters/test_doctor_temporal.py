"""The check against a real Temporal: what it sees of workflows there, and that its repairs arrive."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from adapters.clock import wall_clock
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.checks import Checks
from adapters.db.merging import Merges
from adapters.doctor.check import LivenessCheck
from adapters.doctor.suspects import Suspects
from adapters.doctor.workflows import WorkflowsSeen
from adapters.temporal import ensure_liveness_schedule
from cadences import commands
from leads.contract import (
    LIVENESS_EVERY,
    LIVENESS_SCHEDULE,
    LIVENESS_WORKFLOW,
    WORKFLOW,
    WORKFLOW_QUEUE,
    LeadState,
    LivenessResult,
    workflow_id,
)
from leads.liveness import FindingKind
from tests.adapters.clinic import Clinic
from tests.adapters.dev_server import RUNNING, asleep, dev_server, heard, until, with_nothing_running
from tests.adapters.dev_server import at_work as dev_server_workers
from tests.clocks import SettableClock

K = FindingKind
# Else the server reports problems only after minutes of failures.
REPORT_SOON = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[WorkflowEnvironment]:
    async with dev_server(REPORT_SOON) as started:
        yield started


@pytest_asyncio.fixture
async def client(server: WorkflowEnvironment) -> Client:
    return await with_nothing_running(server.client)


@pytest_asyncio.fixture
async def clinic(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, client: Client) -> Clinic:
    return Clinic(engine, cases, intake, SettableClock(datetime.now(UTC)), client)


def at_work(clinic: Clinic, client: Client) -> AbstractAsyncContextManager[None]:
    """Our own workers, the check among them."""
    check = LivenessCheck(
        Suspects(clinic.engine), clinic.examiner, WorkflowsSeen(client), Checks(clinic.engine), wall_clock
    )
    return dev_server_workers(clinic.engine, clinic.cases, clinic.delivery, client, liveness=check)


async def is_running(client: Client, name: str) -> bool:
    return (await client.get_workflow_handle(name).describe()).status is WorkflowExecutionStatus.RUNNING


async def healthy(clinic: Clinic) -> bool:
    return await clinic.kinds() == []


# First, while the server has never seen a worker.
async def test_without_a_worker_that_is_what_is_wrong(clinic: Clinic) -> None:
    await clinic.captured()
    assert await clinic.kinds() == []
    clinic.clock.move_by(timedelta(minutes=6))
    (found,) = (await clinic.check(repair=True))[1]
    assert (found.kind, found.repaired) == (K.STUCK, False)
    assert "no worker" in found.wrong
    assert "follow worker" in found.to_do


async def test_a_workflow_that_was_terminated_is_started_again(clinic: Clinic, client: Client) -> None:
    async with at_work(clinic, client):
        lead_id = await asleep(clinic, client)
        await asleep(clinic, client)
        assert await clinic.kinds() == []
        await client.get_workflow_handle(workflow_id(lead_id)).terminate()
        await until(lambda: none_of(client, lead_id))

        (found,) = (await clinic.check(repair=True))[1]

        assert (found.kind, found.lead_id, found.repaired) == (K.WORKFLOW_MISSING, lead_id, True)
        await until(lambda: heard(clinic, client, lead_id))
        assert await clinic.kinds() == []


async def test_a_workflow_without_a_lead_is_terminated(clinic: Clinic, client: Client) -> None:
    async with at_work(clinic, client):
        plan = await clinic.plan(await asleep(clinic, client))
        stranger = uuid4()
        name = workflow_id(stranger)
        await start(client, name, LeadState(lead_id=stranger, plan=plan))
        await until(lambda: listed(client, name))

        (found,) = (await clinic.check(repair=True))[1]

        assert (found.kind, found.workflow_id, found.repaired) == (K.WORKFLOW_ORPHANED, name, True)
        assert not await is_running(client, name)
        assert await clinic.kinds() == []


async def start(client: Client, name: str, state: LeadState) -> None:
    await client.start_workflow(WORKFLOW, state, id=name, task_queue=WORKFLOW_QUEUE)


async def listed(client: Client, name: str, also: str = "") -> bool:
    return (await client.count_workflows(f"{RUNNING} AND WorkflowId = '{name}' {also}")).count == 1


async def test_a_workflow_with_nothing_left_to_do_completes_once_it_is_told(clinic: Clinic, client: Client) -> None:
    async with at_work(clinic, client):
        lead_id = await asleep(clinic, client)
        async with clinic.cases.open(lead_id, clinic.clock()) as opened:
            no = commands.record_answer(opened.case, answer="no", by="anna", note=None, now=clinic.clock())
            await opened.save(no)  # and nobody tells it

        (found,) = (await clinic.check(repair=True))[1]

        assert (found.kind, found.lead_id, found.repaired) == (K.WORKFLOW_ORPHANED, lead_id, True)
        result = await client.get_workflow_handle(workflow_id(lead_id)).result()
        assert result == "no"
        await until(lambda: healthy(clinic))


async def test_a_workflow_that_missed_a_plan_is_asked_what_it_holds_and_told(clinic: Clinic, client: Client) -> None:
    async with at_work(clinic, client):
        lead_id = await asleep(clinic, client)
        async with clinic.cases.open(lead_id, clinic.clock()) as opened:
            older = opened.plan.revision
            await opened.save(opened.case)
        assert await clinic.kinds() == []  # it is years until that matters
        clinic.clock.move_by(timedelta(days=1000))

        (found,) = (await clinic.check(repair=True))[1]

        assert (found.kind, found.repaired) == (K.WORKFLOW_BEHIND, True)
        assert f"holds plan {older} where the database has {older + 1}" in found.wrong
        await until(lambda: heard(clinic, client, lead_id))


@workflow.defn(name=WORKFLOW)
class BrokenCadence:
    """A release whose workflow code fails."""

    @workflow.run
    async def run(self, state: LeadState) -> str:
        raise ValueError("this release is broken")


async def test_a_workflow_whose_tasks_keep_failing_is_replaced(clinic: Clinic, client: Client) -> None:
    lead_id = await clinic.captured()
    name = workflow_id(lead_id)
    first = (await client.get_workflow_handle(name).describe()).run_id
    async with Worker(
        client, task_queue=WORKFLOW_QUEUE, workflows=[BrokenCadence], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        await until(lambda: listed(client, name, "AND TemporalReportedProblems IS NOT NULL"), within=60)

    (found,) = (await clinic.check())[1]
    assert (found.kind, found.lead_id, found.repaired) == (K.WORKFLOW_FAILING, lead_id, False)
    (found,) = (await clinic.check(repair=True))[1]
    assert (found.kind, found.repaired) == (K.WORKFLOW_FAILING, True)

    assert (
        await client.get_workflow_handle(name, run_id=first).describe()
    ).status is WorkflowExecutionStatus.TERMINATED
    async with at_work(clinic, client):
        await until(lambda: heard(clinic, client, lead_id))
        await until(lambda: healthy(clinic))


async def test_the_schedule_checks_and_mends_every_hour(clinic: Clinic, client: Client) -> None:
    assert await ensure_liveness_schedule(client)
    assert not await ensure_liveness_schedule(client)
    schedule = client.get_schedule_handle(LIVENESS_SCHEDULE)
    described = await schedule.describe()
    assert [one.every for one in described.schedule.spec.intervals] == [LIVENESS_EVERY]

    async with at_work(clinic, client):
        lead_id = await asleep(clinic, client)
        await clinic.sql("update leads set next_at = null where id = :id", id=lead_id)
        await schedule.trigger()
        await until(lambda: began(client))
        run = await anext(client.list_workflows(f"WorkflowType = '{LIVENESS_WORKFLOW}'"))
        handle = client.get_workflow_handle(run.id, run_id=run.run_id, result_type=LivenessResult)
        result = await asyncio.wait_for(handle.result(), 30)

    assert result == LivenessResult(leads=1, workflows=1, found=1, mended=1)
    assert await clinic.kinds() == []
    await schedule.delete()


async def began(client: Client) -> bool:
    return (await client.count_workflows(f"WorkflowType = '{LIVENESS_WORKFLOW}'")).count == 1


class OlderClient:
    """A Temporal that does not know the search attribute yet."""

    async def list_workflows(self, query: str, *, page_size: int) -> AsyncIterator[None]:
        raise RPCError(f"invalid query: {query}", RPCStatusCode.INVALID_ARGUMENT, b"")
        yield


async def test_a_server_that_reports_no_problems_keeps_the_check_from_nothing() -> None:
    assert await WorkflowsSeen(OlderClient()).failing() == []  # type: ignore[arg-type]


async def test_of_two_merged_leads_one_workflow_goes_on_and_the_other_completes(clinic: Clinic, client: Client) -> None:
    async with at_work(clinic, client):
        keep, other = await asleep(clinic, client), await asleep(clinic, client)
        merges = Merges(clinic.engine, clinic.cases)
        await merges.merge(keep, other, "mia", clinic.clock())
        assert await clinic.delivery.deliver(keep)
        assert await client.get_workflow_handle(workflow_id(other)).result() == "merged"
        await until(lambda: heard(clinic, client, keep))
        await until(lambda: none_of(client, other))
        assert await clinic.kinds() == []


async def test_the_workflow_of_a_merged_lead_that_was_told_nothing_completes_at_its_own_wake(
    clinic: Clinic, client: Client
) -> None:
    async with at_work(clinic, client):
        keep = await asleep(clinic, client)
        other = await clinic.captured(told=False)
        plan = await clinic.plan(other)
        await Merges(clinic.engine, clinic.cases).merge(keep, other, "mia", clinic.clock())
        # As if its start had been told before the merge; its first email is due.
        await start(client, workflow_id(other), LeadState(lead_id=other, plan=plan))
        assert await client.get_workflow_handle(workflow_id(other)).result() == "merged"
        assert await clinic.value("select count(*) from outbox") == 0


async def none_of(client: Client, lead_id: UUID) -> bool:
    return not await listed(client, workflow_id(lead_id))
