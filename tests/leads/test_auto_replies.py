"""Machines are told from people by their headers, and say when the person is back, or nothing."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.auto_replies import FARTHEST, Hand, hand, return_date

TODAY = date(2026, 11, 20)
STRONG = {
    "Auto-Submitted": {"auto-submitted": "auto-replied; type=vacation"},
    "auto-generated": {"auto-submitted": "auto-generated"},
    "Return-Path": {"return-path": "<>"},
    "X-Autoreply": {"x-autoreply": "yes"},
    "X-Autorespond": {"x-autorespond": ""},
    "X-Mail-Autoreply": {"x-mail-autoreply": "1"},
    "X-MS-Exchange-Inbox-Rules-Loop": {"x-ms-exchange-inbox-rules-loop": "x@example.com"},
    "multipart/report": {"content-type": "Multipart/Report; report-type=delivery-status"},
    "Precedence": {"precedence": "auto_reply"},
}
WEAK = {
    "bulk": {"precedence": "bulk"},
    "list": {"precedence": "List"},
    "junk": {"precedence": "junk"},
    "X-Auto-Response-Suppress": {"x-auto-response-suppress": "OOF"},
    "Automatic reply:": {"subject": "Automatic reply: Ovens"},
    "Out of Office": {"subject": "Out of Office"},
    "Out of Office:": {"subject": "[EXT] out of office: Ovens"},
}


@pytest.mark.parametrize("headers", STRONG.values(), ids=STRONG)
def test_one_strong_sign_is_a_machine(headers: dict[str, str]) -> None:
    assert hand(headers) is Hand.MACHINE


@pytest.mark.parametrize("path", ["", "<>"])
def test_the_null_return_path_is_a_machine(path: str) -> None:
    assert hand({}, return_path=path) is Hand.MACHINE


@pytest.mark.parametrize("headers", WEAK.values(), ids=WEAK)
def test_one_weak_sign_is_doubtful_and_two_are_a_machine(headers: dict[str, str]) -> None:
    assert hand(headers) is Hand.DOUBTFUL
    other = {"subject": "Automatic reply: x"} if "subject" not in headers else {"precedence": "bulk"}
    assert hand({**headers, **other}) is Hand.MACHINE


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"auto-submitted": "no"},
        {"auto-submitted": "No; x"},
        {"subject": "Re: Anna is out of the office"},
        {"subject": "Re: Automatic reply: Ovens"},
        {"subject": "Out of office chairs?"},
        {"precedence": "first-class"},
        {"content-type": "multipart/alternative"},
        {"return-path": "<a@example.com>"},
    ],
    ids=str,
)
def test_a_person_is_a_person(headers: dict[str, str]) -> None:
    assert hand(headers, return_path="a@example.com") is Hand.PERSON


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("I am out of the office and will return on Monday, November 30, 2026.", date(2026, 11, 30)),
        ("I'll be back on 30 Nov", date(2026, 11, 30)),
        ("back in the office on 2026-12-01", date(2026, 12, 1)),
        ("I'll be back on the 30th of November", date(2026, 11, 30)),
        ("back on 30th of November", date(2026, 11, 30)),
        ("returning 11/30/2026", date(2026, 11, 30)),
        ("back 30.11.2026", date(2026, 11, 30)),
        ("away until 27 November 2026", date(2026, 11, 28)),
        ("on leave through December 24th", date(2026, 12, 25)),
        ("out until Nov 27, back Nov 30", date(2026, 11, 30)),
        ("from Nov 20 to Nov 27, 2026", date(2026, 11, 28)),
        ("back on 04/04/2027", date(2027, 4, 4)),
        ("back on November 21", date(2026, 11, 21)),
        ("back on 2027-11-20", date(2027, 11, 20)),
    ],
)
def test_an_unambiguous_return_date_is_read(text: str, back: date | None) -> None:
    assert return_date(text, TODAY) == back


@pytest.mark.parametrize(
    "text",
    [
        *("back on 03/04/2027", "out until 03/04/2027", "back on Monday", "back soon", "until further notice", ""),
        *("back on Nov 30 or back on Dec 1", "back on Tuesday, November 30", "back November 31", "back on 2026-02-30"),
        *("back on 2026-11-20", "back on 2020-01-01", "back on 2027-11-21", "back on November 1", "call 2026-12-01"),
        "Our meeting is on November 30, 2026",
    ],
)
def test_a_return_that_may_be_another_day_is_none(text: str) -> None:
    assert return_date(text, TODAY) is None


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.text(max_size=50))
def test_a_return_lies_ahead_and_within_a_year(day: date, noise: str) -> None:
    for text in (f"{noise} back on {day:%d %B %Y}", f"until {day:%Y-%m-%d} {noise}", noise):
        read = return_date(text, TODAY)
        assert read is None or TODAY < read <= TODAY + FARTHEST
    if TODAY < day <= TODAY + timedelta(days=365):
        assert return_date(f"I am back on {day:%d %B %Y}", TODAY) == day
