"""What is wrong with one lead: its case, its plan and its ledger, held against promise 1 and against each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cadences.case import Case
from cadences.enrollment import StepRef
from cadences.errands import errand_of
from cadences.meeting_sends import due_to_send
from cadences.owed_answers import is_asked_of_nobody
from cadences.personal_emails import waiting_email
from cadences.planning import wake
from cadences.progress import ANSWERABLE, awaited_task
from cadences.tasks import Task, TaskState
from leads.clocks import on_clock
from leads.contract import Plan
from leads.liveness import CLAIM_OPEN_AFTER, UNDELIVERED_AFTER, Finding, FindingKind, is_terminal
from leads.meetings import step_name
from leads.model import Channel, Ending
from leads.personal_emails import read_personal_step
from leads.sending import TouchState


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClaim:
    """A claim in the ledger whose end is not known, or that may still be tried."""

    touch_id: UUID
    enrollment_id: UUID
    step: StepRef
    channel: Channel
    state: TouchState
    claimed_at: datetime
    error: str | None = None
    after_no: bool = False
    """Its enrollment ended with a no, after which nobody is asked to find out."""
    task: TaskState | None = None
    """Where the task to find out stands; None when there never was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the database holds of a lead beside its case and its plan, read under the same lock."""

    row: Mapping[str, Any]
    """The columns of the lead's row that repeat what the plan says."""
    enrollment_ended: str | None
    """The column of the enrollment's row."""
    claims: tuple[OpenClaim, ...] = ()
    undelivered_since: datetime | None = None
    gone: frozenset[str] = frozenset()
    """Owners of open tasks who are no active colleagues."""
    manager_is_active: bool = True


def diagnose(case: Case, plan: Plan, evidence: Evidence, now: datetime) -> list[Finding]:
    """Everything that is wrong with a lead in the database."""
    contradictions = list(_contradictions(case, plan, evidence))
    if any(not finding.repairable for finding in contradictions):
        return contradictions  # Nothing else can be said of it before that is settled.
    return [
        *_ahead(case, plan, now),
        *contradictions,
        *_holds(case, now),
        *_tasks(case, evidence),
        *_first_answer(case, now),
        *_claims(case, evidence, now),
        *_commands(case, evidence, now),
    ]


def _ahead(case: Case, plan: Plan, now: datetime) -> Iterator[Finding]:
    hold = case.enrollment.hold
    if is_terminal(case.enrollment.ended, case.lead.stage) or plan.wake is not None:
        return
    if any(task.owner for task in case.open_tasks) or (hold is not None and hold.until > now):
        return
    yield Finding(
        kind=FindingKind.NOTHING_AHEAD,
        wrong="it has no timer, no open task and no hold, and it is neither won nor lost nor said no",
        to_do="plan its next touch or, where no plan is left, give its owner a task to decide how to go on",
        lead_id=case.lead.id,
    )


def _contradictions(case: Case, plan: Plan, evidence: Evidence) -> Iterator[Finding]:
    enrollment, row = case.enrollment, evidence.row
    expected = {
        "revision": plan.revision,
        "enrollment_id": plan.enrollment_id,
        "cadence": plan.cadence,
        "owner_id": plan.owner,
        "stage": plan.stage,
        "next_at": plan.next_touch_at,
        "wake_at": plan.wake.at if plan.wake else None,
        "answer": plan.answer,
        "ended": plan.ended,
        "ended_at": enrollment.ended_at,
    }
    names = [name for name, value in expected.items() if row[name] != value]
    ended = enrollment.ended.value if enrollment.ended else None
    hold = enrollment.hold.reason.value if enrollment.hold else None
    touch = enrollment.next
    asked_for = wake(case)
    wrong = {
        "the enrollment's ending": ended != plan.ended or ended != evidence.enrollment_ended,
        "the hold": hold != plan.hold,
        "the next touch": (touch.step.step_id if touch else None) != plan.next_step,
        "the open tasks": {task.id for task in case.open_tasks} != set(plan.open_tasks),
        "the task that is waited for": awaited_task_is_gone(case),
        "the wake": asked_for is not None and (plan.wake is None or plan.wake.at > asked_for.at),
    }
    names += [name for name, differs in wrong.items() if differs]
    if not names:
        return
    # Of two enrollments either may be the true one; everything else follows from the enrollment and the tasks.
    either = row["enrollment_id"] != plan.enrollment_id
    yield Finding(
        kind=FindingKind.CONTRADICTION,
        wrong=f"its plan contradicts what the database says elsewhere of: {', '.join(names)}",
        to_do="find out which of the two enrollments is in force (enrollment_id of the lead's row, or of its plan)"
        if either
        else "write the plan anew from the enrollment and its open tasks",
        lead_id=case.lead.id,
        repairable=not either,
    )


def awaited_task_is_gone(case: Case) -> bool:
    """Whether the plan waits for a task that is not open."""
    touch = case.enrollment.next
    return touch is not None and touch.task_id is not None and awaited_task(case) is None


def hold_without_owner(case: Case, now: datetime) -> bool:
    """Whether a hold is in force that belongs to nobody."""
    hold = case.enrollment.hold
    return hold is not None and hold.until > now and not hold.owner


