"""One measured round of touches, on either side."""

from dataclasses import dataclass
from typing import Any

from tests.bench.meters import Spent

PARTS = ("server", "worker", "database")


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
