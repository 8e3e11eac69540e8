"""One measured round of touches, on either side."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.meters import Spent

PARTS = ("server", "worker", "database")
CLIENT = "client"
"""The bench itself, in a meter."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much a round carries."""

    leads: int
    touches: int
    """For each lead."""
    cached: int
    """Workflows that the worker keeps in memory."""
    starts_at_once: int = 25


@dataclass(frozen=True, slots=True)
class Round:
    """What a round saw."""

    touches: int
    seconds: float
    """From the first start to the last touch recorded."""
    spent: Spent
    ended: float
    """Seconds since the epoch."""

    @property
    def rate(self) -> float:
        """Touches per second."""
        return self.touches / self.seconds

    def as_json(self) -> dict[str, Any]:
        """For the results' file."""
        cpu = self.spent.cpu_ms_per(self.touches)
        return {
            "touches": self.touches,
            "seconds": round(self.seconds, 2),
            "touches_per_s": round(self.rate, 2),
            "cpu_ms_per_touch": {name: round(value, 2) for name, value in cpu.items()},
            "busy_cores": round(self.spent.busy_cores, 2),
            "other_cores": round(self.spent.other_cores, 2),
        }


class Beside:
    """What rounds at the same time share: they are set up one by one, and begin to be measured together."""

    def __init__(self, count: int) -> None:
        self.set_up = asyncio.Lock()
        """Alembic knows only one migration in a process."""
        self.ready = asyncio.Barrier(count)


async def side_by_side(count: int, one: Callable[[Beside], Awaitable[Round]]) -> Round:
    """So many rounds at once, each with servers and a worker of its own, as one."""
    shared = Beside(count)

    async def beside() -> Round:
        return await one(shared)

    async with asyncio.TaskGroup() as running:
        tasks = [running.create_task(beside()) for _ in range(count)]
    return together([task.result() for task in tasks])


def together(rounds: Sequence[Round]) -> Round:
    """Rounds that ran at the same time, as one: all touches, over the time of the slowest."""
    seconds = max(one.seconds for one in rounds)
    names = rounds[0].spent.cpu
    # The bench's own process stands in each of them.
    cpu = {name: sum(one.spent.cpu[name] for one in rounds) for name in names if name != CLIENT}
    if CLIENT in names:
        cpu[CLIENT] = max(one.spent.cpu[CLIENT] for one in rounds)
    longest = max(rounds, key=lambda one: one.spent.seconds).spent
    spent = Spent(longest.seconds, cpu, longest.busy_cores)
    return Round(sum(one.touches for one in rounds), seconds, spent, max(one.ended for one in rounds))
