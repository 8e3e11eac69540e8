"""Leads that were found to be one person with another."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base


class LeadMergeRow(Base):
    """Which lead a merged one lives on in: links, reply addresses and calls with its id reach that one."""

    __tablename__ = "lead_merges"

    merged_id: Mapped[UUID] = mapped_column(primary_key=True)
    """Of the lead whose row is gone."""
    into_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    """The kept one; when that is merged in turn, the one that it lives on in."""
    at: Mapped[datetime]
    by: Mapped[str]
    plan: Mapped[dict[str, Any]]
    """What the merged lead's own workflow is told: a plan with nothing left to do."""
