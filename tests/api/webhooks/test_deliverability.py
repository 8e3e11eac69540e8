"""What reports do beyond the message itself: our domain's standing, threads, alerts, and stops of unknown messages."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert, select, text, update
from structlog.testing import capture_logs

from adapters.db.rows import LeadRow, SendingDomainRow, SuppressionRow, TouchRow
from adapters.db.senders import Senders
from api.services import Services
from cadences.deliverability import COUNTS_FOR, PAUSED_FOR
from leads.clocks import on_clock
from leads.model import Channel
from leads.sending import MessageReport, TouchState
from tests.api.fakes import RecordingDelivery
from tests.api.webhooks.conftest import EMAIL, Desk, SendGrid, Twilio, event
from tests.sample import COMPANY, KEY

ANNA = "anna@mail.example.com"
BOUNCE = {"type": "bounce", "status": "5.1.1"}


async def sent_from(desk: Desk, sender: str, number: int, **values: Any) -> list[UUID]:
    """Delivered emails of a day, from one address."""
    rows = [
        {
            "id": uuid4(),
            "lead_id": desk.lead_id,
            "enrollment_id": uuid4(),
            "step_id": "hello",
            "occurrence": 1,
            "channel": "email",
            "state": TouchState.DELIVERED.value,
            "contact": EMAIL,
            "sender": sender,
            "happened_at": desk.clock(),
            **values,
        }
        for _ in range(number)
    ]
    async with desk.engine.begin() as connection:
        await connection.execute(insert(TouchRow), rows)
    return [row["id"] for row in rows]


async def domain(desk: Desk, name: str = "mail.example.com") -> Any:
    async with desk.engine.connect() as connection:
        asked = select(SendingDomainRow.__table__).where(SendingDomainRow.domain == name)
        return (await connection.execute(asked)).one_or_none()


async def opens_at(desk: Desk) -> datetime | None:
    """When emails to the lead may go out again, as far as their sender goes."""
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        sender = opened.case.senders.get(Channel.EMAIL)
    return sender.opens_at if sender else None


async def suppressed(desk: Desk, address: str) -> list[Any]:
    async with desk.engine.connect() as connection:
        asked = select(SuppressionRow.__table__).where(SuppressionRow.digest == KEY.digest(address))
        return list(await connection.execute(asked))


async def test_u6_three_complaints_of_a_thousand_pause_the_domain_for_a_week(
    sendgrid: SendGrid, desk: Desk, services: Services
) -> None:
    await Senders(desk.engine, COMPANY).add(ANNA, Channel.EMAIL, desk.clock(), colleague_id="anna")
    async with desk.engine.begin() as connection:
        await connection.execute(update(LeadRow).values(owner_id="anna"))
    touches = await sent_from(desk, ANNA, 1000)
    with capture_logs() as logged:
        for number, touch in enumerate(touches[:3], 1):
            assert (await sendgrid.events(event(touch, "spamreport"))).status_code == 204
            row = await domain(desk)
            assert row.warned_at == desk.clock()
            assert (row.paused_at is not None) == (number == 3)
    assert (row.paused_at, row.paused_until) == (desk.clock(), desk.clock() + PAUSED_FOR)
    assert row.why == "3 of 1000 messages of a day were called spam"
    assert [one["event"] for one in logged if one["log_level"] == "error"] == ["the email of a domain is paused"]
    assert await opens_at(desk) == desk.clock() + PAUSED_FOR
    (alert,) = await services.alerts.all()
    assert (alert.kind, alert.subject, alert.times) == ("domain", "mail.example.com", 3)
    until = on_clock(desk.clock() + PAUSED_FOR, ZoneInfo("America/New_York"))
    assert alert.text.endswith(f"its email is paused until {until}")
    desk.clock.move_by(PAUSED_FOR)
    assert await opens_at(desk) is None


async def test_u6_three_complaints_of_more_than_a_thousand_only_warn(sendgrid: SendGrid, desk: Desk) -> None:
    touches = await sent_from(desk, ANNA, 1001)
    await sendgrid.events(*(event(touch, "spamreport") for touch in touches[:3]))
    row = await domain(desk)
    assert (row.warned_at, row.paused_until) == (desk.clock(), None)


async def test_the_same_complaint_again_counts_once(sendgrid: SendGrid, desk: Desk) -> None:
    (touch, *_) = await sent_from(desk, ANNA, 5)
    for _ in range(4):
        await sendgrid.events(event(touch, "spamreport"))
        desk.clock.move_by(timedelta(minutes=1))
    assert (await domain(desk)).paused_until is None
    assert (await desk.touch(touch)).complained_at == desk.clock() - timedelta(minutes=4)


async def test_dead_addresses_pause_the_domain_and_blocked_ones_do_not(sendgrid: SendGrid, desk: Desk) -> None:
    touches = await sent_from(desk, ANNA, 40)
    await sendgrid.events(*(event(touch, "bounce", type="blocked") for touch in touches[:15]))
    assert await domain(desk) is None
    assert (await desk.touch(touches[0])).bounced_at is None
    await sendgrid.events(*(event(touch, "bounce", **BOUNCE) for touch in touches[15:24]))
    row = await domain(desk)
    assert (row.warned_at, row.paused_until) == (desk.clock(), None)
    await sendgrid.events(event(touches[24], "bounce", **BOUNCE))
    assert (await domain(desk)).paused_until == desk.clock() + PAUSED_FOR
    assert (await desk.touch(touches[24])).bounced_at == desk.clock()


async def test_a_complaint_is_counted_by_one_that_comes_before_its_commit(
    sendgrid: SendGrid, desk: Desk, tom: Desk
) -> None:
    first, mine, *_ = await sent_from(desk, ANNA, 1500)
    toms, *_ = await sent_from(tom, ANNA, 1500)
    await sendgrid.events(event(first, "spamreport"))
    assert (await domain(desk)).warned_at is None

    async def complain(one: Desk, touch: UUID) -> None:
        async with one.cases.open(one.lead_id, one.clock()) as opened:
            await opened.report(complaint(touch))

    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        await opened.report(complaint(mine))
        meanwhile = asyncio.create_task(complain(tom, toms))
        async with asyncio.timeout(10):
            while not meanwhile.done() and not await somebody_waits(desk):
                await asyncio.sleep(0.01)
    await meanwhile
    # Three of three thousand; each alone would have seen two.
    assert (await domain(desk)).warned_at == desk.clock()


def complaint(touch: UUID) -> MessageReport:
    return MessageReport(
        touch_id=touch, state=TouchState.DELIVERED, provider="sendgrid", message_id="", complained=True, opted_out=True
    )


async def somebody_waits(desk: Desk) -> bool:
    """Whether a transaction waits for another one's lock."""
    async with desk.engine.connect() as connection:
        waiting = text("select exists (select from pg_stat_activity where wait_event_type = 'Lock')")
        return bool(await connection.scalar(waiting))


