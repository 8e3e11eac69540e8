"""The figures as a manager reads them: totals, goals that were met and missed, where it goes, and what is next."""

from datetime import UTC, date, datetime

from adapters.db.reports.models import (
    Figures,
    FiguresReport,
    GoalView,
    PeriodView,
    Proposal,
    Quantiles,
    ResponseTimes,
)
from api.console.manager.figure_values import filled, proposed, standings
from leads.goals import Figure
from leads.periods import Every

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
WEEKS = ("2026-W44", "2026-W45", "2026-W46", "2026-W47")


def week(
    period: str | None, median: float | None, qualified: float, *, met: bool | None = None, leads: int = 8
) -> Figures:
    response = ResponseTimes(asked=leads, answered=leads, wall=Quantiles(median=median, p90=median))
    goals = {} if met is None else {Figure.RESPONSE_MEDIAN: GoalView(goal=1800, met=met)}
    return Figures(period=period, leads=leads, response=response, qualified_share=qualified, goals=goals)


def report(*rows: Figures, total: Figures | None = None, proposals: tuple[Proposal, ...] = ()) -> FiguresReport:
    periods = [
        PeriodView(
            label=label,
            first_day=date(2026, 11, 16),
            last_day=date(2026, 11, 22),
            start=NOW,
            end=NOW,
            complete=label != WEEKS[-1],
        )
        for label in WEEKS
    ]
    return FiguresReport(
        as_of=NOW,
        zone="America/New_York",
        every=Every.WEEK,
        group=None,
        periods=periods,
        rows=list(rows),
        totals=[total or Figures()],
        proposals=list(proposals),
    )


def test_a_figure_with_its_goal_and_how_it_goes() -> None:
    rows = (
        week("2026-W44", 2400, 0.1, met=False),
        week("2026-W45", 1500, 0.2, met=True),
        week("2026-W46", 1200, 0.1, met=True),
        week("2026-W47", 9000, 0.1, met=False),
    )
    one = standings(report(*rows, total=week(None, 1800, 0.125)))[Figure.RESPONSE_MEDIAN]
    assert (one.shown, one.goal, one.met) == ("30 min", 1800, True)  # The present week is judged when it is over.
    assert one.record("week") == "met in 2 of 3 weeks"
    trend = one.trend()
    assert trend is not None
    assert (trend.direction, trend.better, trend.words) == (-1, True, "20 min in W46, 25 min in W45")


def test_more_is_better_of_shares_and_what_looks_the_same_is_the_same() -> None:
    falling = standings(report(week("2026-W45", None, 0.2), week("2026-W46", None, 0.1)))[Figure.QUALIFIED].trend()
    assert falling is not None
    assert (falling.direction, falling.better, falling.icon) == (-1, False, "trending_down")
    steady = standings(report(week("2026-W45", None, 0.2), week("2026-W46", None, 0.20001)))[Figure.QUALIFIED].trend()
    assert steady is not None
    assert (steady.direction, steady.better) == (0, None)


def test_a_week_in_which_nothing_came_has_no_share_and_no_judgement() -> None:
    found = standings(report(week("2026-W44", 600, 0.5, met=True)))
    median, received = found[Figure.RESPONSE_MEDIAN], found[Figure.LEADS]
    assert [point.value for point in median.points] == [600, None, None, None]
    assert [point.value for point in received.points] == [8, 0, 0, 0]
    assert (median.record("week"), median.trend()) == ("met in 1 of 1 week", None)
    assert (median.shown, received.shown) == ("-", "0")
    assert [row.leads for row in filled(report(week("2026-W44", 600, 0.5)))] == [0, 0, 0, 8]


def test_the_next_goal_stands_where_the_last_one_was_met() -> None:
    proposal = Proposal(
        figure=Figure.RESPONSE_MEDIAN, every=Every.WEEK, of={}, goal=1800, next_goal=1500, periods_met=4
    )
    found = standings(report(week("2026-W46", 600, 0.5, met=True), proposals=(proposal,)))
    assert (found[Figure.RESPONSE_MEDIAN].next_goal, found[Figure.LEADS].next_goal) == (1500, None)
    assert proposed(proposal) == ("Response time, half of them: 30 min was met in the last 4 weeks. Next goal: 25 min.")
    fair = proposal.model_copy(
        update={"figure": Figure.LEADS, "of": {"source": "fair"}, "periods_met": 1, "goal": 40, "next_goal": 45}
    )
    assert proposed(fair) == "Leads received (source fair): 40 was met in the last week. Next goal: 45."
