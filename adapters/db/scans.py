"""When a program, and no person, pressed buttons on the pages behind a message's links."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.rows import TouchRow


async def note_scan(connection: AsyncConnection, lead_id: UUID, touch_id: UUID, now: datetime) -> None:
    """Remember that a program is at work on the links of a message."""
    its_touch = (TouchRow.id == touch_id, TouchRow.lead_id == lead_id)
    await connection.execute(update(TouchRow).where(*its_touch).values(scanned_at=now))


async def last_scan(connection: AsyncConnection, touch_id: UUID) -> datetime | None:
    """When a program was last at work on the links of a message; None when never."""
    found: datetime | None = await connection.scalar(select(TouchRow.scanned_at).where(TouchRow.id == touch_id))
    return found
