"""The connection pool to PostgreSQL, how JSON crosses it, and which errors mean that PostgreSQL has trouble."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

DATABASE_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""All kinds of errors that come from the database; `is_trouble` tells its trouble from our mistakes."""
_TROUBLE_CLASSES = frozenset({"08", "28", "3D", "53", "57", "58"})
"""Of SQLSTATE: connections, logging in, no such database, resources, an operator, its machine."""
_TROUBLE_STATES = frozenset(
    {
        "25006",  # read only: a standby that is not promoted yet
        "25P03",  # idle in a transaction for too long
        "25P04",  # a transaction took too long
        "40001",  # serialisation failure
        "40003",  # nobody knows whether a statement was completed
        "40P01",  # deadlock
        "55000",  # the database takes no connections
        "55P03",  # waited too long for a lock
    }
)


def is_trouble(error: BaseException) -> bool:
    """Whether the error says that PostgreSQL is away, full or in trouble: the same may work in a while.

    Everything else (a broken constraint, a wrong statement, a value that it can't take) is a mistake of ours.
    """
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    said = driver_error(error)
    if isinstance(said, OSError | NoConnectionFree):
        return True
    state = getattr(said, "sqlstate", None)
    if state is not None:
        return state[:2] in _TROUBLE_CLASSES or state in _TROUBLE_STATES
    # A value that the driver can't send is an `InterfaceError` too.
    trouble = isinstance(said, asyncpg.InterfaceError | asyncpg.InternalClientError | InterfaceError | OperationalError)
    return trouble and not isinstance(said, ValueError)


def driver_error(error: BaseException) -> BaseException:
    """What the driver said, without SQLAlchemy's two wrappings; the error itself when it said nothing."""
    said = getattr(error.orig, "orig", None) if isinstance(error, DBAPIError) else None
    return said if isinstance(said, BaseException) else error


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
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=False,
        json_serializer=_dumps,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "checkout", _still_open)
    return engine


def statement_by_statement(engine: AsyncEngine) -> AsyncEngine:
    """The same pool for work in which each statement is its own transaction, which takes two round trips less."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _still_open(connection: Any, _record: Any, _proxy: Any) -> None:
    """Let the pool replace a connection that the server has closed.

    The driver knows by itself. Asking the server, as `pool_pre_ping` does, takes three round trips at every checkout.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError
