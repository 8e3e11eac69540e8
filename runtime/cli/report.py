"""`follow report`: what came in, how fast it was answered, what came of it, and what it cost."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from leads.goals import Figure, Measure
from leads.measures import Dimension
from leads.model import LeadKind
from leads.periods import Every
from runtime.cli.leads import local_time, with_services

if TYPE_CHECKING:
    from adapters.db.reports.models import Figures, FiguresReport, Proposal, Quantiles
    from api.services import Services

report = typer.Typer(help="Show what came in, how fast it was answered, and what came of it.", no_args_is_help=True)

By = Annotated[Every, typer.Option("--by", help="ISO weeks or calendar months, on the company's clock.")]
From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day; its whole period.")]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day; its whole period.")]
Kind = Annotated[LeadKind | None, typer.Option(help="Leads of this kind only.")]
Source = Annotated[str | None, typer.Option(help='Leads of this source only; "" for those without one.')]
Cadence = Annotated[str | None, typer.Option(help="Leads that began in this cadence only.")]
Rep = Annotated[str | None, typer.Option(help="Leads of this colleague only.")]
Group = Annotated[Dimension | None, typer.Option(help="What tells the rows of a period apart.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(report, name="report")


@report.command()
def figures(
    by: By = Every.WEEK,
    group: Group = None,
    first: From = None,
    last: To = None,
    kind: Kind = None,
    source: Source = None,
    cadence: Cadence = None,
    rep: Rep = None,
) -> None:
    """Show the four figures of each week or month, and the goals beside them."""
    query = _query(by=by, first=first, last=last, kind=kind, source=source, cadence=cadence, rep=rep, group=group)

    async def run(services: "Services") -> "FiguresReport":
        from api.measuring import figures_report
        from api.rest.report_queries import FiguresQuery

        asked = FiguresQuery.model_validate(query).as_asked(services.clock(), services.company)
        return await figures_report(services, asked)

    found, console = _asked(run), Console(highlight=False)
    console.print(_received(found))
    console.print(_answered(found))
    for one in found.proposals:
        console.print(escape(_proposed(one)))
    _say_wrong_goals(found)


def _received(found: "FiguresReport") -> Grid:
    grid = Grid(title=f"leads by {found.every.value}, as of {local_time(found.as_of)}", caption=_CAPTION)
    _columns(grid, *_heads(found), right=("leads", "qualified", "ordered", "followed up"))
    for row, heads in _rows(found):
        cells = (
            _beside(row, Figure.LEADS, str(row.leads)),
            _beside(row, Figure.QUALIFIED, _of(row.qualified, row.qualified_share)),
            _beside(row, Figure.ORDERED, _of(row.ordered, row.ordered_share)),
            _beside(row, Figure.FOLLOWED_UP, _of(row.followed_up, row.followed_up_share)),
        )
        grid.add_row(*map(escape, (*heads, *cells)))
    return grid


def _answered(found: "FiguresReport") -> Grid:
    grid = Grid(title="response time, from the question to the first human contact (median / 9 of 10)")
    names = ("asked", "wall clock", "in time", "business hours", "first attempt", "attempts", "machine", "people")
    _columns(grid, *_heads(found), right=names)
    for row, heads in _rows(found):
        one = row.response
        median, p90 = (_beside(row, figure, span(_value(row, figure))) for figure in _TIMES)
        in_time = _of(one.in_time, one.within_target)
        cells = (
            f"{one.asked}, {one.answered} answered" if one.asked else "",
            f"{median} / {p90}",
            _beside(row, Figure.WITHIN_TARGET, in_time) + (f", {one.waiting} open" if one.waiting else ""),
            both(one.business),
            both(one.first_attempt),
            "" if one.attempts is None else f"{one.attempts:.1f}",
            both(one.machine),
            both(one.human),
        )
        grid.add_row(*map(escape, (*heads, *(cells if one.asked else [""] * len(cells)))))
    return grid


_CAPTION = "of the leads received then, until now"
_TIMES = (Figure.RESPONSE_MEDIAN, Figure.RESPONSE_P90)


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


def _value(row: "Figures", figure: Figure) -> float | None:
    return row.value_of(figure)


def _beside(row: "Figures", figure: Figure, shown: str) -> str:
    """A figure, and its goal beside it."""
    goal = row.goals.get(figure)
    if goal is None or goal.met is None:
        return shown
    return f"{shown} ({'goal' if goal.met else 'MISSED'} {amount(figure, goal.goal)})"


def _proposed(one: "Proposal") -> str:
    what = one.figure.value.replace("_", " ")
    whose = ", ".join(f"{name} {value}" for name, value in one.of.items())
    times = f"the last {one.periods_met} {one.every.value}s" if one.periods_met > 1 else f"the last {one.every.value}"
    return (
        f"{what}{f' ({whose})' if whose else ''}: {amount(one.figure, one.goal)} was met in {times}; "
        f"the next goal would be {amount(one.figure, one.next_goal)}"
    )


def _say_wrong_goals(found: "FiguresReport") -> None:
    for line in found.goals_wrong:
        Console(stderr=True, highlight=False, soft_wrap=True).print(escape(line))


def _query(**options: Any) -> dict[str, Any]:
    """What was asked, as a caller of the REST interface would write it."""
    names = {"first": "from", "last": "to"}
    given = {names.get(name, name): value for name, value in options.items() if value is not None}
    return {name: value.date() if isinstance(value, datetime) else value for name, value in given.items()}


def _asked(run: "Callable[[Services], Any]") -> Any:
    """Ask; what can't be asked is one line."""
    from pydantic import ValidationError

    from api.problems import ValueRefused

    try:
        return with_services(run)
    except ValueRefused as refused:
        wrong = f"--{refused.field}: {refused.message}"
    except ValidationError as invalid:
        first = invalid.errors()[0]
        wrong = f"--{first['loc'][-1]}: {first['msg']}"
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"follow: {escape(wrong)}")
    raise typer.Exit(1)


def _columns(grid: Grid, *left: str, right: Sequence[str]) -> None:
    for name in left:
        grid.add_column(name, no_wrap=True)
    for name in right:
        grid.add_column(name, justify="right")


def amount(figure: Figure, value: float) -> str:
    """A goal, in the unit of its figure."""
    match figure.measure:
        case Measure.COUNT:
            return f"{value:.0f}"
        case Measure.SHARE:
            return percent(value)
    return span(value)


def percent(value: float | None) -> str:
    """0.625 as 62.5 %."""
    return "" if value is None else f"{value * 100:.1f}".removesuffix(".0") + " %"


def span(seconds: float | None) -> str:
    """Seconds as people say them: 45 s, 20 min, 2 h 30, 1 d 21 h."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02}" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def both(times: "Quantiles") -> str:
    """The median, and what nine of ten took at most."""
    return f"{span(times.median)} / {span(times.p90)}" if times.median is not None else ""


def _of(count: int, part: float | None) -> str:
    return "" if part is None else f"{count} = {percent(part)}"
