"""Captures leads over REST as fast as the server takes them, in a process of its own.

`python -m tests.bench.capture_client PORT SECONDS CONNECTIONS`, with the token in BENCH_TOKEN; prints a line of JSON.
"""

import asyncio
import itertools
import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psutil

from tests.bench.http_client import Connection
from tests.bench.people import web_form
from tests.bench.quantiles import quantile

ANSWERS_WITHIN = 30.0


@dataclass
class Seen:
    """What the client saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    """Seconds for each answer."""


async def _send(port: int, token: str, until: float, numbers: "itertools.count[int]", seen: Seen) -> None:
    async with Connection(port, token) as connection:
        while (asked := time.monotonic()) < until:
            form = web_form("capture", next(numbers))
            answer = await asyncio.wait_for(connection.post("/api/leads", form), ANSWERS_WITHIN)
            seen.statuses[answer.status] += 1
            seen.took.append(time.monotonic() - asked)


async def main(port: int, seconds: float, connections: int) -> dict[str, Any]:
    """Capture for so long, and say what became of it."""
    seen, numbers, token = Seen(), itertools.count(), os.environ["BENCH_TOKEN"]
    began = time.monotonic()
    await asyncio.gather(*(_send(port, token, began + seconds, numbers, seen) for _ in range(connections)))
    took = time.monotonic() - began
    used = psutil.Process().cpu_times()
    return {
        "seconds": took,
        "statuses": {str(status): count for status, count in seen.statuses.items()},
        "p50_s": quantile(seen.took, 0.5),
        "p95_s": quantile(seen.took, 0.95),
        "max_s": max(seen.took),
        "cpu_s": used.user + used.system,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))) + "\n")
