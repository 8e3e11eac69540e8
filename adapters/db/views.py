"""What the reading side answers with: plain values, the same for REST, the command line and the staff pages."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cadences import task_outcomes
from cadences.enrollment import Enrollment, Hold, NextTouch
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


def outcomes_of(kind: str, contact: str | None) -> list[str]:
    """How a task may be completed, in a fixed order.

    Args:
        contact: the number that it is for.
    """
    return [outcome.value for outcome in Outcome if outcome in task_outcomes.outcomes_of(TaskKind(kind), contact)]
