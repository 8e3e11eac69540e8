"""The values that describe a lead: contact points, consents, kinds and stages."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from leads.absences import Absence
from leads.inquiries import Inquiry
from leads.spans import Span
from leads.work_hours import WorkHours

CALLS_PER_DAY = 30
"""How many calls a colleague makes in a day, where nothing else is said."""


class LeadKind(StrEnum):
    """How the lead came to us."""

    INBOUND = "inbound"
    """Asked us something."""
    OUTBOUND = "outbound"
    """Was found by prospecting."""


class Channel(StrEnum):
    """The way a step reaches the person, or the colleague."""

    EMAIL = "email"
    SMS = "sms"
    CALL = "call"
    TASK = "task"
    """Other work for a person of ours."""


class ContactKind(StrEnum):
    """What a contact point is."""

    EMAIL = "email"
    PHONE = "phone"


class Stage(StrEnum):
    """Where the lead stands commercially."""

    NEW = "new"
    """Captured; only the machine has been at it."""
    WORKING = "working"
    """A human has touched it, or it replied."""
    QUALIFIED = "qualified"
    """Said yes; the hand-over is open."""
    WON = "won"
    LOST = "lost"


class Ending(StrEnum):
    """Why the messages of an enrollment ended."""

    NO = "no"
    """The person said no: never."""
    YES = "yes"
    """The person said yes: the cadence is over, the hand-over task remains."""
    OPTED_OUT = "opted_out"
    """The person stopped the messages without answering the question."""
    UNREACHABLE = "unreachable"
    """No usable contact point is left, or none came in."""
    SWITCHED = "switched"
    """Another enrollment took over: a different cadence, or a dated "not now"."""
    ANSWERED = "answered"
    """The one question of a person who had said no was answered; nothing else follows."""
    MERGED = "merged"
    """Two leads were found to be one person, and the other one's enrollment goes on."""


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """A normalised email address or E.164 phone number."""

    kind: ContactKind
    value: str
    lost: str | None = None
    """Why it can't be used any more (bounce, wrong number …); None while it can."""
    suppressed: bool = False
    """On the company's own list: never to be used again, on any channel."""
    suppressed_on: frozenset[Channel] = frozenset()
    """Never to be used again on these channels."""
    dnc_listed: bool | None = None
    """Whether the Do-Not-Call registry had the number when it was last checked; None when it never was."""
    dnc_checked_at: datetime | None = None

    @property
    def usable(self) -> bool:
        return self.lost is None and not self.suppressed

    def usable_on(self, channel: Channel) -> bool:
        """Whether this channel may use it, as far as the contact point itself goes."""
        return self.usable and channel not in self.suppressed_on


@dataclass(frozen=True, slots=True)
class Consent:
    """A person's permission for one channel to one contact point, as it was given."""

    channel: Channel
    contact: str
    """The normalised number or address it was given for; it never covers another."""
    wording: str
    method: str
    source: str
    given_at: datetime
    revoked_at: datetime | None = None
    seller: str = ""
    """To whom it was given."""
    address: str | None = None
    """Where from on the network, where that is known."""


class Role(StrEnum):
    """What one of our own people is to a lead."""

    REP = "rep"
    """Follows leads up."""
    MANAGER = "manager"
    """Is told when something is overdue, and reads the reviews."""
    PARTNER = "partner"
    """A dealer, or another partner outside of the house, who follows leads up for us."""
    EXPERT = "expert"
    """Knows a product, and answers the questions that nobody else can."""
    MARKETING = "marketing"
    """Writes cadences and answers."""
    ADMIN = "admin"
    """Keeps the installation running."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """One of our own people, or a partner: whoever can own leads and tasks."""

    id: str
    name: str
    email: str | None = None
    phone: str | None = None
    role: Role = Role.REP
    _: KW_ONLY
    team: str | None = None
    zone: str | None = None
    """IANA name of the colleague's own clock; None: the company's."""
    hours: WorkHours | None = None
    """When the colleague works, on that clock; None: when the company does."""
    calendar: str | None = None
    """Whose public holidays are free for the colleague: US, or US-CA; None: the company's."""
    skills: tuple[str, ...] = ()
    """Languages, products, whatever routing asks for."""
    weight: int = 1
    """The share of new leads beside the others'; 0: takes none."""
    calls_per_day: int | None = None
    """How many calls the colleague makes in a day; None: as everybody (`CALLS_PER_DAY`)."""
    first_response: Span | None = None
    """A target of the colleague's own, as partners have one; None: the cadence's."""
    active: bool = True
    """False: works here no more, and gets nothing new."""
    takes_leads_since: datetime | None = None
    """Since when the colleague takes new leads (again); what others got before counts for nobody's turn."""
    absences: tuple[Absence, ...] = ()
    """Days away that are not long over; kept apart from what an admin sets."""

    @property
    def capacity(self) -> int:
        """How many calls the colleague makes in a day."""
        return CALLS_PER_DAY if self.calls_per_day is None else self.calls_per_day


