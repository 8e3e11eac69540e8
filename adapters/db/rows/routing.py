"""Who got which lead and why, and when colleagues are away."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base


class AssignmentRow(Base):
    """That a lead was given to somebody: from when to when, by whom, under which rule, and why."""

    __tablename__ = "assignments"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("colleagues.id"))
    at: Mapped[datetime]
    by: Mapped[str]
    rule: Mapped[str | None]
    """The routing rule; None where a person, or something else than routing, decided."""
    why: Mapped[str]
    until: Mapped[datetime | None]
    """When somebody else got it; None: it is still the owner's."""

    __table_args__ = (
        Index("ix_assignments_owner_id_at", "owner_id", "at"),
        # Whose turn it is: the new leads that were given out lately.
        Index("ix_assignments_routed", "at", "owner_id", postgresql_where=sql("rule is not null")),
    )


class AbsenceRow(Base):
    """Whole days on which a colleague is away, on the colleague's own clock."""

    __tablename__ = "absences"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    colleague_id: Mapped[str] = mapped_column(ForeignKey("colleagues.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    policy: Mapped[str]
    """`hold`: the colleague's work waits; `cover`: somebody else does it."""
    cover_id: Mapped[str | None] = mapped_column(ForeignKey("colleagues.id"))
    """Who covers; None: whom the routing rules find."""
    reason: Mapped[str | None]
    source: Mapped[str]
    """Where it was entered, or the name of the file that it came from."""
    external_id: Mapped[str | None]
    """What the file calls it, so that the next import changes it instead of adding another."""
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_absences_colleague_id_last_day", "colleague_id", "last_day"),
        UniqueConstraint("colleague_id", "source", "external_id"),
    )
