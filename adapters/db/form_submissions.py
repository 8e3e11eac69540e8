"""Forms that were sent, in the database: each showing is taken once, and how many came from where."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.inbound import InboundMessage, add_once
from adapters.db.rows import FormSubmissionRow, table_of

KEPT_FOR = timedelta(days=2)
"""Longer than a form that was left open can be sent."""
SUSPECTED_FOR = timedelta(days=30)
"""So long a person has time to make a suspected one a lead."""
_SUBMISSIONS = table_of(FormSubmissionRow)
_INSERT_ONCE = postgresql.insert(_SUBMISSIONS).on_conflict_do_nothing().returning(_SUBMISSIONS.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A form that was sent."""

    id: UUID
    form: str
    content: str
    address_digest: str
    received_at: datetime
    suspected: str | None = None
    sender: str | None = None
    sent: dict[str, Any] | None = None


class TakenBefore(Exception):
    """This showing of the form was sent before.

    Attributes:
        same: with the very same words.
    """

    def __init__(self, *, same: bool) -> None:
        super().__init__("the form was taken before")
        self.same = same


class FormSubmissions:
    """The forms that were sent."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def sent_from(self, address_digest: str, since: datetime) -> int:
        """How many came from an address."""
        wanted = (_SUBMISSIONS.c.address_digest == address_digest, _SUBMISSIONS.c.received_at > since)
        return await self._count(*wanted)

    async def suspected_since(self, form: str, since: datetime) -> int:
        """How many of a form were suspected."""
        is_suspected = _SUBMISSIONS.c.suspected.is_not(None)
        return await self._count(_SUBMISSIONS.c.form == form, is_suspected, _SUBMISSIONS.c.received_at > since)

    async def _count(self, *conditions: Any) -> int:
        async with self._engine.connect() as connection:
            found = await connection.scalar(select(func.count()).select_from(_SUBMISSIONS).where(*conditions))
            return int(found or 0)

    async def suspect(self, submission: Submission, message: InboundMessage) -> None:
        """Keep what a program seems to have sent, with the message that tells a person of it.

        Raises:
            TakenBefore: it was sent before.
        """
        async with self._engine.begin() as connection:
            await claim(connection, submission)
            await add_once(connection, message)

    async def suspected(self, submission_id: UUID) -> Submission | None:
        """A suspected one that nobody has made a lead yet."""
        wanted = select(_SUBMISSIONS).where(_SUBMISSIONS.c.id == submission_id, _SUBMISSIONS.c.sent.is_not(None))
        async with self._engine.connect() as connection:
            row = (await connection.execute(wanted)).mappings().one_or_none()
        if row is None:
            return None
        return Submission(**{name: row[name] for name in Submission.__dataclass_fields__})


async def claim(connection: AsyncConnection, submission: Submission) -> None:
    """Take a form, in the transaction that stores what it brings; old ones are forgotten on the way.

    Raises:
        TakenBefore: it was sent before.
    """
    await _forget_old(connection, submission.received_at)
    if await connection.scalar(_INSERT_ONCE, asdict(submission)) is not None:
        return
    content = await connection.scalar(select(_SUBMISSIONS.c.content).where(_SUBMISSIONS.c.id == submission.id))
    raise TakenBefore(same=content == submission.content)


async def became_lead(connection: AsyncConnection, submission_id: UUID, lead_id: UUID) -> None:
    """Note which lead a form brought; what was kept of a suspected one is not needed any more."""
    values = {"lead_id": lead_id, "suspected": None, "sender": None, "sent": None}
    await connection.execute(update(_SUBMISSIONS).where(_SUBMISSIONS.c.id == submission_id).values(values))


async def _forget_old(connection: AsyncConnection, now: datetime) -> None:
    is_old = _SUBMISSIONS.c.received_at < now - KEPT_FOR
    is_suspected = _SUBMISSIONS.c.suspected.is_not(None)
    is_very_old = _SUBMISSIONS.c.received_at < now - SUSPECTED_FOR
    await connection.execute(delete(_SUBMISSIONS).where(or_(and_(is_old, ~is_suspected), is_very_old)))
