"""Accounts of the console: who may sign in, with which password, by which invitation; and failed attempts."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.rows import AccountRow, ColleagueRow, InvitationRow, SignInAttemptRow, table_of
from leads.model import Role

INVITATION_LASTS = timedelta(days=7)
ATTEMPTS_COUNT_FOR = timedelta(minutes=15)
MOST_FOR_ONE_NAME_FROM_ONE_ADDRESS = 5
MOST_FROM_ONE_ADDRESS = 30
MOST_FOR_ONE_NAME = 50
_RANDOM_BYTES = 32
_TURNS = 6091283340174425883
"""The advisory lock under which attempts to sign in are counted."""
_TAKE_TURNS = select(func.pg_advisory_xact_lock(_TURNS))
_COLLEAGUES, _ACCOUNTS = table_of(ColleagueRow), table_of(AccountRow)
_INVITATIONS, _ATTEMPTS = table_of(InvitationRow), table_of(SignInAttemptRow)


@dataclass(frozen=True, slots=True)
class Known:
    """A colleague who may sign in with a password."""

    colleague_id: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that is still good."""

    digest: str
    colleague_id: str | None
    """None: it makes the first admin."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """A colleague as the page of people shows the account."""

    colleague_id: str
    has_password: bool
    invited_until: datetime | None
    """Until when an unused invitation is good."""


class InvitationSpent(Exception):
    """The invitation was used, has expired, or is none of ours."""


class Accounts:
    """Who may sign in."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def called(self, name: str) -> Known | None:
        """The active colleague of this short name or email address who has a password.

        None also where several share the address: then only the short name tells them apart.
        """
        typed = name.strip().lower()
        wanted = (
            select(_ACCOUNTS.c.colleague_id, _ACCOUNTS.c.password_hash)
            .join(_COLLEAGUES, _COLLEAGUES.c.id == _ACCOUNTS.c.colleague_id)
            .where(_COLLEAGUES.c.active, or_(_COLLEAGUES.c.id == typed, func.lower(_COLLEAGUES.c.email) == typed))
            .limit(2)
        )
        async with self._engine.connect() as connection:
            found = (await connection.execute(wanted)).all()
        return Known(found[0].colleague_id, found[0].password_hash) if len(found) == 1 else None

    async def password_hash(self, colleague_id: str) -> str | None:
        """The hash of a colleague's password, if there is one."""
        wanted = select(_ACCOUNTS.c.password_hash).where(_ACCOUNTS.c.colleague_id == colleague_id)
        async with self._engine.connect() as connection:
            return await connection.scalar(wanted)

    async def with_address(self, address: str) -> str | None:
        """The one active colleague with this email address, who need not have a password."""
        wanted = select(_COLLEAGUES.c.id).where(
            _COLLEAGUES.c.active, func.lower(_COLLEAGUES.c.email) == address.strip().lower()
        )
        async with self._engine.connect() as connection:
            found = (await connection.execute(wanted.limit(2))).scalars().all()
        return found[0] if len(found) == 1 else None

    async def has_admin(self) -> bool:
        """Whether an active admin can sign in."""
        async with self._engine.connect() as connection:
            return await _has_admin(connection)

    async def known_admin(self) -> str | None:
        """Whom the first admin's invitation lets in: whoever has that role already; None: a new colleague."""
        async with self._engine.connect() as connection:
            return await _known_admin(connection)

    async def all(self, now: datetime) -> dict[str, AccountView]:
        """Every colleague's account, by id."""
        open_until = (
            select(func.max(_INVITATIONS.c.expires_at))
            .where(
                _INVITATIONS.c.colleague_id == _COLLEAGUES.c.id,
                _INVITATIONS.c.used_at.is_(None),
                _INVITATIONS.c.expires_at > now,
            )
            .scalar_subquery()
        )
        wanted = select(_COLLEAGUES.c.id, _ACCOUNTS.c.colleague_id.is_not(None), open_until).outerjoin(
            _ACCOUNTS, _ACCOUNTS.c.colleague_id == _COLLEAGUES.c.id
        )
        async with self._engine.connect() as connection:
            found = (await connection.execute(wanted)).all()
        return {row[0]: AccountView(row[0], row[1], row[2]) for row in found}

    async def set_password(self, colleague_id: str, password_hash: str, now: datetime) -> None:
        """Let a colleague sign in with another password."""
        async with self._engine.begin() as connection:
            await _set_password(connection, colleague_id, password_hash, now)

    async def forget_password(self, colleague_id: str) -> None:
        """Let a colleague sign in with no password any more, until an invitation is used."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(_ACCOUNTS).where(_ACCOUNTS.c.colleague_id == colleague_id))

    async def invite(
        self, colleague_id: str | None, by: str, now: datetime, *, lasts: timedelta = INVITATION_LASTS
    ) -> str:
        """The text of a new invitation, shown this once; earlier ones of the same colleague are void.

        Args:
            colleague_id: whose it is; None: it makes the first admin.
        """
        text = secrets.token_urlsafe(_RANDOM_BYTES)
        same = (
            _INVITATIONS.c.colleague_id.is_(None)
            if colleague_id is None
            else _INVITATIONS.c.colleague_id == colleague_id
        )
        async with self._engine.begin() as connection:
            await connection.execute(delete(_INVITATIONS).where(same, _INVITATIONS.c.used_at.is_(None)))
            await connection.execute(
                insert(_INVITATIONS).values(
                    digest=digest_of(text), colleague_id=colleague_id, by=by, created_at=now, expires_at=now + lasts
                )
            )
        return text

    async def invitation(self, text: str, now: datetime) -> Invitation:
        """The invitation with this text.

        Raises:
            InvitationSpent: it can't be used.
        """
        async with self._engine.connect() as connection:
            return await _invitation(connection, text, now)

    async def accept(self, text: str, password_hash: str, now: datetime) -> str:
        """Use an invitation, once; the first admin's makes the colleague `admin` where there is no admin yet.

        Returns:
            The id of the colleague who may sign in now.

        Raises:
            InvitationSpent: it can't be used.
        """
        async with self._engine.begin() as connection:
            invited = await _invitation(connection, text, now, lock=True)
            colleague_id = invited.colleague_id or await _first_admin(connection, now)
            used = update(_INVITATIONS).where(_INVITATIONS.c.digest == invited.digest).values(used_at=now)
            await connection.execute(used)
            await _set_password(connection, colleague_id, password_hash, now)
        return colleague_id

    async def begin_attempt(self, name: str, address: str, now: datetime) -> int | None:
        """Count a sign-in as failed until it succeeds, so that many at the same instant are no more guesses than one
        after the other; those that no longer count are forgotten.

        Returns:
            The attempt; None when so many failed lately, for this name or from this address, that this one must wait.
        """
        since = now - ATTEMPTS_COUNT_FOR
        account, place = digest_of(name.strip().lower()), digest_of(address)
        of_account, from_place = _ATTEMPTS.c.account == account, _ATTEMPTS.c.address == place
        wanted = select(
            func.count().filter(of_account, from_place),
            func.count().filter(from_place),
            func.count().filter(of_account),
        ).where(_ATTEMPTS.c.at > since, or_(of_account, from_place))
        async with self._engine.begin() as connection:
            await connection.execute(_TAKE_TURNS)
            await connection.execute(delete(_ATTEMPTS).where(_ATTEMPTS.c.at <= since))
            both, from_there, for_name = (await connection.execute(wanted)).one()
            if (
                both >= MOST_FOR_ONE_NAME_FROM_ONE_ADDRESS
                or from_there >= MOST_FROM_ONE_ADDRESS
                or for_name >= MOST_FOR_ONE_NAME
            ):
                return None
            begun = insert(_ATTEMPTS).values(account=account, address=place, at=now).returning(_ATTEMPTS.c.id)
            attempt: int = (await connection.execute(begun)).scalar_one()
            return attempt

    async def attempt_succeeded(self, attempt: int) -> None:
        """It was no guess: it counts no more."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(_ATTEMPTS).where(_ATTEMPTS.c.id == attempt))


