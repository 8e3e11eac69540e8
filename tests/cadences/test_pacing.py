"""Old leads paced against their reps' calls: days and figures worked out by hand."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from cadences.call_forecast import Office, Walks
from cadences.model import Cadence
from cadences.pacing import Load, Pacing, Rep, Waiting, pace
from cadences.planning import plan
from cadences.progress import new_enrollment
from leads.absences import Absence
from leads.calendars import BusinessCalendar
from leads.model import Company, LeadKind
from leads.work_hours import WorkHours
from tests.cadences.cases import a_cadence, a_case, a_lead, carried_out, completed, local, new_york

COMPANY = Company("Harbor Supply", "America/New_York", "US", hours=WorkHours(calendar="US"))
WEDNESDAY = new_york("2026-03-04 12:00")
OFFICE = BusinessCalendar(code="US")
ONE_CALL = a_cadence({"call": "only-call"})
TWO_CALLS = a_cadence({"call": "first-call"}, {"after": "1 business day", "call": "second-call"})


def reps(**calls: int) -> list[Rep]:
    return [Rep(name, many, OFFICE) for name, many in calls.items()]


def leads(many: int, cadence: Cadence, *owners: str, **values: Any) -> list[Waiting]:
    """Different people, alike for the cadence."""
    case = a_case(cadence, replace(a_lead(**values), kind=LeadKind.INBOUND), company=COMPANY, answers_question=False)
    case = replace(case, enrollment=new_enrollment(uuid4(), cadence.name, "v1", WEDNESDAY, WEDNESDAY))
    return [Waiting(case, owners or ("anna",))] * many


def starts(pacing: Pacing, owner: str | None = None) -> dict[str, int]:
    """How many begin on each day: `{"Thu 05": 2}`."""
    found = Counter(one.day for one in pacing.starts if one is not None and owner in (None, one.owner))
    return {f"{day:%a %d}": many for day, many in sorted(found.items())}


def day(pacing: Pacing, number: int, month: int = 3) -> tuple[int, int, int, int, int]:
    found = next(one for one in pacing.days if one.day == date(2026, month, number))
    return found.starts, found.calls, found.planned, found.capacity, found.free


def test_each_business_day_takes_as_many_as_fit_and_starts_when_the_company_opens() -> None:
    pacing = pace(leads(5, ONE_CALL), reps(anna=2), Load(), COMPANY, WEDNESDAY)
    assert starts(pacing) == {"Thu 05": 2, "Fri 06": 2, "Mon 09": 1}
    assert [local(one.at) for one in pacing.starts if one] == [
        "Thu 2026-03-05 09:00",
        "Thu 2026-03-05 09:00",
        "Fri 2026-03-06 09:00",
        "Fri 2026-03-06 09:00",
        "Mon 2026-03-09 09:00",
    ]
    assert day(pacing, 5) == (2, 2, 0, 2, 0)
    assert day(pacing, 9) == (1, 1, 0, 2, 1)
    assert (pacing.placed, pacing.left_over, local(pacing.last_start)) == (5, 0, "Mon 2026-03-09 09:00")


def test_today_begins_nothing_unless_the_company_has_not_opened_yet() -> None:
    early = pace(leads(1, ONE_CALL), reps(anna=2), Load(), COMPANY, new_york("2026-03-04 08:59"))
    late = pace(leads(1, ONE_CALL), reps(anna=2), Load(), COMPANY, new_york("2026-03-04 09:00"))
    assert (starts(early), starts(late)) == ({"Wed 04": 1}, {"Thu 05": 1})


def test_the_calls_to_leads_that_began_before_take_room_too() -> None:
    # Two begin on Thursday and are called again on Friday, which is full with that; and so on, every other day.
    pacing = pace(leads(5, TWO_CALLS), reps(anna=2), Load(), COMPANY, WEDNESDAY)
    assert starts(pacing) == {"Thu 05": 2, "Mon 09": 2, "Wed 11": 1}
    assert day(pacing, 6) == (0, 2, 0, 2, 0)
    assert day(pacing, 11) == (1, 1, 0, 2, 1)
    assert [(one.day.day, one.calls) for one in pacing.days] == [(5, 2), (6, 2), (9, 2), (10, 2), (11, 1), (12, 1)]
    assert pacing.peak is not None
    assert pacing.peak.day == date(2026, 3, 5)


def test_what_is_planned_already_is_left_alone() -> None:
    planned = Load({("anna", date(2026, 3, 5)): 2, ("anna", date(2026, 3, 6)): 1, ("ben", date(2026, 3, 6)): 9})
    pacing = pace(leads(4, ONE_CALL), reps(anna=2), planned, COMPANY, WEDNESDAY)
    assert starts(pacing) == {"Fri 06": 1, "Mon 09": 2, "Tue 10": 1}
    assert day(pacing, 5) == (0, 0, 2, 2, 0)
    assert day(pacing, 6) == (1, 1, 1, 2, 0)


def test_a_lead_does_not_begin_where_a_later_call_finds_no_room() -> None:
    planned = Load({("anna", date(2026, 3, 6)): 2})
    pacing = pace(leads(1, TWO_CALLS), reps(anna=2), planned, COMPANY, WEDNESDAY)
    assert starts(pacing) == {"Mon 09": 1}  # Thursday has room, but Friday has none for its second call.


def test_holidays_and_weekends_take_none() -> None:
    before_thanksgiving = new_york("2026-11-25 12:00")
    pacing = pace(leads(3, ONE_CALL), reps(anna=1), Load(), COMPANY, before_thanksgiving)
    assert starts(pacing) == {"Fri 27": 1, "Mon 30": 1, "Tue 01": 1}


def test_leads_without_an_owner_go_to_who_has_room_first() -> None:
    pacing = pace(leads(10, ONE_CALL, "anna", "ben"), reps(anna=1, ben=3), Load(), COMPANY, WEDNESDAY)
    assert starts(pacing, "anna") == {"Thu 05": 1, "Fri 06": 1}
    assert starts(pacing, "ben") == {"Thu 05": 3, "Fri 06": 3, "Mon 09": 2}


def test_what_falls_on_a_reps_day_off_is_done_on_the_next_day_at_work() -> None:
    no_fridays = Rep("anna", 2, BusinessCalendar(frozenset({0, 1, 2, 3}), "US"))
    pacing = pace(leads(3, TWO_CALLS), [no_fridays], Load(), COMPANY, WEDNESDAY)
    # Two on Thursday, whose second calls fall on Friday and are made on Monday, which is full with them.
    assert starts(pacing) == {"Thu 05": 2, "Tue 10": 1}
    assert day(pacing, 6) == (0, 0, 0, 0, 0)
    assert day(pacing, 9) == (0, 2, 0, 2, 0)


def test_whoever_is_away_gets_no_new_lead_and_makes_the_calls_that_fall_into_it_afterwards() -> None:
    away = Absence(first_day=date(2026, 3, 6), last_day=date(2026, 3, 9))  # Friday to Monday
    pacing = pace(leads(3, TWO_CALLS), [Rep("anna", 2, OFFICE, (away,))], Load(), COMPANY, WEDNESDAY)
    # Two on Thursday, whose second calls would be on Friday and are made on Tuesday; the third begins on Wednesday.
    assert starts(pacing) == {"Thu 05": 2, "Wed 11": 1}
    assert day(pacing, 9) == (0, 0, 0, 0, 0)
    assert day(pacing, 10) == (0, 2, 0, 2, 0)


def test_a_lead_that_is_only_written_to_takes_a_place_on_the_day_it_begins() -> None:
    introduced = a_cadence({"email": "introduction"}, {"after": "3 business days", "call": "introduction-call"})
    pacing = pace(leads(3, introduced), reps(anna=2), Load(), COMPANY, WEDNESDAY)
    # The calls to Thursday's two take Tuesday; the third begins on Friday and is called on Wednesday.
    assert starts(pacing) == {"Thu 05": 2, "Fri 06": 1}
    assert day(pacing, 5) == (2, 0, 0, 2, 0)
    assert day(pacing, 10) == (0, 2, 0, 2, 0)
    assert day(pacing, 11) == (0, 1, 0, 2, 1)


def test_what_finds_no_room_within_a_year_is_said_and_does_not_begin() -> None:
    daily = a_cadence({"call": "every-day", "repeat": {"every": "1 business day", "times": 400}})
    pacing = pace(leads(3, daily), reps(anna=2), Load(), COMPANY, WEDNESDAY)
    assert starts(pacing) == {"Thu 05": 2}
    assert pacing.left_over == 1
    assert pacing.starts[2] is None
    nobody = pace(leads(3, ONE_CALL), reps(anna=0), Load(), COMPANY, WEDNESDAY)
    assert (nobody.placed, nobody.left_over, nobody.days, nobody.peak) == (0, 3, (), None)
    assert nobody.last_start is None
    gone = pace(leads(2, ONE_CALL, "carl"), reps(anna=2), Load(), COMPANY, WEDNESDAY)
    assert gone.left_over == 2


def test_the_calls_ahead_of_a_lead_keep_their_distances_from_its_next_touch() -> None:
    cadence = a_cadence(
        {"email": "hello"}, {"wait": "2 business days", "call": "one"}, {"wait": "1 week", "call": "two"}
    )
    started = new_york("2026-03-02 10:00")
    case = a_case(cadence, company=COMPANY, start=started, answers_question=False)
    case = carried_out(plan(case, started), started)
    walks = Walks(Office(COMPANY), WEDNESDAY)
    # Written to on Monday: called on Wednesday and, a week later, on the Wednesday after.
    assert days(walks.ahead(case)) == ["Wed 04", "Wed 11"]
    called = carried_out(case)
    assert days(walks.ahead(called)) == ["Wed 11"]  # The first call is a task now, and counts as that.
    assert days(walks.ahead(completed(called))) == ["Wed 11"]


def test_a_lead_that_waits_in_another_backlog_counts_from_its_start() -> None:
    case = a_case(TWO_CALLS, company=COMPANY, start=new_york("2026-03-09 09:00"), answers_question=False, paced=True)
    walks = Walks(Office(COMPANY), WEDNESDAY)
    assert days(walks.ahead(plan(case, WEDNESDAY))) == ["Mon 09", "Tue 10"]


def test_leads_without_a_phone_are_not_called() -> None:
    pacing = pace(leads(3, TWO_CALLS, phone=None), reps(anna=2), Load(), COMPANY, WEDNESDAY)
    assert starts(pacing) == {"Thu 05": 2, "Fri 06": 1}
    assert all(one.calls == 0 for one in pacing.days)


def days(load: Counter[date]) -> list[str]:
    return [f"{one:%a %d}" for one in sorted(load.elements())]


def test_the_first_day_is_found_on_the_companys_calendar_whatever_the_zone() -> None:
    office = Office(replace(COMPANY, zone="Asia/Tokyo"))
    assert office.day_of(datetime.fromisoformat("2026-03-06T20:00+00:00")) == date(2026, 3, 9)  # Saturday there
