"""What reports answer: the same models over REST and on the command line."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from leads.goals import Figure
from leads.measures import Dimension
from leads.periods import Every


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class PeriodView(_Answer):
    """A week or month on the company's clock."""

    label: str
    first_day: date
    last_day: date
    start: datetime
    end: datetime
    complete: bool
    """Whether it is over."""


class Quantiles(_Answer):
    """How long something took, in seconds; None where it never happened."""

    median: float | None = None
    p90: float | None = None
    """Nine of ten took no longer."""


class ResponseTimes(_Answer):
    """From questions to the first human contact."""

    asked: int = 0
    """Questions asked in the period."""
    answered: int = 0
    """Of these, answered by a person."""
    in_time: int = 0
    """Of these, within the target."""
    late: int = 0
    """Answered after the target, or not answered though it was over while the person waited."""
    waiting: int = 0
    """The person waits for an answer, still within the target."""
    not_needed: int = 0
    """Before the target was over and anybody had answered, the person waited no more: it said yes, no or not now by
    itself, or stopped us."""
    within_target: float | None = None
    """In time, of all that are in time or late."""
    wall: Quantiles = Quantiles()
    """By the clock on the wall, of those that were answered."""
    business: Quantiles = Quantiles()
    """The same in the company's business hours."""
    first_attempt: Quantiles = Quantiles()
    """Until a person first tried: an unanswered call, a voicemail, or the contact itself."""
    attempts: float | None = None
    """How often people tried in vain before, on average of those that were answered."""
    machine: Quantiles = Quantiles()
    """Until our first automatic message, where that came before a person."""
    human: Quantiles = Quantiles()
    """The rest of the wall-clock time, which people took."""


class GoalView(_Answer):
    """A figure's goal; shares from 0 to 1, times in seconds."""

    goal: float
    met: bool | None
    """None where nothing was measured."""


class Figures(_Answer):
    """The four figures of some leads, and whether all of them are followed up."""

    period: str | None = None
    """The period's label; None for all periods together."""
    group: str | None = None
    """The source, cadence, rep or kind that the report is grouped by; None where it is not, or not known."""
    leads: int = 0
    """Received in the period."""
    response: ResponseTimes = ResponseTimes()
    qualified: int = 0
    """Of the leads received, those qualified until now."""
    qualified_share: float | None = None
    ordered: int = 0
    """Of the leads received, those won until now."""
    ordered_share: float | None = None
    followed_up: int = 0
    """Of the leads received, those that are done or have something ahead of them."""
    followed_up_share: float | None = None
    goals: dict[Figure, GoalView] = {}

    def value_of(self, figure: Figure) -> float | None:
        """A figure that may have a goal; None where nothing was measured."""
        match figure:
            case Figure.LEADS:
                return self.leads
            case Figure.RESPONSE_MEDIAN:
                return self.response.wall.median
            case Figure.RESPONSE_P90:
                return self.response.wall.p90
            case Figure.WITHIN_TARGET:
                return self.response.within_target
            case Figure.QUALIFIED:
                return self.qualified_share
            case Figure.ORDERED:
                return self.ordered_share
        return self.followed_up_share


class Proposal(_Answer):
    """A goal that was met, and the one to set next."""

    figure: Figure
    every: Every
    of: dict[str, str]
    """The leads that the goal is for; empty for all."""
    goal: float
    next_goal: float
    periods_met: int
    """In so many complete periods in a row, which is what the goal asks for."""


class FiguresReport(_Answer):
    """The four figures, period by period."""

    as_of: datetime
    zone: str
    every: Every
    group: Dimension | None
    periods: list[PeriodView]
    rows: list[Figures]
    """One for each period, and group, in which anything came in."""
    totals: list[Figures]
    """The same for all periods together: one for each group."""
    proposals: list[Proposal] = []
    goals_wrong: list[str] = []
    """What is wrong with `goals.yaml`, which is left aside then: file, line, column, and what to write instead."""


class Outcomes(_Answer):
    """What came of contacts. What a person said is credited to the message that a reply answers, else to the last
    contact before it."""

    sent: int = 0
    """Contacts that went out: messages that a provider accepted, calls and other work that people did."""
    delivered: int = 0
    """Messages of which the provider says that they arrived."""
    bounced: int = 0
    replied: int = 0
    """Contacts that were answered with a reply; the figures below are meant so, too."""
    yes: int = 0
    no: int = 0
    not_now: int = 0
    opted_out: int = 0
    """Stopped the messages."""
    reply_share: float | None = None
    yes_share: float | None = None


class Step(_Answer):
    """One step of a version of a cadence, with one template and variant."""

    cadence: str | None
    """None for personal touches and others that belong to no version."""
    version: str | None
    step: str | None
    template: str | None
    variant: str | None
    channel: str
    first_contact_number: int | None
    """The lowest how many-th contact of a lead it was."""
    outcomes: Outcomes


