"""One round of bare Temporal: workflows of timer and no-op activity, as fast as the machine can."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client

from tests.bench.bare_worker import COUNTER, QUEUE
from tests.bench.meters import Meter
from tests.bench.rounds import Beside, Load, Round
from tests.bench.stage import Program, Temporal, bare_temporal, until

_WITHIN = timedelta(minutes=15)
_WARM_UP = 20


class _Bare:
    """Bare Temporal and its worker, at work."""

    def __init__(self, temporal: Temporal, client: Client, worker: Program, counter: Path) -> None:
        self.temporal, self.client, self.worker = temporal, client, worker
        self._counter = counter

    def read(self) -> tuple[int, float]:
        """Touches so far, and when the last one was."""
        made, last = COUNTER.unpack(self._counter.read_bytes())
        return int(made), float(last)

    async def touch(self, workflow: str, load: Load, name: str) -> float:
        """Start workflows and wait for their last touch; when that was."""
        before, _ = self.read()
        some = asyncio.Semaphore(load.starts_at_once)

        async def start(number: int) -> None:
            async with some:
                await self.client.start_workflow(workflow, load.touches, id=f"{name}-{number}", task_queue=QUEUE)

        async def done() -> bool:
            self.worker.must_run()
            return self.read()[0] >= before + load.leads * load.touches

        await asyncio.gather(*(start(number) for number in range(load.leads)))
        await until(done, _WITHIN, "the last bare touch", every=0.05)
        return self.read()[1]


@asynccontextmanager
async def _bare(cached: int) -> AsyncIterator[_Bare]:
    async with bare_temporal() as temporal:
        counter = temporal.folder / "counter"
        counter.write_bytes(COUNTER.pack(0, 0.0))
        command = ["-m", "tests.bench.bare_worker", temporal.client_address, str(cached), str(counter)]
        async with temporal.program("bare-worker", command) as worker:
            client = await Client.connect(temporal.client_address)
            await temporal.polled(client, worker, QUEUE)
            yield _Bare(temporal, client, worker, counter)


async def bare_round(load: Load, beside: Beside, *, workflow: str = "BareTouches") -> Round:
    """Touches per second and their cost, from the first start to the last touch, without start-up."""
    async with _bare(load.cached) as bare:
        await bare.touch(workflow, Load(_WARM_UP, load.touches, load.cached), "warm")
        await beside.ready.wait()
        processes = bare.temporal.processes() | {"worker": bare.worker.pid}
        meter = Meter(processes).start()
        ended = await bare.touch(workflow, load, "lead")
        spent = meter.stop()
        return Round(load.leads * load.touches, ended - meter.started, spent, time.time())
