"""Erasure: everything the database knows of a person goes; what stays is that it happened, and that it must not again.

What stays of a contact point is its keyed hash on the company's own list, so that the same address or number can't be
enrolled anew. All that belongs to a lead hangs on its row and goes with it; the rest is named here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, any_, delete, exists, false, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import InstrumentedAttribute

from adapters.db.access import forget_answers
from adapters.db.audit_log import forget_changes
from adapters.db.cases import LeadMerged, UnknownLead
from adapters.db.merge_records import merge_of, merged_into
from adapters.db.rows import (
    BulkItemRow,
    BulkRunRow,
    ContactPointRow,
    ErasureRow,
    FormSubmissionRow,
    HookDeliveryRow,
    InboundMessageRow,
    LeadRow,
    OutboxRow,
    StaffMailRow,
    SuppressionRow,
    TouchRow,
)
from adapters.db.suppressions import Suppression, kind_of, suppress
from leads.staff_mails import mention
from leads.suppression import SuppressionKey

WHY = "erased"


class Erasure:
    """Removes leads from the database."""

    def __init__(self, engine: AsyncEngine, key: SuppressionKey) -> None:
        self._engine = engine
        self._key = key

    async def erase(self, lead_id: UUID, by: str, now: datetime) -> int:
        """Remove a lead and all that belongs to it, at once or not at all.

        It waits for the lead's row lock: what was decided about it before is erased with it, and what comes after
        finds no lead. A message that was already on its way may still arrive.

        Returns:
            How many contact points are on the company's own list for it.

        Raises:
            UnknownLead: there is no lead of this id.
            LeadMerged: it lives on in another lead.
        """
        async with self._engine.begin() as connection:
            locked = await connection.execute(select(LeadRow.id).where(LeadRow.id == lead_id).with_for_update())
            if locked.first() is None:
                merge = await merge_of(connection, lead_id)
                raise UnknownLead(str(lead_id)) if merge is None else LeadMerged(lead_id, merge.into_id)
            merged = await merged_into(connection, lead_id)
            contacts = await contacts_of(connection, lead_id)
            await self._suppress(connection, contacts, by, now)
            await connection.execute(delete(InboundMessageRow).where(answers_to(lead_id)))
            runs = await _bulk_runs(connection, lead_id)
            await connection.execute(delete(LeadRow).where(LeadRow.id == lead_id))
            # Why something was wanted of this lead alone may be about the person; of many leads it is not.
            of_others = exists().where(BulkItemRow.run_id == BulkRunRow.id)
            await connection.execute(delete(BulkRunRow).where(BulkRunRow.id.in_(runs), ~of_others))
            await connection.execute(delete(InboundMessageRow).where(is_from(contacts)))
            await connection.execute(delete(FormSubmissionRow).where(is_from(contacts, FormSubmissionRow.sender)))
            await connection.execute(delete(HookDeliveryRow).where(tells_of(contacts)))
            for gone in (lead_id, *merged):
                await _sweep(connection, gone)
                whose = lead_id if gone != lead_id else None
                erased = postgresql.insert(ErasureRow).values(lead_id=gone, erased_at=now, by=by, merged_into=whose)
                await connection.execute(erased.on_conflict_do_nothing())
        return len(contacts)

    async def erased_with(self, lead_id: UUID) -> list[UUID]:
        """The leads that had been merged into an erased one, and are erased with it."""
        wanted = select(ErasureRow.lead_id).where(ErasureRow.merged_into == lead_id).order_by(ErasureRow.lead_id)
        async with self._engine.connect() as connection:
            return list((await connection.execute(wanted)).scalars())

    async def sweep(self, lead_id: UUID) -> None:
        """Remove what was being written about a lead while it was erased; to be called once its workflow is gone."""
        async with self._engine.begin() as connection:
            await _sweep(connection, lead_id)

    async def was_erased(self, lead_id: UUID) -> bool:
        async with self._engine.connect() as connection:
            found = await connection.execute(select(ErasureRow.lead_id).where(ErasureRow.lead_id == lead_id))
            return found.first() is not None

    async def _suppress(self, connection: AsyncConnection, contacts: Sequence[str], by: str, now: datetime) -> None:
        digests = [self._key.digest(contact) for contact in contacts]
        entries = [
            Suppression(digest=digest, kind=kind_of(contact), channel=None, why=WHY, by=by, created_at=now)
            for digest, contact in zip(digests, contacts, strict=True)
        ]
        await suppress(connection, entries)
        # Why an earlier line was written may be in the person's, or about the person's, own words.
        await connection.execute(
            update(SuppressionRow)
            .where(SuppressionRow.digest.in_(digests))
            .values(why=WHY, lifted_why=func.left(SuppressionRow.lifted_why, 0))
        )


async def contacts_of(connection: AsyncConnection, lead_id: UUID) -> list[str]:
    """The addresses and numbers of a lead."""
    points = select(ContactPointRow.value).where(ContactPointRow.lead_id == lead_id).order_by(ContactPointRow.value)
    return list((await connection.execute(points)).scalars())


async def _bulk_runs(connection: AsyncConnection, lead_id: UUID) -> list[UUID]:
    """The bulk runs that a lead was one of."""
    runs = select(BulkItemRow.run_id).where(BulkItemRow.lead_id == lead_id).distinct()
    return list((await connection.execute(runs)).scalars())


def is_from(
    contacts: Sequence[str], column: InstrumentedAttribute[Any] = InboundMessageRow.sender
) -> ColumnElement[bool]:
    """What came from one of the contact points, also where it was matched with no lead.

    Args:
        column: which says whom it came from.
    """
    sender = func.lower(column)
    return or_(
        sender == any_(literal(list(contacts), postgresql.ARRAY(Text))),
        *(sender.contains(f"<{contact}>", autoescape=True) for contact in contacts),
    )


def answers_to(lead_id: UUID) -> ColumnElement[bool]:
    """What answers a message to the lead, and was matched with none."""
    of_lead = InboundMessageRow.touch_id.in_(select(TouchRow.id).where(TouchRow.lead_id == lead_id))
    return and_(InboundMessageRow.lead_id.is_(None), of_lead)


def copies_for(lead_id: UUID) -> ColumnElement[bool]:
    """Copies in the local outbox: of messages to the lead, and of mails to colleagues that mention it."""
    # A review in a colleague's mail mentions many leads; what is kept of it here goes with the first one erased.
    mentioning = select(StaffMailRow.id).where(StaffMailRow.text.contains(mention(lead_id), autoescape=True))
    return or_(OutboxRow.lead_id == lead_id, and_(OutboxRow.internal, OutboxRow.touch_id.in_(mentioning)))


def tells_of(contacts: Sequence[str]) -> ColumnElement[bool]:
    """A delivery that no lead could be made of, and that names one of the contact points."""
    body = func.lower(HookDeliveryRow.body)
    named = (body.contains(contact, autoescape=True) for contact in contacts)
    return and_(HookDeliveryRow.lead_id.is_(None), or_(false(), *named))


async def _sweep(connection: AsyncConnection, lead_id: UUID) -> None:
    """What does not hang on the lead's row."""
    await connection.execute(delete(OutboxRow).where(copies_for(lead_id)))
    await forget_answers(connection, lead_id)
    await forget_changes(connection, lead_id)
