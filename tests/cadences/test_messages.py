"""Composing: what goes out is complete, with its links, its headers, its sender, and nothing that is untrue."""

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest

from cadences.bundle import CadenceBundle
from cadences.case import Case, Correspondence, Sender
from cadences.enrollment import NextTouch, StepRef
from cadences.library import shipped
from cadences.messages import compose
from cadences.rendering import MAX_SMS, RenderError
from leads.links import Links
from leads.model import Channel, ContactKind, ContactPoint
from leads.sending import OutgoingMessage
from leads.tokens import LinkToken, Purpose
from tests.cadences.cases import LEAD_ID, MONDAY, PHONE, a_cadence, a_case, a_lead
from tests.links import LINKS
from tests.sample import COMPANY

TOUCH = UUID("33333333-3333-4333-8333-333333333333")
LAST = Correspondence(last_subject="Your question to us", last_message_id="<abc@sendgrid.net>")
EMAILS = [
    (bundle, path.split("/")[1].removesuffix(".md"))
    for bundle in shipped()
    for path in bundle.templates
    if path.startswith("email/")
]


class Anchors(HTMLParser):
    """The links of a page, with their words and their looks."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.styles: set[str | None] = set()
        self._open: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._open = dict(attrs)["href"]
            self.styles.add(dict(attrs).get("style"))

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self.found.append((data, self._open))
            self._open = None


def plan_of(email: str = "---\nsubject: Hello\n---\nHi\n", sms: str = "Hi") -> CadenceBundle:
    text = "cadence: test\nsteps: [{email: a}, {sms: a}]\n"
    return CadenceBundle("test", text, {"email/a.md": email, "sms/a.txt": sms})


def touch_of(channel: Channel, content: str = "a") -> NextTouch:
    return NextTouch(
        step=StepRef(content), channel=channel, content=content, act_at=MONDAY, opens_at=MONDAY, due_at=None, reasons=()
    )


def a_standing(**changes: Any) -> Case:
    case = a_case(a_cadence({"email": "a"}), a_lead(sms=True), company=COMPANY)
    return replace(case, **changes)


def email_of(
    case: Case | None = None, *, subject: str = "Hello", body: str = "Hi", links: Links = LINKS
) -> OutgoingMessage:
    bundle = plan_of(email=f"---\nsubject: '{subject}'\n---\n{body}\n")
    return compose(case or a_standing(), bundle, touch_of(Channel.EMAIL), TOUCH, links)


def text_of(sms: str, case: Case | None = None) -> OutgoingMessage:
    return compose(case or a_standing(), plan_of(sms=sms), touch_of(Channel.SMS), TOUCH, LINKS)


def four_links() -> Iterator[tuple[str, str]]:
    yield "Yes, let's talk", LINKS.answer(LEAD_ID, TOUCH, "yes")
    yield "Not now", LINKS.answer(LEAD_ID, TOUCH, "later")
    yield "No, thank you", LINKS.answer(LEAD_ID, TOUCH, "no")
    yield "Unsubscribe", LINKS.unsubscribe(LEAD_ID, TOUCH)


@pytest.mark.parametrize(("bundle", "name"), EMAILS, ids=[f"{bundle.name}:{name}" for bundle, name in EMAILS])
def test_every_shipped_email_ends_with_four_links_of_equal_weight(bundle: CadenceBundle, name: str) -> None:
    message = compose(a_standing(), bundle, touch_of(Channel.EMAIL, name), TOUCH, LINKS)
    assert message.html is not None
    anchors = Anchors(message.html)
    assert anchors.found == list(four_links())
    assert len(anchors.styles) == 1, "all look the same"
    assert message.text.endswith("".join(f"{label}: {url}\n" for label, url in four_links()))


def test_the_links_are_signed_for_this_lead_and_this_message() -> None:
    for label, url in four_links():
        purpose = Purpose.UNSUBSCRIBE if label == "Unsubscribe" else Purpose.ANSWER
        token = url.removeprefix(LINKS.base_url).split("/")[2]
        assert LINKS.key.read_link(purpose, token) == LinkToken(LEAD_ID, TOUCH)


def test_the_page_of_free_times_is_linked_for_this_lead_and_this_message() -> None:
    message = email_of(body="[Pick a time]({{ meeting_link }})")
    url = LINKS.meeting(LEAD_ID, TOUCH)
    assert f'href="{url}"' in (message.html or "")
    assert url in message.text
    assert LINKS.key.read_link(Purpose.MEETING, url.rpartition("/")[2]) == LinkToken(LEAD_ID, TOUCH)


def test_e2_the_postal_address_stands_in_both_parts() -> None:
    message = email_of()
    assert COMPANY.postal_address in message.text
    assert COMPANY.postal_address in (message.html or "")


@pytest.mark.parametrize("address", ["", " \n"])
def test_e2_without_a_postal_address_there_is_no_message(address: str) -> None:
    with pytest.raises(RenderError, match="postal address is not set"):
        email_of(a_standing(company=replace(COMPANY, postal_address=address)))


def test_u1_the_unsubscribe_address_goes_into_the_headers() -> None:
    message = email_of()
    assert message.unsubscribe_url == LINKS.unsubscribe(LEAD_ID, TOUCH)
    assert message.unsubscribe_url.startswith("https://")


@pytest.mark.parametrize(
    "subject", ["Re: Hello", "RE: Hello", "Fwd: Hello", "fw : Hello", "Re: Fwd: Hello", "AW: Hello"]
)
@pytest.mark.parametrize(
    "before",
    [Correspondence(), Correspondence(last_subject="An earlier one"), Correspondence(last_message_id="<abc@x.net>")],
    ids=["first touch", "an email whose id nobody told", "an email without a subject"],
)
def test_e3_an_email_that_answers_none_does_not_say_so(subject: str, before: Correspondence) -> None:
    message = email_of(a_standing(correspondence=before), subject=subject)
    assert message.subject == "Hello"
    assert "<title>Hello</title>" in (message.html or "")


def test_e3_a_leads_own_words_do_not_make_a_subject_untrue() -> None:
    case = a_standing(lead=replace(a_lead(), question="Re: your offer"))
    assert email_of(case, subject="{{ question }}").subject == "your offer"


@pytest.mark.parametrize(
    ("written", "last", "subject"),
    [
        ("Re: Hello", "Your question to us", "Re: Your question to us"),
        ("Re: Hello", "Re: Your question to us", "Re: Your question to us"),
        ("Fwd: Hello", "Your question to us", "Hello"),
        ("Hello", "Your question to us", "Hello"),
        ("Review: Hello", "Your question to us", "Review: Hello"),
    ],
)
def test_e3_a_follow_up_names_what_it_follows(written: str, last: str, subject: str) -> None:
    message = email_of(a_standing(correspondence=replace(LAST, last_subject=last)), subject=written)
    assert (message.subject, message.in_reply_to) == (subject, "<abc@sendgrid.net>")


def test_the_first_email_follows_nothing() -> None:
    assert email_of().in_reply_to == ""


def test_answers_come_to_a_signed_address() -> None:
    local, _, domain = email_of().reply_to.partition("@")
    assert domain == "reply.example.com"
    assert len(local) <= 64
    assert LINKS.key.read_reply(local.removeprefix("r+")) == TOUCH


def test_without_a_reply_domain_answers_go_to_the_sender() -> None:
    assert email_of(links=replace(LINKS, reply_domain=None)).reply_to == ""


def test_the_category_is_the_cadence_and_nothing_of_the_person() -> None:
    assert email_of().category == "test"


def test_an_email_comes_from_the_company_unless_the_lead_has_a_sender() -> None:
    assert (email_of().sender, email_of().sender_name) == ("hello@example.com", "Example Company")
    anna = {Channel.EMAIL: Sender("anna@example.com", "Anna Keller")}
    message = email_of(a_standing(senders=anna))
    assert (message.sender, message.sender_name) == ("anna@example.com", "Anna Keller")
    nameless = email_of(a_standing(senders={Channel.EMAIL: Sender("anna@example.com")}))
    assert (nameless.sender, nameless.sender_name) == ("anna@example.com", "Example Company")


def test_a_text_comes_from_the_leads_sender_and_never_from_an_address() -> None:
    assert text_of("Hi").sender == ""
    assert text_of("Hi", a_standing(senders={Channel.EMAIL: Sender("anna@example.com")})).sender == ""
    assert text_of("Hi", a_standing(senders={Channel.SMS: Sender("+12125550177")})).sender == "+12125550177"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Hi Maria", "Example Company: Hi Maria Reply STOP to opt out."),
        ("{{ our_name }} here.", "Example Company here. Reply STOP to opt out."),
        ("Hi. STOP to opt out.", "Example Company: Hi. STOP to opt out."),
        ("EXAMPLE COMPANY: hi. Reply STOP to opt out.", "EXAMPLE COMPANY: hi. Reply STOP to opt out."),
        ("Stop by!", "Example Company: Stop by! Reply STOP to opt out."),
    ],
)
def test_ctia_the_first_text_says_who_and_how_to_stop(written: str, sent: str) -> None:
    assert text_of(written).text == sent
    plain = text_of(written, a_standing(correspondence=Correspondence(texted=True))).text
    assert plain == written.replace("{{ our_name }}", "Example Company")


def test_ctia_the_added_words_are_counted() -> None:
    words = "a" * 119  # with "Example Company: " and " Reply STOP to opt out." these are 160 characters
    assert (len(text_of(words).text), text_of(words).segments) == (159, 1)
    assert text_of(f"{words}aa").segments == 2
    assert text_of(f"{words}aa", a_standing(correspondence=Correspondence(texted=True))).segments == 1


def test_a_text_that_is_too_long_to_be_sent_is_not_composed() -> None:
    texted = a_standing(correspondence=Correspondence(texted=True))
    assert len(text_of("a" * MAX_SMS, texted).text) == 1600
    with pytest.raises(RenderError, match="the text has 1601 characters"):
        text_of("a" * (MAX_SMS + 1), texted)
    with pytest.raises(RenderError, match="characters for this lead"):
        text_of("a" * MAX_SMS)


def test_a_text_goes_to_a_number_that_texts_may_use() -> None:
    other = "+12125550188"
    points = (
        ContactPoint(ContactKind.PHONE, PHONE, suppressed_on=frozenset({Channel.SMS})),
        ContactPoint(ContactKind.PHONE, other),
    )
    assert text_of("Hi", a_standing(lead=replace(a_lead(), contacts=points))).to == other
