"""The rows of facts/contact-rules.md on the hours and the number of texts and calls, each at its exact boundaries."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import cadences.rules
from cadences.case import Case, Sender
from cadences.contact_rules import Allow, Block, Decision, Defer, first_instant
from cadences.rules import RuleBook, RulesUnreadable, read_rules, shipped_rules
from leads.model import Channel
from leads.regions import ANY_STATE
from tests.cadences.cases import ALWAYS_OPEN, NO_LIMITS, a_cadence, a_case, a_lead

OPEN = a_cadence({"call": "hello"}, hours=ALWAYS_OPEN, limits=NO_LIMITS)
SECOND = timedelta(seconds=1)
BY_PHONE = pytest.mark.parametrize("channel", [Channel.SMS, Channel.CALL])
EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
WEDNESDAY, SATURDAY, SUNDAY = "2026-06-10", "2026-06-13", "2026-06-14"


def a_call_to(phone: str, zone: str | None = None, **lead: object) -> Case:
    return a_case(OPEN, a_lead(phone=phone, zone=zone, sms=True, **lead))  # type: ignore[arg-type]


def at(zone: str, text: str) -> datetime:
    """The instant at which clocks in the zone show the text."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def until(decision: Decision) -> datetime:
    assert isinstance(decision, Defer), decision
    assert decision.reasons
    assert decision.reasons[-1].at == decision.until
    return decision.until


# T1.


@BY_PHONE
@pytest.mark.parametrize(
    ("phone", "zone"),
    [("+12125550143", EASTERN), ("+13035551234", MOUNTAIN), ("+442079460958", "Europe/London"), ("+61412345678", None)],
    ids=["T1-New York", "T1-Denver", "T1-London", "T1-Australia"],
)
@pytest.mark.parametrize("day", ["2026-01-14", "2026-03-08", "2026-03-29", "2026-07-04", "2026-10-25", "2026-11-01"])
def test_eight_to_nine_on_every_clock_and_on_the_days_of_clock_changes(
    channel: Channel, phone: str, zone: str | None, day: str
) -> None:
    case = a_call_to(phone, zone)
    everywhere = [clock.key for clock in case.candidate_zones]
    opens = max(at(clock, f"{day}T08:00:00") for clock in everywhere)
    closes = min(at(clock, f"{day}T21:00:00") for clock in everywhere)
    assert first_instant(channel, case, opens) == Allow()
    assert until(first_instant(channel, case, opens - SECOND)) == opens
    assert first_instant(channel, case, closes - SECOND) == Allow()
    assert until(first_instant(channel, case, closes)) > closes


def test_t1_holds_before_its_own_first_day_too() -> None:
    night = at(EASTERN, "1980-01-01T03:00:00")
    assert until(first_instant(Channel.CALL, a_call_to("+12125550143"), night)) == at(EASTERN, "1980-01-01T08:00:00")


# States. Local hours by day: weekdays, Saturday, Sunday.

STATES = {
    "FL": ("+13055551234", EASTERN, (8, 20), (8, 20), (8, 20)),
    "OK": ("+14055551234", CENTRAL, (8, 20), (8, 20), (8, 20)),
    "MD": ("+14105551234", EASTERN, (8, 20), (8, 20), (8, 20)),
    "WA": ("+12065551234", PACIFIC, (8, 20), (8, 20), (8, 20)),
    "CT": ("+12035551234", EASTERN, (9, 20), (9, 20), (9, 20)),
    "TX": ("+12145551234", CENTRAL, (9, 21), (9, 21), (12, 21)),
    "VA": ("+12765551234", EASTERN, (8, 21), (8, 21), (8, 21)),
    "KY": ("+15025551234", EASTERN, (10, 21), (10, 21), (10, 21)),
    "MI": ("+13135551234", EASTERN, (9, 21), (9, 21), (9, 21)),
    "MN": ("+16125551234", CENTRAL, (9, 21), (9, 21), (9, 21)),
    "NM": ("+15055551234", MOUNTAIN, (9, 21), (9, 21), (9, 21)),
    "NV": ("+17025551234", PACIFIC, (9, 20), (9, 20), (9, 20)),
    "RI": ("+14015551234", EASTERN, (9, 18), (10, 17), (10, 17)),
    "MA": ("+16175551234", EASTERN, (8, 20), (8, 20), (8, 20)),
    "MS": ("+16015551234", CENTRAL, (8, 20), (8, 20), (8, 20)),
    "LA": ("+15045551234", CENTRAL, (8, 20), (8, 20), (8, 20)),
    "AL": ("+12055551234", CENTRAL, (8, 20), (8, 20), (8, 20)),
    "unknown": ("+19995551234", MOUNTAIN, (10, 18), (10, 17), (12, 17)),
    "no row": ("+12125550143", EASTERN, (8, 21), (8, 21), (8, 21)),
}
CONFIRMED = {"FL", "OK", "MD", "WA", "CT", "TX", "VA"}
CAPPED = {"FL", "OK", "MD", "unknown"}


