"""Whether a stop stops: replies, opt-outs, personal touches and noes while hundreds of leads are being sent to.

Two things are measured. How long after an accepted stop the lead's last message arrives at the provider; and whether
any claim commits after the stop's commit. For the second the database keeps the commit time of each transaction
(`track_commit_timestamp`), and triggers of the bench note which transaction wrote which claim and which stop: both
hold the lead's row lock until they have committed, so these times have the order in which they committed.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import text

from cadences import hearing
from cadences.case import Case
from leads.contract import CommandKind
from leads.model import Channel
from runtime.bootstrap import delivery_of
from tests.bench.engine_side import capture_untold, start_workflows
from tests.bench.http_client import Connection
from tests.bench.meters import Meter
from tests.bench.options import Options
from tests.bench.plans import STREAM
from tests.bench.quantiles import quantile
from tests.bench.stage import Installation, installation, until

_STOPPED_BETWEEN = (2, 15)
"""A lead is stopped while it has so many of its twenty emails: it is certainly in the middle."""
_NEXT_IN_TURN = 8
"""One of so many leads is stopped, whose last email is the longest ago: these are about to get their next one."""
_EVERY = 0.15
"""Seconds between two stops."""
_QUIET = timedelta(seconds=5)
"""So long nothing may arrive any more before it is counted what came late."""

# One statement each: the driver takes no more at a time.
_NOTES = (
    "create table bench_notes (lead_id uuid not null, what text not null)",
    """create function bench_note() returns trigger language plpgsql as $$
    begin
        insert into bench_notes values (new.lead_id, tg_argv[0]);
        return null;
    end $$""",
    """create trigger bench_claim after insert on touches for each row when (new.state = 'claimed')
    execute function bench_note('claim')""",
    """create trigger bench_claim_again after update on touches for each row
    when (new.state = 'claimed' and old.state <> 'claimed') execute function bench_note('claim')""",
    """create trigger bench_stop after insert on commands for each row
    when (new.kind in ('log_personal_touch', 'record_answer', 'lead_replied', 'lead_opted_out'))
    execute function bench_note('stop')""",
)
_CLAIMS_AFTER = """
    select count(*) from bench_notes as claim
    join bench_notes as stop on stop.lead_id = claim.lead_id and stop.what = 'stop'
    where claim.what = 'claim' and pg_xact_commit_timestamp(claim.xmin) > pg_xact_commit_timestamp(stop.xmin)
"""
_FORGED_CLAIM = """
    update touches set state = 'claimed' where id = (
        select touches.id from touches join bench_notes as stop on stop.lead_id = touches.lead_id
        where stop.what = 'stop' limit 1
    )
"""
_AFTER_COMMIT = """
    select max(extract(epoch from accepted_at - pg_xact_commit_timestamp(stop.xmin)))::float8
    from outbox join bench_notes as stop on stop.lead_id = outbox.lead_id and stop.what = 'stop'
    group by outbox.lead_id
"""
_IN_THE_MIDDLE = """
    select lead_id from touches where state = 'sent'
    group by lead_id having count(*) between :fewest and :most
    order by max(settled_at)
