"""SendGrid's events: each one's meaning, batches, repetitions, and whatever else may be posted there."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import delete
from structlog.testing import capture_logs

from adapters.db.rows import LeadRow
from adapters.providers import sendgrid as sender
from api.services import Services
from api.webhooks import sendgrid_events
from api.webhooks.sendgrid import LONGEST_BATCH, SIGNATURE_HEADER, TIMESTAMP_HEADER
from api.webhooks.signatures import sendgrid_signed
from cadences import commands
from leads.contract import CommandKind
from leads.sending import TouchState
from tests.api.conftest import client_of
from tests.api.fakes import RecordingDelivery
from tests.api.webhooks.conftest import EMAIL, EVENTS, Desk, SendGrid, event

MEANINGS: list[tuple[dict[str, object], str, str | None, str]] = [
    ({"event": "processed"}, "sent", None, ""),
    ({"event": "deferred", "response": "400 try again later", "attempt": "5"}, "sent", None, ""),
    ({"event": "delivered", "response": "250 OK"}, "delivered", None, ""),
    ({"event": "bounce", "type": "bounce", "status": "5.1.1"}, "failed", "dead", "bounce 5.1.1"),
    ({"event": "bounce", "type": "blocked", "status": "5.7.1"}, "failed", None, "blocked 5.7.1"),
    ({"event": "bounce", "type": "blocked"}, "failed", None, "blocked"),
    ({"event": "bounce", "type": "expired", "status": EMAIL}, "failed", None, "bounce"),
    ({"event": "bounce"}, "failed", None, "bounce"),
    ({"event": "dropped", "reason": "Bounced Address"}, "failed", "dead", "dropped: Bounced Address"),
    ({"event": "dropped", "reason": "Invalid"}, "failed", "dead", "dropped: Invalid"),
    ({"event": "dropped", "reason": "Unsubscribed Address"}, "failed", "out", "dropped: Unsubscribed Address"),
    ({"event": "dropped", "reason": "Spam Reporting Address"}, "failed", "out", "dropped: Spam Reporting Address"),
    ({"event": "dropped", "reason": "Invalid SMTPAPI header"}, "failed", None, "dropped: Invalid SMTPAPI header"),
    (
        {"event": "dropped", "reason": "Spam Content (if Spam Checker app is enabled)"},
        "failed",
        None,
        "dropped: Spam Content (if Spam Checker app is enabled)",
    ),
    (
        {"event": "dropped", "reason": "Recipient List over Package Quota"},
        "failed",
        None,
        "dropped: Recipient List over Package Quota",
    ),
    ({"event": "dropped", "reason": f"bounced address {EMAIL}"}, "failed", None, "dropped"),
    ({"event": "spamreport"}, "delivered", "out", "spamreport"),
    ({"event": "unsubscribe"}, "delivered", "out", "unsubscribe"),
    ({"event": "group_unsubscribe", "asm_group_id": 10}, "delivered", "out", "group_unsubscribe"),
]
NOTHING_SAID: list[dict[str, object]] = [
    {"event": "open", "sg_machine_open": True},
    {"event": "click", "url": "https://example.com"},
    {"event": "group_resubscribe"},
    {"event": "account_status_change", "type": "compliance_suspend"},
    {"event": "from-the-future"},
    {"event": ["processed"]},
    {"event": None},
]


def said(fields: dict[str, object]) -> str:
    return "-".join(str(fields[name]) for name in ("event", "type", "reason") if name in fields)


@pytest.mark.parametrize(
    ("fields", "state", "consequence", "code"), MEANINGS, ids=[said(fields) for fields, *_ in MEANINGS]
)
async def test_what_an_event_means(
    sendgrid: SendGrid,
    desk: Desk,
    delivery: RecordingDelivery,
    fields: dict[str, object],
    state: str,
    consequence: str | None,
    code: str,
) -> None:
    touch_id = await desk.message(state=TouchState.CLAIMED)
    before = await desk.standing()
    delivery.told.clear()

    response = await sendgrid.events({**event(touch_id, ""), **fields})

    assert (response.status_code, response.content) == (204, b"")
    touch, after = await desk.touch(touch_id), await desk.standing()
    assert (touch.state, touch.error or "") == (state, code)
    assert (touch.provider, touch.provider_message_id) == ("sendgrid", "LRzXl_NHStOGhQ4kofSm_A")
    assert touch.settled_at == desk.clock()
    if consequence is None:
        # A report about the message alone costs no revision, no command and no action.
        assert (after, delivery.told) == (before, [])
        return
    kind = {"dead": CommandKind.CONTACT_POINT_LOST, "out": CommandKind.LEAD_OPTED_OUT}[consequence]
    assert after.commands == [*before.commands, kind.value]
    assert after.revision == before.revision + 1
    assert after.lost == ([EMAIL] if consequence == "dead" else [])
    assert (after.ended, after.suppressions) == (("opted_out", 2) if consequence == "out" else (None, 0))
    assert delivery.told == [desk.lead_id]


@pytest.mark.parametrize("fields", NOTHING_SAID, ids=[str(fields["event"]) for fields in NOTHING_SAID])
async def test_what_says_nothing_changes_nothing(sendgrid: SendGrid, desk: Desk, fields: dict[str, object]) -> None:
    touch_id = await desk.message(state=TouchState.CLAIMED)
    before = await desk.standing()
    response = await sendgrid.events({**event(touch_id, ""), **fields})
    assert response.status_code == 204
    assert await desk.state(touch_id) == "claimed"
    assert await desk.standing() == before


async def test_every_event_and_reason_of_the_tables_is_tested() -> None:
    tested = [fields for fields, *_ in MEANINGS]
    assert {fields["event"] for fields in tested} == set(sendgrid_events.EVENTS)
    assert {fields.get("type") for fields in tested} >= set(sendgrid_events.BOUNCES)
    assert {fields.get("reason") for fields in tested} >= set(sendgrid_events.DROPS)


def test_the_sender_and_the_webhook_speak_of_the_same_things() -> None:
    assert sender.PROVIDER == sendgrid_events.PROVIDER


@pytest.mark.parametrize(
    ("ids", "message_id"),
    [
        ({"sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0"}, "14c5d75ce93"),
        ({"sg_message_id": None}, "LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net"),
        ({"sg_message_id": "a\x00b.c", "smtp-id": "<x\ud800@y>"}, ""),
        ({"sg_message_id": 7, "smtp-id": ["x"]}, ""),
    ],
)
async def test_the_message_id_is_the_one_that_the_call_was_answered_with(
    sendgrid: SendGrid, desk: Desk, ids: dict[str, object], message_id: str
) -> None:
    touch_id = await desk.message()
    assert (await sendgrid.events(event(touch_id, "delivered", **ids))).status_code == 204
    touch = await desk.touch(touch_id)
    assert (touch.state, touch.provider_message_id or "") == ("delivered", message_id)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
@pytest.mark.parametrize("one_batch", [True, False])
async def test_the_order_of_events_does_not_matter(
    sendgrid: SendGrid, desk: Desk, order: tuple[int, ...], one_batch: bool
) -> None:
    touch_id = await desk.message()
    steps = [
        event(touch_id, "processed", timestamp=1),
        event(touch_id, "delivered", timestamp=2),
        event(touch_id, "delivered", timestamp=3),
    ]
    ordered = [steps[index] for index in order]
    for batch in [ordered] if one_batch else [[one] for one in ordered]:
        assert (await sendgrid.events(*batch)).status_code == 204
    assert await desk.state(touch_id) == "delivered"


async def test_a_bounce_after_the_delivery_is_a_failure_and_stays_one(sendgrid: SendGrid, desk: Desk) -> None:
    touch_id = await desk.message()
    for name, more in (("delivered", {}), ("bounce", {"type": "bounce"}), ("delivered", {}), ("processed", {})):
        assert (await sendgrid.events(event(touch_id, name, **more))).status_code == 204
    assert await desk.state(touch_id) == "failed"
    assert (await desk.standing()).lost == [EMAIL]


@pytest.mark.parametrize(
    "batch",
    [
        [("processed", {}), ("delivered", {})],
        [("processed", {}), ("bounce", {"type": "bounce"})],
        [("delivered", {}), ("spamreport", {})],
        [("bounce", {"type": "bounce"}), ("spamreport", {}), ("unsubscribe", {})],
        [("dropped", {"reason": "Unsubscribed Address"})],
    ],
    ids=lambda batch: "-".join(name for name, _ in batch),
)
async def test_a_batch_that_comes_again_changes_nothing(
    sendgrid: SendGrid, desk: Desk, delivery: RecordingDelivery, batch: list[tuple[str, dict[str, object]]]
) -> None:
    touch_id = await desk.message()
    events = [event(touch_id, name, **more) for name, more in batch]
    assert (await sendgrid.events(*events, *events)).status_code == 204
    touch, standing, told = await desk.touch(touch_id), await desk.standing(), list(delivery.told)
    desk.clock.move_by(timedelta(hours=5))
    for _ in range(2):
        assert (await sendgrid.events(*reversed(events))).status_code == 204
    assert (await desk.touch(touch_id), await desk.standing(), delivery.told) == (touch, standing, told)


async def test_a_stop_and_a_bounce_in_one_batch_are_one_revision(
    sendgrid: SendGrid, desk: Desk, delivery: RecordingDelivery
) -> None:
    one, other = await desk.message(), await desk.message()
    before = await desk.standing()
    delivery.told.clear()
    await sendgrid.events(event(one, "bounce", type="bounce"), event(other, "spamreport"))
    after = await desk.standing()
    assert after.commands == [*before.commands, "lead_opted_out"]
    assert (after.revision, after.ended) == (before.revision + 1, "opted_out")
    assert (after.lost, after.suppressions) == ([EMAIL], 2)
    assert delivery.told == [desk.lead_id]


async def test_strange_events_keep_no_others_from_being_heard(sendgrid: SendGrid, desk: Desk) -> None:
    touch_id = await desk.message()
    foreign = {key: value for key, value in event(touch_id, "bounce", type="bounce").items() if "touch" not in key}
    strange = [
        None,
        7,
        "x",
        [],
        [[event(touch_id, "bounce")]],
        {},
        foreign,
        event("no id", "bounce"),
        event("", "bounce"),
        {**event(touch_id, "bounce", type="bounce"), "followthrough_touch": [str(touch_id)]},
        {**event(touch_id, "bounce", type="bounce"), "followthrough_touch": None},
        event(f"{touch_id}\x00", "bounce"),
    ]
    unknown = event(uuid4(), "bounce", type="bounce")
    with capture_logs() as logs:
        response = await sendgrid.events(*strange, unknown, event(touch_id, "delivered", timestamp="soon"))
    assert response.status_code == 204
    assert await desk.state(touch_id) == "delivered"
    (line,) = [line for line in logs if line["event"] == "events of sendgrid taken"]
    assert (line["strange"], line["unknown"], line["reports"], line["changed"]) == (len(strange), 1, 1, 0)


async def test_reports_of_several_leads_are_taken_together(
    sendgrid: SendGrid, desk: Desk, tom: Desk, delivery: RecordingDelivery
) -> None:
    mine, theirs = await desk.message(), await tom.message()
    delivery.told.clear()
    response = await sendgrid.events(event(mine, "spamreport"), event(theirs, "delivered"), event(mine, "delivered"))
    assert response.status_code == 204
    assert ((await desk.standing()).ended, (await tom.standing()).ended) == ("opted_out", None)
    assert (await desk.state(mine), await tom.state(theirs)) == ("delivered", "delivered")
    assert delivery.told == [desk.lead_id]


async def test_a_report_for_a_lead_that_said_no_settles_the_ledger_only(sendgrid: SendGrid, desk: Desk) -> None:
    touch_id = await desk.message()
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        case = commands.record_answer(opened.case, answer="no", by="anna", note=None, now=desk.clock())
        await opened.save(case, CommandKind.RECORD_ANSWER, by="anna")
    before = await desk.standing()
    assert (await sendgrid.events(event(touch_id, "delivered"))).status_code == 204
    assert (await desk.state(touch_id), await desk.standing()) == ("delivered", before)
    assert (await sendgrid.events(event(touch_id, "spamreport"))).status_code == 204
    after = await desk.standing()
    assert (after.ended, after.open_tasks, after.suppressions) == ("no", [], 2)


async def test_a_report_for_an_erased_lead_is_nothing(sendgrid: SendGrid, desk: Desk) -> None:
    touch_id = await desk.message()
    async with desk.engine.begin() as connection:
        await connection.execute(delete(LeadRow).where(LeadRow.id == desk.lead_id))
    assert (await sendgrid.events(event(touch_id, "bounce", type="bounce"))).status_code == 204


async def test_a_signed_empty_batch_is_fine(sendgrid: SendGrid) -> None:
    assert (await sendgrid.events()).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b'"x"',
        b"[",
        b"[" * 10_000,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000,
        b"[" + b"9" * 5000 + b"]",
        b'[{"event":"bounce"}] x',
    ],
    ids=lambda body: f"{body[:12]!r}",
)
async def test_what_is_no_array_of_events_is_refused(sendgrid: SendGrid, body: bytes) -> None:
    response = await sendgrid.post(body)
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"


async def test_lists_in_a_list_are_strange_events(sendgrid: SendGrid) -> None:
    assert (await sendgrid.post(b"[" + b",".join([b"[]"] * 10_000) + b"]")).status_code == 204


async def test_an_unsigned_batch_does_nothing(sendgrid: SendGrid, desk: Desk) -> None:
    touch_id = await desk.message()
    body = json.dumps([event(touch_id, "bounce", type="bounce")]).encode()
    good = sendgrid.sign(body)
    other = SendGrid(httpx.AsyncClient(), ec.generate_private_key(ec.SECP256R1())).sign(body)
    swapped = sendgrid.sign(body, sent_at="1700000001")
    wrong: list[dict[str, str]] = [
        {},
        {SIGNATURE_HEADER: good[SIGNATURE_HEADER]},
        {TIMESTAMP_HEADER: good[TIMESTAMP_HEADER]},
        other,
        {**good, TIMESTAMP_HEADER: "1700000001"},
        {**swapped, TIMESTAMP_HEADER: good[TIMESTAMP_HEADER]},
        {**good, TIMESTAMP_HEADER: ""},
        {**good, TIMESTAMP_HEADER: "x"},
        {**good, SIGNATURE_HEADER: ""},
        {**good, SIGNATURE_HEADER: "A"},
        {**good, SIGNATURE_HEADER: "%%%"},
        {**good, SIGNATURE_HEADER: "AAAA"},
        {**good, SIGNATURE_HEADER: good[SIGNATURE_HEADER][:-4]},
        {**good, SIGNATURE_HEADER: base64.b64encode(b"x" * 10_000).decode()},
    ]
    for headers in wrong:
        response = await sendgrid.post(body, headers)
        assert response.status_code == 403, headers
        assert response.headers["Content-Type"] == "application/problem+json"
    changed = await sendgrid.post(body.replace(b"bounce", b"Bounce"), good)
    no_text = await sendgrid.post(b"\xff\xfe[]", sendgrid.sign(b"\xff\xfe[]"))
    odd = await sendgrid.client.post(EVENTS, content=body, headers={SIGNATURE_HEADER.encode(): b"\xe9\xff"})
    assert [response.status_code for response in (changed, no_text, odd)] == [403, 403, 403]
    assert await desk.state(touch_id) == "sent"
    assert (await sendgrid.post(body, good)).status_code == 204
    assert await desk.state(touch_id) == "failed"


async def test_digits_of_the_body_do_not_pass_for_the_timestamp(sendgrid: SendGrid) -> None:
    signed = sendgrid.sign(b'[{"event":"open"}]', sent_at="1700000000")
    moved = {**signed, TIMESTAMP_HEADER: '1700000000[{"event":'}
    assert (await sendgrid.post(b'"open"}]', moved)).status_code == 403


def test_the_public_test_vector_of_sendgrids_own_library() -> None:
    key = (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglS"
        "I8eNEc6wEA3F+g=="
    )
    signature = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
    events = [
        {
            "email": "hello@world.com",
            "event": "dropped",
            "reason": "Bounced Address",
            "sg_event_id": "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",
            "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",
            "smtp-id": "<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>",
            "timestamp": 1600112492,
        }
    ]
    body = json.dumps(events, sort_keys=True, separators=(",", ":")).encode() + b"\r\n"
    assert sendgrid_signed(key, body, signature, "1600112502")
    assert not sendgrid_signed(key, body.rstrip(), signature, "1600112502")
    assert not sendgrid_signed(key, body, signature, "1600112503")


async def test_a_batch_that_is_too_long_is_refused_announced_or_not(sendgrid: SendGrid, desk: Desk) -> None:
    touch_id = await desk.message()
    batch = json.dumps([event(touch_id, "delivered")]).encode()
    too_long = batch.ljust(LONGEST_BATCH + 1)

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(too_long), 10_000):
            yield too_long[start : start + 10_000]

    for content in (too_long, chunks()):
        response = await sendgrid.client.post(EVENTS, content=content, headers=sendgrid.sign(too_long))
        assert response.status_code == 413
    assert await desk.state(touch_id) == "sent"
    assert (await sendgrid.post(batch.ljust(LONGEST_BATCH))).status_code == 204
    assert await desk.state(touch_id) == "delivered"


async def test_without_its_key_the_webhook_is_off(services: Services, sendgrid: SendGrid, desk: Desk) -> None:
    touch_id = await desk.message()
    body = json.dumps([event(touch_id, "bounce", type="bounce")]).encode()
    for keys in (replace(services.webhooks, sendgrid_event_key=key) for key in (None, "")):
        async with client_of(replace(services, webhooks=keys), None) as client:
            for headers in ({}, sendgrid.sign(body)):
                assert (await client.post(EVENTS, content=body, headers=headers)).status_code == 404
    assert await desk.state(touch_id) == "sent"


async def test_no_log_line_holds_an_address(sendgrid: SendGrid, desk: Desk, provider: httpx.AsyncClient) -> None:
    touch_id = await desk.message()
    with capture_logs() as logs:
        await sendgrid.events(
            event(touch_id, "bounce", type="bounce", reason=f"550 no such user {EMAIL}", status=f"5.1.1 {EMAIL}"),
            event(uuid4(), "spamreport"),
            event(EMAIL, "spamreport"),
        )
        await provider.post(EVENTS, content=json.dumps([event(touch_id, "spamreport")]))
    assert {line["event"] for line in logs} >= {"events of sendgrid taken", "a report changed a lead"}
    for private in (EMAIL, "priya", "harbor"):
        assert private not in str(logs).lower()
