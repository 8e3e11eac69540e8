"""`follow meeting`, as a person types it, on the real database."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.rows import MeetingRow
from leads.capture import NewLead
from tests.clocks import SettableClock
from tests.runtime.conftest import Follow

NEXT_YEAR = datetime.now(UTC).year + 1


@pytest_asyncio.fixture
async def lead_id(intake: LeadIntake, clock: SettableClock) -> UUID:
    new = NewLead(email="priya@example.com", question="How much?", zone="Europe/Berlin", owner="anna")
    return (await intake.capture(new, "tests", clock())).lead_id


async def test_a_meeting_is_agreed_on_listed_moved_and_called_off(
    follow: Follow, engine: AsyncEngine, lead_id: UUID
) -> None:
    async def typed(*words: str) -> tuple[int, str]:
        ran = await asyncio.to_thread(follow, "meeting", *words)
        return ran.exit_code, " ".join(ran.output.split())

    at = f"{NEXT_YEAR}-01-20 10:00"
    code, shown = await typed("arrange", "priya@example.com", "--at", at, "--subject", "Two [ovens]", "--by", "mia")
    assert code == 0, shown
    assert f"20 Jan {NEXT_YEAR} 10:00 Europe/Berlin, with Anna Keller: Two [ovens] (invited" in shown
    async with engine.connect() as connection:
        row = (await connection.execute(select(MeetingRow.__table__))).one()
    assert row.starts_at == datetime(NEXT_YEAR, 1, 20, 9, tzinfo=UTC)
    assert row.ends_at - row.starts_at == timedelta(minutes=30)
    assert row.asked_by == "mia"
    beginning = str(row.id)[:8]
    code, shown = await typed("list", "priya@example.com")
    assert (code, beginning in shown, "Two [ovens]" in shown) == (0, True, True)

    later = f"{NEXT_YEAR}-01-20T11:00:00+01:00"
    assert (await typed("move", str(lead_id), beginning, "--at", later))[0] == 0
    code, shown = await typed("cancel", str(lead_id), beginning)
    assert (code, shown.endswith("no meeting is agreed on")) == (0, True)


async def test_what_can_not_be_done_is_said(follow: Follow, lead_id: UUID) -> None:
    lead = "priya@example.com"
    for words, said in (
        (("arrange", "nobody@example.com", "--at", "2036-01-01 10:00", "--subject", "x"), "no lead is called"),
        (("arrange", lead, "--at", "tomorrow", "--subject", "x"), "is no time; write one like"),
        (("arrange", lead, "--at", "2020-01-01 10:00", "--subject", "x"), "it lies in the past"),
        (("arrange", lead, "--at", "2030-01-01 10:00", "--subject", "x", "--organizer", "zz"), "no active colleague"),
        (("move", lead, "ffff", "--minutes", "45"), "the lead has no meeting called 'ffff'"),
        (("cancel", lead, "ffff"), "the lead has no meeting called 'ffff'"),
    ):
        ran = await asyncio.to_thread(follow, "meeting", *words)
        assert ran.exit_code == 1
        assert said in " ".join(ran.output.split())