class ContactNumber(_Answer):
    """All contacts that were the how many-th of their enrollment."""

    number: int | None
    """None for contacts that nobody counted, like personal touches."""
    outcomes: Outcomes
    yes_until: float | None
    """Which share of all yeses on a counted contact came on this one or an earlier one."""


class StepsReport(_Answer):
    """What works: steps, templates and variants, and the number of the contact."""

    as_of: datetime
    counted_as_of: datetime | None
    """When the weeks before `counted_until` were counted; None where everything was counted now."""
    counted_until: date | None
    """Contacts from this day on were counted now."""
    first_day: date
    last_day: date
    rows: list[Step]
    contact_numbers: list[ContactNumber]


class Costs(_Answer):
    """What some leads cost, in the company's currency. Costs for each are of leads whose cost is known."""

    group: str | None = None
    leads: int = 0
    priced: int = 0
    """Leads whose cost is known; the next figures are of these."""
    cost: Decimal = Decimal(0)
    qualified: int = 0
    ordered: int = 0
    per_lead: Decimal | None = None
    per_qualified: Decimal | None = None
    per_order: Decimal | None = None
    not_worked: int = 0
    """Leads, with a cost or without, that have been here for 24 hours and that no person has tried to reach."""
    wasted: Decimal = Decimal(0)
    """What these cost."""
    wasted_share: float | None = None


class CostsReport(_Answer):
    """Costs, and how much of them was wasted."""

    as_of: datetime
    currency: str
    """Of every amount: ISO 4217 code."""
    first_day: date
    last_day: date
    group: Dimension
    rows: list[Costs]
    total: Costs


class ResponseBin(_Answer):
    """Questions that were answered within some time."""

    name: str
    up_to_seconds: int | None
    """None for all that took longer."""
    wall: int
    """By the clock on the wall: longer than the bin before, and not longer than this."""
    wall_until: float | None
    """The share of all answered questions in this bin and those before."""
    business: int
    """In the company's business hours."""
    business_until: float | None


class AttemptsBin(_Answer):
    """Questions that were answered after so many vain attempts."""

    attempts: int
    """The last bin holds more, too."""
    answered: int


class ResponseDistribution(_Answer):
    """How fast the questions of a group were answered."""

    group: str | None
    response: ResponseTimes
    bins: list[ResponseBin]
    attempts: list[AttemptsBin]


class ResponseReport(_Answer):
    """How response times spread."""

    as_of: datetime
    first_day: date
    last_day: date
    group: Dimension | None
    rows: list[ResponseDistribution]


class Leg(_Answer):
    """From one place of the map to the next."""

    origin: str
    target: str
    leads: int
    time: Quantiles


class Flow(_Answer):
    """The ways of leads of one kind and source."""

    kind: str | None
    """None for all leads together."""
    source: str | None
    leads: int
    legs: list[Leg]


class MapNode(_Answer):
    """A place of the map, or a person through whose hands leads went."""

    id: str
    leads: int
    """That came there; into somebody's hands, perhaps more than once."""
    role: str | None = None
    """Of a person."""


class Hands(_Answer):
    """Through whose hands leads went: who found them, and who owned them one after the other."""

    nodes: list[MapNode]
    legs: list[Leg]
    """With how long the first of the two had them."""


class LeadMap(_Answer):
    """How leads came, and where they went, as nodes and legs of which a picture can be drawn."""

    as_of: datetime
    first_day: date
    last_day: date
    nodes: list[MapNode]
    """In the order in which a lead passes them."""
    legs: list[Leg]
    """Of all leads together."""
    flows: list[Flow]
    """By kind and source, the largest first."""
    hands: Hands


class RunningClock(_Answer):
    """A question that a person still waits for an answer to."""

    lead_id: UUID
    lead_name: str | None
    lead_company: str | None
    source: str | None
    cadence: str
    owner: str
    """Whose it is to answer."""
    owner_name: str | None
    asked_at: datetime
    due_at: datetime
    warned_at: datetime | None
    """When the owner was warned that half of the time is gone."""
    escalated_at: datetime | None
    """When somebody else was told."""
    reassigned_at: datetime | None
    """When it was taken from its former owner."""
    attempted_at: datetime | None
    """When a person first tried in vain."""
    attempts: int


class RunningClocks(_Answer):
    """Some of them, and how many there are."""

    total: int
    items: list[RunningClock]


class ClocksNow(_Answer):
    """The first responses that are still to come."""

    as_of: datetime
    in_time: RunningClocks
    """Not due yet; the next ones due."""
    late: RunningClocks
    """Due already, and still not answered; those that were due last."""


class FunnelStage(_Answer):
    """How many leads came so far, or further."""

    place: str
    leads: int
    share: float | None
    """Of all leads."""
    of_before: float | None
    """Of those that came to the stage before; None for the first one."""


class Funnel(_Answer):
    """How far leads came that were captured in some periods."""

    as_of: datetime
    first_day: date
    last_day: date
    stages: list[FunnelStage]


class LeadsBehind(_Answer):
    """A page of the leads that a number of a report counts."""

    items: list[UUID]
    total: int
    next_cursor: str | None
