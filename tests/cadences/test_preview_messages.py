"""A previewed touch says what the engine would send, and its links open nothing."""

from dataclasses import replace

import pytest

from cadences.bundle import CadenceBundle
from cadences.library import shipped
from cadences.made_up import MADE_UP, coming_in, made_up
from cadences.preview import PreviewedTouch, case_of, preview
from cadences.preview_messages import links_to_nowhere, written
from cadences.sms import SmsEncoding
from cadences.templating import TemplateMistake
from leads.model import Channel, Lead, LeadKind
from leads.tokens import Purpose
from tests.cadences.cases import MONDAY
from tests.links import LINKS
from tests.sample import COMPANY

INBOUND = next(bundle for bundle in shipped() if bundle.name == "inbound-web")
NOWHERE = links_to_nowhere("https://leads.example.com")


def played(bundle: CadenceBundle = INBOUND, lead: Lead = MADE_UP[0].lead, touches: int = 12) -> list[PreviewedTouch]:
    lead = coming_in(lead, MONDAY, LeadKind.INBOUND)
    return preview(case_of(bundle.cadence, bundle.version, lead, COMPANY, MONDAY), MONDAY, touches=touches)


def with_template(path: str, text: str) -> CadenceBundle:
    return CadenceBundle(INBOUND.name, INBOUND.text, {**INBOUND.templates, path: text})


def test_an_email_is_whole_in_text_and_html_with_the_choices_under_it() -> None:
    email = written(INBOUND, played(), 1, NOWHERE).message
    assert email is not None
    assert (email.to, email.subject) == ("maria@example.com", f"Your question to {COMPANY.name}")
    assert "> Do you deliver on Saturdays?" in email.text
    for part in (email.text, email.html):
        assert "Not now" in part
        assert COMPANY.postal_address in part
    assert "https://leads.example.com/a/" in email.text


def test_its_links_are_forged_to_our_own_pages() -> None:
    email = written(INBOUND, played(), 1, NOWHERE).message
    assert email is not None
    token = email.text.split("/u/")[1].split()[0]
    assert NOWHERE.key.read_link(Purpose.UNSUBSCRIBE, token) is not None
    assert LINKS.key.read_link(Purpose.UNSUBSCRIBE, token) is None


def test_the_first_text_introduces_us_and_the_next_does_not() -> None:
    bare = with_template("sms/quick-note.txt", "Is it still open?")
    bare = CadenceBundle(bare.name, bare.text, {**bare.templates, "sms/still-here.txt": "And now?"})
    texts = [touch for touch in played(bare) if touch.channel is Channel.SMS]
    first, second = (written(bare, played(bare), touch.number, NOWHERE) for touch in texts[:2])
    assert first.message is not None
    assert second.message is not None
    assert first.message.text == "Example Company: Is it still open? Reply STOP to opt out."
    assert second.message.text == "And now?"


def test_a_text_says_what_it_amounts_to() -> None:
    dear = with_template("sms/quick-note.txt", "Grüße ✓ " + "x" * 100)
    touches = played(dear)
    number = next(touch.number for touch in touches if touch.step_id == "quick-note")
    size = written(dear, touches, number, NOWHERE).size
    assert size is not None
    assert (size.encoding, size.segments) == (SmsEncoding.UCS_2, 3)


def test_a_call_shows_its_talk_track() -> None:
    call = written(INBOUND, played(), 2, NOWHERE)
    assert call.message is None
    assert "Hello Maria Lopez" in call.task


def test_a_reply_follows_the_email_before_it_and_nothing_that_never_went_out() -> None:
    answer = '---\nsubject: "Re: your question"\n---\nHi\n'
    thread = with_template("email/checking-in.md", answer)
    email = written(thread, played(thread), 3, NOWHERE).message
    assert email is not None
    assert email.subject == f"Re: Your question to {COMPANY.name}"
    unwritten = {"email/answer-the-question.md": "---\nsubject: x\n---\n{{ cost }}"}
    broken = CadenceBundle(thread.name, thread.text, {**thread.templates, **unwritten})
    alone = written(broken, played(broken), 3, NOWHERE).message
    assert alone is not None
    assert alone.subject == "your question"


def test_what_can_not_be_written_for_this_person_says_why() -> None:
    broken = with_template("email/answer-the-question.md", "---\nsubject: x\n---\nHi {{ company }}\n")
    with pytest.raises(TemplateMistake, match="this lead has no `company`"):
        written(broken, played(broken, made_up("nameless")), 1, NOWHERE)


@pytest.mark.parametrize(
    ("who", "channels"),
    [
        ("complete", {Channel.EMAIL, Channel.SMS, Channel.CALL}),
        ("no-texts", {Channel.EMAIL, Channel.CALL}),
        ("email", {Channel.EMAIL, Channel.TASK}),
        ("phone", {Channel.CALL}),
        ("nobody of this name", {Channel.EMAIL, Channel.SMS, Channel.CALL}),
    ],
)
def test_somebody_made_up_is_reached_by_what_is_known_of_them(who: str, channels: set[Channel]) -> None:
    assert {touch.channel for touch in played(lead=made_up(who))} == channels


def test_an_outbound_lead_asks_nothing() -> None:
    lead = coming_in(replace(made_up("complete")), MONDAY, LeadKind.OUTBOUND)
    assert (lead.kind, lead.question, lead.inquired_at) == (LeadKind.OUTBOUND, None, None)


def test_everybody_made_up_can_be_previewed_in_every_shipped_cadence() -> None:
    for bundle in shipped():
        kind = bundle.cadence.for_.kind
        for one in MADE_UP:
            lead = coming_in(one.lead, MONDAY, kind if isinstance(kind, LeadKind) else LeadKind.INBOUND)
            touches = preview(case_of(bundle.cadence, bundle.version, lead, COMPANY, MONDAY), MONDAY, touches=5)
            assert touches, (bundle.name, one.key)
            for touch in touches:
                written(bundle, touches, touch.number, NOWHERE)
