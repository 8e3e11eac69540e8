"""Emails that a colleague writes to a lead beside any plan: what was written, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

PERSONAL = "personal"


class EmailState(StrEnum):
    """Where a personal email stands."""

    WAITING = "waiting"
    """To be sent, within seconds."""
    SENT = "sent"
    UNKNOWN = "unknown"
    """Nobody knows whether it went out; it is not sent again."""
    NOT_SENT = "not sent"
    """It never went out, and never will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalEmail:
    """An email in a colleague's own words."""

    id: UUID
    enrollment_id: UUID
    """The enrollment in which it was written; it stands under this one in the ledger."""
    by: str
    """The colleague who wrote it: an id."""
    sender: str = ""
    """The colleague's own address; empty where it comes from the company's."""
    sender_name: str
    reply_to: str = ""
    """The colleague's mailbox, for answers, where neither the sender nor an address of ours takes them."""
    subject: str
    text: str
    written_at: datetime
    answers: UUID | None = None
    """The task whose question it answers."""
    follows: str = ""
    """The Message-ID of the last email between the two."""
    state: EmailState = EmailState.WAITING
    not_before: datetime | None = None
    """The provider refused it: it is tried again from here on."""
    refusals: int = 0
    settled_at: datetime | None = None
    """When it went out, or was given up."""
    why: str = ""
    """Why it was not sent."""

    @property
    def step_id(self) -> str:
        """The step under which the ledger keeps it; no cadence can name it."""
        return f"{PERSONAL}:{self.id}"

    @property
    def due_at(self) -> datetime:
        """When it is to be sent."""
        return max(self.written_at, self.not_before or self.written_at)


def read_personal_step(step_id: str | None) -> UUID | None:
    """The personal email that a step of the ledger, or a task, belongs to; None for all others."""
    kind, colon, reference = (step_id or "").partition(":")
    if not colon or kind != PERSONAL:
        return None
    try:
        return UUID(reference)
    except ValueError:
        return None
