"""The local outbox: each touch once, whoever sends it again, and it always knows what became of a message."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.outbox import Outbox
from adapters.db.rows import OutboxRow
from adapters.providers.local_outbox import LocalOutbox
from leads.model import Channel
from leads.sending import Found, OutgoingMessage
from tests.clocks import SettableClock

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
MESSAGE = OutgoingMessage(
    touch_id=UUID(int=1), lead_id=UUID(int=2), channel=Channel.SMS, to="+12125550111", text="the first attempt"
)


async def test_a_straggling_second_attempt_changes_nothing(engine: AsyncEngine, clock: SettableClock) -> None:
    outbox = LocalOutbox(engine, clock)
    first = await outbox.send(MESSAGE)
    again = await outbox.send(replace(MESSAGE, text="the second attempt"))
    assert again == first
    async with engine.connect() as connection:
        assert (await connection.execute(select(OutboxRow.text))).scalars().all() == ["the first attempt"]


async def test_it_knows_what_became_of_a_message(engine: AsyncEngine, clock: SettableClock) -> None:
    outbox = LocalOutbox(engine, clock)
    assert (await outbox.find(MESSAGE, NOW)).found is Found.NOT_SENT
    receipt = await outbox.send(MESSAGE)
    found = await outbox.find(MESSAGE, NOW)
    assert (found.found, found.receipt) == (Found.SENT, receipt)


async def test_what_a_mailbox_would_get_beside_the_words_is_kept(engine: AsyncEngine, clock: SettableClock) -> None:
    email = OutgoingMessage(
        touch_id=UUID(int=3),
        lead_id=UUID(int=2),
        channel=Channel.EMAIL,
        to="ann@example.com",
        text="Hello",
        subject="Yes",
        sender="anna@example.com",
        sender_name="Anna Keller",
        reply_to="r+abc@reply.example.com",
        unsubscribe_url="https://follow.example.com/u/abc",
        in_reply_to="first@example.com",
    )
    box = LocalOutbox(engine, clock)
    await box.send(email)
    await box.send(replace(MESSAGE, segments=2))
    kept, text = await Outbox(engine).message(UUID(int=3)), await Outbox(engine).message(MESSAGE.touch_id)
    assert kept is not None
    assert text is not None
    assert (kept.sender_name, kept.segments) == ("Anna Keller", None)
    assert kept.headers == [
        ("Reply-To", "r+abc@reply.example.com"),
        ("List-Unsubscribe", "<https://follow.example.com/u/abc>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("In-Reply-To", "<first@example.com>"),
        ("References", "<first@example.com>"),
    ]
    assert (text.headers, text.segments) == ([], 2)
    assert await Outbox(engine).message(UUID(int=9)) is None


async def test_messages_are_found_by_a_part_of_where_they_went(engine: AsyncEngine, clock: SettableClock) -> None:
    box = LocalOutbox(engine, clock)
    for number, to in enumerate(("ann_lee@example.com", "annxlee@example.com", "+12125550111"), start=1):
        channel = Channel.SMS if to.startswith("+") else Channel.EMAIL
        await box.send(replace(MESSAGE, touch_id=UUID(int=number), to=to, channel=channel))

    async def found(**asked: str) -> list[str]:
        page = await Outbox(engine).page(**asked)
        assert page.total == len(page.items)
        return [one.recipient for one in page.items]

    assert await found(recipient="ANN_") == ["ann_lee@example.com"]
    assert await found(recipient="%") == []
    assert await found(recipient="555") == ["+12125550111"]
    assert await found(channel="email") == ["annxlee@example.com", "ann_lee@example.com"]
    assert await found(channel="sms", recipient="ann") == []