@BY_PHONE
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("day", "which", "tomorrow"), [(WEDNESDAY, 0, 0), (SATURDAY, 1, 2), (SUNDAY, 2, 0)])
def test_a_states_hours(channel: Channel, state: str, day: str, which: int, tomorrow: int) -> None:
    phone, zone, *hours = STATES[state]
    case = a_call_to(phone, zone if state == "unknown" else None)
    assert [clock.key for clock in case.candidate_zones] == [zone]
    opens, closes = (at(zone, f"{day}T{hour:02}:00:00") for hour in hours[which])
    next_day = at(zone, f"{day}T00:00:00") + timedelta(days=1, hours=hours[tomorrow][0])
    assert until(first_instant(channel, case, opens - SECOND)) == opens
    assert first_instant(channel, case, opens) == Allow()
    assert first_instant(channel, case, closes - SECOND) == Allow()
    assert until(first_instant(channel, case, closes)) == next_day


def test_every_row_has_a_citation_and_only_the_confirmed_ones_say_so() -> None:
    rows = shipped_rules().hours.states
    assert rows.keys() == STATES.keys() - {"unknown", "no row"}
    assert {state for state, (row,) in rows.items() if row.confirmed} == CONFIRMED
    assert {state for state, (row,) in rows.items() if row.cap == 3} == CAPPED - {"unknown"}
    assert all(row.citation and row.effective_from.year < 2026 for (row,) in rows.values())


def test_the_explanation_names_the_law() -> None:
    decision = first_instant(Channel.CALL, a_call_to("+13055551234"), at(EASTERN, f"{WEDNESDAY}T20:15:00"))
    assert isinstance(decision, Defer)
    assert decision.reasons[0].rule == "legal hours"
    assert decision.reasons[0].text == "20:15 in New York is outside 08:00-20:00 (FL: Fla. Stat. 501.616(6))"


def test_of_a_number_that_may_be_anywhere_the_explanation_says_so() -> None:
    case = a_call_to("+19995551234", EASTERN)
    decision = first_instant(Channel.CALL, case, at(EASTERN, f"{WEDNESDAY}T09:15:00"))
    assert isinstance(decision, Defer)
    assert "outside 10:00-18:00 (it may be in KY: KRS 367.46955 and it may be in RI: " in decision.reasons[0].text


@BY_PHONE
def test_the_numbers_state_and_the_addresss_both_count(channel: Channel) -> None:
    """A number of Florida and an address in Texas: 8 to 20 and 9 to 21, on all clocks of both."""
    case = a_call_to("+13055551234", region="TX")
    assert {clock.key for clock in case.candidate_zones} == {EASTERN, CENTRAL, MOUNTAIN}
    assert until(first_instant(channel, case, at(MOUNTAIN, f"{WEDNESDAY}T08:59:59"))) == at(
        MOUNTAIN, f"{WEDNESDAY}T09:00:00"
    )
    assert first_instant(channel, case, at(EASTERN, f"{WEDNESDAY}T19:59:59")) == Allow()
    assert until(first_instant(channel, case, at(EASTERN, f"{WEDNESDAY}T20:00:00"))) > at(EASTERN, f"{WEDNESDAY}T20:00")


@pytest.mark.parametrize(
    ("phone", "region", "country"),
    [("+14165551234", None, None), ("+14165551234", "ON", "CA"), ("+442079460958", None, "GB")],
    ids=["Toronto", "Ontario", "London"],
)
def test_other_countries_have_no_states(phone: str, region: str | None, country: str | None) -> None:
    case = a_call_to(phone, region=region, country=country)
    (zone,) = case.candidate_zones
    assert first_instant(Channel.CALL, case, at(zone.key, f"{SUNDAY}T20:59:59")) == Allow()
    assert first_instant(Channel.CALL, case, at(zone.key, f"{SUNDAY}T08:00:00")) == Allow()


