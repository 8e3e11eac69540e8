"""The four figures as tables: leads, and response times, with the goals beside them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as Grid

from leads.amounts import amount, percent, span
from leads.goals import Figure
from runtime.cli.leads import local_time

if TYPE_CHECKING:
    from adapters.db.reports.models import Figures, FiguresReport, Proposal, Quantiles

_CAPTION = "of the leads received then, until now"
_TIMES = (Figure.RESPONSE_MEDIAN, Figure.RESPONSE_P90)


def received_grid(found: "FiguresReport") -> Grid:
    """Leads received, and what became of them."""
    grid = Grid(title=f"leads by {found.every.value}, as of {local_time(found.as_of)}", caption=_CAPTION)
    add_columns(grid, *_heads(found), right=("leads", "qualified", "ordered", "followed up"))
    for row, heads in _rows(found):
        cells = (
            _beside(row, Figure.LEADS, str(row.leads)),
            _beside(row, Figure.QUALIFIED, _of(row.qualified, row.qualified_share)),
            _beside(row, Figure.ORDERED, _of(row.ordered, row.ordered_share)),
            _beside(row, Figure.FOLLOWED_UP, _of(row.followed_up, row.followed_up_share)),
        )
        grid.add_row(*map(escape, (*heads, *cells)))
    return grid


def answered_grid(found: "FiguresReport") -> Grid:
    """How fast questions were answered."""
    grid = Grid(title="response time, from the question to the first human contact (median / 9 of 10)")
    names = ("asked", "wall clock", "in time", "business hours", "first attempt", "attempts", "machine", "people")
    add_columns(grid, *_heads(found), right=names)
    for row, heads in _rows(found):
        one = row.response
        median, p90 = (_beside(row, figure, span(row.value_of(figure))) for figure in _TIMES)
        in_time = _beside(row, Figure.WITHIN_TARGET, _of(one.in_time, one.within_target))
        rest = ((one.waiting, "open"), (one.not_needed, "not needed"))
        cells = (
            f"{one.asked}, {one.answered} answered" if one.asked else "",
            f"{median} / {p90}",
            ", ".join([in_time, *(f"{number} {words}" for number, words in rest if number)]),
            both(one.business),
            both(one.first_attempt),
            "" if one.attempts is None else f"{one.attempts:.1f}",
            both(one.machine),
            both(one.human),
        )
        grid.add_row(*map(escape, (*heads, *(cells if one.asked else [""] * len(cells)))))
    return grid


def _heads(found: "FiguresReport") -> list[str]:
    return [found.every.value, *([found.group.value] if found.group else [])]


def _rows(found: "FiguresReport") -> "list[tuple[Figures, list[str]]]":
    """Each period, empty ones too where nothing is grouped, and all together."""
    shown: list[Figures] = list(found.rows)
    if found.group is None:
        from adapters.db.reports.models import Figures as Empty

        by_label = {row.period: row for row in found.rows}
        shown = [by_label.get(period.label, Empty(period=period.label)) for period in found.periods]
    unfinished = {period.label for period in found.periods if not period.complete}
    rows = []
    for row in (*shown, *found.totals):
        label = "all" if row.period is None else row.period + (" (so far)" if row.period in unfinished else "")
        rows.append((row, [label, *([row.group or "-"] if found.group else [])]))
    return rows


def _beside(row: "Figures", figure: Figure, shown: str) -> str:
    """A figure, and its goal beside it."""
    goal = row.goals.get(figure)
    if goal is None or goal.met is None:
        return shown
    return f"{shown} ({'goal' if goal.met else 'MISSED'} {amount(figure, goal.goal)})"


def both(times: "Quantiles") -> str:
    """The median, and what nine of ten took at most."""
    return f"{span(times.median)} / {span(times.p90)}" if times.median is not None else ""


def proposed(one: "Proposal") -> str:
    what = one.figure.value.replace("_", " ")
    whose = ", ".join(f"{name} {value}" for name, value in one.of.items())
    times = f"the last {one.periods_met} {one.every.value}s" if one.periods_met > 1 else f"the last {one.every.value}"
    return (
        f"{what}{f' ({whose})' if whose else ''}: {amount(one.figure, one.goal)} was met in {times}; "
        f"the next goal would be {amount(one.figure, one.next_goal)}"
    )


def _of(count: int, part: float | None) -> str:
    return "" if part is None else f"{count} = {percent(part)}"


def add_columns(grid: Grid, *left: str, right: Sequence[str]) -> None:
    for name in left:
        grid.add_column(name, no_wrap=True)
    for name in right:
        grid.add_column(name, justify="right")
