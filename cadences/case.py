"""Everything a decision about one lead needs, in one immutable value: the lead, its enrollment, its open tasks.

Decisions are functions from a case and an instant to a new case; the store loads the first under the lead's row lock
and writes what differs in the second.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from cadences.model import Cadence
from leads.best_time import Habits
from leads.meetings import Meeting
from leads.model import Channel, Company, Consent, ContactPoint, Ending, Lead, Stage
from leads.reasons import Reason
from leads.spans import Stretch
from leads.zones import candidate_zones, main_zone


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


class TaskKind(StrEnum):
    """What a task asks of a person."""

    CALL = "call"
    """A call the cadence planned."""
    STEP = "step"
    """Other work the cadence planned."""
    REPLY = "reply"
    """Answer what the lead wrote."""
    QUESTION = "question"
    """Answer a new question of a lead that is being followed up, or that had ended."""
    HAND_OVER = "hand_over"
    """The lead said yes: take it to won or lost."""
    UNKNOWN_SEND = "unknown_send"
    """Nobody knows whether a message went out: find out and say."""
    KICK_BACK = "kick_back"
    """The plan is used up without an answer: decide how to go on."""
    FIND_CONTACT = "find_contact"
    """No usable contact point is left, or none came in: find one, or close the lead."""
    INVITATION = "invitation"
    """An invitation to a meeting needs a person: nobody answered it, it was declined, or it could not be sent."""
    MEETING = "meeting"
    """A meeting is over: say how it was."""


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    """A person did it and said how it went."""
    EXPIRED = "expired"
    """Nobody did it in time; the plan went on."""
    CANCELLED = "cancelled"
    """Something else made it needless."""


class Outcome(StrEnum):
    """How a task ended; the first six are a call's."""

    CONNECTED = "connected"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no answer"
    WRONG_NUMBER = "wrong number"
    CALL_BACK = "call back"
    """The person asked to be called at a given time."""
    YES = "yes"
    NO = "no"
    NOT_NOW = "not now"
    DONE = "done"
    """The work is done."""
    ANSWERED = "answered"
    """The person's message was answered by a human."""
    NOTHING_NEEDED = "nothing needed"
    """The reply needs no answer; the plan goes on at once."""
    SENT = "sent"
    """The unknown message did go out."""
    NOT_SENT = "not sent"
    """The unknown message did not go out."""
    ACCEPTED = "accepted"
    """Sales took the qualified lead over; what is left is to win the order, or to lose it."""
    WON = "won"
    LOST = "lost"
    MEETING = "meeting"
    """A meeting was agreed."""
    CONFIRMED = "confirmed"
    """The person says that the meeting takes place."""
    HELD = "held"
    """The meeting took place."""
    NO_SHOW = "no-show"
    """The person did not come to it."""


TALKED_TO = frozenset({Outcome.CONNECTED, Outcome.CALL_BACK, Outcome.YES, Outcome.NO, Outcome.NOT_NOW, Outcome.MEETING})
"""How a call ends in which somebody was talked to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Work for one of our people, with an owner and a due time."""

    id: UUID
    kind: TaskKind
    owner: str
    title: str
    created_at: datetime
    opens_at: datetime
    """From when it may be done: the lead's open hours, for a call."""
    due_at: datetime
    enrollment_id: UUID | None = None
    step_id: str | None = None
    occurrence: int = 1
    text: str = ""
    """What helps to do it: the talk track, the reply's words."""
    best_at: datetime | None = None
    """The best instant for it within its time, where something is known of that; a proposal."""
    contact: str | None = None
    """The number a call is for; a wrong one is struck off even when the lead has another by then."""
    escalate_to: str = "manager"
    escalate_at: datetime | None = None
    """When somebody else is told next; None when nobody is."""
    escalations: int = 0
    escalated_to: str | None = None
    """Who was told last: a colleague's id; the task stands in that colleague's list too."""
    expires_at: datetime | None = None
    """When the plan goes on without it; None for tasks that stay until they are done."""
    look_up_at: datetime | None = None
    """When the machine asks the provider next what became of the message; None when it does not ask (any more)."""
    away_at: datetime | None = None
    """When the next absence of its owner begins, and the task waits or goes to a stand-in."""
    back_to: str | None = None
    """Whose it is, while a stand-in has it: a colleague's id."""
    back_at: datetime | None = None
    """When the colleague is back who is away, and for whom it waits or a stand-in has it."""
    state: TaskState = TaskState.OPEN
    outcome: Outcome | None = None
    note: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state is TaskState.OPEN

    @property
    def of_plan(self) -> bool:
        """Whether the plan waits for it."""
        return self.kind in (TaskKind.CALL, TaskKind.STEP)


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

    @property
    def is_open(self) -> bool:
        return self.answered_at is None


@dataclass(frozen=True, slots=True)
class TouchMade:
    """A personal touch or a completed call, for the ledger."""

    id: UUID
    channel: Channel
    happened_at: datetime
    by: str
    personal: bool
    note: str | None = None
    outcome: str | None = None
    step: StepRef | None = None
    variant: str | None = None
    """Which of its step's variants it was."""


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """An explicit yes or no."""

    answer: str
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """Sales took a qualified lead over: what marketing had qualified is sales-qualified from then on."""


@dataclass(frozen=True, slots=True)
class ContactLost:
    """A contact point turned out to be unusable."""

    contact: str
    why: str


