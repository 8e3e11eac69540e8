"""The ledger, senders, what comes in, and what an admin has to mend."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base


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
    template: Mapped[str | None]
    """The template, or talk track, that it was made from."""
    version: Mapped[str | None]
    """The cadence's version that it belongs to."""
    variant: Mapped[str | None]
    """Which of its step's variants it is, where the step has several."""
    contact_number: Mapped[int | None]
    """The how many-th contact of its enrollment it was, counted from 1."""
    owner_id: Mapped[str | None]
    """Who owned the lead then."""

    __table_args__ = (
        # Nothing is sent twice; a human's calls are not bound by it, since a step may need a call back.
        Index(
            "uq_touches_step_occurrence",
            "lead_id",
            "enrollment_id",
            "step_id",
            "occurrence",
            unique=True,
            postgresql_where=sql("state not in ('made', 'corrected')"),
        ),
        Index("ix_touches_lead_id_happened_at", "lead_id", "happened_at"),
        Index("ix_touches_happened_at", "happened_at"),
        # When people pick up is learnt from the newest calls of the plan.
        Index(
            "ix_touches_calls",
            "happened_at",
            postgresql_include=["lead_id", "outcome"],
            postgresql_where=sql("channel = 'call' and state = 'made' and not personal and outcome is not null"),
        ),
        Index("ix_touches_made", "lead_id", postgresql_where=sql("state = 'made'")),
        Index("ix_touches_sender_happened_at", "sender", "happened_at", postgresql_where=sql("sender is not null")),
        Index("ix_touches_message_id", "message_id", postgresql_where=sql("message_id is not null")),
        # Experiments are counted from this index alone: the ledger is wide, and their touches lie all over it.
        Index(
            "ix_touches_variants",
            *("version", "step_id", "lead_id", "happened_at"),
            postgresql_include=["channel", "variant", "state", "outcome", "provider_message_id", "enrollment_id"],
            postgresql_where=sql("variant is not null"),
        ),
        Index("ix_touches_open_claims", "state", postgresql_where=sql("state in ('claimed', 'refused', 'unknown')")),
    )


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
        # Who replied when, and to what, is read from the index alone: messages are long.
        Index(
            "ix_inbound_messages_replies",
            "received_at",
            postgresql_include=["lead_id", "touch_id"],
            postgresql_where=sql("kind = 'reply'"),
        ),
        Index(
            "ix_inbound_messages_unhandled",
            "received_at",
            postgresql_where=sql("lead_id is null and handled_at is null"),
        ),
    )


class OutboxRow(Base):
    """A message that the local outbox accepted in place of a real provider."""

    __tablename__ = "outbox"

    touch_id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID | None] = mapped_column(index=True)
    """None for a mail to a colleague that is about no lead in particular."""
    channel: Mapped[str]
    recipient: Mapped[str]
    sender: Mapped[str]
    sender_name: Mapped[str] = mapped_column(server_default="")
    headers: Mapped[list[Any]] = mapped_column(server_default=sql("'[]'::jsonb"))
    """Pairs of a name and a value, in their order: what an email carries beside its addresses and its subject."""
    subject: Mapped[str | None]
    text: Mapped[str]
    html: Mapped[str | None]
    internal: Mapped[bool] = mapped_column(server_default=sql("false"))
    """To one of our own people."""
    calendar: Mapped[str | None]
    """The calendar file that is attached: an invitation, or its cancellation."""
    segments: Mapped[int | None]
    """How many segments a text takes."""
    accepted_at: Mapped[datetime] = mapped_column(index=True)


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
