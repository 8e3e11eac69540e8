"""The trigger, pulled in real processes: it stops the one that reaches the armed point, and no other."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.faults.processes import ROOT
from tests.faults.trigger import Shot, Trigger

_REACHES = """
import sys
from pathlib import Path
from tests.faults.trigger import Trigger
trigger = Trigger(Path(sys.argv[1]))
for point in sys.argv[2:]:
    trigger.reached(point)
    print(point, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trigger"


def _started(path: Path, *points: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _REACHES, str(path), *points]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _run(path: Path, *points: str) -> tuple[int, list[str]]:
    process = _started(path, *points)
    said, _ = process.communicate(timeout=30)
    return process.returncode, said.split()


def test_an_idle_trigger_stops_nobody(path: Path) -> None:
    Trigger(path).arm()
    assert _run(path, "a", "b") == (0, ["a", "b"])


def test_the_process_that_reaches_the_armed_point_is_killed_there_once(path: Path) -> None:
    trigger = Trigger(path)
    trigger.arm(Shot("b"))
    assert _run(path, "a", "b", "c") == (-signal.SIGKILL, ["a"])
    assert [point for point, _ in trigger.fired] == ["b"]
    assert _run(path, "a", "b", "c") == (0, ["a", "b", "c"])


def test_a_point_may_be_passed_by_before_the_shot(path: Path) -> None:
    Trigger(path).arm(Shot("a", passes=2))
    assert _run(path, "a", "a", "a", "a") == (-signal.SIGKILL, ["a", "a"])


def test_the_next_shot_is_armed_by_the_one_before(path: Path) -> None:
    trigger = Trigger(path)
    trigger.arm(Shot("a"), Shot("b"))
    assert _run(path, "b", "a") == (-signal.SIGKILL, ["b"])
    assert _run(path, "a", "b") == (-signal.SIGKILL, ["a"])
    assert [point for point, _ in trigger.fired] == ["a", "b"]


def test_a_disarmed_trigger_stops_nobody(path: Path) -> None:
    trigger = Trigger(path)
    trigger.arm(Shot("a"))
    trigger.disarm()
    assert _run(path, "a") == (0, ["a"])


def test_a_process_that_stands_still_goes_on_later(path: Path) -> None:
    trigger = Trigger(path)
    trigger.arm(Shot("a", stops=True))
    process = _started(path, "a", "b")
    while not trigger.fired or psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:
        assert process.poll() is None
    process.send_signal(signal.SIGCONT)
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, said.split()) == (0, ["a", "b"])
