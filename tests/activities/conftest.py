"""A lead whose first email is due."""

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from tests.activities.desk import PRIYA, Desk
from tests.clocks import SettableClock
from tests.quiet import nobody_is_warned


@pytest_asyncio.fixture
async def desk(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> Desk:
    captured = await intake.capture(PRIYA, by="test", now=clock())
    await nobody_is_warned(engine)
    return Desk(engine, cases, clock, captured.lead_id)
