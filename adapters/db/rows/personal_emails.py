"""Emails that colleagues write to leads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base


class PersonalEmailRow(Base):
    """A personal email: the `PersonalEmail` value, field by field."""

    __tablename__ = "personal_emails"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    enrollment_id: Mapped[UUID]
    by: Mapped[str]
    sender: Mapped[str]
    sender_name: Mapped[str]
    reply_to: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    written_at: Mapped[datetime]
    answers: Mapped[UUID | None]
    follows: Mapped[str]
    state: Mapped[str]
    not_before: Mapped[datetime | None]
    refusals: Mapped[int]
    settled_at: Mapped[datetime | None]
    why: Mapped[str]

    __table_args__ = (
        Index("ix_personal_emails_lead_id", "lead_id"),
        # A case is loaded with those alone of which something is still to become.
        Index("ix_personal_emails_unsettled", "lead_id", postgresql_where=sql("state in ('waiting', 'unknown')")),
    )
