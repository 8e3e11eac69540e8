"""The contract between workflow, activities and callers: names, queues, ids and payloads, ids only."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

WORKFLOW = "LeadCadence"
DELIVERY_WORKFLOW = "CommandDelivery"
DELIVERY_SCHEDULE = "deliver-commands"
DELIVERY_WATCH = timedelta(hours=1)
"""How long one run of the delivery schedule keeps watch before the next takes over."""
LIVENESS_WORKFLOW = "LivenessCheck"
LIVENESS_SCHEDULE = "check-liveness"
LIVENESS_EVERY = timedelta(hours=1)
"""How often the whole database and all workflows are checked."""
REVIEW_WORKFLOW = "DailyReview"
REVIEW_SCHEDULES = "review:"
"""Begins the ids of the reviews' schedules; the manager's id follows."""
REVIEW_CATCH_UP = timedelta(days=7)
"""Days that were missed because everything was down get their reviews if it is not longer ago than this."""
REPORTS_WORKFLOW = "ReportRefresh"
REPORTS_SCHEDULE = "refresh-reports"
REPORTS_EVERY = timedelta(minutes=10)
"""How often the weeks that are over are counted anew for the reports; the present one is counted as it is asked for."""
STAFF_MAIL_WORKFLOW = "StaffMailing"
STAFF_MAIL_SCHEDULE = "send-staff-mails"
STAFF_MAIL_WATCH = timedelta(hours=1)
"""How long one run of that schedule keeps watch over the mails to colleagues before the next takes over."""
LEARNING_WORKFLOW = "Learning"
LEARNING_SCHEDULE = "learn-contact-times"
LEARNING_EVERY = timedelta(days=1)
"""How often it is counted anew when leads answer."""

WORKFLOW_QUEUE = "follow-leads"
"""Workflow tasks, and the activities that only touch our database."""
EMAIL_QUEUE = "follow-email"
"""Email sends have a queue of their own, so that a provider's rate limit holds nothing else up."""
SMS_QUEUE = "follow-sms"
"""Text sends have a queue of their own, for the same reason."""

PROGRESS_QUERY = "progress"
REFRESH_SIGNAL = "refresh"
"""Asks a lead's workflow to continue as new at once, so that a sleeping lead takes today's code."""

TWILIO_STATUS = "/webhooks/twilio/status"
"""Where Twilio reports what became of a text."""
TOUCH_PARAMETER = "touch"
"""Our touch id in that address, the one thing that Twilio brings back to us."""
TOUCH_ARGUMENT = "followthrough_touch"
"""Our touch id among SendGrid's custom arguments; events bring them back among their own fields, hence the prefix."""

STEP_TIMEOUT = timedelta(seconds=45)
"""How long an attempt at a step may take: longer than a provider's HTTP time-out and two transactions. An unsettled
claim that is younger may still be in another attempt's hands."""
SEND_WITHIN = timedelta(seconds=15)
"""How long after its claim an attempt may still begin to send; together with the provider's HTTP time-out it stays
well below `STEP_TIMEOUT`, so that no attempt sends once the next one settles its claim."""


def workflow_id(lead_id: UUID) -> str:
    """The one workflow of a lead, for all its enrollments and years."""
    return f"lead:{lead_id}"


def review_schedule_id(manager_id: str) -> str:
    """The one schedule of a manager's reviews."""
    return f"{REVIEW_SCHEDULES}{manager_id}"


class SearchAttribute(StrEnum):
    """Names in Temporal's visibility store, all of type Keyword."""

    CADENCE = "FollowCadence"
    VERSION = "FollowVersion"
    OWNER = "FollowOwner"
    STAGE = "FollowStage"


class WakeKind(StrEnum):
    """What the workflow asks for when a wake is due; the value names the activity."""

    SEND_EMAIL = "send_email"
    SEND_SMS = "send_sms"
    CREATE_CALL_TASK = "create_call_task"
    CREATE_TASK = "create_task"
    SEE_TO_OVERDUE = "see_to_overdue"
    """Escalate what is overdue, expire what nobody did, renew a hold whose reply nobody answered."""
    SEND_INVITATION = "send_invitation"
    """Send the invitation to a meeting, an update, its cancellation, or a reminder of it."""
    SEND_PERSONAL_EMAIL = "send_personal_email"
    """Send the email that a colleague wrote."""
    LOOK_UP_SEND = "look_up_send"
    """Ask the provider what became of a message that nobody knows about."""


class CommandKind(StrEnum):
    """What a person or a provider can say; the value names the update or signal that tells the workflow."""

    START = "start"
    """A lead was captured: its workflow starts with the plan, nothing else needs telling."""
    LOG_PERSONAL_TOUCH = "log_personal_touch"
    RECORD_ANSWER = "record_answer"
    NOT_NOW = "not_now"
    HOLD = "hold"
    RESUME = "resume"
    SKIP_STEP = "skip_step"
    SWITCH_CADENCE = "switch_cadence"
    REASSIGN = "reassign"
    COMPLETE_TASK = "complete_task"
    LEAD_ASKED_AGAIN = "lead_asked_again"
    """A known person came in once more: with a question, new contact points or consents, or after an ending."""
    LEAD_REPLIED = "lead_replied"
    CONTACT_POINT_LOST = "contact_point_lost"
    LEAD_OPTED_OUT = "lead_opted_out"
    MESSAGE_REPORTED = "message_reported"
    PLAN_CHANGED = "plan_changed"
    """What the plan rests on changed: an owner's absence, a meeting, a merge, an invitation that was answered."""


