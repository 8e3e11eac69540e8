"""Files of old leads that were enrolled at a pace."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base


class BacklogRow(Base):
    """A file of old leads; the same file enrolled again goes on with the same row."""

    __tablename__ = "backlogs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Follows from what is in the file."""
    file: Mapped[str]
    """Its name, without its folder."""
    rows: Mapped[int]
    by: Mapped[str]
    created_at: Mapped[datetime]
