"""Cadence versions, how far leads came in them, and what people do and say."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base

OPEN_AND_NO_CALL = "state = 'open' and kind not in ('call', 'step')"
"""Which tasks the plan did not make: somebody waits for each of them."""


class CadenceVersionRow(Base):
    """A published cadence, never changed: its YAML and templates under their content hash."""

    __tablename__ = "cadence_versions"

    version: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    source: Mapped[str]
    templates: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]


class CadenceRow(Base):
    """Which version new enrollments of a cadence take."""

    __tablename__ = "cadences"

    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(ForeignKey("cadence_versions.version"))
    changed_at: Mapped[datetime]


class CadenceDraftRow(Base):
    """A cadence that somebody is editing: one for each name, shared by all who edit it."""

    __tablename__ = "cadence_drafts"

    name: Mapped[str] = mapped_column(primary_key=True)
    based_on: Mapped[str | None] = mapped_column(ForeignKey("cadence_versions.version"))
    """The version that was current when it was begun, or looked at last; None for a new cadence."""
    text: Mapped[str]
    templates: Mapped[dict[str, Any]]
    revision: Mapped[int]
    """Grows by one each time it is saved, so that nobody saves over what somebody else wrote meanwhile."""
    saved_by: Mapped[str]
    saved_at: Mapped[datetime]


class EnrollmentRow(Base):
    """One run of a lead through one pinned version of a cadence."""

    __tablename__ = "enrollments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    cadence: Mapped[str]
    version: Mapped[str] = mapped_column(ForeignKey("cadence_versions.version"))
    started_at: Mapped[datetime]
    ended: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    progress: Mapped[dict[str, Any]]
    """The whole Enrollment value: how far it came, its hold, its next touch with the reasons."""

    __table_args__ = (
        # The cadence in which a lead began is read from the index alone.
        Index("ix_enrollments_lead_id_started_at", "lead_id", "started_at", postgresql_include=["cadence"]),
        # So is how many leads are on their way in each version.
        Index("ix_enrollments_in_flight", "version", postgresql_where=sql("ended is null")),
        # And who opted out.
        Index(
            "ix_enrollments_opted_out",
            "ended_at",
            postgresql_include=["lead_id", "id"],
            postgresql_where=sql("ended = 'opted_out'"),
        ),
    )


class TaskRow(Base):
    """Work for one of our people."""

    __tablename__ = "tasks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    enrollment_id: Mapped[UUID | None]
    step_id: Mapped[str | None]
    occurrence: Mapped[int]
    kind: Mapped[str]
    owner: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]
    opens_at: Mapped[datetime]
    due_at: Mapped[datetime]
    best_at: Mapped[datetime | None]
    contact: Mapped[str | None]
    escalate_to: Mapped[str]
    escalate_at: Mapped[datetime | None]
    escalations: Mapped[int]
    escalated_to: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    look_up_at: Mapped[datetime | None]
    away_at: Mapped[datetime | None]
    """When the next absence of its owner begins."""
    back_to: Mapped[str | None]
    """Whose it is, while a stand-in has it."""
    back_at: Mapped[datetime | None]
    """When the colleague is back who is away."""
    state: Mapped[str]
    outcome: Mapped[str | None]
    note: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=func.clock_timestamp())
    """When the row was last written, by the database's own clock: pages that show queues look for what is new."""

    __table_args__ = (
        Index("ix_tasks_changed_at", "changed_at"),
        Index("ix_tasks_state_due_at", "state", "due_at", "id"),
        Index("ix_tasks_closed_at", "closed_at", postgresql_where=sql("closed_at is not null")),
        Index("ix_tasks_owner_state_due_at", "owner", "state", "due_at", "id"),
        Index(
            "ix_tasks_escalated_to_state_due_at",
            "escalated_to",
            "state",
            "due_at",
            "id",
            postgresql_where=sql("escalated_to is not null"),
        ),
        Index("ix_tasks_back_to", "back_to", postgresql_where=sql("back_to is not null")),
        # What people wait for is found among any number of calls.
        Index("ix_tasks_owner_due_at_no_calls", "owner", "due_at", postgresql_where=sql(OPEN_AND_NO_CALL)),
        Index(
            "ix_tasks_escalated_to_due_at_no_calls",
            "escalated_to",
            "due_at",
            postgresql_where=sql(f"escalated_to is not null and {OPEN_AND_NO_CALL}"),
        ),
    )


class HoldRow(Base):
    """A pause, kept as history."""

    __tablename__ = "holds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    enrollment_id: Mapped[UUID]
    reason: Mapped[str]
    owner: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime]
    note: Mapped[str | None]
    lifted_at: Mapped[datetime | None]
    """When it was ended early; a hold that ran its time lapses by itself."""


class AnswerRow(Base):
    """An explicit yes or no."""

    __tablename__ = "answers"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    enrollment_id: Mapped[UUID]
    answer: Mapped[str]
    by: Mapped[str]
    note: Mapped[str | None]
    said_at: Mapped[datetime] = mapped_column(index=True)
    corrected_at: Mapped[datetime | None]
    """When it was taken back, since it had been recorded by mistake."""


class CommandRow(Base):
    """What was said and committed, until the workflow has been told."""

    __tablename__ = "commands"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    revision: Mapped[int]
    kind: Mapped[str]
    by: Mapped[str]
    details: Mapped[dict[str, Any]]
    """What was said, in full, with its text; stays in the database."""
    told: Mapped[dict[str, Any]]
    """The contract's Told payload: ids only."""
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    error: Mapped[str | None]
    corrected_at: Mapped[datetime | None]
    """When it was taken back, since it had been given by mistake."""

    __table_args__ = (
        Index("ix_commands_lead_id_revision", "lead_id", "revision"),
        Index("ix_commands_undelivered", "created_at", postgresql_where=sql("delivered_at is null")),
        Index("ix_commands_not_now", "created_at", postgresql_where=sql("kind = 'not_now'")),
    )
