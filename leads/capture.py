"""A lead as it comes in, normalised: what capture stores, whichever door it came through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from leads.model import Channel, LeadKind
from leads.work_hours import WorkHours


@dataclass(frozen=True, slots=True)
class NewConsent:
    """A permission that came with the lead, for one of its contact points."""

    channel: Channel
    contact: str
    """Normalised, and one of the lead's own contact points."""
    wording: str
    method: str
    source: str
    address: str | None = None
    """Where from on the network, where that is known."""
    given_at: datetime | None = None
    """None: when the lead came in."""


@dataclass(frozen=True, slots=True)
class PacedStart:
    """When a lead of a backlog starts."""

    backlog_id: UUID
    at: datetime | None
    """None for who is known: should the person be none of our leads any more, nothing begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLead:
    """What is known of a person who just asked, or was just found; without a contact point a person completes it."""

    kind: LeadKind = LeadKind.INBOUND
    email: str | None = None
    """Normalised."""
    phone: str | None = None
    """E.164."""
    name: str | None = None
    company: str | None = None
    question: str | None = None
    source: str | None = None
    zone: str | None = None
    country: str | None = None
    region: str | None = None
    """The state or province that the address, or the person, names: ISO 3166-2 without the country, like TX."""
    reach: WorkHours | None = None
    """When the person wants to be called, on the person's own clock."""
    purchased_at: datetime | None = None
    dnc_listed: bool | None = None
    """What the Do-Not-Call registry says of the phone number."""
    dnc_checked_at: datetime | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    cost: Decimal | None = None
    consents: tuple[NewConsent, ...] = ()
    cadence: str | None = None
    """A cadence's name; None for the default of the lead's kind."""
    owner: str | None = None
    """A colleague's id; None for the next rep in turn."""
    generated_by: str | None = None
    asked_now: bool = True
    """False for rows of a file: what is known of the person already is old, and asks nothing anew."""
    asked_at: datetime | None = None
    """When the person asked, if that is known; None for now, or for long ago in a backlog."""
    paced: PacedStart | None = None
    """It comes with a backlog: it did not just ask, and starts in its turn."""
    wrong: tuple[str, ...] = ()
    """What came in and could not be taken, and why; a person mends it."""
    words: str = ""
    """What came in, word for word, for the person who completes the lead."""
    stops: bool = False
    """Its words ask us, beyond doubt, to stop; the intake finds that out."""
    may_stop: bool = False
    """Its words speak of stopping, so that a person reads them before the machine answers."""

    @property
    def has_contact(self) -> bool:
        """Whether there is anything to reach the person by."""
        return self.email is not None or self.phone is not None

    @property
    def says_something(self) -> bool:
        """Whether it holds anything of a person at all; where it came from and what to do with it is nothing of it."""
        told = (self.has_contact, self.name, self.company, self.question, self.attributes, self.wrong)
        return any(told)


DEFAULT_CADENCES = {LeadKind.INBOUND: "inbound-web", LeadKind.OUTBOUND: "outbound-qualified"}
"""Which cadence a lead takes when it names none."""


@dataclass(frozen=True, slots=True)
class Captured:
    """What became of a captured lead."""

    lead_id: UUID
    created: bool
    """False: the person was known, and what came was added to its lead."""
    enrolled: bool
    """True: a new enrollment began."""
    incomplete: bool = False
    """True: nobody can be reached yet, and a person has the task to complete the lead."""


class CaptureRefused(Exception):
    """What came in can't be stored.

    Attributes:
        field: the part that is wrong.
        message: what is wrong, and what to do instead.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
