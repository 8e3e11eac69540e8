"""The audit log as an admin reads it: who changed what, from what to what, and when; newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.audit_log import Outcome
from adapters.db.engine import statement_by_statement
from adapters.db.paging import PAGE
from adapters.db.rows import AuditEntryRow, LeadRow, table_of

_ENTRIES, _LEADS = table_of(AuditEntryRow), table_of(LeadRow)
_LOOKED_THROUGH = 10_000
"""Of so many newest entries the actions are offered to choose from."""
_SLACK = 100
"""So many entries may be numbered in another order than their clocks say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """A change that somebody made."""

    id: int
    at: datetime
    by: str
    via: str
    action: str
    lead_id: UUID | None
    lead_name: str | None
    """What the lead is called now; None for one that is erased or merged."""
    subject: str | None
    outcome: Outcome
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Some changes, newest first."""

    items: list[EntryView]
    next_before: int | None
    """The next page begins before this entry; None when this one is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which changes."""

    by: str | None = None
    action: str | None = None
    lead_id: UUID | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Up to, and without, this instant."""


class AuditReading:
    """Reads the audit log."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = statement_by_statement(engine)

    async def page(self, asked: Asked, *, before: int | None = None, limit: int = PAGE) -> EntryPage:
        """A page of changes.

        Args:
            before: the page before ended with this entry.
        """
        async with self._engine.connect() as connection:
            wanted = [*_matching(asked), *await _between(connection, asked)]
            if before is not None:
                wanted.append(_ENTRIES.c.id < before)
            columns = [_ENTRIES.c[name] for name in EntryView.__dataclass_fields__ if name != "lead_name"]
            page = (
                select(*columns, _LEADS.c.name.label("lead_name"))
                .outerjoin(_LEADS, _LEADS.c.id == _ENTRIES.c.lead_id)
                .where(*wanted)
                .order_by(_ENTRIES.c.id.desc())
                .limit(limit + 1)
            )
            rows = (await connection.execute(page)).mappings().all()
        items = [EntryView(**{**row, "outcome": Outcome(row["outcome"])}) for row in rows[:limit]]
        return EntryPage(items, items[-1].id if len(rows) > limit else None)

    async def actions(self) -> list[str]:
        """What was done lately, by name."""
        newest = select(_ENTRIES.c.action).order_by(_ENTRIES.c.id.desc()).limit(_LOOKED_THROUGH).subquery()
        async with self._engine.connect() as connection:
            found = await connection.execute(select(newest.c.action).distinct().order_by(newest.c.action))
            return list(found.scalars())


def _matching(asked: Asked) -> list[ColumnElement[bool]]:
    columns = ((_ENTRIES.c.by, asked.by), (_ENTRIES.c.action, asked.action), (_ENTRIES.c.lead_id, asked.lead_id))
    wanted = [column == value for column, value in columns if value is not None]
    if asked.outcome is not None:
        wanted.append(_ENTRIES.c.outcome == asked.outcome.value)
    return wanted


async def _between(connection: AsyncConnection, asked: Asked) -> list[ColumnElement[bool]]:
    """The time as a range of ids too, since every list is in their order and entries are numbered as they come."""
    wanted: list[ColumnElement[bool]] = []
    at, id_ = _ENTRIES.c.at, _ENTRIES.c.id
    if asked.since is not None:
        first = await connection.scalar(select(id_).where(at >= asked.since).order_by(at, id_).limit(1))
        wanted += [at >= asked.since, id_ >= (first or 0) - _SLACK]
    if asked.until is not None:
        last = await connection.scalar(select(id_).where(at < asked.until).order_by(at.desc(), id_.desc()).limit(1))
        wanted += [at < asked.until, id_ <= (last or 0) + _SLACK]
    return wanted
