"""Twilio's status callback: each status and code, repetitions, and whatever else may be posted there."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from starlette.datastructures import ImmutableMultiDict
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from adapters.providers import twilio as sender
from api.services import Services
from api.webhooks import twilio_statuses
from api.webhooks.keys import WebhookKeys
from api.webhooks.signatures import twilio_signed
from api.webhooks.twilio import LONGEST_FORM, MOST_FIELDS, SIGNATURE_HEADER
from leads.contract import TWILIO_STATUS
from leads.model import Channel
from leads.sending import TouchState
from tests.api.conftest import client_of
from tests.api.fakes import RecordingDelivery
from tests.api.webhooks.conftest import PHONE, PUBLIC, SID, STATUS, TOKEN, Desk, Twilio

STATES = {
    "queued": "sent",
    "accepted": "sent",
    "scheduled": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
}
DEAD = ("21211", "21217", "21614", "21635", "30005", "30006")
MERELY_FAILED = (
    *("30001", "30003", "30004", "30007", "30008", "30017", "30022", "30023", "30027"),
    *("20003", "20429", "21408", "21603", "21606", "21617", "21703", "30032", "30034", "30035", "99999", "0"),
)


@pytest.mark.parametrize(("status", "state"), STATES.items())
async def test_what_a_status_means(
    twilio: Twilio, desk: Desk, delivery: RecordingDelivery, status: str, state: str
) -> None:
    touch_id = await desk.message(Channel.SMS, TouchState.CLAIMED)
    before = await desk.standing()
    delivery.told.clear()
    response = await twilio.status(touch_id, status)
    assert (response.status_code, response.content) == (204, b"")
    touch = await desk.touch(touch_id)
    assert (touch.state, touch.error, touch.provider, touch.provider_message_id) == (state, None, "twilio", SID)
    assert touch.settled_at == desk.clock()
    assert (await desk.standing(), delivery.told) == (before, [])


@pytest.mark.parametrize("status", ["canceled", "partially_delivered", "receiving", "received", "from-the-future"])
async def test_a_status_that_says_nothing_changes_nothing(twilio: Twilio, desk: Desk, status: str) -> None:
    touch_id = await desk.message(Channel.SMS, TouchState.CLAIMED)
    before = await desk.standing()
    assert (await twilio.status(touch_id, status, ErrorCode="21610")).status_code == 204
    assert (await desk.state(touch_id), await desk.standing()) == ("claimed", before)


@pytest.mark.parametrize("status", ["undelivered", "failed"])
@pytest.mark.parametrize("code", [*DEAD, "21610", *MERELY_FAILED])
async def test_what_an_error_code_means(
    twilio: Twilio, desk: Desk, delivery: RecordingDelivery, status: str, code: str
) -> None:
    touch_id = await desk.message(Channel.SMS)
    before = await desk.standing()
    delivery.told.clear()
    assert (await twilio.status(touch_id, status, ErrorCode=code, ErrorMessage="x")).status_code == 204
    touch, after = await desk.touch(touch_id), await desk.standing()
    assert (touch.state, touch.error or "0") == ("failed", code)
    if code in MERELY_FAILED:
        assert (after, delivery.told) == (before, [])
        return
    said = "contact_point_lost" if code in DEAD else "lead_opted_out"
    assert (after.commands, after.revision) == ([*before.commands, said], before.revision + 1)
    assert after.lost == ([PHONE] if code in DEAD else [])
    assert after.suppressions == (2 if code == "21610" else 0)
    assert delivery.told == [desk.lead_id]


def test_every_status_and_code_of_the_tables_is_tested() -> None:
    assert {status: state.value for status, state in twilio_statuses.STATUSES.items()} == STATES
    assert {str(code) for code in twilio_statuses.TWILIO_CODES} <= {*DEAD, "21610", *MERELY_FAILED}


def test_the_sender_and_the_webhook_speak_of_the_same_things() -> None:
    assert sender.PROVIDER == twilio_statuses.PROVIDER
    assert TWILIO_STATUS == STATUS


async def test_an_error_code_means_nothing_beside_a_good_status(twilio: Twilio, desk: Desk) -> None:
    touch_id = await desk.message(Channel.SMS)
    before = await desk.standing()
    assert (await twilio.status(touch_id, "delivered", ErrorCode="21610")).status_code == 204
    assert (await desk.state(touch_id), await desk.standing()) == ("delivered", before)


async def test_statuses_repeat_and_come_in_any_order(twilio: Twilio, desk: Desk) -> None:
    touch_id = await desk.message(Channel.SMS)
    before = await desk.standing()
    for status in ("sent", "delivered", "queued", "delivered", "sending", "sent"):
        assert (await twilio.status(touch_id, status)).status_code == 204
    assert (await desk.state(touch_id), await desk.standing()) == ("delivered", before)


@pytest.mark.parametrize("code", ["30005", "21610"])
async def test_a_failure_that_comes_again_changes_nothing(
    twilio: Twilio, desk: Desk, delivery: RecordingDelivery, code: str
) -> None:
    touch_id = await desk.message(Channel.SMS)
    await twilio.status(touch_id, "undelivered", ErrorCode=code)
    touch, standing, told = await desk.touch(touch_id), await desk.standing(), list(delivery.told)
    desk.clock.move_by(timedelta(hours=5))
    for status in ("undelivered", "delivered", "undelivered"):
        assert (await twilio.status(touch_id, status, ErrorCode=code)).status_code == 204
    assert (await desk.touch(touch_id), await desk.standing(), delivery.told) == (touch, standing, told)


async def test_an_unknown_touch_is_nothing(twilio: Twilio, desk: Desk) -> None:
    touch_id = await desk.message(Channel.SMS)
    for touch in (uuid4(), "", "no-id", "%00", "%ff%fe", f"{touch_id}x", desk.lead_id):
        response = await twilio.status(touch, "undelivered", ErrorCode="21610")
        assert response.status_code == 204, touch
    assert (await twilio.fields(("MessageStatus", "failed"), query="")).status_code == 204
    assert (await twilio.fields(("MessageStatus", "failed"), query=f"other={touch_id}")).status_code == 204
    assert await desk.state(touch_id) == "sent"


async def test_odd_values_are_not_kept(twilio: Twilio, desk: Desk) -> None:
    for sid, code in (("\x00", "21610\x00"), ("SM1", "-1"), ("", ""), ("SM" + "x" * 5000, "9" * 5000), (SID, "٣٠٠٠٥")):
        touch_id = await desk.message(Channel.SMS)
        assert (await twilio.status(touch_id, "failed", ErrorCode=code, MessageSid=sid)).status_code == 204
        touch = await desk.touch(touch_id)
        assert (touch.state, touch.error) == ("failed", None)
        assert touch.provider_message_id in (None, "", SID)
    assert (await desk.standing()).lost == []


async def test_blank_and_repeated_fields_are_signed_too(twilio: Twilio, desk: Desk) -> None:
    touch_id = await desk.message(Channel.SMS)
    fields = [("MessageStatus", "delivered"), ("Blank", ""), ("MediaUrl", "b"), ("MediaUrl", "a"), ("Körper", "ü €")]
    assert (await twilio.fields(*fields, query=f"touch={touch_id}")).status_code == 204
    assert await desk.state(touch_id) == "delivered"
    signed = twilio.sign(fields, f"touch={touch_id}")
    for body in (fields[:1] + fields[2:], [*fields, ("MediaUrl", "c")], [*fields, ("More", "")]):
        assert (await twilio.post(urlencode(body).encode(), f"touch={touch_id}", signed)).status_code == 403


async def test_a_malformed_form_is_refused(twilio: Twilio, desk: Desk) -> None:
    touch_id = await desk.message(Channel.SMS)
    query = f"touch={touch_id}"
    for fields in (
        [],
        [("MessageStatus", "")],
        [("MessageSid", SID)],
        [("MessageStatus", "failed"), ("MessageStatus", "delivered")],
        [("MessageStatus", "failed"), ("ErrorCode", "21610"), ("ErrorCode", "30005")],
        [("MessageStatus", "failed")] + [(f"f{number}", "") for number in range(MOST_FIELDS)],
    ):
        response = await twilio.fields(*fields, query=query)
        assert response.status_code == 400, fields
        assert response.headers["Content-Type"] == "application/problem+json"
    assert await desk.state(touch_id) == "sent"


async def test_an_unsigned_status_does_nothing(twilio: Twilio, desk: Desk) -> None:
    touch_id, other = await desk.message(Channel.SMS), await desk.message(Channel.SMS)
    fields, query = [("MessageStatus", "undelivered"), ("ErrorCode", "21610")], f"touch={touch_id}"
    body, good = urlencode(fields).encode(), twilio.sign(fields, query)
    local = RequestValidator(TOKEN).compute_signature(f"http://followthrough{STATUS}?{query}", dict(fields))
    stranger = RequestValidator("another token").compute_signature(f"{PUBLIC}{STATUS}?{query}", dict(fields))
    for signature in (None, "", "x", stranger, local, good[SIGNATURE_HEADER].lower(), good[SIGNATURE_HEADER][:-2]):
        headers = {} if signature is None else {SIGNATURE_HEADER: signature}
        assert (await twilio.post(body, query, headers)).status_code == 403
    assert (await twilio.post(body, f"touch={other}", good)).status_code == 403
    assert (await twilio.post(body, f"{query}&touch={other}", good)).status_code == 403
    assert (await twilio.post(body, "", good)).status_code == 403
    assert (await twilio.post(body.replace(b"un", b""), query, good)).status_code == 403
    for hostile in (b"\xff\xfe\x00", b"%ff%fe=%00", b"&" * 100, b"=" * 1000, b'{"MessageStatus": "x"}', b"[" * 10_000):
        assert (await twilio.post(hostile, query, good)).status_code == 403
    assert (await twilio.post(b"&" * 1000, query, good)).status_code == 400
    odd = await twilio.client.post(f"{STATUS}?touch=%", content=body, headers={b"X-Twilio-Signature": b"\xe9"})
    assert odd.status_code == 403
    assert (await desk.state(touch_id), await desk.state(other)) == ("sent", "sent")
    assert (await twilio.post(body, query, good)).status_code == 204
    assert await desk.state(touch_id) == "failed"


async def test_a_signature_for_a_json_body_opens_nothing(twilio: Twilio, desk: Desk) -> None:
    touch_id = await desk.message(Channel.SMS)
    body = b"MessageStatus=failed"
    query = f"touch={touch_id}&bodySHA256={RequestValidator(TOKEN).compute_hash(body.decode())}"
    assert (await twilio.post(body, query, twilio.sign([], query))).status_code == 403
    assert await desk.state(touch_id) == "sent"


def test_the_public_test_vector_of_twilios_documentation() -> None:
    form = ImmutableMultiDict(
        {
            "CallSid": "CA1234567890ABCDE",
            "Caller": "+14158675309",
            "Digits": "1234",
            "From": "+14158675309",
            "To": "+18005551212",
        }
    )
    url, signature = "https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert twilio_signed("12345", url, form, signature)
    assert not twilio_signed("12346", url, form, signature)
    assert not twilio_signed("12345", url.replace("bar=2", "bar=3"), form, signature)
    assert not twilio_signed("12345", url, ImmutableMultiDict([*form.multi_items(), ("Digits", "5")]), signature)
    assert not twilio_signed("12345", url, form, None)


async def test_a_form_that_is_too_long_is_refused_announced_or_not(twilio: Twilio, desk: Desk) -> None:
    touch_id = await desk.message(Channel.SMS)
    query, start = f"touch={touch_id}", "MessageStatus=delivered&Pad="
    pad = "x" * (LONGEST_FORM - len(start))

    async def chunks() -> AsyncIterator[bytes]:
        for part in (start, pad, "x"):
            yield part.encode()

    headers = twilio.sign([("MessageStatus", "delivered"), ("Pad", pad + "x")], query)
    for content in (f"{start}{pad}x".encode(), chunks()):
        response = await twilio.client.post(f"{STATUS}?{query}", content=content, headers=headers)
        assert response.status_code == 413
    assert await desk.state(touch_id) == "sent"
    fits = await twilio.fields(("MessageStatus", "delivered"), ("Pad", pad), query=query)
    assert fits.status_code == 204
    assert await desk.state(touch_id) == "delivered"


async def test_without_its_key_the_webhook_is_off(services: Services, twilio: Twilio, desk: Desk) -> None:
    touch_id = await desk.message(Channel.SMS)
    fields, query = [("MessageStatus", "delivered")], f"touch={touch_id}"
    for keys in (replace(services.webhooks, twilio_auth_token=token) for token in (None, "")):
        async with client_of(replace(services, webhooks=keys), None) as client:
            for headers in ({}, twilio.sign(fields, query)):
                response = await client.post(f"{STATUS}?{query}", content=urlencode(fields), headers=headers)
                assert response.status_code == 404
    assert await desk.state(touch_id) == "sent"


async def test_no_log_line_holds_a_number_or_a_token(twilio: Twilio, desk: Desk) -> None:
    touch_id = await desk.message(Channel.SMS)
    with capture_logs() as logs:
        await twilio.status(touch_id, "undelivered", ErrorCode="30005", ErrorMessage=PHONE)
        await twilio.status(PHONE, "delivered")
        await twilio.post(b"To=" + PHONE.encode(), "", {SIGNATURE_HEADER: "x"})
    assert {line["event"] for line in logs} >= {"status of twilio taken", "a status of twilio names no touch"}
    for private in (PHONE, PHONE[1:], TOKEN):
        assert private not in str(logs)
    assert TOKEN not in repr(WebhookKeys(twilio_auth_token=TOKEN))
