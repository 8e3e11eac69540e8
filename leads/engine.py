"""What the engine shows of one lead beside what the database says of it, and whether the two agree."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from leads.contract import Plan, Progress
from leads.liveness import STUCK_AFTER, TASK_FAILS_FROM

_TRIED_AGAIN = 2
"""From this attempt on an activity has failed before."""

_TOLD_WITHIN = timedelta(seconds=10)
"""Whoever committed a command tells the workflow right after it."""
_REPAIR = "`follow doctor --repair`"
_START_A_WORKER = "start one (`follow worker`, or `follow up`)"
_ENDED = {
    "completed": "completed",
    "terminated": "was terminated",
    "failed": "failed",
    "canceled": "was cancelled",
    "timed_out": "timed out",
}
"""What became of a workflow, as Temporal calls it and in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingActivity:
    """An activity that the workflow waits for."""

    name: str
    queue: str
    attempt: int
    is_started: bool
    """A worker is at it right now."""
    scheduled_at: datetime | None
    """When this attempt was, or will be, offered to the workers."""
    started_at: datetime | None
    """When the attempt began that a worker is at."""
    last_tried_at: datetime | None = None
    """When the last attempt failed."""
    next_try_at: datetime | None = None
    """When it is tried again, after a failure."""
    last_failure: str | None = None
    """What the last attempt failed with; never anything about the person."""
    has_workers: bool = True
    """Somebody takes activities from its queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSide:
    """The newest run of a lead's workflow, as Temporal describes it and as it says itself."""

    run_id: str
    status: str
    """`running`, `completed`, `terminated`, `failed` …"""
    first_started_at: datetime | None
    """When the first run of this chain began."""
    started_at: datetime | None
    """When this run began."""
    closed_at: datetime | None
    history_length: int
    task_attempt: int = 0
    """Which attempt at a workflow task is on; 0 when none is."""
    reports_problems: bool = False
    """Temporal reports that its workflow tasks keep failing."""
    activities: tuple[PendingActivity, ...] = ()
    has_workers: bool = True
    """Somebody takes the workflow's tasks."""
    last_polled_at: datetime | None = None
    """When a worker last asked for workflow tasks."""
    progress: Progress | None = None
    """What the workflow itself answers; None: no worker answered in time."""

    @property
    def is_running(self) -> bool:
        return self.status == "running"

    @property
    def is_failing(self) -> bool:
        return self.reports_problems or self.task_attempt >= TASK_FAILS_FROM


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """A command that was committed and that the workflow has not heard."""

    id: UUID
    kind: str
    revision: int
    committed_at: datetime
    attempts: int
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSide:
    """What was decided and committed about the lead."""

    plan: Plan
    untold: tuple[Untold, ...] = ()
    """Oldest first."""


class Agreement(StrEnum):
    """How the engine's side and the database's fit together."""

    AGREES = "agrees"
    AT_WORK = "at_work"
    """It does what is due at this very moment, or is being told."""
    UNKNOWN = "unknown"
    """Nobody can say, since Temporal or the workers do not answer."""
    DIFFERS = "differs"
    """Something is wrong; the sentence says what mends it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the two sides agree, in one sentence."""

    agreement: Agreement
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """Both sides of one lead at one instant."""

    lead_id: UUID
    at: datetime
    database: DatabaseSide
    engine: EngineSide | None
    """None: Temporal knows no workflow of this lead, or can't be reached."""
    trouble: str | None = None
    """Why Temporal could not be asked."""


def verdict(state: EngineState, shown: Callable[[datetime], str]) -> Verdict:
    """Whether the engine's side and the database's agree.

    Args:
        shown: how an instant is written, on the clock of whoever reads it.
    """
    if state.trouble is not None:
        why = f"Temporal can't be reached ({state.trouble}), so nobody can say what it does."
        return Verdict(Agreement.UNKNOWN, why)
    if state.engine is None or not state.engine.is_running:
        return _without_a_run(state, shown)
    if state.engine.activities:
        return _with_an_activity(state.engine.activities[0], shown)
    return _at_rest(state, state.engine, shown)


