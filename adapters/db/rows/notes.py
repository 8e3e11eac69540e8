"""What our people write down about a lead for each other."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base


class NoteRow(Base):
    """A note on a lead; it has no other effect."""

    __tablename__ = "notes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    by: Mapped[str]
    text: Mapped[str]
    written_at: Mapped[datetime]
