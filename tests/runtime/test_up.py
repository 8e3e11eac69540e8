"""`follow up`: starts, shows, supervises and stops everything; with real servers and stand-ins for our programs."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from runtime.embedded.errors import StartError
from runtime.embedded.ports import refuse_taken_port
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.embedded.processes import ProcessRecords, is_alive, wait_until
from runtime.programs import WORKER_STOP, Web
from runtime.served import FILE, as_served
from runtime.settings import load_settings
from runtime.supervisor import Supervisor, restart_delay
from runtime.temporal_setup import is_serving

ROOT = Path(__file__).parents[2]
SOON = timedelta(seconds=40)

# What the command line does, with a preparation that counts its calls in the database.
FOLLOW_UP = """
import sys
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from runtime.embedded.errors import StartError
from runtime.settings import load_settings
from runtime.up import up

async def prepare(settings):
    engine = create_async_engine(settings.asyncpg_url)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE IF NOT EXISTS starts (address text)"))
        await connection.execute(text("INSERT INTO starts VALUES (:a)"), {"a": settings.temporal_address})
    await engine.dispose()

worker, web = ([sys.executable, "-I", "-S", "-c", program] for program in sys.argv[1:3])
try:
    sys.exit(up(load_settings(env_file=None), prepare=prepare, worker_command=worker, web_command=web))
except StartError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
"""
WORKER = """
import os, time
print("uses", os.environ["FOLLOW_TEMPORAL_ADDRESS"], os.environ["FOLLOW_DATABASE_URL"], flush=True)
time.sleep(600)
"""
WEB = """
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
http.server.HTTPServer((os.environ["FOLLOW_WEB_HOST"], int(os.environ["FOLLOW_WEB_PORT"])), Answer).serve_forever()
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class FollowUp:
    """One `follow up` as a child of the test, with its output in a file."""

    def __init__(self, folder: Path, *, worker: str = WORKER, web: str = WEB, **variables: str) -> None:
        self.folder = folder / "data"
        self.ports = [free_port(), free_port(), free_port()]
        self._variables = {
            "FOLLOW_DATA_DIR": str(self.folder),
            "FOLLOW_WEB_PORT": str(self.ports[0]),
            "FOLLOW_TEMPORAL_PORT": str(self.ports[1]),
            "FOLLOW_TEMPORAL_UI_PORT": str(self.ports[2]),
        } | variables
        self._command = [sys.executable, "-c", FOLLOW_UP, worker, web]
        self._output = folder / "output.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("FOLLOW_")}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                self._command, stdout=output, stderr=subprocess.STDOUT, env=inherited | self._variables, cwd=ROOT
            )

    def start(self) -> None:
        self.begin()
        self.wait_for("Followthrough is running")

    @property
    def output(self) -> str:
        return self._output.read_text()

    def wait_for(self, line: str, times: int = 1) -> None:
        process = self.process
        assert process is not None
        wait_until(lambda: self.output.count(line) >= times or process.poll() is not None, within=SOON)
        assert self.output.count(line) >= times, f"no {line!r} in:\n{self.output}"

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(SOON.total_seconds())

    def children(self) -> dict[str, psutil.Process]:
        assert self.process is not None
        kinds: dict[str, Callable[[list[str]], bool]] = {
            "postgres": lambda command: command[0].endswith("/postgres"),
            "temporal": lambda command: command[0].endswith("/temporal"),
            "worker": lambda command: WORKER in command,
            "web": lambda command: WEB in command,
        }
        found: dict[str, psutil.Process] = {}
        for child in psutil.Process(self.process.pid).children():
            command = child.cmdline()
            found |= {kind: child for kind, is_one in kinds.items() if command and is_one(command)}
        return found


@pytest.fixture
def follow_up(tmp_path: Path) -> Iterator[FollowUp]:
    yield (run := FollowUp(tmp_path))
    if run.process is not None and run.process.poll() is None:
        run.stop(signal.SIGTERM)


