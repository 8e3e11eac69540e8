"""Promise 1 as rules: when a lead may rest, what a check can find wrong, and what a workflow shows of itself."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from leads.clocks import on_clock
from leads.contract import Plan, workflow_id
from leads.model import Ending, Stage

STUCK_AFTER = timedelta(minutes=5)
"""A wake, or an activity, that is later than this is late for a reason: queues and retries are faster."""
CLAIM_OPEN_AFTER = timedelta(minutes=10)
"""A claim is settled within seconds, or by a later attempt; these come at least every five minutes."""
UNDELIVERED_AFTER = timedelta(minutes=1)
"""A command is told at once, or by the schedule, which looks every few seconds."""
_TRIED_IN_VAIN = 10
"""So many attempts at an activity take more than `STUCK_AFTER`."""
TASK_FAILS_FROM = 4
"""A workflow task may fail once or twice with its worker; at this attempt it fails by itself."""

ENDS_IN_REST = frozenset({Ending.NO, Ending.OPTED_OUT, Ending.ANSWERED})
"""Endings after which nothing is left to do."""
ENDS_IN_WORK = frozenset({Ending.YES, Ending.UNREACHABLE})
"""Endings that leave a person's task, until the lead is won or lost."""
CLOSED = frozenset({Stage.WON, Stage.LOST})


def is_terminal(ended: str | None, stage: str) -> bool:
    """Whether a lead with this ending, in this stage, needs nothing ahead of it."""
    return ended in ENDS_IN_REST or (ended in ENDS_IN_WORK and stage in CLOSED)


class FindingKind(StrEnum):
    """What can be wrong."""

    NOTHING_AHEAD = "nothing_ahead"
    """No timer, no open task and no hold, although the lead is in no terminal state."""
    STUCK = "stuck"
    """Its wake lies in the past."""
    CONTRADICTION = "contradiction"
    """What the database says of it in one place is not what it says in another."""
    UNREADABLE = "unreadable"
    """What the database holds of it can't be read."""
    WORKFLOW_MISSING = "workflow_missing"
    """It has a wake, and no workflow waits for it."""
    WORKFLOW_ORPHANED = "workflow_orphaned"
    """A workflow runs, and there is no such lead, or nothing left to do for it."""
    WORKFLOW_FAILING = "workflow_failing"
    """The workflow's tasks keep failing."""
    WORKFLOW_BEHIND = "workflow_behind"
    """The workflow holds an older plan than the database, and nothing is on its way."""
    CLAIM_OPEN = "claim_open"
    """A message was claimed, and nothing settled the claim."""
    CLAIM_ABANDONED = "claim_abandoned"
    """A refused claim is kept for another try, and no plan will try."""
    SEND_UNKNOWN = "send_unknown"
    """Nobody knows whether a message went out, and nobody is to find out."""
    COMMAND_UNDELIVERED = "command_undelivered"
    """The workflow was not told what was committed."""
    OWNER_GONE = "owner_gone"
    """A task's owner is no active colleague."""
    TASK_AFTER_NO = "task_after_no"
    """The lead said no, and a task is still open."""
    ANSWER_OF_NOBODY = "answer_of_nobody"
    """Somebody waits for a first answer, and nobody is asked to give it."""
    HOLD_INCOMPLETE = "hold_incomplete"
    """A hold has no end, or no owner."""


OF_WORKFLOWS = frozenset(
    {
        FindingKind.STUCK,
        FindingKind.WORKFLOW_MISSING,
        FindingKind.WORKFLOW_ORPHANED,
        FindingKind.WORKFLOW_FAILING,
        FindingKind.WORKFLOW_BEHIND,
        FindingKind.COMMAND_UNDELIVERED,
    }
)
"""Findings that are mended once the workflow has heard; the others once the database has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong; ids and words only, never anything about the person."""

    kind: FindingKind
    wrong: str
    """One sentence."""
    to_do: str
    """What mends it: what `--repair` does or, if it can't, what a person should do."""
    lead_id: UUID | None = None
    workflow_id: str | None = None
    reference: UUID | None = None
    """The task, or the ledger's touch, that it is about."""
    repairable: bool = True
    repaired: bool = False

    @property
    def subject(self) -> str:
        """What it is about, for a person."""
        return f"lead {self.lead_id}" if self.lead_id else f"workflow {self.workflow_id}"


