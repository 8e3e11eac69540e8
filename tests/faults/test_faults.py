"""A slice of the fault harness: at each named point something fails once, in a life of its own.

`make faults` runs a thousand seeds; this runs one or more for each point. All lives are led by one fixture, over
several lanes at the same time; each test waits for those of its group.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.points import GROUPS, POINTS
from tests.faults.rounds import Grounds, grounds, table
from tests.faults.verdict import Verdict

_LANES = 8


class Slice:
    """The lives that are being led."""

    def __init__(self, ready: Grounds) -> None:
        self.ready = ready
        self.verdicts: list[Verdict] = []
        self._news = asyncio.Condition()
        self._telling: set[asyncio.Task[None]] = set()
        self.leading = asyncio.create_task(ready.cover(POINTS, self._hear))

    def missing(self, group: str) -> set[str]:
        """The points of a group whose fault has not happened yet."""
        done = {verdict.trial.point.name for verdict in self.verdicts if verdict.happened}
        return {point.name for point in POINTS if point.group == group} - done

    async def of(self, group: str) -> list[Verdict]:
        """The verdicts on a group's lives, once all its faults have happened, or no more lives are led."""
        async with self._news:
            await self._news.wait_for(lambda: not self.missing(group) or self.leading.done())
        return [verdict for verdict in self.verdicts if verdict.trial.point.group == group]

    def _hear(self, verdict: Verdict) -> None:
        self.verdicts.append(verdict)
        telling = asyncio.create_task(self._tell())
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lives() -> AsyncIterator[Slice]:
    """All lives, on servers and processes of their own."""
    async with grounds(_LANES) as ready:
        led = Slice(ready)
        led.leading.add_done_callback(lambda _: asyncio.ensure_future(led._tell()))
        yield led
        led.leading.cancel()
        await asyncio.gather(led.leading, return_exceptions=True)


@pytest.mark.parametrize("group", GROUPS)
async def test_nothing_is_sent_twice_or_lost(lives: Slice, group: str) -> None:
    verdicts = await lives.of(group)
    bad = [str(verdict) for verdict in verdicts if not verdict.is_good]
    assert not bad, "\n".join(bad)
    assert not lives.missing(group), "these faults never happened"


async def test_the_doctor_finds_nothing_after_all_faults(lives: Slice) -> None:
    await lives.leading
    assert await lives.ready.examined() == []
    assert sum(verdict.happened for verdict in lives.verdicts) >= 60, table(lives.verdicts)
