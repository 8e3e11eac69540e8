"""What the leads of the small business cost, and how its response times spread: counted by hand from its lines."""

from datetime import date
from decimal import Decimal

import pytest

from adapters.db.reports.models import Costs
from adapters.db.reports.reports import Reports
from leads.measures import Asked, Dimension, ask
from tests.adapters.reports.small_business import NOW, ZONE


def weeks(group: Dimension | None = None, first: str = "2026-11-09", last: str = "2026-11-22") -> Asked:
    return ask(NOW, ZONE, first=date.fromisoformat(first), last=date.fromisoformat(last), group=group)


@pytest.mark.usefixtures("business")
async def test_costs_by_source(reports: Reports) -> None:
    rows, total = await reports.costs(weeks(Dimension.SOURCE), NOW)
    assert [(one.group, one.leads, one.priced, one.cost, one.qualified, one.ordered) for one in rows] == [
        ("trade fair", 3, 3, Decimal(150), 1, 0),
        ("web form", 9, 9, Decimal(90), 3, 1),
        ("list", 2, 2, Decimal(5), 1, 1),
        ("partner", 1, 0, Decimal(0), 0, 0),
        (None, 1, 0, Decimal(0), 0, 0),
    ]
    assert [(str(one.per_lead), str(one.per_qualified), str(one.per_order)) for one in rows] == [
        ("50.00", "150.00", "None"),
        ("10.00", "30.00", "90.00"),
        ("2.50", "5.00", "5.00"),
        ("None", "None", "None"),
        ("None", "None", "None"),
    ]
    assert (total.leads, total.priced, total.cost, total.qualified, total.ordered) == (16, 14, Decimal(245), 5, 2)
    assert (total.per_lead, total.per_qualified, total.per_order) == (Decimal("17.50"), Decimal(49), Decimal("122.50"))


@pytest.mark.usefixtures("business")
async def test_leads_that_nobody_worked(reports: Reports) -> None:
    rows, total = await reports.costs(weeks(Dimension.SOURCE), NOW)
    # 10 and 16 were never called; 5 only had a voicemail, which is an attempt; 14 and 15 are younger than a day.
    wasted = {one.group: (one.not_worked, one.wasted, one.wasted_share) for one in rows if one.not_worked}
    assert wasted == {"list": (1, Decimal("2.50"), 0.5), "partner": (1, Decimal(0), None)}
    assert (total.not_worked, total.wasted) == (2, Decimal("2.50"))
    assert total.wasted_share == pytest.approx(2.5 / 245)


async def test_costs_of_nothing(reports: Reports) -> None:
    assert await reports.costs(weeks(Dimension.SOURCE), NOW) == ([], Costs())


@pytest.mark.usefixtures("business")
async def test_how_response_times_spread(reports: Reports) -> None:
    (found,) = await reports.response_times(weeks(), NOW)
    assert [(one.name, one.wall, one.business) for one in found.bins] == [
        ("5 minutes", 2, 2),  # 300 300, as in business hours
        ("15 minutes", 3, 3),  # 600 900 900, likewise
        ("30 minutes", 1, 2),  # 1200; in business hours also the 163200 of a weekend
        ("1 hour", 2, 2),  # 1860 3600, likewise
        ("2 hours", 1, 1),  # 7200; 5400
        ("4 hours", 0, 0),
        ("8 hours", 0, 0),
        ("1 day", 0, 0),
        ("3 days", 1, 0),
        ("longer", 0, 0),
    ]
    assert [one.wall_until for one in found.bins] == [0.2, 0.5, 0.6, 0.8, 0.9, 0.9, 0.9, 0.9, 1.0, 1.0]
    assert [one.business_until for one in found.bins][:5] == [0.2, 0.5, 0.7, 0.9, 1.0]
    assert [(one.attempts, one.answered) for one in found.attempts] == [(0, 8), (1, 1), (2, 1), (3, 0)]
    assert (found.group, found.response.asked, found.response.wall.median) == (None, 13, 1050)


@pytest.mark.usefixtures("business")
async def test_how_response_times_spread_by_rep(reports: Reports) -> None:
    anna, ben = await reports.response_times(weeks(Dimension.REP), NOW)
    assert (anna.group, anna.response.asked, sum(one.wall for one in anna.bins)) == ("anna", 7, 5)
    assert (ben.group, ben.response.asked, sum(one.wall for one in ben.bins)) == ("ben", 6, 5)


async def test_response_times_of_nothing(reports: Reports) -> None:
    (found,) = await reports.response_times(weeks(), NOW)
    assert (found.response.asked, found.bins[0].wall, found.bins[0].wall_until) == (0, 0, None)
    assert await reports.response_times(weeks(Dimension.SOURCE), NOW) == []
