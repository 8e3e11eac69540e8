"""The figures as a manager reads them: each with its goal, how it goes, and what to aim for next. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.db.reports.models import Figures, FiguresReport, Proposal
from leads.amounts import amount
from leads.goals import Figure, Measure

NAMES: Mapping[Figure, str] = {
    Figure.LEADS: "Leads received",
    Figure.RESPONSE_MEDIAN: "Response time, half of them",
    Figure.RESPONSE_P90: "Response time, 9 of 10",
    Figure.WITHIN_TARGET: "Answered in time",
    Figure.QUALIFIED: "Qualified",
    Figure.ORDERED: "Won",
    Figure.FOLLOWED_UP: "Followed up",
}


@dataclass(frozen=True, slots=True)
class Point:
    """A figure in one period."""

    period: str
    value: float | None
    """None where nothing was measured."""
    met: bool | None
    """Whether its goal was met; None where there is none."""
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One figure over some periods."""

    figure: Figure
    total: float | None
    """Of all periods together."""
    points: tuple[Point, ...]
    goal: float | None
    """Of one period."""
    next_goal: float | None
    """What is proposed instead, since the goal was met often enough."""

    @property
    def name(self) -> str:
        return NAMES[self.figure]

    @property
    def shown(self) -> str:
        """The total, as people read it."""
        return said(self.figure, self.total)

    @property
    def judged(self) -> list[Point]:
        """The complete periods that met or missed the goal."""
        return [one for one in self.points if one.complete and one.met is not None]

    @property
    def met(self) -> bool | None:
        """Whether the last complete period met the goal."""
        return self.judged[-1].met if self.judged else None

    def record(self, every: str) -> str:
        """How often the goal was met: met in 3 of 11 weeks."""
        judged = self.judged
        return f"met in {sum(bool(one.met) for one in judged)} of {count_of(len(judged), every)}" if judged else ""

    def trend(self) -> "Trend | None":
        """How the last complete period stands beside the one before; None before there are two."""
        known = [one for one in self.points if one.complete and one.value is not None]
        if len(known) < 2 or known[-2].value is None or known[-1].value is None:
            return None
        before, last = known[-2].value, known[-1].value
        now, then = said(self.figure, last), said(self.figure, before)
        # What looks the same is the same.
        direction = 0 if now == then else (1 if last > before else -1)
        better = None if not direction else (direction < 0) == (self.figure.measure is Measure.TIME)
        names = [short(one.period) for one in known[-2:]]
        return Trend(direction, better, f"{now} in {names[1]}, {then} in {names[0]}")


@dataclass(frozen=True, slots=True)
class Trend:
    """Where a figure goes."""

    direction: int
    """1: up, -1: down, 0: as before."""
    better: bool | None
    words: str

    @property
    def icon(self) -> str:
        """Of Material Icons."""
        return {1: "trending_up", -1: "trending_down", 0: "trending_flat"}[self.direction]


def standings(report: FiguresReport) -> dict[Figure, Standing]:
    """Every figure of a report that is not grouped."""
    rows = {row.period: row for row in report.rows}
    total = report.totals[0] if report.totals else Figures()
    return {figure: _standing(figure, report, rows, total) for figure in Figure}


def _standing(figure: Figure, report: FiguresReport, rows: Mapping[str | None, Figures], total: Figures) -> Standing:
    points = []
    for period in report.periods:
        row = rows.get(period.label, Figures())
        goal = row.goals.get(figure)
        value = row.value_of(figure)
        points.append(Point(period.label, value, None if goal is None else goal.met, period.complete))
    goals = [row.goals[figure].goal for row in rows.values() if figure in row.goals]
    proposal = next((one for one in report.proposals if one.figure is figure), None)
    return Standing(
        figure=figure,
        total=total.value_of(figure),
        points=tuple(points),
        goal=goals[-1] if goals else None,
        next_goal=None if proposal is None else proposal.next_goal,
    )


def said(figure: Figure, value: float | None) -> str:
    """A value of a figure; a dash where nothing was measured."""
    return "-" if value is None else amount(figure, value)


def proposed(one: Proposal) -> str:
    """A goal that was met, and the next one, in a sentence."""
    whose = ", ".join(f"{name} {value}" for name, value in one.of.items())
    name = NAMES[one.figure] + (f" ({whose})" if whose else "")
    row = (
        f"the last {count_of(one.periods_met, one.every.value)}"
        if one.periods_met > 1
        else f"the last {one.every.value}"
    )
    return f"{name}: {amount(one.figure, one.goal)} was met in {row}. Next goal: {amount(one.figure, one.next_goal)}."


def count_of(number: int, what: str) -> str:
    """1 week, 2 weeks."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def filled(report: FiguresReport) -> Sequence[Figures]:
    """A row for each period, the newest first; empty ones too."""
    rows = {row.period: row for row in report.rows}
    return [rows.get(period.label, Figures(period=period.label)) for period in reversed(report.periods)]


def short(period: str) -> str:
    """A period as an axis has room for it: W47, or 11/26."""
    year, _, rest = period.partition("-")
    return rest if rest.startswith("W") else f"{rest}/{year[2:]}"
