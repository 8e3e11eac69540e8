"""Delivery reports, and what an email is taken for."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.auto_replies import Hand
from leads.quotes import Written
from leads.replies import Bounce, InboundKind, IncomingEmail, read_bounce


def an_email(words: str = "", **more: object) -> IncomingEmail:
    values = {"message_id": "1@example.com", "sender": "a@example.com", "written": Written(words, words), **more}
    return IncomingEmail(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("action", "status", "hard"),
    [
        ("failed", "5.1.1", True),
        ("Failed", "5.7.1 (blocked)", True),
        ("failed", "4.4.7", False),
        ("delayed", "4.4.7", False),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_delivery_report_names_recipient_and_status(action: str, status: str, hard: bool, newline: str) -> None:
    lines = (
        "Reporting-MTA: dns; x",
        "",
        "Final-Recipient: RFC822; <A@Example.com>",
        f"Action: {action}",
        f"Status: {status}",
    )
    assert read_bounce(newline.join(lines)) == Bounce("a@example.com", status[:5], hard)


@pytest.mark.parametrize(
    "report", ["", "Action: failed", "Final-Recipient: rfc822; a@b.c\nStatus: 5.1.1", "Status: x\n\n\n"]
)
def test_a_report_that_says_too_little_says_nothing(report: str) -> None:
    assert read_bounce(report) is None


def test_the_subject_speaks_only_for_a_mail_that_says_nothing_else() -> None:
    assert an_email(subject="unsubscribe").kind() is InboundKind.REVOCATION
    assert an_email(subject="RE: unsubscribe").kind() is InboundKind.REPLY
    assert an_email("What does it cost?", subject="unsubscribe").kind() is InboundKind.REPLY


@given(st.text(max_size=100), st.sampled_from(["unsubscribe", "stop", "wrong person", "yes", "no"]))
def test_a_machine_never_asks_for_anything(noise: str, word: str) -> None:
    for words in (word, noise, f"{noise}\n{word}"):
        machines = an_email(words, hand=Hand.MACHINE)
        assert machines.kind() is InboundKind.AUTO_REPLY
        assert an_email(words, hand=Hand.DOUBTFUL).kind() is InboundKind.REPLY


def test_only_a_machine_says_when_the_person_is_back() -> None:
    words, today = "I am back on 2026-12-01", date(2026, 11, 20)
    assert an_email(words, hand=Hand.MACHINE).back_on(today) == date(2026, 12, 1)
    assert an_email(words).back_on(today) is None
    assert an_email(words, hand=Hand.DOUBTFUL).back_on(today) is None