@pytest.mark.parametrize("when", ["2026-01-15T02:30:00Z"], ids=["+1 423"])
@BY_PHONE
def test_half_past_nine_in_new_york_is_too_late_for_tennessee(channel: Channel, when: str) -> None:
    case = a_call_to("+14235551234")
    assert until(first_instant(channel, case, datetime.fromisoformat(when))) == at(CENTRAL, "2026-01-15T08:00:00")


@BY_PHONE
def test_half_past_seven_central_is_too_early_for_the_panhandle(channel: Channel) -> None:
    case = a_call_to("+18505551234")
    early = datetime.fromisoformat("2026-01-15T13:30:00Z")
    assert until(first_instant(channel, case, early)) == at(CENTRAL, "2026-01-15T08:00:00")
    assert first_instant(channel, case, at(CENTRAL, "2026-01-15T08:00:00")) == Allow()
    assert first_instant(channel, case, at(CENTRAL, "2026-01-15T18:59:59")) == Allow()
    assert until(first_instant(channel, case, at(CENTRAL, "2026-01-15T19:00:00"))) == at(CENTRAL, "2026-01-16T08:00:00")


@BY_PHONE
def test_both_clocks_weekdays_count(channel: Channel) -> None:
    """A Saturday evening in El Paso is a Sunday morning in Tokyo, before the noon at which Sundays open in Texas."""
    case = a_call_to("+19155551234", zone="Asia/Tokyo")
    assert {clock.key for clock in case.candidate_zones} == {MOUNTAIN, "Asia/Tokyo"}
    saturday_evening = at(MOUNTAIN, f"{SATURDAY}T19:00:00")
    assert until(first_instant(channel, case, saturday_evening)) == at("Asia/Tokyo", "2026-06-15T09:00:00")
    sunday_evening = at(MOUNTAIN, f"{SUNDAY}T19:00:00")  # Monday, 10:00 in Tokyo.
    assert first_instant(channel, case, sunday_evening) == Allow()


# The cap.


@BY_PHONE
@pytest.mark.parametrize("state", STATES)
def test_the_fourth_contact_within_24_hours_waits_for_the_24th(channel: Channel, state: str) -> None:
    phone, zone, *_ = STATES[state]
    first = at(zone, "2026-06-09T14:00:00")
    made = (first, first + timedelta(hours=1), first + timedelta(hours=2))
    case = replace(a_call_to(phone, zone if state == "unknown" else None), phone_contacts=made)
    fourth = first_instant(channel, case, first + timedelta(hours=24) - SECOND)
    if state in CAPPED:
        assert until(fourth) == first + timedelta(hours=24)
        assert isinstance(fourth, Defer)
        assert [reason.rule for reason in fourth.reasons] == ["legal limit"]
    else:
        assert fourth == Allow()
    assert first_instant(channel, case, first + timedelta(hours=24)) == Allow()
    assert first_instant(channel, replace(case, phone_contacts=made[:2]), first + timedelta(hours=3)) == Allow()


def test_email_is_no_contact_by_phone() -> None:
    now = at(EASTERN, f"{WEDNESDAY}T12:00:00")
    case = replace(a_call_to("+13055551234"), phone_contacts=(now,) * 9)
    assert first_instant(Channel.EMAIL, case, now) == Allow()


# Dates.


def book(**changes: tuple[str, str]) -> RuleBook:
    """The shipped rules with a piece of one file replaced."""
    folder = Path(cadences.rules.__file__).parent

    def text_of(name: str) -> str:
        text = (folder / name).read_text("utf-8")
        old, new = changes.get(name.removesuffix(".yaml").replace("-", "_"), ("", ""))
        assert old in text
        return text.replace(old, new, 1) if old else text

    return read_rules(text_of)


_FLORIDA = """  FL:
    - hours: {mon-sun: "08:00-20:00"}
"""
_LATER = """  FL:
    - hours: {mon-sun: "11:00-12:00"}
      cap: 1
      citation: a later law
      effective_from: 2027-01-01
      confirmed: false
    - citation: repealed
      effective_from: 2028-01-01
      confirmed: true
    - hours: {mon-sun: "08:00-20:00"}
"""


