"""What the simulation saw and did itself, lead by lead; reports are compared with this, never with themselves."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from leads.model import LeadKind


@dataclass(slots=True)
class LeadStory:
    """One lead's story, as its actors tell it."""

    lead_id: UUID
    source: str
    kind: LeadKind
    captured_at: datetime
    cadence: str
    owners: list[str] = field(default_factory=list)
    """Whose the lead was, the first and whenever it was seen to be another's."""
    messages: list[datetime] = field(default_factory=list)
    made: list[tuple[datetime, str | None]] = field(default_factory=list)
    """Every contact that was made, by the machine or by people: when, and of which step (None: a personal touch)."""
    attempts: list[tuple[datetime, str]] = field(default_factory=list)
    """Calls that reached nobody, and who made them."""
    contacts: list[tuple[datetime, str]] = field(default_factory=list)
    """When a human was in touch with the person, and who."""
    done: list[tuple[datetime, str, str]] = field(default_factory=list)
    """Tasks that a rep did: when, who, with which outcome."""
    said: list[tuple[datetime, str]] = field(default_factory=list)
    """yes, no, not now, stop."""
    won_at: datetime | None = None
    lost_at: datetime | None = None
    accepted_at: datetime | None = None
    asks: bool = True
    """Whether it began with a question, so that its first response is timed."""

    @property
    def owner(self) -> str:
        """Whose it is in the end."""
        return self.owners[-1]

    @property
    def qualified_at(self) -> datetime | None:
        """When the person said yes."""
        return next((at for at, word in self.said if word == "yes"), None)

    @property
    def answered_at(self) -> datetime | None:
        """The first human contact."""
        return min((at for at, _ in self.contacts), default=None)
