"""What our own people were shown: managers of each day, everybody of the policy; and who acknowledged it."""

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


class PolicyVersionRow(Base):
    """A version of the follow-up policy that somebody was sent, never changed."""

    __tablename__ = "policy_versions"

    version: Mapped[str] = mapped_column(primary_key=True)
    """The beginning of the text's SHA-256."""
    text: Mapped[str]
    """Markdown."""
    made_at: Mapped[datetime]


class PolicyAcknowledgementRow(Base):
    """That a colleague was sent a version of the policy, and when it was acknowledged."""

    __tablename__ = "policy_acknowledgements"

    version: Mapped[str] = mapped_column(ForeignKey("policy_versions.version"), primary_key=True)
    colleague_id: Mapped[str] = mapped_column(ForeignKey("colleagues.id"), primary_key=True)
    sent_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
