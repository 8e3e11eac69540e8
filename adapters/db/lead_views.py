"""What the reading side answers with of one lead: everything that its page shows, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from adapters.db.views import HoldView, MeetingView, NextTouchView, TaskView


@dataclass(frozen=True, slots=True)
class ContactView:
    """An address or number of a lead."""

    kind: str
    value: str
    lost: str | None
    suppressed: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A permission as it was given."""

    channel: str
    contact: str
    wording: str
    method: str
    source: str
    address: str | None
    """Where from on the network, where that is known."""
    given_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuestionView:
    """What a lead asked, and what was answered."""

    question: str
    source: str | None
    asked_at: datetime
    answers: list[str]
    """Ids of the library's answers to it."""
    unanswered: list[str]
    """The questions in it that a person answers."""
    topic: str | None
    expert_id: str | None
    """Who knows most about it."""
    answered_at: datetime | None
    """When a person answered it."""
    answered_by: str | None
    answered_note: str | None


@dataclass(frozen=True, slots=True)
class EnrollmentView:
    """One run through one version of a cadence."""

    id: UUID
    cadence: str
    version: str
    started_at: datetime
    ended: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchView:
    """A line of the ledger."""

    id: UUID
    channel: str
    state: str
    personal: bool
    step: str | None
    occurrence: int | None
    contact: str | None
    subject: str | None
    text: str | None
    outcome: str | None
    by: str | None
    happened_at: datetime
    settled_at: datetime | None
    attempt: int
    provider: str | None
    provider_message_id: str | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentView:
    """That a lead was given to somebody, and why."""

    owner: str
    at: datetime
    until: datetime | None
    """When somebody else got it; None: it is still the owner's."""
    by: str
    rule: str | None
    """The routing rule; None where a person, or something else than routing, decided."""
    why: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An explicit yes or no."""

    answer: str
    by: str
    note: str | None
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandView:
    """What was said and committed, and whether the workflow knows."""

    id: UUID
    kind: str
    by: str
    details: dict[str, Any]
    created_at: datetime
    delivered_at: datetime | None
    error: str | None
    corrected_at: datetime | None
    """When it was taken back, since it had been given by mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """What one of our people wrote down about a lead."""

    id: UUID
    lead_id: UUID
    by: str
    text: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class SlipView:
    """What was recorded last, and may be taken back should it be a slip, as long as nothing else happens."""

    kind: str
    by: str
    """Who may take it back, beside managers and admins."""
    said_at: datetime
    until: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class LeadsSlipView:
    """What a colleague recorded last of any lead, while it may be taken back."""

    lead_id: UUID
    lead_name: str | None
    lead_company: str | None
    slip: SlipView


@dataclass(frozen=True, slots=True)
class SameDomainView:
    """Another lead whose address is under the same company's domain: a hint for people, and never more than that."""

    id: UUID
    name: str | None
    company: str | None
    owner: str
    stage: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstResponseView:
    """How fast a human answered, or has to."""

    state: str
    """`waiting`, `overdue`, `in time`, `late`, or `not needed` by a person who waited no more before it was due."""
    asked_at: datetime
    due_at: datetime
    answered_at: datetime | None
    seconds: float | None
    """Wall clock from the question to the first human contact."""
    business_seconds: int | None = None
    """The same in the company's business hours."""
    answered_by: str | None = None
    how: str | None = None
    """The channel of that contact."""
    attempts: int = 0
    """How often people tried in vain."""
    machine_at: datetime | None = None
    """When the machine had done its part: the first message was out, or a task stood in somebody's list."""
    warned_at: datetime | None = None
    escalated_at: datetime | None = None
    reassigned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StageView:
    """That the lead came to a stage."""

    stage: str
    at: datetime
    by: str
    owner_id: str
    why: str | None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened to a lead."""

    at: datetime
    kind: str
    """`captured`, `assignment`, `question`, `reply`, `touch`, `task`, `meeting`, `note`, `hold`, `answer` …"""
    text: str
    by: str | None = None
    reference: str | None = None
    """The id of the touch, task, note or command it tells of; of a correction, what it takes back."""
    by_name: str | None = None
    """What `by` is called: a colleague's name, or the same word."""
    said: str | None = None
    """The words themselves, of any length: a message, a reply, a note, why it was given to somebody."""
    channel: str | None = None
    """Of a touch, what it went over."""
    aside: bool = False
    """It tells what the machine did about the lead, rather than what passed between people."""


