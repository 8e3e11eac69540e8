"""What is handed to a message provider, and the ways it can answer; every answer is a type, never parsed text."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from leads.model import Channel


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A calendar message (iMIP, RFC 6047), to be attached to an email."""

    method: str
    """What it asks of the program that gets it: REQUEST or CANCEL."""
    text: str

    @property
    def name(self) -> str:
        """The file's."""
        return "cancel.ics" if self.method == "CANCEL" else "invite.ics"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A rendered email or text, ready to go."""

    touch_id: UUID
    """Carried to the provider and back; the one id by which a message is found again."""
    lead_id: UUID | None
    """None for a mail to a colleague that is about no lead in particular."""
    channel: Channel
    to: str
    text: str
    subject: str | None = None
    html: str | None = None
    sender_name: str = ""
    sender: str = ""
    """The address or number it is sent from; empty where the provider decides."""
    reply_to: str = ""
    """Where answers go; empty for the sender."""
    unsubscribe_url: str = ""
    """What mailboxes post to when a person presses their own unsubscribe button (RFC 8058)."""
    in_reply_to: str = ""
    """The Message-ID of the message of ours that this one follows up."""
    category: str = ""
    """The cadence, for the provider's statistics; never anything about the person."""
    segments: int | None = None
    """How many segments a text takes."""
    internal: bool = False
    """To one of our own people: no touch, and nobody's automatic answer to it is wanted."""
    calendar: CalendarFile | None = None
    """An invitation, or its cancellation."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider accepted the message."""

    provider: str
    message_id: str


class Found(StrEnum):
    """What a provider knows of a message whose sending was interrupted."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    """It certainly never arrived there, and a straggling first attempt would be recognised: so it may be sent."""
    UNKNOWN = "unknown"
    """Nobody can say; a person has to find out."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to `MessageSender.find`."""

    found: Found
    receipt: Receipt | None = None


class SendError(Exception):
    """A message was not accepted, or nobody knows."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code
        """The provider's own code, for the ledger."""


class SendRefused(SendError):
    """Certainly not accepted, and not for ever: it may be sent again under the same claim, later."""

    def __init__(
        self, message: str, code: str = "", retry_after: timedelta | None = None, *, once: bool = False
    ) -> None:
        super().__init__(message, code)
        self.retry_after = retry_after
        self.once = once
        """Refused for this a second time, the step goes another way."""


class ContactPointDead(SendError):
    """Certainly not accepted: this address or number can never be used."""


class RecipientOptedOut(SendError):
    """Certainly not accepted: the provider knows that the person stopped the messages."""


class AccountTrouble(SendError):
    """Certainly not accepted, and not the lead's fault: keys, balance, registration. The step is kept."""


class OutcomeUnknown(SendError):
    """Nobody knows whether it was accepted: a read time-out, a 5xx, a connection cut. Never sent again blindly."""


class TouchState(StrEnum):
    """Where a touch stands in the ledger."""

    CLAIMED = "claimed"
    """About to be sent, or being sent; nobody else may."""
    REFUSED = "refused"
    """Certainly not accepted; may be sent again under this claim."""
    SENT = "sent"
    """The provider accepted it."""
    DELIVERED = "delivered"
    """The provider says that it arrived."""
    UNKNOWN = "unknown"
    """Nobody knows; never sent again, a person finds out."""
    FAILED = "failed"
    """Certainly not accepted, and it never will be."""
    MADE = "made"
    """A human made it: a call of the plan, or a personal touch."""
    CORRECTED = "corrected"
    """A human recorded it by mistake and took it back; it counts for nothing."""


KNOWN_OUT = frozenset({TouchState.SENT, TouchState.DELIVERED})
"""The provider had the message, whatever the answer to our own call was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReport:
    """What a provider says, later and perhaps more than once, of a message that it was handed."""

    touch_id: UUID
    state: TouchState
    """Sent, delivered or failed."""
    provider: str
    message_id: str
    code: str = ""
    """The provider's own code for a failure."""
    contact_dead: bool = False
    """This address or number can never be used."""
    opted_out: bool = False
    """The person stopped the messages."""
    mail_id: str = ""
    """The Message-ID that the recipient's mailbox shows, without < and >."""
    bounced: bool = False
    """The address is dead, which counts against our domain."""
    complained: bool = False
    """The person called it spam, which counts against our domain more."""
    address: str = ""
    """Whom it is about, where the person stopped the messages: it holds although we don't know the message any more."""


@dataclass(frozen=True, slots=True)
class AddressReport:
    """What a provider says of an address, naming no message of ours: it stopped the messages."""

    address: str
    provider: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The ledger's row of one step occurrence. Nothing is sent without one."""

    touch_id: UUID
    enrollment_id: UUID
    step_id: str
    occurrence: int
    channel: Channel
    contact: str
    subject: str | None
    text: str
    claimed_at: datetime
    provider: str
    """Who was to send it: only that one can say what became of it."""
    state: TouchState = TouchState.CLAIMED
    attempt: int = 1
    accepted: bool = False
    """The provider had it, whatever became of it there: never sent again over the same channel."""
    sender: str = ""
    """The address or number that it comes from; empty where the provider decides."""
    segments: int | None = None
    """How many segments a text takes."""
    variant: str | None = None
    """Which of its step's variants it is."""
    by: str | None = None
    """The colleague who wrote it; None for what the machine sends by itself."""
    template: str | None = None
    """What it was made from."""
