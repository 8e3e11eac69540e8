"""The hours and the limits that the law sets for texts and calls, from dated rows, each a rule like a cadence's own."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from leads.reasons import Reason
from leads.windows import ClockHours

CAP_WITHIN = timedelta(hours=24)
"""The sliding stretch of time that a state's cap on calls and texts counts in."""


@dataclass(frozen=True, slots=True)
class LegalDay:
    """What all laws together permit on a day of the week."""

    opens: time
    closes: time
    """First moment that is closed again; not later than `opens` on a day without hours."""
    source: str
    """Whose law it is, for explanations."""

    @property
    def is_shut(self) -> bool:
        return self.closes <= self.opens


@dataclass(frozen=True, slots=True)
class Cap:
    """The most calls and texts in any 24 hours."""

    contacts: int
    source: str


@dataclass(frozen=True, slots=True)
class LegalWeek:
    """What holds from a day on, until the next week of the timetable."""

    first_day: date
    days: tuple[LegalDay, ...]
    """Monday first."""
    cap: Cap | None


@dataclass(frozen=True, eq=False, slots=True)
class Timetable:
    """What the laws of some states permit together, whatever the day: one week after another, by their first days."""

    weeks: tuple[LegalWeek, ...]

    def on(self, day: date) -> LegalWeek:
        """The week that holds on a day."""
        if len(self.weeks) == 1:
            return self.weeks[0]
        return self.weeks[max(bisect_right(self.weeks, day, key=lambda week: week.first_day) - 1, 0)]


@dataclass(frozen=True, slots=True)
class LegalHours(ClockHours):
    """When the law permits a text or a call, on one of the clocks that the person may be living by."""

    zone: ZoneInfo
    timetable: Timetable
    code: str = "legal hours"

    def window(self, day: date) -> tuple[time, time] | None:
        found = self._day(day)
        return None if found.is_shut else (found.opens, found.closes)

    def why_shut(self, day: date) -> str | None:
        found = self._day(day)
        return f"{day:%a %d %b %Y} has no legal hours ({found.source})" if found.is_shut else None

    def whose(self, day: date) -> str:
        return f" ({self._day(day).source})"

    def _day(self, day: date) -> LegalDay:
        return self.timetable.on(day).days[day.weekday()]


@dataclass(frozen=True, slots=True)
class ContactCap:
    """At most so many calls and texts in any 24 hours, by whomever they were made."""

    timetable: Timetable
    zones: tuple[ZoneInfo, ...]
    contacts: tuple[datetime, ...]
    """Instants of the calls and texts so far; older than a day need not be given."""

    def next_open(self, wanted: datetime) -> tuple[datetime, Reason | None]:
        """The first instant from `wanted` on before which fewer than the cap lie within 24 hours."""
        cap = self._on(wanted)
        if cap is None or len(self.contacts) < cap.contacts:
            return wanted, None
        opening = sorted(self.contacts)[-cap.contacts] + CAP_WITHIN
        if opening <= wanted:
            return wanted, None
        words = f"{cap.contacts} calls and texts within 24 hours are the most ({cap.source})"
        return opening, Reason("legal limit", words, opening)

    def _on(self, instant: datetime) -> Cap | None:
        """The strictest of what holds at an instant, on all clocks; they may show two dates."""
        days = {instant.astimezone(zone).date() for zone in self.zones}
        return strictest([self.timetable.on(day).cap for day in days])


def strictest(caps: Sequence[Cap | None]) -> Cap | None:
    """The lowest of some caps; None where there is none."""
    return min((cap for cap in caps if cap is not None), key=lambda cap: cap.contacts, default=None)
