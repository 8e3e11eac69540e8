"""Meetings with leads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base

ONE_AT_A_TIME = "ex_meetings_one_at_a_time"
_AGREED = "state in ('invited', 'accepted', 'tentative')"


class MeetingRow(Base):
    """A meeting with a lead: the `Meeting` value, field by field."""

    __tablename__ = "meetings"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    enrollment_id: Mapped[UUID]
    organizer: Mapped[str] = mapped_column(ForeignKey("colleagues.id"))
    organizer_name: Mapped[str]
    asked_by: Mapped[str]
    agreed_at: Mapped[datetime]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    subject: Mapped[str]
    place: Mapped[str]
    state: Mapped[str]
    sequence: Mapped[int]
    changed_at: Mapped[datetime]
    told: Mapped[int | None]
    told_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    refusals: Mapped[int]
    nudged_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    followed_up_at: Mapped[datetime | None]

    __table_args__ = (
        # Nobody is in two meetings at once, whoever agrees on them in the same instant. The first range is one
        # colleague's id: PostgreSQL excludes equal texts only with an extension, and overlapping ranges without.
        ExcludeConstraint(
            (sql("textrange(organizer, organizer, '[]')"), "&&"),
            (sql("tstzrange(starts_at, ends_at)"), "&&"),
            name=ONE_AT_A_TIME,
            using="gist",
            where=sql(_AGREED),
        ),
    )
