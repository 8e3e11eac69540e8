"""The times at which one of our own people can meet somebody: at work, not away, and in no other meeting."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from leads.model import Colleague, Company
from leads.presence import clock_of, hours_of, working_rules
from leads.spans import Stretch, at_local, wall_clock

LASTS = timedelta(minutes=30)
"""How long a meeting lasts whose time the lead picks; a day's first one begins as its work does."""
WORKING_DAYS = 10
"""So many of the colleague's working days are offered, today among them."""
NOTICE = timedelta(hours=2)
"""Nobody is to be met sooner than that."""
_FARTHEST = timedelta(days=60)
"""Whoever has no working day in that time offers none."""


def free_times(colleague: Colleague, company: Company, taken: Sequence[Stretch], now: datetime) -> tuple[datetime, ...]:
    """When a meeting with the colleague may begin, in order.

    Args:
        taken: the colleague's other meetings.
    """
    days = (times for times in _working_days(colleague, company, now) if times)
    return tuple(
        start
        for times in islice(days, WORKING_DAYS)
        for start in times
        if start >= now + NOTICE and not any(start < end and begin < start + LASTS for begin, end in taken)
    )


def offered_until(now: datetime) -> datetime:
    """After this instant no time is offered."""
    return now + _FARTHEST


def _working_days(colleague: Colleague, company: Company, now: datetime) -> Iterator[list[datetime]]:
    """For each day from today on, the beginnings that lie in the colleague's hours; none for a day off."""
    zone = clock_of(colleague, company)
    hours, rules = hours_of(colleague, company).on(zone), working_rules(colleague, company)
    first = now.astimezone(zone).date()
    for offset in range(_FARTHEST.days):
        day = first + timedelta(days=offset)
        window = hours.window(day)
        starts = list(_starts(day, *window, zone)) if window is not None else []
        yield [start for start in starts if all(rule.next_open(start)[1] is None for rule in rules)]


def _starts(day: date, opens: time, closes: time, zone: ZoneInfo) -> Iterator[datetime]:
    """Every half hour from opening on, as long as the meeting ends by closing; none that the clock skips."""
    naive, midnight = datetime.combine(day, opens), datetime.combine(day + timedelta(days=1), time.min)
    end = midnight if closes == time.max else datetime.combine(day, closes)
    while naive + LASTS <= end:
        start = at_local(naive, zone)
        if wall_clock(start, zone) == naive:
            yield start
        naive += LASTS
