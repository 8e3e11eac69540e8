"""The local outbox: each touch once, whoever sends it again, and it always knows what became of a message."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

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
