"""How sending goes, from the ledger: messages only, of the time that is asked for, each by what became of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.rows import TouchRow
from adapters.db.sendings import Sendings
from leads.capture import NewLead
from leads.model import Channel
from leads.sending import TouchState
from tests.clocks import SettableClock


@pytest_asyncio.fixture
async def lead(intake: LeadIntake, clock: SettableClock) -> UUID:
    return (await intake.capture(NewLead(email="ann@example.com", owner="anna"), "test", clock())).lead_id


async def test_each_channel_is_counted_by_what_became_of_its_messages(
    engine: AsyncEngine, lead: UUID, clock: SettableClock
) -> None:
    now, hour = clock(), timedelta(hours=1)

    def touch(channel: str, state: str, ago: timedelta, **more: Any) -> dict[str, Any]:
        values = {"bounced_at": None, "error": None, "provider": "sendgrid", **more}
        return {"id": uuid4(), "lead_id": lead, "channel": channel, "state": state, "happened_at": now - ago, **values}

    touches = [
        touch("email", "sent", hour),
        touch("email", "delivered", 2 * hour),
        touch("email", "failed", 3 * hour, bounced_at=now, error="550"),
        touch("email", "unknown", 4 * hour, error="ReadTimeout"),
        touch("email", "refused", 5 * hour, error="429"),
        touch("email", "claimed", hour),
        touch("email", "made", hour),
        touch("call", "made", hour),
        touch("email", "failed", 30 * hour, error="too old to count"),
    ]
    async with engine.begin() as connection:
        await connection.execute(insert(TouchRow), touches)

    email, texts = await Sendings(engine).since(now - 24 * hour)
    assert email.channel is Channel.EMAIL
    assert (email.out, email.failed, email.refused, email.unknown, email.bounced) == (2, 1, 1, 1, 1)
    assert (email.last_out_at, email.last_failed_at) == (now - hour, now - 3 * hour)
    assert (texts.channel, texts.out, texts.failed, texts.last_out_at) == (Channel.SMS, 0, 0, None)

    failures = await Sendings(engine).failures(now - 24 * hour)
    assert [(one.state, one.error) for one in failures] == [
        (TouchState.FAILED, "550"),
        (TouchState.UNKNOWN, "ReadTimeout"),
        (TouchState.REFUSED, "429"),
    ]
    assert {one.lead_id for one in failures} == {lead}
    assert len(await Sendings(engine).failures(now - 24 * hour, limit=2)) == 2
