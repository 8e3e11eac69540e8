"""Messages that really went out, or were to, as the ledger keeps them: newest first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.engine import statement_by_statement
from adapters.db.paging import PAGE, cursor_after, place_of
from adapters.db.rows import ContactPointRow, TouchRow, table_of
from adapters.db.suppressions import kind_of
from leads.model import Channel
from leads.sending import TouchState

_TOUCHES, _POINTS = table_of(TouchRow), table_of(ContactPointRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message of the ledger."""

    id: UUID
    lead_id: UUID
    channel: Channel
    state: TouchState
    contact: str | None
    sender: str | None
    subject: str | None
    text: str | None
    segments: int | None
    happened_at: datetime
    """When it was claimed."""
    settled_at: datetime | None
    provider: str | None
    provider_message_id: str | None
    error: str | None
    bounced_at: datetime | None
    complained_at: datetime | None


@dataclass(frozen=True, slots=True)
class SentPage:
    """Some messages, newest first."""

    items: list[SentMessage]
    next_cursor: str | None


_COLUMNS = tuple(_TOUCHES.c[name] for name in SentMessage.__dataclass_fields__)


class SentMessages:
    """Reads the ledger's messages."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = statement_by_statement(engine)

    async def page(
        self,
        channels: Collection[Channel],
        *,
        lead_id: UUID | None = None,
        recipient: str | None = None,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> SentPage:
        """A page of messages.

        Args:
            channels: of these only.
            lead_id: only what went to this lead.
            recipient: the whole address or number, normalised: who has it got the message.

        Raises:
            BadCursor: no page gave this cursor out.
        """
        wanted = [*_messages(), _TOUCHES.c.channel.in_([one.value for one in channels])]
        if lead_id is not None:
            wanted.append(_TOUCHES.c.lead_id == lead_id)
        if recipient is not None:
            is_theirs = (_POINTS.c.kind == kind_of(recipient).value, _POINTS.c.value == recipient)
            whose = select(_POINTS.c.lead_id).where(*is_theirs).scalar_subquery()
            wanted += [_TOUCHES.c.lead_id == whose, _TOUCHES.c.contact == recipient]
        order = (_TOUCHES.c.happened_at, _TOUCHES.c.id)
        page = select(*_COLUMNS).where(*wanted).order_by(*(column.desc() for column in order)).limit(limit + 1)
        if cursor is not None:
            page = page.where(tuple_(*order) < tuple_(*place_of(cursor)))
        async with self._engine.connect() as connection:
            rows = (await connection.execute(page)).all()
        return SentPage([_read(row._mapping) for row in rows[:limit]], cursor_after(rows, limit, "happened_at", "id"))

    async def one(self, touch_id: UUID) -> SentMessage | None:
        """One message; None when there is none, or not any more."""
        wanted = select(*_COLUMNS).where(_TOUCHES.c.id == touch_id, *_messages())
        async with self._engine.connect() as connection:
            row = (await connection.execute(wanted)).mappings().one_or_none()
        return _read(row) if row is not None else None


def _messages() -> list[ColumnElement[bool]]:
    return [_TOUCHES.c.state != TouchState.MADE]


def _read(row: Any) -> SentMessage:
    return SentMessage(**{**row, "channel": Channel(row["channel"]), "state": TouchState(row["state"])})
