"""Child processes: die with their parent, are stopped step by step, and are found again after a crash."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from runtime.embedded.errors import StartError
from runtime.embedded.processes import ChildProcess, ProcessRecords, StopStep, wait_until

SOON = timedelta(seconds=10)
SLEEPER = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-I",
    "-S",
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


@pytest.fixture
def stray() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is not ours."""
    process = subprocess.Popen(SLEEPER)
    yield process
    process.kill()
    process.wait()


def test_it_tells_how_it_ended_and_what_it_said_last(tmp_path: Path) -> None:
    program = "import sys; print('first'); print('the disk is full'); sys.exit(3)"
    child = ChildProcess("it", [sys.executable, "-c", program], log=tmp_path / "logs" / "it.log")
    assert (child.is_running(), child.ending(), child.pid) == (False, None, None)
    child.launch()
    assert wait_until(lambda: not child.is_running(), within=SOON)
    assert child.ending() == "exit code 3"
    assert child.last_words() == "the disk is full"
    child.stop()


def test_it_stops_when_asked_and_is_killed_when_deaf(tmp_path: Path) -> None:
    steps = [StopStep(signal.SIGTERM, timedelta(milliseconds=200))]
    willing = ChildProcess("willing", SLEEPER, log=tmp_path / "willing.log", stop_steps=steps)
    deaf = ChildProcess("deaf", STUBBORN, log=tmp_path / "deaf.log", stop_steps=steps)
    willing.launch()
    deaf.launch()
    assert wait_until(lambda: deaf.last_words() == "deaf", within=SOON)
    willing.stop()
    deaf.stop()
    assert (willing.ending(), deaf.ending()) == ("killed by SIGTERM", "killed by SIGKILL")


def test_hurry_cuts_a_long_wait_short(tmp_path: Path) -> None:
    steps = [StopStep(signal.SIGTERM, timedelta(minutes=5))]
    deaf = ChildProcess("deaf", STUBBORN, log=tmp_path / "deaf.log", stop_steps=steps)
    deaf.launch()
    assert wait_until(lambda: deaf.last_words() == "deaf", within=SOON)
    began = time.monotonic()
    deaf.stop(hurry=lambda: True)
    assert time.monotonic() - began < 5


def test_a_log_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "logs").touch()
    with pytest.raises(StartError, match="it cannot be started"):
        ChildProcess("it", SLEEPER, log=tmp_path / "logs" / "it.log").launch()


def test_a_long_log_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.embedded.processes.LOG_KEPT_UP_TO", 10)
    log = tmp_path / "it.log"
    log.write_text("a line that is longer than that\n")
    child = ChildProcess("it", SLEEPER, log=log)
    child.launch()
    child.stop()
    assert (tmp_path / "it.log.1").exists()
    assert log.read_text() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    program = f"""
import sys, time
from pathlib import Path
from runtime.embedded.processes import ChildProcess
child = ChildProcess("child", {SLEEPER!r}, log=Path({str(tmp_path)!r}) / "child.log")
child.launch()
print(child.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert wait_until(lambda: child.cmdline() == SLEEPER, within=SOON)
        parent.kill()
    with contextlib.suppress(psutil.NoSuchProcess):
        child.wait(timeout=SOON.total_seconds())
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_process_that_a_crash_left_is_stopped_by_its_record(tmp_path: Path) -> None:
    records = ProcessRecords(tmp_path / "processes.json")
    child = ChildProcess("the worker", SLEEPER, log=tmp_path / "it.log", records=records)
    child.launch()
    assert ProcessRecords(tmp_path / "processes.json").stop_leftovers(within=SOON) == ["the worker"]
    assert not child.is_running()
    assert not (tmp_path / "processes.json").exists()


def test_a_stopped_process_leaves_no_record(tmp_path: Path) -> None:
    records = ProcessRecords(tmp_path / "processes.json")
    child = ChildProcess("it", SLEEPER, log=tmp_path / "it.log", records=records)
    child.launch()
    assert [row["pid"] for row in json.loads((tmp_path / "processes.json").read_text())] == [child.pid]
    child.stop()
    assert records.stop_leftovers() == []
    assert not (tmp_path / "processes.json").exists()


@pytest.mark.parametrize("wrong", ["started", "command"])
def test_a_stranger_with_the_same_id_is_never_touched(
    tmp_path: Path, stray: subprocess.Popen[bytes], wrong: str
) -> None:
    process = psutil.Process(stray.pid)
    assert wait_until(lambda: process.cmdline() == SLEEPER, within=SOON)
    row = {"name": "it", "pid": stray.pid, "started": process.create_time(), "command": SLEEPER}
    row |= {"started": process.create_time() - 60} if wrong == "started" else {"command": ["postgres", "-D", "x"]}
    (tmp_path / "processes.json").write_text(json.dumps([row]))
    assert ProcessRecords(tmp_path / "processes.json").stop_leftovers() == []
    assert stray.poll() is None


@pytest.mark.parametrize("torn", ["", "[{", '[{"pid": 1}]', "{}", "null"])
def test_a_torn_record_names_nobody(tmp_path: Path, torn: str) -> None:
    (tmp_path / "processes.json").write_text(torn)
    assert ProcessRecords(tmp_path / "processes.json").stop_leftovers() == []


def test_a_record_of_a_dead_process_is_forgotten(tmp_path: Path) -> None:
    dead = subprocess.Popen(SLEEPER)
    dead.kill()
    dead.wait()
    records = ProcessRecords(tmp_path / "processes.json")
    records.add("it", dead.pid, SLEEPER)
    assert not (tmp_path / "processes.json").exists()
    assert os.getpid() != dead.pid
