"""How many leads a second come in over REST, for a minute, while the worker does its work beside."""

import asyncio
import json
import time
from datetime import timedelta
from statistics import median
from typing import Any, cast

from tests.bench.first_message import first_leads
from tests.bench.meters import Meter
from tests.bench.options import Options
from tests.bench.stage import installation, until

_CONNECTIONS = 8
_WARM_UP = 20
_DRAINED_WITHIN = timedelta(minutes=20)
_CAPTURED = "select count(*) from leads where name like 'Capture %'"
_WITHOUT_MESSAGE = f"{_CAPTURED} and not exists (select 1 from outbox where outbox.lead_id = leads.id)"
_FIRST_MESSAGE_P95 = """
    select percentile_cont(0.95) within group (order by extract(epoch from first - created_at))::float8
    from leads join (select lead_id, min(accepted_at) as first from outbox group by lead_id) as messages
    on messages.lead_id = leads.id where leads.name like 'Capture %'
"""


async def _one_round(options: Options) -> dict[str, Any]:
    seconds = options.of(60, 10)
    async with installation() as engine, engine.worker() as worker, engine.web() as web:
        await first_leads(engine, _WARM_UP)
        command = ["-m", "tests.bench.capture_client", str(engine.web_port), str(seconds), str(_CONNECTIONS)]
        meter = Meter(engine.processes() | {"worker": worker.pid, "web": web.pid}).start()
        async with engine.program("capture-client", command, {"BENCH_TOKEN": engine.token}) as client:

            async def ended() -> bool:
                web.must_run()
                return not client.is_running()

            await until(ended, timedelta(seconds=seconds + 60), "the end of the capturing", every=0.2)
            spent = meter.stop()
            said = json.loads(client.log.read_text().splitlines()[-1])
        backlog = cast(int, await engine.scalar(_WITHOUT_MESSAGE))
        stopped = time.monotonic()

        async def drained() -> bool:
            worker.must_run()
            return cast(int, await engine.scalar(_WITHOUT_MESSAGE)) == 0

        await until(drained, _DRAINED_WITHIN, "the first message of every lead", every=0.5)
        drain = time.monotonic() - stopped
        captured = int(said["statuses"].get("201", 0))
        stored = cast(int, await engine.scalar(_CAPTURED))
        if captured != stored:
            raise RuntimeError(f"{captured} leads were answered with 201, and {stored} are stored")
        return {
            "captures_per_s": captured / said["seconds"],
            "statuses": said["statuses"],
            "p50_s": round(said["p50_s"], 4),
            "p95_s": round(said["p95_s"], 4),
            "max_s": round(said["max_s"], 4),
            "client_cores": round(said["cpu_s"] / said["seconds"], 3),
            "cpu_ms_per_capture": {name: round(value, 2) for name, value in spent.cpu_ms_per(captured).items()},
            "busy_cores": round(spent.busy_cores, 2),
            "backlog_of_first_emails": backlog,
            "backlog_gone_after_s": round(drain, 1),
            "first_message_p95_s": round(cast(float, await engine.scalar(_FIRST_MESSAGE_P95)), 2),
            "connections": _CONNECTIONS,
        }


async def captures(options: Options) -> dict[str, Any]:
    """Leads that were committed and answered with 201, for each second, and the backlog of first emails."""
    rounds = []
    for _ in range(options.rounds):
        one = await _one_round(options)
        rounds.append(one)
        options.say(
            f"{one['captures_per_s']:.1f} captures/s, answered within {one['p95_s']:.3f} s (p95); "
            f"{one['backlog_of_first_emails']} first emails outstanding, gone after {one['backlog_gone_after_s']} s"
        )
        await asyncio.sleep(1)
    return {"captures_per_s": median(one["captures_per_s"] for one in rounds), "details": {"rounds": rounds}}
