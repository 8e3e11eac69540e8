"""What the tests of the adapters share: leads in every state, and a doctor for them."""

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from tests.adapters.clinic import Clinic
from tests.clocks import SettableClock


@pytest_asyncio.fixture
async def clinic(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> Clinic:
    """Their workflows run in memory."""
    return Clinic(engine, cases, intake, clock)
