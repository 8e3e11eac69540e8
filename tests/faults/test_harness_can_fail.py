"""The harness is held against engines that are broken on purpose: it must say what was sent twice or lost."""

import asyncio
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.faults.lane import Lane
from tests.faults.points import point
from tests.faults.rounds import grounds
from tests.faults.seeds import Trial, seeds_for, trial_of
from tests.faults.verdict import Verdict

_TRIED = {
    "no claim": ("provider accepted", "provider answered", "before record"),
    "record before send": ("after record",),
    "unknown is sent again": ("provider accepted", "after claim"),
    "callers are forgotten": ("log_personal_touch: committed",),
}
"""How the engine is broken, and where it is hit then."""

Verdicts = dict[tuple[str, str], Verdict]


def _plain(at: str) -> Trial:
    """A trial of this point with nothing else in it that could mend, or stop, what is broken."""
    trial = trial_of(next(seeds_for(point(at))))
    orders = trial.orders if trial.point.command else ()
    return replace(trial, emails=(), texts=(), orders=orders)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def verdicts() -> Verdicts:
    """One life in each broken engine for each point at which it is hit."""
    found: Verdicts = {}

    async def lead(lane: Lane, how: str) -> None:
        for at in _TRIED[how]:
            found[how, at] = await lane.run(_plain(at))

    async with grounds(len(_TRIED), killing_servers=False, broken=tuple(_TRIED)) as ready:
        await asyncio.gather(*map(lead, ready.lanes, _TRIED))
    return found


@pytest.mark.parametrize("at", _TRIED["no claim"])
async def test_without_the_claim_a_message_arrives_twice(verdicts: Verdicts, at: str) -> None:
    verdict = verdicts["no claim", at]
    assert verdict.happened
    assert verdict.duplicates, str(verdict)


async def test_recorded_before_it_is_sent_a_message_is_lost(verdicts: Verdicts) -> None:
    verdict = verdicts["record before send", "after record"]
    assert verdict.happened
    assert verdict.losses, str(verdict)


async def test_an_unknown_message_that_is_sent_again_arrives_twice(verdicts: Verdicts) -> None:
    verdict = verdicts["unknown is sent again", "provider accepted"]
    assert verdict.happened
    assert verdict.duplicates, str(verdict)


async def test_a_command_is_done_twice_when_its_caller_is_forgotten(verdicts: Verdicts) -> None:
    verdict = verdicts["callers are forgotten", "log_personal_touch: committed"]
    assert verdict.happened
    assert any("took effect 2 times" in each or "stored 2 times" in each for each in verdict.broken), str(verdict)


async def test_a_message_that_never_left_may_be_sent_again(verdicts: Verdicts) -> None:
    verdict = verdicts["unknown is sent again", "after claim"]
    assert verdict.happened
    assert verdict.is_good, str(verdict)
