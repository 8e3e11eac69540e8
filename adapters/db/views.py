"""What the reading side answers with: plain values, the same for REST, the command line and the staff pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cadences.enrollment import Enrollment, Hold, NextTouch
from cadences.task_outcomes import OUTCOMES
from cadences.tasks import Outcome, TaskKind
from leads.meetings import Meeting
from leads.reasons import Reason


@dataclass(frozen=True, slots=True)
class ReasonView:
    """One link of the chain that explains a wait."""

    rule: str
    text: str
    at: datetime | None
    local_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTouchView:
    """What comes next for a lead, when, and why."""

    step: str
    occurrence: int
    channel: str
    content: str
    at: datetime
    """When the touch may happen (UTC)."""
    local_at: datetime
    """The same instant on the lead's own clock."""
    zone: str
    prepared_at: datetime
    """When the machine acts: sends, or creates the task."""
    due_at: datetime | None
    task_id: UUID | None
    """The task that the plan waits for."""
    best_at: datetime | None
    """When a call is best made within its time (UTC); None where nothing is known of that."""
    best_local_at: datetime | None
    """The same instant on the lead's own clock."""
    variant: str | None
    """Which of its step's variants it is, where the step tries several."""
    reasons: list[ReasonView]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """A pause with a reason, an owner and an end."""

    reason: str
    owner: str
    since: datetime
    until: datetime
    note: str | None = None
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingView:
    """A meeting with a lead."""

    id: UUID
    organizer: str
    organizer_name: str
    starts_at: datetime
    ends_at: datetime
    local_at: datetime
    """When it starts, on the lead's own clock."""
    zone: str
    subject: str
    place: str
    state: str
    sequence: int
    """How often it was changed."""
    asked_by: str
    agreed_at: datetime
    told_at: datetime | None
    """When the lead was told how it is now; None: that is still to come."""
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadSummary:
    """A lead as a line of a list."""

    id: UUID
    name: str | None
    company: str | None
    email: str | None
    phone: str | None
    kind: str
    stage: str
    cadence: str | None
    owner: str
    created_at: datetime
    next_step: str | None
    next_at: datetime | None
    hold: str | None
    held_until: datetime | None
    open_tasks: int
    answer: str | None
    ended: str | None


@dataclass(frozen=True, slots=True)
class LeadPage:
    """Some leads, newest first."""

    items: list[LeadSummary]
    total: int
    total_exact: bool
    """False: there are more than `total`."""
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """Work for one of our people."""

    id: UUID
    lead_id: UUID
    lead_name: str | None
    lead_company: str | None
    kind: str
    owner: str
    title: str
    text: str
    state: str
    overdue: bool
    created_at: datetime
    opens_at: datetime
    due_at: datetime
    best_at: datetime | None
    """When a call is best made within its time; None where nothing is known of that."""
    contact: str | None
    """The number or address it is about."""
    escalations: int
    escalated_to: str | None
    escalate_at: datetime | None
    expires_at: datetime | None
    back_to: str | None
    """Whose it is, while a stand-in has it."""
    back_at: datetime | None
    """When the colleague is back who is away."""
    step: str | None
    occurrence: int
    outcomes: list[str]
    """How it may be completed."""
    outcome: str | None
    note: str | None
    closed_at: datetime | None
    closed_by: str | None


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Some tasks: open ones by due time, all others newest first."""

    items: list[TaskView]
    total: int
    total_exact: bool
    """False: there are more than `total`."""
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """A message that the local outbox accepted."""

    touch_id: UUID
    lead_id: UUID | None
    channel: str
    recipient: str
    sender: str
    sender_name: str
    headers: list[tuple[str, str]]
    """What an email carries beside its addresses and its subject."""
    subject: str | None
    text: str
    html: str | None
    internal: bool
    """To one of our own people, and no touch."""
    calendar: str | None
    """The calendar file that is attached, as text."""
    segments: int | None
    """How many segments a text takes; None for an email."""
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """Some messages of the local outbox, newest first."""

    items: list[OutboxMessage]
    total: int
    total_exact: bool
    """False: there are more than `total`."""
    next_cursor: str | None


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
    """`waiting`, `overdue`, `in time` or `late`."""
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
    """`captured`, `assignment`, `question`, `touch`, `task`, `meeting`, `note`, `hold`, `answer`, `correction` …"""
    text: str
    by: str | None = None
    reference: str | None = None
    """The id of the touch, task, note or command it tells of; of a correction, what it takes back."""


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
    attributes: dict[str, str]
    stage: str
    answer: str | None
    ended: str | None
    ended_at: datetime | None
    ending: EndingView | None
    """Why, and what proves it."""
    owner: str
    owner_name: str
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """How many of everything there are."""

    leads_by_stage: dict[str, int] = field(default_factory=dict)
    leads_by_cadence: dict[str, int] = field(default_factory=dict)
    open_tasks: int
    overdue_tasks: int
    touches_by_state: dict[str, int] = field(default_factory=dict)
    due_within_hour: int
    due_within_day: int
    undelivered_commands: int


def next_touch_view(enrollment: Enrollment, zone: ZoneInfo) -> NextTouchView | None:
    """What comes next, on the lead's own clock; None when nothing does."""
    touch: NextTouch | None = enrollment.next
    if touch is None or enrollment.ended is not None:
        return None
    return NextTouchView(
        step=touch.step.step_id,
        occurrence=touch.step.occurrence,
        channel=touch.channel.value,
        content=touch.content,
        at=touch.opens_at,
        local_at=touch.opens_at.astimezone(zone),
        zone=zone.key,
        prepared_at=touch.act_at,
        due_at=touch.due_at,
        task_id=touch.task_id,
        best_at=touch.best_at,
        best_local_at=touch.best_at.astimezone(zone) if touch.best_at else None,
        variant=touch.variant,
        reasons=[_reason_view(reason, zone) for reason in touch.reasons],
    )


def _reason_view(reason: Reason, zone: ZoneInfo) -> ReasonView:
    return ReasonView(reason.rule, reason.text, reason.at, reason.at.astimezone(zone) if reason.at else None)


def hold_view(hold: Hold | None, now: datetime) -> HoldView | None:
    """The hold in force; None when there is none."""
    if hold is None or hold.until <= now:
        return None
    return HoldView(reason=hold.reason.value, owner=hold.owner, since=hold.since, until=hold.until, note=hold.note)


def meeting_view(meeting: Meeting, zone: ZoneInfo) -> MeetingView:
    """A meeting, on the lead's own clock."""
    kept = {name: getattr(meeting, name) for name in MeetingView.__dataclass_fields__ if hasattr(meeting, name)}
    local = {"local_at": meeting.starts_at.astimezone(zone), "zone": zone.key}
    return MeetingView(**{**kept, **local, "state": meeting.state.value})


def outcomes_of(kind: str) -> list[str]:
    """How a task of this kind may be completed, in a fixed order."""
    return [outcome.value for outcome in Outcome if outcome in OUTCOMES[TaskKind(kind)]]


def first_response_view(clock: Mapping[str, Any] | None, now: datetime) -> FirstResponseView | None:
    """How the first response to the newest question stands, from its row; None for a lead that asked nothing."""
    if clock is None:
        return None
    asked_at, due_at, answered_at = clock["asked_at"], clock["due_at"], clock["answered_at"]
    met = (answered_at or now) <= due_at
    state = ("in time" if met else "late") if answered_at else ("waiting" if met else "overdue")
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
