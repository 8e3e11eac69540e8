"""How response times spread: so many within five minutes, so many within an hour, and after how many attempts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Double, Integer, Row, Select, cast, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.first_answers import is_answered
from adapters.db.reports.figures import read_totals, share
from adapters.db.reports.models import AttemptsBin, ResponseBin, ResponseDistribution
from adapters.db.reports.views import QUESTIONS, group_of, within
from leads.measures import Asked, Within

_MOST_ATTEMPTS = 3
_LIMITS = [one.seconds for one in Within if one.seconds is not None]


async def read_distribution(connection: AsyncConnection, asked: Asked, now: datetime) -> list[ResponseDistribution]:
    """The spread of each group; of all questions together where they are not grouped."""
    counts = (await connection.execute(_counts(asked))).all()
    rows = await read_totals(connection, asked, now)
    return [
        ResponseDistribution(
            group=one.group,
            response=one.response,
            bins=_bins([row for row in counts if row.group == one.group]),
            attempts=_attempts([row for row in counts if row.group == one.group]),
        )
        for one in rows
    ]


def bin_of(seconds: ColumnElement[float]) -> ColumnElement[int]:
    """Which bin a time falls into, from 0 on; a time that is a bin's limit belongs to it."""
    limits = cast(literal([-limit for limit in reversed(_LIMITS)], ARRAY(Double)), ARRAY(Double))
    # Bins hold their upper limit, buckets their lower one: so they are counted from the other end.
    return literal(len(_LIMITS), Integer) - func.width_bucket(-seconds, limits, type_=Integer)


def _counts(asked: Asked) -> Select[Any]:
    """How many there are in each bin by the wall clock, in each by business hours, and after how many attempts."""
    each = select(
        group_of(QUESTIONS, asked).label("group"),
        bin_of(QUESTIONS.c.response_seconds).label("wall"),
        bin_of(QUESTIONS.c.business_seconds).label("business"),
        func.least(QUESTIONS.c.attempts, _MOST_ATTEMPTS).label("attempts"),
    )
    question = each.where(*within(QUESTIONS, "asked_at", asked), is_answered(QUESTIONS.c)).subquery()
    group, wall, business, attempts = question.c.group, question.c.wall, question.c.business, question.c.attempts
    sets = func.grouping_sets(tuple_(group, wall), tuple_(group, business), tuple_(group, attempts))
    return select(
        group,
        wall,
        business,
        attempts,
        func.grouping(wall, business, attempts).label("grouped_by"),
        func.count().label("number"),
    ).group_by(sets)


_BY_WALL, _BY_BUSINESS, _BY_ATTEMPTS = 0b011, 0b101, 0b110
"""PostgreSQL's bit masks: 1 for a column that the row is not grouped by."""


def _bins(rows: list[Row[Any]]) -> list[ResponseBin]:
    wall = {row.wall: row.number for row in rows if row.grouped_by == _BY_WALL}
    business = {row.business: row.number for row in rows if row.grouped_by == _BY_BUSINESS and row.business is not None}
    all_wall, all_business = sum(wall.values()), sum(business.values())
    wall_until = business_until = 0
    bins = []
    for number, within_time in enumerate(Within):
        wall_until += wall.get(number, 0)
        business_until += business.get(number, 0)
        bins.append(
            ResponseBin(
                name=within_time.value,
                up_to_seconds=within_time.seconds,
                wall=wall.get(number, 0),
                wall_until=share(wall_until, all_wall),
                business=business.get(number, 0),
                business_until=share(business_until, all_business),
            )
        )
    return bins


def _attempts(rows: list[Row[Any]]) -> list[AttemptsBin]:
    found = {row.attempts: row.number for row in rows if row.grouped_by == _BY_ATTEMPTS}
    return [AttemptsBin(attempts=number, answered=found.get(number, 0)) for number in range(_MOST_ATTEMPTS + 1)]
