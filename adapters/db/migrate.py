"""Brings a database to the newest schema, from empty or from any earlier one."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import Base

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x466F6C6C6F77
"""Two that migrate at once go one after the other."""
NEWEST = "head"


class SchemaTooNew(RuntimeError):
    """The database was migrated by a newer Followthrough."""


async def migrate(engine: AsyncEngine, to: str = NEWEST) -> None:
    """Bring the database to the newest schema.

    Args:
        to: an older one, to see what the next migration makes of it.

    Raises:
        SchemaTooNew: a newer Followthrough was here; run that one.
    """
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade, to)


async def schema_is_current(engine: AsyncEngine) -> bool:
    """Whether the database has the newest schema."""
    async with engine.connect() as connection:
        at = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    return at == ScriptDirectory.from_config(_config()).get_current_head()


def differences(connection: Connection) -> list[object]:
    """Where the database differs from the rows' metadata; empty when the migrations are complete."""
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def _upgrade(connection: Connection, to: str) -> None:
    connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    config = _config(connection)
    at = MigrationContext.configure(connection).get_current_revision()
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if at is not None and at not in known:
        raise SchemaTooNew(f"the database has schema {at}, made by a newer Followthrough; run that one")
    command.upgrade(config, to)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
