"""Whole lives of leads under the shipped cadence: what happens, and when on the lead's own clock."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from cadences import commands, task_outcomes
from cadences.case import Outcome
from leads.capture import NewConsent, NewLead
from leads.contract import CommandKind
from leads.model import Channel
from tests.clocks import SettableClock
from tests.workflows.lives import Life, a_life, of_channel

MONDAY = datetime(2035, 1, 8, 15, tzinfo=UTC)
"""Monday, 10:00 in New York; far enough ahead that the test server's clock can jump to it."""
PHONE = "+12125550111"
TEXTS = (NewConsent(Channel.SMS, PHONE, "You may text me.", "checkbox", "web form"),)
PRIYA = NewLead(
    name="Priya Raman",
    email="priya@example.com",
    phone=PHONE,
    zone="America/New_York",
    question="What would two ovens cost?",
    owner="anna",
    consents=TEXTS,
)


@pytest_asyncio.fixture
async def life(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> AsyncIterator[Life]:
    async with a_life(engine, cases, intake, clock) as life:
        yield life


async def test_a_silent_lead_is_followed_up_for_three_years(life: Life) -> None:
    await life.capture(PRIYA, MONDAY)
    await life.until(MONDAY + timedelta(days=3 * 365))
    for one in await life.happened():
        print(one)
