"""The funnel: whoever came to a later stage counts for all before it, and each number is as many leads as it names."""

from datetime import date
from typing import Any

import pytest

from adapters.db.reports.behind import Behind
from adapters.db.reports.reports import Reports
from leads.measures import Asked, Counted, Dimension, ask
from leads.places import FUNNEL, Place
from tests.adapters.reports.small_business import NOW, ZONE


def weeks(**asked: Any) -> Asked:
    return ask(NOW, ZONE, first=date(2026, 11, 9), last=date(2026, 11, 22), **asked)


@pytest.mark.usefixtures("business")
async def test_each_stage_counts_who_came_there_or_further(reports: Reports) -> None:
    funnel = await reports.funnel(weeks(), NOW)
    # Lead 5 was tried in vain; 9 and 12 said yes, 9 without any call, and it alone was accepted by its owner.
    assert {one.place: one.leads for one in funnel.stages} == {
        "captured": 16,
        "attempted": 12,
        "answered": 11,
        "qualified": 5,
        "accepted": 2,
        "won": 2,
    }
    shares = [(round(one.share or 0, 4), one.of_before and round(one.of_before, 4)) for one in funnel.stages]
    assert shares == [(1, None), (0.75, 0.75), (0.6875, 0.9167), (0.3125, 0.4545), (0.125, 0.4), (0.125, 1)]


@pytest.mark.usefixtures("business")
@pytest.mark.parametrize("of", [{}, {Dimension.REP: "ben"}, {Dimension.KIND: "outbound", Dimension.SOURCE: "list"}])
async def test_each_number_of_the_funnel_and_the_map_is_as_many_leads(
    reports: Reports, of: dict[Dimension, str | None]
) -> None:
    async def behind(figure: Counted, place: Place) -> int:
        asked = Behind(figure=figure, asked=weeks(of=of), place=place)
        return len((await reports.leads_behind(asked, NOW, limit=50, cursor=None)).items)

    funnel, the_map = await reports.funnel(weeks(of=of), NOW), await reports.lead_map(weeks(of=of), NOW)
    assert [one.leads for one in funnel.stages] == [await behind(Counted.REACHED, place) for place in FUNNEL]
    nodes = {node.id: node.leads for node in the_map.nodes}
    assert nodes == {place.value: count for place in Place if (count := await behind(Counted.PLACE, place))}
