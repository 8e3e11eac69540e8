"""First-response clocks that run now: who waits, whose it is, and what can still be done about it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.reports.models import ClocksNow, RunningClocks
from adapters.db.reports.reports import Reports
from adapters.db.rows import FirstResponseRow, LeadRow
from leads.measures import Dimension
from tests.adapters.reports.small_business import NOW, at, lead_id

LIMIT = 10


async def read(reports: Reports, limit: int = LIMIT, **of: str | None) -> ClocksNow:
    return await reports.clocks({Dimension(name): value for name, value in of.items()}, NOW, limit=limit)


def numbers(clocks: RunningClocks) -> list[int]:
    return [one.lead_id.int for one in clocks.items]


async def change(engine: AsyncEngine, number: int, **values: Any) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            update(FirstResponseRow).where(FirstResponseRow.lead_id == lead_id(number)).values(values)
        )


async def test_who_can_still_be_answered_in_time_and_who_waits_too_long(
    business: AsyncEngine, reports: Reports
) -> None:
    async with business.begin() as connection:
        await connection.execute(
            update(LeadRow).where(LeadRow.id == lead_id(14)).values(name="Priya Raman", company="Harbor Bakery")
        )
    await change(business, 14, warned_at=at("11-20 09:55"), attempts=1, attempted_at=at("11-20 09:56"))
    found = await read(reports)
    assert (found.as_of, found.in_time.total, found.late.total) == (NOW, 1, 2)
    (soon,) = found.in_time.items
    assert (soon.lead_name, soon.lead_company, soon.owner_name) == ("Priya Raman", "Harbor Bakery", "Anna Keller")
    assert (soon.due_at - NOW, soon.warned_at, soon.attempts) == (timedelta(minutes=20), at("11-20 09:55"), 1)
    # Of those that were missed, the freshest one is worth most.
    assert numbers(found.late) == [15, 5]


async def test_what_was_answered_or_is_waited_for_no_more_has_no_clock(business: AsyncEngine, reports: Reports) -> None:
    await change(business, 15, moot_at=NOW)
    await change(business, 14, answered_at=NOW)
    found = await read(reports)
    assert (found.in_time.total, numbers(found.late)) == (0, [5])


@pytest.mark.usefixtures("business")
async def test_of_some_leads_only_and_no_more_than_asked_for(reports: Reports) -> None:
    assert numbers((await read(reports, rep="anna")).late) == [5]
    assert numbers((await read(reports, rep="ben", source="web form", kind="inbound")).late) == [15]
    assert (await read(reports, source=None)).late.total == 0
    assert (await read(reports, cadence="outbound-qualified")).late.total == 0
    few = await read(reports, limit=1)
    assert (few.late.total, numbers(few.late)) == (2, [15])
