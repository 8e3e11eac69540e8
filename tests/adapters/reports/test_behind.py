"""The leads behind a number: as many as it says, each once, page by page."""

from datetime import date
from typing import Any

import pytest

from adapters.db.paging import BadCursor
from adapters.db.reports.behind import Behind
from adapters.db.reports.reports import Reports
from leads.measures import Asked, Counted, Dimension, Within, ask
from leads.places import Place
from tests.adapters.reports.small_business import NOW, ZONE


def weeks(first: str = "2026-11-09", last: str = "2026-11-22", **asked: Any) -> Asked:
    return ask(NOW, ZONE, first=date.fromisoformat(first), last=date.fromisoformat(last), **asked)


async def leads(reports: Reports, figure: Counted, asked: Asked | None = None, **behind: Any) -> list[int]:
    """The numbers of the leads, in order."""
    page = await reports.leads_behind(
        Behind(figure=figure, asked=asked or weeks(), **behind), NOW, limit=50, cursor=None
    )
    assert (page.total, page.next_cursor) == (len(page.items), None)
    return sorted(lead.int for lead in page.items)


@pytest.mark.usefixtures("business")
@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (Counted.LEADS, list(range(1, 17))),
        (Counted.QUALIFIED, [1, 2, 4, 9, 12]),
        (Counted.ORDERED, [1, 9]),
        (Counted.FOLLOWED_UP, [*range(1, 10), *range(11, 17)]),
        (Counted.NOT_FOLLOWED_UP, [10]),
        (Counted.NOT_WORKED, [10, 16]),
        (Counted.ASKED, [*range(1, 9), *range(11, 16)]),
        (Counted.ANSWERED, [1, 2, 3, 4, 6, 7, 8, 11, 12, 13]),
        (Counted.IN_TIME, [1, 2, 6, 7, 8, 11, 12]),
        (Counted.LATE, [3, 4, 5, 13, 15]),
        (Counted.WAITING, [14]),
        (Counted.SENT, [1, 2, 3, 4, 5, 6, 7, 9, 11, 12]),
        (Counted.DELIVERED, [1, 2, 7, 11]),
        (Counted.BOUNCED, [6]),
        (Counted.REPLIED, [1, 3, 11]),
        (Counted.YES, [1, 2, 4, 9, 12]),
        (Counted.NO, [3]),
        (Counted.NOT_NOW, [6, 7]),
        (Counted.OPTED_OUT, []),
    ],
)
async def test_who_was_counted(reports: Reports, figure: Counted, expected: list[int]) -> None:
    assert await leads(reports, figure) == expected


@pytest.mark.usefixtures("business")
async def test_of_one_week_and_some_leads_only(reports: Reports) -> None:
    week = weeks("2026-11-16")
    assert await leads(reports, Counted.LATE, week) == [13, 15]
    assert await leads(reports, Counted.LATE, weeks(of={Dimension.REP: "ben", Dimension.SOURCE: "web form"})) == [3, 15]
    assert await leads(reports, Counted.LEADS, weeks(of={Dimension.SOURCE: None})) == [7]


@pytest.mark.usefixtures("business")
async def test_of_one_bin_step_contact_number_and_leg(reports: Reports) -> None:
    assert await leads(reports, Counted.ANSWERED, within=Within.FIVE_MINUTES) == [6, 11]
    assert await leads(reports, Counted.ANSWERED, within=Within.THREE_DAYS) == [7]
    assert await leads(reports, Counted.YES, step={"step_id": "first-call"}) == [12]
    assert await leads(reports, Counted.SENT, step={"variant": "b", "cadence": "inbound-web"}) == [2, 6, 12]
    assert await leads(reports, Counted.SENT, step={"cadence": None}) == [4]
    assert await leads(reports, Counted.YES, contact_number=3) == [1, 2]
    assert await leads(reports, Counted.LEG, leg=(Place.MACHINE, Place.ATTEMPTED)) == [2, 3, 5]
    assert await leads(reports, Counted.LEG, leg=(Place.CAPTURED, Place.ON_ITS_WAY)) == [10, 16]


@pytest.mark.usefixtures("business")
async def test_page_by_page_the_newest_first(reports: Reports) -> None:
    behind, cursor, found = Behind(figure=Counted.LEADS, asked=weeks()), None, []
    for _ in range(4):
        page = await reports.leads_behind(behind, NOW, limit=5, cursor=cursor)
        assert page.total == 16
        found += [lead.int for lead in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert found == [14, 15, 13, 16, 12, 11, 7, 8, 10, 9, 6, 5, 4, 3, 2, 1]
    with pytest.raises(BadCursor):
        await reports.leads_behind(behind, NOW, limit=5, cursor="nonsense")


async def test_nobody(reports: Reports) -> None:
    for figure in Counted:
        assert await leads(reports, figure) == []
