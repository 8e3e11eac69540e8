"""How fast a lead's page and the task list are with 200,000 leads and 2,000,000 touches in the database."""

import random
import time
from collections.abc import Callable
from typing import Any

from tests.bench.http_client import Connection
from tests.bench.many_leads import REPS, fill, lead_number
from tests.bench.options import Options
from tests.bench.quantiles import quantile
from tests.bench.stage import installation

_WARM_UP = 20


async def _ask(connection: Connection, path: Callable[[], str], requests: int) -> list[float]:
    """Milliseconds for each request, one after another."""
    took = []
    for number in range(_WARM_UP + requests):
        asked = time.monotonic()
        answer = await connection.get(path())
        if answer.status != 200:
            raise RuntimeError(f"a page was answered with {answer.status}: {answer.body!r}")
        if number >= _WARM_UP:
            took.append((time.monotonic() - asked) * 1000)
    return took


async def pages(options: Options) -> dict[str, Any]:
    """Milliseconds of `GET /api/leads/{id}` for random leads, and of the task list: all tasks, a rep's, the overdue."""
    leads, requests = options.of(200_000, 2_000), options.of(400, 50)
    chance = random.Random(20_35)
    asked: dict[str, Callable[[], str]] = {
        "lead": lambda: f"/api/leads/{lead_number(chance.randint(1, leads))}",
        "tasks": lambda: "/api/tasks",
        "a rep's tasks": lambda: f"/api/tasks?owner=rep{chance.randrange(REPS)}",
        "overdue tasks": lambda: "/api/tasks?state=overdue",
        "leads": lambda: "/api/leads",
    }
    async with installation() as engine, engine.web():
        filled = await fill(engine, leads, options)
        async with Connection(engine.web_port, engine.token) as connection:
            took = {name: await _ask(connection, path, requests) for name, path in asked.items()}
    for name, values in took.items():
        options.say(f"{name}: {quantile(values, 0.5):.1f} ms (p50), {quantile(values, 0.95):.1f} ms (p95)")
    lists = [quantile(took[name], 0.95) for name in ("tasks", "a rep's tasks", "overdue tasks")]
    quantiles = {
        name: {"p50_ms": round(quantile(values, 0.5), 2), "p95_ms": round(quantile(values, 0.95), 2)}
        for name, values in took.items()
    }
    return {
        "lead_page_p95_ms": quantile(took["lead"], 0.95),
        "task_list_p95_ms": max(lists),
        "details": {"requests_each": requests, "pages": quantiles, "database": filled},
    }
