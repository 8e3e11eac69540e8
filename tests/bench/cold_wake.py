"""What a cold wake costs the worker, early in a lead's life and two hundred touches later."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from statistics import median
from typing import Any, cast

from tests.bench.engine_side import capture_untold, start_workflows, touch
from tests.bench.meters import Meter, Spent
from tests.bench.options import Options
from tests.bench.plans import BURST, CYCLE, CYCLES, CYCLES_SKIPPED
from tests.bench.rounds import Load
from tests.bench.stage import Installation, Program, installation, until

_CACHED = 1
"""With leads in turns, every workflow has left the cache by its next touch."""
_WARM_UP = Load(leads=4, touches=10, cached=_CACHED)
_WITHIN = timedelta(minutes=30)
_FEWEST_SENT = """
    select coalesce(min(made), 0) from leads
    left join lateral (
        select count(*) as made from touches where touches.lead_id = leads.id and touches.state = 'sent'
    ) as counted on true
    where leads.cadence = :cadence
"""
_MADE_LONG_AGO = """
    update touches set happened_at = happened_at - interval '60 days'
    where state = 'sent' and happened_at > now() - interval '1 day'
"""


async def _all_have(engine: Installation, worker: Program, touches: int) -> None:
    async def done() -> bool:
        worker.must_run()
        return cast(int, await engine.scalar(_FEWEST_SENT, cadence=CYCLES)) >= touches

    await until(done, _WITHIN, f"touch {touches} of every lead", every=0.25)


@asynccontextmanager
async def _days_go_by(engine: Installation) -> AsyncIterator[None]:
    """Make what was sent look as if it had been long ago, or the limits of a day and a week would stop the leads."""

    async def make() -> None:
        while True:
            await engine.run(_MADE_LONG_AGO)
            await asyncio.sleep(1)

    making = asyncio.create_task(make())
    try:
        yield
    finally:
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)


async def _warmed(engine: Installation, worker: Program, name: str) -> None:
    leads = await capture_untold(engine, name, _WARM_UP.leads, BURST)
    await touch(engine, worker, leads, _WARM_UP)


async def _one_round(leads: int) -> tuple[Spent, Spent]:
    async with installation() as engine:
        chosen = await capture_untold(engine, "lead", leads, CYCLES)
        async with engine.worker(cached=_CACHED) as worker:
            await _warmed(engine, worker, "early")
            meter = Meter({"worker": worker.pid}).start()
            await start_workflows(engine, chosen, leads)
            await _all_have(engine, worker, CYCLE)
            first = meter.stop()
        async with engine.worker() as worker, _days_go_by(engine):
            await _all_have(engine, worker, CYCLE * (1 + CYCLES_SKIPPED))
        await engine.run(_MADE_LONG_AGO)
        async with engine.worker(cached=_CACHED) as worker:
            await _warmed(engine, worker, "late")
            wake = cast(
                datetime, await engine.scalar("select min(wake_at) from leads where cadence = :cadence", cadence=CYCLES)
            )
            left = wake.timestamp() - time.time()
            if left < 0:
                raise RuntimeError("the last cycle began before the cold worker was ready; give it more minutes")
            await asyncio.sleep(left)
            meter = Meter({"worker": worker.pid}).start()
            await _all_have(engine, worker, CYCLE * (2 + CYCLES_SKIPPED))
            return first, meter.stop()


async def cold_wake(options: Options) -> dict[str, Any]:
    """The worker's processor time for touches 201 to 208 and for touches 1 to 8, each in a cold cache."""
    leads = options.of(40, 4)
    rounds = []
    for _ in range(options.rounds):
        first, last = await _one_round(leads)
        early, late = (spent.cpu_ms_per(leads * CYCLE)["worker"] for spent in (first, last))
        rounds.append((early, late))
        options.say(f"worker CPU ms a cold touch: {early:.1f} for touches 1-8, {late:.1f} for touches 201-208")
    return {
        "cold_wake_ratio": median(late / early for early, late in rounds),
        "details": {
            "worker_cpu_ms_touches_1_8": round(median(early for early, _ in rounds), 2),
            "worker_cpu_ms_touches_201_208": round(median(late for _, late in rounds), 2),
            "leads": leads,
        },
    }
