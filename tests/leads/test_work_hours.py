"""When people work: hours as they are written, and how much of them lies between two instants."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leads.work_hours import WorkHours

NEW_YORK = ZoneInfo("America/New_York")
HOURS = WorkHours.parse("mon-fri 09:00-17:30", "US")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def test_hours_are_read_and_written() -> None:
    assert str(WorkHours.parse("mon-sat 08:00-24:00")) == "mon-sat 08:00-24:00"
    assert str(WorkHours.parse("wed, mon, sun 08:00-12:00")) == "mon,wed,sun 08:00-12:00"
    assert WorkHours.parse(str(HOURS), "US") == HOURS


@pytest.mark.parametrize("text", ["", "weekdays 09:00-17:00", "mon-fri 17:00-09:00", "mon-fri 9-17", "mon-fri"])
def test_what_means_no_hours_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match='write them like "mon-fri 09:00-17:30"'):
        WorkHours.parse(text)


@pytest.mark.parametrize(
    ("start", "end", "open_minutes"),
    [
        ("2026-11-20 10:00", "2026-11-20 10:20", 20),
        ("2026-11-20 17:00", "2026-11-23 09:15", 45),  # over the weekend
        ("2026-11-21 12:00", "2026-11-21 13:00", 0),  # on a Saturday
        ("2026-11-25 17:00", "2026-11-27 09:10", 40),  # Thanksgiving between
        ("2026-11-20 10:00", "2026-11-20 10:00", 0),
        ("2026-11-20 10:00", "2026-11-20 09:00", 0),
        ("2026-11-02 09:00", "2026-11-06 17:30", 5 * 510),
    ],
)
def test_only_open_time_counts(start: str, end: str, open_minutes: int) -> None:
    assert HOURS.open_time(at(start), at(end), NEW_YORK) == timedelta(minutes=open_minutes)
