"""Email through the real SendGrid client, against the fake provider: each fault has its type and delivery count."""

import base64
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from traceback import format_exception
from uuid import UUID

import pytest

from adapters.providers.error_codes import LONGEST_RETRY_AFTER, retry_after
from adapters.providers.sendgrid import SendGridEmail
from leads.model import Channel
from leads.sending import (
    AccountTrouble,
    CalendarFile,
    ContactPointDead,
    Found,
    OutcomeUnknown,
    OutgoingMessage,
    Receipt,
    SendError,
    SendRefused,
)
from tests.adapters.provider_trouble import CONNECTING_FAILS, tls_answering
from tests.faults.provider import FakeProvider
from tests.faults.provider_behaviours import (
    CUT_AFTER,
    CUT_BEFORE,
    FAIL_AFTER,
    FAIL_BEFORE,
    SILENT_AFTER,
    SILENT_BEFORE,
    Behaviour,
    late,
    rate_limited,
    refused,
)

JANE = "jane@example.com"
MESSAGE = OutgoingMessage(
    touch_id=UUID(int=7),
    lead_id=UUID(int=8),
    channel=Channel.EMAIL,
    to=JANE,
    subject="Your question",
    text="Hello Jane, ünïcode",
    html="<p>Hello Jane</p>",
    sender_name="Sam, of Sample",
    sender="sam@sample.example",
)
TOUCH = str(MESSAGE.touch_id)
PATIENCE = timedelta(seconds=0.6)


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        yield provider
        assert provider.mistakes == []


@pytest.fixture
def email(provider: FakeProvider) -> Iterator[SendGridEmail]:
    email = SendGridEmail(provider.api_key, url=provider.url, timeout=PATIENCE)
    yield email
    email.close()


async def test_an_email_arrives_once_with_our_id_and_nothing_tracked(
    provider: FakeProvider, email: SendGridEmail
) -> None:
    receipt = await email.send(MESSAGE)
    [delivery] = provider.messages
    assert (receipt.provider, receipt.message_id) == ("sendgrid", delivery.message_id)
    assert provider.deliveries == {TOUCH: 1}
    request = delivery.draft.request
    assert request["personalizations"] == [{"to": [{"email": JANE}], "custom_args": {"followthrough_touch": TOUCH}}]
    assert "custom_args" not in request
    assert request["from"] == {"email": "sam@sample.example", "name": "Sam, of Sample"}
    assert request["content"] == [
        {"type": "text/plain", "value": "Hello Jane, ünïcode"},
        {"type": "text/html", "value": "<p>Hello Jane</p>"},
    ]
    assert request["tracking_settings"] == {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
        "subscription_tracking": {"enable": False},
    }
    assert str(MESSAGE.lead_id) not in str(request)


async def test_an_email_of_a_cadence_carries_every_header_that_mailboxes_ask_for(
    provider: FakeProvider, email: SendGridEmail
) -> None:
    """U1, and the threading of follow-ups: exactly this JSON, with nothing that goes round an opt-out."""
    unsubscribe = "https://follow.example.com/u/AAAA.BBBB"
    await email.send(
        replace(
            MESSAGE,
            reply_to="r+aaaabbbb@reply.example.com",
            unsubscribe_url=unsubscribe,
            in_reply_to="<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>",
            category="inbound-web",
        )
    )
    [delivery] = provider.messages
    assert delivery.draft.request == {
        "from": {"email": "sam@sample.example", "name": "Sam, of Sample"},
        "reply_to": {"email": "r+aaaabbbb@reply.example.com"},
        "subject": "Your question",
        "personalizations": [{"to": [{"email": JANE}], "custom_args": {"followthrough_touch": TOUCH}}],
        "content": [
            {"type": "text/plain", "value": "Hello Jane, ünïcode"},
            {"type": "text/html", "value": "<p>Hello Jane</p>"},
        ],
        "headers": {
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "In-Reply-To": "<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>",
            "References": "<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>",
        },
        "categories": ["inbound-web"],
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
    }


