"""Which days get a review, and that nothing falls between two of them."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from cadences.review_days import LOOK_BACK, closing_of, day_that_ended, review_day, reviewed_by, works_on
from leads.absences import Absence
from leads.model import Colleague, Role
from leads.work_hours import WorkHours
from tests.sample import COMPANY

MIA = Colleague("mia", "Mia Santos", role=Role.MANAGER)
US = replace(COMPANY, hours=WorkHours(calendar="US"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}Z")


@pytest.mark.parametrize(
    ("day", "since", "until"),
    [
        # Friday, from Thursday's close at 17:30 in New York.
        (date(2026, 11, 20), "2026-11-19T22:30", "2026-11-20T22:30"),
        # Monday has the weekend in it.
        (date(2026, 11, 23), "2026-11-20T22:30", "2026-11-23T22:30"),
        # The Friday after Thanksgiving has the holiday in it.
        (date(2026, 11, 27), "2026-11-25T22:30", "2026-11-27T22:30"),
        # The clock is set back on Sunday 1 November: 73 hours, and half past five on both sides.
        (date(2026, 11, 2), "2026-10-30T21:30", "2026-11-02T22:30"),
        # It is set forward on Sunday 14 March 2027: 71 hours.
        (date(2027, 3, 15), "2027-03-12T22:30", "2027-03-15T21:30"),
    ],
)
def test_a_review_reaches_from_one_close_of_business_to_the_next(day: date, since: str, until: str) -> None:
    span = review_day(MIA, US, day, None)
    assert (span.since, span.until) == (at(since), at(until))


def test_weekends_and_holidays_get_no_review() -> None:
    days = [date(2026, 11, 21) + timedelta(days=number) for number in range(9)]
    assert [day.day for day in days if works_on(MIA, US, day)] == [23, 24, 25, 27]


def test_days_off_get_no_review_and_the_next_one_has_them_in_it() -> None:
    away = replace(MIA, absences=(Absence(first_day=date(2026, 11, 18), last_day=date(2026, 11, 20)),))
    assert [day for day in (17, 18, 19, 20, 23) if works_on(away, US, date(2026, 11, day))] == [17, 23]
    span = review_day(away, US, date(2026, 11, 23), None)
    assert (span.since, span.until) == (at("2026-11-17T22:30"), at("2026-11-23T22:30"))
    assert day_that_ended(away, US, at("2026-11-20T22:30")) == date(2026, 11, 17)


@pytest.mark.parametrize(
    ("asked", "day"),
    [
        ("2026-11-20T22:30", date(2026, 11, 20)),  # the schedule, to the second
        ("2026-11-20T22:29", date(2026, 11, 19)),  # asked by hand before the day is over
        ("2026-11-22T12:00", date(2026, 11, 20)),  # on Sunday
        ("2026-11-26T22:30", date(2026, 11, 25)),  # on a holiday, when the schedule fires all the same
    ],
)
def test_the_day_that_ended_is_the_one_that_is_written(asked: str, day: date) -> None:
    assert day_that_ended(MIA, US, at(asked)) == day


def test_a_review_goes_on_where_the_one_before_ended() -> None:
    missed_two_days = at("2026-11-17T22:30")
    span = review_day(MIA, US, date(2026, 11, 20), missed_two_days)
    assert span.since == missed_two_days
    # But not for ever, and never from the future.
    for useless in (at("2026-09-01T21:30"), at("2026-11-20T22:30")):
        assert review_day(MIA, US, date(2026, 11, 20), useless).since == at("2026-11-19T22:30")


def test_a_manager_has_a_clock_and_hours_of_her_own() -> None:
    ines = replace(MIA, zone="Europe/Madrid", hours=WorkHours(closes=time(19)))
    assert closing_of(ines, US, date(2026, 11, 20)) == at("2026-11-20T18:00")
    night = replace(MIA, hours=WorkHours(closes=time.max))
    assert closing_of(night, US, date(2026, 11, 20)) == at("2026-11-21T05:00")
    assert day_that_ended(night, US, at("2026-11-21T05:00")) == date(2026, 11, 20)


def test_who_never_works_gets_no_review() -> None:
    never = replace(MIA, hours=WorkHours(days=frozenset()))
    assert day_that_ended(never, US, datetime(2026, 11, 20, 23, tzinfo=UTC)) is None
    assert review_day(never, US, date(2026, 11, 20), None).since == at("2026-11-20T22:30") - LOOK_BACK


def test_a_manager_sees_the_team_and_whoever_no_manager_has() -> None:
    north, south = replace(MIA, team="north"), replace(MIA, id="max", team="south")
    anna, ben, cleo = (
        Colleague(name, name, team=team) for name, team in zip("abc", ("north", "south", "east"), strict=True)
    )
    dora = Colleague("d", "d")
    everybody = [north, south, anna, ben, cleo, dora]

    def seen(manager: Colleague, people: list[Colleague]) -> str:
        return " ".join(one.id for one in reviewed_by(manager, people))

    assert seen(north, everybody) == "mia a c d"
    assert seen(south, everybody) == "max b c d"
    # With a manager of everybody, nobody is unseen.
    boss = replace(MIA, id="boss")
    assert seen(boss, [*everybody, boss]) == "mia max a b c d boss"
    assert seen(north, [*everybody, boss]) == "mia a"
    # A team whose manager has left is seen by the others.
    assert seen(north, [north, replace(south, active=False), ben]) == "mia max b"
