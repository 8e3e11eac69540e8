"""Law and manners at one instant: allow, defer or block."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cadences.case import Case
from cadences.contact_rules import Allow, Block, Decision, Defer, blocked, first_instant
from leads.model import Channel, Consent, ContactKind, ContactPoint, Lead
from tests.cadences.cases import ALWAYS_OPEN, MONDAY, NO_LIMITS, a_cadence, a_case, a_lead, local, new_york, with_lead

OPEN = a_cadence({"call": "hello"}, hours=ALWAYS_OPEN, limits=NO_LIMITS)
OFFICE = a_cadence({"call": "hello"})


def asked(channel: Channel, lead: Lead, at: datetime, case: Case | None = None) -> Decision:
    return first_instant(channel, replace(case or a_case(OPEN), lead=lead), at)


def deferred(decision: Decision) -> datetime:
    assert isinstance(decision, Defer)
    assert decision.reasons
    return decision.until


def test_a_call_to_tennessee_waits_for_the_later_zone_at_night() -> None:
    half_past_nine = datetime(2026, 1, 15, 2, 30, tzinfo=UTC)  # 21:30 in New York, 20:30 in Chicago
    lead = a_lead(phone="+14235551234", zone=None)
    assert deferred(asked(Channel.CALL, lead, half_past_nine)) == new_york("2026-01-15 09:00")


def test_a_call_to_the_panhandle_waits_for_the_earlier_zone_in_the_morning() -> None:
    half_past_seven = datetime(2026, 1, 15, 13, 30, tzinfo=UTC)  # 08:30 in New York, 07:30 in Chicago
    lead = a_lead(phone="+18505551234", zone=None)
    assert deferred(asked(Channel.CALL, lead, half_past_seven)) == new_york("2026-01-15 09:00")


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-03-08 08:00:00", None),
        ("2026-03-08 07:59:59", "2026-03-08 08:00"),
        ("2026-03-08 20:59:59", None),
        ("2026-03-08 21:00:00", "2026-03-09 08:00"),
    ],
)
@pytest.mark.parametrize("channel", [Channel.SMS, Channel.CALL])
def test_no_cadence_switches_the_legal_hours_off(channel: Channel, at: str, opens: str | None) -> None:
    decision = asked(channel, a_lead(sms=True), new_york(at))
    if opens is None:
        assert decision == Allow()
    else:
        assert deferred(decision) == new_york(opens)


def test_email_has_no_legal_hours() -> None:
    assert asked(Channel.EMAIL, a_lead(), new_york("2026-03-08 23:00")) == Allow()


def test_a_toll_free_number_has_no_common_hour_and_is_blocked() -> None:
    decision = asked(Channel.CALL, a_lead(phone="+18005551234"), MONDAY, a_case(OFFICE))
    assert isinstance(decision, Block)
    assert decision.reason.text.startswith("no open instant within 14 days: ")


def test_texts_need_a_consent_in_force_for_this_very_number() -> None:
    consent = Consent(Channel.SMS, "+12125550143", "You may text me.", "form", "website", MONDAY)
    lead = a_lead()
    assert isinstance(asked(Channel.SMS, lead, MONDAY), Block)
    assert asked(Channel.SMS, replace(lead, consents=(consent,)), MONDAY) == Allow()
    for void in (replace(consent, revoked_at=MONDAY), replace(consent, contact="+12125550199")):
        assert isinstance(asked(Channel.SMS, replace(lead, consents=(void,)), MONDAY), Block)
    for void in (replace(consent, channel=Channel.CALL), replace(consent, channel=Channel.EMAIL)):
        assert isinstance(asked(Channel.SMS, replace(lead, consents=(void,)), MONDAY), Block)


@pytest.mark.parametrize("state", [{"lost": "bounced"}, {"suppressed": True}])
def test_lost_and_suppressed_contact_points_block_their_channel(state: dict[str, object]) -> None:
    email = ContactPoint(ContactKind.EMAIL, "maria@example.com", **state)  # type: ignore[arg-type]
    phone = ContactPoint(ContactKind.PHONE, "+12125550143", **state)  # type: ignore[arg-type]
    lead = replace(a_lead(sms=True), contacts=(email, phone))
    assert {channel for channel in Channel if blocked(channel, a_case(OPEN, lead), MONDAY)} == {
        Channel.EMAIL,
        Channel.SMS,
        Channel.CALL,
    }


def test_messages_are_limited_and_calls_are_not() -> None:
    cadence = a_cadence({"email": "hello"}, limits={"per_day": 1, "per_week": 4})
    case = replace(a_case(cadence, a_lead(sms=True)), messages=(new_york("2026-03-02 09:00"),))
    for channel in (Channel.EMAIL, Channel.SMS):
        assert deferred(first_instant(channel, case, MONDAY)) == new_york("2026-03-03 09:00")
    for channel in (Channel.CALL, Channel.TASK):
        assert first_instant(channel, case, MONDAY) == Allow()


def test_email_and_limits_go_by_the_leads_own_clock() -> None:
    case = with_lead(a_case(OFFICE), zone="Asia/Tokyo")
    assert local(deferred(first_instant(Channel.EMAIL, case, MONDAY)), "Asia/Tokyo") == "Tue 2026-03-03 09:00"


def test_the_first_answer_may_go_at_any_hour_but_not_to_a_lost_address() -> None:
    night = new_york("2026-03-08 03:00")
    case = a_case(OFFICE)
    assert first_instant(Channel.EMAIL, case, night, at_any_hour=True) == Allow()
    assert isinstance(first_instant(Channel.EMAIL, with_lead(case, contacts=()), night, at_any_hour=True), Block)


def test_a_touch_is_put_off_for_two_weeks_at_most() -> None:
    sunday = a_cadence({"call": "hello"}, hours={"days": "sun", "from": "09:00", "to": "10:00"})
    assert isinstance(first_instant(Channel.CALL, a_case(sunday), MONDAY), Defer)
    full = replace(
        a_case(a_cadence({"email": "x"}, limits={"per_day": 1, "per_week": 1})), messages=(MONDAY - timedelta(days=1),)
    )
    assert isinstance(first_instant(Channel.EMAIL, full, MONDAY), Defer)


def test_a_number_that_may_be_in_two_zones_says_whose_morning_counts() -> None:
    """+1 423 is Tennessee, Eastern or Central; after a weekend it is the Central morning that opens last."""
    saturday = datetime(2026, 11, 21, 20, tzinfo=UTC)
    decision = asked(Channel.CALL, a_lead(zone=None, phone="+14235551234"), saturday, a_case(OFFICE))
    assert deferred(decision) == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert isinstance(decision, Defer)
    assert any("09:00 in Chicago counts" in reason.text for reason in decision.reasons)
