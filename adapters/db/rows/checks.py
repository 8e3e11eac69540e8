"""What the newest check of each kind found."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base


class CheckRow(Base):
    """The newest check of a kind: ids, codes and words of ours, nothing about a person."""

    __tablename__ = "checks"

    name: Mapped[str] = mapped_column(primary_key=True)
    checked_at: Mapped[datetime]
    by: Mapped[str]
    found: Mapped[dict[str, Any]]
