"""The four figures of the small business, each number counted by hand from its lines."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.reports.models import Figures, Quantiles
from adapters.db.reports.reports import Reports
from adapters.db.rows import EnrollmentRow, HoldRow, LeadRow, TaskRow
from leads.measures import Asked, Dimension, ask
from leads.periods import Every
from tests.adapters.reports.small_business import LONG_AGO, NOW, ZONE, lead_id, open_business


def weeks(first: str = "2026-10-26", last: str = "2026-11-22", **asked: object) -> Asked:
    return ask(NOW, ZONE, first=date.fromisoformat(first), last=date.fromisoformat(last), **asked)  # type: ignore[arg-type]


async def row(reports: Reports, asked: Asked, period: str, group: str | None = None) -> Figures:
    rows, _ = await reports.figures(asked, NOW)
    (found,) = [one for one in rows if (one.period, one.group) == (period, group)]
    return found


@pytest.mark.usefixtures("business")
async def test_a_week_over_and_its_leads(reports: Reports) -> None:
    found = await row(reports, weeks(), "2026-W46")
    assert found.leads == 10
    assert (found.qualified, found.qualified_share) == (4, 0.4)  # 1, 2, 4 and 9
    assert (found.ordered, found.ordered_share) == (2, 0.2)  # 1 and 9
    assert (found.followed_up, found.followed_up_share) == (9, 0.9)  # all but 10


@pytest.mark.usefixtures("business")
async def test_a_week_over_and_its_response_times(reports: Reports) -> None:
    response = (await row(reports, weeks(), "2026-W46")).response
    assert (response.asked, response.answered) == (8, 7)
    assert (response.in_time, response.late, response.waiting) == (5, 3, 0)  # late are 3, 4 and 5
    assert response.within_target == 0.625
    # 300 600 900 1200 3600 7200 163200: between the sixth and the seventh, at four tenths
    assert response.wall == Quantiles(median=1200, p90=69_600)
    assert response.business == Quantiles(median=1200, p90=4320)  # 300 600 900 1200 1200 3600 5400
    # 300 600 600 900 1800 7200 7200 163200: the fourth and fifth; between the seventh and eighth, at three tenths
    assert response.first_attempt == Quantiles(median=1350, p90=54_000)
    assert response.attempts == pytest.approx(3 / 7)  # 1 of lead 2, 2 of lead 3; lead 5 has no answer yet
    assert response.machine == Quantiles(median=5, p90=7.5)  # 5 5 5 5 5 10: not 4, and 8's came after the person
    assert response.human == Quantiles(median=1195, p90=69_598)  # 295 595 900 1195 3595 7200 163195


@pytest.mark.usefixtures("business")
async def test_the_present_week_has_questions_that_are_neither_in_time_nor_late_yet(reports: Reports) -> None:
    found = await row(reports, weeks(), "2026-W47")
    response = found.response
    assert (found.leads, found.qualified, found.ordered, found.followed_up) == (6, 1, 0, 6)
    assert (response.asked, response.answered) == (5, 3)
    assert (response.in_time, response.late, response.waiting) == (2, 2, 1)  # late are 13 and 15, 14 waits
    assert response.within_target == 0.5
    assert response.wall == Quantiles(median=900, p90=1668)  # 300 900 1860


@pytest.mark.usefixtures("business")
async def test_a_day_belongs_to_its_week_and_month_on_the_companys_clock_when_it_is_set_back(reports: Reports) -> None:
    rows, _ = await reports.figures(weeks(), NOW)
    assert {one.period: one.leads for one in rows} == {"2026-W44": 2, "2026-W45": 1, "2026-W46": 10, "2026-W47": 6}
    october = await row(reports, weeks(every=Every.MONTH), "2026-10")
    assert october.leads == 1
    assert october.response.wall.median == 39_600  # eleven hours that passed, ten on the clock
    assert (await row(reports, weeks(every=Every.MONTH), "2026-11")).leads == 18


@pytest.mark.usefixtures("business")
async def test_all_periods_together_are_counted_anew_and_not_averaged(reports: Reports) -> None:
    _, (total,) = await reports.figures(weeks("2026-11-09"), NOW)
    assert (total.period, total.leads, total.qualified, total.ordered, total.followed_up) == (None, 16, 5, 2, 15)
    # 300 300 600 900 900 1200 1860 3600 7200 163200
    assert total.response.wall == Quantiles(median=1050, p90=22_800)
    assert (total.response.in_time, total.response.late, total.response.within_target) == (7, 5, 7 / 12)


@pytest.mark.usefixtures("business")
async def test_by_source(reports: Reports) -> None:
    asked = weeks("2026-11-09", group=Dimension.SOURCE)
    rows, totals = await reports.figures(asked, NOW)
    assert {(one.period, one.group): one.leads for one in rows} == {
        ("2026-W46", "list"): 2,
        ("2026-W46", "trade fair"): 2,
        ("2026-W46", "web form"): 5,
        ("2026-W46", None): 1,
        ("2026-W47", "partner"): 1,
        ("2026-W47", "trade fair"): 1,
        ("2026-W47", "web form"): 4,
    }
    assert {one.group: (one.leads, one.response.asked, one.response.wall.median) for one in totals} == {
        "list": (2, 0, None),
        "partner": (1, 0, None),
        "trade fair": (3, 3, 4530),  # 1860 7200
        "web form": (9, 9, 900),  # 300 300 600 900 900 1200 3600
        None: (1, 1, 163_200),
    }


@pytest.mark.usefixtures("business")
async def test_by_rep_cadence_and_kind(reports: Reports) -> None:
    async def totals(group: Dimension) -> dict[str | None, tuple[int, int, int]]:
        _, found = await reports.figures(weeks("2026-11-09", group=group), NOW)
        return {one.group: (one.leads, one.response.in_time, one.response.late) for one in found}

    assert await totals(Dimension.REP) == {"anna": (8, 4, 2), "ben": (8, 3, 3)}
    assert await totals(Dimension.CADENCE) == {"inbound-web": (14, 7, 5), "outbound-qualified": (2, 0, 0)}
    assert await totals(Dimension.KIND) == {"inbound": (14, 7, 5), "outbound": (2, 0, 0)}


@pytest.mark.usefixtures("business")
async def test_only_some_leads(reports: Reports) -> None:
    async def leads(of: dict[Dimension, str | None]) -> int:
        _, (total,) = await reports.figures(weeks(of=of), NOW)
        return total.leads

    assert await leads({Dimension.SOURCE: "web form"}) == 12
    assert await leads({Dimension.SOURCE: "web form", Dimension.REP: "anna"}) == 7
    assert await leads({Dimension.SOURCE: None}) == 1
    assert await leads({Dimension.KIND: "outbound", Dimension.CADENCE: "outbound-qualified"}) == 2
    assert await leads({Dimension.SOURCE: "nobody"}) == 0


@pytest.mark.usefixtures("business")
async def test_a_lead_stays_with_the_cadence_in_which_it_began(reports: Reports, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        later = {
            "id": lead_id(999),
            "lead_id": lead_id(6),
            "cadence": "outbound-qualified",
            "version": "outbound-qualified-1",
            "started_at": NOW,
            "progress": {},
        }
        await connection.execute(insert(EnrollmentRow), later)
        await connection.execute(update(LeadRow).where(LeadRow.id == lead_id(6)).values(cadence="outbound-qualified"))
    _, totals = await reports.figures(weeks(group=Dimension.CADENCE), NOW)
    assert {one.group: one.leads for one in totals} == {"inbound-web": 17, "outbound-qualified": 2}


@pytest.mark.usefixtures("business")
async def test_what_lies_ahead_must_really_lie_ahead_and_belong_to_somebody(
    reports: Reports, engine: AsyncEngine
) -> None:
    async def followed_up() -> int:
        return (await row(reports, weeks(), "2026-W47")).followed_up

    assert await followed_up() == 6
    async with engine.begin() as connection:
        await connection.execute(update(TaskRow).where(TaskRow.lead_id == lead_id(16)).values(owner=""))
    assert await followed_up() == 5
    async with engine.begin() as connection:
        await connection.execute(update(HoldRow).values(lifted_at=NOW))
    assert await followed_up() == 4
    async with engine.begin() as connection:
        late = NOW - timedelta(minutes=4)
        await connection.execute(update(LeadRow).where(LeadRow.id == lead_id(14)).values(wake_at=late))
    assert await followed_up() == 4  # a worker is at it
    async with engine.begin() as connection:
        stuck = NOW - timedelta(minutes=6)
        await connection.execute(update(LeadRow).where(LeadRow.id == lead_id(14)).values(wake_at=stuck))
    assert await followed_up() == 3


async def test_an_empty_business(reports: Reports) -> None:
    assert await reports.figures(weeks(), NOW) == ([], [Figures()])
    assert await reports.figures(weeks(group=Dimension.SOURCE), NOW) == ([], [])


@pytest.mark.usefixtures("business")
async def test_a_period_to_come(reports: Reports) -> None:
    assert await reports.figures(weeks("2027-02-01", "2027-02-28"), NOW) == ([], [Figures()])


async def test_one_lead_of_which_hardly_anything_is_known(reports: Reports, engine: AsyncEngine) -> None:
    await open_business(engine)
    async with engine.begin() as connection:
        await connection.execute(delete(LeadRow).where(LeadRow.id != lead_id(16)))
        await connection.execute(delete(EnrollmentRow))
        await connection.execute(update(LeadRow).values(source=None, cadence=None))
    found = await row(reports, weeks(group=Dimension.CADENCE), "2026-W47")
    assert (found.leads, found.followed_up_share, found.response.wall) == (1, 1.0, Quantiles())
    assert LONG_AGO < NOW


@pytest.mark.usefixtures("business")
async def test_where_the_leads_came_from_the_largest_source_first(reports: Reports) -> None:
    assert await reports.sources(weeks("2026-11-09")) == ["web form", "trade fair", "list", "partner"]
    assert await reports.sources(weeks("2026-11-16", of={Dimension.REP: "anna"})) == ["web form", "trade fair"]
