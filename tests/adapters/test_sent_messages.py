"""The ledger's messages, newest first: of the channels asked for, to one lead or one address, no human's touch."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.rows import TouchRow
from adapters.db.sent_messages import SentMessages
from leads.capture import NewLead
from leads.model import Channel
from leads.sending import TouchState
from tests.clocks import SettableClock

EMAIL, SMS = Channel.EMAIL, Channel.SMS


@pytest_asyncio.fixture
async def ann(intake: LeadIntake, clock: SettableClock) -> UUID:
    new = NewLead(email="ann@example.com", phone="+12125550123", owner="anna")
    return (await intake.capture(new, "test", clock())).lead_id


@pytest_asyncio.fixture
async def bob(intake: LeadIntake, clock: SettableClock) -> UUID:
    return (await intake.capture(NewLead(email="bob@example.com", owner="anna"), "test", clock())).lead_id


@pytest_asyncio.fixture
async def messages(engine: AsyncEngine, ann: UUID, bob: UUID, clock: SettableClock) -> SentMessages:
    """Three messages to Ann, one to Bob, each a minute older than the one before; and what Anna did herself."""

    def touch(number: int, lead: UUID, channel: str, state: str, contact: str) -> dict[str, Any]:
        at = clock() - timedelta(minutes=number)
        return {
            **{"id": uuid4(), "lead_id": lead, "channel": channel, "state": state, "contact": contact},
            **{"subject": f"message {number}", "happened_at": at},
        }

    async with engine.begin() as connection:
        await connection.execute(
            insert(TouchRow),
            [
                touch(1, ann, "email", "sent", "ann@example.com"),
                touch(2, ann, "sms", "failed", "+12125550123"),
                touch(3, bob, "email", "delivered", "bob@example.com"),
                touch(4, ann, "email", "unknown", "ann@example.com"),
                touch(5, ann, "email", "made", "ann@example.com"),
                touch(6, ann, "call", "made", "+12125550123"),
            ],
        )
    return SentMessages(engine)


async def found(messages: SentMessages, *channels: Channel, **asked: Any) -> list[str | None]:
    return [one.subject for one in (await messages.page(channels, **asked)).items]


async def test_they_come_newest_first_in_pages(messages: SentMessages) -> None:
    first = await messages.page((EMAIL, SMS), limit=3)
    rest = await messages.page((EMAIL, SMS), limit=3, cursor=first.next_cursor)
    assert [one.subject for one in (*first.items, *rest.items)] == [f"message {number}" for number in (1, 2, 3, 4)]
    assert rest.next_cursor is None
    assert [one.state for one in first.items] == [TouchState.SENT, TouchState.FAILED, TouchState.DELIVERED]


async def test_they_are_found_by_channel_lead_and_whole_address(messages: SentMessages, ann: UUID) -> None:
    assert await found(messages, SMS) == ["message 2"]
    assert await found(messages, EMAIL, lead_id=ann) == ["message 1", "message 4"]
    assert await found(messages, EMAIL, SMS, recipient="ann@example.com") == ["message 1", "message 4"]
    assert await found(messages, EMAIL, SMS, recipient="+12125550123") == ["message 2"]
    assert await found(messages, EMAIL, recipient="zoe@example.com") == []


async def test_one_is_read_by_its_id_and_a_humans_touch_is_none(messages: SentMessages, engine: AsyncEngine) -> None:
    (text,) = (await messages.page([SMS])).items
    assert await messages.one(text.id) == text
    async with engine.connect() as connection:
        made = await connection.execute(TouchRow.__table__.select().where(TouchRow.state == "made"))
        for row in made:
            assert await messages.one(row.id) is None
