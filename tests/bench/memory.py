"""What a lead occupies: memory of the worker that has it cached, and bytes in both databases."""

import asyncio
import sqlite3
from datetime import timedelta
from statistics import median
from typing import Any, cast

import psutil

from tests.bench.engine_side import capture_untold, sent, start_workflows
from tests.bench.meters import cpu_seconds
from tests.bench.options import Options
from tests.bench.plans import SLEEP
from tests.bench.stage import Installation, Program, installation, until

_CACHED = 5000
_WARM_UP = 200
"""So many leads fill the worker's pools and caches first; with fewer, their growth would be taken for the leads'."""
_IDLE = 0.15
"""Share of a core below which the worker has nothing to do."""
_TABLES = """
    select coalesce(sum(pg_total_relation_size(relid)), 0)::bigint from pg_statio_user_tables
"""


async def _asleep(engine: Installation, worker: Program, touches: int) -> None:
    """Wait until so many leads have their email and the worker has nothing to do."""

    async def sent_all() -> bool:
        worker.must_run()
        return await sent(engine) >= touches

    async def idle() -> bool:
        before = cpu_seconds(worker.pid)
        await asyncio.sleep(2)
        return (cpu_seconds(worker.pid) - before) / 2 < _IDLE

    await until(sent_all, timedelta(minutes=10), "the email of every lead", every=0.5)
    await until(idle, timedelta(minutes=2), "the worker's rest")


def _temporal_bytes(engine: Installation) -> int:
    """What the embedded Temporal's database keeps, without what it has only reserved."""
    with sqlite3.connect(f"file:{engine.folder / 'temporal.db'}?mode=ro", uri=True) as connection:
        read = {
            name: int(connection.execute(f"pragma {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        }
    return (read["page_count"] - read["freelist_count"]) * read["page_size"]


async def _sizes(engine: Installation, worker: Program) -> dict[str, int]:
    await engine.run("analyze")
    return {
        "worker": psutil.Process(worker.pid).memory_info().rss,
        "temporal server": psutil.Process(engine.processes()["server"]).memory_info().rss,
        "database": cast(int, await engine.scalar(_TABLES)),
        "temporal database": _temporal_bytes(engine),
    }


async def _one_round(leads: int, warm_up: int) -> dict[str, float]:
    """Growth in bytes for each sleeping lead."""
    async with installation() as engine, engine.worker(cached=_CACHED) as worker:
        first = await capture_untold(engine, "early", warm_up, SLEEP)
        await start_workflows(engine, first, 25)
        await _asleep(engine, worker, warm_up)
        before = await _sizes(engine, worker)
        chosen = await capture_untold(engine, "lead", leads, SLEEP)
        await start_workflows(engine, chosen, 25)
        await _asleep(engine, worker, warm_up + leads)
        after = await _sizes(engine, worker)
        return {name: (after[name] - before[name]) / leads for name in before}


async def memory(options: Options) -> dict[str, Any]:
    """KiB of the worker for each lead that it has cached, asleep after its first email."""
    leads = options.of(600, 100)
    rounds = []
    for _ in range(options.rounds):
        grown = await _one_round(leads, _WARM_UP)
        rounds.append(grown)
        options.say("bytes a sleeping lead: " + ", ".join(f"{name} {size:,.0f}" for name, size in grown.items()))
    medians = {name: median(one[name] for one in rounds) for name in rounds[0]}
    return {
        "kib_per_lead": medians["worker"] / 1024,
        "details": {
            "leads": leads,
            "worker_bytes": round(medians["worker"]),
            "temporal_server_bytes": round(medians["temporal server"]),
            "postgres_bytes_per_sleeping_lead": round(medians["database"]),
            "temporal_bytes_per_sleeping_lead": round(medians["temporal database"]),
            "rounds_kib": [round(one["worker"] / 1024, 1) for one in rounds],
        },
    }
