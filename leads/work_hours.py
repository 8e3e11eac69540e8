"""When people work: the company's business hours, and a colleague's own."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from leads.calendars import WORKDAYS, BusinessCalendar
from leads.clock_times import Clock, Days
from leads.windows import DailyHours

_FORM = 'write them like "mon-fri 09:00-17:30"'
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS: TypeAdapter[frozenset[int]] = TypeAdapter(Days)
_CLOCK: TypeAdapter[time] = TypeAdapter(Clock)


@dataclass(frozen=True, slots=True)
class WorkHours:
    """Days of the week, and the hours of each; which zone they are in, the caller says."""

    days: frozenset[int] = WORKDAYS
    opens: time = time(9)
    closes: time = time(17, 30)
    """The first moment that is no working time any more; `time.max` for the end of the day."""
    calendar: str | None = None
    """Whose public holidays are left out: a country like US, or a state like US-CA."""

    @classmethod
    def parse(cls, text: str, calendar: str | None = None) -> "WorkHours":
        """Read "mon-fri 09:00-17:30".

        Raises:
            ValueError: the text means no hours; the message says what to write instead.
        """
        match = re.fullmatch(r"\s*([a-zA-Z, -]+?)\s+(\S+?)-(\S+)\s*", text)
        if match is None:
            raise ValueError(f"{text!r} means no hours; {_FORM}")
        try:
            days, opens, closes = _DAYS.validate_python(match[1]), *map(_CLOCK.validate_python, match.groups()[1:])
        except ValidationError as error:
            said = str(error.errors()[0]["msg"]).removeprefix("Value error, ").partition(";")[0]
            raise ValueError(f"{said}; {_FORM}") from error
        if opens >= closes:
            raise ValueError(f"{text!r} never opens; {_FORM}")
        return cls(days, opens, closes, calendar)

    def __str__(self) -> str:
        closes = "24:00" if self.closes == time.max else f"{self.closes:%H:%M}"
        return f"{_shown(sorted(self.days))} {self.opens:%H:%M}-{closes}"

    def on(self, zone: ZoneInfo) -> DailyHours:
        """The same as a rule on one clock: what is open, what is due when."""
        return DailyHours("business hours", zone, self.opens, self.closes, BusinessCalendar(self.days, self.calendar))

    def open_time(self, start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
        """How much working time lies between two instants; zero when the second is not the later one."""
        rule, total = self.on(zone), timedelta(0)
        instant, _ = rule.next_open(start)
        while instant < end:
            closing = rule.closes_after(instant)
            total += min(closing, end) - instant
            instant, _ = rule.next_open(closing)
        return total


def _shown(days: list[int]) -> str:
    """`mon-fri`, or what days there are: `mon,wed,fri`."""
    first, last = days[0], days[-1]
    if len(days) > 1 and days == list(range(first, last + 1)):
        return f"{_NAMES[first]}-{_NAMES[last]}"
    return ",".join(_NAMES[day] for day in days)
