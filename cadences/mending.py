"""What mends a lead that promise 1 does not hold for: a function from its case to one that has something ahead."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from cadences.case import Case
from cadences.errands import PlannedMessage, errand_of
from cadences.liveness import (
    Evidence,
    OpenClaim,
    awaited_task_is_gone,
    hold_without_owner,
    settlement,
    tasks_after_no,
)
from cadences.owed_answers import see_to_first_answer
from cadences.planning import CALL_WITHIN, plan, replanned, wake
from cadences.progress import begin, close_task, standing_task
from cadences.tasks import TaskKind, TaskState
from leads.ids import derived_id
from leads.liveness import is_terminal
from leads.model import Ending
from leads.sending import TouchState

_WHY = "The check of all leads found that nothing was planned for this one, and no task was open."
_STANDING = {Ending.YES: TaskKind.HAND_OVER, Ending.UNREACHABLE: TaskKind.FIND_CONTACT}
"""The task that an ending leaves, by which the lead is won or lost, or reached again."""


def mended(case: Case, evidence: Evidence, now: datetime) -> Case:
    """The case without what can be mended; a healthy case stays as it is.

    What is planned stays planned: only where nothing is left to wait for, something new is.
    """
    case = _with_whole_hold(case, now)
    case = _with_needed_tasks(case, evidence, now)
    case = _with_settled_claims(case, evidence.claims, now)
    if awaited_task_is_gone(case):
        case = replanned(case, now)
    if wake(case) is None and not case.open_tasks and not is_terminal(case.enrollment.ended, case.lead.stage):
        case = _set_in_motion(case, now)
    return see_to_first_answer(case, now)


def _with_whole_hold(case: Case, now: datetime) -> Case:
    hold = case.enrollment.hold
    if hold is None or not hold_without_owner(case, now):
        return case
    # Under an id of its own: holds are kept as history, and the one without an owner was one.
    return case.enrolled(hold=replace(hold, id=derived_id(hold.id, "mended"), owner=case.lead.owner.id))


def _with_needed_tasks(case: Case, evidence: Evidence, now: datetime) -> Case:
    for task in tasks_after_no(case):
        case = close_task(case, task, TaskState.CANCELLED, now, "followthrough", note="the lead said no")
    if evidence.manager_is_active and case.manager not in evidence.gone:
        for task in case.open_tasks:
            if task.owner in evidence.gone:
                case = case.with_task(replace(task, owner=case.manager))
    return case


def _with_settled_claims(case: Case, claims: Iterable[OpenClaim], now: datetime) -> Case:
    for claim in claims:
        if settlement(case, claim, now) is TouchState.UNKNOWN:
            errand = errand_of(case, claim.step, claim.enrollment_id)
            errand = errand or PlannedMessage(claim.step, claim.enrollment_id)
            case = errand.unknown(case, claim.channel, now)
    return case


def _set_in_motion(case: Case, now: datetime) -> Case:
    ended = case.enrollment.ended
    if ended is None and case.enrollment.question_only:
        return begin(case, now)
    if ended is None:
        case = plan(case, now)
        return case if wake(case) is not None else _person_decides(case, now)
    return _person_decides(case, now)


def _person_decides(case: Case, now: datetime) -> Case:
    ended = case.enrollment.ended
    kind = _STANDING.get(ended, TaskKind.KICK_BACK) if ended else TaskKind.KICK_BACK
    return standing_task(case, kind, "decide how to go on", _WHY, CALL_WITHIN, "manager", now)
