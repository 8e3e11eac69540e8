"""How a sending domain stands, at the exact thresholds (U6), and how a new sender grows."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from cadences.deliverability import DayCounts, SenderLimits, Standing, judge
from tests.cadences.cases import new_york

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("delivered", "complained", "standing"),
    [
        (100_000, 99, Standing.OK),
        (100_000, 100, Standing.WARN),
        (1001, 1, Standing.OK),
        (1000, 1, Standing.WARN),
        (100_000, 299, Standing.WARN),
        (100_000, 300, Standing.PAUSE),
        (1001, 3, Standing.WARN),
        (1000, 3, Standing.PAUSE),
        (10, 1, Standing.WARN),
        (10, 2, Standing.WARN),
        (10, 3, Standing.PAUSE),
        (0, 0, Standing.OK),
        (0, 3, Standing.PAUSE),
    ],
)
def test_u6_complaints_warn_at_one_in_a_thousand_and_pause_at_three(
    delivered: int, complained: int, standing: Standing
) -> None:
    found, why = judge(DayCounts(delivered, complained=complained))
    assert found is standing
    assert why == ("" if standing is Standing.OK else f"{complained} of {delivered} messages of a day were called spam")


@pytest.mark.parametrize(
    ("delivered", "bounced", "standing"),
    [
        (9801, 199, Standing.OK),
        (9800, 200, Standing.WARN),
        (9501, 499, Standing.WARN),
        (9500, 500, Standing.PAUSE),
        (10, 2, Standing.OK),
        (10, 3, Standing.WARN),
        (10, 9, Standing.WARN),
        (10, 10, Standing.PAUSE),
    ],
)
def test_dead_addresses_warn_at_two_in_a_hundred_and_pause_at_five(
    delivered: int, bounced: int, standing: Standing
) -> None:
    assert judge(DayCounts(delivered, bounced=bounced))[0] is standing


@pytest.mark.parametrize(
    ("day", "cap"),
    [
        (date(2026, 3, 1), 20),
        (date(2026, 3, 2), 20),
        (date(2026, 3, 8), 20),
        (date(2026, 3, 9), 40),
        (date(2026, 3, 16), 80),
        (date(2026, 3, 23), 100),
        (date(2096, 3, 23), 100),
    ],
)
def test_a_new_sender_starts_with_twenty_a_day_and_doubles_each_week_up_to_its_cap(day: date, cap: int) -> None:
    # 23:00 of Monday 2 March in New York is Tuesday in UTC: the company's days count.
    limits = SenderLimits(address="anna@example.com", daily_cap=100, ramp_from=new_york("2026-03-02 23:00"))
    assert limits.cap_on(day, NEW_YORK) == cap


def test_a_cap_below_the_start_of_the_ramp_holds_from_the_first_day() -> None:
    limits = SenderLimits(address="anna@example.com", daily_cap=5, ramp_from=new_york("2026-03-02 09:00"))
    assert limits.cap_on(date(2026, 3, 2), NEW_YORK) == 5


def test_a_sender_without_a_ramp_has_its_cap_at_once_and_without_a_cap_none() -> None:
    day = date(2026, 3, 2)
    assert SenderLimits(address="anna@example.com", daily_cap=7).cap_on(day, NEW_YORK) == 7
    assert SenderLimits(address="anna@example.com", gap=timedelta(seconds=90)).cap_on(day, NEW_YORK) is None
