"""The lead map of the small business: each way followed by hand from its lines."""

from datetime import date

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.reports.models import Leg
from adapters.db.reports.reports import Reports
from adapters.db.rows import EnrollmentRow, LeadRow, StageChangeRow
from leads.measures import Asked, Dimension, ask
from tests.adapters.reports.small_business import NOW, ZONE, at, lead_id

DAY = 86_400


def weeks(of: dict[Dimension, str | None] | None = None, first: str = "2026-11-09") -> Asked:
    return ask(NOW, ZONE, first=date.fromisoformat(first), last=date(2026, 11, 22), of=of)


def told(legs: list[Leg]) -> dict[tuple[str, str], tuple[int, float | None, float | None]]:
    return {(leg.origin, leg.target): (leg.leads, leg.time.median, leg.time.p90) for leg in legs}


@pytest.mark.usefixtures("business")
async def test_the_places_and_how_many_came_there(reports: Reports) -> None:
    found = await reports.lead_map(weeks(), NOW)
    assert [(node.id, node.leads) for node in found.nodes] == [
        ("asked", 13),
        ("captured", 16),
        ("machine", 11),  # not 4; and 8's came after the person
        ("attempted", 3),
        ("answered", 10),
        ("qualified", 5),
        ("accepted", 1),
        ("lost", 2),
        ("won", 2),
        ("on_its_way", 12),
    ]


@pytest.mark.usefixtures("business")
async def test_the_legs_and_how_long_they_took(reports: Reports) -> None:
    assert told((await reports.lead_map(weeks(), NOW)).legs) == {
        ("asked", "captured"): (13, 0, 0),  # 4 asked an hour before
        ("captured", "machine"): (11, 5, 5),
        ("captured", "answered"): (2, 4050, 6570),  # 4 and 8: 7200 and 900
        ("captured", "qualified"): (1, 327_600, 327_600),  # 9
        ("captured", "on_its_way"): (2, None, None),  # 10 16
        ("machine", "attempted"): (3, 1795, 6111),  # 2 3 5: 595 1795 7190
        ("machine", "answered"): (6, 745, 82_525),  # 295 295 595 895 1855 163195
        ("machine", "on_its_way"): (2, None, None),  # 14 15
        ("attempted", "answered"): (2, 1200, 1680),  # 2 3: 600 1800
        ("attempted", "on_its_way"): (1, None, None),  # 5
        ("answered", "qualified"): (4, 114_900, 162_240),  # 12 1 4 2: 85500 89400 140400 171600
        ("answered", "lost"): (1, 255_600, 255_600),  # 3
        ("answered", "on_its_way"): (5, None, None),
        ("qualified", "accepted"): (1, DAY, DAY),  # 9
        ("qualified", "lost"): (1, DAY, DAY),  # 4
        ("qualified", "won"): (1, 2 * DAY, 2 * DAY),  # 1
        ("qualified", "on_its_way"): (2, None, None),  # 2 12
        ("accepted", "won"): (1, 2 * DAY, 2 * DAY),
    }


@pytest.mark.usefixtures("business")
async def test_each_kind_and_source_by_itself(reports: Reports) -> None:
    found = await reports.lead_map(weeks(), NOW)
    assert [(flow.kind, flow.source, flow.leads) for flow in found.flows] == [
        ("inbound", "web form", 9),
        ("inbound", "trade fair", 3),
        ("outbound", "list", 2),
        ("inbound", None, 1),
        ("inbound", "partner", 1),
    ]
    outbound = next(flow for flow in found.flows if flow.kind == "outbound")
    assert told(outbound.legs) == {
        ("captured", "qualified"): (1, 327_600, 327_600),
        ("captured", "on_its_way"): (1, None, None),
        ("qualified", "accepted"): (1, DAY, DAY),
        ("accepted", "won"): (1, 2 * DAY, 2 * DAY),
    }


@pytest.mark.usefixtures("business")
async def test_through_whose_hands(reports: Reports) -> None:
    hands = (await reports.lead_map(weeks(), NOW)).hands
    assert [(node.id, node.role, node.leads) for node in hands.nodes] == [
        ("anna", "rep", 2),
        ("ben", "rep", 2),
        ("mia", "manager", 2),
    ]
    assert told(hands.legs) == {
        ("ben", "anna"): (1, 7200, 7200),
        ("mia", "anna"): (1, 0, 0),
        ("mia", "ben"): (1, 600, 600),
    }


@pytest.mark.usefixtures("business")
async def test_only_some_leads(reports: Reports) -> None:
    found = await reports.lead_map(weeks({Dimension.KIND: "outbound", Dimension.REP: "ben"}), NOW)
    assert told(found.legs) == {("captured", "on_its_way"): (1, None, None)}
    assert [(node.id, node.leads) for node in found.hands.nodes] == [("ben", 1), ("mia", 1)]


@pytest.mark.usefixtures("business")
async def test_a_way_goes_forward_only_and_may_end_elsewhere(reports: Reports, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        # 14 said yes by the email's link, and a person was there only later; it was lost, and won after all.
        for stage, when in (("qualified", "11-20 09:52"), ("lost", "11-20 09:54"), ("won", "11-20 09:55")):
            values = {"lead_id": lead_id(14), "stage": stage, "at": at(when), "by": "anna", "owner_id": "anna"}
            await connection.execute(insert(StageChangeRow), values)
        await connection.execute(update(LeadRow).where(LeadRow.id == lead_id(16)).values(ended="unreachable"))
        await connection.execute(update(EnrollmentRow).values(ended_at=None))
    legs = told((await reports.lead_map(weeks(), NOW)).legs)
    assert legs["machine", "qualified"] == (1, 115, 115)
    assert legs["qualified", "lost"][0] == 2
    assert legs["lost", "won"] == (1, 60, 60)
    assert legs["captured", "unreachable"] == (1, None, None)


@pytest.mark.usefixtures("business")
async def test_who_opted_out(reports: Reports) -> None:
    asked = ask(NOW, ZONE, first=date(2026, 10, 26), last=date(2026, 11, 1))
    legs = told((await reports.lead_map(asked, NOW)).legs)
    assert legs["captured", "opted_out"] == (1, None, None)


async def test_an_empty_map(reports: Reports) -> None:
    found = await reports.lead_map(weeks(), NOW)
    assert (found.nodes, found.legs, found.flows, found.hands.nodes, found.hands.legs) == ([], [], [], [], [])
