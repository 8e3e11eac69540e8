"""When a colleague can be met: hours, days off, other meetings, clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from leads.absences import Absence
from leads.free_times import LASTS, NOTICE, free_times
from leads.model import Colleague, Company
from leads.work_hours import WorkHours

COMPANY = Company(name="Harbor Supply", zone="America/New_York", country="US", hours=WorkHours(calendar="US"))
ANNA = Colleague("anna", "Anna Keller")
NEW_YORK = ZoneInfo("America/New_York")


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def local(times: tuple[datetime, ...], zone: str = "America/New_York") -> list[str]:
    return [f"{at.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}" for at in times]


def days(times: tuple[datetime, ...]) -> list[str]:
    return list(dict.fromkeys(f"{at.astimezone(NEW_YORK):%a %d %b}" for at in times))


def test_ten_working_days_are_offered_in_half_hours_and_none_within_two_hours() -> None:
    times = free_times(ANNA, COMPANY, [], new_york("2026-11-20 10:10"))
    assert local(times)[:3] == ["Fri 20 Nov 12:30", "Fri 20 Nov 13:00", "Fri 20 Nov 13:30"]
    # Thursday the 26th is Thanksgiving.
    assert days(times) == [
        *("Fri 20 Nov", "Mon 23 Nov", "Tue 24 Nov", "Wed 25 Nov", "Fri 27 Nov"),
        *("Mon 30 Nov", "Tue 01 Dec", "Wed 02 Dec", "Thu 03 Dec", "Fri 04 Dec"),
    ]
    monday = [one for one in local(times) if one.startswith("Mon 23 Nov")]
    assert (monday[0], monday[-1], len(monday)) == ("Mon 23 Nov 09:00", "Mon 23 Nov 17:00", 17)


def test_a_day_whose_times_have_gone_by_counts_as_one_of_the_ten() -> None:
    times = free_times(ANNA, COMPANY, [], new_york("2026-11-20 17:00"))
    assert (days(times)[0], len(days(times))) == ("Mon 23 Nov", 9)


def test_other_meetings_take_what_they_touch() -> None:
    taken = [(new_york("2026-11-23 10:15"), new_york("2026-11-23 11:00")), (new_york("2026-11-23 13:00"),) * 2]
    monday = [
        one[11:] for one in local(free_times(ANNA, COMPANY, taken, new_york("2026-11-22 12:00"))) if "23 Nov" in one
    ]
    assert monday[:4] == ["09:00", "09:30", "11:00", "11:30"]


def test_the_colleagues_own_hours_clock_and_days_off_count() -> None:
    away = Absence(first_day=date(2026, 11, 24), last_day=date(2026, 11, 25))
    ben = Colleague(
        "ben",
        "Ben",
        zone="America/Denver",
        hours=WorkHours.parse("mon-wed 08:00-09:45"),
        absences=(away,),
        calendar="US",
    )
    times = free_times(ben, COMPANY, [], new_york("2026-11-22 12:00"))
    assert local(times, "America/Denver")[:4] == [
        "Mon 23 Nov 08:00",
        "Mon 23 Nov 08:30",
        "Mon 23 Nov 09:00",
        "Mon 30 Nov 08:00",
    ]


def test_who_never_works_offers_nothing() -> None:
    away = Absence(first_day=date(2026, 1, 1), last_day=date(2027, 12, 31))
    gone = Colleague("gone", "Gone", absences=(away,))
    assert free_times(gone, COMPANY, [], new_york("2026-11-20 10:00")) == ()


def test_nobody_meets_in_the_hour_that_the_clock_skips() -> None:
    night = Colleague("owl", "Owl", hours=WorkHours(frozenset({6}), time(1), time(4)), calendar="")
    # On Sunday 8 March 2026 it is 03:00 in New York right after 01:59.
    times = free_times(night, COMPANY, [], new_york("2026-03-06 12:00"))
    assert local(times)[:4] == ["Sun 08 Mar 01:00", "Sun 08 Mar 01:30", "Sun 08 Mar 03:00", "Sun 08 Mar 03:30"]


@given(
    now=st.integers(0, 525_600).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    zone=st.sampled_from(["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"]),
    opens=st.integers(0, 47),
    length=st.integers(1, 47),
    taken=st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 600)), max_size=8),
)
def test_what_is_offered_is_always_free_ahead_and_in_hours(
    now: datetime, zone: str, opens: int, length: int, taken: list[tuple[int, int]]
) -> None:
    begin, end = opens * 30, min(opens * 30 + length * 30, 24 * 60)
    closes = time.max if end == 24 * 60 else time(end // 60, end % 60)
    hours = WorkHours(frozenset(range(7)), time(begin // 60, begin % 60), closes)
    colleague = Colleague("x", "X", zone=zone, hours=hours)
    meetings = [(now + timedelta(minutes=start), now + timedelta(minutes=start + minutes)) for start, minutes in taken]
    times = free_times(colleague, COMPANY, meetings, now)
    assert list(times) == sorted(set(times))
    for at in times:
        assert at >= now + NOTICE
        clock = at.astimezone(ZoneInfo(zone))
        assert begin <= clock.hour * 60 + clock.minute <= end - 30
        assert all(at >= stop or at + LASTS <= start for start, stop in meetings)
