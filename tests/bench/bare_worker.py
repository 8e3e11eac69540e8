"""The worker of bare Temporal, a program: `python -m tests.bench.bare_worker ADDRESS CACHED COUNTER`.

COUNTER is a file of two numbers that the program keeps up to date: touches made (unsigned, eight bytes) and when the
last one was (seconds since the epoch, a double).
"""

import asyncio
import mmap
import signal
import struct
import sys
import time
from pathlib import Path

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from tests.bench.bare_workflows import BareColdTouches, BareTouches

QUEUE = "bench-bare"
COUNTER = struct.Struct("<Qd")


class Touches:
    """The activity that does nothing, counted."""

    def __init__(self, counter: mmap.mmap) -> None:
        self._counter = counter
        self._made = 0

    @activity.defn
    async def touch(self) -> None:
        """One touch."""
        self._made += 1
        self._counter[: COUNTER.size] = COUNTER.pack(self._made, time.time())


async def main(address: str, cached: int, counter: Path) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with counter.open("r+b") as file, mmap.mmap(file.fileno(), COUNTER.size) as shared:
        worker = Worker(
            await Client.connect(address),
            task_queue=QUEUE,
            workflows=[BareTouches, BareColdTouches],
            activities=[Touches(shared).touch],
            max_cached_workflows=cached,
            # Without the sandbox, as our own worker in production: the faster of the two for both sides.
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_concurrent_workflow_tasks=100,
            max_concurrent_activities=100,
            max_concurrent_workflow_task_polls=10,
            max_concurrent_activity_task_polls=10,
        )
        async with worker:
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
    time.sleep(0.2)  # the SDK's core sometimes aborts while the interpreter tears down (sdk-python issue 300)
