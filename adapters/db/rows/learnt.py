"""What is learnt from the records, counted anew now and then."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base


class ContactTimeRow(Base):
    """How calls and replies went in one hour of the week, on the leads' own clocks."""

    __tablename__ = "contact_times"

    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Of the week's 168; Monday's first is 0."""
    calls: Mapped[int]
    connected: Mapped[int]
    replies: Mapped[int]
    learnt_at: Mapped[datetime]
