"""When something is open: hours, legal hours and limits, alone and together."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cadences.legal_hours import LegalHours
from cadences.rules import shipped_rules
from leads.calendars import BusinessCalendar
from leads.windows import DailyHours, MessageLimits, NotBefore, Rule, first_open
from tests.cadences.cases import new_york
from tests.cadences.strategies import CURIOUS_ZONES, daily_hours, instants

NEW_YORK = ZoneInfo("America/New_York")
EVERY_DAY = BusinessCalendar(frozenset(range(7)))
MINUTE = timedelta(minutes=1)


def hours(
    opens: str, closes: str, zone: str = "America/New_York", calendar: BusinessCalendar = EVERY_DAY
) -> DailyHours:
    end = time.max if closes == "24:00" else time.fromisoformat(closes)
    return DailyHours("hours", ZoneInfo(zone), time.fromisoformat(opens), end, calendar)


def opening(rule: Rule, wanted: datetime) -> tuple[datetime, str]:
    instant, reason = rule.next_open(wanted)
    return instant, reason.text if reason else ""


@pytest.mark.parametrize(
    ("wanted", "opens"),
    [
        ("2026-01-15 08:00:00", "2026-01-15 08:00:00"),
        ("2026-01-15 07:59:59", "2026-01-15 08:00:00"),
        ("2026-01-15 20:59:59", "2026-01-15 20:59:59"),
        ("2026-01-15 21:00:00", "2026-01-16 08:00:00"),
        ("2026-01-17 23:00:00", "2026-01-18 08:00:00"),
        ("2026-03-08 07:30:00", "2026-03-08 08:00:00"),  # the clock was set forward that night
        ("2026-11-01 21:00:00", "2026-11-02 08:00:00"),  # and back that one
    ],
)
def test_legal_hours_are_eight_to_nine_on_every_day(wanted: str, opens: str) -> None:
    legal = LegalHours(NEW_YORK, shipped_rules().timetable(frozenset()))
    assert legal.next_open(new_york(wanted))[0] == new_york(opens)


def test_the_reason_names_every_day_that_was_passed_over() -> None:
    rule = hours("09:00", "17:30", calendar=BusinessCalendar(code="US"))
    instant, why = opening(rule, new_york("2026-07-02 18:00"))
    assert instant == new_york("2026-07-06 09:00")
    assert why == (
        "18:00 in New York is outside 09:00-17:30; "
        "Fri 03 Jul 2026 is a holiday (Independence Day (observed)); "
        "Sat 04 Jul 2026 is no working day; Sun 05 Jul 2026 is no working day"
    )


def test_hours_on_no_day_at_all_never_open() -> None:
    rule = hours("09:00", "17:30", calendar=BusinessCalendar(frozenset()))
    assert first_open(new_york("2026-03-02 10:00"), (rule,))[0] is None


def test_what_may_not_be_before_an_instant_opens_with_it() -> None:
    at = new_york("2026-03-02 10:00")
    rule = NotBefore("sender", at, "the cap of the day is reached")
    assert opening(rule, at - MINUTE) == (at, "the cap of the day is reached")
    assert rule.next_open(at) == (at, None)


def test_a_day_may_end_at_midnight() -> None:
    rule = hours("09:00", "24:00")
    late = new_york("2026-05-04 23:59:59.999999")
    assert rule.next_open(late) == (late, None)
    assert rule.next_open(new_york("2026-05-05 00:00"))[0] == new_york("2026-05-05 09:00")
    assert rule.count(new_york("2026-05-04 23:00"), timedelta(hours=2)) == new_york("2026-05-05 10:00")


def test_seven_days_around_the_clock_are_always_open_but_for_the_second_pass() -> None:
    rule = hours("00:00", "24:00")
    second_pass = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert second_pass.astimezone(NEW_YORK).hour == 1
    instant, why = opening(rule, second_pass)
    assert instant == datetime(2026, 11, 1, 7, 0, tzinfo=UTC)
    assert why == "01:30 in New York comes a second time that day"
    assert rule.next_open(second_pass - timedelta(hours=1)) == (second_pass - timedelta(hours=1), None)


def test_half_an_hour_that_lord_howe_repeats_counts_once() -> None:
    rule = hours("00:00", "24:00", "Australia/Lord_Howe")
    # On 2026-04-05 at 02:00 summer time (+11) clocks go back to 01:30 (+10:30).
    change = datetime(2026, 4, 4, 15, 0, tzinfo=UTC)
    assert rule.next_open(change - MINUTE) == (change - MINUTE, None)
    assert rule.next_open(change)[0] == change + timedelta(minutes=30)


def test_an_opening_that_the_clock_skips_moves_forward_to_the_change() -> None:
    rule = hours("02:30", "05:00")
    assert rule.next_open(new_york("2026-03-08 00:00"))[0] == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)


def test_hours_that_the_clock_skips_whole_open_on_the_next_day() -> None:
    rule = hours("02:00", "03:00")
    assert rule.next_open(new_york("2026-03-08 01:00"))[0] == new_york("2026-03-09 02:00")


def test_a_day_that_the_calendar_of_apia_left_out_is_no_day() -> None:
    rule = hours("09:00", "17:00", "Pacific/Apia")
    # Samoa went from Thursday 2011-12-29 to Saturday 2011-12-31.
    thursday_evening = datetime(2011, 12, 30, 6, 0, tzinfo=UTC)
    assert thursday_evening.astimezone(rule.zone).date() == date(2011, 12, 29)
    assert rule.next_open(thursday_evening)[0].astimezone(rule.zone).date() == date(2011, 12, 31)


def test_time_is_counted_in_open_hours_only() -> None:
    rule = hours("09:00", "17:30", calendar=BusinessCalendar(code="US"))
    assert rule.count(new_york("2026-11-20 17:15"), timedelta(minutes=30)) == new_york("2026-11-23 09:15")
    assert rule.count(new_york("2026-11-20 22:00"), timedelta(minutes=30)) == new_york("2026-11-23 09:30")
    assert rule.count(new_york("2026-11-20 17:00"), timedelta(minutes=30)) == new_york("2026-11-20 17:30")


def test_the_last_half_minute_before_closing_is_only_half_a_minute() -> None:
    rule = hours("09:00", "17:30")
    assert rule.count(new_york("2026-05-04 17:29:30"), MINUTE) == new_york("2026-05-05 09:00:30")


def test_the_stopwatch_stands_during_the_second_pass() -> None:
    rule = hours("00:00", "24:00")
    start = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)  # 01:00 for the first time
    assert rule.count(start, timedelta(hours=2)) == start + timedelta(hours=3)


def test_a_week_is_any_seven_local_days_in_a_row() -> None:
    sent = tuple(new_york(f"2026-03-0{day} 10:00") for day in (2, 3, 5, 6))
    rule = MessageLimits(NEW_YORK, per_day=1, per_week=4, sent=sent)
    assert opening(rule, new_york("2026-03-08 12:00")) == (
        new_york("2026-03-09 00:00"),
        "the limit of 4 automated messages in seven days is reached",
    )
    assert rule.next_open(new_york("2026-03-09 00:00"))[1] is None


def test_a_day_has_its_one_message() -> None:
    rule = MessageLimits(NEW_YORK, per_day=1, per_week=9, sent=(new_york("2026-03-02 23:59"),))
    assert opening(rule, new_york("2026-03-02 08:00")) == (
        new_york("2026-03-03 00:00"),
        "Mon 02 Mar 2026 already has its 1 automated message",
    )
    assert rule.next_open(new_york("2026-03-01 23:59"))[1] is None


def test_a_message_sent_later_counts_against_an_earlier_day_too() -> None:
    rule = MessageLimits(NEW_YORK, per_day=2, per_week=1, sent=(new_york("2026-03-09 10:00"),))
    assert rule.next_open(new_york("2026-03-05 10:00"))[0] == new_york("2026-03-16 00:00")


def test_rules_that_never_agree_give_no_instant() -> None:
    night, day = hours("00:00", "06:00"), hours("09:00", "17:00")
    instant, reasons = first_open(new_york("2026-03-02 10:00"), (night, day))
    assert instant is None
    assert reasons


def test_zones_at_the_ends_of_the_world_have_no_common_office_hours() -> None:
    rules = [hours("09:00", "17:30", zone) for zone in ("Pacific/Guam", "America/New_York")]
    assert first_open(new_york("2026-03-02 10:00"), rules)[0] is None


def permitted(rule: DailyHours, instant: datetime) -> bool:
    """The rule's meaning in plain words, for the brute-force scan."""
    there = instant.astimezone(rule.zone)
    shown = there.hour * 60 + there.minute
    opens = rule.opens.hour * 60 + rule.opens.minute
    closes = 1440 if rule.closes == time.max else rule.closes.hour * 60 + rule.closes.minute
    return not there.fold and opens <= shown < closes and rule.calendar.is_business_day(there.date())


