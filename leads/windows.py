"""When something is open: hours and limits, each a rule that names the next instant.

Every rule answers one question, `next_open(wanted)`: the first instant from `wanted` on that it permits, and why it
is later. The answers grow with the question, so repeating them until none objects gives the first instant that all
permit (`first_open`).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from leads.calendars import BusinessCalendar, holiday_name
from leads.reasons import Reason
from leads.spans import at_local, city_of, wall_clock

HORIZON = timedelta(days=14)
"""How long a touch may be put off before another channel or a person takes it."""
_NEVER = timedelta(days=60)
"""What has not opened by then never does: no week of hours, with all its holidays, is closed for so long."""


class Rule(Protocol):
    """Permits some instants and forbids others."""

    def next_open(self, wanted: datetime) -> tuple[datetime, Reason | None]:
        """The first permitted instant from `wanted` on; the reason is None exactly when that is `wanted` itself."""
        ...


class ClockHours(ABC):
    """Open from a clock time to another, in one zone; which times, the day says."""

    __slots__ = ()
    code: str
    zone: ZoneInfo

    @abstractmethod
    def window(self, day: date) -> tuple[time, time] | None:
        """The first open and the first closed clock time of a local day (`time.max` for its end); None: closed."""

    @abstractmethod
    def why_shut(self, day: date) -> str | None:
        """Why there is no window on this day; None when there is one."""

    @abstractmethod
    def whose(self, day: date) -> str:
        """What follows the window's clock times in an explanation; may be empty."""

    def counts_there(self, opens: time) -> str:
        """What an explanation adds to the opening that it leads to; may be empty."""
        return ""

    def next_open(self, wanted: datetime) -> tuple[datetime, Reason | None]:
        """The first permitted instant from `wanted` on, with the reason when it is a later one."""
        if self._is_open(wanted):
            return wanted, None
        words = self._why_closed(wanted.astimezone(self.zone))
        instant = _after_repeated_hour(wanted, self.zone)
        if instant != wanted and self._is_open(instant):
            return instant, Reason(self.code, words, instant)
        today = day = instant.astimezone(self.zone).date()
        last = today + _NEVER
        while day < last:
            opening = self._opening(day)
            if opening is not None and opening > instant and self._is_open(opening):
                return opening, Reason(self.code, words + self.counts_there(_opens(self.window(day))), opening)
            if day != today and (why := self.why_shut(day)) is not None:
                words += f"; {why}"
            day += timedelta(days=1)
        # Beyond every horizon, so that whoever asks stops asking.
        never = instant + _NEVER
        return never, Reason(self.code, words, never)

    def closes_after(self, instant: datetime) -> datetime:
        """The first closed instant after an open one: closing time, or the second pass of a clock hour before it."""
        day = instant.astimezone(self.zone).date()
        window = self.window(day)
        if window is None:
            return instant
        end = datetime.combine(day + timedelta(days=1), time.min) if window[1] == time.max else None
        closing = _first_instant(end or datetime.combine(day, window[1]), self.zone)
        return min(closing, _clock_set_back(instant, closing, self.zone) or closing)

    def _opening(self, day: date) -> datetime | None:
        window = self.window(day)
        return None if window is None else _first_instant(datetime.combine(day, window[0]), self.zone)

    def _is_open(self, instant: datetime) -> bool:
        local = instant.astimezone(self.zone)
        if local.fold or (window := self.window(local.date())) is None:
            return False
        opens, closes = window
        return opens <= local.time() and (closes == time.max or local.time() < closes)

    def _why_closed(self, local: datetime) -> str:
        if local.fold and self._is_open(local.replace(fold=0)):
            return f"{local:%H:%M} in {city_of(self.zone)} comes a second time that day"
        window = self.window(local.date())
        if window is None:
            return self.why_shut(local.date()) or "closed"
        opens, closes = window
        clock = f"{opens:%H:%M}-{'24:00' if closes == time.max else f'{closes:%H:%M}'}"
        return f"{local:%H:%M} in {city_of(self.zone)} is outside {clock}{self.whose(local.date())}"


def _opens(window: tuple[time, time] | None) -> time:
    return window[0] if window else time.min


