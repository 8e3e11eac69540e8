"""Who may sign in to the console, who is signed in, and what people changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from adapters.db.rows.base import Base


class AccountRow(Base):
    """That a colleague may sign in; what the colleague may do there is said by the colleague's role."""

    __tablename__ = "accounts"

    colleague_id: Mapped[str] = mapped_column(ForeignKey("colleagues.id", ondelete="CASCADE"), primary_key=True)
    password_hash: Mapped[str]
    """By argon2, with its parameters and salt."""
    created_at: Mapped[datetime]
    password_changed_at: Mapped[datetime]


class InvitationRow(Base):
    """A link that lets somebody choose a password, once."""

    __tablename__ = "invitations"

    digest: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the link's random text."""
    colleague_id: Mapped[str | None] = mapped_column(ForeignKey("colleagues.id", ondelete="CASCADE"))
    """None: it makes the first admin."""
    by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SessionRow(Base):
    """A browser in which somebody is, or was, signed in."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of the cookie's random text."""
    colleague_id: Mapped[str] = mapped_column(ForeignKey("colleagues.id", ondelete="CASCADE"), index=True)
    how: Mapped[str]
    """By a password, an invitation, or the company's sign-on."""
    agent: Mapped[str]
    """What the browser calls itself, for whoever looks at the list of sessions."""
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInAttemptRow(Base):
    """A sign-in that failed, kept for a short while so that nobody guesses on."""

    __tablename__ = "sign_in_attempts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account: Mapped[str]
    """A digest of what was typed as the name."""
    address: Mapped[str]
    """A digest of where it came from on the network."""
    at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (
        Index("ix_sign_in_attempts_account_at", "account", "at"),
        Index("ix_sign_in_attempts_address_at", "address", "at"),
    )


class AuditEntryRow(Base):
    """One change that a person made: who, what, before, after, when. It names ids and codes, no private data."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    by: Mapped[str]
    via: Mapped[str]
    """The door it came through: console, rest, command line, public."""
    session_id: Mapped[UUID | None]
    """The console's session; no foreign key, since entries outlive sessions."""
    action: Mapped[str]
    lead_id: Mapped[UUID | None]
    """No foreign key, since entries outlive leads."""
    subject: Mapped[str | None]
    """What was changed, if it was no lead: a cadence, a colleague, a token's name."""
    outcome: Mapped[str]
    """`begun`, `done`, or `refused`; what stays begun was cut off by a crash."""
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]

    __table_args__ = (
        Index("ix_audit_entries_by_id", "by", "id"),
        Index("ix_audit_entries_action_id", "action", "id"),
        Index("ix_audit_entries_lead_id_id", "lead_id", "id", postgresql_where=sql("lead_id is not null")),
    )
