"""One round of our engine: leads whose touches are all due at once, through gate, ledger, rendering and outbox."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.rows import CommandRow, LeadRow
from adapters.temporal import LeadWorkflows
from leads.capture import Captured, NewConsent, NewLead
from leads.contract import CommandKind, Plan, Told
from leads.model import Channel
from tests.bench.meters import Meter
from tests.bench.plans import BURST
from tests.bench.rounds import Beside, Load, Round
from tests.bench.stage import Installation, Program, installation, until

_WITHIN = timedelta(minutes=20)
_WARM_UP = 20
_CAPTURES_AT_ONCE = 8


def person(name: str, number: int, cadence: str | None) -> NewLead:
    """Somebody who asked us something; the clock they live by is always open."""
    phone = f"+1212{5550000 + number % 10000:07d}" if cadence is None else None
    return NewLead(
        name=f"{name.capitalize()} Person{number}",
        company="Harbor Bakery",
        email=f"{name}.{number}@example.com",
        phone=phone,
        zone="Etc/UTC",
        question="Can your ovens run on single-phase power, and what would two of them cost?",
        source="bench",
        cadence=cadence,
        owner=("anna", "ben")[number % 2],
        consents=(NewConsent(Channel.SMS, phone, "You may text me.", "checkbox", "web form"),) if phone else (),
    )


async def capture_untold(engine: Installation, name: str, count: int, cadence: str) -> list[UUID]:
    """Leads in the database whose workflows do not run yet, and that nobody will start but we."""
    foundation, some = engine.foundation, asyncio.Semaphore(_CAPTURES_AT_ONCE)

    async def told(connection: AsyncConnection, captured: Captured) -> None:
        # In the capture's own transaction, or the schedule would start what we mean to start ourselves.
        mark = update(CommandRow).where(CommandRow.lead_id == captured.lead_id)
        await connection.execute(mark.values(delivered_at=foundation.clock()))

    async def one(number: int) -> UUID:
        async with some:
            new = person(name, number, cadence)
            return (await foundation.intake.capture(new, "bench", foundation.clock(), last=told)).lead_id

    return list(await asyncio.gather(*(one(number) for number in range(count))))


async def start_workflows(engine: Installation, leads: Sequence[UUID], at_once: int) -> None:
    """Start the leads' workflows, so many at once, as a capture does after its commit."""
    async with engine.foundation.engine.connect() as connection:
        chosen = select(LeadRow.id, LeadRow.plan, CommandRow.told).join(CommandRow, CommandRow.lead_id == LeadRow.id)
        rows = (await connection.execute(chosen.where(LeadRow.id.in_(leads)))).all()
    workflows, some = LeadWorkflows(engine.client), asyncio.Semaphore(at_once)
    plans = [(Told.model_validate(row.told), Plan.model_validate(row.plan)) for row in rows]

    async def one(told: Told, plan: Plan) -> None:
        async with some:
            await workflows.tell(CommandKind.START, told, plan)

    await asyncio.gather(*(one(told, plan) for told, plan in plans))


async def sent(engine: Installation) -> int:
    """Touches that are recorded as sent."""
    return cast(int, await engine.scalar("select count(*) from touches where state = 'sent'"))


async def touch(engine: Installation, worker: Program, leads: Sequence[UUID], load: Load) -> float:
    """Start the leads' workflows and wait until their last touch is recorded; when that was."""
    before = await sent(engine)

    async def done() -> bool:
        worker.must_run()
        return await sent(engine) >= before + len(leads) * load.touches

    await start_workflows(engine, leads, load.starts_at_once)
    await until(done, _WITHIN, "the last touch of the engine", every=0.25)
    last = cast(datetime, await engine.scalar("select max(settled_at) from touches where state = 'sent'"))
    return last.timestamp()


async def engine_round(load: Load, beside: Beside, *, cadence: str = BURST, profile: Path | None = None) -> Round:
    """Touches per second and their cost, from the first start to the last touch recorded, without start-up."""
    async with AsyncExitStack() as stack:
        async with beside.set_up:
            engine = await stack.enter_async_context(installation())
            worker = await stack.enter_async_context(engine.worker(cached=load.cached, profile=profile))
        warm = await capture_untold(engine, "warm", _WARM_UP, cadence)
        leads = await capture_untold(engine, "lead", load.leads, cadence)
        await touch(engine, worker, warm, load)
        await beside.ready.wait()
        meter = Meter(engine.processes() | {"worker": worker.pid}).start()
        ended = await touch(engine, worker, leads, load)
        spent = meter.stop()
        return Round(load.leads * load.touches, ended - meter.started, spent, time.time())