@dataclass(frozen=True, slots=True)
class ContactFound:
    """A person found another way to reach the lead."""

    point: ContactPoint


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A contact point must not be used again."""

    contact: str
    why: str
    channel: Channel | None = None
    """On this channel only; None for all."""


@dataclass(frozen=True, slots=True)
class Reopened:
    """The person wants texts again: the number is open to them, and to nothing else that was closed."""

    consent: Consent
    """To texts to that number, in the person's own words."""


@dataclass(frozen=True, slots=True)
class SendSettled:
    """A person found out what became of a message that nobody knew about."""

    touch_id: UUID
    sent: bool


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """A person answered what the lead asked."""

    asked_from: datetime
    """When the first of the questions came in that were answered with it."""
    at: datetime
    by: str
    note: str | None = None
    """How, in that person's words."""


@dataclass(frozen=True, slots=True)
class Notice:
    """News that one of our people gets by email."""

    colleague: str
    kind: str
    """What it is, like `first response`; one word or two, for lists."""
    subject: str
    text: str
    """Markdown; may name the lead, since it stays in the database and goes to our own people only."""
    about: str = ""
    """What makes it one piece of news: the same kind about the same is sent to a colleague once."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Why the lead has the owner that it has now."""

    why: str
    rule: str | None = None
    """The routing rule, if one decided."""


Fact = (
    Assigned
    | TouchMade
    | AnswerGiven
    | Accepted
    | ContactLost
    | ContactFound
    | Suppressed
    | Reopened
    | SendSettled
    | QuestionAnswered
    | Notice
)


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom a channel's messages to this lead come from, and from when on that one may send."""

    address: str
    name: str = ""
    opens_at: datetime | None = None
    """None: at once."""
    why: str = ""
    """Why not earlier: its cap, its gap, or its domain is paused."""
    limited: bool = False
    """It has a cap or a gap, so that each message needs a slot."""
    own: bool = False
    """The owner's; else the company's."""


@dataclass(frozen=True, slots=True)
class Correspondence:
    """What went before the next message, for its headers and its wording."""

    last_subject: str | None = None
    """Of the last email that really went out."""
    last_message_id: str | None = None
    """The Message-ID under which its recipient has it, if a report told it."""
    texted: bool = False
    """Whether a text went to the number before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One lead as a decision sees it."""

    lead: Lead
    company: Company
    cadence: Cadence
    """The enrollment's pinned version."""
    enrollment: Enrollment
    manager: str
    """Who `manager` means for this lead: a colleague's id."""
    tasks: tuple[Task, ...] = ()
    """Open tasks, and those that this decision closed."""
    messages: tuple[datetime, ...] = ()
    """Instants of the automated messages of the last two weeks, for the limits."""
    phone_contacts: tuple[datetime, ...] = ()
    """Instants of the calls and texts of the last day, by whomever, for the states' limits."""
    senders: dict[Channel, Sender] = field(default_factory=dict)
    """Channels with a sender of their own for this lead; the others send as the company does, at once."""
    correspondence: Correspondence = Correspondence()
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    """For each colleague who is away now and has to do with the lead: who does what can't wait."""
    response: ResponseClock | None = None
    """The clock of the newest question."""
    habits: Habits = field(default_factory=Habits)
    """When people answer, for proposals of when to call."""
    meetings: tuple[Meeting, ...] = ()
    first_response_due_at: datetime | None = None
    first_human_at: datetime | None = None
    """First human contact: a connected call or a person's written answer."""
    facts: tuple[Fact, ...] = ()
    """What this decision found out, for the store to write down."""
    ended_enrollments: tuple[Enrollment, ...] = ()
    """Enrollments that this decision ended and replaced."""

    @property
    def zone(self) -> ZoneInfo:
        """The lead's own clock."""
        return main_zone(self.lead, self.company)

    @property
    def candidate_zones(self) -> tuple[ZoneInfo, ...]:
        return candidate_zones(self.lead, self.company)

    @property
    def open_tasks(self) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if task.is_open)

    def colleague(self, role: str) -> str:
        """The id of who a role in the YAML means: owner, manager, generator, or an id as it stands."""
        match role:
            case "owner":
                return self.lead.owner.id
            case "manager":
                return self.manager
            case "generator":
                found_by = self.lead.generated_by
                return (found_by if found_by is not None and found_by.active else self.lead.owner).id
        return role

    def enrolled(self, **changes: object) -> "Case":
        """The case with a changed enrollment."""
        return replace(self, enrollment=replace(self.enrollment, **changes))  # type: ignore[arg-type]

    def with_task(self, task: Task) -> "Case":
        """The case with a task added, or replaced by id."""
        return replace(self, tasks=(*(other for other in self.tasks if other.id != task.id), task))

    def with_meeting(self, meeting: Meeting) -> "Case":
        """The case with a meeting added, or replaced by id."""
        return replace(self, meetings=(*(other for other in self.meetings if other.id != meeting.id), meeting))

    def meeting(self, meeting_id: UUID) -> Meeting | None:
        return next((one for one in self.meetings if one.id == meeting_id), None)

    def with_fact(self, fact: Fact) -> "Case":
        return replace(self, facts=(*self.facts, fact))

    def with_stage(self, stage: Stage) -> "Case":
        return replace(self, lead=replace(self.lead, stage=stage))
