"""The local outbox as people read it: every message that would have gone out, as the recipient would get it."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.engine import statement_by_statement
from adapters.db.paging import COUNTED, PAGE, contains, count_some, cursor_after, place_of
from adapters.db.rows import OutboxRow
from adapters.db.views import OutboxMessage, OutboxPage


class Outbox:
    """Reads the local outbox."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = statement_by_statement(engine)

    async def page(
        self,
        *,
        lead_id: UUID | None = None,
        recipient: str | None = None,
        channel: str | None = None,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> OutboxPage:
        """A page of the messages, newest first.

        Args:
            lead_id: only what went to this lead; mails about it to colleagues are left out.
            recipient: part of the address or number that they went to, in any case.
            channel: only emails, or only texts.

        Raises:
            BadCursor: no page gave this cursor out.
        """
        wanted: list[ColumnElement[bool]] = []
        if lead_id is not None:
            wanted += [OutboxRow.lead_id == lead_id, OutboxRow.internal.is_(False)]
        if recipient:
            wanted.append(contains(OutboxRow.recipient, recipient))
        if channel is not None:
            wanted.append(OutboxRow.channel == channel)
        order = (OutboxRow.accepted_at, OutboxRow.touch_id)
        page = (
            select(OutboxRow.__table__).where(*wanted).order_by(*(column.desc() for column in order)).limit(limit + 1)
        )
        if cursor is not None:
            page = page.where(tuple_(*order) < tuple_(*place_of(cursor)))
        async with self._engine.connect() as connection:
            total = await count_some(connection, select(OutboxRow.touch_id).where(*wanted))
            rows = (await connection.execute(page)).all()
        return OutboxPage(
            items=[_read(row) for row in rows[:limit]],
            total=min(total, COUNTED),
            total_exact=total <= COUNTED,
            next_cursor=cursor_after(rows, limit, "accepted_at", "touch_id"),
        )

    async def message(self, touch_id: UUID) -> OutboxMessage | None:
        """One message; None when there is none, or not any more."""
        async with self._engine.connect() as connection:
            found = await connection.execute(select(OutboxRow.__table__).where(OutboxRow.touch_id == touch_id))
            row = found.one_or_none()
        return _read(row) if row is not None else None


def _read(row: Row[Any]) -> OutboxMessage:
    headers = [(name, value) for name, value in row.headers]
    return OutboxMessage(**{**row._mapping, "headers": headers})