"""
_LAST_ARRIVALS = "select lead_id, max(accepted_at) as last from outbox group by lead_id"

Stop = Callable[[UUID], Awaitable[None]]


def _stops(engine: Installation, connection: Connection) -> dict[str, Stop]:
    """How each kind of stop is accepted; what leads themselves say goes the way that webhooks go."""
    foundation, delivery = engine.foundation, delivery_of(engine.foundation, engine.client)

    async def post(path: str, body: dict[str, Any]) -> None:
        answer = await connection.post(path, body)
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered with {answer.status}: {answer.body!r}")

    async def hear(lead_id: UUID, kind: CommandKind, decide: Callable[[Case, datetime], Case]) -> None:
        now = foundation.clock()
        async with foundation.cases.open(lead_id, now) as opened:
            await opened.save(decide(opened.case, now), kind, by="bench")
        await delivery.deliver(lead_id)

    def replied(case: Case, now: datetime) -> Case:
        return hearing.lead_replied(case, text="Please tell me more", channel=Channel.EMAIL, now=now)

    def opted_out(case: Case, now: datetime) -> Case:
        return hearing.lead_opted_out(case, why="STOP", now=now)

    return {
        "personal touch": lambda lead: post(f"/api/leads/{lead}/touches", {"channel": "call", "by": "anna"}),
        "no": lambda lead: post(f"/api/leads/{lead}/answer", {"answer": "no", "by": "anna"}),
        "reply": lambda lead: hear(lead, CommandKind.LEAD_REPLIED, replied),
        "opt-out": lambda lead: hear(lead, CommandKind.LEAD_OPTED_OUT, opted_out),
    }


async def _in_the_middle(engine: Installation, but: Sequence[UUID]) -> list[UUID]:
    fewest, most = _STOPPED_BETWEEN
    async with engine.foundation.engine.connect() as connection:
        found = await connection.execute(text(_IN_THE_MIDDLE), {"fewest": fewest, "most": most})
        return [lead for lead in found.scalars() if lead not in but]


async def _stop_leads(engine: Installation, connection: Connection, count: int) -> dict[UUID, tuple[str, float, float]]:
    """Stop leads in the middle of their emails: each one's kind, and when it was asked for and accepted."""
    stops, chance = _stops(engine, connection), random.Random(20_35)
    accepted: dict[UUID, tuple[str, float, float]] = {}
    while len(accepted) < count:
        candidates = await _in_the_middle(engine, list(accepted))
        if not candidates:
            raise RuntimeError(f"no lead was left to stop after {len(accepted)}; give the bench more leads")
        lead = chance.choice(candidates[:_NEXT_IN_TURN])
        kind = list(stops)[len(accepted) % len(stops)]
        asked = time.time()
        await stops[kind](lead)
        accepted[lead] = (kind, asked, time.time())
        await asyncio.sleep(_EVERY)
    return accepted


async def stop(options: Options) -> dict[str, Any]:
    """Seconds from an accepted stop to the lead's last message, and claims that committed after the stop."""
    leads, count = options.of(1_200, 60), options.of(200, 24)
    async with (
        installation(server_settings={"track_commit_timestamp": "on"}) as engine,
        engine.worker() as worker,
        engine.web(),
        Connection(engine.web_port, engine.token) as connection,
    ):
        for statement in _NOTES:
            await engine.run(statement)
        chosen = await capture_untold(engine, "stream", leads, STREAM)
        await start_workflows(engine, chosen, 25)

        async def streaming() -> bool:
            worker.must_run()
            return len(await _in_the_middle(engine, [])) >= leads // 4

        await until(streaming, timedelta(minutes=5), "sending to many leads")
        meter = Meter(engine.processes() | {"worker": worker.pid}).start()
        before = cast(int, await engine.scalar("select count(*) from outbox"))
        accepted = await _stop_leads(engine, connection, count)
        sent = cast(int, await engine.scalar("select count(*) from outbox")) - before
        spent = meter.stop()
        await asyncio.sleep(_QUIET.total_seconds())
        async with engine.foundation.engine.connect() as database:
            found = (await database.execute(text(_LAST_ARRIVALS))).all()
            after_commit = [max(one, 0.0) for one in (await database.execute(text(_AFTER_COMMIT))).scalars()]
        last = {row.lead_id: row.last.timestamp() for row in found}
        late = {lead: max(last[lead] - at, 0.0) for lead, (_, _, at) in accepted.items()}
        claims_after = cast(int, await engine.scalar(_CLAIMS_AFTER))
        claims = cast(int, await engine.scalar("select count(*) from bench_notes where what = 'claim'"))
        await engine.run(_FORGED_CLAIM)
        if cast(int, await engine.scalar(_CLAIMS_AFTER)) != claims_after + 1:
            raise RuntimeError("a claim that was forged after a stop was not found: this measurement proves nothing")
    on_their_way = sum(1 for seconds in late.values() if seconds > 0)
    p99 = quantile(list(late.values()), 0.99)
    took = [done - asked for _, asked, done in accepted.values()]
    options.say(
        f"{count} stops under {sent / spent.seconds:.0f} messages/s: last arrival after {p99:.3f} s (p99), "
        f"{on_their_way} were on their way; {claims_after} claims after a stop's commit"
    )
    return {
        "stop_p99_s": p99,
        "details": {
            "claims_after_stop": claims_after,
            "claims": claims,
            "stops": dict(Counter(kind for kind, _, _ in accepted.values())),
            "already_on_their_way": on_their_way,
            "latest_s": round(max(late.values()), 4),
            "after_commit_p99_s": round(quantile(after_commit, 0.99), 4),
            "accept_p50_s": round(quantile(took, 0.5), 4),
            "accept_p99_s": round(quantile(took, 0.99), 4),
            "messages_per_s": round(sent / spent.seconds, 1),
            "busy_cores": round(spent.busy_cores, 2),
        },
    }