async def test_an_invitation_is_attached_with_its_method_and_without_a_charset(
    provider: FakeProvider, email: SendGridEmail
) -> None:
    file = CalendarFile("REQUEST", "BEGIN:VCALENDAR\r\nSUMMARY:Zwei Öfen\r\nEND:VCALENDAR\r\n")
    await email.send(replace(MESSAGE, calendar=file))
    assert provider.messages[0].draft.request["attachments"] == [
        {
            "content": base64.b64encode(file.text.encode()).decode(),
            "filename": "invite.ics",
            "type": "text/calendar; method=REQUEST",
        }
    ]


async def test_a_mail_to_a_colleague_asks_for_no_automatic_answer(provider: FakeProvider, email: SendGridEmail) -> None:
    await email.send(replace(MESSAGE, internal=True, lead_id=None))
    assert provider.messages[0].draft.request["headers"] == {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }


@pytest.mark.parametrize(
    ("message", "headers"),
    [
        (replace(MESSAGE, unsubscribe_url="http://127.0.0.1:8000/u/AAAA.BBBB"), None),
        (replace(MESSAGE, in_reply_to="id@sendgrid.net"), {"In-Reply-To": "<id@sendgrid.net>"}),
        (replace(MESSAGE, in_reply_to="<id@sendgrid.net>\r\nBcc: everybody@example.com"), None),
        (replace(MESSAGE, in_reply_to="two ids"), None),
        (MESSAGE, None),
    ],
    ids=["unsubscribing without https", "an id without brackets", "a line break", "no id", "nothing"],
)
async def test_a_header_that_would_be_wrong_is_left_out(
    provider: FakeProvider, email: SendGridEmail, message: OutgoingMessage, headers: dict[str, str] | None
) -> None:
    await email.send(message)
    sent = provider.messages[0].draft.request.get("headers")
    assert sent == (headers and {**headers, "References": headers["In-Reply-To"]})


async def test_an_email_without_html_or_sender_name_is_accepted(provider: FakeProvider, email: SendGridEmail) -> None:
    await email.send(replace(MESSAGE, html=None, sender_name=""))
    assert provider.deliveries == {TOUCH: 1}


@pytest.mark.parametrize(
    ("behaviour", "error", "delivered"),
    [
        (rate_limited(), SendRefused, 0),
        (FAIL_BEFORE, OutcomeUnknown, 0),
        (FAIL_AFTER, OutcomeUnknown, 1),
        (CUT_BEFORE, OutcomeUnknown, 0),
        (CUT_AFTER, OutcomeUnknown, 1),
        (SILENT_BEFORE, OutcomeUnknown, 0),
        (SILENT_AFTER, OutcomeUnknown, 1),
        (late(PATIENCE * 2), OutcomeUnknown, 1),
        (refused(400, named_field="from.email"), AccountTrouble, 0),
        (refused(400, named_field="personalizations.0.to.0.email"), ContactPointDead, 0),
        (refused(400), AccountTrouble, 0),
        (refused(401), AccountTrouble, 0),
        (refused(403), AccountTrouble, 0),
        (refused(413), AccountTrouble, 0),
        (refused(302), OutcomeUnknown, 0),
    ],
    ids=lambda each: each.name if isinstance(each, Behaviour) else None,
)
async def test_each_fault_has_its_type_and_is_never_repeated(
    provider: FakeProvider, email: SendGridEmail, behaviour: Behaviour, error: type[SendError], delivered: int
) -> None:
    provider.script(JANE, behaviour)
    with pytest.raises(SendError) as raised:
        await email.send(MESSAGE)
    assert type(raised.value) is error
    assert provider.attempts == {TOUCH: 1}
    assert provider.deliveries[TOUCH] == delivered
    assert "@" not in "".join(format_exception(raised.value))


