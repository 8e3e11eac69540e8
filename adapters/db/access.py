"""Who may call, and what was already done under a caller's key: API tokens and idempotency keys.

A key's row is written before the work; its answer is written in the work's own transaction, while the row is locked.
So a crash leaves either neither the work nor the answer (the caller repeats and the work is done) or both (the caller
repeats and gets the answer). The row's lock tells that the work is running; a crash releases it, so nothing expires.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Text, and_, cast, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.engine import statement_by_statement
from adapters.db.rows import ApiTokenRow, IdempotencyKeyRow

TOKEN_PREFIX = "ft_"
KEYS_KEPT = timedelta(days=7)
_TOKEN_BYTES = 32
_FORGOTTEN_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token that is in force."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as an admin sees it: never its text, which nobody keeps."""

    id: UUID
    name: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class RepeatableWrite:
    """A write that its caller may repeat: the caller's key, and a digest of what is asked."""

    key: str
    token_id: UUID
    digest: str


class AlreadyAnswered(Exception):
    """The write was done before; this is the answer it got."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__("answered before")
        self.status = status
        self.body = body


class KeyReused(Exception):
    """The key belongs to another request."""


class StillRunning(Exception):
    """The same request is being worked on."""


def token_digest(text: str) -> str:
    """SHA-256 of a token's text, in hexadecimal: all that is kept of it."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


class ApiTokens:
    """The bearer tokens."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = statement_by_statement(engine)

    async def create(self, name: str, now: datetime) -> str:
        """A new token's text; it is shown this once and kept as a digest only."""
        text = TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
        async with self._engine.begin() as connection:
            await connection.execute(
                insert(ApiTokenRow).values(id=uuid4(), name=name, digest=token_digest(text), created_at=now)
            )
        return text

    async def find(self, text: str) -> Token | None:
        """The token in force with this text, if there is one.

        It is found by its digest, so how long that takes tells nothing about any token's text.
        """
        if not text.startswith(TOKEN_PREFIX):
            return None
        digest = token_digest(text)
        async with self._reading.connect() as connection:
            found = await connection.execute(
                select(ApiTokenRow.id, ApiTokenRow.name, ApiTokenRow.digest).where(
                    ApiTokenRow.digest == digest, ApiTokenRow.revoked_at.is_(None)
                )
            )
            row = found.one_or_none()
        if row is None or not hmac.compare_digest(row.digest, digest):
            return None
        return Token(row.id, row.name)

    async def all(self) -> list[TokenView]:
        """Every token, those in force first, the newest first."""
        columns = (ApiTokenRow.id, ApiTokenRow.name, ApiTokenRow.created_at, ApiTokenRow.revoked_at)
        order = (ApiTokenRow.revoked_at.is_not(None), ApiTokenRow.created_at.desc(), ApiTokenRow.id)
        async with self._reading.connect() as connection:
            return [TokenView(*row) for row in await connection.execute(select(*columns).order_by(*order))]

    async def revoke_one(self, token_id: UUID, now: datetime) -> bool:
        """Revoke one token, at once; False when it is not in force."""
        this = (ApiTokenRow.id == token_id, ApiTokenRow.revoked_at.is_(None))
        async with self._engine.begin() as connection:
            return bool((await connection.execute(update(ApiTokenRow).where(*this).values(revoked_at=now))).rowcount)

    async def revoke(self, name: str, now: datetime) -> int:
        """Revoke all tokens of a name, at once; how many there were."""
        async with self._engine.begin() as connection:
            revoked = await connection.execute(
                update(ApiTokenRow)
                .where(ApiTokenRow.name == name, ApiTokenRow.revoked_at.is_(None))
                .values(revoked_at=now)
            )
            return revoked.rowcount


