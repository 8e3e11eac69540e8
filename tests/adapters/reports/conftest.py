"""What the tests of the reports share."""

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.reports.reports import Reports
from tests.adapters.reports.small_business import open_business
from tests.sample import COMPANY


@pytest_asyncio.fixture
async def business(engine: AsyncEngine) -> AsyncEngine:
    """The database with the small business in it."""
    await open_business(engine)
    return engine


@pytest.fixture
def reports(engine: AsyncEngine) -> Reports:
    return Reports(engine, COMPANY)
