"""`follow up`: starts everything in one folder, says where it is, keeps it running, and stops it cleanly."""

import asyncio
import os
import shutil
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from leads.links import CONSOLE_PATH
from runtime.addresses import HOST, with_servers
from runtime.channels import channels
from runtime.data_folder import DataFolder
from runtime.embedded.errors import StartError
from runtime.embedded.ports import refuse_taken_port
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.embedded.processes import ProcessRecords
from runtime.embedded.temporal import EmbeddedTemporal
from runtime.programs import Web, Worker
from runtime.served import note
from runtime.settings import Settings, environment, signing_secret
from runtime.supervisor import Service, Supervisor

WORKER_COMMAND = (sys.executable, "-m", "runtime.cli", "worker")
WEB_COMMAND = (sys.executable, "-m", "runtime.cli", "web")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def up(
    settings: Settings,
    *,
    prepare: Callable[[Settings], Awaitable[str | None]],
    worker_command: Sequence[str] = WORKER_COMMAND,
    web_command: Sequence[str] = WEB_COMMAND,
    console: Console | None = None,
) -> int:
    """Runs until Ctrl-C or SIGTERM; a second one hurries the stop.

    Args:
        settings: As the user gave them.
        prepare: Called once with the servers' addresses filled in, when they run and before the worker starts:
            migrations, the shipped cadences, the token. It returns where the first admin chooses a password, or None.
        worker_command: The command line of the worker.
        web_command: The command line of the web server.
        console: Where progress is shown; None: the standard output.

    Returns:
        The exit code: 0 after a stop that was asked for.

    Raises:
        StartError: It could not start; everything that was started has been stopped again.
        SettingsError: The secret in the data folder cannot be used.
    """
    screen = console or Console(highlight=False)
    house = _House(settings, prepare, worker_command, web_command, screen)
    return asyncio.run(_until_stopped(house))


async def _until_stopped(house: "_House") -> int:
    running = asyncio.create_task(house.run())
    loop = asyncio.get_running_loop()

    def stop() -> None:
        house.asked_to_stop = True
        if house.is_stopping:
            house.hurry.set()  # not cancel: that would leave the rest of the services running
        else:
            running.cancel()

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        await running
    except asyncio.CancelledError:
        if not house.asked_to_stop:
            raise
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)
    return 0


