"""What came in by text and by email: each message once, whose it is, and what waits for a person."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import cast, func, null, select, tuple_, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.paging import COUNTED, PAGE, count_some, cursor_after, place_of
from adapters.db.rows import ColleagueRow, ContactPointRow, InboundMessageRow, MeetingRow, TouchRow, table_of
from leads.model import Channel, ContactKind
from leads.replies import InboundKind

LONGEST_ID = 255
"""Characters of an id that are kept as they are; of a longer one its hash is."""
SHOWN = 100
FORM = "form"
"""In place of a provider: a form that a program seems to have sent."""
_MESSAGES, _TOUCHES, _POINTS = table_of(InboundMessageRow), table_of(TouchRow), table_of(ContactPointRow)
_MEETINGS = table_of(MeetingRow)
_INSERT_ONCE = (
    postgresql.insert(_MESSAGES)
    .on_conflict_do_nothing(index_elements=[_MESSAGES.c.provider, _MESSAGES.c.external_id])
    .returning(_MESSAGES.c.id)
)
_WAITING = (_MESSAGES.c.lead_id.is_(None), _MESSAGES.c.handled_at.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """A message that came in, as it is kept."""

    id: UUID
    lead_id: UUID | None
    touch_id: UUID | None = None
    channel: Channel
    provider: str
    external_id: str
    sender: str
    recipient: str
    subject: str | None = None
    text: str
    kind: InboundKind
    received_at: datetime
    handled_at: datetime | None = None
    handled_by: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Whose:
    """The lead that a message belongs to."""

    lead_id: UUID | None = None
    touch_id: UUID | None = None
    """The message of ours that it answers."""
    by_sender_only: bool = False
    """Nothing but the sender's address says so, and anybody can write that."""
    ambiguous: bool = False
    """It points to several leads: a person decides."""
    answered: UUID | None = None
    """The lead whose message it answers, also where it is ambiguous."""
    of_sender: UUID | None = None
    """The lead that has the sender's address or number."""


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Some of what waits for a person, oldest first."""

    items: list[InboundMessage]
    total: int
    next_cursor: str | None


class InboundMessages:
    """The messages that came in."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def whose(
        self, kind: ContactKind, sender: str, *, touch_id: UUID | None = None, references: Sequence[str] = ()
    ) -> Whose:
        """Whose message it is: by the message of ours that it answers, else by who wrote it.

        Args:
            sender: normalised.
            touch_id: what its signed reply address names: a message of ours, or a meeting.
            references: the Message-IDs that it answers.
        """
        async with self._engine.connect() as connection:
            of_sender: UUID | None = await connection.scalar(
                select(_POINTS.c.lead_id).where(_POINTS.c.kind == kind.value, _POINTS.c.value == sender)
            )
            answers = _TOUCHES.c.id == touch_id if touch_id is not None else None
            if answers is None and references:
                answers = _TOUCHES.c.message_id.in_([form for one in references for form in _spellings(one)])
            found: list[Any] = []
            if answers is not None:
                answered = (
                    select(_TOUCHES.c.lead_id, _TOUCHES.c.id).where(answers).order_by(_TOUCHES.c.happened_at.desc())
                )
                found = list(await connection.execute(answered))
            if touch_id is not None and not found:
                # The organizer's address of an invitation names the meeting, which stays the same through all updates.
                of_meeting = select(_MEETINGS.c.lead_id, null().label("id")).where(_MEETINGS.c.id == touch_id)
                found = list(await connection.execute(of_meeting))
        leads = {row.lead_id for row in found}
        others = {of_sender} - {None}
        if len(leads | others) > 1:
            one = found[0] if len(leads) == 1 else None
            return Whose(
                touch_id=one.id if one else None,
                ambiguous=True,
                answered=one.lead_id if one else None,
                of_sender=of_sender,
            )
        if leads:
            return Whose(found[0].lead_id, found[0].id, answered=found[0].lead_id, of_sender=of_sender)
        return Whose(of_sender, by_sender_only=of_sender is not None, of_sender=of_sender)

    async def lead_of_meeting(self, meeting_id: UUID) -> UUID | None:
        """The lead that was invited to a meeting."""
        async with self._engine.connect() as connection:
            found: UUID | None = await connection.scalar(
                select(_MEETINGS.c.lead_id).where(_MEETINGS.c.id == meeting_id)
            )
            return found

    async def leads_of(self, addresses: Sequence[str]) -> list[UUID]:
        """The leads that have one of these email addresses."""
        wanted = select(_POINTS.c.lead_id).where(
            _POINTS.c.kind == ContactKind.EMAIL.value, _POINTS.c.value.in_(list(addresses))
        )
        async with self._engine.connect() as connection:
            return list(dict.fromkeys((await connection.execute(wanted.order_by(_POINTS.c.id))).scalars()))

    async def colleague_with(self, address: str) -> str | None:
        """The colleague whose own email address this is."""
        wanted = select(ColleagueRow.id).where(func.lower(ColleagueRow.email) == address.lower(), ColleagueRow.active)
        async with self._engine.connect() as connection:
            found: str | None = await connection.scalar(wanted.order_by(ColleagueRow.created_at).limit(1))
            return found

    async def is_known(self, provider: str, external_id: str) -> bool:
        """Whether this very message was taken before."""
        wanted = select(_MESSAGES.c.id).where(
            _MESSAGES.c.provider == provider, _MESSAGES.c.external_id == kept_id(external_id)
        )
        async with self._engine.connect() as connection:
            return await connection.scalar(wanted) is not None

    async def add(self, message: InboundMessage) -> bool:
        """Keep a message in a transaction of its own; False when it was taken before."""
        async with self._engine.begin() as connection:
            return await add_once(connection, message)

    async def waiting(self) -> tuple[list[InboundMessage], int]:
        """The messages that wait for a person, oldest first, and how many there are."""
        async with self._engine.connect() as connection:
            total = await connection.scalar(select(func.count()).select_from(_MESSAGES).where(*_WAITING))
            wanted = select(_MESSAGES).where(*_WAITING).order_by(_MESSAGES.c.received_at, _MESSAGES.c.id).limit(SHOWN)
            return [_read(row) for row in (await connection.execute(wanted)).mappings()], int(total or 0)

    async def page(self, *, forms: bool, limit: int = PAGE, cursor: str | None = None) -> InboxPage:
        """A page of what waits for a person, oldest first.

        Args:
            forms: the forms that a program seems to have sent; else the messages that fit no lead.

        Raises:
            BadCursor: no page gave this cursor out.
        """
        is_form = _MESSAGES.c.provider == FORM
        wanted = (*_WAITING, is_form if forms else ~is_form)
        order = (_MESSAGES.c.received_at, _MESSAGES.c.id)
        page = select(_MESSAGES).where(*wanted).order_by(*order).limit(limit + 1)
        if cursor is not None:
            page = page.where(tuple_(*order) > tuple_(*place_of(cursor)))
        async with self._engine.connect() as connection:
            total = await count_some(connection, select(_MESSAGES.c.id).where(*wanted))
            rows = (await connection.execute(page)).all()
        return InboxPage(
            [_read(row._mapping) for row in rows[:limit]],
            min(total, COUNTED),
            cursor_after(rows, limit, "received_at", "id"),
        )

    async def waiting_one(self, message_id: UUID) -> InboundMessage | None:
        """A message that waits for a person; None when nobody needs to see to it any more."""
        wanted = select(_MESSAGES).where(_MESSAGES.c.id == message_id, *_WAITING)
        async with self._engine.connect() as connection:
            row = (await connection.execute(wanted)).mappings().one_or_none()
        return _read(row) if row is not None else None

    async def waiting_called(self, beginning: str) -> list[InboundMessage]:
        """The messages that wait for a person, and whose ids begin so; three at most."""
        ids = cast(_MESSAGES.c.id, postgresql.TEXT)
        wanted = select(_MESSAGES).where(*_WAITING, ids.startswith(beginning.lower(), autoescape=True)).limit(3)
        async with self._engine.connect() as connection:
            return [_read(row) for row in (await connection.execute(wanted)).mappings()]

    async def close(self, message_id: UUID, by: str, note: str | None, now: datetime) -> bool:
        """A person has seen to it; False when nobody needed to any more."""
        async with self._engine.begin() as connection:
            return await _close(connection, message_id, by, note, now)


