"""Texts through the real Twilio client, against the fake provider: every fault has its type and its delivery count."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from re import fullmatch
from traceback import format_exception
from uuid import UUID

import pytest

from adapters.providers.error_codes import NEXT_DAY, TWILIO_CODES, twilio_error
from adapters.providers.twilio import TwilioSms
from leads.model import Channel
from leads.sending import (
    AccountTrouble,
    ContactPointDead,
    Finding,
    Found,
    OutcomeUnknown,
    OutgoingMessage,
    Receipt,
    RecipientOptedOut,
    SendError,
    SendRefused,
)
from tests.adapters.provider_trouble import CONNECTING_FAILS, nobody_listens, tls_answering
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

JANE = "+12125550111"
OURS = "+12125550199"
MESSAGE = OutgoingMessage(
    touch_id=UUID(int=7),
    lead_id=UUID(int=8),
    channel=Channel.SMS,
    to=JANE,
    text="Hello Jane, still interested? 100 % & more ☎",
)
TOUCH = str(MESSAGE.touch_id)
PATIENCE = timedelta(seconds=0.6)
CALLBACK = "http://127.0.0.1:9/webhooks/twilio/status"
UNKNOWN = Finding(Found.UNKNOWN)
LONG_AGO = timedelta(days=400)


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider(largest_page=2) as provider:
        yield provider
        assert provider.mistakes == []


@pytest.fixture
def sms(provider: FakeProvider) -> Iterator[TwilioSms]:
    sms = TwilioSms(
        provider.account_sid,
        provider.auth_token,
        sender=OURS,
        status_callback=CALLBACK,
        url=provider.url,
        timeout=PATIENCE,
    )
    yield sms
    sms.close()


@pytest.fixture
def service_sms(provider: FakeProvider) -> Iterator[TwilioSms]:
    sms = TwilioSms(
        provider.account_sid,
        provider.auth_token,
        messaging_service_sid="MG" + "1" * 32,
        url=provider.url,
        timeout=PATIENCE,
    )
    yield sms
    sms.close()


def now() -> datetime:
    return datetime.now(UTC)


async def test_a_text_arrives_once_with_our_id_in_its_callback(provider: FakeProvider, sms: TwilioSms) -> None:
    receipt = await sms.send(MESSAGE)
    [delivery] = provider.messages
    assert receipt == Receipt("twilio", delivery.message_id)
    assert fullmatch("SM[0-9a-f]{32}", receipt.message_id)
    assert provider.deliveries == {TOUCH: 1}
    assert delivery.draft.request == {
        "To": JANE,
        "From": OURS,
        "Body": MESSAGE.text,
        "StatusCallback": f"{CALLBACK}?touch={TOUCH}",
    }


@pytest.mark.parametrize("configured", ["sms", "service_sms"])
async def test_a_text_comes_from_the_sender_that_it_names(
    provider: FakeProvider, configured: str, request: pytest.FixtureRequest
) -> None:
    sms: TwilioSms = request.getfixturevalue(configured)
    await sms.send(replace(MESSAGE, sender="+12125550177"))
    sent = provider.messages[0].draft.request
    assert sent["From"] == "+12125550177"
    assert "MessagingServiceSid" not in sent
    found = await sms.find(replace(MESSAGE, sender="+12125550177"), now() - timedelta(minutes=1))
    assert found.found is Found.SENT


async def test_a_callback_address_keeps_its_own_query(provider: FakeProvider) -> None:
    sms = TwilioSms(
        provider.account_sid, provider.auth_token, sender=OURS, status_callback=f"{CALLBACK}?a=b", url=provider.url
    )
    await sms.send(MESSAGE)
    assert provider.messages[0].draft.callback == f"{CALLBACK}?a=b&touch={TOUCH}"
    assert provider.deliveries == {TOUCH: 1}
    sms.close()


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
        (refused(400, 21610), RecipientOptedOut, 0),
        (refused(400, 21211), ContactPointDead, 0),
        (refused(400, 21614), ContactPointDead, 0),
        (refused(400, 21408), AccountTrouble, 0),
        (refused(401, 20003), AccountTrouble, 0),
        (refused(400, 99999), AccountTrouble, 0),
        (refused(404), AccountTrouble, 0),
        (refused(400, 30022), SendRefused, 0),
        (refused(307), OutcomeUnknown, 0),
    ],
    ids=lambda each: each.name if isinstance(each, Behaviour) else None,
)
async def test_each_fault_has_its_type_and_is_never_repeated(
    provider: FakeProvider, sms: TwilioSms, behaviour: Behaviour, error: type[SendError], delivered: int
) -> None:
    provider.script(JANE, behaviour)
    with pytest.raises(SendError) as raised:
        await sms.send(MESSAGE)
    assert type(raised.value) is error
    assert provider.attempts == {TOUCH: 1}
    assert provider.deliveries[TOUCH] == delivered
    assert "+1212" not in "".join(format_exception(raised.value))


@pytest.mark.parametrize("code", TWILIO_CODES)
def test_each_code_of_the_table_is_carried_into_the_ledger(code: int) -> None:
    error = twilio_error(400, code)
    assert (type(error), error.code) == (TWILIO_CODES[code][0], str(code))


def test_a_daily_limit_is_tried_again_the_next_day() -> None:
    error = twilio_error(400, 30023)
    assert isinstance(error, SendRefused)
    assert error.retry_after == NEXT_DAY


def test_no_code_makes_a_server_error_certain() -> None:
    assert isinstance(twilio_error(503, 21610), OutcomeUnknown)


async def test_a_text_that_the_provider_would_never_take_is_not_delivered(
    provider: FakeProvider, sms: TwilioSms
) -> None:
    with pytest.raises(AccountTrouble) as raised:
        await sms.send(replace(MESSAGE, text="x" * 1601))
    assert raised.value.code == "21617"
    with pytest.raises(ContactPointDead):
        await sms.send(replace(MESSAGE, to="12"))
    assert provider.deliveries == {}


async def test_a_rate_limit_says_when_to_come_back(provider: FakeProvider, sms: TwilioSms) -> None:
    provider.script(JANE, rate_limited(timedelta(seconds=7)))
    with pytest.raises(SendRefused) as raised:
        await sms.send(MESSAGE)
    assert (raised.value.code, raised.value.retry_after) == ("20429", timedelta(seconds=7))


async def test_a_wrong_token_is_trouble_with_the_account(provider: FakeProvider) -> None:
    sms = TwilioSms(provider.account_sid, "another token", sender=OURS, url=provider.url)
    with pytest.raises(AccountTrouble) as raised:
        await sms.send(MESSAGE)
    assert raised.value.code == "20003"
    sms.close()


@pytest.mark.parametrize("trouble", CONNECTING_FAILS)
async def test_what_was_never_written_is_certainly_not_sent(
    provider: FakeProvider, trouble: Callable[[], AbstractContextManager[str]]
) -> None:
    with trouble() as url:
        sms = TwilioSms(provider.account_sid, provider.auth_token, sender=OURS, url=url, timeout=PATIENCE)
        with pytest.raises(SendRefused):
            await sms.send(MESSAGE)
        sms.close()


async def test_over_tls_only_a_trusted_server_gets_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"sid": "SM1"}'
    answer = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with tls_answering(tmp_path, answer) as (url, certificate):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        sms = TwilioSms("AC", "token", sender=OURS, url=url)
        assert await sms.send(MESSAGE) == Receipt("twilio", "SM1")
        sms.close()
    monkeypatch.undo()
    with tls_answering(tmp_path, answer) as (url, _):
        sms = TwilioSms("AC", "token", sender=OURS, url=url)
        with pytest.raises(SendRefused):
            await sms.send(MESSAGE)
        sms.close()


async def test_a_proxy_that_is_not_there_is_certain_too(
    provider: FakeProvider, sms: TwilioSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    with nobody_listens() as url:
        monkeypatch.setenv("http_proxy", url)
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(SendRefused):
            await sms.send(MESSAGE)
    assert provider.attempts == {}


async def test_a_silent_provider_does_not_keep_the_thread(provider: FakeProvider) -> None:
    sms = TwilioSms(
        provider.account_sid, provider.auth_token, sender=OURS, url=provider.url, timeout=PATIENCE, max_workers=1
    )
    provider.script(JANE, SILENT_AFTER)
    with pytest.raises(OutcomeUnknown):
        await sms.send(MESSAGE)
    await sms.send(replace(MESSAGE, touch_id=UUID(int=9)))
    sms.close()


async def test_many_texts_at_once_each_get_their_own_receipt(provider: FakeProvider, sms: TwilioSms) -> None:
    messages = [replace(MESSAGE, touch_id=UUID(int=100 + n), text=f"text {n}") for n in range(20)]
    receipts = await asyncio.gather(*(sms.send(message) for message in messages))
    sids = {each.touch: each.message_id for each in provider.messages}
    assert [receipt.message_id for receipt in receipts] == [sids[str(message.touch_id)] for message in messages]


async def test_an_interrupted_text_that_went_out_is_found(provider: FakeProvider, sms: TwilioSms) -> None:
    since = now()
    provider.script(JANE, CUT_AFTER)
    with pytest.raises(OutcomeUnknown):
        await sms.send(MESSAGE)
    assert await sms.find(MESSAGE, since) == Finding(Found.SENT, Receipt("twilio", provider.messages[0].message_id))


async def test_it_is_found_on_a_later_page_of_the_list(provider: FakeProvider, sms: TwilioSms) -> None:
    since = now()
    receipt = await sms.send(MESSAGE)
    for number in range(4):
        await sms.send(replace(MESSAGE, touch_id=UUID(int=number), text=f"another text {number}"))
    assert await sms.find(MESSAGE, since) == Finding(Found.SENT, receipt)


async def test_it_is_found_by_its_messaging_service(provider: FakeProvider, service_sms: TwilioSms) -> None:
    since = now()
    provider.touch_of = lambda to, body: TOUCH if (to, body) == (JANE, MESSAGE.text) else None
    receipt = await service_sms.send(MESSAGE)
    assert await service_sms.find(MESSAGE, since) == Finding(Found.SENT, receipt)
    assert provider.deliveries == {TOUCH: 1}


async def test_two_candidates_stay_unknown(provider: FakeProvider, sms: TwilioSms) -> None:
    since = now()
    await sms.send(MESSAGE)
    await sms.send(replace(MESSAGE, touch_id=UUID(int=9)))
    assert await sms.find(MESSAGE, since) == UNKNOWN


async def test_nothing_in_the_list_proves_nothing(provider: FakeProvider, sms: TwilioSms) -> None:
    provider.script(JANE, CUT_BEFORE)
    with pytest.raises(OutcomeUnknown):
        await sms.send(MESSAGE)
    assert await sms.find(MESSAGE, now()) == UNKNOWN


async def test_a_queued_text_is_not_in_the_list_yet(provider: FakeProvider, sms: TwilioSms) -> None:
    since = now()
    provider.sent_after = timedelta(hours=1)
    await sms.send(MESSAGE)
    assert await sms.find(MESSAGE, since) == UNKNOWN
    provider.sent_after = timedelta(0)
    assert (await sms.find(MESSAGE, since)).found is Found.SENT


@pytest.mark.parametrize(
    "other",
    [
        replace(MESSAGE, text=MESSAGE.text + " "),
        replace(MESSAGE, to="+12125550112"),
        replace(MESSAGE, sender="+12125550198"),
    ],
    ids=["body", "recipient", "sender"],
)
async def test_another_text_is_not_taken_for_it(provider: FakeProvider, sms: TwilioSms, other: OutgoingMessage) -> None:
    since = now()
    await sms.send(other)
    assert await sms.find(MESSAGE, since) == UNKNOWN
    assert (await sms.find(other, since)).found is Found.SENT


async def test_the_same_text_before_the_claim_is_not_taken_for_it(provider: FakeProvider, sms: TwilioSms) -> None:
    await sms.send(MESSAGE)
    assert await sms.find(MESSAGE, now() + timedelta(minutes=2)) == UNKNOWN
    assert (await sms.find(MESSAGE, now() - LONG_AGO)).found is Found.SENT


@pytest.mark.parametrize(
    "behaviour",
    [FAIL_BEFORE, CUT_BEFORE, SILENT_BEFORE, rate_limited(), refused(401, 20003)],
    ids=lambda each: each.name,
)
async def test_trouble_while_looking_leaves_it_unknown(
    provider: FakeProvider, sms: TwilioSms, behaviour: Behaviour
) -> None:
    since = now()
    await sms.send(MESSAGE)
    provider.script_listing(behaviour)
    assert await sms.find(MESSAGE, since) == UNKNOWN
    assert (await sms.find(MESSAGE, since)).found is Found.SENT


@pytest.mark.parametrize(("sender", "service"), [(None, None), (OURS, "MG" + "1" * 32)])
def test_a_sender_or_a_service_but_not_both(sender: str | None, service: str | None) -> None:
    with pytest.raises(ValueError, match="either"):
        TwilioSms("AC", "token", sender=sender, messaging_service_sid=service)


async def test_no_log_holds_a_number(provider: FakeProvider, sms: TwilioSms, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    provider.script(JANE, refused(400, 21211))
    with pytest.raises(ContactPointDead):
        await sms.send(MESSAGE)
    await sms.send(MESSAGE)
    await sms.find(MESSAGE, now())
    assert "1212555" not in caplog.text
