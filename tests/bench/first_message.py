"""How long a new lead waits for its first message, on an idle machine: from `POST /api/leads` to the outbox."""

import asyncio
import time
from typing import Any
from uuid import UUID

from sqlalchemy import select

from adapters.db.rows import OutboxRow
from tests.bench.http_client import Connection
from tests.bench.options import Options
from tests.bench.people import web_form
from tests.bench.quantiles import quantile
from tests.bench.stage import Installation, installation

_WARM_UP = 5
_LOOK_EVERY = 0.004
"""Seconds; what is measured is at most this much too long."""
_REST = 0.25
"""Seconds after each sample, for the machine to be idle again."""
_GIVE_UP = 30.0


async def _arrival(engine: Installation, lead_id: UUID) -> float:
    """When the lead's first message could be read in the outbox."""
    message = select(OutboxRow.touch_id).where(OutboxRow.lead_id == lead_id)
    deadline = time.monotonic() + _GIVE_UP
    async with engine.foundation.engine.connect() as connection:
        while (await connection.execute(message)).first() is None:
            await connection.rollback()
            if time.monotonic() > deadline:
                raise TimeoutError(f"no first message within {_GIVE_UP} s")
            await asyncio.sleep(_LOOK_EVERY)
    return time.monotonic()


async def first_leads(engine: Installation, count: int) -> list[UUID]:
    """Capture leads one after another, until each has its first message."""
    leads: list[UUID] = []
    async with Connection(engine.web_port, engine.token) as connection:
        for number in range(count):
            answer = await connection.post("/api/leads", web_form("warm", 50_000 + number))
            if answer.status != 201:
                raise RuntimeError(f"a capture was answered with {answer.status}: {answer.body!r}")
            leads.append(UUID(answer.json()["id"]))
            await _arrival(engine, leads[-1])
    return leads


async def first_message(options: Options) -> dict[str, Any]:
    """Seconds from the request to the message, both as their own side sees them."""
    samples = options.of(100, 20)
    took: list[float] = []
    answered: list[float] = []
    async with (
        installation() as engine,
        engine.worker(),
        engine.web(),
        Connection(engine.web_port, engine.token) as connection,
    ):
        await first_leads(engine, _WARM_UP)
        for number in range(samples):
            asked = time.monotonic()
            answer = await connection.post("/api/leads", web_form("first", number))
            if answer.status != 201:
                raise RuntimeError(f"a capture was answered with {answer.status}: {answer.body!r}")
            came = time.monotonic()
            arrived = await _arrival(engine, UUID(answer.json()["id"]))
            took.append(arrived - asked)
            answered.append(came - asked)
            await asyncio.sleep(_REST)
    p50, p95 = quantile(took, 0.5), quantile(took, 0.95)
    options.say(f"first message after {p50 * 1000:.0f} ms (p50), {p95 * 1000:.0f} ms (p95)")
    details = {
        "p50_s": round(p50, 4),
        "p95_s": round(p95, 4),
        "answer_p50_s": round(quantile(answered, 0.5), 4),
        "answer_p95_s": round(quantile(answered, 0.95), 4),
        "samples": samples,
    }
    return {"first_message_p95_s": p95, "details": details}
