"""What the reports say of the simulated business is what its actors tell, counted again in plain Python."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from adapters.db.reports.models import Figures
from adapters.db.reports.reports import Reports
from leads.measures import Dimension, ask
from leads.periods import Every
from tests.simulation.conftest import LEADS, Business
from tests.simulation.journal import LeadStory
from tests.simulation.people import COMPANY, START
from tests.simulation.recount import Recount, by, recount, week_of

pytestmark = pytest.mark.timeout(1500)  # the first of them lives through all of it
_FIRST = START.date()


def _as_recount(figures: Figures) -> Recount:
    response = figures.response
    return Recount(
        leads=figures.leads,
        qualified=figures.qualified,
        ordered=figures.ordered,
        asked=response.asked,
        answered=response.answered,
        in_time=response.in_time,
        late=response.late,
        median=response.wall.median,
        p90=response.wall.p90,
        business_median=response.business.median,
    )


def _rounded(counted: Recount) -> Recount:
    seconds = {name: getattr(counted, name) for name in ("median", "p90", "business_median")}
    return counted._replace(**{name: None if value is None else round(value, 3) for name, value in seconds.items()})


async def _figures(business: Business, group: Dimension | None, every: Every = Every.WEEK) -> list[list[Figures]]:
    last = business.end.astimezone(ZoneInfo(COMPANY.zone)).date()
    asked = ask(business.end, ZoneInfo(COMPANY.zone), every=every, first=_FIRST, last=last, group=group)
    return [*await Reports(business.engine).figures(asked, business.end)]


async def test_it_is_a_business_worth_counting(business: Business) -> None:
    """So that what follows can't be true of nothing: every kind of story happened, often."""
    stories = business.stories
    assert len(stories) == LEADS
    said = [word for story in stories for _, word in story.said]
    assert all(said.count(word) >= 8 for word in ("yes", "no", "not now", "stop")), said
    assert sum(story.won_at is not None for story in stories) >= 8
    assert sum(len(story.attempts) for story in stories) >= 50
    assert sum(len(story.messages) for story in stories) >= 300
    assert len({story.owner for story in stories}) == 8


async def test_the_figures_of_all_of_it_are_the_recounted_ones(business: Business) -> None:
    _, (total,) = await _figures(business, None)
    assert _as_recount(total) == _rounded(recount(business.stories, business.end))
    assert (total.followed_up, total.followed_up_share) == (LEADS, 1.0)


@pytest.mark.parametrize(
    ("group", "key"),
    [
        (Dimension.SOURCE, lambda story: story.source),
        (Dimension.CADENCE, lambda story: story.cadence),
        (Dimension.KIND, lambda story: story.kind.value),
    ],
)
async def test_so_are_those_of_each_group(
    business: Business, group: Dimension, key: Callable[[LeadStory], object]
) -> None:
    _, totals = await _figures(business, group)
    counted = by(business.stories, key, business.end)
    assert {one.group: _as_recount(one) for one in totals} == {name: _rounded(one) for name, one in counted.items()}
    assert len(totals) >= 2


async def test_so_are_those_of_each_week(business: Business) -> None:
    weeks, _ = await _figures(business, None)
    counted = by(business.stories, lambda story: week_of(story.captured_at), business.end)
    expected = {f"2035-W{monday.isocalendar().week:02}": _rounded(one) for monday, one in counted.items()}
    assert {one.period: _as_recount(one) for one in weeks if one.leads or one.response.asked} == expected
    assert len(expected) == 12
