"""First-response clocks that run now: who waits, whose it is, and what can still be done about it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.lead_views import first_response_view
from adapters.db.reports.behind import Behind
from adapters.db.reports.models import ClocksNow, RunningClocks
from adapters.db.reports.reports import Reports
from adapters.db.rows import FirstResponseRow, LeadRow
from leads.measures import Counted, Dimension
from tests.adapters.reports.small_business import NOW, at, lead_id
from tests.adapters.reports.test_figures import row, weeks

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


async def test_who_waits_no_more_before_it_is_due_needs_no_answer_and_who_does_later_was_late(
    business: AsyncEngine, reports: Reports
) -> None:
    """Of the present week: 14 still waits, 15 is late, 12 was answered in time, and 13 a minute too late."""
    await change(business, 14, moot_at=at("11-20 09:55"))
    await change(business, 15, moot_at=at("11-20 09:40"))  # ten minutes too late
    await change(business, 13, moot_at=at("11-19 16:20"))  # so what came at 16:31 answers nothing
    await change(business, 12, moot_at=at("11-17 09:10"))  # answered in time all the same
    response = (await row(reports, weeks(), "2026-W47")).response
    assert (response.asked, response.in_time, response.late, response.waiting, response.not_needed) == (5, 2, 1, 0, 2)
    assert (response.answered, response.within_target) == (2, 2 / 3)
    assert (response.wall.median, response.first_attempt.median) == (600, 600)  # 300 900
    found = await read(reports)
    assert (found.in_time.total, numbers(found.late)) == (0, [5])
    (spread,) = await reports.response_times(weeks("2026-11-16"), NOW)
    assert sum(one.wall for one in spread.bins) == spread.response.answered == 2


@pytest.mark.usefixtures("business")
async def test_of_some_leads_only_and_no_more_than_asked_for(reports: Reports) -> None:
    assert numbers((await read(reports, rep="anna")).late) == [5]
    assert numbers((await read(reports, rep="ben", source="web form", kind="inbound")).late) == [15]
    assert (await read(reports, source=None)).late.total == 0
    assert (await read(reports, cadence="outbound-qualified")).late.total == 0
    few = await read(reports, limit=1)
    assert (few.late.total, numbers(few.late)) == (2, [15])


@pytest.mark.parametrize(
    ("state", "asked_until", "values"),
    [
        ("waiting", "11-20 10:10", {}),
        ("overdue", "11-20 09:50", {}),
        ("in time", "11-20 09:50", {"answered_at": at("11-20 09:45")}),
        ("in time", "11-20 09:50", {"answered_at": at("11-20 09:45"), "moot_at": at("11-20 09:40")}),
        ("late", "11-20 09:50", {"answered_at": at("11-20 09:55")}),
        ("not needed", "11-20 10:10", {"moot_at": at("11-20 09:55")}),
        ("not needed", "11-20 09:50", {"moot_at": at("11-20 09:40"), "answered_at": at("11-20 09:55")}),
        ("late", "11-20 09:50", {"moot_at": at("11-20 09:55")}),
    ],
)
async def test_the_page_of_a_lead_says_the_same_of_its_question(
    business: AsyncEngine, reports: Reports, state: str, asked_until: str, values: dict[str, Any]
) -> None:
    await change(business, 14, due_at=at(asked_until), **values)
    async with business.connect() as connection:
        clock = (await connection.execute(select(FirstResponseRow.__table__))).mappings().all()
    (one,) = [row for row in clock if row["lead_id"] == lead_id(14)]
    view = first_response_view(one, NOW)
    assert view is not None
    assert view.state == state
    behind = Counted(state.replace(" ", "_").replace("overdue", "late"))
    page = await reports.leads_behind(Behind(figure=behind, asked=weeks("2026-11-16")), NOW, limit=50, cursor=None)
    assert lead_id(14) in page.items
