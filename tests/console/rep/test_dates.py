"""Dates and times by one key, at the ends of months and weeks, and on the days on which clocks change."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from api.console.rep.dates import call_backs, day_in, said_in, waits
from leads.meetings import Appointment

NEW_YORK, CHICAGO = ZoneInfo("America/New_York"), ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("today", "days"),
    [
        ("2026-11-20", ["2026-11-23", "2026-12-20", "2027-02-20", "2027-05-20", "2027-11-20"]),
        ("2026-11-22", ["2026-11-23", "2026-12-22", "2027-02-22", "2027-05-22", "2027-11-22"]),
        ("2026-11-23", ["2026-11-30", "2026-12-23", "2027-02-23", "2027-05-23", "2027-11-23"]),
        ("2026-11-30", ["2026-12-07", "2026-12-30", "2027-02-28", "2027-05-30", "2027-11-30"]),
        ("2028-02-29", ["2028-03-06", "2028-03-29", "2028-05-29", "2028-08-29", "2029-02-28"]),
    ],
)
def test_days_to_come_back_on(today: str, days: list[str]) -> None:
    choices = waits(date.fromisoformat(today))
    assert [one.day.isoformat() for one in choices] == days
    assert [one.key for one in choices] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(
    ("now", "moments"),
    [
        ("2026-11-20T15:10:40", ["20 10:10", "20 12:10", "21 09:00", "23 09:00"]),
        ("2026-11-22T15:10:00", ["22 10:10", "22 12:10", "23 09:00"]),  # tomorrow is the Monday
        ("2026-11-21T05:30:00", ["21 00:30", "21 02:30", "21 09:00", "23 09:00"]),  # it is still Friday in Chicago
        ("2026-10-31T23:00:00", ["31 19:00", "31 21:00", "01 09:00", "02 09:00"]),  # clocks go back in the night
    ],
)
def test_moments_to_call_again_on_the_leads_clock(now: str, moments: list[str]) -> None:
    choices = call_backs(datetime.fromisoformat(now).replace(tzinfo=UTC), CHICAGO)
    assert [f"{one.at:%d %H:%M}" for one in choices] == moments
    assert all(one.at.tzinfo is CHICAGO for one in choices)


def test_what_is_typed_is_meant_on_the_leads_clock_and_half_of_it_says_nothing() -> None:
    assert said_in("2026-11-23T09:30", NEW_YORK) == datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
    assert said_in("2026-11-23T", NEW_YORK) is None
    assert day_in("2027-02-20") == date(2027, 2, 20)
    assert day_in("20.2.2027") is None


@pytest.mark.parametrize(
    ("said", "starts", "ends"),
    [
        ("2027-03-14T02:30", "07:30", "08:00"),  # from 02:00 on it is 03:00
        ("2027-03-14T01:45", "06:45", "07:15"),
        ("2026-11-01T01:45", "05:45", "06:15"),  # at 02:00 it is 01:00 once more
    ],
)
def test_half_an_hour_is_half_an_hour_while_clocks_change(said: str, starts: str, ends: str) -> None:
    starts_at = said_in(said, NEW_YORK)
    assert starts_at is not None
    meeting = Appointment(starts_at=starts_at, subject="Talk", minutes=30)
    assert [at.astimezone(UTC).strftime("%H:%M") for at in (meeting.starts_at, meeting.ends_at)] == [starts, ends]


def test_what_lies_outside_of_the_calendar_says_nothing() -> None:
    assert said_in("0001-01-01T00:00", ZoneInfo("Europe/Berlin")) is None