class IdempotencyKeys:
    """What was done under the keys of callers."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def begin(self, write: RepeatableWrite, now: datetime) -> None:
        """Reserve the key before the work.

        Raises:
            AlreadyAnswered: the work was done before.
            KeyReused: the key was given with another request.
            StillRunning: the same request is being worked on.
        """
        async with self._engine.begin() as connection:
            row = (await connection.execute(_row_of(write).with_for_update(skip_locked=True))).one_or_none()
            if row is None:
                if await self._reserved(connection, write, now):
                    return
                raise StillRunning
            if row.created_at < now - KEYS_KEPT:
                await connection.execute(_row_update(write, request_digest=write.digest, created_at=now, status=None))
                return
            _judge(row, write)

    async def claim(self, connection: AsyncConnection, write: RepeatableWrite, now: datetime) -> None:
        """Lock the key in the work's transaction, before the work is decided.

        Raises:
            AlreadyAnswered: the work was done in between.
            KeyReused: the key was given with another request in between.
        """
        found = await connection.execute(_row_of(write).with_for_update())
        row = found.one_or_none()
        if row is None:
            # The first request was refused in between and let go of the key.
            await connection.execute(_new_row(write, now))
            row = (await connection.execute(_row_of(write).with_for_update())).one()
        _judge(row, write)

    async def keep(
        self, connection: AsyncConnection, write: RepeatableWrite, status: int, body: Mapping[str, Any]
    ) -> None:
        """Write the answer in the work's transaction, so that both commit or neither does."""
        await connection.execute(_row_update(write, status=status, body=dict(body)))

    async def finish(self, write: RepeatableWrite, status: int, body: Mapping[str, Any], now: datetime) -> None:
        """Write, or write anew, the answer of a work that has committed."""
        async with self._engine.begin() as connection:
            await connection.execute(_new_row(write, now))
            await connection.execute(
                _row_update(write, status=status, body=dict(body)).where(
                    IdempotencyKeyRow.request_digest == write.digest,
                    # The lead may have been erased since; then its answer is not written again.
                    IdempotencyKeyRow.status.is_distinct_from(HTTPStatus.GONE.value),
                )
            )

    async def let_go(self, write: RepeatableWrite) -> None:
        """Free the key of a request that was refused: nothing was done, so it may be corrected and sent again."""
        async with self._engine.begin() as connection:
            await connection.execute(
                delete(IdempotencyKeyRow).where(
                    _is(write),
                    IdempotencyKeyRow.request_digest == write.digest,
                    IdempotencyKeyRow.status.is_(None),
                )
            )

    async def _reserved(self, connection: AsyncConnection, write: RepeatableWrite, now: datetime) -> bool:
        """Insert the key; False when somebody else has it, who must then be at work on it."""
        # Looking first, since an insert would wait for whoever is about to commit an answer.
        row = (await connection.execute(_row_of(write))).one_or_none()
        if row is not None:
            _judge(row, write)
            return False
        made = await connection.execute(_new_row(write, now).returning(IdempotencyKeyRow.key))
        if made.first() is None:
            return False
        await self._forget(connection, now)
        return True

    async def _forget(self, connection: AsyncConnection, now: datetime) -> None:
        """Remove some keys that are too old, whenever a new one comes: no more than a few, so nobody waits."""
        key, token = IdempotencyKeyRow.key, IdempotencyKeyRow.token_id
        old = (
            select(key, token)
            .where(IdempotencyKeyRow.created_at < now - KEYS_KEPT)
            .limit(_FORGOTTEN_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        await connection.execute(delete(IdempotencyKeyRow).where(tuple_(key, token).in_(old)))


async def forget_answers(connection: AsyncConnection, lead_id: UUID) -> None:
    """Let every answer that mentions a lead say that it was erased, so that no write is done again under its key."""
    body = {"title": HTTPStatus.GONE.phrase, "status": HTTPStatus.GONE.value, "detail": "the lead was erased"}
    await connection.execute(
        update(IdempotencyKeyRow)
        .where(cast(IdempotencyKeyRow.body, Text).contains(str(lead_id)))
        .values(status=HTTPStatus.GONE.value, body={"type": "about:blank", **body})
    )


def request_digest(method: str, path: str, body: bytes) -> str:
    """What makes two requests under one key the same."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def _is(write: RepeatableWrite) -> Any:
    return and_(IdempotencyKeyRow.key == write.key, IdempotencyKeyRow.token_id == write.token_id)


def _row_of(write: RepeatableWrite) -> Any:
    row = IdempotencyKeyRow
    return select(row.request_digest, row.status, row.body, row.created_at).where(_is(write))


def _row_update(write: RepeatableWrite, **values: Any) -> Any:
    return update(IdempotencyKeyRow).where(_is(write)).values(values)


def _new_row(write: RepeatableWrite, now: datetime) -> Any:
    return (
        insert(IdempotencyKeyRow)
        .values(key=write.key, token_id=write.token_id, request_digest=write.digest, created_at=now)
        .on_conflict_do_nothing()
    )


def _judge(row: Any, write: RepeatableWrite) -> None:
    if row.request_digest != write.digest:
        raise KeyReused
    if row.status is not None:
        raise AlreadyAnswered(row.status, row.body or {})
