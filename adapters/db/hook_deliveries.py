"""What other programs delivered, in the database: each once, with what became of it, and what can be replayed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, func, select, tuple_, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.alerts import AlertKind, raise_alert, resolve_alert
from adapters.db.paging import COUNTED, PAGE, count_some, cursor_after, place_of
from adapters.db.rows import HookDeliveryRow, table_of

BODY_KEPT_FOR = timedelta(days=30)
SHOWN = 100
_DELIVERIES = table_of(HookDeliveryRow)
_NEW = postgresql.insert(_DELIVERIES)


class DeliveryState(StrEnum):
    """What became of a delivery."""

    TAKEN = "taken"
    """A lead was made of it, or it was added to the lead of the same person."""
    FAILED = "failed"
    """No lead could be made of it; `error` says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDelivery:
    """A delivery."""

    id: UUID
    hook: str
    external_id: str
    received_at: datetime
    state: DeliveryState
    lead_id: UUID | None
    error: str | None
    """Why no lead could be made of it, and what to do."""
    body: str | None
    """As it came; forgotten after 30 days."""
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class HookDeliveryList:
    """Some deliveries, newest first."""

    items: list[HookDelivery]
    total: int
    total_exact: bool
    """False: there are more than `total`."""
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """A delivery as a line of a list, without what it held."""

    id: UUID
    hook: str
    external_id: str
    received_at: datetime
    state: DeliveryState
    lead_id: UUID | None
    error: str | None
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryLines:
    """Some lines, newest first."""

    items: list[DeliveryLine]
    total: int
    total_exact: bool
    """False: there are more than `total`."""
    next_cursor: str | None


class DeliveredBefore(Exception):
    """This very delivery was taken before."""


class NotReplayable(LookupError):
    """A delivery that can't be replayed; the message says why."""


