"""How fast reports are with 200,000 leads and 2,000,000 touches: of the last twelve weeks, and of all three years."""

import time
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import text

from adapters.db.reports.reports import Reports
from tests.bench.http_client import Connection
from tests.bench.measured_business import WEEKS, fill
from tests.bench.options import Options
from tests.bench.quantiles import quantile
from tests.bench.stage import Installation, installation

_WARM_UP = 2
_SCANS = 5
_RECENT = {
    "figures": "/api/reports/figures",
    "figures by source": "/api/reports/figures?group=source",
    "response times": "/api/reports/response-times?group=rep",
    "steps": "/api/reports/steps",
    "costs": "/api/reports/costs",
    "lead map": "/api/lead-map",
    "leads behind a figure": "/api/reports/leads?figure=late",
    "leads behind a step": "/api/reports/leads?figure=yes&step=step-5",
}
"""As they are asked for where nobody says which weeks."""


def _of_all(now: datetime) -> dict[str, str]:
    first = f"from={(now - timedelta(weeks=WEEKS)).date()}"
    a_year = f"from={(now - timedelta(weeks=52)).date()}"
    return {
        "figures": f"/api/reports/figures?{first}",
        "figures by month and source": f"/api/reports/figures?by=month&group=source&{first}",
        "figures by month and cadence": f"/api/reports/figures?by=month&group=cadence&{first}",
        "response times": f"/api/reports/response-times?{first}",
        "steps": f"/api/reports/steps?{first}",
        "costs": f"/api/reports/costs?{first}",
        "leads behind a figure": f"/api/reports/leads?figure=late&{first}",
        "lead map of a year": f"/api/lead-map?{a_year}",
    }


async def _ask(connection: Connection, path: str, requests: int) -> list[float]:
    """Milliseconds for each request, one after another."""
    took = []
    for number in range(_WARM_UP + requests):
        asked = time.monotonic()
        answer = await connection.get(path)
        if answer.status != 200:
            raise RuntimeError(f"a report was answered with {answer.status}: {answer.body!r}")
        if number >= _WARM_UP:
            took.append((time.monotonic() - asked) * 1000)
    return took


async def _scan_ms(engine: Installation) -> float:
    """Milliseconds of one process that counts all touches by reading the whole table: the median."""
    took = []
    async with engine.foundation.engine.connect() as connection:
        for setting in ("enable_indexonlyscan", "enable_indexscan", "enable_bitmapscan"):
            await connection.execute(text(f"set local {setting} = off"))
        await connection.execute(text("set local max_parallel_workers_per_gather = 0"))
        for _ in range(_SCANS):
            begun = time.monotonic()
            await connection.execute(text("select count(*) from touches"))
            took.append((time.monotonic() - begun) * 1000)
    return median(took)


async def reports(options: Options) -> dict[str, Any]:
    """Milliseconds of each report, beside those of a plain count of all touches in the same run."""
    leads = options.of(200_000, 2_000)
    async with installation() as engine, engine.web():
        foundation = engine.foundation
        now = foundation.clock()
        filled = await fill(foundation.engine, leads, now, options)
        begun = time.monotonic()
        await Reports(foundation.engine, foundation.company).refresh(now)
        refresh_s = time.monotonic() - begun
        options.say(f"counting the weeks that are over took {refresh_s:.1f} s")
        scan_ms = await _scan_ms(engine)
        options.say(f"reading all touches to count them: {scan_ms:.0f} ms")
        async with Connection(engine.web_port, engine.token) as connection:
            measured = {}
            for name, paths, requests in (
                ("last twelve weeks", _RECENT, options.of(40, 5)),
                ("three years", _of_all(now), options.of(20, 3)),
            ):
                measured[name] = {
                    report: _quantiles(await _ask(connection, path, requests), scan_ms)
                    for report, path in paths.items()
                }
                for report, one in measured[name].items():
                    options.say(f"{name}: {report}: {one['p50_ms']} ms (p50), {one['p95_ms']} ms (p95)")
    return {
        "reports_p95_ms": max(one["p95_ms"] for one in measured["last twelve weeks"].values()),
        "all_reports_p95_ms": max(one["p95_ms"] for one in measured["three years"].values()),
        "details": {
            "reports": measured,
            "count_of_touches_ms": round(scan_ms, 1),
            "refresh_s": round(refresh_s, 2),
            "database": filled,
        },
    }


def _quantiles(took: list[float], scan_ms: float) -> dict[str, float]:
    p50, p95 = quantile(took, 0.5), quantile(took, 0.95)
    return {"p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "p50_of_scan": round(p50 / scan_ms, 2)}