async def test_only_the_messages_of_the_same_day_and_domain_are_counted(sendgrid: SendGrid, desk: Desk) -> None:
    yesterday = desk.clock() - timedelta(days=1)
    touches = await sent_from(desk, ANNA, 4)
    await sent_from(desk, ANNA, 3, happened_at=yesterday, complained_at=yesterday)
    await sent_from(desk, "ben@other.example.com", 3, complained_at=yesterday)
    await sendgrid.events(event(touches[0], "spamreport"))
    assert (await domain(desk)).paused_until is None


async def test_more_complaints_during_the_pause_begin_the_week_anew(sendgrid: SendGrid, desk: Desk) -> None:
    touches = await sent_from(desk, ANNA, 100)
    await sendgrid.events(*(event(touch, "spamreport") for touch in touches[:3]))
    paused_at = desk.clock()
    desk.clock.move_by(timedelta(days=2))
    await sendgrid.events(event(touches[3], "spamreport"))
    row = await domain(desk)
    assert (row.paused_at, row.paused_until) == (paused_at, desk.clock() + PAUSED_FOR)


async def test_a_complaint_about_a_message_of_long_ago_pauses_nothing(sendgrid: SendGrid, desk: Desk) -> None:
    touches = await sent_from(desk, ANNA, 3, happened_at=desk.clock() - COUNTS_FOR - timedelta(seconds=1))
    await sendgrid.events(*(event(touch, "spamreport") for touch in touches))
    assert await domain(desk) is None
    assert (await desk.standing()).ended == "opted_out"


async def test_the_settings_own_address_is_guarded_too(sendgrid: SendGrid, desk: Desk, services: Services) -> None:
    touches = await sent_from(desk, COMPANY.sender_email, 3)
    await sendgrid.events(*(event(touch, "spamreport") for touch in touches))
    assert (await domain(desk, "example.com")).paused_until == desk.clock() + PAUSED_FOR
    assert await opens_at(desk) == desk.clock() + PAUSED_FOR


@pytest.mark.parametrize("name", ["processed", "delivered", "bounce"])
async def test_the_message_id_of_the_mail_is_kept_for_the_thread(sendgrid: SendGrid, desk: Desk, name: str) -> None:
    touch = await desk.message()
    await sendgrid.events(event(touch, name))
    await sendgrid.events(event(touch, "delivered", **{"smtp-id": "<another@example.com>"}))
    assert (await desk.touch(touch)).message_id == "LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net"


@pytest.mark.parametrize("smtp_id", ["", "<two words@example.com>", "<x\x00@example.com>", 7, None])
async def test_a_message_id_that_is_none_is_not_kept(sendgrid: SendGrid, desk: Desk, smtp_id: object) -> None:
    touch = await desk.message()
    await sendgrid.events(event(touch, "delivered", **{"smtp-id": smtp_id}))
    assert (await desk.touch(touch)).message_id is None


