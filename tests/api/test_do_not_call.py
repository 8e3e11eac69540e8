"""T9: what the Do-Not-Call registry says of our leads' numbers comes in from a file, and plans follow it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import CommandRow
from api.do_not_call import DoNotCall, LookUp, open_look_ups, read_look_ups
from api.services import Services
from api.suppression_file import BadLine
from leads.model import Channel, ContactPoint
from tests.api.conftest import Capture
from tests.api.fakes import RecordingDelivery
from tests.clocks import SettableClock

PHONE = "+12125550111"


async def phone_of(services: Services, lead_id: UUID) -> ContactPoint:
    async with services.cases.open(lead_id, services.clock()) as opened:
        return next(point for point in opened.case.lead.contacts if point.value == PHONE)


async def next_channel(services: Services, lead_id: UUID) -> Channel | None:
    async with services.cases.open(lead_id, services.clock()) as opened:
        touch = opened.case.enrollment.next
        return touch.channel if touch else None


@pytest.fixture
def registry(services: Services) -> DoNotCall:
    return DoNotCall(services)


async def found(capture: Capture) -> UUID:
    """A lead of prospecting, whom only a phone reaches."""
    return UUID((await capture(kind="outbound", email=None, question=None))["id"])


async def test_T9_a_listed_number_changes_the_plan_at_once(
    services: Services, registry: DoNotCall, capture: Capture, delivery: RecordingDelivery, clock: SettableClock
) -> None:
    lead_id = await found(capture)
    assert await next_channel(services, lead_id) is Channel.CALL
    delivery.told.clear()
    taken = await registry.take([LookUp(PHONE, True, clock())], by="test")
    assert (taken.ours, taken.changed) == (1, 1)
    point = await phone_of(services, lead_id)
    assert (point.dnc_listed, point.dnc_checked_at) == (True, clock())
    assert await next_channel(services, lead_id) is not Channel.CALL
    assert delivery.told == [lead_id]
    assert (await registry.take([LookUp(PHONE, True, clock())], by="test")).changed == 0


async def test_T9_a_number_that_is_not_listed_any_more_is_called_again(
    services: Services, registry: DoNotCall, capture: Capture, clock: SettableClock
) -> None:
    lead_id = await found(capture)
    await registry.take([LookUp(PHONE, True, clock())], by="test")
    clock.move_by(timedelta(hours=1))
    assert (await registry.take([LookUp(PHONE, False, clock())], by="test")).changed == 1
    assert await next_channel(services, lead_id) is Channel.CALL


async def test_what_changes_no_plan_is_written_down_and_told_nobody(
    services: Services,
    engine: AsyncEngine,
    registry: DoNotCall,
    capture: Capture,
    delivery: RecordingDelivery,
    clock: SettableClock,
) -> None:
    lead_id = UUID((await capture())["id"])  # its answer comes first, by email
    delivery.told.clear()
    looks = [LookUp(PHONE, True, clock() - timedelta(days=1)), LookUp("+12125550199", True, clock())]
    seen: list[int] = []
    taken = await registry.take([*looks, LookUp(PHONE, False, clock())], by="test", progress=seen.append)
    assert (taken.ours, taken.changed, sum(seen)) == (1, 0, 2)
    assert ((await phone_of(services, lead_id)).dnc_listed, delivery.told) == (False, [])
    async with engine.connect() as connection:
        assert list((await connection.execute(select(CommandRow.kind))).scalars()) == ["start"]


def test_a_file_is_read_line_by_line(tmp_path: Path) -> None:
    now = datetime(2026, 11, 20, 15, tzinfo=UTC)
    path = tmp_path / "dnc.csv"
    path.write_text(
        "Number,Listed,Checked at\n"
        "(212) 555-0111,yes,2026-11-01\n"
        "+12125550112,No,\n"
        "+12125550113,perhaps,\n"
        "12,yes,\n"
        "+12125550114,yes,2026-12-24\n"
        "+12125550115,yes,yesterday\n"
        "+12125550116,,\n"
    )
    lines = list(read_look_ups(open_look_ups(path), "US", now))
    assert lines[:2] == [
        LookUp("+12125550111", True, datetime(2026, 11, 1, tzinfo=UTC)),
        LookUp("+12125550112", False, now),
    ]
    bad = [line for line in lines[2:] if isinstance(line, BadLine)]
    assert [one.line for one in bad] == [4, 5, 6, 7, 8]
    for part, one in zip(("neither yes nor no", "too short", "future", "no date", "neither"), bad, strict=True):
        assert part in one.reason