def _without_a_run(state: EngineState, shown: Callable[[datetime], str]) -> Verdict:
    wake, untold = state.database.plan.wake, state.database.untold
    if untold and _is_being_told(state):
        return Verdict(Agreement.AT_WORK, "The workflow is being started.")
    if untold:
        return _differs(f"No workflow runs: {_undelivered(untold)}.")
    if wake is None:
        return Verdict(Agreement.AGREES, "Nothing is left for the machine to do, and no workflow runs.")
    how = f" (it {_ENDED.get(state.engine.status, state.engine.status)})" if state.engine is not None else ""
    return _differs(f"No workflow runs{how}, and {wake.summary} is to happen {shown(wake.at)}: {_REPAIR} starts it.")


def _with_an_activity(activity: PendingActivity, shown: Callable[[datetime], str]) -> Verdict:
    if activity.attempt >= _TRIED_AGAIN:
        again = "is at it again" if activity.next_try_at is None else f"tries again {shown(activity.next_try_at)}"
        last = f", last with “{activity.last_failure}”" if activity.last_failure else ""
        return _differs(f"{activity.name} failed {_times(activity.attempt - 1)}{last}; the engine {again}.")
    if not activity.is_started and not activity.has_workers:
        return _differs(f"{activity.name} is due, and no worker takes it: {_START_A_WORKER}.")
    return Verdict(Agreement.AT_WORK, f"The engine does {activity.name} at this moment.")


def _at_rest(state: EngineState, engine: EngineSide, shown: Callable[[datetime], str]) -> Verdict:
    plan, untold = state.database.plan, state.database.untold
    if engine.is_failing:
        return _differs(f"Its workflow tasks keep failing: look at the worker's log; {_REPAIR} starts it anew.")
    if not engine.has_workers:
        return _differs(f"No worker takes the workflow's tasks: {_START_A_WORKER}.")
    if untold and _is_being_told(state):
        return Verdict(Agreement.AT_WORK, f"The engine is being told revision {untold[-1].revision}.")
    if untold:
        return _differs(f"The engine has not heard revision {untold[-1].revision} yet: {_undelivered(untold)}.")
    if engine.progress is None:
        return Verdict(Agreement.UNKNOWN, "The workflow runs, and no worker said in time what it waits for.")
    held = engine.progress.plan
    if held.revision < plan.revision:
        behind = f"The engine holds revision {held.revision} where the database has {plan.revision}"
        return _differs(f"{behind}, and nothing is on its way: {_REPAIR} tells it.")
    if held.wake is None:
        return Verdict(Agreement.AT_WORK, "Nothing is left for the machine to do; the workflow is about to complete.")
    if state.at - held.wake.at > STUCK_AFTER:
        late = f"{held.wake.summary} was due {shown(held.wake.at)}, and nothing happened"
        return _differs(f"{late}: {_REPAIR} tells the engine once more.")
    return Verdict(Agreement.AGREES, f"The engine waits for {held.wake.summary}, {shown(held.wake.at)}.")


def _differs(sentence: str) -> Verdict:
    return Verdict(Agreement.DIFFERS, sentence)


def _is_being_told(state: EngineState) -> bool:
    """Whether whoever committed what the workflow has not heard is still telling it."""
    oldest = state.database.untold[0]
    return oldest.attempts == 0 and state.at - oldest.committed_at < _TOLD_WITHIN


def _undelivered(untold: tuple[Untold, ...]) -> str:
    """The oldest command that is not told, which the others wait for."""
    first, others = untold[0], len(untold) - 1
    tried = f"tried {_times(first.attempts)}" if first.attempts else "not tried yet"
    error = f", last error {first.error}" if first.error else ""
    more = f", and {others} more behind it" if others else ""
    return f"command {first.kind.replace('_', ' ')} is undelivered, {tried}{error}{more}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