async def starts(follow_up: FollowUp) -> int:
    engine = create_async_engine(EmbeddedPostgres(follow_up.folder).url())
    try:
        async with engine.connect() as connection:
            return int((await connection.execute(text("SELECT count(*) FROM starts"))).scalar_one())
    finally:
        await engine.dispose()


async def test_everything_runs_restarts_and_stops(follow_up: FollowUp) -> None:
    follow_up.start()
    web, temporal, ui = follow_up.ports

    # It says where everything is.
    for place in (f"http://127.0.0.1:{web}/api/openapi.json", f"http://127.0.0.1:{ui}", f"{follow_up.folder}/token"):
        assert place in follow_up.output
    assert "creating the database (only the first time)" in follow_up.output
    assert await starts(follow_up) == 1

    # It says where messages go.
    assert "local outbox (no FOLLOW_SENDGRID_API_KEY: nothing is sent)" in follow_up.output
    assert "local outbox (no FOLLOW_TWILIO_ACCOUNT_SID: nothing is sent)" in follow_up.output
    assert (follow_up.folder / "secret").stat().st_mode & 0o777 == 0o600

    # Our programs use the servers that were started.
    url = EmbeddedPostgres(follow_up.folder).url()
    assert f"uses 127.0.0.1:{temporal} {url}" in (follow_up.folder / "logs" / "worker.log").read_text()

    # Commands in a terminal without these settings find them, too.
    there = as_served(load_settings(env_file=None, data_dir=follow_up.folder))
    assert (there.web_port, there.temporal_port, there.temporal_ui_port) == (web, temporal, ui)

    # A second one in the same folder is told about the first.
    assert follow_up.process is not None
    second = FollowUp(follow_up.folder.parent / "second", FOLLOW_DATA_DIR=str(follow_up.folder))
    second.folder.parent.mkdir()
    second.begin()
    assert second.process is not None
    assert second.process.wait(SOON.total_seconds()) == 1
    assert second.output.count("\n") == 1
    assert f"already runs in {follow_up.folder} (process {follow_up.process.pid})" in second.output

    # Whatever is killed comes back.
    before = follow_up.children()
    assert before.keys() == {"postgres", "temporal", "worker", "web"}
    for child in before.values():
        child.kill()
    for name in ("PostgreSQL", "Temporal", "the worker", "the web server"):
        follow_up.wait_for(f"{name} stopped (killed by SIGKILL); starting it again in 0.5 s")
        follow_up.wait_for(f"{name} was started again")
    assert wait_until(lambda: follow_up.children().keys() == before.keys(), within=SOON)
    after = follow_up.children()
    assert not {child.pid for child in after.values()} & {child.pid for child in before.values()}
    async with asyncio.timeout(SOON.total_seconds()):
        while True:
            try:
                assert await starts(follow_up) == 1
                break
            except (OSError, DBAPIError):  # it is still coming up
                await asyncio.sleep(0.1)
        while not await is_serving(f"127.0.0.1:{temporal}", "default"):
            await asyncio.sleep(0.1)

    # Ctrl-C stops all of it, and nothing is left.
    assert follow_up.stop() == 0
    assert "stopped; the next start goes on from here" in follow_up.output
    assert "Traceback" not in follow_up.output
    assert not any(is_alive(child) for child in after.values())
    assert not (follow_up.folder / "processes.json").exists()
    assert not (follow_up.folder / FILE).exists()

    # The next start goes on.
    follow_up.start()
    assert await starts(follow_up) == 2
    assert "creating the database" not in follow_up.output
    assert follow_up.stop(signal.SIGTERM) == 0


