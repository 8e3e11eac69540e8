"""Erasing against a real Temporal: the workflow ends, every run's history goes, and the doctor finds nothing wrong."""

import asyncio
import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.erasure import Erasure
from adapters.erasing import Erased, Erasing, TemporalHistories
from adapters.temporal import LeadWorkflows
from leads.contract import REFRESH_SIGNAL, WORKFLOW, SearchAttribute, workflow_id
from tests.adapters.clinic import Clinic
from tests.adapters.test_doctor_temporal import at_work, until
from tests.clocks import SettableClock
from tests.sample import KEY

# Else the server deletes what has closed only after half a minute.
DELETE_SOON = 'history.transferProcessorUpdateAckInterval="100ms"'


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client() -> AsyncIterator[Client]:
    async with await WorkflowEnvironment.start_local(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(Path(sysconfig.get_path("scripts")) / "temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=["--dynamic-config-value", DELETE_SOON],
        search_attributes=[SearchAttributeKey.for_keyword(name.value) for name in SearchAttribute],
    ) as started:
        yield started.client


@pytest_asyncio.fixture
async def clinic(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, client: Client, clock: SettableClock
) -> Clinic:
    return Clinic(engine, cases, intake, clock, client)


@pytest.fixture
def erasing(engine: AsyncEngine, client: Client) -> Erasing:
    return Erasing(Erasure(engine, KEY), TemporalHistories(client))


async def runs(client: Client, lead_id: UUID) -> set[str]:
    """Every run that Temporal remembers, by the listing and by name."""
    name = workflow_id(lead_id)
    listed = {run.run_id async for run in client.list_workflows(f"WorkflowId = '{name}'")}
    try:
        listed.add((await client.get_workflow_handle(name).describe()).run_id)
    except RPCError as gone:
        if gone.status is not RPCStatusCode.NOT_FOUND:
            raise
    return listed


async def none_left(client: Client, lead_id: UUID) -> bool:
    return not await runs(client, lead_id)


async def test_every_run_of_its_workflow_goes_and_the_doctor_finds_nothing(
    clinic: Clinic, client: Client, erasing: Erasing
) -> None:
    async with at_work(clinic, client):
        lead_id, other = await clinic.asleep(), await clinic.asleep()
        await client.get_workflow_handle(workflow_id(lead_id)).signal(REFRESH_SIGNAL)  # continues as new
        await until(lambda: has_runs(client, lead_id, 2))

        assert await erasing.erase(lead_id, "test", clinic.clock()) == Erased(suppressed=2, forgotten=True)

        await until(lambda: none_left(client, lead_id))
        assert (await LeadWorkflows(client).progress(other)).lead_id == other
        await until(lambda: nothing_found(clinic))
        with pytest.raises(RPCError, match="not found"):
            await client.get_workflow_handle(workflow_id(lead_id)).signal(REFRESH_SIGNAL)


async def has_runs(client: Client, lead_id: UUID, at_least: int) -> bool:
    return len(await runs(client, lead_id)) >= at_least


async def nothing_found(clinic: Clinic) -> bool:
    return await clinic.kinds() == []


async def test_a_step_that_is_due_is_not_carried_out_any_more(clinic: Clinic, client: Client, erasing: Erasing) -> None:
    lead_id = await clinic.captured()  # its first email is due, and no worker has come yet
    await erasing.erase(lead_id, "test", clinic.clock())
    async with at_work(clinic, client):
        other = await clinic.captured()
        await until(lambda: emailed(clinic, other))
    assert await clinic.value("select count(*) from outbox where lead_id = :id", id=lead_id) == 0
    assert await runs(client, lead_id) == set()


async def emailed(clinic: Clinic, lead_id: UUID) -> bool:
    return bool(await clinic.value("select count(*) from outbox where lead_id = :id", id=lead_id))


async def test_a_workflow_that_was_started_anew_meanwhile_goes_too(
    clinic: Clinic, client: Client, erasing: Erasing
) -> None:
    lead_id = await clinic.captured()
    state = (await clinic.plan(lead_id)).model_dump(mode="json")
    await erasing.erase(lead_id, "test", clinic.clock())
    # Somebody was telling it of news while it was erased.
    await client.start_workflow(
        WORKFLOW, {"lead_id": str(lead_id), "plan": state}, id=workflow_id(lead_id), task_queue="nobody"
    )
    assert (await erasing.erase(lead_id, "test", clinic.clock())) == Erased(suppressed=0, forgotten=True)
    assert await runs(client, lead_id) == set()


class ToldMeanwhile(TemporalHistories):
    """Somebody tells the workflow of news between two looks, which starts it anew."""

    def __init__(self, client: Client, state: dict[str, Any]) -> None:
        super().__init__(client)
        self._state: dict[str, Any] | None = state

    async def _delete(self, name: str, run_id: str) -> None:
        await super()._delete(name, run_id)
        state, self._state = self._state, None
        if state is not None:
            await self._client.start_workflow(WORKFLOW, state, id=name, task_queue="nobody")


async def test_a_workflow_that_starts_while_it_is_forgotten_goes_too(
    clinic: Clinic, client: Client, engine: AsyncEngine
) -> None:
    lead_id = await clinic.captured()
    state = {"lead_id": str(lead_id), "plan": (await clinic.plan(lead_id)).model_dump(mode="json")}
    erasing = Erasing(Erasure(engine, KEY), ToldMeanwhile(client, state))
    assert (await erasing.erase(lead_id, "test", clinic.clock())).forgotten
    assert await runs(client, lead_id) == set()


async def test_a_lead_without_a_workflow_is_erased_as_well(clinic: Clinic, erasing: Erasing) -> None:
    lead_id = await clinic.captured(told=False)
    assert (await erasing.erase(lead_id, "test", clinic.clock())).forgotten


class Away:
    """A Temporal that does not answer."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def forget(self, lead_id: UUID) -> None:
        raise self._error


@pytest.mark.parametrize(
    "error", [RPCError("away", RPCStatusCode.UNAVAILABLE, b""), RuntimeError("no route"), TimeoutError()]
)
async def test_without_temporal_the_database_forgets_and_the_rest_is_done_again_later(
    clinic: Clinic, engine: AsyncEngine, erasing: Erasing, client: Client, error: Exception
) -> None:
    lead_id = await clinic.captured()
    away = Erasing(Erasure(engine, KEY), Away(error))
    assert await away.erase(lead_id, "test", clinic.clock()) == Erased(suppressed=2, forgotten=False)
    assert await clinic.value("select count(*) from leads") == 0
    assert await runs(client, lead_id)
    assert (await erasing.erase(lead_id, "test", clinic.clock())).forgotten
    assert await runs(client, lead_id) == set()


async def test_nobody_is_erased_twice_at_once(clinic: Clinic, erasing: Erasing) -> None:
    lead_id = await clinic.captured()
    erased = await asyncio.gather(*(erasing.erase(lead_id, str(uuid4()), clinic.clock()) for _ in range(3)))
    assert sorted(one.suppressed for one in erased) == [0, 0, 2]
