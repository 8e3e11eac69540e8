"""How likely a call connects in an hour of the week, held against shares that were computed by hand."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leads.best_time import (
    NOTHING,
    CallMade,
    ContactTimes,
    Habits,
    chance,
    hour_of_week,
    learnt_hours,
    overall,
    prior,
)

NEW_YORK = ZoneInfo("America/New_York")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def hour(text: str) -> int:
    """`tue 10` as the number of the hour in the week."""
    day, clock = text.split()
    return DAYS.index(day) * 24 + int(clock)


def counts(**found: int) -> tuple[int, ...]:
    """`tue_10=22` and so on."""
    values = list(NOTHING)
    for name, count in found.items():
        values[hour(name.replace("_", " "))] = count
    return tuple(values)


TUESDAY = ContactTimes(calls=counts(tue_10=22), connected=counts(tue_10=14))
"""14 of 22 calls connected from 10:00 to 11:00 on Tuesdays; there were no others.

Of all calls (14 + 0.2 * 25) / (22 + 25) = 19 / 47 = 0.40426 connect, the first guess included."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def test_the_share_of_all_calls_begins_as_a_guess() -> None:
    assert overall(ContactTimes()) == pytest.approx(0.2)
    assert overall(TUESDAY) == pytest.approx(19 / 47)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("tue 12", 0.40426),  # nobody was called then, nor an hour away
        ("tue 10", 0.52584),  # (20 * 0.40426 + 14) / (20 + 22) = 22.0851 / 42
        ("tue 11", 0.48662),  # (20 * 0.40426 + 7) / (20 + 11) = 15.0851 / 31
        ("tue 09", 0.48662),
        ("tue 08", 0.36383),  # an hour at the edge of the working day: 0.9 * 0.40426
        ("tue 17", 0.36383),
        ("wed 10", 0.40426),
        ("sat 10", 0.32340),  # a weekend: 0.8 * 0.40426
        ("tue 03", 0.32340),
    ],
)
def test_an_hour_is_its_prior_its_calls_and_half_of_its_neighbours(when: str, expected: float) -> None:
    assert chance(Habits(TUESDAY), hour(when), NEW_YORK) == pytest.approx(expected, abs=0.000005)


def test_the_weeks_last_hour_is_a_neighbour_of_its_first() -> None:
    late = ContactTimes(calls=counts(sun_23=8), connected=counts(sun_23=8))
    # Of all (8 + 5) / (8 + 25) = 13 / 33; at night 0.8 of it = 0.31515: (20 * 0.31515 + 4) / (20 + 4).
    assert chance(Habits(late), hour("mon 00"), NEW_YORK) == pytest.approx(0.42929, abs=0.000005)
    assert chance(Habits(late), hour("sun 22"), NEW_YORK) == pytest.approx(0.42929, abs=0.000005)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("tue 12", 0.26950),  # (20 * 0.40426) / (20 + 2 * 5)
        ("tue 13", 0.32340),  # (20 * 0.40426) / (20 + 2 * 2.5)
        ("tue 15", 0.45841),  # (20 * 0.40426 + 2) / (20 + 2)
        ("tue 16", 0.43262),  # (20 * 0.40426 + 1) / (20 + 1)
    ],
)
def test_what_the_lead_did_itself_counts_several_times(when: str, expected: float) -> None:
    in_vain = [CallMade(at("2026-03-03 12:10"), False), CallMade(at("2026-03-10 12:50"), False)]
    habits = Habits(TUESDAY, tuple(in_vain), replies=(at("2026-03-03 15:30"),))
    assert chance(habits, hour(when), NEW_YORK) == pytest.approx(expected, abs=0.000005)


def test_replies_of_all_shape_what_is_expected_and_no_more() -> None:
    """100 replies at one hour, smoothed 100 + 2 * 50 = 200, are 4 for each of the 50 working hours.

    That hour has 25 times as many, counted as 3: 1 + 0.2 * (3 - 1) * 100 / 200 = 1.2. One without any: 0.9.
    """
    times = ContactTimes(replies=counts(tue_10=100))
    assert prior(times, hour("tue 10")) == pytest.approx(0.2 * 1.2)
    assert prior(times, hour("tue 11")) == pytest.approx(0.2 * 1.2)
    assert prior(times, hour("tue 14")) == pytest.approx(0.2 * 0.9)
    assert prior(times, hour("tue 17")) == pytest.approx(0.2 * 0.9 * 0.9)


def test_two_lucky_calls_on_a_sunday_prove_nothing() -> None:
    times = ContactTimes(
        calls=counts(sun_10=2, **{f"tue_{clock}": 100 for clock in range(9, 17)}),
        connected=counts(sun_10=2, **{f"tue_{clock}": 40 for clock in range(9, 17)}),
    )
    assert chance(Habits(times), hour("sun 10"), NEW_YORK) < chance(Habits(times), hour("tue 12"), NEW_YORK)


@pytest.mark.parametrize(
    ("habits", "says"),
    [
        (Habits(), False),
        (Habits(ContactTimes(calls=counts(tue_10=49))), False),
        (Habits(ContactTimes(calls=counts(tue_10=50))), True),
        (Habits(ContactTimes(replies=counts(tue_10=1000))), False),
        (Habits(calls=(CallMade(datetime(2026, 3, 3, tzinfo=UTC), False),)), True),
        (Habits(replies=(datetime(2026, 3, 3, tzinfo=UTC),)), True),
    ],
)
def test_from_little_nothing_is_learnt(habits: Habits, says: bool) -> None:
    assert habits.say_something is says


def test_hours_are_those_of_the_leads_own_clock() -> None:
    instant = datetime(2026, 3, 9, 3, 30, tzinfo=UTC)  # Sunday night in New York, Monday morning in India.
    assert hour_of_week(instant, NEW_YORK) == hour("sun 23")
    assert hour_of_week(instant, ZoneInfo("Asia/Kolkata")) == hour("mon 09")


def test_all_hours_of_the_week_are_told() -> None:
    hours = learnt_hours(TUESDAY)
    assert len(hours) == 168
    tuesday: Any = hours[hour("tue 10")]
    assert (tuesday.weekday, tuesday.hour, tuesday.calls, tuesday.connected) == (1, 10, 22, 14)
    assert tuesday.expected == pytest.approx(0.52584, abs=0.000005)
