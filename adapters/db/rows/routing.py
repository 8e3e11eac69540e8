"""Who got which lead and why, and when colleagues are away."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint
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
    corrected_at: Mapped[datetime | None]
    """When it was taken back, since it had been a mistake; the one before was never left then."""

    __table_args__ = (Index("ix_assignments_owner_id_at", "owner_id", "at"),)


class TurnRow(Base):
    """That the rules gave a new lead to a colleague; what counts for whose turn it is.

    It is committed before the lead is stored, so that captures wait for each other for a moment only.
    """

    __tablename__ = "turns"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    colleague_id: Mapped[str] = mapped_column(ForeignKey("colleagues.id"))
    at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (Index("ix_turns_colleague_id_at", "colleague_id", "at"),)


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
