"""What a measurement runs on: fresh embedded servers in a temporary folder, and real processes of ours beside them."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psutil
from sqlalchemy import text
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from adapters.db.access import ApiTokens
from leads.contract import EMAIL_QUEUE, WORKFLOW_QUEUE
from runtime.bootstrap import Foundation, connect_temporal, open_foundation
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.embedded.processes import ChildProcess, StopStep
from runtime.embedded.temporal import EmbeddedTemporal
from runtime.prepare import migrate_and_publish
from runtime.settings import Settings, environment, load_settings
from tests.bench.plans import bundles
from tests.sample import COLLEAGUES

ROOT = Path(__file__).parents[2]
"""Where the programs that are measured are loaded from: the checkout that this file lies in."""
READY_WITHIN = timedelta(seconds=60)
BYTE_CODE = Path(tempfile.gettempdir()) / f"follow-bench-byte-code-{os.geteuid()}"
"""Byte code of the measured programs, as an installed program has it: the workflow sandbox imports its file anew for
each run, and would compile it each time."""
_PYTHON = {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(BYTE_CODE), "PYTHONUNBUFFERED": "1"}
_STOP = (StopStep(signal.SIGTERM, timedelta(seconds=20)),)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(condition: Callable[[], Awaitable[bool]], within: timedelta, what: str, every: float = 0.1) -> None:
    """Wait for a condition.

    Raises:
        TimeoutError: it did not come true; the message says what did not happen.
    """
    deadline = time.monotonic() + within.total_seconds()
    while not await condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {within}")
        await asyncio.sleep(every)


class Program:
    """A process of ours, with its output in a file."""

    def __init__(self, name: str, command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> None:
        steering = ("FOLLOW_", "TEMPORAL_", "PYTHON")
        bare = {key: value for key, value in os.environ.items() if not key.startswith(steering)}
        self.log = folder / "logs" / f"{name}.log"
        self._child = ChildProcess(
            name,
            [sys.executable, *command],
            log=self.log,
            environment=bare | _PYTHON | dict(variables),
            folder=folder,
            stop_steps=_STOP,
        )

    @property
    def pid(self) -> int:
        assert self._child.pid is not None
        return self._child.pid

    def launch(self) -> None:
        self._child.launch()

    def stop(self) -> None:
        self._child.stop()

    def is_running(self) -> bool:
        return self._child.is_running()

    def must_run(self) -> None:
        """Raises RuntimeError, with the program's last words, when it has ended."""
        if not self._child.is_running():
            raise RuntimeError(f"{self._child.name} has ended ({self._child.ending()}): {self._child.last_words()}")


class Temporal:
    """A fresh embedded Temporal with a database file, and programs beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = EmbeddedTemporal(folder, port=free_port(), ui_port=None)

    @property
    def client_address(self) -> str:
        return self.server.address

    def processes(self) -> dict[str, int]:
        """The servers' processes, for the meter."""
        assert self.server.pid is not None
        return {"server": self.server.pid}

    @asynccontextmanager
    async def program(
        self, name: str, command: Sequence[str], variables: Mapping[str, str] | None = None
    ) -> AsyncIterator[Program]:
        """A program of ours, stopped at the end."""
        program = Program(name, command, self.folder, variables or {})
        program.launch()
        try:
            yield program
        finally:
            await asyncio.to_thread(program.stop)

    async def polled(self, client: Client, program: Program, *queues: str) -> None:
        """Wait until this very program polls the task queues."""

        async def polls(queue: str) -> bool:
            program.must_run()
            kind = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
            request = DescribeTaskQueueRequest(
                namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
            )
            found = await client.workflow_service.describe_task_queue(request)
            return any(poller.identity.startswith(f"{program.pid}@") for poller in found.pollers)

        for queue in queues:
            await until(lambda queue=queue: polls(queue), READY_WITHIN, f"polling {queue}")  # type: ignore[misc]


