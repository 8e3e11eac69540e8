"""Our own people as an admin writes them down."""

import pytest

from leads.model import CALLS_PER_DAY, Colleague, Role
from leads.spans import Span, Unit
from leads.staff import StaffRefused, described, new_colleague
from leads.work_hours import WorkHours

ANNA = new_colleague(
    "anna",
    {
        "name": "Anna Keller",
        "email": "Anna@Example.com",
        "phone": "212 555 0142",
        "role": "partner",
        "team": "North  East",
        "zone": "America/New_York",
        "hours": "mon-fri 08:00-16:30",
        "calendar": "US-NY",
        "skills": "Spanish, ovens, spanish",
        "weight": "3",
        "calls_per_day": "25",
        "first_response": "4 hours",
    },
    "US",
)


def test_each_value_is_read_from_its_text() -> None:
    assert (
        Colleague(
            "anna",
            "Anna Keller",
            "anna@example.com",
            "+12125550142",
            Role.PARTNER,
            team="north east",
            zone="America/New_York",
            hours=WorkHours.parse("mon-fri 08:00-16:30"),
            calendar="US-NY",
            skills=("spanish", "ovens"),
            weight=3,
            calls_per_day=25,
            first_response=Span(4, Unit.HOUR),
        )
        == ANNA
    )


def test_what_is_not_named_stays_and_an_empty_text_takes_a_value_back() -> None:
    changed = described(ANNA, {"hours": "", "skills": "", "weight": "", "calls_per_day": "", "email": ""}, "US")
    assert (changed.hours, changed.skills, changed.weight, changed.email) == (None, (), 1, None)
    assert changed.capacity == CALLS_PER_DAY
    assert (changed.name, changed.role, changed.zone) == ("Anna Keller", Role.PARTNER, "America/New_York")


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("name", " ", "name: it can't be empty"),
        ("email", "nobody", "email: 'nobody' is no email address"),
        ("phone", "12", "phone: '12'"),
        ("role", "boss", "role: 'boss' is no role; it is one of: rep, manager, partner, expert, marketing, admin"),
        ("role", "", "role: '' is no role"),
        ("team", "!", "team: '!' can't be used"),
        ("zone", "New York", "zone: 'New York' is no time zone; write an IANA name like America/New_York"),
        ("hours", "weekdays", "hours: 'weekdays' means no hours; write them like \"mon-fri 09:00-17:30\""),
        ("calendar", "XX", "calendar: 'XX' is no known calendar"),
        ("skills", "ovens,,", "skills: '' can't be used"),
        ("weight", "-1", "weight: '-1' does not fit; write a number from 0 to 100"),
        ("weight", "101", "weight: '101' does not fit"),
        ("calls_per_day", "many", "calls per day: 'many' does not fit; write a number from 0 to 500"),
        ("first_response", "soon", "first response: 'soon' is no span of time"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(field: str, text: str, said: str) -> None:
    with pytest.raises(StaffRefused) as refused:
        described(ANNA, {field: text}, "US")
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("colleague_id", ["", "Anna", "anna keller", "manager", "owner", "generator", "-anna"])
def test_a_short_name_is_a_word_that_means_nobody_else(colleague_id: str) -> None:
    with pytest.raises(StaffRefused, match="can't be somebody's short name"):
        new_colleague(colleague_id, {}, "US")