class HookDeliveries:
    """The deliveries."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def fail(self, hook: str, external_id: str, body: str, error: str, now: datetime) -> None:
        """Keep a delivery that no lead could be made of, and have an admin see to it.

        Raises:
            DeliveredBefore: it was taken before.
        """
        async with self._engine.begin() as connection:
            await claim(connection, hook, external_id, body, now, error=error)
            await _alert(connection, hook, now)

    async def fail_again(self, delivery: HookDelivery, error: str, now: datetime) -> None:
        """A replay brought no lead either."""
        values = {"error": error, "replayed_at": now}
        async with self._engine.begin() as connection:
            await connection.execute(update(_DELIVERIES).where(_DELIVERIES.c.id == delivery.id).values(values))

    async def all(
        self, *, hook: str | None = None, state: str | None = None, limit: int = SHOWN, cursor: str | None = None
    ) -> HookDeliveryList:
        """A page of deliveries, newest first.

        Raises:
            BadCursor: no page gave this cursor out.
        """
        rows, total, next_cursor = await self._page(list(_DELIVERIES.c), _of(hook, state), limit, cursor)
        return HookDeliveryList(
            [_read(row._mapping) for row in rows], min(total, COUNTED), total <= COUNTED, next_cursor
        )

    async def lines(
        self, *, hook: str | None = None, state: str | None = None, limit: int = PAGE, cursor: str | None = None
    ) -> DeliveryLines:
        """The same without what they held, which may be long.

        Raises:
            BadCursor: no page gave this cursor out.
        """
        columns = [_DELIVERIES.c[name] for name in DeliveryLine.__dataclass_fields__]
        rows, total, next_cursor = await self._page(columns, _of(hook, state), limit, cursor)
        lines = [DeliveryLine(**{**row._mapping, "state": DeliveryState(row.state)}) for row in rows]
        return DeliveryLines(lines, min(total, COUNTED), total <= COUNTED, next_cursor)

    async def one(self, delivery_id: UUID) -> HookDelivery | None:
        """A delivery with what it held; None when there is none, or not any more."""
        async with self._engine.connect() as connection:
            found = await connection.execute(select(_DELIVERIES).where(_DELIVERIES.c.id == delivery_id))
            row = found.mappings().one_or_none()
        return _read(row) if row is not None else None

    async def _page(
        self, columns: Sequence[Any], wanted: Sequence[ColumnElement[bool]], limit: int, cursor: str | None
    ) -> tuple[Sequence[Row[Any]], int, str | None]:
        order = (_DELIVERIES.c.received_at, _DELIVERIES.c.id)
        page = select(*columns).where(*wanted).order_by(*(column.desc() for column in order)).limit(limit + 1)
        if cursor is not None:
            page = page.where(tuple_(*order) < tuple_(*place_of(cursor)))
        async with self._engine.connect() as connection:
            total = await count_some(connection, select(_DELIVERIES.c.id).where(*wanted))
            rows = (await connection.execute(page)).all()
        return rows[:limit], total, cursor_after(rows, limit, "received_at", "id")

    async def called(self, beginning: str) -> list[HookDelivery]:
        """The deliveries whose ids begin so; three at most."""
        ids = _DELIVERIES.c.id.cast(postgresql.TEXT)
        wanted = select(_DELIVERIES).where(ids.startswith(beginning.lower(), autoescape=True)).limit(3)
        async with self._engine.connect() as connection:
            return [_read(row) for row in (await connection.execute(wanted)).mappings()]

    async def failed(self, delivery_id: UUID) -> HookDelivery:
        """A delivery that can be replayed.

        Raises:
            NotReplayable: there is none, it is a lead already, or its body is forgotten.
        """
        async with self._engine.connect() as connection:
            found = await connection.execute(select(_DELIVERIES).where(_DELIVERIES.c.id == delivery_id))
            row = found.mappings().one_or_none()
        if row is None:
            raise NotReplayable("there is no such delivery")
        if row["state"] == DeliveryState.TAKEN:
            raise NotReplayable(f"it is lead {row['lead_id']} already")
        if row["body"] is None:
            raise NotReplayable(f"what it held was forgotten after {BODY_KEPT_FOR.days} days")
        return _read(row)


def _of(hook: str | None, state: str | None) -> list[ColumnElement[bool]]:
    of = ((_DELIVERIES.c.hook, hook), (_DELIVERIES.c.state, state))
    return [column == value for column, value in of if value is not None]


async def claim(
    connection: AsyncConnection, hook: str, external_id: str, body: str, now: datetime, error: str | None = None
) -> UUID:
    """Take a delivery in the transaction that stores what it brings; one that failed may be sent once more.

    Args:
        error: why no lead can be made of it.

    Returns:
        Its id.

    Raises:
        DeliveredBefore: it was taken before.
    """
    await _forget_bodies(connection, now)
    state = DeliveryState.TAKEN if error is None else DeliveryState.FAILED
    values = {"received_at": now, "state": state.value, "error": error, "body": body}
    new = _NEW.values(id=uuid4(), hook=hook, external_id=external_id, **values).on_conflict_do_update(
        index_elements=[_DELIVERIES.c.hook, _DELIVERIES.c.external_id],
        set_=values,
        where=_DELIVERIES.c.state == DeliveryState.FAILED.value,
    )
    delivery_id: UUID | None = await connection.scalar(new.returning(_DELIVERIES.c.id))
    if delivery_id is None:
        raise DeliveredBefore
    return delivery_id


async def claim_replay(connection: AsyncConnection, delivery: HookDelivery, now: datetime) -> None:
    """Take a failed delivery anew, in the transaction that stores what it brings.

    Raises:
        NotReplayable: somebody else replayed it meanwhile.
    """
    values = {"state": DeliveryState.TAKEN.value, "error": None, "replayed_at": now}
    is_failed = _DELIVERIES.c.state == DeliveryState.FAILED.value
    taken = update(_DELIVERIES).where(_DELIVERIES.c.id == delivery.id, is_failed).values(values)
    if await connection.scalar(taken.returning(_DELIVERIES.c.id)) is None:
        raise NotReplayable("somebody else replayed it just now")
    others = select(_DELIVERIES.c.id).where(_DELIVERIES.c.hook == delivery.hook, is_failed).limit(1)
    if await connection.scalar(others) is None:
        await resolve_alert(connection, AlertKind.PLAYBOOK, _subject(delivery.hook), "followthrough", now)


async def brought(connection: AsyncConnection, delivery_id: UUID, lead_id: UUID) -> None:
    """Note which lead a delivery brought."""
    await connection.execute(update(_DELIVERIES).where(_DELIVERIES.c.id == delivery_id).values(lead_id=lead_id))


async def _alert(connection: AsyncConnection, hook: str, now: datetime) -> None:
    text = "what it delivered could not be read: see `follow hooks deliveries --state failed`, mend the file, replay"
    await raise_alert(connection, AlertKind.PLAYBOOK, _subject(hook), text, now)


def _subject(hook: str) -> str:
    return f"deliveries to hooks/{hook}.yaml"


async def _forget_bodies(connection: AsyncConnection, now: datetime) -> None:
    is_old = (_DELIVERIES.c.body.is_not(None), _DELIVERIES.c.received_at < now - BODY_KEPT_FOR)
    # The ids of a claim that waits for another one's end must not be waited for here.
    old = select(_DELIVERIES.c.id).where(*is_old).limit(SHOWN).with_for_update(skip_locked=True)
    forgotten = update(_DELIVERIES).where(_DELIVERIES.c.id.in_(old)).values(body=None, error=_without_values())
    await connection.execute(forgotten)


def _without_values() -> Any:
    """Why it failed may repeat what somebody wrote."""
    return func.left(_DELIVERIES.c.error, 0)


def _read(row: Any) -> HookDelivery:
    return HookDelivery(**{**row, "state": DeliveryState(row["state"])})