def _holds(case: Case, now: datetime) -> Iterator[Finding]:
    if hold_without_owner(case, now):
        yield Finding(
            kind=FindingKind.HOLD_INCOMPLETE,
            wrong="its hold has no owner",
            to_do="make the lead's owner the hold's owner",
            lead_id=case.lead.id,
        )


def tasks_after_no(case: Case) -> list[Task]:
    """Open tasks of a lead that said no, except for answers to what it wrote since."""
    ended_at = case.enrollment.ended_at
    if case.enrollment.ended is not Ending.NO:
        return []
    return [
        task
        for task in case.open_tasks
        if task.kind not in ANSWERABLE or (ended_at is not None and task.created_at < ended_at)
    ]


def _tasks(case: Case, evidence: Evidence) -> Iterator[Finding]:
    needless = tasks_after_no(case)
    for task in needless:
        yield Finding(
            kind=FindingKind.TASK_AFTER_NO,
            wrong=f"it said no, and a task ({task.kind.value.replace('_', ' ')}) is still open",
            to_do="cancel the task",
            lead_id=case.lead.id,
            reference=task.id,
        )
    heir = evidence.manager_is_active and case.manager not in evidence.gone
    for task in case.open_tasks:
        if task.owner in evidence.gone and task not in needless:
            yield Finding(
                kind=FindingKind.OWNER_GONE,
                wrong=f"an open task ({task.kind.value.replace('_', ' ')}) belongs to nobody who works here",
                to_do="give the task to the manager" if heir else "add an active manager, or reassign the lead",
                lead_id=case.lead.id,
                reference=task.id,
                repairable=heir,
            )


def _first_answer(case: Case, now: datetime) -> Iterator[Finding]:
    if is_asked_of_nobody(case, now):
        yield Finding(
            kind=FindingKind.ANSWER_OF_NOBODY,
            wrong="it waits for a first answer, and nobody is asked to give it",
            to_do="give its owner a task to answer",
            lead_id=case.lead.id,
        )


def settlement(case: Case, claim: OpenClaim, now: datetime) -> TouchState | None:
    """What an open claim is to be settled as; None for one that is well, or that its step settles by itself."""
    errand = errand_of(case, claim.step, claim.enrollment_id)
    waited_for = errand is not None and errand.is_awaited(case)
    match claim.state:
        case TouchState.CLAIMED if now - claim.claimed_at > CLAIM_OPEN_AFTER:
            return None if waited_for and _is_due(case, claim.step, now) else TouchState.UNKNOWN
        case TouchState.REFUSED if not waited_for:
            return TouchState.FAILED
        case TouchState.UNKNOWN if _nobody_finds_out(case, claim):
            return TouchState.UNKNOWN
    return None


def _is_due(case: Case, step: StepRef, now: datetime) -> bool:
    if due_to_send(case, step.step_id, step.occurrence, now) is not None:
        return True
    email = waiting_email(case, read_personal_step(step.step_id))
    if email is not None:
        return email.due_at <= now
    touch = case.enrollment.next
    return touch is not None and touch.task_id is None and touch.act_at <= now


def _nobody_finds_out(case: Case, claim: OpenClaim) -> bool:
    """A task that a later decision cancelled was needless then; one that is done has told the ledger."""
    if claim.after_no or case.enrollment.ended is Ending.NO:
        return False
    return claim.task not in (TaskState.OPEN, TaskState.CANCELLED)


def _claims(case: Case, evidence: Evidence, now: datetime) -> Iterator[Finding]:
    for claim in evidence.claims:
        state = settlement(case, claim, now)
        what = f"{claim.channel.value} {step_name(claim.step.step_id)}"
        if claim.state is TouchState.CLAIMED and now - claim.claimed_at > CLAIM_OPEN_AFTER:
            kind, wrong = FindingKind.CLAIM_OPEN, f"its {what} was claimed {_told(claim.claimed_at, case)}"
            wrong += ", and nobody recorded what became of it"
            to_do = "tell the workflow the plan again, whose step asks the provider"
            if state is not None:
                to_do = "record it as unknown, so that it is looked up and, if in vain, becomes a person's task"
        elif state is None:
            continue
        elif claim.state is TouchState.REFUSED:
            kind, wrong = FindingKind.CLAIM_ABANDONED, f"its {what} was refused, and the plan went on without it"
            to_do = "record it as failed"
        else:
            kind, wrong = FindingKind.SEND_UNKNOWN, f"nobody knows whether its {what} went out, and nobody has the task"
            to_do = "look it up and, if in vain, have its owner find out"
        yield Finding(kind=kind, wrong=wrong, to_do=to_do, lead_id=case.lead.id, reference=claim.touch_id)


def _told(at: datetime, case: Case) -> str:
    """An instant for an admin, on the company's clock."""
    return on_clock(at, ZoneInfo(case.company.zone))


def _commands(case: Case, evidence: Evidence, now: datetime) -> Iterator[Finding]:
    since = evidence.undelivered_since
    if since is not None and now - since > UNDELIVERED_AFTER:
        yield Finding(
            kind=FindingKind.COMMAND_UNDELIVERED,
            wrong=f"its workflow was not told what was committed {_told(since, case)}",
            to_do="tell the workflow; if that fails, see whether Temporal and a worker run",
            lead_id=case.lead.id,
        )
