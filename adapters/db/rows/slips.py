"""What people recorded last, for as long as it may be taken back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base


class SlipRow(Base):
    """What somebody recorded last for a lead, should it be a slip; forgotten once it can't be taken back any more."""

    __tablename__ = "slips"

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    command_id: Mapped[UUID]
    kind: Mapped[str]
    by: Mapped[str]
    said_at: Mapped[datetime] = mapped_column(index=True)
    revision: Mapped[int]
    """Which it made."""
    before: Mapped[dict[str, Any]]
    """The Snapshot that it found."""
    after: Mapped[dict[str, Any]]
    """The Snapshot that it made; nothing has happened since while the lead stands so."""
    wrote: Mapped[dict[str, Any]]
    """The rows that it wrote, which are marked when it is taken back."""
    claims: Mapped[int]
    """How often messages to the lead had been claimed by then."""
