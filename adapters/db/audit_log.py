"""The audit log: every change that a person made, by whom, through which door, from what to what, and when.

An entry names ids and codes, never what a person is called or wrote: it outlives the lead it is about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import insert, null, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.rows import AuditEntryRow, table_of

_ENTRIES = table_of(AuditEntryRow)


class Outcome(StrEnum):
    """How a change went."""

    BEGUN = "begun"
    """It was asked for; an entry that stays so was cut off by a crash, and its change may or may not be there."""
    DONE = "done"
    REFUSED = "refused"
    """Nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody asked for."""

    by: str
    via: str
    action: str
    session_id: UUID | None = None
    lead_id: UUID | None = None
    subject: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    outcome: Outcome = field(default=Outcome.DONE)


async def write_audit(connection: AsyncConnection, change: Change, now: datetime) -> int:
    """Write an entry in the transaction of the change itself; its id."""
    written = await connection.execute(
        insert(_ENTRIES)
        .values(
            at=now,
            by=change.by,
            via=change.via,
            session_id=change.session_id,
            action=change.action,
            lead_id=change.lead_id,
            subject=change.subject,
            outcome=change.outcome.value,
            before=_plain(change.before),
            after=_plain(change.after),
        )
        .returning(_ENTRIES.c.id)
    )
    return int(written.scalar_one())


async def forget_changes(connection: AsyncConnection, lead_id: UUID) -> None:
    """Keep of a lead's changes only who made them and when."""
    erased = update(_ENTRIES).where(_ENTRIES.c.lead_id == lead_id).values(before=null(), after=null(), subject=None)
    await connection.execute(erased)


class AuditLog:
    """Writes entries of changes that are no transaction of their own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def begin(self, change: Change, now: datetime) -> int:
        """Write down what is about to be done; its id, to say later how it went."""
        async with self._engine.begin() as connection:
            return await write_audit(connection, change, now)

    async def finish(
        self,
        entry_id: int,
        outcome: Outcome,
        after: Mapping[str, Any] | None = None,
        *,
        lead_id: UUID | None = None,
    ) -> None:
        """Say how it went.

        Args:
            after: how things stand now; None leaves what was written at the beginning.
            lead_id: the lead it turned out to be about; None leaves what was written at the beginning.
        """
        values: dict[str, Any] = {"outcome": outcome.value}
        if lead_id is not None:
            values["lead_id"] = lead_id
        if after is not None:
            values["after"] = _plain(after)
        async with self._engine.begin() as connection:
            await connection.execute(update(_ENTRIES).where(_ENTRIES.c.id == entry_id).values(values))


def _plain(values: Mapping[str, Any] | None) -> Any:
    if values is None:
        return null()  # SQL's; None would be written as JSON's.
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}
