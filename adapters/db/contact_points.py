"""Contact points as rows: how a new one stands with the company's own list, and what the Do-Not-Call registry says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.rows import ContactPointRow
from adapters.db.suppressions import ALL, suppressed_channels
from cadences.refusals import CommandRefused
from leads.capture import NewLead
from leads.model import Channel, ContactKind, ContactPoint
from leads.suppression import SuppressionKey


def new_contact_point(
    kind: ContactKind, value: str, closed: frozenset[str] | None, new: NewLead, now: datetime
) -> ContactPoint:
    """A contact point as it came in.

    Args:
        closed: what the company's own list has against it: channels, or `ALL`.
    """
    point = _as_listed(kind, value, closed)
    if kind is not ContactKind.PHONE or new.dnc_listed is None:
        return point
    return replace(point, dnc_listed=new.dnc_listed, dnc_checked_at=new.dnc_checked_at or now)


def _as_listed(kind: ContactKind, value: str, closed: frozenset[str] | None) -> ContactPoint:
    on = closed or frozenset()
    channels = frozenset(Channel(channel) for channel in on - {ALL})
    return ContactPoint(kind, value, suppressed=ALL in on, suppressed_on=channels)


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


async def found_points(
    connection: AsyncConnection, key: SuppressionKey, lead_id: UUID, points: Sequence[tuple[ContactKind, str]]
) -> tuple[ContactPoint, ...]:
    """Contact points that a person found for a lead, as the company's own list has them.

    Raises:
        CommandRefused: one of them is another lead's.
    """
    for kind, value in points:
        has_it = await connection.scalar(
            select(ContactPointRow.lead_id).where(ContactPointRow.kind == kind.value, ContactPointRow.value == value)
        )
        if has_it not in (None, lead_id):
            raise CommandRefused(
                kind.value, f"lead {has_it} has it: they are one person; go on there, and close this one"
            )
    closed = await suppressed_channels(connection, key, [value for _, value in points])
    return tuple(_as_listed(kind, value, closed.get(value)) for kind, value in points)


async def note_do_not_call(connection: AsyncConnection, number: str, *, listed: bool, at: datetime) -> None:
    """Write down what the Do-Not-Call registry said of a number; the caller holds the lock of its lead."""
    await connection.execute(
        update(ContactPointRow)
        .where(ContactPointRow.kind == ContactKind.PHONE.value, ContactPointRow.value == number)
        .values(dnc_listed=listed, dnc_checked_at=at)
    )
