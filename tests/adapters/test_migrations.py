"""The schema: from empty to newest, the same as the rows say, and safe to repeat."""

import asyncio

import pytest
from sqlalchemy import text

from adapters.db.engine import connect
from adapters.db.migrate import SchemaTooNew, differences, migrate, schema_is_current
from runtime.embedded.postgres import EmbeddedPostgres


async def test_migrations_from_empty_make_exactly_what_the_rows_describe(postgres: EmbeddedPostgres) -> None:
    postgres.create_database("from_empty")
    engine = connect(postgres.url("from_empty"))
    assert not await schema_is_current(engine)
    await asyncio.gather(migrate(engine), migrate(engine))
    await migrate(engine)
    assert await schema_is_current(engine)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_a_newer_schema_is_refused_and_left_alone(postgres: EmbeddedPostgres) -> None:
    postgres.create_database("from_the_future")
    engine = connect(postgres.url("from_the_future"))
    await migrate(engine)
    async with engine.begin() as connection:
        await connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match="newer Followthrough"):
        await migrate(engine)
    await engine.dispose()
