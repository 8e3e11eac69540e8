"""Child processes that never outlive us unnoticed: started, watched, stopped, found again after a crash."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import psutil

from runtime.embedded.errors import StartError

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_KEPT_UP_TO = 20_000_000  # bytes; a longer log is set aside as `.1` when its process starts
SAME_INSTANT = 2.0  # seconds by which a process's start time may seem to move when the clock is set
HURRIED = timedelta(seconds=1)  # what remains of any wait once somebody is impatient
POLL = 0.05  # seconds between two looks at a process


@dataclass(frozen=True)
class Account:
    """The operating-system user that a server runs as when we are root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class StopStep:
    """One way of asking a process to stop, and how long it gets before the next, harsher one."""

    signal: signal.Signals
    within: timedelta


@dataclass(frozen=True)
class ProcessRecord:
    """What identifies a process of ours after a crash: ids are reused, start times and commands are not."""

    name: str
    pid: int
    started: float  # seconds since the epoch, as psutil says
    command: tuple[str, ...]


class ProcessRecords:
    """The file of processes that we started, so that the next start finds what a crash left running."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def add(self, name: str, pid: int, command: Sequence[str]) -> None:
        """Records a process that was just started; one that is gone already is not recorded."""
        with contextlib.suppress(psutil.NoSuchProcess), self._lock:
            started = psutil.Process(pid).create_time()
            self._write([*self._read(), ProcessRecord(name, pid, started, tuple(command))])

    def remove(self, pid: int) -> None:
        """Forgets a process that has ended."""
        with self._lock:
            self._write([record for record in self._read() if record.pid != pid])

    def stop_leftovers(self, *, within: timedelta = timedelta(seconds=15)) -> list[str]:
        """Stops the recorded processes that still run, in the order opposite to their start.

        Only a process whose id, start time and command line are all as recorded is signalled.

        Args:
            within: How long each gets to stop by itself before it is killed.

        Returns:
            The names of those that were stopped.
        """
        stopped = []
        with self._lock:
            for record in reversed(self._read()):
                process = _find(record)
                if process is not None:
                    stop_foreign(process, [StopStep(_gentle(record), within)])
                    stopped.append(record.name)
            self._write([])
        return stopped

    def _read(self) -> list[ProcessRecord]:
        try:
            rows = json.loads(self._path.read_text(encoding="utf-8"))
            return [ProcessRecord(r["name"], r["pid"], r["started"], tuple(r["command"])) for r in rows]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return []  # a torn file names nobody that we could safely signal

    def _write(self, records: list[ProcessRecord]) -> None:
        if not records:
            self._path.unlink(missing_ok=True)
            return
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps([asdict(record) for record in records]), encoding="utf-8")
        fresh.replace(self._path)


def _gentle(record: ProcessRecord) -> signal.Signals:
    # SIGTERM makes PostgreSQL wait for its clients, who may be gone for good; SIGINT is its orderly "now".
    return signal.SIGINT if Path(record.command[0]).name == "postgres" else signal.SIGTERM


def _find(record: ProcessRecord) -> psutil.Process | None:
    try:
        process = psutil.Process(record.pid)
        same_start = abs(process.create_time() - record.started) <= SAME_INSTANT
        # A suffix, because the launcher's own command line ends with the one that it is about to become.
        same_command = tuple(process.cmdline()[-len(record.command) :]) == record.command
    except psutil.Error:
        return None
    return process if same_start and same_command else None


def is_alive(process: psutil.Process) -> bool:
    """Whether the process still does anything; a zombie that nobody has collected does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def stop_foreign(process: psutil.Process, steps: Sequence[StopStep]) -> None:
    """Stops a process that is not our child (any more), by its id; kills it when no step helped."""
    for step in [*steps, StopStep(signal.SIGKILL, timedelta(seconds=5))]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(step.signal)
        if wait_until(lambda: not is_alive(process), within=step.within):
            return


