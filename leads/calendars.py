"""Which days are business days: weekdays of a cadence's hours less the public holidays of a country or state."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays

WORKDAYS = frozenset({0, 1, 2, 3, 4})


@lru_cache(maxsize=512)
def _holidays_of(code: str, year: int) -> dict[date, str]:
    """Public holidays of `US` or `US-CA` in one year, observed days included (source: the holidays package).

    Raises:
        ValueError: the code names no calendar.
    """
    country, _, subdivision = code.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language="en_US")
    except NotImplementedError as unknown:
        raise ValueError(f"{code!r} is no known calendar; write a country like US, or a state like US-CA") from unknown
    return dict(found)


def holiday_name(code: str | None, day: date) -> str | None:
    """The public holiday on this day under this calendar code; None on an ordinary day or without a calendar."""
    return _holidays_of(code, day.year).get(day) if code else None


def is_known_calendar(code: str) -> bool:
    """Whether the code names a country or subdivision whose holidays are known."""
    try:
        _holidays_of(code, 2026)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Weekdays (Monday is 0) that are worked, less the holidays of `code`."""

    weekdays: frozenset[int] = WORKDAYS
    code: str | None = None

    def is_business_day(self, day: date) -> bool:
        return day.weekday() in self.weekdays and holiday_name(self.code, day) is None

    def next_business_day(self, day: date) -> date:
        """The first business day after `day`."""
        day += timedelta(days=1)
        while not self.is_business_day(day):
            day += timedelta(days=1)
        return day

    def add_business_days(self, day: date, amount: int) -> date:
        """Count business days forward; 3 from Friday 2026-11-20 in the US is Wednesday 2026-11-25."""
        for _ in range(amount):
            day = self.next_business_day(day)
        return day
