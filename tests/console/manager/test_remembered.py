"""What was just counted: once for all who ask, never when it failed, and for whoever stays when others go."""

import asyncio

import pytest

from api.console.manager.remembered import Remembered


class Count:
    """A report that waits to be let go on."""

    def __init__(self) -> None:
        self.begun, self.at_once, self.most = 0, 0, 0
        self.go_on = asyncio.Event()
        self.fails = False

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await self.go_on.wait()
        self.at_once -= 1
        if self.fails:
            raise ConnectionError("the database is away")
        return number


async def test_whoever_asks_for_the_same_meanwhile_gets_the_same() -> None:
    remembered, count = Remembered(), Count()
    asking = [asyncio.create_task(remembered.get("figures", count)) for _ in range(5)]
    await asyncio.sleep(0)
    count.go_on.set()
    assert await asyncio.gather(*asking) == [1] * 5
    assert await remembered.get("figures", count) == 1
    assert await remembered.get("costs", count) == 2
    remembered.forget()
    assert await remembered.get("figures", count) == 3


async def test_after_some_seconds_it_is_counted_anew() -> None:
    remembered, count = Remembered(keep=0.05), Count()
    count.go_on.set()
    assert await remembered.get("figures", count) == 1
    await asyncio.sleep(0.06)
    assert await remembered.get("figures", count) == 2


async def test_what_failed_is_tried_again() -> None:
    remembered, count = Remembered(), Count()
    count.go_on.set()
    count.fails = True
    with pytest.raises(ConnectionError):
        await remembered.get("figures", count)
    count.fails = False
    assert await remembered.get("figures", count) == 2


async def test_who_goes_away_takes_nothing_from_the_others() -> None:
    remembered, count = Remembered(), Count()
    first = asyncio.create_task(remembered.get("figures", count))
    second = asyncio.create_task(remembered.get("figures", count))
    await asyncio.sleep(0)
    first.cancel()
    count.go_on.set()
    assert await second == 1
    assert first.cancelled()


async def test_so_many_are_counted_at_once_and_no_more() -> None:
    remembered, count = Remembered(at_once=2), Count()
    asking = [asyncio.create_task(remembered.get(number, count)) for number in range(5)]
    await asyncio.sleep(0.01)
    count.go_on.set()
    await asyncio.gather(*asking)
    assert (count.begun, count.most) == (5, 2)
