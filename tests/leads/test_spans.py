"""Spans of time: how they are read, and what they mean on a local clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from leads.calendars import BusinessCalendar
from leads.spans import Span, Unit, add_span, at_local, local_distance, merged, move_local, wall_clock, wall_length
from tests.cadences.cases import new_york
from tests.cadences.strategies import instants, zones

NEW_YORK = ZoneInfo("America/New_York")
US = BusinessCalendar(code="US")


def later(start: str, span: str) -> datetime:
    return add_span(new_york(start), Span.parse(span), NEW_YORK, US)


@pytest.mark.parametrize("text", ["30 minutes", "2 hours", "3 days", "1 business day", "2 weeks", "4 months"])
def test_a_span_reads_and_shows_the_same(text: str) -> None:
    assert str(Span.parse(text)) == text


@pytest.mark.parametrize("text", ["", "soon", "3", "days", "-1 days", "1.5 hours", "3 moons", "99999 days", "3days"])
def test_other_words_are_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="is no span of time; write"):
        Span.parse(text)


def test_a_model_takes_spans_as_text_and_gives_them_back() -> None:
    adapter = TypeAdapter(Span)
    assert adapter.validate_python(" 3  business days ") == Span(3, Unit.BUSINESS_DAY)
    assert adapter.dump_python(Span(3, Unit.BUSINESS_DAY)) == "3 business days"
    with pytest.raises(ValidationError):
        adapter.validate_python(3)


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        ("2026-11-20 10:00", "3 business days", "2026-11-25 10:00"),
        ("2026-11-25 10:00", "1 business day", "2026-11-27 10:00"),  # Thanksgiving lies between
        ("2026-11-21 10:00", "1 business day", "2026-11-23 10:00"),  # from a Saturday
        ("2026-01-31 10:00", "1 month", "2026-02-28 10:00"),
        ("2028-01-31 10:00", "1 month", "2028-02-29 10:00"),
        ("2026-08-31 10:00", "6 months", "2027-02-28 10:00"),
        ("2026-03-07 10:00", "1 day", "2026-03-08 10:00"),  # 23 hours by the stopwatch
        ("2026-10-31 10:00", "1 week", "2026-11-07 10:00"),
    ],
)
def test_days_weeks_and_months_keep_the_hour_on_the_wall(start: str, span: str, end: str) -> None:
    assert later(start, span) == new_york(end)


def test_hours_go_by_the_stopwatch() -> None:
    assert later("2026-03-08 00:30", "3 hours") == new_york("2026-03-08 04:30")


def test_a_skipped_time_moves_forward_and_of_a_repeated_one_the_first_counts() -> None:
    assert later("2026-03-07 02:30", "1 day") == new_york("2026-03-08 03:30")
    assert later("2026-10-31 01:30", "1 day") == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_a_move_keeps_the_hour_across_a_clock_change() -> None:
    assert move_local(new_york("2026-03-05 10:00"), timedelta(days=7), NEW_YORK) == new_york("2026-03-12 10:00")
    assert local_distance(new_york("2026-03-05 10:00"), new_york("2026-03-12 10:00"), NEW_YORK) == timedelta(days=7)


def test_a_day_that_apia_left_out_is_moved_over() -> None:
    apia = ZoneInfo("Pacific/Apia")
    start = at_local(datetime(2011, 12, 29, 10), apia)  # noqa: DTZ001 - a wall clock
    assert wall_clock(add_span(start, Span(1, Unit.DAY), apia, US), apia) == datetime(2011, 12, 31, 10)  # noqa: DTZ001


def test_overlapping_stretches_count_once() -> None:
    hour = timedelta(hours=1)
    noon = new_york("2026-05-04 12:00")
    stretches = [(noon, noon + 3 * hour), (noon + hour, noon + 2 * hour), (noon + 3 * hour, noon + 4 * hour)]
    assert merged([*stretches, (noon + 9 * hour, noon + 8 * hour)]) == ((noon, noon + 4 * hour),)
    assert wall_length(merged(stretches), NEW_YORK) == 4 * hour


def test_a_stretch_in_which_the_clock_is_set_back_is_never_negative() -> None:
    start = datetime(2026, 11, 1, 5, 50, tzinfo=UTC)
    assert wall_length([(start, start + timedelta(minutes=20))], NEW_YORK) == timedelta(0)


@settings(max_examples=150, deadline=None)
@given(zones, st.data(), st.integers(0, 30))
def test_months_never_run_into_the_month_after(zone: str, data: st.DataObject, months: int) -> None:
    start = data.draw(instants(zone))
    place = ZoneInfo(zone)
    begins, ends = wall_clock(start, place), wall_clock(add_span(start, Span(months, Unit.MONTH), place, US), place)
    in_between = (ends.year - begins.year) * 12 + ends.month - begins.month
    assert in_between == months
    assert ends.day <= begins.day or ends.hour < 4  # or pushed over midnight by a skipped hour


@settings(max_examples=150, deadline=None)
@given(zones, st.data())
def test_what_a_wall_clock_shows_comes_back_to_it_unless_the_hour_is_skipped(zone: str, data: st.DataObject) -> None:
    instant, place = data.draw(instants(zone)), ZoneInfo(zone)
    back = at_local(wall_clock(instant, place), place)
    assert back == instant or (instant.astimezone(place).fold and back < instant)
