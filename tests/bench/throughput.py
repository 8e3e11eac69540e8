"""Touches per second: our engine and bare Temporal in turn, warm, and with worker caches far smaller than the leads."""

from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

import psutil

from tests.bench.bare import bare_round
from tests.bench.engine_side import engine_round
from tests.bench.options import Options
from tests.bench.rounds import Load, Round, side_by_side

SATURATED = 0.8
"""Share of the processor that bare Temporal must keep busy, or its round does not count."""
_TRIES_MORE = 3
_SIDE_BY_SIDE = 2
"""One embedded Temporal, whose SQLite has a single writer, can't keep two cores busy (1.2 of them, measured on an idle
machine). So on both sides two installations run at once, and what is compared is what the processor can do."""
_COLD_CACHE = 20
"""Cached workflows where there are hundreds of leads."""


class NotSaturated(Exception):
    """Bare Temporal left the processor idle in too many rounds: nothing was measured."""


def counts(bare: Round, cores: int) -> bool:
    """Whether a round of bare Temporal used all that the machine has."""
    return bare.spent.busy_cores >= SATURATED * cores


async def _interleaved(
    options: Options, bare: Callable[[], Awaitable[Round]], engine: Callable[[], Awaitable[Round]]
) -> tuple[list[Round], list[Round]]:
    bare_rounds: list[Round] = []
    engine_rounds: list[Round] = []
    cores = psutil.cpu_count() or 1
    for _ in range(options.rounds + _TRIES_MORE):
        if len(bare_rounds) == options.rounds:
            break
        bare_one = await bare()
        options.say(f"bare Temporal {_words(bare_one)}")
        if not counts(bare_one, cores) and not options.quick:
            options.say(f"  it kept {bare_one.spent.busy_cores:.2f} of {cores} cores busy: the round does not count")
            continue
        engine_one = await engine()
        options.say(f"our engine    {_words(engine_one)}, {engine_one.rate / bare_one.rate:.2f} of bare Temporal")
        bare_rounds.append(bare_one)
        engine_rounds.append(engine_one)
    if len(bare_rounds) < options.rounds:
        raise NotSaturated(f"only {len(bare_rounds)} rounds of {options.rounds} kept the processor busy")
    return bare_rounds, engine_rounds


def _words(one: Round) -> str:
    cpu = ", ".join(f"{name} {value:.1f}" for name, value in one.spent.cpu_ms_per(one.touches).items())
    return f"{one.rate:6.1f} touches/s; CPU ms a touch: {cpu}; {one.spent.busy_cores:.2f} cores busy"


def ratio(engine: list[Round], bare: list[Round]) -> float:
    """The engine's median rate as a share of bare Temporal's."""
    return median(one.rate for one in engine) / median(one.rate for one in bare)


def side(rounds: list[Round]) -> dict[str, Any]:
    """Medians of one side, and each round."""
    names = rounds[0].spent.cpu
    cpu = {name: round(median(one.spent.cpu_ms_per(one.touches)[name] for one in rounds), 2) for name in names}
    return {
        "touches_per_s": round(median(one.rate for one in rounds), 2),
        "cpu_ms_per_touch": cpu,
        "rounds": [one.as_json() for one in rounds],
    }


async def warm(options: Options) -> dict[str, Any]:
    """Ten touches a lead, all workflows cached."""
    load = Load(options.of(200, 20), 10, 500)
    bare, engine = await _interleaved(
        options,
        lambda: side_by_side(_SIDE_BY_SIDE, lambda beside: bare_round(load, beside)),
        lambda: side_by_side(_SIDE_BY_SIDE, lambda beside: engine_round(load, beside, profile=options.profile)),
    )
    return {"engine_ratio": ratio(engine, bare), "details": {"bare": side(bare), "engine": side(engine)}}


async def cold(options: Options) -> dict[str, Any]:
    """The same with almost nothing cached, so that each touch begins with a replay; bare Temporal continues as new."""
    load = Load(options.of(200, 20), 10, _COLD_CACHE)
    bare, engine = await _interleaved(
        options,
        lambda: side_by_side(_SIDE_BY_SIDE, lambda beside: bare_round(load, beside, workflow="BareColdTouches")),
        lambda: side_by_side(_SIDE_BY_SIDE, lambda beside: engine_round(load, beside)),
    )
    return {"cold_engine_ratio": ratio(engine, bare), "details": {"bare": side(bare), "engine": side(engine)}}
