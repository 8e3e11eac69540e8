"""The console while thirty reps work through their queues at once and twenty touches a second go out beside them.

Each rep has the page *Today* open over a web socket of its own, presses the button of the usual outcome, and goes on
once the next lead is shown: what is timed is what a rep waits for. Some reps have the page open twice, and press the
same buttons in both, so that two people want to complete the same task in the same moment.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
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
_UNTIL_HEARD = 2.0
"""Seconds after which a page surely heard what was done in another."""
_LOOKS = (2, 8)
"""Seconds: between these a rep looks at a lead before saying how it went. A call takes minutes; so fast is only who
ticks off one after the other."""
_RUSH = 5
"""So many outcomes each says at last without looking at all, all of them at once: what a page can't be asked for more
often. Nothing may be lost then either; how long one waits is told, and promised to nobody."""
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


@dataclass(frozen=True, slots=True)
class _Rep:
    """Somebody at work, with the page open once or twice."""

    pages: list[ConsolePage]
    random: Random

    async def work(self, outcomes: int, took: list[float], looks: tuple[float, float]) -> None:
        """Say how one task after the other went.

        Args:
            took: gets the seconds that each took with the page open once.
            looks: seconds before each, at least and at most.
        """
        await asyncio.sleep(self.random.uniform(0, looks[1]))  # Nobody is in step with the others.
        for _ in range(outcomes):
            if len(self.pages) == 1:
                took.append(await self.pages[0].press(_USUAL))
            else:
                await self._press_in_all()
            await asyncio.sleep(self.random.uniform(*looks))

    async def _press_in_all(self) -> None:
        pressed = await asyncio.gather(*(page.push(_USUAL) for page in self.pages))
        await asyncio.gather(
            *(page.until_gone(_USUAL, number) for page, number in zip(self.pages, pressed, strict=True))
        )
        await asyncio.sleep(_UNTIL_HEARD)
        for page in self.pages:
            if page.button(_USUAL) is None:  # Another was faster: it says so, and one goes on.
                await page.push(_NEXT)


async def console(options: Options) -> dict[str, Any]:
    """Milliseconds from pressing an outcome to the next lead, for thirty reps beside twenty touches a second."""
    count, outcomes, rush = options.of(30, 4), options.of(20, 4), options.of(_RUSH, 2)
    looks = (_LOOKS[0], options.of(_LOOKS[1], 3))
    twice_open = min(_TWICE_OPEN, count // 4)
    async with installation() as engine, engine.worker(), engine.web(), AsyncExitStack() as open_pages:
        await engine.foundation.people.add(
            [Colleague(f"desk{number}", f"Desk Number{number}") for number in range(count)], engine.foundation.clock()
        )
        opened = [2 if number < twice_open else 1 for number in range(count)]
        await _queues(engine, [times * (outcomes + rush) + 1 for times in opened])
        streams = await capture_untold(engine, "stream", int(outcomes * (looks[1] + 1)) + 20 * rush, STREAM)
        reps = [await _at_the_page(engine, open_pages, number, times) for number, times in enumerate(opened)]
        beside = asyncio.create_task(_stream(engine, streams))
        await asyncio.sleep(_STREAM_EVERY * 5)
        took: list[float] = []
        rushed: list[float] = []
        before, meter = await sent(engine), Meter(engine.processes()).start()
        await asyncio.gather(*(rep.work(outcomes, took, looks) for rep in reps))
        spent, out = meter.stop(), await sent(engine) - before
        began = time.monotonic()
        await asyncio.gather(*(rep.work(rush, rushed, (0, 0)) for rep in reps))
        rush_took = time.monotonic() - began
        beside.cancel()
        found = {
            name: cast(int, await engine.scalar(statement))
            for name, statement in (
                *(("done", _DONE), ("completed", _COMPLETED), ("twice", _COMPLETED_TWICE)),
                *(("touches", _TOUCHES), ("lost", _LOST)),
            )
        }
    whole = found["done"] == found["completed"] == found["touches"] >= count * (outcomes + rush)
    if found["twice"] or found["lost"] or not whole:
        raise RuntimeError(f"something was lost, or done twice: {found}")
    p95 = quantile(took, 0.95) * 1000
    options.say(
        f"{count} reps, {len(took)} outcomes, {len(took) / spent.seconds:.1f} a second beside "
        f"{out / spent.seconds:.0f} touches/s: {quantile(took, 0.5) * 1000:.0f} ms (p50), {p95:.0f} ms (p95) to the "
        f"next lead; all at once without a break: {quantile(rushed, 0.95) * 1000:.0f} ms (p95)"
    )
    return {
        "console_action_p95_ms": p95,
        "details": {
            "reps": count,
            "actions": len(took),
            "actions_per_s": round(len(took) / spent.seconds, 1),
            "p50_ms": round(quantile(took, 0.5) * 1000, 1),
            "p99_ms": round(quantile(took, 0.99) * 1000, 1),
            "touches_per_s": round(out / spent.seconds, 1),
            "busy_cores": round(spent.busy_cores, 2),
            "rush_p50_ms": round(quantile(rushed, 0.5) * 1000, 1),
            "rush_p95_ms": round(quantile(rushed, 0.95) * 1000, 1),
            "rush_actions_per_s": round(len(rushed) / rush_took, 1),
            **found,
        },
    }


async def _at_the_page(engine: Installation, open_pages: AsyncExitStack, number: int, times: int) -> _Rep:
    """Somebody who opened the page so many times."""
    session = await _signed_in(engine, f"desk{number}")
    pages = [await open_pages.enter_async_context(ConsolePage(engine.web_port, TODAY, session)) for _ in range(times)]
    return _Rep(pages, Random(number))


async def _queues(engine: Installation, lengths: Sequence[int]) -> None:
    """Let each rep have so many replies to answer."""
    foundation = engine.foundation

    async def queue(rep: int, length: int) -> None:
        for number in range(length):
            new = replace(person(f"desk{rep}", number, SLEEP), owner=f"desk{rep}")
            lead = await foundation.intake.capture(new, "bench", foundation.clock())
            now = foundation.clock()
            async with foundation.cases.open(lead.lead_id, now) as opened:
                case = lead_replied(opened.case, text="Please tell me more", channel=Channel.EMAIL, now=now)
                await opened.save(case, CommandKind.LEAD_REPLIED, by="bench")

    numbered = list(enumerate(lengths))
    for first in range(0, len(numbered), 8):
        await asyncio.gather(*(queue(rep, length) for rep, length in numbered[first : first + 8]))

    async def told() -> bool:
        return not await engine.scalar("select count(*) from commands where delivered_at is null")

    await until(told, timedelta(minutes=5), "telling the workflows")


async def _signed_in(engine: Installation, colleague: str) -> str:
    foundation = engine.foundation
    return await Sessions(foundation.engine).begin(colleague, "password", "bench", foundation.clock())


async def _stream(engine: Installation, leads: list[UUID]) -> None:
    for lead in leads:
        await start_workflows(engine, [lead], 1)
        await asyncio.sleep(_STREAM_EVERY)