STOPS = [
    ({"event": "spamreport"}, "sendgrid reports spamreport"),
    ({"event": "unsubscribe"}, "sendgrid reports unsubscribe"),
    ({"event": "group_unsubscribe", "asm_group_id": 3}, "sendgrid reports group_unsubscribe"),
    ({"event": "dropped", "reason": "Unsubscribed Address"}, "sendgrid reports dropped: Unsubscribed Address"),
    ({"event": "dropped", "reason": "Spam Reporting Address"}, "sendgrid reports dropped: Spam Reporting Address"),
]


@pytest.mark.parametrize(("fields", "why"), STOPS, ids=[str(fields) for fields, _ in STOPS])
@pytest.mark.parametrize("touch", [None, "not ours", str(uuid4())], ids=["none", "malformed", "forgotten"])
async def test_a_stop_of_other_mail_of_ours_suppresses_the_address(
    sendgrid: SendGrid, desk: Desk, fields: dict[str, object], why: str, touch: str | None
) -> None:
    stranger = {**event(touch, ""), **fields, "email": "Stranger@Example.com"}
    for _ in range(2):
        assert (await sendgrid.events(stranger)).status_code == 204
    (row,) = await suppressed(desk, "stranger@example.com")
    assert (row.why, row.by, row.channel) == (why, "sendgrid", "all")
    assert (await desk.standing()).ended is None


async def test_a_stop_of_other_mail_stops_the_lead_whose_address_it_is(
    sendgrid: SendGrid, desk: Desk, delivery: RecordingDelivery
) -> None:
    delivery.told.clear()
    stop = {**event(None, "unsubscribe"), "email": EMAIL.upper()}
    await sendgrid.events(stop, stop)
    standing = await desk.standing()
    assert (standing.ended, standing.commands[-1]) == ("opted_out", "lead_opted_out")
    assert delivery.told == [desk.lead_id]
    await sendgrid.events(stop)
    assert (await desk.standing()).revision == standing.revision


async def test_a_complaint_about_an_erased_leads_message_holds_for_the_address(sendgrid: SendGrid, desk: Desk) -> None:
    touch = await desk.message()
    async with desk.engine.begin() as connection:
        await connection.execute(delete(LeadRow).where(LeadRow.id == desk.lead_id))
    await sendgrid.events(event(touch, "spamreport"))
    assert len(await suppressed(desk, EMAIL)) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"event": "group_resubscribe"},
        {"event": "bounce", "type": "bounce"},
        {"event": "delivered"},
        {"event": "unsubscribe", "email": "no address"},
        {"event": "unsubscribe", "email": None},
    ],
    ids=str,
)
async def test_other_events_that_name_no_message_change_nothing(
    sendgrid: SendGrid, desk: Desk, fields: dict[str, object]
) -> None:
    before = await desk.standing()
    assert (await sendgrid.events({**event(None, ""), **fields})).status_code == 204
    assert await desk.standing() == before


async def test_a_resubscription_opens_nothing(sendgrid: SendGrid, desk: Desk) -> None:
    touch = await desk.message()
    await sendgrid.events(event(touch, "group_unsubscribe"))
    before = await desk.standing()
    await sendgrid.events(event(touch, "group_resubscribe"))
    assert await desk.standing() == before
    assert before.ended == "opted_out"


@pytest.mark.parametrize("code", ["30007", "30034", "20003"])
async def test_a_text_that_failed_by_our_accounts_fault_alerts_the_admin_once(
    twilio: Twilio, desk: Desk, services: Services, code: str
) -> None:
    touch = await desk.message(Channel.SMS)
    with capture_logs() as logged:
        for _ in range(3):
            await twilio.status(touch, "undelivered", ErrorCode=code)
    (alert,) = await services.alerts.all()
    assert (alert.kind, alert.subject, alert.times) == ("account", f"reports of twilio {code}", 1)
    assert [one["code"] for one in logged if one["log_level"] == "error"] == [code]
    assert (await desk.standing()).lost == []


async def test_a_text_that_failed_for_another_reason_alerts_nobody(
    twilio: Twilio, desk: Desk, services: Services
) -> None:
    touch = await desk.message(Channel.SMS)
    await twilio.status(touch, "undelivered", ErrorCode="30003")
    assert await services.alerts.all() == []


async def test_a_used_up_quota_alerts_the_admin(sendgrid: SendGrid, desk: Desk, services: Services) -> None:
    touch = await desk.message()
    await sendgrid.events(event(touch, "dropped", reason="Recipient List over Package Quota"))
    (alert,) = await services.alerts.all()
    assert (alert.kind, alert.text) == ("account", "an accepted message failed: the account's quota is used up")
