"""When something is open: cadence hours, legal hours and limits, each a rule that names the next instant.

Every rule answers one question, `next_open(wanted)`: the first instant from `wanted` on that it permits, and why it
is later. The answers grow with the question, so repeating them until none objects gives the first instant that all
permit (`first_open`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from cadences.calendars import BusinessCalendar, holiday_name
from cadences.reasons import Reason
from cadences.spans import at_local, wall_clock

HORIZON = timedelta(days=14)
"""How long a touch may be put off before another channel or a person takes it."""

_FEDERAL_FROM, _FEDERAL_TO = time(8), time(21)


class Rule(Protocol):
    """Permits some instants and forbids others."""

    def next_open(self, wanted: datetime) -> tuple[datetime, Reason | None]:
        """The first permitted instant from `wanted` on; the reason is None exactly when that is `wanted` itself."""
        ...


@dataclass(frozen=True, slots=True)
class DailyHours:
    """Open from a clock time to another on business days, in one zone."""

    code: str
    zone: ZoneInfo
    opens: time
    closes: time
    """First moment that is closed again; `time.max` for the end of the day."""
    calendar: BusinessCalendar
    one_of_several: bool = False
    """The person may live by other clocks too, so explanations name this one."""

    def next_open(self, wanted: datetime) -> tuple[datetime, Reason | None]:
        if self._is_open(wanted):
            return wanted, None
        words = self._why_closed(wanted.astimezone(self.zone))
        instant = _after_repeated_hour(wanted, self.zone)
        if instant != wanted and self._is_open(instant):
            return instant, Reason(self.code, words, instant)
        today = day = instant.astimezone(self.zone).date()
        while True:
            opening = _first_instant(datetime.combine(day, self.opens), self.zone)
            if opening > instant and self._is_open(opening):
                return opening, Reason(self.code, f"{words}{self._opens_there()}", opening)
            if day != today and (why := self._why_no_business_day(day)) is not None:
                words += f"; {why}"
            day += timedelta(days=1)

    def count(self, start: datetime, left: timedelta) -> datetime:
        """The instant at which `left` of open time has gone by since `start`; the stopwatch stands while closed.

        It may be the very instant of closing: due by half past five means just that.
        """
        instant, _ = self.next_open(start)
        while True:
            closing = self._closes_after(instant)
            if instant + left <= closing:
                return instant + left
            left -= closing - instant
            instant, _ = self.next_open(closing)

    def _closes_after(self, instant: datetime) -> datetime:
        """The first closed instant after an open one: closing time, or the second pass of a clock hour before it."""
        day = instant.astimezone(self.zone).date()
        end = datetime.combine(day + timedelta(days=1), time.min) if self._to_midnight else None
        closing = _first_instant(end or datetime.combine(day, self.closes), self.zone)
        return min(closing, _clock_set_back(instant, closing, self.zone) or closing)

    @property
    def _to_midnight(self) -> bool:
        return self.closes == time.max

    def _is_open(self, instant: datetime) -> bool:
        local = instant.astimezone(self.zone)
        open_now = self.opens <= local.time() and (self._to_midnight or local.time() < self.closes)
        return open_now and not local.fold and self.calendar.is_business_day(local.date())

    def _why_closed(self, local: datetime) -> str:
        if local.fold and self._is_open(local.replace(fold=0)):
            return f"{local:%H:%M} in {self.zone.key} comes a second time that day"
        clock = f"{self.opens:%H:%M}-{'24:00' if self._to_midnight else f'{self.closes:%H:%M}'}"
        return self._why_no_business_day(local.date()) or f"{local:%H:%M} in {self.zone.key} is outside {clock}"

    def _opens_there(self) -> str:
        if not self.one_of_several:
            return ""
        return f"; {self.opens:%H:%M} in {self.zone.key} counts, where the number may be"

    def _why_no_business_day(self, day: date) -> str | None:
        if day.weekday() not in self.calendar.weekdays:
            return f"{day:%a %d %b %Y} is no working day"
        if (name := holiday_name(self.calendar.code, day)) is not None:
            return f"{day:%a %d %b %Y} is a holiday ({name})"
        return None


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


def federal_hours(zone: ZoneInfo) -> DailyHours:
    """8 am to 9 pm of the called party's local time, every day (47 CFR 64.1200(c)(1)); nothing switches it off."""
    every_day = BusinessCalendar(frozenset(range(7)), None)
    return DailyHours("legal hours", zone, _FEDERAL_FROM, _FEDERAL_TO, every_day)


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