@dataclass(frozen=True, slots=True)
class Company:
    """Us: what messages are signed with and which clock counts when nothing better is known."""

    name: str
    zone: str
    """IANA name of the company's own time zone."""
    country: str
    """ISO 3166 code whose holidays count when a cadence names none; also the region of bare phone numbers."""
    postal_address: str = ""
    phone: str = ""
    sender_name: str = ""
    sender_email: str = ""
    hours: WorkHours = field(default_factory=WorkHours)
    """When we are there: what first-response targets are counted in."""
    currency: str = "USD"
    """ISO 4217 code of the currency that costs and prices are in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A person who asked us something, or was found by prospecting."""

    id: UUID
    kind: LeadKind
    created_at: datetime
    owner: Colleague
    name: str | None = None
    company: str | None = None
    question: str | None = None
    """The newest question asked."""
    inquiry: Inquiry | None = None
    """What the library said to it when it came in; None where the current enrollment answers no question."""
    source: str | None = None
    zone: str | None = None
    """IANA name the lead stated (or a form detected), if any."""
    country: str | None = None
    region: str | None = None
    """The state or province that the address, or the lead, names: ISO 3166-2 without the country, like TX."""
    reach: WorkHours | None = None
    """When the person wants to be called, on the person's own clock."""
    inquired_at: datetime | None = None
    """When the person last asked us something."""
    purchased_at: datetime | None = None
    """When the person last bought something from us."""
    generated_by: Colleague | None = None
    """Who found an outbound lead; after silence it goes back there."""
    backlog_id: UUID | None = None
    """The file of old leads that it came with."""
    cost: Decimal | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    contacts: tuple[ContactPoint, ...] = ()
    consents: tuple[Consent, ...] = ()
    stage: Stage = Stage.NEW

    @property
    def stopped_us(self) -> bool:
        """Whether the person stopped all messages; a contact point that was somebody else's says nothing of it."""
        return any(point.suppressed and point.lost is None for point in self.contacts)

    def contact(self, kind: ContactKind) -> ContactPoint | None:
        """The first usable contact point of this kind."""
        return next((point for point in self.contacts if point.kind is kind and point.usable), None)

    def contact_for(self, channel: Channel) -> ContactPoint | None:
        """The contact point that this channel would use now; None when there is none that it may use."""
        kind = ContactKind.EMAIL if channel is Channel.EMAIL else ContactKind.PHONE
        return next((point for point in self.contacts if point.kind is kind and point.usable_on(channel)), None)

    @property
    def emails(self) -> tuple[str, ...]:
        """Every email address that is known, usable or not, in the order in which they came."""
        return tuple(point.value for point in self.contacts if point.kind is ContactKind.EMAIL)

    @property
    def email(self) -> str | None:
        point = self.contact_for(Channel.EMAIL)
        return point.value if point else None

    @property
    def phone(self) -> str | None:
        point = self.contact(ContactKind.PHONE)
        return point.value if point else None

    @property
    def first_name(self) -> str | None:
        """What to call the person: the first word of the name."""
        return self.name.split()[0] if self.name and self.name.split() else None

    def consents_to(self, channel: Channel) -> bool:
        """Whether a consent in force covers the contact point this channel would use now."""
        point = self.contact_for(channel)
        return point is not None and any(
            consent.channel is channel and consent.contact == point.value and consent.revoked_at is None
            for consent in self.consents
        )
