"""How fast experiments are counted, and best times learnt, with 200,000 leads and 2,000,000 touches."""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.contact_times import ContactTimesBook
from cadences.bundle import CadenceBundle
from tests.bench.http_client import Connection
from tests.bench.measured_business import fill
from tests.bench.options import Options
from tests.bench.quantiles import quantile
from tests.bench.stage import installation

_WARM_UP = 2
_SCANS = 5
_CADENCE = CadenceBundle(
    "trying",
    "cadence: trying\nabout: ''\non_silence: {return_to: owner}\nsteps:\n"
    "  - {id: step-1, email: a, variants: {b: b}}\n"
    "  - {id: step-3, email: a, variants: {b: b}, after: 1 day}\n",
    {f"email/{name}.md": f"---\nsubject: {name}\n---\n{name}" for name in "ab"},
)
"""Each lead is in both experiments; the touches of the business are variants in these two steps."""
_VERSIONS = text(
    "update cadence_versions set name = :name, source = :source, templates = cast(:templates as jsonb)"
    " where source = ''"  # Those of the business, which are published for their names only.
)
_ENROLLMENTS = text("update enrollments set cadence = :name where cadence <> :name")
_PHONES = text("""
insert into contact_points (lead_id, kind, value, created_at)
select id, 'phone', '+1' || (array['212','312','415','206','305','617'])[1 + abs(hashtext(id::text)) % 6]
  || 2000000 + row_number() over (order by id), created_at from leads
""")


async def experiments(options: Options) -> dict[str, Any]:
    """Milliseconds of `GET /api/experiments` and of learning, beside those of a plain count of all touches."""
    leads = options.of(200_000, 2_000)
    async with installation() as engine, engine.web():
        database, now = engine.foundation.engine, engine.foundation.clock()
        filled = await fill(database, leads, now, options)
        await _try_variants(database)
        book = ContactTimesBook(database, engine.foundation.company)
        async with Connection(engine.web_port, engine.token) as connection:

            async def report() -> None:
                answer = await connection.get("/api/experiments?cadence=trying")
                if answer.status != 200:
                    raise RuntimeError(f"the experiments were answered with {answer.status}: {answer.body!r}")

            took = {
                "experiments": await _times(report, options.of(40, 3)),
                "learning": await _times(lambda: book.learn(now), options.of(10, 3)),
            }
        scan_ms = await _scan_ms(database)
    counted = {name: _quantiles(values, scan_ms) for name, values in took.items()}
    for name, one in counted.items():
        options.say(f"{name}: {one['p50_ms']} ms (p50), {one['p95_ms']} ms (p95), {one['p50_of_scan']} of a scan")
    return {
        "experiments_p95_ms": counted["experiments"]["p95_ms"],
        "details": {"counted": counted, "count_of_touches_ms": round(scan_ms, 1), "database": filled},
    }


async def _try_variants(engine: AsyncEngine) -> None:
    """Put all leads into the two experiments, and give them phones, from which their clocks follow."""
    values = {"name": _CADENCE.name, "source": _CADENCE.text, "templates": json.dumps(dict(_CADENCE.templates))}
    async with engine.begin() as connection:
        await connection.execute(_VERSIONS, values)
        await connection.execute(_ENROLLMENTS, {"name": _CADENCE.name})
        await connection.execute(_PHONES)
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("vacuum analyze enrollments, contact_points, cadence_versions"))


async def _times(ask: Callable[[], Awaitable[Any]], times: int) -> list[float]:
    """Milliseconds each time, one after another."""
    took = []
    for number in range(_WARM_UP + times):
        begun = time.monotonic()
        await ask()
        if number >= _WARM_UP:
            took.append((time.monotonic() - begun) * 1000)
    return took


async def _scan_ms(engine: AsyncEngine) -> float:
    """Milliseconds of one process that counts all touches by reading the whole table: the median."""
    async with engine.connect() as connection:
        for setting in ("enable_indexonlyscan", "enable_indexscan", "enable_bitmapscan"):
            await connection.execute(text(f"set local {setting} = off"))
        await connection.execute(text("set local max_parallel_workers_per_gather = 0"))
        return quantile(await _times(lambda: connection.execute(text("select count(*) from touches")), _SCANS), 0.5)


def _quantiles(took: list[float], scan_ms: float) -> dict[str, float]:
    p50, p95 = quantile(took, 0.5), quantile(took, 0.95)
    return {"p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "p50_of_scan": round(p50 / scan_ms, 2)}
