"""A cadence as marketing writes it: the YAML's shape, its defaults, and nothing about when or to whom."""

import re
from datetime import time
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from cadences.conditions import Condition
from leads.calendars import WORKDAYS, BusinessCalendar, is_known_calendar
from leads.clock_times import Clock, Days
from leads.model import Channel, LeadKind
from leads.spans import Span, Unit

ROLES = frozenset({"owner", "manager", "generator"})
"""Who can be meant without naming anybody."""
ORIGINAL = "original"
"""What the step's own template is called beside its variants."""
MOST_VARIANTS = 4
"""Each one more needs as many more leads until anything can be said."""
LEAST_SAMPLE = 100
"""Of fewer leads than this per variant nothing is ever concluded."""
SLUG = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
Slug = Annotated[str, Field(pattern=SLUG, max_length=60)]
Share = Annotated[int, Field(ge=1, le=100)]
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
"""Templates name fields with underscores: a hyphen would subtract."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Audience(_Part):
    """Which leads the cadence is meant for."""

    kind: LeadKind | Literal["any"] = Field("any", description="inbound, outbound or any.")


class Hours(_Part):
    """When touches may happen, on the lead's own clock."""

    days: Days = Field(WORKDAYS, description="Days on which touches may happen.")
    from_: Clock = Field(time(9), alias="from", description='First moment of the day, "09:00".')
    to: Clock = Field(time(17, 30), description='From this moment on nothing happens any more, "17:30".')
    calendar: str | None = Field(
        None, description="Country or state whose public holidays are left out, like US or US-CA."
    )

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if self.from_ >= self.to:
            raise ValueError("hours never open: `from` must be earlier than `to`")
        if not self.days:
            raise ValueError("hours never open: name at least one day")
        if self.calendar is not None and not is_known_calendar(self.calendar):
            raise ValueError(
                f"`calendar`: {self.calendar!r} is no known calendar; write a country like US, or a state like US-CA"
            )
        return self

    def business_calendar(self) -> BusinessCalendar:
        return BusinessCalendar(self.days, self.calendar)


class Limits(_Part):
    """How many automated messages a lead may get; calls and personal touches do not count."""

    per_day: int = Field(1, ge=1, le=20, description="Automated messages in one local day.")
    per_week: int = Field(4, ge=1, le=100, description="Automated messages in any seven local days in a row.")


class FirstResponse(_Part):
    """How fast a human answers a new inbound lead."""

    within: Span = Field(
        Span(30, Unit.MINUTE),
        description="From capture to the first human contact, counted in the company's business hours.",
    )
    at_most: Span = Field(
        Span(24, Unit.HOUR), description="The same on the clock on the wall, whether anybody is at work or not."
    )
    before_missed: Literal["escalate", "reassign"] = Field(
        "escalate",
        description="What happens when two thirds are gone: escalate_to is told, or another rep at work takes over.",
    )
    escalate_to: str = Field("manager", description="Who is told before it is missed: a role or a person's id.")

    @field_validator("at_most")
    @classmethod
    def _is_fixed(cls, span: Span) -> Span:
        if span.unit in (Unit.BUSINESS_DAY, Unit.MONTH):
            raise ValueError('`at_most` counts on the clock on the wall; write "24 hours" or "3 days"')
        return span


class OnPersonalTouch(_Part):
    """What a logged personal touch does."""

    pause: Span = Field(Span(5, Unit.BUSINESS_DAY), description="How long the machine pauses, from the touch.")


class OnReply(_Part):
    """What a reply does: the machine holds, and a person answers."""

    task: str = Field("answer the reply", max_length=200, description="Title of the owner's task.")
    within: Span = Field(Span(1, Unit.HOUR), description="Its due time, counted in the cadence's hours.")
    hold: Span = Field(
        Span(5, Unit.BUSINESS_DAY), description="How long the machine holds; renewed while nobody answers."
    )
    escalate_to: str = Field("manager", description="Who is told when it is overdue.")


