"""The connection pool to PostgreSQL, and how JSON crosses it."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def _plain(value: Any) -> Any:
    """What JSONB keeps of the values that our documents hold."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} can't be kept as JSON")


def _dumps(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False)


def connect(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """A pool of connections to a `postgresql+asyncpg://` URL. Errors name no values: they may be private."""
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=False,
        json_serializer=_dumps,
        hide_parameters=True,
    )
