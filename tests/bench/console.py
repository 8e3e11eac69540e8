"""The console while thirty reps work through their queues at once and twenty touches a second go out beside them.

Each rep has the page *Today* open over a web socket of its own, presses the button of the usual outcome, and goes on
once the next lead is shown: what is timed is what a rep waits for. Some reps have the page open twice, and press the
same buttons in both, so that two people want to complete the same task in the same moment.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from adapters.db.sessions import Sessions
from cadences.hearing import lead_replied
from leads.contract import CommandKind
from leads.model import Channel, Colleague
from tests.bench.console_page import ConsolePage
from tests.bench.engine_side import capture_untold, person, sent, start_workflows
from tests.bench.meters import Meter
from tests.bench.options import Options
from tests.bench.plans import SLEEP, STREAM
from tests.bench.quantiles import quantile
from tests.bench.stage import Installation, installation, until

TODAY = "/console/today"
_USUAL = "1"
"""The key of the usual outcome; of an answered reply, that it was answered."""
_NEXT = "j"
_TWICE_OPEN = 5
"""So many reps have the page open twice; one, where few are at it."""
_BETWEEN = 1.0
"""Seconds that a rep looks at a lead before saying how it went."""
_STREAM_EVERY = 1.0
"""A lead's stream is twenty touches: one of these begins so often."""

_DONE = "select count(*) from tasks where kind = 'reply' and state = 'done'"
_COMPLETED = "select count(*) from commands where kind = 'complete_task'"
_COMPLETED_TWICE = """
    select count(*) from (
        select told ->> 'task_id' from commands where kind = 'complete_task' group by 1 having count(*) > 1
    ) as twice
"""
_TOUCHES = "select count(*) from touches where personal"
_LOST = """
    select count(*) from commands as said join leads on leads.id = said.lead_id
    where said.kind = 'complete_task' and (
        leads.revision < said.revision
        or exists (
            select from commands as other
            where other.lead_id = said.lead_id and other.revision = said.revision and other.id <> said.id
        )
        or not exists (
            select from tasks
            where tasks.id = (said.told ->> 'task_id')::uuid and tasks.state = 'done' and tasks.closed_by = said.by
        )
    )
"""
"""Completed tasks of which something was overwritten: the task's end, its command's number, or the lead's plan."""


async def console(options: Options) -> dict[str, Any]:
    """Milliseconds from pressing an outcome to the next lead, for thirty reps beside twenty touches a second."""
    reps, actions = options.of(30, 4), options.of(20, 4)
    twice_open = min(_TWICE_OPEN, reps // 4)
    async with installation() as engine, engine.worker(), engine.web():
        await engine.foundation.people.add(
            [Colleague(f"desk{number}", f"Desk Number{number}") for number in range(reps)], engine.foundation.clock()
        )
        await _queues(engine, reps, actions + 1)
        streams = await capture_untold(engine, "stream", int(actions * (_BETWEEN + 1)), STREAM)
        sessions = [await _signed_in(engine, f"desk{number}") for number in range(reps)]
        took: list[float] = []
        async with asyncio.TaskGroup() as group:
            opened = [
                group.create_task(_work(engine, session, actions, took, both=number < twice_open))
                for number, session in enumerate(sessions)
            ]
            before, meter = await sent(engine), Meter(engine.processes()).start()
            beside = group.create_task(_stream(engine, streams))
            await asyncio.gather(*opened)
            beside.cancel()
            spent, out = meter.stop(), await sent(engine) - before
        found = {
            name: cast(int, await engine.scalar(statement))
            for name, statement in (
                *(("done", _DONE), ("completed", _COMPLETED), ("twice", _COMPLETED_TWICE)),
                *(("touches", _TOUCHES), ("lost", _LOST)),
            )
        }
    asked_for = (reps - twice_open) * actions + twice_open * (actions // 2)
    whole = found["done"] == found["completed"] == found["touches"] >= asked_for
    if found["twice"] or found["lost"] or not whole:
        raise RuntimeError(f"something was lost, or done twice: {found}")
    p95 = quantile(took, 0.95) * 1000
    options.say(
        f"{reps} reps, {len(took)} outcomes beside {out / spent.seconds:.0f} touches/s: "
        f"{quantile(took, 0.5) * 1000:.0f} ms (p50), {p95:.0f} ms (p95) to the next lead"
    )
    return {
        "console_action_p95_ms": p95,
        "details": {
            "reps": reps,
            "actions": len(took),
            "p50_ms": round(quantile(took, 0.5) * 1000, 1),
            "p99_ms": round(quantile(took, 0.99) * 1000, 1),
            "touches_per_s": round(out / spent.seconds, 1),
            "busy_cores": round(spent.busy_cores, 2),
            **found,
        },
    }


async def _queues(engine: Installation, reps: int, each: int) -> None:
    """Let each rep have so many replies to answer."""
    foundation = engine.foundation

    async def queue(rep: int) -> None:
        for number in range(each):
            new = replace(person(f"desk{rep}", number, SLEEP), owner=f"desk{rep}")
            lead = await foundation.intake.capture(new, "bench", foundation.clock())
            now = foundation.clock()
            async with foundation.cases.open(lead.lead_id, now) as opened:
                case = lead_replied(opened.case, text="Please tell me more", channel=Channel.EMAIL, now=now)
                await opened.save(case, CommandKind.LEAD_REPLIED, by="bench")

    for first in range(0, reps, 8):
        await asyncio.gather(*(queue(rep) for rep in range(first, min(first + 8, reps))))

    async def told() -> bool:
        return not await engine.scalar("select count(*) from commands where delivered_at is null")

    await until(told, timedelta(minutes=5), "telling the workflows")


async def _signed_in(engine: Installation, colleague: str) -> str:
    foundation = engine.foundation
    return await Sessions(foundation.engine).begin(colleague, "password", "bench", foundation.clock())


async def _work(engine: Installation, session: str, actions: int, took: list[float], *, both: bool) -> None:
    """Say how one task after the other went; in two pages at once, if the rep has both open."""
    async with ConsolePage(engine.web_port, TODAY, session) as page:
        if not both:
            for _ in range(actions):
                took.append(await page.press(_USUAL))
                await asyncio.sleep(_BETWEEN)
            return
        async with ConsolePage(engine.web_port, TODAY, session) as second:
            for _ in range(actions // 2):
                pressed = await asyncio.gather(page.push(_USUAL), second.push(_USUAL))
                await asyncio.gather(page.until_gone(_USUAL, pressed[0]), second.until_gone(_USUAL, pressed[1]))
                await asyncio.sleep(2 * _BETWEEN)
                for one in (page, second):
                    if one.button(_USUAL) is None:  # The other was faster: it says so, and one goes on.
                        await one.push(_NEXT)


async def _stream(engine: Installation, leads: list[UUID]) -> None:
    for lead in leads:
        await start_workflows(engine, [lead], 1)
        await asyncio.sleep(_STREAM_EVERY)
