"""The stretches that figures are counted in: ISO weeks and calendar months on the company's own clock."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from leads.spans import day_begins, wall_clock

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")


class Every(StrEnum):
    """How long a period is."""

    WEEK = "week"
    """From Monday to Sunday, as ISO 8601 numbers them."""
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """One week or month: from its first instant to the first one after it."""

    every: Every
    first_day: date
    day_after: date
    """The first day that does not belong to it any more."""
    start: datetime
    end: datetime

    @property
    def label(self) -> str:
        """How it is written: 2026-W47, or 2026-11."""
        if self.every is Every.MONTH:
            return f"{self.first_day:%Y-%m}"
        year, week, _ = self.first_day.isocalendar()
        return f"{year:04}-W{week:02}"

    @property
    def last_day(self) -> date:
        return self.day_after - timedelta(days=1)


def period_of(day: date, every: Every, zone: ZoneInfo) -> Period:
    """The period that a day belongs to."""
    if every is Every.WEEK:
        first = day - timedelta(days=day.weekday())
        after = first + timedelta(days=7)
    else:
        first = day.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
    return Period(every, first, after, day_begins(first, zone), day_begins(after, zone))


def periods_between(first: date, last: date, every: Every, zone: ZoneInfo) -> Iterator[Period]:
    """The periods of all days from the first to the last, in order and whole."""
    period = period_of(first, every, zone)
    while period.first_day <= last:
        yield period
        period = period_of(period.day_after, every, zone)


def periods_back(count: int, now: datetime, every: Every, zone: ZoneInfo) -> date:
    """The first day of the earliest of so many periods, of which the present one is the last."""
    period = period_of(wall_clock(now, zone).date(), every, zone)
    for _ in range(count - 1):
        period = period_of(period.first_day - timedelta(days=1), every, zone)
    return period.first_day


def period_named(label: str, zone: ZoneInfo) -> Period:
    """The period that is written so.

    Raises:
        ValueError: there is none; the message says what to write instead.
    """
    try:
        if match := _WEEK.fullmatch(label):
            return period_of(date.fromisocalendar(int(match[1]), int(match[2]), 1), Every.WEEK, zone)
        if match := _MONTH.fullmatch(label):
            return period_of(date(int(match[1]), int(match[2]), 1), Every.MONTH, zone)
    except ValueError as error:
        raise ValueError(f"there is no {label}") from error
    raise ValueError(f"{label!r} is no week and no month; write one like 2026-W47 or 2026-11")