async def test_the_next_start_goes_on_after_kill_9_of_everything(follow_up: FollowUp) -> None:
    follow_up.start()
    assert follow_up.process is not None
    left = list(follow_up.children().values())
    # Frozen, they cannot follow their parent: the worst that a crash can leave. The next start waits for them.
    for child in left:
        child.suspend()
    follow_up.process.kill()
    follow_up.process.wait()
    follow_up.begin()
    holder, its_id = follow_up.folder / "pid", f"{follow_up.process.pid}\n"
    assert wait_until(lambda: holder.read_text() == its_id, within=SOON)
    await asyncio.sleep(0.5)
    for child in left:
        with suppress(psutil.NoSuchProcess):  # On a slow machine it was stopped by force by now.
            child.resume()
    follow_up.wait_for("Followthrough is running")
    assert not any(is_alive(child) for child in left)
    # Whichever it finds first; the others may have followed their parent by themselves meanwhile.
    assert "was left by an earlier run; it is stopped" in follow_up.output
    assert await starts(follow_up) == 2
    assert follow_up.stop() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_kill_9_of_follow_up_alone_takes_its_children_along(follow_up: FollowUp) -> None:
    follow_up.start()
    assert follow_up.process is not None
    children = list(follow_up.children().values())
    assert len(children) == 4
    follow_up.process.kill()
    follow_up.process.wait()
    assert wait_until(lambda: not any(is_alive(child) for child in children), within=SOON)


