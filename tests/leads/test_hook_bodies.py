"""What another program delivered, read into a lead."""

import json
from typing import Any

import pytest

from leads.hook_bodies import Delivered, Unreadable, lead_of, read_body
from leads.hook_sheets import HookSheet
from leads.model import Channel, Company
from leads.sheets import sheet_of

COMPANY = Company(name="Harbor Bakery", zone="America/New_York", country="US")
SHEET = sheet_of(
    HookSheet,
    """
hook: tool
source: form tool
signature: {header: X-Signature}
id: event.id
fields:
  name: [data.first, data.last]
  email: data.email
  phone: data.phone
  question: data.answers.1.value
  country: data.country
  zone: data.zone
  attributes.size: data.size
consents:
  - {channel: sms, given: data.texts, words: "Text me,\\n please.", page: data.page, address: data.ip}
  - {channel: email, given: data.mails, words_at: data.agreed}
""",
    "tool.yaml",
)
ANN: dict[str, Any] = {
    "first": "Ann",
    "last": "Lee",
    "email": "Ann@Example.com",
    "phone": "(212) 555-0123",
    "answers": [{"value": "no"}, {"value": "How much?"}],
    "size": 4,
}


def read(**data: Any) -> Any:
    return lead_of(SHEET, read_body(SHEET, json.dumps({"event": {"id": 7}, "data": data})), COMPANY)


def test_what_stands_at_the_paths_becomes_a_lead() -> None:
    lead = read(**ANN)
    assert (lead.name, lead.email, lead.phone) == ("Ann Lee", "ann@example.com", "+12125550123")
    assert (lead.question, dict(lead.attributes), lead.source) == ("How much?", {"size": "4"}, "form tool")
    assert (lead.wrong, lead.asked_now) == ((), True)


def test_what_is_wrong_is_left_out_and_kept_word_for_word() -> None:
    lead = read(**{**ANN, "phone": "12", "zone": "Mars/Olympus", "country": "Atlantis", "size": "x" * 501})
    assert (lead.email, lead.phone, lead.zone, lead.country, dict(lead.attributes)) == (
        "ann@example.com",
        None,
        None,
        None,
        {},
    )
    assert [one.split(":")[0] for one in lead.wrong] == ["country", "phone", "zone", "attributes.size"]
    assert "data.phone: 12" in lead.words
    assert "data.answers.1.value: How much?" in lead.words


def test_nothing_of_a_person_says_where_it_looked() -> None:
    with pytest.raises(Unreadable, match=r"nothing of a person stands at any of: data.first, data.last, data.email"):
        read(other="x")


@pytest.mark.parametrize(
    ("data", "given"),
    [
        ({"texts": True, "page": "https://www.example.com/p", "ip": "203.0.113.7"}, [("sms", "Text me, please.")]),
        (
            {"texts": "Yes", "mails": "on", "agreed": "Write to me."},
            [("sms", "Text me, please."), ("email", "Write to me.")],
        ),
        ({"texts": False, "mails": "no", "agreed": "Write to me."}, []),
        ({"mails": "yes"}, []),  # Without the words that were agreed to there is no consent.
        ({"texts": "yes", "phone": "12"}, []),
    ],
)
def test_a_consent_counts_with_its_words_and_a_contact_point(
    data: dict[str, Any], given: list[tuple[str, str]]
) -> None:
    lead = read(**{**ANN, **data})
    assert [(one.channel.value, one.wording) for one in lead.consents] == given
    if "ip" in data:
        assert (lead.consents[0].channel, lead.consents[0].address) == (Channel.SMS, "203.0.113.7")
        assert lead.consents[0].source == "form tool: https://www.example.com/p"


def test_paths_lead_through_lists_and_keys_with_dots() -> None:
    found = Delivered({"a": [{"b.c": {"d": None}}, "x", ["y", "z", None]], "e": {"f": True}})
    for path, text in (
        ("a.1", "x"),
        ("a.2", "y, z"),
        ("a.2.1", "z"),
        ("a.0.b.c.d", ""),
        ("a.0.b.c", '{"d": null}'),
        ("a.9", ""),
        ("a.x", ""),
        ("a.-1", ""),
        ("e.f", "yes"),
        ("e.f.g", ""),
        ("none", ""),
    ):
        assert found.text(path) == text


def test_a_posted_form_is_a_body_too() -> None:
    sheet = sheet_of(
        HookSheet,
        "hook: t\nsource: s\nsignature: {header: X}\nbody: form\nid: id\nfields: {email: email, question: tags}\n",
        "t.yaml",
    )
    lead = lead_of(sheet, read_body(sheet, "id=1&email=ann%40example.com&tags=a&tags=b%20c&data.x=1"), COMPANY)
    assert (lead.email, lead.question) == ("ann@example.com", "a, b c")
    with pytest.raises(Unreadable, match="more than 500 fields"):
        read_body(sheet, "a=1&" * 501)


@pytest.mark.parametrize("text", ["", "no", "{", "3", '"x"', "[" * 100_000, "9" * 5_000])
def test_what_is_no_body_says_so(text: str) -> None:
    with pytest.raises(Unreadable, match="JSON"):
        read_body(SHEET, text)


def test_bodies_without_end_or_bottom_are_cut() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = {"a": deep}
    assert Delivered(deep).words().endswith(": …")
    assert len(Delivered({str(number): "x" * 100 for number in range(1000)}).words()) < 21_000


def test_what_lies_too_deep_to_be_read_is_marked_and_the_rest_is_taken() -> None:
    deep = "[" * 900 + "]" * 900
    lead = lead_of(SHEET, read_body(SHEET, f'{{"data": {{"email": "ann@example.com", "size": {deep}}}}}'), COMPANY)
    assert (lead.email, dict(lead.attributes)) == ("ann@example.com", {"size": "…"})


def test_where_a_consent_came_from_is_cut_to_what_is_kept() -> None:
    grows = "\ufb2c" * 200  # Each is written as three characters.
    (consent,) = read(**{**ANN, "texts": True, "page": grows, "ip": grows}).consents
    assert (len(consent.source), len(consent.address)) == (200, 200)