def repaired(finding: Finding) -> Finding:
    return replace(finding, repaired=True)


@dataclass(frozen=True, slots=True)
class ActivitySeen:
    """An activity that a workflow waits for."""

    name: str
    attempt: int
    since: datetime | None
    """When this attempt was scheduled or begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowSeen:
    """A running workflow, as Temporal describes it and as it says itself."""

    run_id: str
    task_attempt: int = 0
    """Which attempt at a workflow task is on; 0 when none is."""
    reported: bool = False
    """Temporal reports that its workflow tasks keep failing."""
    workers: bool = True
    """Somebody takes workflow tasks."""
    activity: ActivitySeen | None = None
    revision: int | None = None
    """Of the plan that it holds; None when it was not asked or did not answer."""

    @property
    def is_failing(self) -> bool:
        return self.reported or self.task_attempt >= TASK_FAILS_FROM

    def is_at_work(self, now: datetime) -> bool:
        """Whether it does something at this very moment, so that its plan may change any time."""
        activity = self.activity
        if activity is not None and activity.attempt < _TRIED_IN_VAIN:
            return activity.since is None or now - activity.since < STUCK_AFTER
        return activity is None and self.task_attempt > 0 and self.workers


def of_workflow(lead_id: UUID, plan: Plan, seen: WorkflowSeen | None, now: datetime, zone: ZoneInfo) -> Finding | None:
    """What is wrong with the workflow of a lead that was told everything; None when nothing is.

    Args:
        zone: the company's, on whose clock it is told.
    """

    def found(kind: FindingKind, wrong: str, to_do: str, *, repairable: bool = True) -> Finding:
        return Finding(
            kind=kind,
            wrong=wrong,
            to_do=to_do,
            lead_id=lead_id,
            workflow_id=workflow_id(lead_id),
            repairable=repairable,
        )

    if seen is None:
        if plan.wake is None:
            return None
        return found(
            FindingKind.WORKFLOW_MISSING,
            f"its next wake is {on_clock(plan.wake.at, zone)}, and no workflow runs that waits for it",
            "start the workflow with the newest plan",
        )
    if seen.is_failing:
        return found(
            FindingKind.WORKFLOW_FAILING,
            "its workflow runs, and its workflow tasks keep failing",
            "terminate this run and start another with the newest plan; if that fails too, look at the worker's log",
        )
    if plan.wake is None:
        if seen.is_at_work(now):
            return None
        return found(
            FindingKind.WORKFLOW_ORPHANED,
            "its workflow runs, and its plan has nothing left to wake for",
            "tell the workflow the newest plan, so that it completes",
        )
    if now - plan.wake.at < STUCK_AFTER or seen.is_at_work(now):
        return None
    late = f"its wake ({plan.wake.summary}) was due {on_clock(plan.wake.at, zone)}"
    if seen.activity is not None:
        return found(
            FindingKind.STUCK,
            f"{late}, and the activity {seen.activity.name} is at attempt {seen.activity.attempt} without an end",
            "look at the worker's log: is a worker running, can it reach the database and the provider?",
            repairable=False,
        )
    if not seen.workers:
        return found(
            FindingKind.STUCK,
            f"{late}, and no worker takes its workflow's tasks",
            "start a worker (`follow worker`, or `follow up`)",
            repairable=False,
        )
    if seen.revision is not None and seen.revision < plan.revision:
        return found(
            FindingKind.WORKFLOW_BEHIND,
            f"{late}, and its workflow holds plan {seen.revision} where the database has {plan.revision}",
            "tell the workflow the newest plan",
        )
    return found(FindingKind.STUCK, f"{late}, and nothing happened", "tell the workflow the newest plan once more")
