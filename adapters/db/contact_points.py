"""Contact points as rows: how a new one stands with the company's own list, and what the Do-Not-Call registry says."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.rows import ContactPointRow
from adapters.db.suppressions import ALL
from leads.capture import NewLead
from leads.model import Channel, ContactKind, ContactPoint


def new_contact_point(
    kind: ContactKind, value: str, closed: frozenset[str] | None, new: NewLead, now: datetime
) -> ContactPoint:
    """A contact point as it came in.

    Args:
        closed: what the company's own list has against it: channels, or `ALL`.
    """
    on = closed or frozenset()
    looked_up = kind is ContactKind.PHONE and new.dnc_listed is not None
    return ContactPoint(
        kind,
        value,
        suppressed=ALL in on,
        suppressed_on=frozenset(Channel(channel) for channel in on - {ALL}),
        dnc_listed=new.dnc_listed if looked_up else None,
        dnc_checked_at=(new.dnc_checked_at or now) if looked_up else None,
    )


def contact_point_values(lead_id: UUID, point: ContactPoint, now: datetime) -> dict[str, Any]:
    """The contact point as a new row."""
    return {
        "lead_id": lead_id,
        "kind": point.kind.value,
        "value": point.value,
        "suppressed": point.suppressed,
        "suppressed_on": sorted(channel.value for channel in point.suppressed_on),
        "dnc_listed": point.dnc_listed,
        "dnc_checked_at": point.dnc_checked_at,
        "created_at": now,
    }


async def note_do_not_call(connection: AsyncConnection, number: str, *, listed: bool, at: datetime) -> None:
    """Write down what the Do-Not-Call registry said of a number; the caller holds the lock of its lead."""
    await connection.execute(
        update(ContactPointRow)
        .where(ContactPointRow.kind == ContactKind.PHONE.value, ContactPointRow.value == number)
        .values(dnc_listed=listed, dnc_checked_at=at)
    )
