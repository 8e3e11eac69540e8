"""Reports for people: what was counted, held against the goals that `goals.yaml` sets."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from adapters.db.reports.models import (
    CostsReport,
    Figures,
    FiguresReport,
    GoalView,
    PeriodView,
    Proposal,
    ResponseReport,
)
from api.services import Services
from leads.goals import Figure, Goals, held_against
from leads.measures import Asked, Dimension
from leads.periods import Period
from leads.playbook import Playbook
from leads.sheets import SheetError, load_sheet

GOALS_FILE = "goals.yaml"
_Of = Mapping[str, str | None]


async def figures_report(services: Services, asked: Asked) -> FiguresReport:
    """The four figures, the goals beside them, and the next goals where these were met."""
    now = services.clock()
    rows, totals = await services.reports.figures(asked, now)
    goals, wrong = read_goals(services.playbook)
    return FiguresReport(
        as_of=now,
        zone=services.company.zone,
        every=asked.every,
        group=asked.group,
        periods=[period_view(period, now) for period in asked.periods],
        rows=[_beside_goals(row, goals, asked) for row in rows],
        totals=totals,
        proposals=list(_proposals(rows, goals, asked, now)),
        goals_wrong=wrong,
    )


async def response_report(services: Services, asked: Asked) -> ResponseReport:
    """How response times spread."""
    now = services.clock()
    first, last = asked.periods[0].first_day, asked.periods[-1].last_day
    rows = await services.reports.response_times(asked, now)
    return ResponseReport(as_of=now, first_day=first, last_day=last, group=asked.group, rows=rows)


async def costs_report(services: Services, asked: Asked) -> CostsReport:
    """What leads cost, by source where nothing else is asked for."""
    now = services.clock()
    first, last = asked.periods[0].first_day, asked.periods[-1].last_day
    rows, total = await services.reports.costs(asked, now)
    group = asked.group or Dimension.SOURCE
    return CostsReport(
        as_of=now,
        currency=services.company.currency,
        first_day=first,
        last_day=last,
        group=group,
        rows=rows,
        total=total,
    )


def read_goals(playbook: Playbook) -> tuple[Goals, list[str]]:
    """The goals; none, and what is wrong, where the file can't be used: figures are worth having without."""
    try:
        return load_sheet(Goals, playbook.file(GOALS_FILE)), []
    except SheetError as error:
        return Goals(), str(error).splitlines()


def period_view(period: Period, now: datetime) -> PeriodView:
    """A period as it is shown."""
    return PeriodView(
        label=period.label,
        first_day=period.first_day,
        last_day=period.last_day,
        start=period.start,
        end=period.end,
        complete=period.end <= now,
    )


def _beside_goals(row: Figures, goals: Goals, asked: Asked) -> Figures:
    held = {
        figure: held_against(goals.goal_for(figure, asked.every, _leads_of(asked, row.group)), row.value_of(figure))
        for figure in Figure
    }
    found = {figure: GoalView(goal=float(one.goal), met=one.met) for figure, one in held.items() if one is not None}
    return row.model_copy(update={"goals": found})


def _proposals(rows: Sequence[Figures], goals: Goals, asked: Asked, now: datetime) -> Iterator[Proposal]:
    """From the complete periods, where these lead up to now: what was reached long ago proposes nothing."""
    complete = [period.label for period in asked.periods if period.end <= now]
    if asked.end <= now and now - asked.end >= asked.end - asked.periods[-1].start:
        return
    groups = {row.group for row in rows} if asked.group is not None else {None}
    for group in sorted(groups, key=lambda name: (name is None, name or "")):
        by_period = {row.period: row for row in rows if row.group == group}
        series = [by_period.get(label, Figures()) for label in complete]
        of = _leads_of(asked, group)
        for goal in goals.goals:
            if goal.every is not asked.every or goal.which.as_mapping() != of:
                continue
            following = goal.next([row.value_of(goal.figure) for row in series])
            if following is not None:
                yield Proposal(
                    figure=goal.figure,
                    every=goal.every,
                    of=goal.which.as_mapping(),
                    goal=float(goal.goal),
                    next_goal=float(following),
                    periods_met=goal.in_a_row,
                )


def _leads_of(asked: Asked, group: str | None) -> _Of:
    """What all leads of a row have in common."""
    of: dict[Dimension, str | None] = dict(asked.of)
    if asked.group is not None:
        of[asked.group] = group
    return {dimension.value: value for dimension, value in of.items()}
