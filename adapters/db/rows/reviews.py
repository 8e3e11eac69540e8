"""What managers were shown of each day."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base


class ReviewRow(Base):
    """A manager's review of a working day, as it was mailed; it holds leads' ids, and no name."""

    __tablename__ = "reviews"

    manager_id: Mapped[str] = mapped_column(ForeignKey("colleagues.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    """The close of business that day; the next review goes on from here."""
    content: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
