"""What the newest check of each kind found, so that whoever looks later need not have everything checked again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import CheckRow, table_of

_CHECKS = table_of(CheckRow)


class CheckName(StrEnum):
    """The checks whose newest result is kept."""

    LIVENESS = "liveness"
    """Whether every lead is followed up."""
    PROVIDERS = "providers"
    """Whether the providers' accounts fit our settings."""


@dataclass(frozen=True, slots=True)
class KeptCheck:
    """What a check found."""

    checked_at: datetime
    """When it ended."""
    by: str
    found: Mapping[str, Any]


class Checks:
    """The newest check of each kind."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def keep(self, name: CheckName, by: str, found: Mapping[str, Any], now: datetime) -> None:
        """Keep what a check found, in the place of the one before; one that ended earlier changes nothing."""
        values = {"checked_at": now, "by": by, "found": dict(found)}
        new = insert(_CHECKS).values(name=name.value, **values)
        newest = new.on_conflict_do_update(
            index_elements=[_CHECKS.c.name], set_=values, where=_CHECKS.c.checked_at <= now
        )
        async with self._engine.begin() as connection:
            await connection.execute(newest)

    async def newest(self, name: CheckName) -> KeptCheck | None:
        """The newest check of a kind; None when there was none."""
        wanted = select(_CHECKS.c.checked_at, _CHECKS.c.by, _CHECKS.c.found).where(_CHECKS.c.name == name.value)
        async with self._engine.connect() as connection:
            row = (await connection.execute(wanted)).one_or_none()
        return KeptCheck(row.checked_at, row.by, row.found) if row is not None else None
