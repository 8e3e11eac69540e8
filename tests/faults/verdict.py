"""The verdict on one life: nothing twice, nothing lost, everything that was accepted done once, and promise 1."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cadences.bundle import CadenceBundle
from cadences.model import Step
from cadences.planning import SILENCE_STEP
from cadences.tasks import TaskKind
from leads.contract import Plan
from leads.ids import derived_id, touch_id
from leads.liveness import is_terminal
from tests.faults.cadence import bundles
from tests.faults.effects import wrong_effects
from tests.faults.evidence import Evidence, Row, evidence_of
from tests.faults.seeds import Given, Trial

if TYPE_CHECKING:
    from tests.faults.life import Life

_OUT = ("sent", "delivered")
_RELEASES = ("command resume", "command switch_cadence")
_STOPS = (
    "command log_personal_touch",
    "command record_answer",
    "command not_now",
    "command hold",
    "command lead_opted_out",
    "command lead_asked_again",
)
_CADENCES = {bundle.name: bundle for bundle in bundles()}


@dataclass
class Verdict:
    """What became of one life."""

    trial: Trial
    duplicates: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Other promises that were not kept."""
    unknown: int = 0
    """Messages that are in a person's hands."""
    reconciled: int = 0
    """Messages that were lost sight of, and settled by the provider's own word."""
    happened: bool = False
    """Whether the fault happened; a life without it proves nothing."""
    took: timedelta = timedelta(0)

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        return not (self.duplicates or self.losses or self.broken)

    def __str__(self) -> str:
        wrong = [
            *(f"twice: {each}" for each in self.duplicates),
            *(f"lost: {each}" for each in self.losses),
            *self.broken,
        ]
        fault = "" if self.happened else " (its fault never happened)"
        return "\n    ".join([f"{self.trial}{fault}", *wrong])


async def judge(life: "Life") -> Verdict:
    """Look at everything that is left of a life."""
    verdict = Verdict(life.trial) if life.lead_id is None else weigh(life.trial, await evidence_of(life), life.given)
    if life.stuck is not None:
        verdict.broken.append(f"it never came to rest: {life.stuck}")
    verdict.broken += life.failures
    return verdict


def weigh(trial: Trial, seen: Evidence, given: Sequence[Given]) -> Verdict:
    """Hold the evidence against every promise."""
    verdict = Verdict(trial)
    verdict.duplicates += _twice(seen)
    verdict.losses += _lost(seen)
    for enrollment in seen.enrollments:
        verdict.losses += _passed_over(seen, enrollment)
    verdict.broken += _unclaimed(seen)
    verdict.broken += _unsettled(seen)
    verdict.broken += _claimed_after_stop(seen)
    verdict.broken += wrong_effects(given, seen)
    verdict.broken += _without_future(seen)
    verdict.unknown = sum(touch["state"] == "unknown" for touch in seen.messages)
    verdict.reconciled = len(_reconciled(seen))
    return verdict


def _twice(seen: Evidence) -> Iterator[str]:
    """Deliveries per touch are at most one."""
    for touch in seen.messages:
        if seen.arrivals(touch) > seen.twins(touch):
            yield f"{_named(touch)} arrived {seen.arrivals(touch)} times"


def _unclaimed(seen: Evidence) -> Iterator[str]:
    """Nothing arrives that the ledger knows nothing of."""
    for delivery in seen.unclaimed:
        yield f"{delivery.draft.subject or delivery.draft.body!r} arrived, and the ledger knows nothing of it"


def _lost(seen: Evidence) -> Iterator[str]:
    """What the ledger says was sent has arrived at the provider."""
    for touch in seen.messages:
        if touch["state"] in _OUT and seen.arrivals(touch) < seen.twins(touch):
            yield f"{_named(touch)} is {touch['state']} in the ledger and never arrived"


def _passed_over(seen: Evidence, enrollment: Row) -> Iterator[str]:
    """Each step that the plan has behind it left a trace: in the ledger, as a task, or as a command to skip it."""
    progress = enrollment["progress"]
    bundle = _CADENCES.get(enrollment["cadence"])
    if progress["done"] is None or bundle is None:
        return
    for step in _steps_behind(bundle, progress["done"]["step_id"]):
        step_id = step.step_id
        outcome = progress["outcomes"].get(step_id)
        if outcome is None:
            if step.instead == "skip" and _has_lost_contact(seen):
                continue  # The plan itself says so, for a lead that can't be reached by it any more.
            yield f"the plan passed {step_id} over, and says nothing of it"
        elif not _has_trace(seen, enrollment, step_id, outcome):
            yield f"the plan says that {step_id} is {outcome}, and there is no trace of it"