class OnYes(_Part):
    """What a yes does: the hand-over task."""

    task: str = Field("take over: said yes", max_length=200, description="Title of the owner's hand-over task.")
    within: Span | None = Field(None, description="Its due time; the first-response target when left out.")
    decide_within: Span = Field(
        Span(10, Unit.BUSINESS_DAY),
        description="How long the order may take once the hand-over was accepted, before escalate_to is told.",
    )
    escalate_to: str = Field("manager", description="Who is told, again and again, until the lead is won or lost.")


class OnNotNow(_Part):
    """What a dated "not now" does."""

    cadence: Slug = Field("not-now", description="The cadence that starts at the date.")


class OnSilence(_Part):
    """What happens when the steps are used up without an answer."""

    return_to: Literal["generator", "owner", "manager"] = Field(description="Who gets the lead back, with a task.")
    task: str = Field("no answer: decide how to go on", max_length=200, description="Title of that task.")
    within: Span = Field(Span(5, Unit.BUSINESS_DAY), description="Its due time, counted in the cadence's hours.")


class Repeat(_Part):
    """A step that comes again, counted from its previous time as it really happened."""

    every: Span = Field(description="Distance between two of them.")
    times: int | None = Field(None, ge=2, le=500, description="How often in all.")
    until: Literal["an answer", "connected"] | None = Field(
        None, description='"an answer": for ever, until yes or no. "connected": until a call connects.'
    )

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.times is None and self.until is None:
            raise ValueError("a repeat needs an end: add `times: 5` or `until: an answer`")
        if self.until == "connected" and self.times is None:
            raise ValueError("`until: connected` needs `times` too, for calls that never connect")
        return self


class Instead(_Part):
    """What to do when the step's own channel can't be used for this lead."""

    email: Slug | None = None
    sms: Slug | None = None
    call: Slug | None = None
    task: str | None = Field(None, max_length=200)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in (self.email, self.sms, self.call, self.task)) != 1:
            raise ValueError("`instead` takes exactly one of `email`, `sms`, `call`, `task`, or the word skip")
        return self

    @property
    def channel(self) -> Channel:
        return next(channel for channel in Channel if getattr(self, channel.value) is not None)

    @property
    def content(self) -> str:
        return str(getattr(self, self.channel.value))


