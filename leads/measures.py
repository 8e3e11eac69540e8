"""What a report is asked for: which stretch of time, which leads, and by what they are told apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from leads.periods import Every, Period, periods_back, periods_between

SHOWN = 12
"""So many periods are shown where nobody says from when on."""
WORKED_WITHIN = timedelta(hours=24)
"""A lead that no person has tried to reach after this long was not worked: the hard limit of a first response."""
MOST_PERIODS = 600
"""More than eleven years of weeks."""


class Dimension(StrEnum):
    """What leads are told apart by."""

    SOURCE = "source"
    CADENCE = "cadence"
    """The first that a lead was in; for a question, the one that it began."""
    REP = "rep"
    """Who owns the lead; for a question, whose it was when it was answered."""
    KIND = "kind"


class Within(StrEnum):
    """Within which time a question was answered; each begins where the one before ends."""

    FIVE_MINUTES = "5 minutes"
    A_QUARTER = "15 minutes"
    HALF_AN_HOUR = "30 minutes"
    AN_HOUR = "1 hour"
    TWO_HOURS = "2 hours"
    FOUR_HOURS = "4 hours"
    EIGHT_HOURS = "8 hours"
    A_DAY = "1 day"
    THREE_DAYS = "3 days"
    LONGER = "longer"

    @property
    def seconds(self) -> int | None:
        """Its last second; None for all that took longer."""
        return _SECONDS.get(self)


class Hours(StrEnum):
    """By which clock a response time is counted."""

    WALL = "wall"
    """The clock on the wall: what the person waits."""
    BUSINESS = "business"
    """The company's business hours only."""


_SECONDS = dict(zip(Within, (300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 259_200), strict=False))


class Counted(StrEnum):
    """What a number of a report counts; the leads behind each can be named."""

    LEADS = "leads"
    """Received."""
    QUALIFIED = "qualified"
    ORDERED = "ordered"
    FOLLOWED_UP = "followed_up"
    NOT_FOLLOWED_UP = "not_followed_up"
    NOT_WORKED = "not_worked"
    """Nobody tried to reach them for a day, or ever."""
    ASKED = "asked"
    """A question, whose first response is timed."""
    ANSWERED = "answered"
    """By a person, in time or late."""
    IN_TIME = "in_time"
    LATE = "late"
    """It became due while the person waited: answered later, or not at all."""
    WAITING = "waiting"
    """The person waits, and it is not due yet."""
    NOT_NEEDED = "not_needed"
    """The person waited no more before it was due, and nobody had answered yet."""
    SENT = "sent"
    """A contact went out; the following are what came of it."""
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    REPLIED = "replied"
    YES = "yes"
    NO = "no"
    NOT_NOW = "not_now"
    OPTED_OUT = "opted_out"
    LEG = "leg"
    """A leg of the lead map."""
    PLACE = "place"
    """A place of the lead map."""
    REACHED = "reached"
    """A stage of the funnel, or a later one."""


class Unaskable(ValueError):
    """A report that can't be made; the message says what to ask instead."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Asked:
    """Which periods of which leads."""

    every: Every
    periods: tuple[Period, ...]
    """In order, without gaps; at least one."""
    of: Mapping[Dimension, str | None] = field(default_factory=dict)
    """Only these leads; None for those of which nothing is known there, like leads without a source."""
    group: Dimension | None = None

    @property
    def start(self) -> datetime:
        """The first instant."""
        return self.periods[0].start

    @property
    def end(self) -> datetime:
        """The first instant after all of it."""
        return self.periods[-1].end

    @property
    def bounds(self) -> list[datetime]:
        """The first instant of each period, and the end."""
        return [*(period.start for period in self.periods), self.end]


def ask(
    now: datetime,
    zone: ZoneInfo,
    *,
    every: Every = Every.WEEK,
    first: date | None = None,
    last: date | None = None,
    of: Mapping[Dimension, str | None] | None = None,
    group: Dimension | None = None,
) -> Asked:
    """The periods of all days from the first to the last, whole; the last twelve, where nobody says which.

    Raises:
        Unaskable: the last day is before the first, or there are too many periods.
    """
    today = now.astimezone(zone).date()
    if first is None:
        first = periods_back(SHOWN, min(now, _noon(last, zone)) if last else now, every, zone)
    last = last or max(today, first)
    if last < first:
        raise Unaskable("to", f"{last} is before {first}, where the report begins")
    # The shortest month has 28 days, so that no list of periods is made only to be refused.
    if (last - first).days // (7 if every is Every.WEEK else 28) > MOST_PERIODS:
        raise Unaskable("from", f"from {first} to {last} are more than {MOST_PERIODS} periods; ask for fewer")
    return Asked(every, tuple(periods_between(first, last, every, zone)), of or {}, group)


def at_most_a_year(asked: Asked) -> Asked:
    """The same, if it is no more: a way through several years' offices is nobody's way.

    Raises:
        Unaskable: it is more.
    """
    if (asked.periods[-1].last_day - asked.periods[0].first_day).days > 53 * 7:
        raise Unaskable("from", "the map shows a year at most; ask for fewer periods")
    return asked


def _noon(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone)