async def test_an_answer_within_the_time_out_is_waited_for(provider: FakeProvider, email: SendGridEmail) -> None:
    provider.script(JANE, late(PATIENCE / 3))
    await email.send(MESSAGE)
    assert provider.deliveries == {TOUCH: 1}


async def test_a_rate_limit_says_when_to_come_back(provider: FakeProvider, email: SendGridEmail) -> None:
    provider.script(JANE, rate_limited(timedelta(minutes=2)))
    with pytest.raises(SendRefused) as raised:
        await email.send(MESSAGE)
    assert raised.value.retry_after is not None
    assert timedelta(seconds=115) < raised.value.retry_after <= timedelta(seconds=121)


async def test_a_wrong_key_is_trouble_with_the_account(provider: FakeProvider) -> None:
    email = SendGridEmail("another key", url=provider.url)
    with pytest.raises(AccountTrouble) as raised:
        await email.send(MESSAGE)
    assert raised.value.code == "401"
    email.close()


async def test_a_key_in_the_text_is_refused_before_sending(provider: FakeProvider, email: SendGridEmail) -> None:
    with pytest.raises(AccountTrouble):
        await email.send(replace(MESSAGE, text="SG.abcdef.ghijkl is your key"))
    assert provider.attempts == {}


@pytest.mark.parametrize("trouble", CONNECTING_FAILS)
async def test_what_was_never_written_is_certainly_not_sent(
    trouble: Callable[[], AbstractContextManager[str]],
) -> None:
    with trouble() as url:
        email = SendGridEmail("a key", url=url, timeout=PATIENCE)
        with pytest.raises(SendRefused):
            await email.send(MESSAGE)
        email.close()


async def test_over_tls_only_a_trusted_server_gets_the_email(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: m1\r\nContent-Length: 0\r\n\r\n"
    with tls_answering(tmp_path, answer) as (url, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        email = SendGridEmail("a key", url=url)
        assert await email.send(MESSAGE) == Receipt("sendgrid", "m1")
        email.close()
    monkeypatch.undo()
    with tls_answering(tmp_path, answer) as (url, _):
        email = SendGridEmail("a key", url=url)
        with pytest.raises(SendRefused) as refused:
            await email.send(MESSAGE)
        assert refused.value.code == "SSLCertVerificationError"
        email.close()


async def test_a_silent_provider_does_not_keep_the_thread(provider: FakeProvider) -> None:
    email = SendGridEmail(provider.api_key, url=provider.url, timeout=PATIENCE, max_workers=1)
    provider.script(JANE, SILENT_AFTER)
    with pytest.raises(OutcomeUnknown):
        await email.send(MESSAGE)
    await email.send(replace(MESSAGE, touch_id=UUID(int=9)))
    email.close()


async def test_what_became_of_an_email_is_never_known_by_asking(provider: FakeProvider, email: SendGridEmail) -> None:
    await email.send(MESSAGE)
    assert (await email.find(MESSAGE, datetime.now(UTC))).found is Found.UNKNOWN


async def test_no_log_holds_an_address(
    provider: FakeProvider, email: SendGridEmail, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.script(JANE, refused(400))
    with pytest.raises(AccountTrouble):
        await email.send(MESSAGE)
    await email.send(MESSAGE)
    assert "@" not in caplog.text
    assert provider.api_key not in caplog.text


NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 30)}, timedelta(seconds=30)),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) - 30)}, None),
        ({"X-RateLimit-Reset": "soon"}, None),
        ({"X-RateLimit-Reset": "9" * 30}, None),
        ({"Retry-After": "90"}, timedelta(seconds=90)),
        ({"Retry-After": "Fri, 20 Nov 2026 15:01:00 GMT"}, timedelta(minutes=1)),
        ({"Retry-After": "86400"}, LONGEST_RETRY_AFTER),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "later"}, None),
    ],
)
def test_only_sane_wishes_to_wait_are_heard(headers: dict[str, str], expected: timedelta | None) -> None:
    assert retry_after(headers, NOW) == expected