class Installation(Temporal):
    """Our engine on fresh embedded servers: migrated, with the bench's cadences and colleagues."""

    def __init__(self, folder: Path, postgres: EmbeddedPostgres) -> None:
        super().__init__(folder)
        self.postgres = postgres
        self.web_port = free_port()
        self.token = ""
        self.settings: Settings
        self.foundation: Foundation
        self.client: Client

    def processes(self) -> dict[str, int]:
        assert self.postgres.pid is not None
        return super().processes() | {"database": self.postgres.pid}

    def load_settings(self) -> None:
        self.settings = load_settings(
            env_file=None,
            data_dir=self.folder,
            database_url=self.postgres.url(),
            temporal_address=self.server.address,
            web_port=self.web_port,
            secret="a secret for benchmarks only",
        )

    async def prepare(self) -> None:
        """What `follow migrate` does, with the bench's cadences; and a token."""
        now = self.foundation.clock()
        await migrate_and_publish(self.settings)
        for bundle in bundles():
            await self.foundation.shelf.publish(bundle, now)
        await self.foundation.people.add(COLLEAGUES, now)
        self.token = await ApiTokens(self.foundation.engine).create("bench", now)

    @asynccontextmanager
    async def worker(self, *, cached: int | None = None, profile: Path | None = None) -> AsyncIterator[Program]:
        """`follow worker`, at work.

        Args:
            cached: how many workflows it keeps in memory; the setting's default when left out.
            profile: where to write what cProfile saw of its main thread.
        """
        settings = (
            self.settings if cached is None else self.settings.model_copy(update={"worker_max_workflows": cached})
        )
        command = ["-m", "runtime.cli", "worker"]
        if profile is not None:
            command = ["-m", "tests.bench.profiled", str(profile), *command[2:]]
        async with self.program("worker", command, environment(settings)) as worker:
            await self.polled(self.client, worker, WORKFLOW_QUEUE, EMAIL_QUEUE)
            yield worker

    @asynccontextmanager
    async def web(self) -> AsyncIterator[Program]:
        """`follow web`, answering."""
        async with self.program("web", ["-m", "runtime.cli", "web"], environment(self.settings)) as web:

            async def listens() -> bool:
                web.must_run()
                connections = psutil.Process(web.pid).net_connections("tcp")
                return any(one.status == psutil.CONN_LISTEN for one in connections)

            await until(listens, READY_WITHIN, "listening")
            yield web

    async def scalar(self, statement: str, **values: object) -> object:
        """One value from the database."""
        async with self.foundation.engine.connect() as connection:
            return await connection.scalar(text(statement), values)

    async def run(self, statement: str, **values: object) -> None:
        """One statement in a transaction of its own."""
        async with self.foundation.engine.begin() as connection:
            await connection.execute(text(statement), values)


@asynccontextmanager
async def bare_temporal() -> AsyncIterator[Temporal]:
    """Temporal and nothing else."""
    with tempfile.TemporaryDirectory(prefix="follow-bench-") as folder:
        temporal = Temporal(Path(folder))
        temporal.server.start()
        try:
            yield temporal
        finally:
            await asyncio.to_thread(temporal.server.stop)


@asynccontextmanager
async def installation(*, server_settings: Mapping[str, str] | None = None) -> AsyncIterator[Installation]:
    """Our engine's servers, durable as in production.

    Args:
        server_settings: what to set in PostgreSQL before its start, beyond our own.
    """
    with tempfile.TemporaryDirectory(prefix="follow-bench-") as folder:
        async with AsyncExitStack() as stack:
            postgres = EmbeddedPostgres(Path(folder), durable=True)
            stack.push_async_callback(asyncio.to_thread, postgres.stop)
            postgres.prepare()
            if server_settings:
                lines = [f"{name} = {value}\n" for name, value in server_settings.items()]
                with (postgres.cluster / "postgresql.conf").open("a") as configuration:
                    configuration.writelines(lines)
            postgres.launch()
            postgres.wait_until_ready()
            engine = Installation(Path(folder), postgres)
            engine.server.start()
            stack.push_async_callback(asyncio.to_thread, engine.server.stop)
            engine.load_settings()
            engine.foundation = await stack.enter_async_context(open_foundation(engine.settings))
            engine.client = await connect_temporal(engine.settings)
            await engine.prepare()
            yield engine
