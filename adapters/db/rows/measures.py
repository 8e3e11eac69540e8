"""What is measured: how fast questions were answered, and when leads went from stage to stage."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base

_RUNNING = "answered_at is null and moot_at is null"
_HOLDS = sql("corrected_at is null")


class FirstResponseRow(Base):
    """The first response to a question, its clock and what stopped it; one for each enrollment a question began."""

    __tablename__ = "first_responses"

    enrollment_id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    asked_at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime]
    owner_id: Mapped[str]
    """Whose it was when it was answered; while it is open, whose it is."""
    warn_at: Mapped[datetime | None]
    """When the owner is warned; None once that is over."""
    warned_at: Mapped[datetime | None]
    act_at: Mapped[datetime | None]
    """When somebody else is told, or takes over, before it is missed; None once that is over."""
    escalated_at: Mapped[datetime | None]
    reassigned_at: Mapped[datetime | None]
    machine_at: Mapped[datetime | None]
    """When our first automatic message went out; it stops no clock."""
    attempted_at: Mapped[datetime | None]
    """When a person first tried: an unanswered call, a voicemail."""
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    """How often people tried before they got through."""
    answered_at: Mapped[datetime | None]
    """The first human contact: a connected call, or a person's written answer."""
    answered_by: Mapped[str | None]
    how: Mapped[str | None]
    """The channel of that contact."""
    business_seconds: Mapped[int | None]
    """From the question to that contact in the company's business hours."""
    moot_at: Mapped[datetime | None]
    """Since when the person waits no more, though nobody answered."""

    __table_args__ = (
        # Of all questions ever asked, the few that somebody still waits for.
        Index("ix_first_responses_running", "due_at", postgresql_where=sql(_RUNNING)),
        # The same of one colleague, the newest questions first.
        Index("ix_first_responses_owner_id_asked_at", "owner_id", "asked_at", postgresql_where=sql(_RUNNING)),
    )


class StageChangeRow(Base):
    """That a lead came to a stage: when, by whom, and why."""

    __tablename__ = "stage_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    stage: Mapped[str]
    """A stage, or `accepted`: sales took the qualified lead over (marketing-qualified became sales-qualified)."""
    at: Mapped[datetime]
    by: Mapped[str]
    owner_id: Mapped[str]
    why: Mapped[str | None]
    corrected_at: Mapped[datetime | None]
    """When it was taken back, since it had been recorded by mistake."""

    __table_args__ = (
        Index("ix_stage_changes_stage_at", "stage", "at", postgresql_where=_HOLDS),
        # When leads reached a stage is read from the index alone.
        Index("ix_stage_changes_stage_lead_id", "stage", "lead_id", postgresql_include=["at"], postgresql_where=_HOLDS),
    )


class ReportRefreshRow(Base):
    """When the counts of days that are over were made anew, and on which clock."""

    __tablename__ = "report_refreshes"

    name: Mapped[str] = mapped_column(primary_key=True)
    """The materialised view."""
    as_of: Mapped[datetime]
    zone: Mapped[str]
    """Whose days were counted: the company's zone then."""


class StaffMailRow(Base):
    """An email to one of our own people: a warning, a review, the policy. Claimed, sent, recorded, like any message."""

    __tablename__ = "staff_mails"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Follows from what it is about, so that the same news is written once."""
    colleague_id: Mapped[str] = mapped_column(ForeignKey("colleagues.id"))
    kind: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    """Markdown."""
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="waiting")
    claimed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    provider: Mapped[str | None]
    provider_message_id: Mapped[str | None]
    error: Mapped[str | None]
    retry_at: Mapped[datetime | None]
    """When a refused one is tried again."""

    __table_args__ = (
        Index(
            "ix_staff_mails_unsettled",
            "created_at",
            postgresql_where=sql("state in ('waiting', 'claimed', 'refused')"),
        ),
        Index("ix_staff_mails_lead_id", "lead_id", postgresql_where=sql("lead_id is not null")),
    )
