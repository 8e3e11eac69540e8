"""What callers send: one model for each body and query, in which nothing unknown is accepted."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from adapters.db.hook_deliveries import DeliveryState
from adapters.db.paging import MAX_PAGE, PAGE
from adapters.db.reading import TaskFilter
from cadences.rendering import MAX_SUBJECT
from cadences.tasks import Outcome, TaskKind
from leads.capture import NewLead
from leads.meetings import LONGEST_MINUTES, MINUTES, Appointment
from leads.model import Channel, LeadKind, Stage
from leads.normalising import MAX_LINE, MAX_TEXT, MAX_WORDING, GivenConsent, clean_line, clean_text, new_lead
from leads.staff_mails import StaffMailState

LEAST_SEARCH = 2
"""Characters."""
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


def _read_instant(value: Any) -> datetime:
    """An instant with its offset; a naive one could be meant on any clock, so it is refused."""
    if not isinstance(value, str):
        raise ValueError("write an instant with its offset, like 2026-11-20T15:00:00Z")
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("it is no instant; write one like 2026-11-20T15:00:00Z") from error
    if at.tzinfo is None:
        raise ValueError("it has no offset; add Z or one like +01:00, so that it means one instant")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("it lies outside the calendar") from error


def _read_until(value: Any) -> datetime | date:
    if isinstance(value, str) and _DATE.match(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError("there is no such date") from error
    return _read_instant(value)


def _one_line(text: str) -> str | None:
    return clean_line("text", text)


def _many_lines(text: str) -> str | None:
    return clean_text("text", text)


def _required(text: str | None) -> str:
    if not text:
        raise ValueError("it must not be empty")
    return text


def _long_enough(text: str | None) -> str | None:
    if text is not None and len(text) < LEAST_SEARCH:
        raise ValueError(f"write at least {LEAST_SEARCH} characters")
    return text


Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "With its offset."}),
]
Until = Annotated[
    datetime | date,
    BeforeValidator(_read_until),
    WithJsonSchema(
        {
            "type": "string",
            "description": "An instant with its offset, or a date: its first moment on the lead's own clock.",
            "examples": ["2027-03-01", "2027-03-01T09:00:00-05:00"],
        }
    ),
]
Note = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_many_lines)]
RequiredNote = Annotated[Note, AfterValidator(_required)]
Line = Annotated[str, Field(max_length=MAX_LINE), AfterValidator(_one_line)]
Search = Annotated[str, Field(max_length=100), AfterValidator(_one_line), AfterValidator(_long_enough)]
RequiredLine = Annotated[str, Field(max_length=MAX_LINE), AfterValidator(_one_line), AfterValidator(_required)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ConsentSent(_Sent):
    """A permission, with the words that the person agreed to."""

    channel: Channel
    wording: str = Field(max_length=MAX_WORDING)
    method: str = Field(max_length=MAX_LINE)
    """How it was given: a checkbox, a form, a recorded call."""
    source: str | None = Field(None, max_length=MAX_LINE)
    """Where; the lead's source when left out."""
    contact: str | None = Field(None, max_length=320)
    """Which address or number; the lead's own one when left out."""


class LeadSent(_Sent):
    """A person who asked us something, or was found; without an address or a number, a person completes the lead."""

    email: str | None = Field(None, max_length=320)
    phone: str | None = Field(None, max_length=60)
    """With its country code, or of the lead's country, or of ours."""
    name: str | None = None
    company: str | None = None
    question: str | None = None
    kind: LeadKind = LeadKind.INBOUND
    source: str | None = None
    zone: str | None = Field(None, max_length=60)
    """IANA name of the lead's time zone."""
    country: str | None = Field(None, max_length=60)
    """Two letters (ISO 3166)."""
    region: str | None = Field(None, max_length=60)
    """The state or province, like TX; in the US it narrows when texts and calls are allowed."""
    reach: str | None = Field(None, max_length=60)
    """When the person wants to be called, on the person's own clock: `tue 14:00-17:00`."""
    purchased_at: Instant | None = None
    """When the person last bought something from us."""
    dnc_listed: bool | None = None
    """Whether the Do-Not-Call registry has the phone number."""
    dnc_checked_at: Instant | None = None
    """When it was asked; now when left out."""
    cost: Annotated[Decimal, Field(decimal_places=2)] | None = None
    """What the lead cost us, in the company's currency."""
    attributes: dict[str, str] = Field(default_factory=dict)
    consents: list[ConsentSent] = Field(default_factory=list, max_length=20)
    cadence: str | None = None
    """The default of the kind when left out."""
    owner: str | None = None
    """A colleague's id; the next rep in turn when left out."""
    generated_by: str | None = None
    """The colleague who found the lead."""

    def as_new_lead(self, region: str) -> NewLead:
        """The same, normalised.

        Raises:
            CaptureRefused: a value is wrong.
        """
        consents = [
            GivenConsent(
                channel=one.channel.value,
                wording=one.wording,
                method=one.method,
                source=one.source,
                contact=one.contact,
            )
            for one in self.consents
        ]
        values = self.model_dump(exclude={"consents", "kind", "region"})
        return new_lead(region=region, kind=self.kind.value, state=self.region, consents=consents, **values)


