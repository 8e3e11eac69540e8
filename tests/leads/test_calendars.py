"""Business days: weekdays less public holidays."""

from datetime import date

import pytest

from leads.calendars import BusinessCalendar, holiday_name, is_known_calendar

US = BusinessCalendar(code="US")


def test_three_business_days_from_the_friday_before_thanksgiving() -> None:
    assert US.add_business_days(date(2026, 11, 20), 3) == date(2026, 11, 25)
    assert US.add_business_days(date(2026, 11, 25), 1) == date(2026, 11, 27)


def test_no_business_days_later_is_the_same_day_even_on_a_weekend() -> None:
    assert US.add_business_days(date(2026, 11, 21), 0) == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("code", "day", "name"),
    [
        ("US", date(2026, 7, 4), "Independence Day"),
        ("US", date(2026, 7, 3), "Independence Day (observed)"),
        ("US", date(2027, 12, 31), "New Year's Day (observed)"),  # observed in the year before its own
        ("US-CA", date(2026, 3, 31), "Cesar Chavez Day"),
        ("US", date(2026, 3, 31), None),
        ("DE", date(2026, 10, 3), "German Unity Day"),
        (None, date(2026, 12, 25), None),
    ],
)
def test_holidays_of_countries_and_states(code: str | None, day: date, name: str | None) -> None:
    assert holiday_name(code, day) == name


def test_without_a_calendar_only_weekdays_count() -> None:
    assert BusinessCalendar().is_business_day(date(2026, 12, 25))
    assert not BusinessCalendar().is_business_day(date(2026, 12, 26))


def test_a_week_may_have_other_working_days() -> None:
    sunday_to_thursday = BusinessCalendar(frozenset({6, 0, 1, 2, 3}))
    assert sunday_to_thursday.next_business_day(date(2026, 3, 5)) == date(2026, 3, 8)


@pytest.mark.parametrize(("code", "known"), [("US", True), ("US-CA", True), ("GB-ENG", True), ("XX", False)])
def test_a_calendar_is_known_or_not(code: str, known: bool) -> None:
    assert is_known_calendar(code) is known
    assert is_known_calendar("US-ZZ") is False
