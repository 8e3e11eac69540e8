"""Meters: the processor time that processes used, ended children included, and how busy the machine was."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import psutil


def cpu_seconds(pid: int) -> float:
    """Processor seconds that a process and all its descendants have used so far, those that ended included.

    A PostgreSQL connection is a process of its own: what an ended one used stands in its parent's account.
    """
    return _own(psutil.Process(pid)) + sum(_own(child) for child in psutil.Process(pid).children(recursive=True))


def _own(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:  # ended just now: its parent has its account
        return 0.0
    return float(used.user + used.system + used.children_user + used.children_system)


def cores_busy(seconds: float = 1.0) -> float:
    """Cores that the whole machine keeps busy now, watched for so long (blocking)."""
    before = _machine_busy()
    time.sleep(seconds)
    return (_machine_busy() - before) / seconds


def _machine_busy() -> float:
    used = psutil.cpu_times()
    idle = used.idle + getattr(used, "iowait", 0.0) + getattr(used, "steal", 0.0)
    # Time of guests is contained in the user's.
    return float(sum(used) - idle - getattr(used, "guest", 0.0) - getattr(used, "guest_nice", 0.0))


@dataclass(frozen=True, slots=True)
class Spent:
    """What a stretch of work cost."""

    seconds: float
    """Wall clock."""
    cpu: Mapping[str, float]
    """Processor seconds by name."""
    busy_cores: float
    """Cores that the whole machine kept busy, on the mean."""

    @property
    def own_cores(self) -> float:
        """Cores that the metered processes kept busy."""
        return sum(self.cpu.values()) / self.seconds

    @property
    def other_cores(self) -> float:
        """Cores that went elsewhere: to other programs, and to the kernel's own work for ours."""
        return max(self.busy_cores - self.own_cores, 0.0)

    def cpu_ms_per(self, count: int) -> dict[str, float]:
        """Processor milliseconds for each of `count` things, by name."""
        return {name: used * 1000 / count for name, used in self.cpu.items()}


class Meter:
    """Reads the processor time of named processes, and of the bench itself as `client`, over a stretch of work."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = dict(processes)
        self._started = self._began = self._busy = 0.0
        self._before: dict[str, float] = {}

    def start(self) -> Self:
        self._before = self._read()
        self._busy, self._began, self._started = _machine_busy(), time.monotonic(), time.time()
        return self

    @property
    def started(self) -> float:
        """When it was started, in seconds since the epoch."""
        return self._started

    def stop(self) -> Spent:
        """What was spent since the start."""
        seconds = time.monotonic() - self._began
        busy = (_machine_busy() - self._busy) / seconds
        after = self._read()
        return Spent(seconds, {name: after[name] - used for name, used in self._before.items()}, busy)

    def _read(self) -> dict[str, float]:
        # The bench's children are all the others, so it counts without them.
        own = psutil.Process().cpu_times()
        return {name: cpu_seconds(pid) for name, pid in self._processes.items()} | {"client": own.user + own.system}
