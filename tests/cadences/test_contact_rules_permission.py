"""The rows of facts/contact-rules.md on whether a channel may be used at all, each at its exact boundaries."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import cadences.rules
from cadences.case import Case
from cadences.contact_rules import (
    Allow,
    Block,
    Decision,
    blocked,
    first_instant,
    opt_out_deadline,
    revocation_covers,
)
from cadences.rules import MESSAGES_AND_CALLS, RuleBook, read_rules
from leads.calendars import BusinessCalendar
from leads.model import Channel, Consent, ContactKind, ContactPoint, Lead, LeadKind
from leads.spans import Span, add_span
from tests.cadences.cases import (
    ALWAYS_OPEN,
    COMPANY,
    EMAIL,
    MONDAY,
    NO_LIMITS,
    PHONE,
    a_cadence,
    a_case,
    a_lead,
    begun,
    new_york,
    with_lead,
)

OPEN = a_cadence({"call": "hello"}, hours=ALWAYS_OPEN, limits=NO_LIMITS)
SECOND = timedelta(seconds=1)
NOON = datetime(2026, 6, 10, 16, tzinfo=UTC)
"""Wednesday, 12:00 in New York."""
CONSENT = Consent(Channel.SMS, PHONE, "You may text me.", "form", "website", MONDAY, seller="Harbor Supply")
BY_PHONE = pytest.mark.parametrize("channel", [Channel.SMS, Channel.CALL])


def prospect(**values: object) -> Lead:
    """Somebody we found, who never asked us anything."""
    return a_lead(kind=LeadKind.OUTBOUND, **values)  # type: ignore[arg-type]


def number(**state: object) -> tuple[ContactPoint, ...]:
    return (ContactPoint(ContactKind.PHONE, PHONE, **state),)  # type: ignore[arg-type]


def asked(channel: Channel, lead: Lead, at: datetime = NOON, **how: object) -> Decision:
    return first_instant(channel, a_case(OPEN, lead), at, **how)  # type: ignore[arg-type]


def rule(decision: Decision) -> str:
    assert isinstance(decision, Block), decision
    return decision.reason.rule


# T3.


def test_t3_a_complete_consent_permits_texts() -> None:
    assert asked(Channel.SMS, replace(prospect(), consents=(CONSENT,))) == Allow()


@pytest.mark.parametrize(
    "lacks",
    [
        {"contact": "+12125550199"},
        {"seller": "Somebody Else"},
        {"wording": ""},
        {"wording": "  "},
        {"method": ""},
        {"source": ""},
        {"revoked_at": MONDAY},
        {"channel": Channel.CALL},
        {"channel": Channel.EMAIL},
    ],
    ids=lambda lacks: f"T3-{next(iter(lacks))}",
)
def test_t3_a_consent_that_lacks_anything_permits_no_text(lacks: dict[str, object]) -> None:
    lead = replace(prospect(), consents=(replace(CONSENT, **lacks),))  # type: ignore[arg-type]
    assert rule(asked(Channel.SMS, lead)) == "consent"


@pytest.mark.parametrize("seller", ["", "harbor supply ", "Harbor Supply"])
def test_t3_consents_from_before_the_seller_was_kept_were_given_to_us(seller: str) -> None:
    assert asked(Channel.SMS, replace(prospect(), consents=(replace(CONSENT, seller=seller),))) == Allow()


# Contact points.


@BY_PHONE
def test_t10_a_suppressed_number_is_blocked_whatever_was_agreed(channel: Channel) -> None:
    lead = replace(prospect(), contacts=number(suppressed=True), consents=(CONSENT,), purchased_at=NOON)
    decision = asked(channel, lead)
    assert isinstance(decision, Block)
    assert decision.reason.text == "the lead has no usable phone number: it is on the suppression list"


def test_a_number_may_be_suppressed_for_texts_only() -> None:
    lead = replace(a_lead(), contacts=number(suppressed_on=frozenset({Channel.SMS})), consents=(CONSENT,))
    decision = asked(Channel.SMS, lead)
    assert isinstance(decision, Block)
    assert decision.reason.text == "the lead's phone number must not be used for texts: it is on the suppression list"
    assert asked(Channel.CALL, lead) == Allow()


def test_the_second_number_is_asked_about_when_the_first_must_not_be_called() -> None:
    """The first is New York's, where it is noon; the second is Hawaii's, where it is six in the morning."""
    first = ContactPoint(ContactKind.PHONE, PHONE, suppressed_on=frozenset({Channel.CALL}))
    lead = replace(a_lead(zone=None), contacts=(first, ContactPoint(ContactKind.PHONE, "+18085551234")))
    assert asked(Channel.CALL, lead) != Allow()
    assert asked(Channel.CALL, lead, NOON + timedelta(hours=2)) == Allow()


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({}, "the lead has no email address"),
        ({"lost": "bounced"}, "the lead has no usable email address: bounced"),
        ({"suppressed": True}, "the lead has no usable email address: it is on the suppression list"),
    ],
)
def test_a_block_says_what_became_of_the_address(state: dict[str, object], says: str) -> None:
    points = (ContactPoint(ContactKind.EMAIL, EMAIL, **state),) if state else ()  # type: ignore[arg-type]
    reason = blocked(Channel.EMAIL, a_case(OPEN, replace(a_lead(), contacts=points)), NOON)
    assert reason is not None
    assert reason.text == says


def test_work_for_our_own_people_is_never_blocked() -> None:
    assert blocked(Channel.TASK, a_case(OPEN, replace(a_lead(), contacts=())), NOON) is None


# T9.


@pytest.mark.parametrize("listed", [False, None])
def test_t9_a_look_at_the_registry_lasts_31_days(listed: bool | None) -> None:
    lead = replace(prospect(), contacts=number(dnc_listed=listed, dnc_checked_at=NOON - timedelta(days=31)))
    assert asked(Channel.CALL, lead) == Allow()
    late = asked(Channel.CALL, lead, NOON + SECOND)
    assert isinstance(late, Block)
    assert late.reason.rule == "do not call"
    assert "on 10 May 2026, more than 31 days before: check the registry again" in late.reason.text


@pytest.mark.parametrize("checked_at", [None, NOON - timedelta(days=1), NOON - timedelta(days=40)])
def test_t9_a_listed_number_is_blocked_without_consent_or_business(checked_at: datetime | None) -> None:
    lead = replace(prospect(), contacts=number(dnc_listed=True, dnc_checked_at=checked_at))
    assert rule(asked(Channel.CALL, lead)) == "do not call"


@BY_PHONE
def test_t9_a_consent_for_the_channel_permits_a_listed_number(channel: Channel) -> None:
    points = number(dnc_listed=True, dnc_checked_at=NOON - timedelta(days=99))
    lead = replace(prospect(), contacts=points, consents=(replace(CONSENT, channel=channel),))
    assert asked(channel, lead) == Allow()
    other = replace(lead, consents=(replace(CONSENT, channel=channel, wording=""),))
    assert isinstance(asked(channel, other), Block)


@pytest.mark.parametrize(
    ("what", "began", "ends"),
    [
        ("purchased_at", "2024-12-10 12:00", "2026-06-10 12:00"),
        ("inquired_at", "2026-03-10 12:00", "2026-06-10 12:00"),
        ("inquired_at", "2025-11-30 12:00", "2026-02-28 12:00"),
        ("inquired_at", "2026-01-31 12:00", "2026-04-30 12:00"),
        ("purchased_at", "2024-08-31 12:00", "2026-02-28 12:00"),
    ],
    ids=["T9-purchase", "T9-inquiry", "T9-clipped", "T9-clock-change", "T9-purchase-clipped"],
)
def test_t9_a_business_relationship_permits_a_listed_number_until_it_ends(what: str, began: str, ends: str) -> None:
    lead = replace(prospect(**{what: new_york(began)}), contacts=number(dnc_listed=True, dnc_checked_at=NOON))
    assert asked(Channel.CALL, lead, new_york(ends) - SECOND) == Allow()
    assert rule(asked(Channel.CALL, lead, new_york(ends))) == "do not call"


def test_t9_whoever_came_by_asking_did_so_when_it_came() -> None:
    lead = replace(a_lead(kind=LeadKind.INBOUND), contacts=number(dnc_listed=True))
    assert asked(Channel.CALL, lead, new_york("2026-06-02 09:59")) == Allow()
    assert rule(asked(Channel.CALL, lead, new_york("2026-06-02 10:00"))) == "do not call"


def test_t9_an_opt_out_beats_a_purchase() -> None:
    lead = replace(prospect(purchased_at=NOON), contacts=number(suppressed=True, dnc_listed=False, dnc_checked_at=NOON))
    assert rule(asked(Channel.CALL, lead)) == "channel"


def test_t9_a_relationship_that_ends_before_the_window_opens_is_none() -> None:
    """Asked at night it still stands, at eight in the morning it does not."""
    lead = replace(prospect(inquired_at=new_york("2026-03-10 02:00")), contacts=number(dnc_listed=True))
    assert rule(asked(Channel.CALL, lead, new_york("2026-06-10 01:00"))) == "do not call"


def test_t9_the_registry_is_of_american_numbers_only() -> None:
    london = (ContactPoint(ContactKind.PHONE, "+442079460958", dnc_listed=True),)
    assert asked(Channel.CALL, replace(prospect(zone=None), contacts=london)) == Allow()


def with_text(name: str, old: str, new: str) -> RuleBook:
    """The shipped rules with a piece of a file replaced."""
    folder = Path(cadences.rules.__file__).parent
    assert old in (folder / name).read_text("utf-8")

    def text_of(other: str) -> str:
        text = (folder / other).read_text("utf-8")
        return text.replace(old, new, 1) if other == name else text

    return read_rules(text_of)


def test_t9_what_counts_for_a_number_never_looked_up_is_data() -> None:
    assert asked(Channel.CALL, prospect()) == Allow()
    strict = with_text("permission.yaml", "never_checked: allow", "never_checked: block")
    assert rule(asked(Channel.CALL, prospect(), book=strict)) == "do not call"
    assert asked(Channel.CALL, prospect(inquired_at=MONDAY + timedelta(days=60)), book=strict) == Allow()


# Email elsewhere.

PECR = ["AT", "DE", "FR", "IE", "PL", "SE", "GB", "GG"]


@pytest.mark.parametrize("country", PECR)
def test_pecr_a_person_in_the_eu_or_the_uk_needs_a_consent_or_a_soft_opt_in(country: str) -> None:
    lead = prospect(country=country)
    assert rule(asked(Channel.EMAIL, lead)) == "consent"
    long_ago = NOON - timedelta(days=4000)
    assert asked(Channel.EMAIL, replace(lead, inquired_at=long_ago)) == Allow()
    assert asked(Channel.EMAIL, replace(lead, purchased_at=long_ago)) == Allow()
    assert asked(Channel.EMAIL, a_lead(country=country)) == Allow()
    consent = replace(CONSENT, channel=Channel.EMAIL, contact=EMAIL)
    assert asked(Channel.EMAIL, replace(lead, consents=(consent,))) == Allow()
    assert rule(asked(Channel.EMAIL, replace(lead, consents=(replace(consent, revoked_at=MONDAY),)))) == "consent"


@pytest.mark.parametrize("country", ["US", "CH", "JP", "BR", None])
def test_countries_that_the_rows_do_not_name_are_as_before(country: str | None) -> None:
    assert asked(Channel.EMAIL, prospect(country=country)) == Allow()


@pytest.mark.parametrize(("phone", "blocks"), [("+4930123456", True), ("+12125550143", False), (None, False)])
def test_without_a_country_the_phones_counts_else_the_companys(phone: str | None, blocks: bool) -> None:
    case = a_case(OPEN, prospect(phone=phone))
    assert isinstance(first_instant(Channel.EMAIL, case, NOON), Block) is blocks
    german = replace(case, company=replace(COMPANY, country="DE"))
    assert isinstance(first_instant(Channel.EMAIL, german, NOON), Block) is (phone != PHONE)


@pytest.mark.parametrize(
    ("what", "began", "ends"),
    [
        ("inquired_at", "2025-12-10 12:00", "2026-06-10 12:00"),
        ("inquired_at", "2025-08-31 12:00", "2026-02-28 12:00"),
        ("purchased_at", "2024-06-10 12:00", "2026-06-10 12:00"),
        ("purchased_at", "2024-02-29 12:00", "2026-02-28 12:00"),
    ],
    ids=["CASL-inquiry", "CASL-inquiry-clipped", "CASL-purchase", "CASL-leap-day"],
)
def test_casl_implied_consent_ends(what: str, began: str, ends: str) -> None:
    lead = prospect(country="CA", **{what: new_york(began)})
    assert asked(Channel.EMAIL, lead, new_york(ends) - SECOND) == Allow()
    assert rule(asked(Channel.EMAIL, lead, new_york(ends))) == "consent"


def test_casl_express_consent_has_no_end_and_nothing_at_all_is_blocked() -> None:
    lead = prospect(phone="+14165551234")
    assert rule(asked(Channel.EMAIL, lead)) == "consent"
    express = replace(CONSENT, channel=Channel.EMAIL, contact=EMAIL)
    assert asked(Channel.EMAIL, replace(lead, consents=(express,)), NOON + timedelta(days=9000)) == Allow()


def test_an_answer_at_once_needs_no_other_permission_but_a_usable_address() -> None:
    lead = prospect(country="CA")
    assert asked(Channel.EMAIL, lead, at_any_hour=True) == Allow()
    assert isinstance(asked(Channel.EMAIL, replace(lead, contacts=()), at_any_hour=True), Block)


def test_an_unasked_email_to_the_eu_becomes_a_persons_task() -> None:
    """Never a silent stall: a BLOCK takes another channel, else a person."""
    case = begun(a_cadence({"email": "hello"}), prospect(country="DE", phone=None))
    assert case.enrollment.next is not None
    assert case.enrollment.next.channel is Channel.TASK
    assert "consent" in [reason.rule for reason in case.enrollment.next.reasons]


def test_an_inbound_lead_in_canada_is_emailed_for_half_a_year_and_then_called() -> None:
    cadence = a_cadence({"email": "hello"}, {"after": "5 months", "email": "b"}, {"after": "7 months", "email": "c"})
    case = with_lead(begun(cadence, a_lead(country="CA")), inquired_at=MONDAY)
    for months, channel in ((5, Channel.EMAIL), (7, Channel.CALL)):
        at = add_span(MONDAY, Span.parse(f"{months} months"), case.zone, BusinessCalendar())
        found = first_instant(Channel.EMAIL, case, at)
        assert isinstance(found, Block) is (channel is Channel.CALL)


# E1 and T6.


@pytest.mark.parametrize(
    ("opted_out", "deadline"),
    [
        (date(2026, 6, 1), date(2026, 6, 15)),
        (date(2026, 6, 5), date(2026, 6, 19)),
        (date(2026, 6, 6), date(2026, 6, 19)),
        (date(2026, 12, 21), date(2027, 1, 4)),
    ],
    ids=["E1-Monday", "E1-Friday", "E1-Saturday", "E1-holidays are counted"],
)
def test_e1_ten_business_days_are_weekdays_only(opted_out: date, deadline: date) -> None:
    assert opt_out_deadline(opted_out) == deadline


@pytest.mark.parametrize("channel", sorted(MESSAGES_AND_CALLS))
@pytest.mark.parametrize("day", [date(1999, 1, 1), date(2026, 6, 10), date(2027, 1, 31), date(2030, 1, 1)])
def test_t6_a_revocation_covers_all_channels(channel: Channel, day: date) -> None:
    assert revocation_covers(channel, day) == {Channel.EMAIL, Channel.SMS, Channel.CALL}


def test_t6_a_dated_row_may_narrow_it_from_its_first_day_on() -> None:
    says = "{covers: {sms: [sms, call], email: []}, citation: x, effective_from: 2027-02-01, confirmed: true}"
    narrow = with_text("opting-out.yaml", "revocation:\n", f"revocation:\n  - {says}\n")
    assert revocation_covers(Channel.SMS, date(2027, 1, 31), narrow) == MESSAGES_AND_CALLS
    assert revocation_covers(Channel.SMS, date(2027, 2, 1), narrow) == {Channel.SMS, Channel.CALL}
    assert revocation_covers(Channel.EMAIL, date(2027, 2, 1), narrow) == {Channel.EMAIL}
    assert revocation_covers(Channel.CALL, date(2027, 2, 1), narrow) == MESSAGES_AND_CALLS


# The lead's clock.


def test_three_business_days_from_a_friday_before_thanksgiving() -> None:
    calendar = BusinessCalendar(code="US")
    assert calendar.add_business_days(date(2026, 11, 20), 3) == date(2026, 11, 25)
    assert calendar.add_business_days(date(2026, 11, 25), 1) == date(2026, 11, 27)


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-01-31 12:00", "2026-02-28 12:00"), ("2028-01-31 12:00", "2028-02-29 12:00")],
    ids=["28", "29"],
)
def test_a_month_after_the_31st_of_january_is_clipped(start: str, end: str) -> None:
    case: Case = a_case(OPEN)
    assert add_span(new_york(start), Span.parse("1 month"), case.zone, BusinessCalendar()) == new_york(end)


def test_the_time_that_a_clock_skips_moves_forward_and_of_a_repeated_one_the_first_counts() -> None:
    case, day = a_case(OPEN), Span.parse("1 day")
    skipped = add_span(new_york("2026-03-07 02:30"), day, case.zone, BusinessCalendar())
    assert skipped == new_york("2026-03-08 03:30")
    repeated = add_span(new_york("2026-10-31 01:30"), day, case.zone, BusinessCalendar())
    assert repeated == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
