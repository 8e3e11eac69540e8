"""Both sides of one lead, from the real database and a real Temporal."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from adapters.clock import wall_clock
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.engine_state import EngineStates
from adapters.temporal import connect
from cadences import commands
from leads.contract import EMAIL_QUEUE, SMS_QUEUE, WORKFLOW_QUEUE, CommandKind, workflow_id
from leads.engine import Agreement, EngineState, verdict
from tests.adapters.clinic import Clinic
from tests.adapters.dev_server import asleep, at_work, dev_server, until, with_nothing_running
from tests.clocks import SettableClock


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[WorkflowEnvironment]:
    async with dev_server() as started:
        yield started


@pytest_asyncio.fixture
async def client(server: WorkflowEnvironment) -> Client:
    return await with_nothing_running(server.client)


@pytest_asyncio.fixture
async def clinic(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, client: Client) -> Clinic:
    return Clinic(engine, cases, intake, SettableClock(datetime.now(UTC)), client)


@pytest_asyncio.fixture
async def states(engine: AsyncEngine, client: Client) -> EngineStates:
    return EngineStates(engine, client, wall_clock)


class BrokenCases:
    """A database that a worker can't reach."""

    def open(self, *_: object, **__: object) -> AbstractAsyncContextManager[None]:
        raise ConnectionRefusedError("postgresql://somewhere")


def sentence(state: EngineState | None) -> str:
    assert state is not None
    return verdict(state, lambda at: f"{at:%Y-%m-%d %H:%M} UTC").sentence


def agreement(state: EngineState | None) -> Agreement:
    assert state is not None
    return verdict(state, lambda at: f"{at:%Y-%m-%d %H:%M} UTC").agreement


# First, while the server has never seen a worker.
async def test_without_a_worker_that_is_said_and_nobody_is_asked(clinic: Clinic, states: EngineStates) -> None:
    state = await states.of(await clinic.captured())
    assert state is not None
    assert state.engine is not None
    assert (state.engine.status, state.engine.last_polled_at, state.engine.progress) == ("running", None, None)
    assert sentence(state).startswith("No worker takes the workflow's tasks")


async def test_there_is_nothing_to_say_of_a_lead_that_does_not_exist(states: EngineStates) -> None:
    assert await states.of(uuid4()) is None


async def test_a_sleeping_workflow_says_what_it_waits_for(clinic: Clinic, client: Client, states: EngineStates) -> None:
    async with at_work(clinic.engine, clinic.cases, clinic.delivery, client):
        lead_id = await asleep(clinic, client)
        state = await states.of(lead_id)
    assert state is not None
    engine, plan = state.engine, await clinic.plan(lead_id)
    assert engine is not None
    assert engine.progress is not None
    assert engine.progress.plan == plan
    assert plan.wake is not None
    described = await client.get_workflow_handle(workflow_id(lead_id)).describe()
    assert (engine.run_id, engine.started_at) == (described.run_id, described.start_time)
    assert engine.history_length >= described.history_length - 1
    assert engine.first_started_at is not None
    assert engine.last_polled_at is not None
    assert state.database.untold == ()
    assert agreement(state) is Agreement.AGREES
    assert sentence(state) == f"The engine waits for {plan.wake.summary}, {plan.wake.at:%Y-%m-%d %H:%M} UTC."


async def test_a_command_that_never_arrived_is_shown_with_its_tries(
    clinic: Clinic, client: Client, states: EngineStates
) -> None:
    async with at_work(clinic.engine, clinic.cases, clinic.delivery, client):
        lead_id = await asleep(clinic, client)
        async with clinic.cases.open(lead_id, clinic.clock()) as opened:
            until_then = clinic.clock() + timedelta(days=5)
            held = commands.hold(opened.case, until=until_then, reason="fair", by="mia", now=clinic.clock())
            plan = await opened.save(held, CommandKind.HOLD, by="mia", told={"until": until_then})
        await clinic.sql("update commands set attempts = 3, error = 'RPCError' where delivered_at is null")

        state = await states.of(lead_id)

        assert state is not None
        (untold,) = state.database.untold
        assert (untold.kind, untold.revision, untold.attempts) == ("hold", plan.revision, 3)
        assert sentence(state) == (
            f"The engine has not heard revision {plan.revision} yet: command hold is undelivered, "
            "tried 3 times, last error RPCError."
        )
        await clinic.delivery.deliver(lead_id)
        assert agreement(await states.of(lead_id)) is Agreement.AGREES