def wait_until(condition: Callable[[], bool], *, within: timedelta, hurry: Callable[[], bool] = lambda: False) -> bool:
    """Waits (blocking) for a condition; returns whether it came true in time; `hurry` leaves it one second."""
    deadline = time.monotonic() + within.total_seconds()
    hurried = False
    while not condition():
        if not hurried and hurry():
            hurried = True
            deadline = min(deadline, time.monotonic() + HURRIED.total_seconds())
        if time.monotonic() >= deadline:
            return condition()
        time.sleep(POLL)
    return True


class ChildProcess:
    """One server as our child, in a session of its own (Ctrl-C reaches only us), with its output in a file.

    Linux sends it the first stop signal if we die without a word. That wish is bound to the *thread* that
    starts the child, so it is only made in the main thread.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        account: Account | None = None,
        stop_steps: Sequence[StopStep] = (StopStep(signal.SIGTERM, timedelta(seconds=10)),),
        records: ProcessRecords | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._environment = None if environment is None else dict(environment)
        self._folder = folder
        self._account = account
        self._stop_steps = list(stop_steps)
        self._records = records
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The process id, or None when it was never started."""
        return None if self._process is None else self._process.pid

    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def ending(self) -> str | None:
        """How it ended, for a person ("exit code 1", "killed by SIGKILL"); None while it runs."""
        code = None if self._process is None else self._process.poll()
        if code is None:
            return None
        if code >= 0:
            return f"exit code {code}"
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
        return f"killed by signal {-code}"

    def launch(self) -> None:
        """Starts the process and returns at once.

        Raises:
            StartError: The log cannot be written or the operating system refuses to start a process.
        """
        if self.is_running():
            return
        self._forget()
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            if self.log.exists() and self.log.stat().st_size > LOG_KEPT_UP_TO:
                self.log.replace(self.log.with_name(f"{self.log.name}.1"))
            with self.log.open("ab") as output:
                self._log_start = output.tell()
                self._process = subprocess.Popen(
                    launcher_command(self._command, self._death_signal(), self._account),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=self._environment,
                    cwd=self._folder,
                    start_new_session=True,
                )
        except OSError as error:
            raise StartError(f"{self.name} cannot be started: {error}") from error
        if self._records is not None:
            self._records.add(self.name, self._process.pid, self._command)

    def stop(self, *, hurry: Callable[[], bool] = lambda: False) -> None:
        """Stops the process and waits for its end, step by step more harshly, and faster on `hurry`."""
        process = self._process
        if process is None:
            return
        for step in self._stop_steps:
            if process.poll() is None:
                process.send_signal(step.signal)
            if wait_until(lambda: process.poll() is not None, within=step.within, hurry=hurry):
                break
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # it leads its own group: start_new_session
            process.wait()
        self._forget()

    def last_words(self) -> str:
        """The last line that it wrote since its launch, preferring PostgreSQL's FATAL; empty when silent."""
        with contextlib.suppress(OSError), self.log.open("rb") as lines:
            lines.seek(self._log_start)
            written = lines.read()[-20_000:].decode("utf-8", errors="replace").splitlines()
            said = [line.strip() for line in written if line.strip()]
            fatal = [line for line in said if "FATAL:" in line or "PANIC:" in line]
            return (fatal or said or [""])[-1]
        return ""

    def _death_signal(self) -> int:
        if threading.current_thread() is not threading.main_thread():
            return 0
        return self._stop_steps[0].signal

    def _forget(self) -> None:
        if self._process is not None and self._records is not None:
            self._records.remove(self._process.pid)


def launcher_command(command: Sequence[str], death_signal: int, account: Account | None) -> list[str]:
    """The command line that becomes `command` under that account, with that signal when we die (0: none)."""
    uid, gid = (-1, -1) if account is None else (account.uid, account.gid)
    who = [str(number) for number in (os.getpid(), death_signal, uid, gid)]
    return [sys.executable, "-I", "-S", str(LAUNCHER), *who, *command]
