"""Notes on leads in the database."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.lead_views import NoteView
from adapters.db.rows import NoteRow, table_of


async def write_note(connection: AsyncConnection, lead_id: UUID, by: str, text: str, now: datetime) -> NoteView:
    """Write a note down, in the transaction that holds the lead's row lock."""
    note = NoteView(id=uuid4(), lead_id=lead_id, by=by, text=text, written_at=now)
    values = {"id": note.id, "lead_id": lead_id, "by": by, "text": text, "written_at": now}
    await connection.execute(insert(table_of(NoteRow)), values)
    return note
