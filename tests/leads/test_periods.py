"""Weeks and months on the company's clock, exact where it is put forward and back."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from leads.periods import Every, period_named, period_of, periods_back, periods_between

NEW_YORK = ZoneInfo("America/New_York")


def test_a_week_is_iso_8601s_and_a_month_is_the_calendars() -> None:
    week = period_of(date(2026, 11, 20), Every.WEEK, NEW_YORK)
    assert (week.label, week.first_day, week.last_day) == ("2026-W47", date(2026, 11, 16), date(2026, 11, 22))
    month = period_of(date(2026, 11, 20), Every.MONTH, NEW_YORK)
    assert (month.label, month.first_day, month.last_day) == ("2026-11", date(2026, 11, 1), date(2026, 11, 30))


def test_the_first_days_of_a_year_may_belong_to_the_last_week_of_the_year_before() -> None:
    assert period_of(date(2027, 1, 1), Every.WEEK, NEW_YORK).label == "2026-W53"
    assert period_of(date(2024, 12, 30), Every.WEEK, NEW_YORK).label == "2025-W01"
    assert period_of(date(2026, 12, 31), Every.MONTH, NEW_YORK).day_after == date(2027, 1, 1)


def test_a_period_begins_and_ends_at_midnight_there_also_when_the_clock_is_changed_within() -> None:
    autumn = period_of(date(2026, 11, 1), Every.WEEK, NEW_YORK)  # set back on Sunday 1 November
    assert (autumn.start, autumn.end) == (datetime(2026, 10, 26, 4, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC))
    assert autumn.end - autumn.start == timedelta(days=7, hours=1)
    spring = period_of(date(2026, 3, 8), Every.WEEK, NEW_YORK)
    assert spring.end - spring.start == timedelta(days=6, hours=23)


def test_a_midnight_that_the_clock_skips_is_the_moment_after_it() -> None:
    month = period_of(date(2018, 11, 4), Every.WEEK, ZoneInfo("America/Sao_Paulo"))
    assert month.end == datetime(2018, 11, 5, 2, tzinfo=UTC)
    sunday = period_of(date(2011, 10, 1), Every.MONTH, ZoneInfo("America/Sao_Paulo"))
    assert sunday.end == datetime(2011, 11, 1, 2, tzinfo=UTC)


def test_periods_follow_on_each_other_and_are_whole() -> None:
    found = list(periods_between(date(2026, 12, 30), date(2027, 1, 12), Every.WEEK, NEW_YORK))
    assert [one.label for one in found] == ["2026-W53", "2027-W01", "2027-W02"]
    assert all(one.end == after.start for one, after in pairwise(found))
    assert not list(periods_between(date(2027, 1, 12), date(2026, 12, 30), Every.WEEK, NEW_YORK))


def test_the_earliest_of_so_many_periods_counts_back_from_now_there() -> None:
    now = datetime(2026, 12, 1, 3, tzinfo=UTC)  # still November in New York
    assert periods_back(12, now, Every.MONTH, NEW_YORK) == date(2025, 12, 1)
    assert periods_back(1, now, Every.WEEK, NEW_YORK) == date(2026, 11, 30)
    assert periods_back(2, now, Every.WEEK, NEW_YORK) == date(2026, 11, 23)


@pytest.mark.parametrize("label", ["2026-W47", "2026-W53", "2026-11", "2027-01"])
def test_a_period_is_found_by_its_label(label: str) -> None:
    assert period_named(label, NEW_YORK).label == label


@pytest.mark.parametrize("label", ["2027-W53", "2026-13", "2026", "last week", "2026-W1", "2026-11-20"])
def test_what_is_no_period_is_said(label: str) -> None:
    with pytest.raises(ValueError, match=r"there is no|is no week and no month"):
        period_named(label, NEW_YORK)