@dataclass(frozen=True, slots=True)
class EndingView:
    """Why the messages ended, and what proves it."""

    reason: str
    """no, yes, opted_out, unreachable …"""
    why: str | None
    at: datetime
    evidence: list[TimelineEntry]
    """What was said, commanded or reported at that very instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadView:
    """A lead with everything that belongs to it."""

    id: UUID
    name: str | None
    company: str | None
    question: str | None
    kind: str
    source: str | None
    zone: str
    """The lead's own clock."""
    stated_zone: str | None
    country: str | None
    reach: str | None
    """When the lead wants to be called, on its own clock."""
    cost: Decimal | None
    currency: str
    """Of the cost: ISO 4217 code."""
    attributes: dict[str, str]
    stage: str
    answer: str | None
    ended: str | None
    ended_at: datetime | None
    ending: EndingView | None
    """Why, and what proves it."""
    owner: str
    owner_name: str
    names: dict[str, str]
    """What colleagues are called who are named here by their ids."""
    assignments: list[AssignmentView]
    """Who had the lead when, and why; the owner first."""
    generated_by: str | None
    created_at: datetime
    cadence: str
    version: str
    enrollment_id: UUID
    revision: int
    temporal: str
    """The id of the lead's workflow."""
    next_touch: NextTouchView | None
    wakes_at: datetime | None
    """When the machine does something next, escalations included."""
    hold: HoldView | None
    first_response: FirstResponseView | None
    open_tasks: list[TaskView]
    meetings: list[MeetingView]
    """The newest first."""
    contacts: list[ContactView]
    consents: list[ConsentView]
    questions: list[QuestionView]
    enrollments: list[EnrollmentView]
    stages: list[StageView]
    touches: list[TouchView]
    tasks: list[TaskView]
    holds: list[HoldView]
    answers: list[AnswerView]
    commands: list[CommandView]
    slip: SlipView | None
    timeline: list[TimelineEntry]
    company_domain: str | None
    """The domain of a business address; None for mailboxes at free mail providers."""
    same_domain: list[SameDomainView]
    """Other leads under that domain, newest first: perhaps colleagues of this one's, and never merged for it."""
    truncated: bool
    """Whether something older was left out; of each list the newest are shown."""


def first_response_view(clock: Mapping[str, Any] | None, now: datetime) -> FirstResponseView | None:
    """How the first response to the newest question stands, from its row; None for a lead that asked nothing."""
    if clock is None:
        return None
    asked_at, due_at, answered_at = clock["asked_at"], clock["due_at"], clock["answered_at"]
    met = (answered_at or now) <= due_at
    state = ("in time" if met else "late") if answered_at else ("waiting" if met else "overdue")
    moot_at = clock["moot_at"]
    if moot_at is not None and state != "in time":
        state = "not needed" if moot_at <= due_at else "late"
    return FirstResponseView(
        state=state,
        asked_at=asked_at,
        due_at=due_at,
        answered_at=answered_at,
        seconds=(answered_at - asked_at).total_seconds() if answered_at else None,
        business_seconds=clock["business_seconds"],
        answered_by=clock["answered_by"],
        how=clock["how"],
        attempts=clock["attempts"],
        machine_at=clock["machine_at"],
        warned_at=clock["warned_at"],
        escalated_at=clock["escalated_at"],
        reassigned_at=clock["reassigned_at"],
    )
