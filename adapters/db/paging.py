"""What lists in pages share: where one page ends and the next begins, how many there are, and what a search finds."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

PAGE = 50
MAX_PAGE = 200
COUNTED = 10_000
"""A page says how many there are in all up to this many."""

_TAKE_ANOTHER = "take the cursor from `next_cursor` of the page before"


class BadCursor(ValueError):
    """The cursor is none that a page gave out."""


def cursor_after(rows: Sequence[Row[*tuple[Any, ...]]], limit: int, instant: str, name: str) -> str | None:
    """Where the next page begins; None when this one is the last.

    Args:
        rows: one more than the page shows, if there are more.
        instant: the column that the pages are ordered by.
        name: the column with the id that decides between equal ones.
    """
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]._mapping
    return open_cursor(last[instant], last[name])


def open_cursor(at: datetime | None, row_id: UUID) -> str:
    """The cursor of a place, which may be one without an instant."""
    place = json.dumps([at.isoformat() if at is not None else None, str(row_id)])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def place_of(cursor: str) -> tuple[datetime, UUID]:
    """The place that a page's cursor names, where every place has an instant.

    Raises:
        BadCursor: no page gave it out.
    """
    at, row_id = open_place_of(cursor)
    if at is None:
        raise BadCursor(_TAKE_ANOTHER)
    return at, row_id


def open_place_of(cursor: str) -> tuple[datetime | None, UUID]:
    """The place that a page's cursor names, with an instant or without one.

    Raises:
        BadCursor: no page gave it out.
    """
    try:
        instant, name = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        at, row_id = (None if instant is None else datetime.fromisoformat(instant)), UUID(name)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadCursor(_TAKE_ANOTHER) from error
    # Pages give out UTC only; at the calendar's ends any other offset leads out of what PostgreSQL can be asked.
    if at is not None and at.utcoffset() != timedelta(0):
        raise BadCursor(_TAKE_ANOTHER)
    return at, row_id


async def count_some(connection: AsyncConnection, rows: Select[Any]) -> int:
    """How many there are; one more than `COUNTED` for all that are more."""
    some = rows.limit(COUNTED + 1).subquery()
    return int(await connection.scalar(select(func.count()).select_from(some)) or 0)


def contains(column: Any, q: str) -> ColumnElement[bool]:
    """Whether a text occurs in a column, in any case; nothing in it means anything but itself."""
    literally = q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    condition: ColumnElement[bool] = column.ilike(f"%{literally}%", escape="\\")
    return condition
