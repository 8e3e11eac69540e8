"""Colleagues, leads and what belongs to them, and what outlives them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base

LEAD_WORDS = "lead_words(name, company)"
"""The words of a lead's name and company, as they are; a function of ours in the database."""


class ColleagueRow(Base):
    """One of our own people; the id is a short name that a colleague recognises."""

    __tablename__ = "colleagues"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    role: Mapped[str] = mapped_column(server_default="rep")
    team: Mapped[str | None]
    zone: Mapped[str | None]
    hours: Mapped[str | None]
    """As they are written: mon-fri 09:00-17:30."""
    calendar: Mapped[str | None]
    skills: Mapped[list[Any]] = mapped_column(server_default=sql("'[]'::jsonb"))
    weight: Mapped[int] = mapped_column(server_default=sql("1"))
    calls_per_day: Mapped[int | None]
    first_response: Mapped[str | None]
    """As it is written: 4 hours."""
    active: Mapped[bool] = mapped_column(server_default=sql("true"))
    takes_leads_since: Mapped[datetime | None]
    """Since when the colleague takes new leads (again)."""
    created_at: Mapped[datetime]


class LeadRow(Base):
    """A lead, the row that every decision about it locks, and what list pages show."""

    __tablename__ = "leads"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str | None]
    company: Mapped[str | None]
    company_domain: Mapped[str | None]
    """The registrable domain of a business address; shows who may work at the same company."""
    words_digest: Mapped[str | None]
    """Of a lead that came in without a contact point: a keyed hash of its words, by which the very same is known."""
    question: Mapped[str | None]
    source: Mapped[str | None]
    zone: Mapped[str | None]
    country: Mapped[str | None]
    region: Mapped[str | None]
    """The state or province that the address, or the lead, names: ISO 3166-2 without the country, like TX."""
    reach: Mapped[str | None]
    """When the person wants to be called, as it is written: tue 14:00-17:00."""
    inquired_at: Mapped[datetime | None]
    """When the person last asked us something: a business relationship for a while."""
    purchased_at: Mapped[datetime | None]
    """When the person last bought something: a business relationship for longer."""
    attributes: Mapped[dict[str, Any]]
    cost: Mapped[Decimal | None]
    owner_id: Mapped[str] = mapped_column(ForeignKey("colleagues.id"))
    generated_by_id: Mapped[str | None] = mapped_column(ForeignKey("colleagues.id"))
    backlog_id: Mapped[UUID | None] = mapped_column(ForeignKey("backlogs.id"))
    """The file of old leads that it came with."""
    stage: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    revision: Mapped[int] = mapped_column(server_default=sql("0"))
    """Grows by one with each committed decision; the workflow keeps the plan with the highest."""
    enrollment_id: Mapped[UUID | None]
    """The current enrollment; no foreign key, since enrollments point here already."""
    cadence: Mapped[str | None]
    plan: Mapped[dict[str, Any] | None]
    """The contract's Plan of this revision, as the workflow is told."""
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the next touch happens, for lists."""
    wake_at: Mapped[datetime | None]
    """When the machine does something next, for the liveness checker."""
    answer: Mapped[str | None]
    ended: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    first_response_due_at: Mapped[datetime | None]
    first_human_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_leads_owner_id_created_at", "owner_id", "created_at"),
        Index("ix_leads_stage_created_at", "stage", "created_at"),
        Index("ix_leads_cadence_created_at", "cadence", "created_at"),
        Index("ix_leads_company_domain", "company_domain", postgresql_where=sql("company_domain is not null")),
        Index("ix_leads_words_digest", "words_digest", postgresql_where=sql("words_digest is not null")),
        Index("ix_leads_wake_at", "wake_at", postgresql_where=sql("wake_at is not null")),
        Index("ix_leads_generated_by_id", "generated_by_id", postgresql_where=sql("generated_by_id is not null")),
        Index("ix_leads_backlog_id", "backlog_id", postgresql_where=sql("backlog_id is not null")),
        # The beginnings of the words of a name or a company find a lead while somebody types.
        Index("ix_leads_words", sql(LEAD_WORDS), postgresql_using="gin"),
    )


class ContactPointRow(Base):
    """A normalised address or number; it belongs to one lead only, which is how the same person is recognised."""

    __tablename__ = "contact_points"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    value: Mapped[str]
    lost: Mapped[str | None]
    suppressed: Mapped[bool] = mapped_column(server_default=sql("false"))
    """On every channel."""
    suppressed_on: Mapped[list[Any]] = mapped_column(server_default=sql("'[]'::jsonb"))
    """On these channels only."""
    dnc_listed: Mapped[bool | None]
    """Whether the Do-Not-Call registry had the number when it was last checked."""
    dnc_checked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("kind", "value"),
        # By its beginning, whatever the database's collation.
        Index("ix_contact_points_value_begins", "value", postgresql_ops={"value": "text_pattern_ops"}),
    )


class ConsentRow(Base):
    """A permission as it was given; revoked, never deleted."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str]
    contact: Mapped[str]
    seller: Mapped[str] = mapped_column(server_default="")
    """To whom it was given."""
    wording: Mapped[str]
    method: Mapped[str]
    source: Mapped[str]
    address: Mapped[str | None]
    """Where from on the network it was given, where that is known."""
    given_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class InquiryRow(Base):
    """A question that a lead asked, what the library said to it, and who answered the rest."""

    __tablename__ = "inquiries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    question: Mapped[str]
    source: Mapped[str | None]
    asked_at: Mapped[datetime]
    answers: Mapped[list[Any]] = mapped_column(server_default=sql("'[]'::jsonb"))
    """The answers found, word for word, so that what was decided stays although the library changes."""
    unanswered: Mapped[list[Any]] = mapped_column(server_default=sql("'[]'::jsonb"))
    """The questions in it that no answer was sure enough for."""
    topic: Mapped[str | None]
    expert_id: Mapped[str | None] = mapped_column(ForeignKey("colleagues.id"))
    """Who knew most about it among those who worked here."""
    answered_at: Mapped[datetime | None]
    """When a person answered it; what the first email said does not count."""
    answered_by: Mapped[str | None]
    answered_note: Mapped[str | None]
    """How, in that person's words."""

    __table_args__ = (Index("ix_inquiries_unanswered", "asked_at", postgresql_where=sql("unanswered <> '[]'::jsonb")),)


class SuppressionRow(Base):
    """The company's own list: a keyed hash of a contact point that must not be used again; outlives the lead."""

    __tablename__ = "suppressions"

    digest: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True, server_default="all")
    """A channel, or `all`."""
    kind: Mapped[str]
    why: Mapped[str]
    by: Mapped[str] = mapped_column(server_default="followthrough")
    created_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    """When the person, or a colleague, opened it again; the row stays, as everything here does."""
    lifted_by: Mapped[str | None]
    lifted_why: Mapped[str | None]


class ErasureRow(Base):
    """That a lead was erased, and who did it; nothing about the person."""

    __tablename__ = "erasures"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]
    by: Mapped[str]
    merged_into: Mapped[UUID | None]
    """The lead that it had been merged into, and was erased with."""