class CommandSent(_Sent):
    """Who commands."""

    by: Line | None = None
    """A colleague's id; the token's name when left out."""


class TouchSent(CommandSent):
    """A personal touch that was made outside the plan."""

    channel: Channel
    """How; `task` for any other way, such as a meeting."""
    at: Instant | None = None
    """When it happened; now when left out."""
    note: Note | None = None


class NoteSent(CommandSent):
    """Something to know about the lead."""

    text: RequiredNote


class EmailSent(CommandSent):
    """An email in a colleague's own words."""

    subject: Annotated[RequiredLine, Field(max_length=MAX_SUBJECT)]
    text: RequiredNote
    reply_to_task: UUID | None = None
    """The open task whose question or reply it answers."""


class AnswerSent(CommandSent):
    """What the lead finally said."""

    answer: Literal["yes", "no"]
    no_contact: bool = False
    """With its no the lead asked not to be contacted any more: every address and number of it is closed for good."""
    note: Note | None = None


class NotNowSent(CommandSent):
    """The lead wants to be left alone until a date."""

    until: Until
    note: Note | None = None


class HoldSent(CommandSent):
    """A pause."""

    until: Until
    reason: RequiredLine


class SkipSent(CommandSent):
    """Leave the next step out."""

    step: Line | None = None
    """Its id, to be sure that it is still the next one."""


class UndoSent(CommandSent):
    """Take back what was recorded last."""

    revision: int | None = Field(None, ge=1)
    """That it made (the answer to it said so), to be sure that it still is the last."""


class CadenceSent(CommandSent):
    """Another cadence."""

    cadence: RequiredLine


class ContactsSent(CommandSent):
    """Another way to reach the lead."""

    email: str | None = Field(None, max_length=320)
    phone: str | None = Field(None, max_length=60)
    """With its country code, or of the lead's country, or of ours."""


class OwnerSent(CommandSent):
    """Another owner."""

    owner: RequiredLine
    note: Line | None = None
    """Why; it is kept with the assignment."""


class AppointmentSent(_Sent):
    """A meeting as it was agreed with the lead."""

    at: Instant
    """When it begins."""
    minutes: int = Field(MINUTES, ge=5, le=LONGEST_MINUTES)
    """How long it lasts."""
    subject: RequiredLine
    """What it is about; the lead reads it."""
    place: Line | None = None
    """A link or an address."""
    organizer: Line | None = None
    """The colleague who meets the lead: an id; the lead's owner when left out."""

    def as_appointment(self) -> Appointment:
        return Appointment(starts_at=self.at, minutes=self.minutes, subject=self.subject, place=self.place or "")


class MeetingSent(AppointmentSent, CommandSent):
    """A meeting that was agreed on beside any task."""


class MeetingChangeSent(CommandSent):
    """What is different now; the rest stays."""

    at: Instant | None = None
    minutes: int | None = Field(None, ge=5, le=LONGEST_MINUTES)
    subject: RequiredLine | None = None
    place: Line | None = None


class MergeSent(CommandSent):
    """The other lead of the same person."""

    other: UUID


class CompletionSent(CommandSent):
    """How a task ended."""

    outcome: Outcome
    until: Until | None = None
    """When to call back, or until when "not now" holds."""
    meeting: AppointmentSent | None = None
    """What was agreed on, where the outcome is "meeting"."""
    no_contact: bool = False
    """With its no the lead asked not to be contacted any more: every address and number of it is closed for good."""
    note: Note | None = None


class _Page(_Sent):
    limit: int = Field(PAGE, ge=1, le=MAX_PAGE)
    cursor: str | None = Field(None, max_length=300)
    """`next_cursor` of the page before."""


class LeadQuery(_Page):
    """Which leads."""

    stage: Stage | None = None
    cadence: Line | None = None
    owner: Line | None = None
    q: Search | None = None
    """Part of a name, a company, an address or a number: two characters or more."""


class TaskQuery(_Page):
    """Which tasks."""

    lead: UUID | None = None
    owner: Line | None = None
    state: TaskFilter = "open"
    kind: TaskKind | None = None


class HookDeliveryQuery(_Page):
    """Which deliveries of other programs."""

    hook: Line | None = None
    state: DeliveryState | None = None


class OutboxQuery(_Page):
    """Which messages of the local outbox."""

    lead: UUID | None = None


class StaffMailQuery(_Sent):
    """Which mails to colleagues."""

    state: StaffMailState | None = None
    limit: int = Field(PAGE, ge=1, le=MAX_PAGE)


class ExperimentQuery(_Sent):
    """Which experiments."""

    cadence: Line | None = None


class ReviewQuery(_Sent):
    """Whose review."""

    manager: Line | None = None
    """A colleague's id; may be left out where there is one manager only."""
