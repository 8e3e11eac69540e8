"""What tests of the manager's pages share: the small business whose every figure was counted by hand."""

from uuid import UUID

import pytest_asyncio
from sqlalchemy import update

from adapters.db.rows import LeadRow
from api.console.manager.counts import Counts
from tests.adapters.reports.small_business import lead_id, open_business
from tests.console.stage import Stage

NAMES = {
    3: ("Olga Brandt", "Brandt Bakery"),
    4: ("Sam Obi", "Obi Catering"),
    5: ("Lin Wei", "Wei Noodles"),
    14: ("Priya Raman", "Harbor Bakery"),
    15: ("Noah Berg", "Berg Pizza"),
}


@pytest_asyncio.fixture
async def nobody(stage: Stage) -> Stage:
    """The stage before its first lead, with nothing remembered of other tests."""
    Counts(stage.services).forget()
    return stage


@pytest_asyncio.fixture
async def business(nobody: Stage) -> Stage:
    """The stage with twenty leads, some of which have names."""
    await open_business(nobody.engine)
    async with nobody.engine.begin() as connection:
        for number, (name, company) in NAMES.items():
            row = update(LeadRow).where(LeadRow.id == lead_id(number)).values(name=name, company=company)
            await connection.execute(row)
    return nobody


def number_of(address: str) -> int:
    """Which lead of the small business an address leads to."""
    return UUID(address.rpartition("/")[2]).int