class Step(_Part):
    """One planned contact: exactly one of email, sms, call or task, and when."""

    email: Slug | None = Field(None, description="Template of the email: templates/email/NAME.md.")
    sms: Slug | None = Field(None, description="Template of the text: templates/sms/NAME.txt.")
    call: Slug | None = Field(None, description="Talk track of the call: templates/call/NAME.md.")
    task: str | None = Field(None, max_length=200, description="Title of other work for a person.")
    id: Slug | None = Field(
        None, description="Name of the step, unique in the cadence; the template's name when left out."
    )
    after: Span | None = Field(None, description="When, counted from the first contact.")
    wait: Span | None = Field(None, description="When, counted from the previous touch as it really happened.")
    if_: Condition | None = Field(
        None, alias="if", description="Only for leads of which this is true; all lines must be."
    )
    within: Span | None = Field(None, description="How soon a call or task is due once it may be done.")
    expires: Span | None = Field(None, description="How long after its due time an undone call or task is given up.")
    repeat: Repeat | None = Field(None, description="The step comes again.")
    instead: Literal["skip"] | Instead | None = Field(
        None, description="What to do when the channel can't be used for a lead: another one, or skip."
    )
    to: Literal["owner", "manager", "generator"] = Field("owner", description="Who does a call or task.")
    variants: dict[Slug, Slug] | None = Field(
        None, description="Other templates to try in the same place, each by a name; every lead gets one of them."
    )
    weights: dict[Slug, Share] | None = Field(
        None, description="How many leads get each variant, like {original: 2, short: 1}; equal shares when left out."
    )
    measure: Literal["reply", "yes"] | None = Field(
        None, description="What the variants are compared by: how many leads reply, or say yes."
    )
    sample: int | None = Field(
        None, ge=LEAST_SAMPLE, le=10_000, description="How many leads each variant needs before there is a verdict."
    )

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        contents = [channel for channel in Channel if getattr(self, channel.value) is not None]
        if len(contents) != 1:
            raise ValueError("a step has exactly one of `email`, `sms`, `call`, `task`")
        if self.after is not None and self.wait is not None:
            raise ValueError(
                "a step has `after` (from the first contact) or `wait` (from the previous touch), not both"
            )
        if contents[0] in (Channel.EMAIL, Channel.SMS):
            for key in ("within", "expires"):
                if getattr(self, key) is not None:
                    raise ValueError(f"`{key}` is for calls and tasks; an {contents[0].value} goes out by itself")
        return self

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        if self.variants is None:
            for key in ("weights", "measure", "sample"):
                if getattr(self, key) is not None:
                    raise ValueError(f"`{key}` compares nothing; add `variants: {{NAME: TEMPLATE}}`, or remove it")
            return self
        if self.channel is Channel.TASK:
            raise ValueError("`variants` are templates, and a task has none; try them with an email, a text or a call")
        if ORIGINAL in self.variants:
            raise ValueError(f"`variants`: {ORIGINAL!r} is the step's own template; give the other one another name")
        if not 1 <= len(self.variants) <= MOST_VARIANTS:
            raise ValueError(
                f"`variants` has {len(self.variants)} of them; name one to {MOST_VARIANTS}, like {{short: NAME}}"
            )
        templates = [self.content, *self.variants.values()]
        twice = next((name for name in templates if templates.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"`variants` compares {twice!r} with itself; name another template")
        names = [ORIGINAL, *self.variants]
        if self.weights is not None and set(self.weights) != set(names):
            raise ValueError(f"`weights` must name each variant and no other; here these are {', '.join(names)}")
        if self.channel is Channel.CALL and self.measure == "reply":
            raise ValueError("`measure`: nobody replies to a call; write `measure: yes`, or remove it")
        return self

    @property
    def channel(self) -> Channel:
        return next(channel for channel in Channel if getattr(self, channel.value) is not None)

    @property
    def content(self) -> str:
        """The template's name, or the title of a task."""
        return str(getattr(self, self.channel.value))

    @property
    def step_id(self) -> str:
        """The step's name: its `id`, else the template's name, else the task's title as a slug."""
        return self.id or re.sub(r"[^a-z0-9]+", "-", self.content.lower()).strip("-")[:60]

    @property
    def is_message(self) -> bool:
        """An automated message, in contrast to work for a person."""
        return self.channel in (Channel.EMAIL, Channel.SMS)


class Cadence(_Part):
    """The plan for one kind of lead, from capture to an explicit yes or no."""

    cadence: Slug = Field(description="The cadence's name.")
    about: str = Field("", max_length=500, description="What it is for, in a sentence.")
    for_: Audience = Field(Audience(kind="any"), alias="for", description="Which leads it is meant for.")
    hours: Hours = Field(Hours(), description="When touches may happen, on the lead's own clock.")
    limits: Limits = Field(Limits(), description="How many automated messages a lead may get.")
    first_response: FirstResponse | None = Field(None, description="How fast a human answers a new lead.")
    on_personal_touch: OnPersonalTouch = Field(OnPersonalTouch(), description="What a personal touch does.")
    on_reply: OnReply = Field(OnReply(), description="What a reply does.")
    on_yes: OnYes = Field(OnYes(), description="What a yes does.")
    on_not_now: OnNotNow = Field(OnNotNow(), description='What a dated "not now" does.')
    on_silence: OnSilence | None = Field(None, description="What happens when the steps are used up.")
    defaults: dict[FieldName, str] = Field({}, description="Values for template fields that a lead may lack.")
    steps: tuple[Step, ...] = Field(min_length=1, description="The steps, in order.")

    @property
    def name(self) -> str:
        return self.cadence

    def step(self, step_id: str) -> Step | None:
        return next((step for step in self.steps if step.step_id == step_id), None)

    @property
    def target(self) -> FirstResponse:
        """How fast a question is answered: what is written here, or what holds where nothing is."""
        return self.first_response or FirstResponse()

    def position(self, step_id: str) -> int | None:
        return next((index for index, step in enumerate(self.steps) if step.step_id == step_id), None)