async def test_a_plan_that_nobody_is_to_tell_is_a_difference(
    clinic: Clinic, client: Client, states: EngineStates
) -> None:
    async with at_work(clinic.engine, clinic.cases, clinic.delivery, client):
        lead_id = await asleep(clinic, client)
        async with clinic.cases.open(lead_id, clinic.clock()) as opened:
            older = opened.plan.revision
            await opened.save(opened.case)
        assert f"holds revision {older} where the database has {older + 1}" in sentence(await states.of(lead_id))


async def test_a_terminated_workflow_is_missed(clinic: Clinic, client: Client, states: EngineStates) -> None:
    async with at_work(clinic.engine, clinic.cases, clinic.delivery, client):
        lead_id = await asleep(clinic, client)
        await client.get_workflow_handle(workflow_id(lead_id)).terminate()
        assert sentence(await states.of(lead_id)).startswith("No workflow runs (it was terminated), and")


async def test_a_lead_whose_start_was_never_told_has_no_workflow(clinic: Clinic, states: EngineStates) -> None:
    lead_id = await clinic.captured(told=False)
    await clinic.sql("update commands set created_at = created_at - interval '1 minute'")
    state = await states.of(lead_id)
    assert state is not None
    assert state.engine is None
    assert sentence(state) == "No workflow runs: command start is undelivered, not tried yet."


async def test_after_a_no_both_sides_have_nothing_left_to_do(
    clinic: Clinic, client: Client, states: EngineStates
) -> None:
    async with at_work(clinic.engine, clinic.cases, clinic.delivery, client):
        lead_id = await asleep(clinic, client)
        await clinic.answer(lead_id, "no")
        await client.get_workflow_handle(workflow_id(lead_id)).result()
        state = await states.of(lead_id)
    assert state is not None
    assert state.engine is not None
    assert state.engine.closed_at is not None
    assert sentence(state) == "Nothing is left for the machine to do, and no workflow runs."


async def test_a_failing_activity_is_shown_with_its_tries_its_error_and_its_next_try(
    clinic: Clinic, client: Client, states: EngineStates
) -> None:
    broken: object = BrokenCases()
    async with at_work(clinic.engine, broken, clinic.delivery, client):  # type: ignore[arg-type]
        lead_id = await clinic.captured()

        async def tried() -> bool:
            state = await states.of(lead_id)
            assert state is not None
            assert state.engine is not None
            return any(one.attempt >= 3 and one.next_try_at is not None for one in state.engine.activities)

        await until(tried)
        state = await states.of(lead_id)
    assert state is not None
    assert state.engine is not None
    (activity,) = state.engine.activities
    assert (activity.name, activity.queue, activity.has_workers) == ("send_email", EMAIL_QUEUE, True)
    assert activity.last_tried_at is not None
    assert activity.next_try_at is not None
    assert activity.next_try_at > activity.last_tried_at
    assert activity.last_failure is not None
    assert activity.last_failure.startswith("builtins.ConnectionRefusedError at line")
    assert "postgresql" not in activity.last_failure
    assert sentence(state).startswith(f"send_email failed {activity.attempt - 1} times, last with “builtins.")


async def test_a_queue_that_no_worker_polls_is_named_by_what_waits_in_it(
    clinic: Clinic, client: Client, states: EngineStates, server: WorkflowEnvironment
) -> None:
    async with dev_server() as fresh:  # the other server remembers the workers of the tests before
        alone = Clinic(clinic.engine, clinic.cases, clinic._intake, clinic.clock, fresh.client)
        queues = (WORKFLOW_QUEUE, SMS_QUEUE)
        async with at_work(clinic.engine, clinic.cases, alone.delivery, fresh.client, queues=queues):
            lead_id = await alone.captured()
            looked = EngineStates(clinic.engine, fresh.client, wall_clock)

            async def waits() -> bool:
                return sentence(await looked.of(lead_id)).startswith("send_email is due, and no worker takes it")

            await until(waits)


async def test_temporal_being_away_is_an_answer(clinic: Clinic, engine: AsyncEngine) -> None:
    lead_id = await clinic.captured()
    nowhere = await connect("127.0.0.1:1", "default", lazy=True)
    state = await EngineStates(engine, nowhere, wall_clock).of(lead_id)
    assert state is not None
    assert state.engine is None
    assert state.database.plan == await clinic.plan(lead_id)
    assert agreement(state) is Agreement.UNKNOWN
    assert sentence(state).startswith("Temporal can't be reached (")
