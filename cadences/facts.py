"""What a decision found out, for the store to write down."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cadences.enrollment import StepRef
from leads.model import Channel, Consent, ContactPoint


@dataclass(frozen=True, slots=True)
class TouchMade:
    """A personal touch or a completed call, for the ledger."""

    id: UUID
    channel: Channel
    happened_at: datetime
    by: str
    personal: bool
    note: str | None = None
    outcome: str | None = None
    step: StepRef | None = None
    variant: str | None = None
    """Which of its step's variants it was."""


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """An explicit yes or no."""

    answer: str
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """Sales took a qualified lead over: what marketing had qualified is sales-qualified from then on."""


@dataclass(frozen=True, slots=True)
class ContactLost:
    """A contact point turned out to be unusable."""

    contact: str
    why: str


@dataclass(frozen=True, slots=True)
class ContactFound:
    """A person found another way to reach the lead."""

    point: ContactPoint


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A contact point must not be used again."""

    contact: str
    why: str
    channel: Channel | None = None
    """On this channel only; None for all."""


@dataclass(frozen=True, slots=True)
class Reopened:
    """The person wants texts again: the number is open to them, and to nothing else that was closed."""

    consent: Consent
    """To texts to that number, in the person's own words."""


@dataclass(frozen=True, slots=True)
class SendSettled:
    """A person found out what became of a message that nobody knew about."""

    touch_id: UUID
    sent: bool


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """A person answered what the lead asked."""

    asked_from: datetime
    """When the first of the questions came in that were answered with it."""
    at: datetime
    by: str
    note: str | None = None
    """How, in that person's words."""


@dataclass(frozen=True, slots=True)
class Notice:
    """News that one of our people gets by email."""

    colleague: str
    kind: str
    """What it is, like `first response`; one word or two, for lists."""
    subject: str
    text: str
    """Markdown; may name the lead, since it stays in the database and goes to our own people only."""
    about: str = ""
    """What makes it one piece of news: the same kind about the same is sent to a colleague once."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Why the lead has the owner that it has now."""

    why: str
    rule: str | None = None
    """The routing rule, if one decided."""


Fact = (
    Assigned
    | TouchMade
    | AnswerGiven
    | Accepted
    | ContactLost
    | ContactFound
    | Suppressed
    | Reopened
    | SendSettled
    | QuestionAnswered
    | Notice
)
