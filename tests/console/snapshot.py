"""A database as it was, kept in memory and put back in a moment: what took long to live need not be lived twice."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from sqlalchemy import Integer, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.rows import Base

_TABLES = Base.metadata.sorted_tables


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows of every table, as PostgreSQL copies them."""

    rows: dict[str, bytes]

    @classmethod
    async def of(cls, engine: AsyncEngine) -> "Snapshot":
        """Keep what stands in a database now."""
        rows = {}
        async with engine.connect() as connection:
            driver = await _driver(connection)
            for table in _TABLES:
                copied = BytesIO()
                await driver.copy_from_table(table.name, output=copied, format="binary")
                rows[table.name] = copied.getvalue()
        return cls(rows)

    async def put_back(self, engine: AsyncEngine) -> None:
        """Fill an emptied database with it."""
        async with engine.begin() as connection:
            # The rows were in order when they were kept; nobody need look up each reference again.
            await connection.execute(text("set local session_replication_role = replica"))
            driver = await _driver(connection)
            for table in _TABLES:
                await driver.copy_to_table(table.name, source=BytesIO(self.rows[table.name]), format="binary")
                for column in table.primary_key:
                    if isinstance(column.type, Integer):
                        await _count_on(connection, table.name, column.name)


async def _driver(connection: AsyncConnection) -> Any:
    return (await connection.get_raw_connection()).driver_connection


async def _count_on(connection: AsyncConnection, table: str, column: str) -> None:
    """Let a sequence go on behind the rows, where the column has one."""
    sequence = await connection.scalar(text("select pg_get_serial_sequence(:t, :c)"), {"t": f'"{table}"', "c": column})
    if sequence is not None:
        newest = await connection.scalar(text(f'select max("{column}") from "{table}"'))
        if newest is not None:
            await connection.execute(text("select setval(:s, :n)"), {"s": sequence, "n": newest})
