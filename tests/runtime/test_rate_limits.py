"""The provider's rate: what the settings say reaches the task queues, and the server holds all workers to it."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from leads.contract import EMAIL_QUEUE, SMS_QUEUE, WORKFLOW_QUEUE
from runtime.bootstrap import Activities, StaffActivities
from runtime.embedded.temporal import EmbeddedTemporal
from runtime.worker import workers
from tests.runtime.test_embedded_temporal import free_port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTemporal]:
    server = EmbeddedTemporal(tmp_path_factory.mktemp("temporal"), port=free_port(), ui_port=None, in_memory=True)
    server.start()
    yield server
    server.stop()


class Anything:
    """In place of the wired activities, of which only the names matter here."""

    def __getattr__(self, name: str) -> Any:
        @activity.defn(name=f"{name}_{uuid4().hex}")
        async def nothing() -> None: ...

        return Group() if name in {*Activities.__dataclass_fields__, *StaffActivities.__dataclass_fields__} else nothing


class Group(Anything):
    """One of them."""


async def test_the_rates_of_the_settings_reach_the_queues_of_their_channels(server: EmbeddedTemporal) -> None:
    client = await Client.connect(server.address)
    made = workers(client, Anything(), emails_per_second=7.5, texts_per_second=2)  # type: ignore[arg-type]
    rates = {one.task_queue: one.config()["max_task_queue_activities_per_second"] for one in made}  # type: ignore[typeddict-item]
    assert rates == {WORKFLOW_QUEUE: None, EMAIL_QUEUE: 7.5, SMS_QUEUE: 2}


@workflow.defn
class Burst:
    """Many sends that are due at once."""

    @workflow.run
    async def run(self, number: int) -> None:
        await asyncio.gather(
            *(workflow.execute_activity("note", start_to_close_timeout=timedelta(seconds=30)) for _ in range(number))
        )


async def test_two_workers_together_keep_to_one_rate(server: EmbeddedTemporal) -> None:
    # Workers of two programs: each has a connection of its own.
    client, other = await Client.connect(server.address), await Client.connect(server.address)
    queue, at = f"burst-{uuid4().hex}", list[float]()

    @activity.defn
    async def note() -> None:
        at.append(time.monotonic())

    def worker(client: Client) -> Worker:
        return Worker(
            client,
            task_queue=queue,
            workflows=[Burst],
            activities=[note],
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_task_queue_activities_per_second=5,
            # What begins without the queue is not counted by it.
            disable_eager_activity_execution=True,
        )

    async with worker(client), worker(other):
        await client.execute_workflow(Burst.run, 20, id=queue, task_queue=queue)
    # Five may go at once, and five each second after that; two workers on their own would take half the time.
    assert len(at) == 20
    assert max(at) - min(at) > 2
