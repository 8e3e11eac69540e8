"""What other programs delivered, as lists of it are read: in pages, filtered, and without what each held."""

from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.hook_deliveries import DeliveryState, HookDeliveries, claim
from adapters.db.paging import BadCursor
from tests.clocks import SettableClock


@pytest_asyncio.fixture
async def deliveries(engine: AsyncEngine, clock: SettableClock) -> HookDeliveries:
    """Five that failed, one of them another hook's, and one that was taken; two at the same instant."""
    kept = HookDeliveries(engine)
    for number in (1, 2, 3, 4):
        await kept.fail("tool", f"{number}", f"body {number}", f"error {number}", clock())
        if number != 3:
            clock.move_by(timedelta(minutes=1))
    await kept.fail("other", "9", "body 9", "error 9", clock())
    clock.move_by(timedelta(minutes=1))
    async with engine.begin() as connection:
        await claim(connection, "tool", "5", "body 5", clock())
    return kept


async def test_lines_come_newest_first_in_pages_and_every_one_once(deliveries: HookDeliveries) -> None:
    seen, cursor = [], None
    while True:
        page = await deliveries.lines(hook="tool", limit=2, cursor=cursor)
        assert (page.total, page.total_exact) == (5, True)
        seen += [one.external_id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (seen[0], sorted(seen[1:3]), seen[3:]) == ("5", ["3", "4"], ["2", "1"])


async def test_they_are_filtered_by_hook_and_state(deliveries: HookDeliveries) -> None:
    failed = await deliveries.lines(state="failed")
    assert (len(failed.items), {one.state for one in failed.items}) == (5, {DeliveryState.FAILED})
    (taken,) = (await deliveries.lines(state="taken")).items
    assert (taken.external_id, taken.error) == ("5", None)
    assert [one.external_id for one in (await deliveries.lines(hook="other")).items] == ["9"]
    assert (await deliveries.lines(hook="none")).items == []


async def test_the_whole_list_pages_the_same_way_with_what_each_held(deliveries: HookDeliveries) -> None:
    first = await deliveries.all(limit=4)
    assert first.next_cursor is not None
    rest = await deliveries.all(limit=4, cursor=first.next_cursor)
    assert (first.total, len(rest.items), rest.next_cursor) == (6, 2, None)
    bodies = {one.body for one in (*first.items, *rest.items)}
    assert bodies == {f"body {one}" for one in (1, 2, 3, 4, 5, 9)}
    with pytest.raises(BadCursor):
        await deliveries.lines(cursor="nonsense")


async def test_one_is_read_with_what_it_held(deliveries: HookDeliveries) -> None:
    (line,) = (await deliveries.lines(hook="other")).items
    one = await deliveries.one(line.id)
    assert one is not None
    assert (one.body, one.error) == ("body 9", "error 9")
    assert await deliveries.one(uuid4()) is None