def test_a_row_from_the_future_does_not_fire_today_and_replaces_the_old_one_on_its_first_local_day() -> None:
    rules = book(hours=(_FLORIDA, _LATER))
    case = a_call_to("+13055551234")

    def asked(when: str) -> Decision:
        return first_instant(Channel.CALL, case, at(EASTERN, when), book=rules)

    assert asked("2026-12-31T19:59:59") == Allow()  # Already January in UTC at 19:00.
    assert until(asked("2026-12-31T20:00:00")) == at(EASTERN, "2027-01-01T11:00:00")
    assert until(asked("2027-01-01T12:00:00")) == at(EASTERN, "2027-01-02T11:00:00")
    assert until(asked("2027-12-31T12:00:00")) == at(EASTERN, "2028-01-01T08:00:00")
    assert asked("2028-01-01T20:59:59") == Allow()
    capped = replace(case, phone_contacts=(at(EASTERN, "2026-12-31T11:30:00"),))
    assert first_instant(Channel.CALL, capped, at(EASTERN, "2026-12-31T19:30:00"), book=rules) == Allow()
    assert until(first_instant(Channel.CALL, capped, at(EASTERN, "2027-01-01T11:00:00"), book=rules)) == at(
        EASTERN, "2027-01-01T11:30:00"
    )


def test_a_state_whose_days_are_all_closed_leaves_no_open_instant() -> None:
    rules = book(hours=(_FLORIDA, _FLORIDA.replace("mon-sun", "mon-tue") + ""))
    texas = book(hours=(_FLORIDA, _FLORIDA.replace('mon-sun: "08:00-20:00"', 'mon-sun: "06:00-07:00"')))
    case = a_call_to("+13055551234")
    assert until(first_instant(Channel.CALL, case, at(EASTERN, f"{WEDNESDAY}T10:00:00"), book=rules)) == at(
        EASTERN, "2026-06-15T08:00:00"
    )
    never = first_instant(Channel.CALL, case, at(EASTERN, f"{WEDNESDAY}T10:00:00"), book=texas)
    assert isinstance(never, Block)
    assert never.reason.text.startswith("no open instant within 14 days")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('{mon-sun: "08:00-20:00"}', '{mon-sun: "20:00-08:00"}', "never opens"),
        ('{mon-sun: "08:00-20:00"}', "at noon", "write hours like"),
        ('{mon-sun: "08:00-20:00"}', '{mon-fri: "08:00-20:00", fri: "09:00-10:00"}', "a second time"),
        ("  FL:\n", "  Florida:\n", "is no state"),
        ("      confirmed: false\n", "", "Field required"),
        ("    citation: 47", "    cites: 47", "Field required"),
        ("effective_from: 1992-12-20", "effective_from: soon", "valid date"),
        ("states:\n", "states: *all\n", "refers to another place"),
    ],
)
def test_a_file_that_is_no_rule_is_refused_with_its_place(old: str, new: str, says: str) -> None:
    with pytest.raises(RulesUnreadable, match=r"^hours\.yaml") as refused:
        book(hours=(old, new))
    assert says in str(refused.value)


def test_all_states_together_are_the_strictest_union_of_the_facts() -> None:
    week = shipped_rules().timetable(frozenset({ANY_STATE})).on(datetime(2026, 6, 10, tzinfo=UTC).date())
    assert [(day.opens.hour, day.closes.hour) for day in week.days] == [(10, 18)] * 5 + [(10, 17), (12, 17)]
    assert week.cap is not None
    assert week.cap.contacts == 3


# Senders.


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS])
def test_a_sender_that_must_wait_keeps_its_channel_waiting(channel: Channel) -> None:
    noon = at(EASTERN, f"{WEDNESDAY}T12:00:00")
    sender = Sender("a@example.com", opens_at=noon + SECOND, why="its domain is paused")
    case = replace(a_call_to("+12125550143"), senders={channel: sender})
    decision = first_instant(channel, case, noon)
    assert until(decision) == noon + SECOND
    assert isinstance(decision, Defer)
    assert [(reason.rule, reason.text) for reason in decision.reasons] == [("sender", "its domain is paused")]
    assert first_instant(channel, case, noon + SECOND) == Allow()
    assert first_instant(Channel.CALL, case, noon) == Allow()


def test_a_paused_sender_keeps_even_the_answer_at_any_hour_waiting() -> None:
    night = at(EASTERN, f"{WEDNESDAY}T03:00:00")
    sender = Sender("a@example.com", opens_at=night + timedelta(days=7), why="its domain is paused")
    case = replace(a_call_to("+12125550143"), senders={Channel.EMAIL: sender})
    assert until(first_instant(Channel.EMAIL, case, night, at_any_hour=True)) == sender.opens_at
    too_long = replace(sender, opens_at=night + timedelta(days=14, seconds=1))
    blocked = first_instant(Channel.EMAIL, replace(case, senders={Channel.EMAIL: too_long}), night, at_any_hour=True)
    assert isinstance(blocked, Block)