SIGNALS = frozenset(
    {
        CommandKind.LEAD_ASKED_AGAIN,
        CommandKind.LEAD_REPLIED,
        CommandKind.CONTACT_POINT_LOST,
        CommandKind.LEAD_OPTED_OUT,
        CommandKind.MESSAGE_REPORTED,
        CommandKind.PLAN_CHANGED,
    }
)
"""What providers report; everything else but the start is an update that a person commands."""


class Payload(BaseModel):
    """Base of what crosses the wire to Temporal: immutable, and nothing unknown gets in."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Wake(Payload):
    """The next instant at which the machine does something for this lead."""

    kind: WakeKind
    at: datetime
    step_id: str | None = None
    occurrence: int = 1
    summary: str
    """For Temporal's UI, for example `email checking-in`; never anything about the person."""


class Plan(Payload):
    """What the database decided comes next. The workflow keeps the newest plan it was told, nothing else.

    `revision` grows by one with each decision that is committed for the lead, so of two plans the one with the
    higher revision is the truth, in whatever order they arrive.
    """

    revision: int
    enrollment_id: UUID
    cadence: str
    version: str
    owner: str
    stage: str
    wake: Wake | None
    """None: nothing is left for the machine to do; the workflow completes."""
    next_step: str | None = None
    """The id of the step that comes next in the cadence; what `skip_step` may name."""
    next_touch: str | None = None
    """What comes next, for Temporal's UI, for example `call first-call`; never anything about the person."""
    next_touch_at: datetime | None = None
    """When it may happen; for a task that is created already, from when on it may be done."""
    due_at: datetime | None = None
    """When the task that is waited for is due."""
    hold: str | None = None
    """The reason code of the hold in force when the plan was made."""
    held_until: datetime | None = None
    open_tasks: tuple[UUID, ...] = ()
    ended: str | None = None
    """Why the messages ended: no, won, lost, opted_out, unreachable …"""
    answer: str | None = None
    """The explicit answer of this enrollment, `yes` or `no`, once given."""


class LeadState(Payload):
    """The workflow's whole state, and the argument with which it continues as new."""

    schema_version: int = 1
    lead_id: UUID
    plan: Plan
    heard: tuple[UUID, ...] = ()
    """The last command ids that were told, newest last, bounded."""


class StepInput(Payload):
    """What every step's activity is given: which step, under which plan, asked when."""

    lead_id: UUID
    enrollment_id: UUID
    revision: int
    kind: WakeKind
    step_id: str | None
    occurrence: int
    asked_at: datetime
    """The workflow's clock when it asked; the test clock follows it."""


class Told(Payload):
    """One command, told to the workflow after it was committed: its id, its kind's own ids, and the new plan."""

    command_id: UUID
    lead_id: UUID
    said_at: datetime
    plan: Plan
    answer: str | None = None
    until: datetime | None = None
    task_id: UUID | None = None
    step_id: str | None = None
    touched_at: datetime | None = None
    cadence: str | None = None
    owner: str | None = None
    touch_id: UUID | None = None


class Acknowledged(Payload):
    """The workflow's answer to an update."""

    revision: int
    repeated: bool
    """True when the workflow had already heard of it: a redelivery that changed nothing."""


class Progress(Payload):
    """The workflow's answer to the `progress` query."""

    lead_id: UUID
    plan: Plan
    waiting: bool
    """False while an activity is at work."""


class DeliveryResult(Payload):
    """What one watch of redelivery did."""

    delivered: int
    failed: int


class StaffMailResult(Payload):
    """What one watch over the mails to colleagues did."""

    sent: int
    not_sent: int
    """Attempts that did not come through, and mails without an address."""


class ReviewInput(Payload):
    """Whose review is to be written."""

    manager_id: str
    day: date | None = None
    """Of this working day; the last one that was over at `asked_at` when left out."""
    asked_at: datetime | None = None
    """When the schedule asked for it; a review that comes late is still that day's."""


class ReviewResult(Payload):
    """What became of it."""

    day: date | None
    """None: there was nothing to write."""
    written: bool
    """False: it had been written before."""


class SchedulesResult(Payload):
    """How many schedules were not as they should be, and were mended."""

    created: int = 0
    changed: int = 0
    removed: int = 0


class LearningResult(Payload):
    """What was counted of when leads answer."""

    calls: int
    replies: int


class LivenessResult(Payload):
    """What one check of everything found."""

    leads: int
    workflows: int
    found: int
    mended: int
