"""Sessions of the console: a random text in a cookie, kept here as its digest, that lasts, idles out and is revoked."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.accounts import digest_of
from adapters.db.engine import statement_by_statement
from adapters.db.rows import ColleagueRow, SessionRow, table_of
from leads.model import Role

LASTS = timedelta(days=14)
"""After this long everybody signs in again."""
IDLE = timedelta(hours=12)
"""After this long without a sign of life one signs in again: overnight."""
_SEEN_EVERY = timedelta(minutes=5)
_KEPT = timedelta(days=90)
_LONGEST_AGENT = 200
_RANDOM_BYTES = 32
_SESSIONS, _COLLEAGUES = table_of(SessionRow), table_of(ColleagueRow)


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in."""

    id: str
    name: str
    role: Role
    zone: str | None
    session_id: UUID


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as its owner, or an admin, sees it."""

    id: UUID
    colleague_id: str
    how: str
    agent: str
    created_at: datetime
    seen_at: datetime


class Sessions:
    """Who is signed in where."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = statement_by_statement(engine)

    async def begin(self, colleague_id: str, how: str, agent: str, now: datetime) -> str:
        """The text for the cookie of a new session."""
        text = secrets.token_urlsafe(_RANDOM_BYTES)
        async with self._engine.begin() as connection:
            await connection.execute(delete(_SESSIONS).where(_SESSIONS.c.expires_at < now - _KEPT))
            await connection.execute(
                insert(_SESSIONS).values(
                    id=uuid4(),
                    digest=digest_of(text),
                    colleague_id=colleague_id,
                    how=how,
                    agent=agent[:_LONGEST_AGENT],
                    created_at=now,
                    seen_at=now,
                    expires_at=now + LASTS,
                )
            )
        return text

    async def find(self, text: str, now: datetime) -> Person | None:
        """Who is signed in with this cookie; being asked is a sign of life."""
        return await self._one(_SESSIONS.c.digest == digest_of(text), now)

    async def still(self, session_id: UUID, now: datetime) -> Person | None:
        """Who is signed in, as the colleague's role is now; None once the session is over."""
        return await self._one(_SESSIONS.c.id == session_id, now)

    async def alive(self, session_ids: Collection[UUID], now: datetime) -> set[UUID]:
        """Which of these sessions are not over."""
        wanted = living(now).with_only_columns(_SESSIONS.c.id).where(_SESSIONS.c.id.in_(session_ids))
        async with self._reading.connect() as connection:
            return set((await connection.execute(wanted)).scalars())

    async def of(self, colleague_id: str | None, now: datetime) -> list[SessionView]:
        """The living sessions of a colleague, or of everybody; the one last seen first."""
        columns = (_SESSIONS.c[name] for name in ("id", "colleague_id", "how", "agent", "created_at", "seen_at"))
        wanted = living(now).with_only_columns(*columns).order_by(_SESSIONS.c.seen_at.desc())
        if colleague_id is not None:
            wanted = wanted.where(_SESSIONS.c.colleague_id == colleague_id)
        async with self._reading.connect() as connection:
            return [SessionView(*row) for row in await connection.execute(wanted)]

    async def revoke(self, session_id: UUID, now: datetime) -> None:
        """End one session at once."""
        await self._revoke(_SESSIONS.c.id == session_id, now)

    async def revoke_all(self, colleague_id: str, now: datetime, *, but: UUID | None = None) -> int:
        """End all sessions of a colleague at once, except perhaps one; how many there were."""
        mine = _SESSIONS.c.colleague_id == colleague_id
        return await self._revoke(mine if but is None else mine & (_SESSIONS.c.id != but), now)

    async def _revoke(self, which: ColumnElement[bool], now: datetime) -> int:
        ended = update(_SESSIONS).where(which, _SESSIONS.c.revoked_at.is_(None)).values(revoked_at=now)
        async with self._engine.begin() as connection:
            return (await connection.execute(ended)).rowcount

    async def _one(self, which: ColumnElement[bool], now: datetime) -> Person | None:
        async with self._reading.connect() as connection:
            row = (await connection.execute(living(now).where(which))).one_or_none()
            if row is None:
                return None
            if row.seen_at < now - _SEEN_EVERY:
                seen = update(_SESSIONS).where(_SESSIONS.c.id == row.session_id).values(seen_at=now)
                await connection.execute(seen)
        return Person(row.id, row.name, Role(row.role), row.zone, row.session_id)


def living(now: datetime) -> Select[Any]:
    return (
        select(
            _COLLEAGUES.c.id,
            _COLLEAGUES.c.name,
            _COLLEAGUES.c.role,
            _COLLEAGUES.c.zone,
            _SESSIONS.c.id.label("session_id"),
            _SESSIONS.c.seen_at,
        )
        .join(_COLLEAGUES, _COLLEAGUES.c.id == _SESSIONS.c.colleague_id)
        .where(
            _COLLEAGUES.c.active,
            _SESSIONS.c.revoked_at.is_(None),
            _SESSIONS.c.expires_at > now,
            _SESSIONS.c.seen_at > now - IDLE,
        )
    )
