"""A rep goes away and comes back while the real workflow waits: by its own wakes, the calls go and return."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.absences import Absences
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.rows import TaskRow
from cadences.away_tasks import while_away
from cadences.planning import plan
from leads.absences import Absence, WhileAway
from leads.capture import NewLead
from leads.contract import CommandKind
from leads.model import LeadKind
from tests.clocks import SettableClock
from tests.sample import COMPANY
from tests.workflows.lives import Life, a_life

MONDAY = datetime(2035, 1, 8, 15, tzinfo=UTC)
"""Monday 2035-01-08, 10:00 in New York. The shipped outbound cadence has its first call after three business days."""


@pytest_asyncio.fixture
async def life(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> AsyncIterator[Life]:
    async with a_life(engine, cases, intake, clock) as life:
        yield life


async def captured(life: Life) -> None:
    new = NewLead(
        kind=LeadKind.OUTBOUND,
        email="ann@example.com",
        phone="+12125550187",
        zone="America/New_York",
        owner="anna",
    )
    await life.capture(new, MONDAY)


async def call(engine: AsyncEngine) -> tuple[str, str | None, str]:
    """The open call: whose it is now, whose it is, and when it opens in UTC."""
    async with engine.connect() as connection:
        found = await connection.execute(
            select(TaskRow.owner, TaskRow.back_to, TaskRow.opens_at).where(
                TaskRow.state == "open", TaskRow.kind == "call"
            )
        )
        owner, back_to, opens_at = found.one()
        return owner, back_to, f"{opens_at:%a %d %H:%M}"


async def goes_away(life: Life, engine: AsyncEngine, first: str, last: str, cover: str | None = None) -> None:
    policy = WhileAway.COVER if cover else WhileAway.HOLD
    days = {"first_day": date.fromisoformat(first), "last_day": date.fromisoformat(last)}
    await Absences(engine, COMPANY).add("anna", Absence(**days, policy=policy, cover=cover), life.clock())
    await life.say(CommandKind.PLAN_CHANGED, lambda case, now: while_away(plan(case, now), now))


async def test_a_call_waits_for_the_return(life: Life, engine: AsyncEngine) -> None:
    await captured(life)
    await goes_away(life, engine, "2035-01-10", "2035-01-16")
    await life.until(datetime(2035, 1, 17, 14, tzinfo=UTC))  # Wednesday 09:00: back at work, the cadence opens at 09:30
    assert [touch.channel for touch in await life.happened()] == ["email"]
    await life.until(datetime(2035, 1, 17, 15, tzinfo=UTC))
    assert await call(engine) == ("anna", None, "Wed 17 14:30")


async def test_an_open_call_goes_to_the_cover_when_the_absence_begins_and_comes_back(
    life: Life, engine: AsyncEngine
) -> None:
    await captured(life)
    await life.until(datetime(2035, 1, 11, 15, 30, tzinfo=UTC))
    assert await call(engine) == ("anna", None, "Thu 11 15:00")
    await goes_away(life, engine, "2035-01-12", "2035-01-12", "ben")
    await life.until(datetime(2035, 1, 12, 4, 59, tzinfo=UTC))
    assert await call(engine) == ("anna", None, "Thu 11 15:00")
    await life.until(datetime(2035, 1, 12, 6, tzinfo=UTC))
    assert await call(engine) == ("ben", "anna", "Thu 11 15:00")
    await life.until(datetime(2035, 1, 15, 14, 30, tzinfo=UTC))  # Monday 09:30; she begins at nine
    assert await call(engine) == ("anna", None, "Thu 11 15:00")
