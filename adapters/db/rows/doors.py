"""What comes in at the doors on the web: forms that were sent, and what other programs deliver."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base


class FormSubmissionRow(Base):
    """A form that was sent: kept a short while, so that it is taken once and nobody sends too many."""

    __tablename__ = "form_submissions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Of the form as it was shown or, where a copy of it was sent, of what was written."""
    form: Mapped[str]
    content: Mapped[str]
    """A keyed hash of what was written."""
    address_digest: Mapped[str]
    """A keyed hash of where it came from on the network."""
    received_at: Mapped[datetime] = mapped_column(index=True)
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    suspected: Mapped[str | None]
    """Why a program seems to have sent it; a person looks."""
    sender: Mapped[str | None]
    """Whom it seems to come from, while it is suspected."""
    sent: Mapped[dict[str, Any] | None]
    """All that was sent, while it is suspected, so that a person can make it the lead that it is."""

    __table_args__ = (
        Index("ix_form_submissions_address_digest_received_at", "address_digest", "received_at"),
        Index("ix_form_submissions_lead_id", "lead_id", postgresql_where=sql("lead_id is not null")),
    )


class HookDeliveryRow(Base):
    """What another program delivered: taken once, and kept so that what could not be read is replayed."""

    __tablename__ = "hook_deliveries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    hook: Mapped[str]
    external_id: Mapped[str]
    """The other program's id of the delivery; of the body, where it names none."""
    received_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str]
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    error: Mapped[str | None]
    """Why no lead could be made of it, and what to do."""
    body: Mapped[str | None]
    """As it came; forgotten after a while."""
    replayed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("hook", "external_id"),
        Index("ix_hook_deliveries_lead_id", "lead_id", postgresql_where=sql("lead_id is not null")),
        Index("ix_hook_deliveries_with_body", "received_at", postgresql_where=sql("body is not null")),
        Index("ix_hook_deliveries_failed", "hook", "received_at", postgresql_where=sql("state = 'failed'")),
    )
