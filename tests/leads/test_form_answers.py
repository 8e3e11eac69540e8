"""What somebody wrote into a form: read, or told what to mend."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from leads.form_answers import read_answers, read_forgivingly, sender_of, suspicion, too_old, words_of
from leads.form_sheets import FormSheet
from leads.form_tokens import FormToken
from leads.model import Channel, Company
from leads.sheets import sheet_of

SHEET = sheet_of(
    FormSheet,
    """
form: contact
title: Ask us
source: website
fields:
  - {name: name, label: Your name}
  - {name: email, label: Email, required: true}
  - {name: phone, label: Phone}
  - {name: attributes.size, label: How many?, choices: [one, more]}
  - {name: question, label: What?}
consents:
  - {channel: sms, words: "{company} may text me,\\n  about this."}
  - {channel: email, words: Write to me.}
""",
    "contact.yaml",
)
COMPANY = Company(name="Harbor Bakery", zone="America/New_York", country="US")
ANN = {"name": "Ann", "email": "Ann@Example.com", "phone": "(212) 555-0123", "question": "How much?\r\nTwo."}
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
TOKEN = FormToken(UUID(int=1), NOW)
PAGE = "https://www.example.com/contact"
WORDS = "Harbor Bakery may text me, about this."


def read(**posted: str) -> Any:
    return read_answers(SHEET, posted, COMPANY, page=PAGE, address="203.0.113.7")


def test_what_was_written_becomes_a_lead() -> None:
    filled = read(**ANN, **{"attributes.size": "more"})
    assert filled.mistakes == {}
    lead = filled.lead
    assert (lead.name, lead.email, lead.phone, lead.question) == (
        "Ann",
        "ann@example.com",
        "+12125550123",
        "How much?\nTwo.",
    )
    assert (lead.source, dict(lead.attributes), lead.consents) == ("website", {"size": "more"}, ())


def test_a_consent_is_kept_in_our_words_with_address_and_page() -> None:
    lead = read(**ANN, **{"consent.sms": "yes", "consent.email": "on", "consent.call": "yes"}).lead
    (consent,) = lead.consents  # Only the boxes of the form count, and only when they are ticked.
    assert (consent.channel, consent.contact) == (Channel.SMS, "+12125550123")
    assert consent.wording == WORDS
    assert (consent.method, consent.source, consent.address) == ("checkbox", f"website: {PAGE}", "203.0.113.7")


@pytest.mark.parametrize(
    ("posted", "field", "said"),
    [
        ({"email": ""}, "email", "Please fill this in."),
        ({"email": "ann at example"}, "email", "'ann at example' is no email address"),
        ({"phone": "12"}, "phone", "it is too short"),
        ({"attributes.size": "seven"}, "attributes.size", "Please choose one of these."),
        ({"name": "x" * 201}, "name", "at most 200 are kept"),
        ({"phone": "", "consent.sms": "yes"}, "phone", "untick the box"),
    ],
)
def test_what_is_to_be_mended_is_said_at_its_field(posted: dict[str, str], field: str, said: str) -> None:
    filled = read(**{**ANN, **posted})
    assert (filled.lead, list(filled.mistakes)) == (None, [field])
    assert said in filled.mistakes[field]


def test_an_empty_form_is_to_be_filled_in() -> None:
    bare = sheet_of(FormSheet, "form: a\ntitle: A\nsource: a\nfields: [{name: question, label: Q}]", "a.yaml")
    assert dict(read_answers(bare, {}, COMPANY, page=PAGE, address=None).mistakes) == {
        "": "Please write something: nothing came in."
    }
    lead = read_answers(bare, {"question": "Hello?"}, COMPANY, page=PAGE, address=None).lead
    assert lead is not None
    assert (lead.has_contact, lead.words) == (False, "Q: Hello?")


def read_later(agreed: Sequence[str] = (), **posted: str) -> Any:
    later = {"sent_at": NOW, "agreed": agreed}
    return read_forgivingly(SHEET, posted, COMPANY, page=PAGE, address=None, **later)


def test_where_nobody_mends_anything_what_is_wrong_is_kept_for_a_person() -> None:
    lead = read_later([WORDS], **{**ANN, "phone": "12", "consent.sms": "yes"})
    assert (lead.email, lead.phone, lead.consents, len(lead.wrong)) == ("ann@example.com", None, (), 1)
    assert "Phone: 12" in lead.words
    assert read_later() is None


def test_read_days_later_a_consent_is_one_to_what_was_read_when_it_was_given() -> None:
    ticked = {**ANN, "consent.sms": "yes"}
    (consent,) = read_later([WORDS], **ticked).consents
    assert (consent.wording, consent.given_at) == (WORDS, NOW)
    assert read_later(["Other words, which the form had then."], **ticked).consents == ()


def test_words_stand_under_the_labels_that_the_person_saw() -> None:
    assert words_of(SHEET, {"email": "a@b.c", "consent.email": "yes", "other": "x"}) == "Email: a@b.c\n[x] Write to me."


@pytest.mark.parametrize(
    ("posted", "sender"),
    [
        ({"email": " Ann@Example.com\n", "phone": "x"}, "ann@example.com"),
        ({"email": "", "phone": "(212) 555-0123"}, "+12125550123"),
        ({"email": "ann\nat", "phone": "12"}, "ann at"),
        ({"phone": "12"}, "12"),
        ({}, "somebody"),
    ],
)
def test_whom_it_seems_to_come_from(posted: dict[str, str], sender: str) -> None:
    assert sender_of(posted, "US") == sender


@pytest.mark.parametrize(
    ("posted", "token", "after", "vouched_for", "why"),
    [
        ({}, TOKEN, 4, True, None),
        ({}, TOKEN, 4, False, None),
        ({}, TOKEN, 2.9, True, "within 2.9 seconds"),
        ({}, TOKEN, -1, True, "within -1.0 seconds"),
        ({"homepage": "http://spam.example"}, TOKEN, 60, True, "no person sees"),
        ({"homepage": " "}, TOKEN, 60, True, None),
        ({"form_token": "forged"}, None, 60, True, "not one of ours"),
        ({}, None, 60, True, None),
        ({}, None, 60, False, "no website of yours vouches for it"),
    ],
)
def test_what_a_program_seems_to_have_sent(
    posted: dict[str, str], token: FormToken | None, after: float, vouched_for: bool, why: str | None
) -> None:
    said = suspicion(posted, token, NOW + timedelta(seconds=after), vouched_for=vouched_for)
    assert said == why if why is None else why in (said or "")


def test_a_form_that_lay_open_over_night_is_taken_and_one_of_last_week_is_shown_once_more() -> None:
    assert not too_old(TOKEN, NOW + timedelta(hours=23))
    assert too_old(TOKEN, NOW + timedelta(hours=25))
