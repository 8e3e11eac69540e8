"""What all tests share: one real PostgreSQL for the run, emptied for each test that uses it, and a clock to set."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.engine import connect
from adapters.db.migrate import migrate
from adapters.db.people import People
from adapters.db.rows import Base
from cadences.library import shipped
from leads.model import Company
from leads.suppression import SuppressionKey
from runtime.embedded.postgres import EmbeddedPostgres
from tests.clocks import SettableClock
from tests.sample import COLLEAGUES, COMPANY, KEY

pytest_plugins = ["pytester", "tests.console.browser"]


DEADLOCK = "40P01"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A throw-away PostgreSQL cluster for the whole run."""
    server = EmbeddedPostgres(Path(tmp_path_factory.mktemp("postgres")), durable=False)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest_asyncio.fixture(scope="session")
async def migrated(postgres: EmbeddedPostgres) -> AsyncIterator[AsyncEngine]:
    """The test database with the newest schema."""
    postgres.create_database("tests")
    engine = connect(postgres.url("tests"))
    await migrate(engine)
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def engine(migrated: AsyncEngine) -> AsyncEngine:
    """The test database, emptied."""
    await empty(migrated)
    return migrated


async def empty(engine: AsyncEngine) -> None:
    """Remove every row of a database."""
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    for _ in range(5):
        try:
            async with engine.begin() as connection:
                await connection.execute(text(f"truncate {names} restart identity cascade"))
            return
        except DBAPIError as error:  # A page of the test before may be reading still.
            if getattr(error.orig, "sqlstate", None) != DEADLOCK:
                raise
    raise AssertionError("somebody goes on reading the database of the test before")


@pytest.fixture
def clock() -> SettableClock:
    """A clock that stands until a test moves it: Friday 2026-11-20, 10:00 in New York."""
    return SettableClock(datetime(2026, 11, 20, 15, tzinfo=UTC))


@pytest.fixture
def company() -> Company:
    return COMPANY


@pytest_asyncio.fixture
async def shelf(engine: AsyncEngine, clock: SettableClock) -> CadenceShelf:
    """The shipped cadences, published, and the sample business's people."""
    shelf = CadenceShelf(engine)
    for bundle in shipped():
        await shelf.publish(bundle, clock())
    await People(engine).add(COLLEAGUES, clock())
    return shelf


@pytest.fixture
def cases(engine: AsyncEngine, shelf: CadenceShelf) -> CaseStore:
    return CaseStore(engine, shelf, COMPANY, KEY)


@pytest.fixture
def intake(engine: AsyncEngine, shelf: CadenceShelf, cases: CaseStore) -> LeadIntake:
    return LeadIntake(engine, shelf, cases, COMPANY, KEY)


@pytest.fixture
def key() -> SuppressionKey:
    return KEY
