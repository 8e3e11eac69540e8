"""What is done to many leads at once, and what became of each of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base


class BulkRunRow(Base):
    """One change that somebody wanted for many leads; it goes on whoever looks, until each of them has its result."""

    __tablename__ = "bulk_runs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    wish: Mapped[dict[str, Any]]
    """What is to be done: a hold until when, another owner …"""
    chosen: Mapped[str]
    """How the leads were chosen, in words of ours; never what was searched for."""
    total: Mapped[int]
    """How many leads were chosen; fewer have an item once one was erased."""
    by: Mapped[str]
    via: Mapped[str]
    """The door it came through, for the audit log."""
    asked_at: Mapped[datetime] = mapped_column(index=True)
    stopped_at: Mapped[datetime | None]
    """When somebody stopped it; what is left waits until somebody goes on with it."""
    stopped_by: Mapped[str | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_bulk_runs_unfinished", "asked_at", postgresql_where=sql("finished_at is null and stopped_at is null")
        ),
    )


class BulkItemRow(Base):
    """One lead of such a run."""

    __tablename__ = "bulk_items"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("bulk_runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(server_default="waiting")
    said: Mapped[str | None]
    """Why it was refused, or what it failed with."""
    revision: Mapped[int | None]
    """Of the decision that did it."""
    at: Mapped[datetime | None]

    __table_args__ = (Index("ix_bulk_items_run_id_state_position", "run_id", "state", "position"),)
