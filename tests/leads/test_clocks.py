"""An instant in words that are kept."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from leads.clocks import on_clock


def test_it_is_told_on_a_clock_that_is_named_on_either_side_of_the_turn_to_summer_time() -> None:
    zone = ZoneInfo("America/New_York")
    assert on_clock(datetime(2026, 3, 8, 6, 30, tzinfo=UTC), zone) == "Sun 8 Mar 2026 01:30 in New York"
    assert on_clock(datetime(2026, 3, 8, 7, 30, tzinfo=UTC), zone) == "Sun 8 Mar 2026 03:30 in New York"