class _House:
    """One run of `follow up`."""

    def __init__(
        self,
        settings: Settings,
        prepare: Callable[[Settings], Awaitable[str | None]],
        worker_command: Sequence[str],
        web_command: Sequence[str],
        console: Console,
    ) -> None:
        self.asked_to_stop = False
        self.is_stopping = False
        self.hurry = threading.Event()
        self._asked = settings
        self._prepare = prepare
        self._welcome: str | None = None
        self._worker_command = worker_command
        self._web_command = web_command
        self._console = console
        self._folder = DataFolder(settings.data_dir)
        self._logs = self._folder.path / "logs"
        self._records = ProcessRecords(self._folder.processes)
        self._supervisor = Supervisor(self._say)

    async def run(self) -> None:
        """Starts all, watches all until it is cancelled, stops all."""
        with self._folder.held():
            await self._stop_leftovers()
            settings = with_servers(self._asked)
            self._check_ports()
            signing_secret(settings)
            note(settings, self._folder.path)
            watch = asyncio.create_task(self._supervisor.watch())
            try:
                await self._start(settings)
                self._show(settings)
                await watch
            finally:
                await self._stop(watch)

    async def _stop_leftovers(self) -> None:
        for name in await asyncio.to_thread(self._records.stop_leftovers):
            self._say(f"{name} was left by an earlier run; it is stopped")

    def _check_ports(self) -> None:
        asked = self._asked
        wanted: list[tuple[str, int, str, str | None]] = [
            (asked.web_host, asked.web_port, "FOLLOW_WEB_PORT", "FOLLOW_WEB_HOST")
        ]
        if asked.temporal_address is None:
            wanted.append((HOST, asked.temporal_port, "FOLLOW_TEMPORAL_PORT", None))
            wanted.append((HOST, asked.temporal_ui_port, "FOLLOW_TEMPORAL_UI_PORT", None))
        seen: dict[int, str] = {}
        for host, port, port_variable, host_variable in wanted:
            if port in seen:
                raise StartError(f"{seen[port]} and {port_variable} are both {port}: set one to another port")
            seen[port] = port_variable
            refuse_taken_port(host, port, port_variable, host_variable)

    async def _start(self, settings: Settings) -> None:
        for server in self._servers():
            self._say(f"starting {server.name}")
            await self._supervisor.start(server)
        self._say("preparing the database")
        self._welcome = await self._prepare(settings)
        variables = os.environ | environment(settings) | {"PYTHONUNBUFFERED": "1"}
        worker = Worker(
            self._worker_command, log=self._logs / "worker.log", environment=variables, records=self._records
        )
        web = Web(
            self._web_command,
            url=settings.local_web_url,
            log=self._logs / "web.log",
            environment=variables,
            records=self._records,
        )
        self._say("starting the worker and the web server")
        await self._supervisor.start(worker, watch_at_once=True)
        await self._supervisor.start(web)

    def _servers(self) -> list[Service]:
        servers: list[Service] = []
        if self._asked.database_url is None:
            servers.append(EmbeddedPostgres(self._folder.path, records=self._records, say=self._say))
        if self._asked.temporal_address is None:
            servers.append(
                EmbeddedTemporal(
                    self._folder.path,
                    port=self._asked.temporal_port,
                    ui_port=self._asked.temporal_ui_port,
                    namespace=self._asked.temporal_namespace,
                    records=self._records,
                )
            )
        return servers

    async def _stop(self, watch: asyncio.Task[None]) -> None:
        self.is_stopping = True
        watch.cancel()
        await asyncio.wait([watch])
        if self.asked_to_stop:
            self._say("stopping")
        await self._supervisor.stop(self.hurry)
        if self.asked_to_stop:
            self._say("stopped; the next start goes on from here")

    def _show(self, settings: Settings) -> None:
        places = {
            "Console": f"{settings.base_url}{CONSOLE_PATH}/",
            **({"First sign-in": f"{self._welcome} (works once, for a day)"} if self._welcome is not None else {}),
            "REST": f"{settings.base_url}/api, described by {settings.base_url}/api/openapi.json",
            "Temporal's UI": settings.temporal_ui_url or "(not set: FOLLOW_TEMPORAL_UI_URL)",
            "API token": str(self._folder.path / "token"),
            "Logs": str(self._logs),
            **{channel.capitalize(): provider for channel, provider in channels(settings).items()},
        }
        width = max(len(what) for what in places)
        self._console.print(Text("\nFollowthrough is running. Ctrl-C stops it.\n", style="bold green"))
        for what, where in places.items():
            # Never folded: a path or an address in two lines can be neither clicked nor copied.
            self._console.print(Text.assemble((f"  {what:<{width}}  ", "bold"), where), soft_wrap=True)
        tour = ", ".join(f"{_program()} {command}" for command in ("leads", "tasks", "outbox", "status"))
        self._console.print(Text(f"\n  In a second terminal: {tour}\n"), soft_wrap=True)

    def _say(self, line: str) -> None:
        # The clock on the wall of whoever looks at this terminal.
        now = datetime.now(UTC).astimezone()
        self._console.print(Text.assemble((f"{now:%H:%M:%S} ", "dim"), line), soft_wrap=True)


def _program() -> str:
    """How this terminal's owner calls `follow`: by its path, unless the shell finds it."""
    ours = Path(sys.executable).with_name("follow")
    if shutil.which("follow") == str(ours) or not ours.exists():
        return "follow"
    return os.path.relpath(ours) if ours.is_relative_to(Path.cwd()) else str(ours)
