"""Spans of time as marketing writes them ("3 business days"), and how they are added to a local clock."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from leads.calendars import BusinessCalendar


class Unit(StrEnum):
    """What a span is counted in; the value is the singular word in YAML."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    BUSINESS_DAY = "business day"
    WEEK = "week"
    MONTH = "month"
    """A calendar month, clipped: 31 January + 1 month is 28 or 29 February."""


_SPAN = re.compile(r"^\s*(\d{1,4})\s+(minute|hour|business day|day|week|month)s?\s*$")
SPAN_FORM = '"30 minutes", "2 hours", "3 days", "3 business days", "2 weeks" or "4 months"'


@dataclass(frozen=True, slots=True)
class Span:
    """An amount of time in the unit it was written in, because months and business days have no fixed length."""

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> "Span":
        """Read "3 business days" and the like.

        Raises:
            ValueError: the text is no span; the message says what to write instead.
        """
        match = _SPAN.match(text)
        if match is None:
            raise ValueError(f"{text!r} is no span of time; write {SPAN_FORM}")
        return cls(int(match.group(1)), Unit(match.group(2)))

    def __str__(self) -> str:
        return f"{self.amount} {self.unit.value}{'' if self.amount == 1 else 's'}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def read(value: object) -> Span:
            if isinstance(value, Span):
                return value
            if isinstance(value, str):
                return cls.parse(value)
            raise ValueError(f"{value!r} is no span of time; write {SPAN_FORM}")

        return core_schema.no_info_plain_validator_function(
            read,
            serialization=core_schema.plain_serializer_function_ser_schema(str, return_schema=core_schema.str_schema()),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": r"^\s*\d{1,4}\s+(minute|hour|business day|day|week|month)s?\s*$",
            "description": f"A span of time: {SPAN_FORM}.",
        }


def at_local(naive: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a wall-clock time: a skipped time moves forward, of a repeated one the first counts."""
    return naive.replace(tzinfo=zone, fold=0).astimezone(UTC)


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day; where the clock skips midnight, the one after it."""
    return at_local(datetime.combine(day, time()), zone)


def city_of(zone: ZoneInfo) -> str:
    """What people call a zone: the city after which it is named."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def wall_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    """What a clock on the wall in `zone` shows at `instant`, without zone information."""
    return instant.astimezone(zone).replace(tzinfo=None)


def add_span(start: datetime, span: Span, zone: ZoneInfo, calendar: BusinessCalendar) -> datetime:
    """The instant (UTC) a span after `start`: minutes and hours by the stopwatch, all else on the local calendar."""
    if span.unit is Unit.MINUTE:
        return start + timedelta(minutes=span.amount)
    if span.unit is Unit.HOUR:
        return start + timedelta(hours=span.amount)
    local = wall_clock(start, zone)
    match span.unit:
        case Unit.BUSINESS_DAY:
            local = datetime.combine(calendar.add_business_days(local.date(), span.amount), local.time())
        case Unit.DAY:
            local += relativedelta(days=span.amount)
        case Unit.WEEK:
            local += relativedelta(weeks=span.amount)
        case Unit.MONTH:
            local += relativedelta(months=span.amount)
    return at_local(local, zone)


def move_local(instant: datetime, by: timedelta, zone: ZoneInfo) -> datetime:
    """Move an instant by a wall-clock distance, so that a week later is the same hour across a clock change."""
    return at_local(wall_clock(instant, zone) + by, zone) if by else instant


Stretch = tuple[datetime, datetime]
"""A stretch of time: its first instant, and the first one after it."""


def merged(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The same time as stretches that neither overlap nor touch, in order."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif start < end:
            found.append((start, end))
    return tuple(found)


def wall_length(stretches: Iterable[Stretch], zone: ZoneInfo) -> timedelta:
    """How far the clock on the wall moves on during these stretches; one in which it is set back counts for nothing."""
    return sum((max(local_distance(start, end, zone), timedelta(0)) for start, end in stretches), timedelta(0))


def local_distance(start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
    """How far the clock on the wall moved between two instants."""
    return wall_clock(end, zone) - wall_clock(start, zone)
