"""The figures as tables: period by period, and rep by rep, or by whatever else tells leads apart."""

from collections.abc import Mapping
from decimal import Decimal

from adapters.db.reports.models import Costs, CostsReport, Figures, FiguresReport
from api.console.manager.behind_links import BehindLinks
from api.console.manager.figure_values import filled, said
from api.console.manager.tables import Cell, table
from leads.amounts import money, percent, span
from leads.goals import Figure
from leads.measures import Asked, Counted, Dimension

MOST_ROWS = 60
_UNKNOWN = {
    Dimension.SOURCE: "No source",
    Dimension.CADENCE: "No cadence",
    Dimension.REP: "Nobody",
    Dimension.KIND: "Unknown",
}


def periods(report: FiguresReport, links: BehindLinks) -> None:
    """A row for each period, the newest first, and one for all."""
    rows = [*filled(report)[:MOST_ROWS], *report.totals]
    unfinished = {period.label for period in report.periods if not period.complete}
    heads = (
        *("Period", "Leads", "Half answered in", "9 of 10 in", "In time", "Late", "Waiting", "Not needed"),
        *("Qualified", "Won", "Not followed up"),
    )
    cells = []
    for row in rows:
        label = "All" if row.period is None else row.period
        head = Cell(label, note="so far" if row.period in unfinished else "")
        cells.append([head, *_numbers(row, links, row.period)])
    table(f"The figures {report.every.value} by {report.every.value}", heads, cells)


def _numbers(row: Figures, links: BehindLinks, bucket: str | None) -> list[Cell]:
    response = row.response

    def counted(number: int, figure: Counted, note: str = "", tone: str = "") -> Cell:
        return Cell(f"{number:,}", links.to(figure, bucket) if number else "", note, tone if number else "")

    left = row.leads - row.followed_up
    return [
        counted(row.leads, Counted.LEADS, tone=_tone(row, Figure.LEADS)),
        Cell(_time(row, Figure.RESPONSE_MEDIAN), tone=_tone(row, Figure.RESPONSE_MEDIAN)),
        Cell(_time(row, Figure.RESPONSE_P90), tone=_tone(row, Figure.RESPONSE_P90)),
        counted(response.in_time, Counted.IN_TIME, percent(response.within_target), _tone(row, Figure.WITHIN_TARGET)),
        counted(response.late, Counted.LATE),
        counted(response.waiting, Counted.WAITING),
        counted(response.not_needed, Counted.NOT_NEEDED),
        counted(row.qualified, Counted.QUALIFIED, percent(row.qualified_share), _tone(row, Figure.QUALIFIED)),
        counted(row.ordered, Counted.ORDERED, percent(row.ordered_share), _tone(row, Figure.ORDERED)),
        counted(left, Counted.NOT_FOLLOWED_UP, tone="bad"),
    ]


def _tone(row: Figures, figure: Figure) -> str:
    goal = row.goals.get(figure)
    return "" if goal is None or goal.met is None else "good" if goal.met else "bad"


def _time(row: Figures, figure: Figure) -> str:
    return said(figure, row.value_of(figure))


def groups(
    asked: Asked, report: FiguresReport, costs: CostsReport, names: Mapping[str, str], links: BehindLinks
) -> None:
    """A row for each rep, source, cadence or kind, those with most leads first."""
    dimension = asked.group or Dimension.REP
    cost_of = {one.group: one for one in costs.rows}
    heads = (
        "Leads",
        "Half answered in",
        "9 of 10 in",
        "In time",
        "Late",
        "Qualified",
        "Won",
        "A lead",
        "A yes",
        "An order",
    )
    rows = []
    for one in sorted(report.totals, key=lambda row: (-row.leads, row.group is None, row.group or ""))[:MOST_ROWS]:
        of = {dimension.value: one.group}

        def counted(number: int, figure: Counted, note: str = "", of: dict[str, str | None] = of) -> Cell:
            return Cell(f"{number:,}", links.to(figure, None, **of) if number else "", note)

        cost, response = cost_of.get(one.group), one.response
        name = _UNKNOWN[dimension] if one.group is None else names.get(one.group, one.group)
        rows.append(
            [
                Cell(name if dimension is not Dimension.KIND else name.capitalize()),
                counted(one.leads, Counted.LEADS),
                Cell(span(response.wall.median)),
                Cell(span(response.wall.p90)),
                counted(response.in_time, Counted.IN_TIME, percent(response.within_target)),
                counted(response.late, Counted.LATE),
                counted(one.qualified, Counted.QUALIFIED, percent(one.qualified_share)),
                counted(one.ordered, Counted.ORDERED, percent(one.ordered_share)),
                *(Cell(money(each, costs.currency) or "-") for each in _each(cost)),
                counted(cost.not_worked if cost else 0, Counted.NOT_WORKED),
            ]
        )
    table(f"The figures by {dimension.value}", (dimension.value.capitalize(), *heads, "Nobody tried"), rows)


def _each(cost: Costs | None) -> tuple[Decimal | None, ...]:
    return (None, None, None) if cost is None else (cost.per_lead, cost.per_qualified, cost.per_order)
