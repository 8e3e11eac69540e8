"""How far a lead came in its plan: its enrollment, its hold, what comes next, and the clock of its first response."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from leads.model import Channel, Ending
from leads.reasons import Reason
from leads.spans import Stretch


class HoldReason(StrEnum):
    """Why the machine pauses."""

    PERSONAL_TOUCH = "personal_touch"
    """A human was in touch."""
    REPLY = "reply"
    """The lead wrote; a person answers first."""
    MANUAL = "manual"
    """Somebody of ours asked for it."""
    PROVIDER = "provider"
    """A provider's account is in trouble; the step is kept."""
    AWAY = "away"
    """The lead's mailbox says until when the lead is away."""
    MEETING = "meeting"
    """A meeting is agreed; nothing goes out before it is over."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A pause with a reason, an owner and an end."""

    id: UUID
    reason: HoldReason
    owner: str
    since: datetime
    until: datetime
    note: str | None = None
    over: "Hold | None" = None
    """What somebody of ours placed or agreed on, and this one outlasts: in force again should this one be lifted."""


@dataclass(frozen=True, slots=True)
class StepRef:
    """A step and which of its repetitions."""

    step_id: str
    occurrence: int = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """An instant that a sender keeps free for the message of one step."""

    sender: str
    at: datetime
    step: StepRef
    why: str
    """Why not earlier."""
    kept: bool = True
    """False: the sender has nothing free for so long that the step is to go another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTouch:
    """What comes next in the plan, when, and the chain of rules that put it there."""

    step: StepRef
    channel: Channel
    content: str
    """Template name, or the title of a task."""
    act_at: datetime
    """When the machine acts: sends the message, or creates the task."""
    opens_at: datetime
    """When the touch itself may happen; differs from `act_at` for tasks that are created ahead."""
    due_at: datetime | None
    """When a call or task is due; None for messages."""
    reasons: tuple[Reason, ...]
    planned_at: datetime | None = None
    """When plan, pauses and rules would have had it; `act_at` is later when the machine, or the provider, was down."""
    task_id: UUID | None = None
    """The task that was created for it; while it is set the plan waits for the task."""
    variant: str | None = None
    """Which of its step's variants it is, where the step tries several."""
    best_at: datetime | None = None
    """The best instant for a call within its time, where something is known of that; a proposal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """One run of a lead through one pinned version of a cadence: how far it came."""

    id: UUID
    cadence: str
    version: str
    started_at: datetime
    """What the first step counts from; lies in the future after a dated "not now"."""
    answers_question: bool = False
    """It began because the person asked: the first email answers at once, at any hour."""
    question_only: bool = False
    """The person had said no and asked again: only the question is answered, by a person."""
    paced: bool = False
    """It came with a backlog, whose leads start one after the other as their owners have room for them."""
    first_contact_at: datetime | None = None
    """When the first touch really happened; `after` counts from it."""
    previous_at: datetime | None = None
    """When the last step really happened, or would have; `wait` and `every` count from it."""
    done: StepRef | None = None
    attempts: int = 0
    """Touches made so far in this enrollment."""
    moved: timedelta = timedelta(0)
    """How far pauses moved everything that counts from the first contact, on the wall clock."""
    moved_since_previous: timedelta = timedelta(0)
    """How far pauses since the last step moved what counts from it, on the wall clock."""
    pauses: tuple[Stretch, ...] = ()
    """When the machine was, or will be, paused since the last step, so that no instant counts twice."""
    hold: Hold | None = None
    outcomes: dict[str, str] = field(default_factory=dict)
    """Each step's last outcome, for conditions."""
    not_before: datetime | None = None
    """The provider refused the step: it is tried again from here on."""
    refusals: int = 0
    """How often in a row the provider refused the step."""
    troubles: int = 0
    """How often in a row its account was in trouble."""
    slot: Slot | None = None
    """When it is this step's turn, where its sender may send only so much."""
    next: NextTouch | None = None
    ended: Ending | None = None
    ended_at: datetime | None = None
    ended_why: str | None = None
    """In a few words; the evidence is the answer, the command or the report of that very instant."""

    def waits_its_turn(self, now: datetime) -> bool:
        """Whether it is a lead of a backlog that has not begun, and that nobody of ours is at."""
        not_begun = self.done is None and self.started_at > now and self.hold is None
        return self.paced and not_begun and self.ended is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseClock:
    """The first response to one question: until when, who is told before it is missed, and what stopped it."""

    enrollment_id: UUID
    """The enrollment that the question began; a switch of the cadence begins no other clock."""
    asked_at: datetime
    due_at: datetime
    warn_at: datetime | None = None
    """When the owner is warned; None once that is over."""
    warned_at: datetime | None = None
    act_at: datetime | None = None
    """When somebody else is told, or takes over; None once that is over."""
    escalated_at: datetime | None = None
    reassigned_at: datetime | None = None
    machine_at: datetime | None = None
    """When the machine had done its part: the first message was out, or the first task stood in somebody's list."""
    attempted_at: datetime | None = None
    """When a person first tried in vain."""
    attempts: int = 0
    answered_at: datetime | None = None
    answered_by: str | None = None
    how: str | None = None
    """The channel of the first human contact."""
    business_seconds: int | None = None
    """From the question to the answer in the company's business hours."""
    moot_at: datetime | None = None
    """Since when the person waits no more, though nobody answered: it said not now or no, or stopped us."""

    @property
    def is_open(self) -> bool:
        return self.answered_at is None
