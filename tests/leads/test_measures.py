"""What a report is asked for: whole periods, on the company's clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from leads.measures import Unaskable, ask
from leads.periods import Every

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
"""The last evening of November in New York."""


def test_twelve_periods_up_to_the_present_one() -> None:
    asked = ask(NOW, ZONE, every=Every.MONTH)
    assert [period.label for period in asked.periods][0::11] == ["2025-12", "2026-11"]
    assert asked.start == datetime(2025, 12, 1, 5, tzinfo=UTC)
    assert asked.end == datetime(2026, 12, 1, 5, tzinfo=UTC)
    assert len(asked.bounds) == 13


def test_the_days_named_bring_their_whole_periods() -> None:
    asked = ask(NOW, ZONE, first=date(2026, 11, 18), last=date(2026, 11, 23))
    assert [period.label for period in asked.periods] == ["2026-W47", "2026-W48"]
    assert ask(NOW, ZONE, first=date(2026, 11, 30)).periods[-1].label == "2026-W49"


def test_with_the_last_day_only_the_twelve_periods_before_it() -> None:
    asked = ask(NOW, ZONE, last=date(2026, 3, 1), every=Every.MONTH)
    assert [period.label for period in asked.periods][0::11] == ["2025-04", "2026-03"]


def test_from_a_day_to_come_its_period_alone() -> None:
    assert [period.label for period in ask(NOW, ZONE, first=date(2027, 2, 3)).periods] == ["2027-W05"]


def test_days_in_the_wrong_order_and_too_many_periods_are_refused() -> None:
    with pytest.raises(Unaskable, match="2026-11-01 is before 2026-11-02"):
        ask(NOW, ZONE, first=date(2026, 11, 2), last=date(2026, 11, 1))
    with pytest.raises(Unaskable, match="more than 600 periods"):
        ask(NOW, ZONE, first=date(2000, 1, 1), last=date(2026, 11, 1))
    assert len(ask(NOW, ZONE, first=date(2000, 1, 1), last=date(2026, 11, 1), every=Every.MONTH).periods) == 323
