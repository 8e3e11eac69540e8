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
    place = json.dumps([last[instant].isoformat(), str(last[name])])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def place_of(cursor: str) -> tuple[datetime, UUID]:
    """The place that a page's cursor names.

    Raises:
        BadCursor: no page gave it out.
    """
    try:
        instant, name = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        at, row_id = datetime.fromisoformat(instant), UUID(name)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadCursor("take the cursor from `next_cursor` of the page before") from error
    # Pages give out UTC only; at the calendar's ends any other offset leads out of what PostgreSQL can be asked.
    if at.utcoffset() != timedelta(0):
        raise BadCursor("take the cursor from `next_cursor` of the page before")
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
