"""What a person's words ask of the machine, and what they leave to a person."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.model import Channel
from leads.replies import InboundKind, wish
from leads.revocations import WORDS, Keyword, asks_to_stop, keyword, may_ask_to_stop, says_wrong_person

SHAPES = ("{}", "{}.", "{}!!", "  {}\n\n", "{}?", "Please {}", "{} please", "No. {}.", '"{}"', "Hi Anna,\n{}", "({})")
"""Punctuation, white space, politeness; each with every word."""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("word", WORDS)
def test_t4_each_word_by_itself_is_a_revocation(word: str, shape: str) -> None:
    for written in (word, word.upper(), word.title(), word.replace(" ", "-"), word.replace(" ", "  ")):
        for channel in (Channel.SMS, Channel.EMAIL):
            assert wish(shape.format(written), channel) is InboundKind.REVOCATION, written


@pytest.mark.parametrize(
    "text",
    [
        *("please stop texting me", "STOP TEXTING ME", "Stop emailing us!", "Can you stop calling me?", "stop it"),
        *("quit sending me messages", "Take me off your list", "Please remove me from your mailing list", "remove me"),
        *("Do not contact me again", "Don't text me anymore", "Don\N{RIGHT SINGLE QUOTATION MARK}t call us ever again"),
        *("no more texts please", "leave me alone", "I want to opt out", "I'd like to unsubscribe", "opt me out"),
        *("I no longer wish to receive emails from you", "I don't want any more texts", "I hereby revoke my consent"),
        *(
            "unsubscribe me",
            "Hi Anna, please unsubscribe me.",
            "stop all",
            "cancel these texts",
            "STOP STOP",
            "stopall",
        ),
        *("\N{FULLWIDTH LATIN CAPITAL LETTER S}TOP", "st\N{ZERO WIDTH SPACE}op", "opt_out", "Opt Out", "Stop now"),
        *("Stop texting me. I already bought one.", "stop texting me and remove my number"),
        "Please put me on your do-not-call list.",
        "unsubscribe\n\nMaria Lopez\nPhone: +1 212 555 0143\nEmail: maria@example.com",
    ],
)
def test_t4_a_sentence_that_asks_it_is_a_revocation(text: str) -> None:
    assert asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        *("I can't stop by today", "cancel our meeting on Tuesday", "the end of March suits me", "stop by tomorrow"),
        *("don't stop", "please don't unsubscribe me", "Yes stop", "yes", "no", "not interested", "", " ", "?!"),
        *("Stop texting me, email is fine", "Stop texting me. You can email me instead.", "Stop texting me so late"),
        *("Stop texting me until March", "Stop texting me. Can we meet on Friday?", "Don't call me before noon"),
        *("cancel it", "cancel today", "Cancel my order", "I quit smoking", "End of story, call me", "stop light"),
        *(
            "How do I unsubscribe?",
            "Where does this end?",
            "unsubscribe me from the Tuesday meeting",
            "Can you stop by?",
        ),
        *("We sell ovens.\nstop", "Questions:\n- start\n- end", "no problem, quit the old plan when the new one runs"),
    ],
)
def test_what_may_mean_anything_else_is_for_a_person(text: str) -> None:
    for channel in (Channel.SMS, Channel.EMAIL):
        assert wish(text, channel) is InboundKind.REPLY


@pytest.mark.parametrize(
    "text",
    [
        *("wrong number", "Wrong number.", "Sorry, you have the wrong person", "this is the wrong number"),
        *("You've got the wrong number, I'm not Maria", "Wrong number, stop", "no one here by that name"),
    ],
)
def test_t12_a_wrong_number_is_told(text: str) -> None:
    assert wish(text, Channel.SMS) is InboundKind.WRONG_PERSON


@pytest.mark.parametrize(
    "text",
    ["is this the wrong number for Anna?", "You have the wrong person, talk to Ben", "I'm not Maria", "wrong size"],
)
def test_t12_what_may_be_a_number_after_all_is_for_a_person(text: str) -> None:
    assert not says_wrong_person(text, Channel.SMS)


def test_t12_an_email_about_a_wrong_number_does_not_lose_the_address() -> None:
    assert not says_wrong_person("You have the wrong number", Channel.EMAIL)
    assert says_wrong_person("You have the wrong address", Channel.EMAIL)
    assert not says_wrong_person("You have the wrong address", Channel.SMS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(("HELP", Keyword.HELP), ("info?", Keyword.HELP), (" Start. ", Keyword.START), ("UNSTOP", Keyword.START)),
        *(("YES", None), ("help me", None), ("start on Monday", None), ("", None), ("stop", None)),
    ],
)
def test_a_keyword_is_the_whole_text(text: str, said: Keyword | None) -> None:
    assert keyword(text) is said


_PIECES = (
    *("yes", "no", "stop", "end", "cancel", "quit", "please", "my meeting", "today", "don't", "the", "call me", "now"),
    *("texting me", "unsubscribe", "wrong number", "you have", "not", ",", ".", "?", "\n"),
)
_WORDS = st.sampled_from(_PIECES)


@given(st.lists(_WORDS, max_size=12).map(" ".join) | st.text(max_size=200))
def test_no_words_are_a_yes_or_a_no(text: str) -> None:
    """There is nothing that a machine could take for an answer; what is in doubt is a reply."""
    for channel in (Channel.SMS, Channel.EMAIL):
        assert wish(text, channel) in (InboundKind.REPLY, InboundKind.REVOCATION, InboundKind.WRONG_PERSON)
    if asks_to_stop(text):
        assert not asks_to_stop(f"{text}\nBut call me tomorrow.")


@pytest.mark.parametrize(
    "again", ["stop ", "please ", "stop sending me ", "unsubscribe me from all of the ", "i don't want any more ", "\n"]
)
def test_a_long_text_takes_no_time(again: str) -> None:
    begun = time.perf_counter()
    wish(again * 5_000, Channel.SMS)
    assert time.perf_counter() - begun < 0.5


@pytest.mark.parametrize(
    "text",
    [
        *("Stop texting me, email is fine", "Stop emailing me. What does an oven cost?", "How do I unsubscribe?"),
        *("I asked you twice to remove me from your list!", "why do you spam me?", "Don't call me before noon"),
        *("I opted out last week", "no more emails until March, please", "I never wanted you to stop calling my wife"),
        *("Is this how you harass people?", "put me on your do-not-call list", "Stop emailing me."),
    ],
)
def test_words_that_speak_of_stopping_are_for_a_person(text: str) -> None:
    assert may_ask_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        *("Can I cancel at any time?", "When does the offer end?", "Does the oven stop by itself?", "Please call me"),
        *("Do your ovens run on single-phase power?", "How do I get spare parts?", "Can you email me a quote?", ""),
        *(
            "We want to quit gas. What do you have?",
            "Do you deliver to the end of Pier 9?",
            "Is it silent?",
        ),
    ],
)
def test_ordinary_questions_are_not(text: str) -> None:
    assert not may_ask_to_stop(text)