def digest_of(text: str) -> str:
    """SHA-256 in hexadecimal; of random texts, and of names that are forgotten within minutes."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


async def _invitation(connection: AsyncConnection, text: str, now: datetime, *, lock: bool = False) -> Invitation:
    wanted = select(_INVITATIONS.c.digest, _INVITATIONS.c.colleague_id).where(
        _INVITATIONS.c.digest == digest_of(text), _INVITATIONS.c.used_at.is_(None), _INVITATIONS.c.expires_at > now
    )
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).one_or_none()
    if row is None:
        raise InvitationSpent
    if row.colleague_id is None and await _has_admin(connection):
        # Somebody was faster, by another way: the first admin's link, which stands in a log, lets nobody in any more.
        raise InvitationSpent
    if row.colleague_id is not None:
        active = select(_COLLEAGUES.c.active).where(_COLLEAGUES.c.id == row.colleague_id)
        if not await connection.scalar(active):
            raise InvitationSpent
    return Invitation(row.digest, row.colleague_id)


async def _has_admin(connection: AsyncConnection) -> bool:
    wanted = (
        select(_ACCOUNTS.c.colleague_id)
        .join(_COLLEAGUES, _COLLEAGUES.c.id == _ACCOUNTS.c.colleague_id)
        .where(_COLLEAGUES.c.active, _COLLEAGUES.c.role == Role.ADMIN.value)
        .limit(1)
    )
    return (await connection.execute(wanted)).first() is not None


async def _known_admin(connection: AsyncConnection) -> str | None:
    admins = select(_COLLEAGUES.c.id).where(_COLLEAGUES.c.active, _COLLEAGUES.c.role == Role.ADMIN.value)
    return await connection.scalar(admins.order_by(_COLLEAGUES.c.created_at).limit(1))


async def _first_admin(connection: AsyncConnection, now: datetime) -> str:
    """The colleague who becomes the first admin: whoever has that role already, or a new one."""
    found = await _known_admin(connection)
    if found is not None:
        return found
    # Weight 0: an admin is not dealt leads.
    made = insert(_COLLEAGUES).values(id="admin", name="Admin", role=Role.ADMIN.value, weight=0, created_at=now)
    promoted = made.on_conflict_do_update(
        index_elements=[_COLLEAGUES.c.id], set_={"role": Role.ADMIN.value, "active": True}
    )
    await connection.execute(promoted)
    return "admin"


async def _set_password(connection: AsyncConnection, colleague_id: str, password_hash: str, now: datetime) -> None:
    made = insert(_ACCOUNTS).values(
        colleague_id=colleague_id, password_hash=password_hash, created_at=now, password_changed_at=now
    )
    changed = {"password_hash": password_hash, "password_changed_at": now}
    await connection.execute(made.on_conflict_do_update(index_elements=[_ACCOUNTS.c.colleague_id], set_=changed))
