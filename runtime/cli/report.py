"""`follow report`: what came in, how fast it was answered, what came of it, and what it cost."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from leads.amounts import money, percent, span
from leads.measures import Dimension
from leads.model import LeadKind
from leads.periods import Every
from runtime.cli.figure_tables import add_columns, answered_grid, both, proposed, received_grid
from runtime.cli.leads import local_time, with_services

if TYPE_CHECKING:
    from adapters.db.reports.models import (
        CostsReport,
        FiguresReport,
        LeadMap,
        Leg,
        Outcomes,
        ResponseReport,
        StepsReport,
    )
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
    console.print(received_grid(found))
    console.print(answered_grid(found))
    for one in found.proposals:
        console.print(escape(proposed(one)))
    _say_wrong_goals(found)


@report.command()
def response(
    by: By = Every.WEEK,
    group: Group = None,
    first: From = None,
    last: To = None,
    kind: Kind = None,
    source: Source = None,
    cadence: Cadence = None,
    rep: Rep = None,
) -> None:
    """Show how response times spread: so many within five minutes, so many within an hour."""
    query = _query(by=by, first=first, last=last, kind=kind, source=source, cadence=cadence, rep=rep, group=group)

    async def run(services: "Services") -> "ResponseReport":
        from api.measuring import response_report
        from api.rest.report_queries import FiguresQuery

        asked = FiguresQuery.model_validate(query).as_asked(services.clock(), services.company)
        return await response_report(services, asked)

    found: ResponseReport = _asked(run)
    for row in found.rows:
        whose = f", {found.group.value} {row.group or '-'}" if found.group else ""
        times = row.response
        grid = Grid(
            title=escape(f"response times of {_days(found)}{whose}"),
            caption=f"{times.asked} asked, {times.answered} answered by a person: {times.in_time} in time, "
            f"{times.late} late, {times.waiting} open, {times.not_needed} not needed any more",
        )
        add_columns(grid, "within", right=("wall clock", "so far", "business hours", "so far"))
        for one in row.bins:
            grid.add_row(
                one.name, str(one.wall), percent(one.wall_until), str(one.business), percent(one.business_until)
            )
        console = Console(highlight=False)
        console.print(grid)
        tries = ", ".join(f"{one.answered} after {one.attempts}" for one in row.attempts)
        console.print(
            f"vain attempts before: {tries} or more; machine {both(times.machine)}, people {both(times.human)}"
        )


@report.command()
def steps(
    by: By = Every.WEEK,
    first: From = None,
    last: To = None,
    cadence: Annotated[str | None, typer.Option(help='Of this cadence only; "" for personal touches.')] = None,
    version: Annotated[str | None, typer.Option(help="Of this version only.")] = None,
) -> None:
    """Show what works: what came of each step, template and variant, and on which contact people said yes."""
    query = _query(by=by, first=first, last=last, cadence=cadence, version=version)

    async def run(services: "Services") -> "StepsReport":
        from api.rest.report_queries import StepsQuery

        asked, now = StepsQuery.model_validate(query), services.clock()
        return await services.reports.steps(asked.as_asked(now, services.company), asked.as_steps(), now)

    found: StepsReport = _asked(run)
    outcomes = ("sent", "delivered", "bounced", "replied", "yes", "no", "not now", "opted out")
    grid = Grid(title=f"what came of the contacts of {_days(found)}", caption=_counted_when(found))
    add_columns(grid, "cadence", "version", "step", "template", "variant", right=outcomes)
    for row in found.rows:
        step = f"{row.channel} {row.step}" if row.step else f"{row.channel} (personal)"
        names = (row.cadence or "-", (row.version or "")[:12], step, row.template or "", row.variant or "")
        grid.add_row(*map(escape, (*names, *_outcomes(row.outcomes))))
    numbers = Grid(title="on which contact people said yes")
    add_columns(numbers, "contact", right=(*outcomes, "of all yes so far"))
    for one in found.contact_numbers:
        numbers.add_row(str(one.number or "personal"), *_outcomes(one.outcomes), percent(one.yes_until))
    console = Console(highlight=False)
    console.print(grid)
    console.print(numbers)


@report.command()
def costs(
    by: By = Every.WEEK,
    group: Annotated[Dimension, typer.Option(help="What tells the rows apart.")] = Dimension.SOURCE,
    first: From = None,
    last: To = None,
    kind: Kind = None,
    source: Source = None,
    cadence: Cadence = None,
    rep: Rep = None,
) -> None:
    """Show what leads cost: each one, each that was qualified, each order, and those that nobody worked."""
    query = _query(by=by, first=first, last=last, kind=kind, source=source, cadence=cadence, rep=rep, group=group)

    async def run(services: "Services") -> "CostsReport":
        from api.measuring import costs_report
        from api.rest.report_queries import CostsQuery

        asked = CostsQuery.model_validate(query).as_asked(services.clock(), services.company)
        return await costs_report(services, asked)

    found: CostsReport = _asked(run)
    grid = Grid(title=f"costs of the leads of {_days(found)}", caption="of leads whose cost is known")
    add_columns(
        grid,
        found.group.value,
        right=(
            "leads",
            "cost",
            "a lead",
            "qualified",
            "a qualified lead",
            "orders",
            "an order",
            "not worked",
            "wasted",
        ),
    )
    for row in (*found.rows, found.total):
        wasted = f"{money(row.wasted, found.currency)} = {percent(row.wasted_share)}" if row.wasted else ""
        cells = (
            "all" if row is found.total else row.group or "-",
            str(row.leads) if row.leads == row.priced else f"{row.leads}, {row.priced} with a cost",
            money(row.cost, found.currency),
            money(row.per_lead, found.currency),
            str(row.qualified),
            money(row.per_qualified, found.currency),
            str(row.ordered),
            money(row.per_order, found.currency),
            str(row.not_worked) if row.not_worked else "",
            wasted,
        )
        grid.add_row(*map(escape, cells))
    Console(highlight=False).print(grid)


@report.command(name="map")
def lead_map(
    by: By = Every.WEEK,
    first: From = None,
    last: To = None,
    kind: Kind = None,
    source: Source = None,
    rep: Rep = None,
) -> None:
    """Show the way of the leads: from which place to which they went, and how long that took."""
    query = _query(by=by, first=first, last=last, kind=kind, source=source, rep=rep)

    async def run(services: "Services") -> "LeadMap":
        from api.rest.report_queries import MapQuery

        now = services.clock()
        asked = MapQuery.model_validate(query).as_asked(now, services.company)
        return await services.reports.lead_map(asked, now)

    found: LeadMap = _asked(run)
    console = Console(highlight=False)
    console.print(_legs(f"the way of the leads of {_days(found)}", found.legs))
    for flow in found.flows:
        console.print(_legs(f"{flow.kind}, {flow.source or 'no source'}: {flow.leads} leads", flow.legs))
    if found.hands.legs:
        console.print(_legs("from hand to hand (how long the first had it)", found.hands.legs))


@report.command()
def refresh() -> None:
    """Count the weeks that are over anew, as the worker does every ten minutes."""

    async def run(services: "Services") -> None:
        await services.reports.refresh(services.clock())

    with_services(run)


def _legs(title: str, legs: "Sequence[Leg]") -> Grid:
    grid = Grid(title=escape(title))
    add_columns(grid, "from", "to", right=("leads", "median", "9 of 10"))
    for leg in legs:
        times = (span(leg.time.median), span(leg.time.p90)) if leg.time.median is not None else ("", "")
        grid.add_row(*map(escape, (_place(leg.origin), _place(leg.target), str(leg.leads), *times)))
    return grid


def _place(name: str) -> str:
    return name.replace("_", " ")


def _days(found: "StepsReport | CostsReport | ResponseReport | LeadMap") -> str:
    return f"{found.first_day:%d %b %Y} to {found.last_day:%d %b %Y}"


def _counted_when(found: "StepsReport") -> str | None:
    if found.counted_as_of is None or found.counted_until is None or found.counted_until <= found.first_day:
        return None
    return f"before {found.counted_until:%a %d %b}: as of {local_time(found.counted_as_of)}; since then: as of now"


def _outcomes(one: "Outcomes") -> list[str]:
    counts = (one.sent, one.delivered, one.bounced, one.replied, one.yes, one.no, one.not_now, one.opted_out)
    shown = [str(count) if count else "" for count in counts]
    shares = {3: one.reply_share, 4: one.yes_share}
    return [
        f"{cell} = {percent(shares[number])}" if cell and number in shares else cell
        for number, cell in enumerate(shown)
    ]


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