@st.composite
def rules_and_instant(draw: st.DrawFn) -> tuple[list[DailyHours], datetime]:
    names = draw(st.lists(st.sampled_from(CURIOUS_ZONES), min_size=1, max_size=3))
    return [draw(daily_hours(name)) for name in names], draw(instants(names[0]))


@settings(max_examples=60, deadline=None)
@given(rules_and_instant())
def test_first_open_is_the_first_permitted_minute(given: tuple[list[DailyHours], datetime]) -> None:
    rules, wanted = given
    horizon = timedelta(days=3)
    minutes = (wanted + n * MINUTE for n in range(int(horizon / MINUTE) + 1))
    expected = next((minute for minute in minutes if all(permitted(rule, minute) for rule in rules)), None)
    assert first_open(wanted, rules, horizon)[0] == expected


@settings(max_examples=40, deadline=None)
@given(rules_and_instant(), st.integers(1, 600))
def test_open_time_is_counted_minute_by_minute(given: tuple[list[DailyHours], datetime], minutes: int) -> None:
    (rule, *_), start = given
    instant, left = start, minutes
    for _ in range(40 * 1440):
        if not left:
            break
        left -= permitted(rule, instant)
        instant += MINUTE
    if not left:
        assert rule.count(start, minutes * MINUTE) == instant


@settings(max_examples=150, deadline=None)
@given(rules_and_instant(), st.integers(0, 5000), st.integers(0, 59))
def test_the_next_opening_is_open_itself_and_never_earlier_for_a_later_wish(
    given: tuple[list[DailyHours], datetime], minutes: int, seconds: int
) -> None:
    (rule, *_), wanted = given
    wanted += timedelta(seconds=seconds)
    instant, _ = rule.next_open(wanted)
    assert instant >= wanted
    assert rule.next_open(instant) == (instant, None)
    assert rule.next_open(wanted + minutes * MINUTE)[0] >= instant
