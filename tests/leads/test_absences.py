"""Days away are whole days on the colleague's own clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from leads.absences import Absence, NotAway

NEW_YORK = ZoneInfo("America/New_York")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def days(first: str, last: str) -> Absence:
    return Absence(first_day=date.fromisoformat(first), last_day=date.fromisoformat(last))


@pytest.mark.parametrize(
    ("zone", "absence", "begins", "ends"),
    [
        ("America/New_York", days("2026-03-04", "2026-03-10"), "2026-03-04 05:00", "2026-03-11 04:00"),  # summer begins
        ("America/New_York", days("2026-03-08", "2026-03-08"), "2026-03-08 05:00", "2026-03-09 04:00"),  # 23 hours
        ("America/New_York", days("2026-11-01", "2026-11-01"), "2026-11-01 04:00", "2026-11-02 05:00"),  # 25 hours
        ("Asia/Tokyo", days("2026-03-06", "2026-03-06"), "2026-03-05 15:00", "2026-03-06 15:00"),
        # In Santiago the clock goes from 23:59 to 01:00: the day begins an hour late.
        ("America/Santiago", days("2026-09-06", "2026-09-06"), "2026-09-06 04:00", "2026-09-07 03:00"),
    ],
)
def test_they_begin_and_end_at_local_midnight(zone: str, absence: Absence, begins: str, ends: str) -> None:
    there = ZoneInfo(zone)
    assert (absence.begins_at(there), absence.ends_at(there)) == (utc(begins), utc(ends))
    assert absence.holds(utc(begins), there)
    assert not absence.holds(utc(ends), there)


def test_adjoining_days_away_are_waited_out_together() -> None:
    rule = NotAway("Anna", NEW_YORK, (days("2026-03-05", "2026-03-06"), days("2026-03-04", "2026-03-04")))
    at, why = rule.next_open(utc("2026-03-04 12:00"))
    assert at == utc("2026-03-07 05:00")
    assert why is not None
    assert why.text == "Anna is away until Fri 06 Mar 2026"
    assert rule.next_open(at) == (at, None)
