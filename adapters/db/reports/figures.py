"""The four figures: leads received, response times, leads qualified, leads won; and who is followed up."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Row, Select, case, cast, func, null, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.first_answers import is_answered, is_in_time, is_late, is_not_needed, is_waiting
from adapters.db.followed_up import followed_up
from adapters.db.reports.models import Figures, Quantiles, ResponseTimes
from adapters.db.reports.views import LEADS, QUESTIONS, group_of, period_at, quantiles, within
from leads.measures import Asked


async def read_figures(connection: AsyncConnection, asked: Asked, now: datetime) -> tuple[list[Figures], list[Figures]]:
    """The figures of each period and group, and of each group in all periods together."""
    received = {_place(row): row for row in await connection.execute(_received(asked, now))}
    answered = {_place(row): row for row in await connection.execute(_answered(asked, now))}
    places = sorted(received.keys() | answered.keys(), key=_in_order)
    found = [_figures(asked, place, received.get(place), answered.get(place)) for place in places]
    totals = [one for one in found if one.period is None]
    if asked.group is None and not totals:
        totals = [Figures()]
    return [one for one in found if one.period is not None], totals


async def read_totals(connection: AsyncConnection, asked: Asked, now: datetime) -> list[Figures]:
    """The response times of each group in all periods together."""
    rows = [row for row in await connection.execute(_answered(asked, now, periods=False))]
    found = [_figures(asked, _place(row), None, row) for row in sorted(rows, key=lambda row: _in_order(_place(row)))]
    return found or ([] if asked.group is not None else [Figures()])


_TIMES = ("response", "business", "attempt", "machine", "human")
_FATES = ("answered", "in_time", "late", "waiting", "not_needed")
_Place = tuple[int | None, str | None]
"""The number of the period, None for all of them; and the group."""


def _place(row: Row[Any]) -> _Place:
    return row.period, row.group


def _in_order(place: _Place) -> tuple[int, bool, str]:
    """By period, then by name; those of which nothing is known last."""
    number, group = place
    return number or 0, group is None, group or ""


def _received(asked: Asked, now: datetime) -> Select[Any]:
    view = LEADS.c
    is_followed_up = followed_up(view.lead_id, view.ended, view.stage, view.wake_at, now)
    each = select(
        period_at(view.received_at, asked).label("period"),
        group_of(LEADS, asked).label("group"),
        view.qualified_at,
        view.won_at,
        is_followed_up.label("is_followed_up"),
    )
    lead = each.where(*within(LEADS, "received_at", asked)).subquery()
    return select(
        lead.c.period,
        lead.c.group,
        func.count().label("leads"),
        func.count(lead.c.qualified_at).label("qualified"),
        func.count(lead.c.won_at).label("ordered"),
        func.count().filter(lead.c.is_followed_up).label("followed_up"),
    ).group_by(_each_and_all(lead))


def _answered(asked: Asked, now: datetime, *, periods: bool = True) -> Select[Any]:
    view, not_needed = QUESTIONS.c, is_not_needed(QUESTIONS.c)
    each = select(
        (period_at(view.asked_at, asked) if periods else cast(null(), Integer)).label("period"),
        group_of(QUESTIONS, asked).label("group"),
        is_answered(view).label("answered"),
        is_in_time(view).label("in_time"),
        is_late(view, now).label("late"),
        is_waiting(view, now).label("waiting"),
        not_needed.label("not_needed"),
        # Nobody waited for what is no answer, so it took no time.
        *(case((~not_needed, view[f"{name}_seconds"])).label(name) for name in _TIMES),
        view.attempts,
    )
    question = each.where(*within(QUESTIONS, "asked_at", asked)).subquery()
    return select(
        func.min(question.c.period).label("period") if not periods else question.c.period,
        question.c.group,
        func.count().label("asked"),
        *(func.count().filter(question.c[name]).label(name) for name in _FATES),
        func.avg(question.c.attempts).filter(question.c.answered).label("attempts"),
        *(quantiles(question.c[name]).label(name) for name in _TIMES),
    ).group_by(_each_and_all(question) if periods else func.grouping_sets(tuple_(question.c.group)))


def _each_and_all(rows: FromClause) -> ColumnElement[Any]:
    """Each period by itself, and all of them together; by group in both."""
    return func.grouping_sets(tuple_(rows.c.period, rows.c.group), tuple_(rows.c.group))


def _figures(asked: Asked, place: _Place, received: Row[Any] | None, answered: Row[Any] | None) -> Figures:
    number, group = place
    leads = received.leads if received else 0
    counts = {name: getattr(received, name, 0) for name in ("qualified", "ordered", "followed_up")}
    return Figures(
        period=None if number is None else asked.periods[number - 1].label,
        group=group,
        leads=leads,
        response=ResponseTimes() if answered is None else _response(answered),
        **counts,
        **{f"{name}_share": share(count, leads) for name, count in counts.items()},
    )


def _response(row: Row[Any]) -> ResponseTimes:
    return ResponseTimes(
        asked=row.asked,
        **{name: getattr(row, name) for name in _FATES},
        within_target=share(row.in_time, row.in_time + row.late),
        attempts=None if row.attempts is None else float(row.attempts),
        wall=_quantiles(row.response),
        business=_quantiles(row.business),
        first_attempt=_quantiles(row.attempt),
        machine=_quantiles(row.machine),
        human=_quantiles(row.human),
    )


def _quantiles(found: list[float] | None) -> Quantiles:
    """To the millisecond: what lies between two values has more digits than meaning."""
    return Quantiles() if found is None else Quantiles(median=round(found[0], 3), p90=round(found[1], 3))


def share(part: int, whole: int) -> float | None:
    """From 0 to 1; None of nothing."""
    return part / whole if whole else None