def kept_id(external_id: str) -> str:
    """The id under which a message is known."""
    return external_id if len(external_id) <= LONGEST_ID else hashlib.sha256(external_id.encode()).hexdigest()


async def add_once(connection: AsyncConnection, message: InboundMessage) -> bool:
    """Keep a message in an open transaction; False when it was taken before."""
    values = {**asdict(message), "channel": message.channel.value, "kind": message.kind.value}
    values["external_id"] = kept_id(message.external_id)
    return await connection.scalar(_INSERT_ONCE, values) is not None


async def belongs_to(connection: AsyncConnection, message_id: UUID, lead_id: UUID) -> None:
    """Say, in the transaction that kept the message, whose it turned out to be."""
    await connection.execute(update(_MESSAGES).where(_MESSAGES.c.id == message_id).values(lead_id=lead_id))


async def match(connection: AsyncConnection, message_id: UUID, lead_id: UUID, by: str, now: datetime) -> bool:
    """A person says whose message it is; False when somebody saw to it before."""
    if not await _close(connection, message_id, by, "matched by a person", now):
        return False
    await belongs_to(connection, message_id, lead_id)
    return True


async def _close(connection: AsyncConnection, message_id: UUID, by: str, note: str | None, now: datetime) -> bool:
    wanted = update(_MESSAGES).where(_MESSAGES.c.id == message_id, *_WAITING)
    closed = wanted.values(handled_at=now, handled_by=by, note=note).returning(_MESSAGES.c.id)
    return await connection.scalar(closed) is not None


def _spellings(message_id: str) -> tuple[str, str]:
    bare = message_id.strip().removeprefix("<").removesuffix(">")
    return bare, f"<{bare}>"


def _read(row: Any) -> InboundMessage:
    return InboundMessage(**{**row, "channel": Channel(row["channel"]), "kind": InboundKind(row["kind"])})
