"""The dates and times that are named most often, so that one key names them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

MORNING = time(9)
_SOON = timedelta(hours=1)
_LATER = timedelta(hours=3)
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Day:
    """A day to come back on."""

    key: str
    words: str
    day: date


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment to call again."""

    key: str
    words: str
    at: datetime
    """On the lead's own clock."""


def waits(today: date) -> list[Day]:
    """Until when a lead may want to be left alone."""
    named = (
        ("Next week", today + timedelta(days=_WEEK - today.weekday())),
        ("1 month", today + relativedelta(months=1)),
        ("3 months", today + relativedelta(months=3)),
        ("6 months", today + relativedelta(months=6)),
        ("12 months", today + relativedelta(months=12)),
    )
    return [Day(str(number), words, day) for number, (words, day) in enumerate(named, start=1)]


def call_backs(now: datetime, zone: ZoneInfo) -> list[Moment]:
    """When a lead may want to be called again, to the minute; mornings are the lead's own."""
    local = now.replace(second=0, microsecond=0)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    monday = tomorrow + timedelta(days=-tomorrow.weekday() % _WEEK)
    named = [
        ("In 1 hour", local + _SOON),
        ("In 3 hours", local + _LATER),
        ("Tomorrow", datetime.combine(tomorrow, MORNING, zone)),
    ]
    if monday != tomorrow:
        named.append(("Monday", datetime.combine(monday, MORNING, zone)))
    return [Moment(str(number), words, at.astimezone(zone)) for number, (words, at) in enumerate(named, start=1)]


def said_in(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant that a field for a date and a time says, on the lead's own clock; None where it says nothing whole.

    A time that a clock change leaves out is as much after the hour before it; of one that comes twice it is the first.
    """
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day_in(text: str) -> date | None:
    """What a field for a date says; None where it says nothing whole."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
