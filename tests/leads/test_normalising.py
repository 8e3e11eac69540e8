"""What people type becomes one spelling, or a clear refusal."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.capture import CaptureRefused, NewConsent
from leads.model import Channel, LeadKind
from leads.normalising import (
    GivenConsent,
    clean_line,
    clean_text,
    known_country,
    known_state,
    known_zone,
    new_lead,
    normal_email,
    normal_phone,
    spoken_phone,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ann.Lee@Example.COM", "ann.lee@example.com"),
        ("  ann@example.com\n", "ann@example.com"),
        ("ANN+news@example.com", "ann+news@example.com"),
        ("ann@BÜCHER.example.org", "ann@bücher.example.org"),
    ],
)
def test_an_address_has_one_spelling(typed: str, kept: str) -> None:
    assert normal_email(typed) == kept
    assert normal_email(kept) == kept


@pytest.mark.parametrize(
    "typed", ["ann", "ann@", "ann@localhost", "Ann <ann@example.com>", "a b@example.com", "a@b@c.de"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(CaptureRefused, match="is no email address") as refused:
        normal_email(typed)
    assert refused.value.field == "email"


@pytest.mark.parametrize(
    ("typed", "region", "kept"),
    [
        ("(212) 555-0123", "US", "+12125550123"),
        ("+1 212.555.0123", "DE", "+12125550123"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("00 44 20 7946 0958", "DE", "+442079460958"),
        ("tel:+49-30-901820", "US", "+4930901820"),
        ("+1 (212) 555-0123 ext. 7", "US", "+12125550123"),
    ],
)
def test_a_number_has_one_spelling(typed: str, region: str, kept: str) -> None:
    assert normal_phone(typed, region) == kept
    assert normal_phone(kept, "FR") == kept


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("12", "too short"),
        ("+1 212 555 0123 99999", "too long"),
        ("+1 111 555 0123", "no number begins like that"),
        ("+999 123456", "is no phone number"),
        ("call me", "is no phone number"),
        ("", "is no phone number"),
    ],
)
def test_a_number_that_cannot_be_is_refused(typed: str, why: str) -> None:
    with pytest.raises(CaptureRefused, match=why) as refused:
        normal_phone(typed, "US")
    assert refused.value.field == "phone"


def test_a_zone_is_an_iana_name() -> None:
    assert known_zone(" Europe/Berlin ") == "Europe/Berlin"
    assert known_zone("UTC") == "UTC"
    for wrong in ("America/New York", "EST5EDT2", "Factory", "../../etc/passwd", "Berlin", ""):
        with pytest.raises(CaptureRefused, match="IANA name like"):
            known_zone(wrong)
    with pytest.raises(CaptureRefused, match="America/New_York"):
        known_zone("America/New York")


def test_a_country_has_two_letters() -> None:
    assert known_country("us") == "US"
    for wrong in ("USA", "XX", "Germany", ""):
        with pytest.raises(CaptureRefused):
            known_country(wrong)


def test_texts_lose_what_cannot_be_seen() -> None:
    assert clean_line("name", " Ann\r\n\tLee\x00\u2028 \ud800") == "Ann Lee"
    assert clean_text("question", "\ufeffa\r\nb\rc\x07 ") == "a\nb\nc"
    assert clean_line("name", "e\u0301") == "é"
    assert clean_line("name", "\x00 \n") is None
    assert clean_line("name", "👩\u200d🚀") == "👩\u200d🚀"
    with pytest.raises(CaptureRefused, match="201 characters; at most 200"):
        clean_line("name", "x" * 201)


@given(st.text())
def test_cleaning_again_changes_nothing_and_utf8_can_hold_it(text: str) -> None:
    cleaned = clean_text("question", text)
    if cleaned is not None:
        cleaned.encode()
        assert "\x00" not in cleaned
        assert clean_text("question", cleaned) == cleaned
    line = clean_line("name", text[:100])
    assert line is None or "\n" not in line


def test_a_lead_from_plain_values() -> None:
    lead = new_lead(
        region="US",
        email="Ann@Example.com",
        phone="020 7946 0958",
        country="gb",
        name=" Ann  Lee ",
        kind="OUTBOUND",
        zone="Europe/London",
        cost=" 12.5 ",
        attributes={"Size": " small ", "empty": " "},
        company="",
        consents=[GivenConsent(channel="SMS", wording="Yes.", method="form", contact="+44 20 7946 0958")],
        source="fair",
    )
    assert (lead.email, lead.phone, lead.name, lead.company) == ("ann@example.com", "+442079460958", "Ann Lee", None)
    assert (lead.kind, lead.country, lead.cost) == (LeadKind.OUTBOUND, "GB", Decimal("12.50"))
    assert lead.attributes == {"size": "small"}
    assert lead.consents == (NewConsent(Channel.SMS, "+442079460958", "Yes.", "form", "fair"),)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "email"),
        ({"email": " ", "phone": ""}, "email"),
        ({"email": "a@example.com", "kind": "odd"}, "kind"),
        ({"email": "a@example.com", "cost": "12 dollars"}, "cost"),
        ({"email": "a@example.com", "cost": "-1"}, "cost"),
        ({"email": "a@example.com", "cost": "Infinity"}, "cost"),
        ({"email": "a@example.com", "cost": "1.999"}, "cost"),
        ({"email": "a@example.com", "cost": "1e99"}, "cost"),
        ({"email": "a@example.com", "attributes": {"": "x"}}, "attributes"),
        ({"email": "a@example.com", "attributes": {"a": "x" * 501}}, "attributes.a"),
        ({"email": "a@example.com", "attributes": {str(n): "x" for n in range(51)}}, "attributes"),
        (
            {"email": "a@example.com", "consents": [GivenConsent(channel="sms", wording="x", method="y")]},
            "consents",
        ),
        (
            {"email": "a@example.com", "consents": [GivenConsent(channel="task", wording="x", method="y")]},
            "consents",
        ),
        (
            {"email": "a@example.com", "consents": [GivenConsent(channel="email", wording=" ", method="y")]},
            "consents",
        ),
        (
            {
                "email": "a@example.com",
                "consents": [GivenConsent(channel="email", wording="x", method="y", contact="b@example.com")],
            },
            "consents",
        ),
    ],
)
def test_a_lead_that_cannot_be_is_refused_with_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(CaptureRefused) as refused:
        new_lead(region="US", **values)
    assert refused.value.field == field


@given(st.text(max_size=40))
def test_whatever_is_typed_is_kept_in_one_spelling_or_refused(text: str) -> None:
    for normal in (normal_email, lambda typed: normal_phone(typed, "US"), known_zone, known_country):
        try:
            kept = normal(text)
        except CaptureRefused:
            continue
        assert normal(kept) == kept


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("tx", "US", "TX"),
        (" US-TX ", "US", "TX"),
        ("texas", "US", "TX"),
        ("District of Columbia", "US", "DC"),
        ("Québec", "CA", "QC"),
        ("on", "CA", "ON"),
        ("Surrey", "GB", None),
        ("BY", "DE", "BY"),
        ("anywhere", "AQ", None),
    ],
)
def test_a_state_has_one_spelling(typed: str, country: str, kept: str | None) -> None:
    assert known_state(typed, country) == kept


@pytest.mark.parametrize("typed", ["ZZ", "Texxas", "London"])
def test_what_is_no_state_of_the_us_is_refused(typed: str) -> None:
    with pytest.raises(CaptureRefused, match="is no state of the US") as refused:
        known_state(typed, "US")
    assert refused.value.field == "region"
    if typed == "Texxas":
        assert "like TX" in refused.value.message


def test_a_state_is_one_of_the_leads_country_else_of_ours() -> None:
    def state(**given: str) -> str | None:
        return new_lead(region="US", email="ann@example.com", **given).region

    assert (state(state="Ontario", country="ca"), state(state="Florida"), state(state="  ")) == ("ON", "FL", None)


@pytest.mark.parametrize(
    ("given", "field"),
    [({"dnc_listed": True}, "dnc_listed"), ({"dnc_checked_at": datetime(2026, 1, 1, tzinfo=UTC)}, "dnc_checked_at")],
)
def test_what_the_registry_said_needs_a_number_and_an_answer(given: dict[str, Any], field: str) -> None:
    with pytest.raises(CaptureRefused) as refused:
        new_lead(region="US", email="ann@example.com", **given)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("number", "spoken"),
    [
        ("+12125550123", "+1 212-555-0123"),
        ("+492211234567", "+49 221 1234567"),
        ("ann@example.com", "ann@example.com"),
        ("5", "5"),
    ],
)
def test_numbers_are_spoken_as_people_read_them(number: str, spoken: str) -> None:
    assert spoken_phone(number) == spoken