@dataclass(frozen=True, slots=True)
class DailyHours(ClockHours):
    """Open from a clock time to another on business days, in one zone."""

    code: str
    zone: ZoneInfo
    opens: time
    closes: time
    """First moment that is closed again; `time.max` for the end of the day."""
    calendar: BusinessCalendar
    one_of_several: bool = False
    """The person may live by other clocks too, so explanations name this one."""

    def window(self, day: date) -> tuple[time, time] | None:
        return (self.opens, self.closes) if self.calendar.is_business_day(day) else None

    def why_shut(self, day: date) -> str | None:
        if day.weekday() not in self.calendar.weekdays:
            return f"{day:%a %d %b %Y} is no working day"
        if (name := holiday_name(self.calendar.code, day)) is not None:
            return f"{day:%a %d %b %Y} is a holiday ({name})"
        return None

    def whose(self, day: date) -> str:
        return ""

    def counts_there(self, opens: time) -> str:
        return f"; {opens:%H:%M} in {city_of(self.zone)} counts, where the number may be" if self.one_of_several else ""

    def count(self, start: datetime, left: timedelta) -> datetime:
        """The instant at which `left` of open time has gone by since `start`; the stopwatch stands while closed.

        It may be the very instant of closing: due by half past five means just that.
        """
        instant, _ = self.next_open(start)
        while True:
            closing = self.closes_after(instant)
            if instant + left <= closing:
                return instant + left
            left -= closing - instant
            instant, _ = self.next_open(closing)


@dataclass(frozen=True, slots=True)
class NotBefore:
    """Closed until an instant."""

    code: str
    opens_at: datetime
    why: str

    def next_open(self, wanted: datetime) -> tuple[datetime, Reason | None]:
        if wanted >= self.opens_at:
            return wanted, None
        return self.opens_at, Reason(self.code, self.why, self.opens_at)


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """At most so many automated messages in a local day, and in any seven local days in a row."""

    zone: ZoneInfo
    per_day: int
    per_week: int
    sent: tuple[datetime, ...]
    """Instants of the automated messages so far; older than two weeks need not be given."""

    def next_open(self, wanted: datetime) -> tuple[datetime, Reason | None]:
        days = sorted(instant.astimezone(self.zone).date() for instant in self.sent)
        day = wanted.astimezone(self.zone).date()
        words = self._why_full(day, days)
        if words is None:
            return wanted, None
        while self._why_full(day, days) is not None:
            day += timedelta(days=1)
        opening = at_local(datetime.combine(day, time.min), self.zone)
        return opening, Reason("limit", words, opening)

    def _why_full(self, day: date, days: list[date]) -> str | None:
        if days.count(day) >= self.per_day:
            return f"{day:%a %d %b %Y} already has its {self.per_day} automated message{'s' * (self.per_day > 1)}"
        # Any seven days in a row that contain this day: a later message already sent counts as well.
        for offset in range(7):
            first = day - timedelta(days=6 - offset)
            if sum(first <= other < first + timedelta(days=7) for other in days) >= self.per_week:
                return f"the limit of {self.per_week} automated messages in seven days is reached"
        return None


def _after_repeated_hour(instant: datetime, zone: ZoneInfo) -> datetime:
    """The instant itself, or the first one after the second pass of the clock hour that it lies in."""
    while instant.astimezone(zone).fold:
        instant = instant.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return instant


def _clock_set_back(start: datetime, end: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant between the two at which the clock on the wall is set back; None when it is not."""
    if end - start <= wall_clock(end, zone) - wall_clock(start, zone):
        return None
    instant = start.replace(second=0, microsecond=0)
    while instant < end and not instant.astimezone(zone).fold:
        instant += timedelta(minutes=1)
    return instant


def _first_instant(naive: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the clock on the wall shows `naive` or, where that is skipped, later."""
    instant = at_local(naive, zone)
    if wall_clock(instant, zone) != naive:
        while wall_clock(instant - timedelta(minutes=1), zone) > naive:
            instant -= timedelta(minutes=1)
    return instant


def first_open(
    wanted: datetime, rules: Sequence[Rule], horizon: timedelta = HORIZON
) -> tuple[datetime | None, tuple[Reason, ...]]:
    """The first instant from `wanted` on that all rules permit, and the reasons in the order they applied.

    Returns None for the instant when there is none within the horizon.
    """
    instant = wanted.astimezone(UTC)
    reasons: list[Reason] = []
    moved = True
    while moved:
        moved = False
        for rule in rules:
            opening, reason = rule.next_open(instant)
            if reason is None:
                continue
            moved = True
            instant = opening.astimezone(UTC)
            reasons.append(reason)
            if instant - wanted > horizon:
                return None, tuple(reasons)
    return instant, tuple(reasons)
