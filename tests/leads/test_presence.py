"""When one of our own people is at work."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from leads.model import Colleague, Company
from leads.presence import first_at_work, hours_of, is_at_work
from leads.work_hours import WorkHours

COMPANY = Company(
    name="Harbor Supply", zone="America/New_York", country="US", hours=WorkHours.parse("mon-fri 09:00-17:30", "US")
)
ANNA = Colleague("anna", "Anna Keller")
BEN = Colleague(
    "ben", "Ben Okafor", zone="America/Los_Angeles", calendar="US-CA", hours=WorkHours.parse("mon-fri 08:30-17:00")
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_without_hours_of_its_own_a_colleague_works_when_the_company_does() -> None:
    assert hours_of(ANNA, COMPANY) == COMPANY.hours
    assert is_at_work(ANNA, COMPANY, utc("2026-11-20 14:00"))  # 09:00 in New York
    assert not is_at_work(ANNA, COMPANY, utc("2026-11-20 13:59"))
    assert not is_at_work(ANNA, COMPANY, utc("2026-11-20 22:30"))  # 17:30 is over


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-11-20 15:00", "2026-11-20 16:30"),  # 07:00 in Los Angeles, winter
        ("2026-11-20 16:30", "2026-11-20 16:30"),
        ("2026-11-21 01:00", "2026-11-23 16:30"),  # Friday 17:00 there: Monday
        ("2026-10-30 20:00", "2026-10-30 20:00"),  # Friday 13:00 there, summer
        ("2026-10-31 01:00", "2026-11-02 16:30"),  # the clock is set back on Sunday: 08:30 is 16:30 UTC again
        ("2026-11-26 18:00", "2026-11-30 16:30"),  # Thanksgiving, and California's day after it
    ],
)
def test_a_colleague_works_by_its_own_clock_and_holidays(now: str, first: str) -> None:
    assert first_at_work(BEN, COMPANY, utc(now))[0] == utc(first)


def test_who_never_works_is_never_at_work() -> None:
    never = replace(ANNA, hours=WorkHours(frozenset()))
    assert first_at_work(never, COMPANY, utc("2026-11-20 15:00"))[0] is None
