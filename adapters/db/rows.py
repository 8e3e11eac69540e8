"""The tables: leads and what belongs to them, cadence versions, the ledger, tasks, commands."""

from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, MetaData, Numeric, Table, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Instants are stored with their zone; everything unstructured is JSONB."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own declaration style
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        Decimal: Numeric(12, 2),
    }


def table_of(row: type[Base]) -> Table:
    """The table of a row, for statements that are built once and run often."""
    return cast(Table, row.__table__)


class ColleagueRow(Base):
    """One of our own people; the id is a short name that a colleague recognises."""

    __tablename__ = "colleagues"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    role: Mapped[str] = mapped_column(server_default="rep")
    active: Mapped[bool] = mapped_column(server_default=sql("true"))
    created_at: Mapped[datetime]


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


class LeadRow(Base):
    """A lead, the row that every decision about it locks, and what list pages show."""

    __tablename__ = "leads"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str | None]
    company: Mapped[str | None]
    question: Mapped[str | None]
    source: Mapped[str | None]
    zone: Mapped[str | None]
    country: Mapped[str | None]
    region: Mapped[str | None]
    """The state or province that the address, or the lead, names: ISO 3166-2 without the country, like TX."""
    inquired_at: Mapped[datetime | None]
    """When the person last asked us something: a business relationship for a while."""
    purchased_at: Mapped[datetime | None]
    """When the person last bought something: a business relationship for longer."""
    attributes: Mapped[dict[str, Any]]
    cost: Mapped[Decimal | None]
    owner_id: Mapped[str] = mapped_column(ForeignKey("colleagues.id"))
    generated_by_id: Mapped[str | None] = mapped_column(ForeignKey("colleagues.id"))
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
        Index("ix_leads_wake_at", "wake_at", postgresql_where=sql("wake_at is not null")),
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

    __table_args__ = (UniqueConstraint("kind", "value"),)


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
    given_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


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


class InquiryRow(Base):
    """A question that a lead asked."""

    __tablename__ = "inquiries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    question: Mapped[str]
    source: Mapped[str | None]
    asked_at: Mapped[datetime]


class EnrollmentRow(Base):
    """One run of a lead through one pinned version of a cadence."""

    __tablename__ = "enrollments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    cadence: Mapped[str]
    version: Mapped[str] = mapped_column(ForeignKey("cadence_versions.version"))
    started_at: Mapped[datetime]
    ended: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    progress: Mapped[dict[str, Any]]
    """The whole Enrollment value: how far it came, its hold, its next touch with the reasons."""