@pytest.mark.parametrize("variable", ["FOLLOW_WEB_PORT", "FOLLOW_TEMPORAL_PORT", "FOLLOW_TEMPORAL_UI_PORT"])
def test_a_taken_port_is_one_clear_line_and_nothing_is_started(tmp_path: Path, variable: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        follow_up = FollowUp(tmp_path, **{variable: str(port)})
        follow_up.begin()
        assert follow_up.process is not None
        assert follow_up.process.wait(SOON.total_seconds()) == 1
    assert follow_up.output == f"port {port} on 127.0.0.1 is taken: stop what uses it, or set {variable} to another\n"
    assert not (follow_up.folder / "postgres").exists()


def test_the_same_port_twice_is_one_clear_line(tmp_path: Path) -> None:
    port = str(free_port())
    follow_up = FollowUp(tmp_path, FOLLOW_WEB_PORT=port, FOLLOW_TEMPORAL_UI_PORT=port)
    follow_up.begin()
    assert follow_up.process is not None
    assert follow_up.process.wait(SOON.total_seconds()) == 1
    assert follow_up.output.startswith(f"FOLLOW_WEB_PORT and FOLLOW_TEMPORAL_UI_PORT are both {port}")


def test_a_web_server_that_ends_while_it_starts_stops_everything(tmp_path: Path) -> None:
    follow_up = FollowUp(tmp_path, web="import sys; print('no such table: leads'); sys.exit(2)")
    follow_up.begin()
    assert follow_up.process is not None
    assert follow_up.process.wait(SOON.total_seconds()) == 1
    last = follow_up.output.splitlines()[-1]
    log = follow_up.folder / "logs" / "web.log"
    assert last == f"the web server did not start (exit code 2): no such table: leads; see {log}"
    assert "Traceback" not in follow_up.output
    assert not (follow_up.folder / "processes.json").exists()


def test_ctrl_c_while_it_starts_stops_everything(tmp_path: Path) -> None:
    follow_up = FollowUp(tmp_path, web="import time; time.sleep(600)")
    follow_up.begin()
    follow_up.wait_for("starting the worker and the web server")
    assert follow_up.stop() == 0
    assert "Traceback" not in follow_up.output
    assert not (follow_up.folder / "processes.json").exists()


def test_a_host_that_is_not_ours_and_a_low_port_name_their_variables() -> None:
    with pytest.raises(StartError, match=r"nothing can listen on 192\.0\.2\.1 \(set FOLLOW_WEB_HOST\)"):
        refuse_taken_port("192.0.2.1", 8000, "FOLLOW_WEB_PORT", "FOLLOW_WEB_HOST")
    refuse_taken_port("127.0.0.1", free_port(), "FOLLOW_WEB_PORT")


def test_pauses_between_restarts_grow_to_half_a_minute() -> None:
    delays = [restart_delay(failures).total_seconds() for failures in range(1, 9)]
    assert delays == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert restart_delay(10_000) == timedelta(seconds=30)


class Recorded:
    """A service that only writes down what is asked of it."""

    def __init__(self, name: str, happened: list[str]) -> None:
        self.name = name
        self._happened = happened
        self.running = False
        self.refuses = False

    def prepare(self) -> None:
        if self.refuses:
            raise StartError("its port is taken")

    def launch(self) -> None:
        self.running = True
        self._happened.append(f"{self.name} launched")

    def wait_until_ready(self) -> None:
        self._happened.append(f"{self.name} ready")

    def stop(self, *, hurry: Callable[[], bool]) -> None:
        self.running = False
        self._happened.append(f"{self.name} stopped")
        if self.name == "web":
            raise RuntimeError("it does not matter")

    def is_running(self) -> bool:
        return self.running

    def ending(self) -> str | None:
        return None if self.running else "exit code 1"


async def test_services_stop_in_the_opposite_order_even_when_one_fails() -> None:
    happened: list[str] = []
    supervisor = Supervisor(happened.append)
    for name in ("postgres", "temporal", "web"):
        await supervisor.start(Recorded(name, happened))
    happened.clear()
    with pytest.raises(RuntimeError):
        await supervisor.stop(threading.Event())
    assert happened == ["web stopped", "temporal stopped", "postgres stopped"]


async def test_a_service_that_cannot_come_back_is_tried_again_later() -> None:
    happened: list[str] = []
    supervisor = Supervisor(happened.append)
    service = Recorded("worker", happened)
    await supervisor.start(service)
    service.running, service.refuses = False, True
    watch = asyncio.create_task(supervisor.watch())
    async with asyncio.timeout(20):
        while not any("cannot be started again" in line for line in happened):
            await asyncio.sleep(0.05)
        service.refuses = False
        while "worker was started again" not in happened:
            await asyncio.sleep(0.05)
    watch.cancel()
    await asyncio.wait([watch])
    assert happened[2:] == [
        "worker stopped (exit code 1); starting it again in 0.5 s",
        "worker cannot be started again: its port is taken; starting it again in 1 s",
        "worker launched",
        "worker was started again",
    ]


def test_a_second_ctrl_c_hurries_the_stop(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    follow_up = FollowUp(tmp_path, worker=deaf)
    follow_up.start()
    worker_log = follow_up.folder / "logs" / "worker.log"
    assert wait_until(lambda: "deaf" in worker_log.read_text(), within=SOON)
    assert follow_up.process is not None
    began = time.monotonic()
    follow_up.process.send_signal(signal.SIGINT)
    follow_up.wait_for("stopping")
    assert follow_up.stop() == 0
    assert time.monotonic() - began < WORKER_STOP[0].within.total_seconds() / 2
    assert not (follow_up.folder / "processes.json").exists()


def test_a_web_server_that_never_gets_ready_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.programs.WEB_READY_WITHIN", timedelta(seconds=1))
    port = free_port()
    not_ready = WEB.replace("200 if", "503 if").replace(
        "end_headers()", "end_headers(); self.wfile.write(b'no worker')"
    )
    web = Web(
        [sys.executable, "-I", "-S", "-c", not_ready],
        url=f"http://127.0.0.1:{port}",
        log=tmp_path / "web.log",
        environment=os.environ | {"FOLLOW_WEB_HOST": "127.0.0.1", "FOLLOW_WEB_PORT": str(port)},
        records=ProcessRecords(tmp_path / "processes.json"),
    )
    web.launch()
    with pytest.raises(StartError, match=r"was not ready after 1 s \(/readyz says 503 no worker\); see .*web\.log"):
        web.wait_until_ready()
    web.stop()