def _steps_behind(bundle: CadenceBundle, done: str) -> list[Step]:
    steps = list(bundle.cadence.steps)
    if done == SILENCE_STEP:
        return steps
    return steps[: [step.step_id for step in steps].index(done) + 1]


def _has_lost_contact(seen: Evidence) -> bool:
    return any(command["kind"] == "contact_point_lost" for command in seen.commands)


def _has_trace(seen: Evidence, enrollment: Row, step_id: str, outcome: str) -> bool:
    touch = next((each for each in seen.messages if each["id"] == touch_id(enrollment["id"], step_id, 1)), None)
    match outcome:
        case "sent":
            # A report may say later that it failed after all.
            return touch is not None and touch["state"] in (*_OUT, "failed")
        case "unknown":
            return touch is not None and touch["state"] in (*_OUT, "failed", "unknown")
        case "skipped":
            skips = [command for command in seen.commands if command["kind"] == "skip_step"]
            return _has_lost_contact(seen) or any(command["told"]["step_id"] == step_id for command in skips)
    return any(
        task["step_id"] == step_id and task["enrollment_id"] == enrollment["id"] and task["state"] != "open"
        for task in seen.tasks
    )


def _unsettled(seen: Evidence) -> Iterator[str]:
    """No claim stays open; what is unknown is in a person's hands; what was refused will be tried again."""
    current = next(each for each in seen.enrollments if each["id"] == seen.lead["enrollment_id"])
    for touch in seen.messages:
        if touch["state"] == "claimed":
            yield f"{_named(touch)} is still claimed"
        if touch["state"] == "unknown" and not _in_hands(seen, touch):
            yield f"{_named(touch)} is unknown, and nobody is to find out"
        if touch["state"] == "refused":
            awaited = ((current["progress"]["next"] or {}).get("step") or {}).get("step_id")
            waits = touch["enrollment_id"] == current["id"] and current["ended"] is None
            if not waits or awaited != touch["step_id"]:
                yield f"{_named(touch)} was refused, and no plan will try it again"


def _in_hands(seen: Evidence, touch: Row) -> bool:
    task = seen.task(derived_id(touch["id"], TaskKind.UNKNOWN_SEND))
    if task is None:
        return seen.lead["ended"] == "no"
    # Whoever ended the enrollment, or took it over, saw the task in the list and made it needless.
    return task["state"] == "cancelled" or (task["state"] == "open" and bool(task["owner"] and task["due_at"]))


def _claimed_after_stop(seen: Evidence) -> Iterator[str]:
    """After a stop's commit no further claim commits."""
    answers = {command["id"] for command in seen.commands if command["told"].get("answer")}
    stopped: str | None = None
    for row in seen.order:
        what = row["what"]
        if what in _STOPS or (what == "command complete_task" and row["id"] in answers):
            stopped = what
        elif what in _RELEASES:
            stopped = None
        elif what == "claimed" and stopped is not None:
            yield f"touch {row['id']} was claimed after {stopped}"


def _without_future(seen: Evidence) -> Iterator[str]:
    """Promise 1: a timer, an open task with an owner and a due time, or a hold with an end; or a terminal state."""
    lead, plan = seen.lead, Plan.model_validate(seen.lead["plan"])
    now = datetime.now(UTC)
    working = [task for task in seen.tasks if task["state"] == "open"]
    if lead["ended"] == "no" and working:
        yield "it said no, and there are open tasks"
    held = any(hold["lifted_at"] is None and hold["until"] > now for hold in seen.holds)
    owned = any(task["owner"] and task["due_at"] for task in working)
    if not (is_terminal(lead["ended"], lead["stage"]) or plan.wake is not None or owned or held):
        yield "nothing will ever happen for it again"


def _reconciled(seen: Evidence) -> set[str]:
    """Messages that were lost sight of, and of which the provider said what became of them.

    They were found by a look-up, or unknown for a while, or their sending was never recorded by who sent them.
    """
    found, recorded = (
        {note.removeprefix(word) for note in seen.notes if note.startswith(word)} for word in ("found ", "recorded ")
    )
    once_unknown = {str(row["id"]) for row in seen.order if row["what"] == "unknown"}
    settled = {str(touch["id"]) for touch in seen.messages if touch["state"] in (*_OUT, "failed")}
    return settled & (found | once_unknown | (settled - recorded))


def _named(touch: Row) -> str:
    return f"{touch['channel']} {touch['step_id']} ({touch['id']})"