class TouchRow(Base):
    """The ledger: what was claimed, sent, unknown, delivered, and what humans did."""

    __tablename__ = "touches"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    enrollment_id: Mapped[UUID | None]
    step_id: Mapped[str | None]
    occurrence: Mapped[int | None]
    channel: Mapped[str]
    state: Mapped[str]
    personal: Mapped[bool] = mapped_column(server_default=sql("false"))
    contact: Mapped[str | None]
    subject: Mapped[str | None]
    text: Mapped[str | None]
    outcome: Mapped[str | None]
    by: Mapped[str | None]
    happened_at: Mapped[datetime]
    """When it was claimed; for a human's touch, when it happened."""
    settled_at: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(server_default=sql("1"))
    provider: Mapped[str | None]
    provider_message_id: Mapped[str | None] = mapped_column(index=True)
    message_id: Mapped[str | None]
    """The Message-ID that the recipient's mailbox shows, once a report told it; replies and follow-ups name it."""
    sender: Mapped[str | None]
    """The address or number that it came from."""
    segments: Mapped[int | None]
    """How many segments a text took."""
    bounced_at: Mapped[datetime | None]
    complained_at: Mapped[datetime | None]
    scanned_at: Mapped[datetime | None]
    """When a program last pressed the hidden button on the page behind its links."""
    error: Mapped[str | None]

    __table_args__ = (
        # Nothing is sent twice; a human's calls are not bound by it, since a step may need a call back.
        Index(
            "uq_touches_step_occurrence",
            "lead_id",
            "enrollment_id",
            "step_id",
            "occurrence",
            unique=True,
            postgresql_where=sql("state <> 'made'"),
        ),
        Index("ix_touches_lead_id_happened_at", "lead_id", "happened_at"),
        Index("ix_touches_sender_happened_at", "sender", "happened_at", postgresql_where=sql("sender is not null")),
        Index("ix_touches_message_id", "message_id", postgresql_where=sql("message_id is not null")),
        Index("ix_touches_open_claims", "state", postgresql_where=sql("state in ('claimed', 'refused', 'unknown')")),
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
    contact: Mapped[str | None]
    escalate_to: Mapped[str]
    escalate_at: Mapped[datetime | None]
    escalations: Mapped[int]
    escalated_to: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    look_up_at: Mapped[datetime | None]
    state: Mapped[str]
    outcome: Mapped[str | None]
    note: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]

    __table_args__ = (
        Index("ix_tasks_state_due_at", "state", "due_at", "id"),
        Index("ix_tasks_owner_state_due_at", "owner", "state", "due_at", "id"),
        Index(
            "ix_tasks_escalated_to_state_due_at",
            "escalated_to",
            "state",
            "due_at",
            "id",
            postgresql_where=sql("escalated_to is not null"),
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
    said_at: Mapped[datetime]


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

    __table_args__ = (
        Index("ix_commands_lead_id_revision", "lead_id", "revision"),
        Index("ix_commands_undelivered", "created_at", postgresql_where=sql("delivered_at is null")),
    )


class IdempotencyKeyRow(Base):
    """A write that was made under a caller's key, and the answer it got."""

    __tablename__ = "idempotency_keys"

    key: Mapped[str] = mapped_column(primary_key=True)
    token_id: Mapped[UUID] = mapped_column(primary_key=True)
    request_digest: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class ApiTokenRow(Base):
    """A bearer token, as the SHA-256 of its random text."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class OutboxRow(Base):
    """A message that the local outbox accepted in place of a real provider."""

    __tablename__ = "outbox"

    touch_id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(index=True)
    channel: Mapped[str]
    recipient: Mapped[str]
    sender: Mapped[str]
    subject: Mapped[str | None]
    text: Mapped[str]
    html: Mapped[str | None]
    accepted_at: Mapped[datetime] = mapped_column(index=True)


class SenderRow(Base):
    """A verified address or number that messages come from, its owner, and how much it may send."""

    __tablename__ = "senders"

    address: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    colleague_id: Mapped[str | None] = mapped_column(ForeignKey("colleagues.id"), index=True)
    """Whose leads it writes to; None for the whole company's."""
    daily_cap: Mapped[int | None]
    """At most so many messages in a day of the company's clock; None for no limit."""
    ramp_from: Mapped[datetime | None]
    """When the address began to send; while it is new it may send less than its cap."""
    gap_seconds: Mapped[int] = mapped_column(server_default=sql("0"))
    """At least so long between two messages."""
    active: Mapped[bool] = mapped_column(server_default=sql("true"))
    created_at: Mapped[datetime]


class SenderSlotRow(Base):
    """An instant that a sender with a cap or a gap has given to one message, from today on."""

    __tablename__ = "sender_slots"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    sender: Mapped[str] = mapped_column(ForeignKey("senders.address", ondelete="CASCADE"))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_sender_slots_sender_at", "sender", "at"),)


class SendingDomainRow(Base):
    """How a sending domain stands with mailbox providers."""

    __tablename__ = "sending_domains"

    domain: Mapped[str] = mapped_column(primary_key=True)
    warned_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    why: Mapped[str | None]


class InboundMessageRow(Base):
    """What came in: a reply, an automatic answer, or something that fits no lead and waits for a person."""

    __tablename__ = "inbound_messages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    """None for what fits no lead, or several."""
    touch_id: Mapped[UUID | None]
    """The message of ours that it answers, if that is known."""
    channel: Mapped[str]
    provider: Mapped[str]
    external_id: Mapped[str]
    """The provider's id, or the Message-ID: whatever comes twice is taken once."""
    sender: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str | None]
    text: Mapped[str]
    """What the person wrote, without what they quoted."""
    kind: Mapped[str]
    """What it was taken for."""
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[str | None]
    note: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("provider", "external_id"),
        Index(
            "ix_inbound_messages_unhandled",
            "received_at",
            postgresql_where=sql("lead_id is null and handled_at is null"),
        ),
    )


class AlertRow(Base):
    """Something that an admin has to mend: an account in trouble, a domain that is paused."""

    __tablename__ = "alerts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    """What it is about, like a provider's or a domain's name; never a person."""
    text: Mapped[str]
    since: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int] = mapped_column(server_default=sql("1"))
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]

    __table_args__ = (
        Index("uq_alerts_open", "kind", "subject", unique=True, postgresql_where=sql("resolved_at is null")),
    )


class ErasureRow(Base):
    """That a lead was erased, and who did it; nothing about the person."""

    __tablename__ = "erasures"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]
    by: Mapped[str]
