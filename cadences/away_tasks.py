"""Open tasks of somebody who is away: they wait for the return, or go to a stand-in and come back.

It is asked with every decision that is saved, so a task that comes up meanwhile finds its way too; and the machine
wakes when an absence begins, and when somebody is back.
"""

from dataclasses import replace
from datetime import datetime

from cadences.absences import back_at, is_fresh, known_people, reason_for
from cadences.case import Case
from cadences.contact_rules import Defer, first_instant
from cadences.planning import CALL_WITHIN, due_after, expires_after
from cadences.tasks import Task, TaskKind
from leads.absences import Absence, WhileAway
from leads.model import Channel, Colleague
from leads.presence import absence_at, clock_of
from leads.spans import local_distance

_NEVER_WAIT = (TaskKind.REPLY, TaskKind.QUESTION, TaskKind.HAND_OVER, TaskKind.INVITATION)
"""Somebody wrote, asked, said yes, or is to meet us: it goes to whoever is there."""


def while_away(case: Case, now: datetime) -> Case:
    """The case with each open task where it belongs now: with its owner, waiting for the owner, or with a stand-in."""
    people = tuple(known_people(case))
    for task in case.open_tasks:
        if task.back_to is not None and all(who.id != task.back_to for who in people):
            # Whose it was has nothing to do with the lead any more (two were merged, say).
            task = _kept(task)
            case = case.with_task(task)
        for who in people:
            if who.id in (task.owner, task.back_to):
                minded = _minded(case, task, who, now)
                case = case if minded == task else _with(case, task, minded, who, now)
                break
    return case


def _minded(case: Case, task: Task, who: Colleague, now: datetime) -> Task:
    absence = absence_at(who, case.company, now)
    if absence is None:
        return _returned(case, task, who, now)
    back = back_at(who, case.company, absence)
    until = f"for {who.name}, away until {absence.last_day:%a %d %b %Y}"
    if task.back_to == who.id:
        return replace(task, back_at=back, note=until)
    stand_in = case.stand_ins.get(who.id)
    if stand_in is not None and (absence.policy is WhileAway.COVER or _never_waits(case, task, now)):
        return replace(task, owner=stand_in, back_to=who.id, back_at=back, away_at=None, note=until)
    if _never_waits(case, task, now) or task.back_at == back or (task.back_at is None and task.opens_at >= back):
        return replace(task, away_at=None)
    at_least = task.due_at if task.back_at is None else None
    return replace(_reopened(case, task, back, at_least=at_least), back_at=back, away_at=None)


def _returned(case: Case, task: Task, who: Colleague, now: datetime) -> Task:
    """Nobody is away: what was given away comes back, and what waited for longer than needed does not any more."""
    if task.back_to == who.id:
        task = _kept(replace(task, owner=who.id) if who.active else task)
    elif task.back_at is not None and task.back_to is None:
        early = now < task.back_at
        task = replace(_reopened(case, task, now) if early else task, back_at=None)
    return replace(task, away_at=_next_away_at(case, task, who, now))


def _kept(task: Task) -> Task:
    """Whoever has the task keeps it: nobody is waited for."""
    return replace(task, back_to=None, back_at=None, note=None)


def _next_away_at(case: Case, task: Task, who: Colleague, now: datetime) -> datetime | None:
    """When the next absence begins of whoever has the task."""
    if task.owner != who.id:
        return None
    begins = (absence.begins_at(clock_of(who, case.company)) for absence in who.absences)
    return min((at for at in begins if at > now), default=None)


def _never_waits(case: Case, task: Task, now: datetime) -> bool:
    return task.kind in _NEVER_WAIT or (task.kind is TaskKind.CALL and is_fresh(case.response, now))


def _reopened(case: Case, task: Task, at: datetime, *, at_least: datetime | None = None) -> Task:
    """The task as if it came up at an instant: a call in the lead's hours, and due as its step says.

    Args:
        at_least: it is due no earlier.
    """
    opens_at = at
    if task.kind is TaskKind.CALL:
        permitted = first_instant(Channel.CALL, case, at)
        opens_at = permitted.until if isinstance(permitted, Defer) else at
    step = case.cadence.step(task.step_id) if task.step_id else None
    due_at = due_after(case, opens_at, (step.within if step else None) or CALL_WITHIN)
    due_at = max(due_at, at_least or due_at)
    return replace(
        task,
        opens_at=opens_at,
        due_at=due_at,
        escalate_at=due_at if task.escalate_at is not None else None,
        expires_at=expires_after(case, due_at, step) if task.expires_at is not None else None,
    )


def _with(case: Case, before: Task, task: Task, who: Colleague, now: datetime) -> Case:
    """The case with the task changed and, where the plan waits for it, what follows moved along, and explained."""
    case, touch = case.with_task(task), case.enrollment.next
    if touch is None or touch.task_id != task.id or touch.opens_at == task.opens_at:
        return case
    reasons = tuple(reason for reason in touch.reasons if reason.rule not in ("absence", "best time"))
    absence: Absence | None = absence_at(who, case.company, now)
    if absence is not None and task.back_at is not None:
        reasons = (*reasons, reason_for(who, absence, task.back_at))
    moved = case.enrollment.moved + local_distance(touch.opens_at, task.opens_at, case.zone)
    touch = replace(touch, opens_at=task.opens_at, due_at=task.due_at, reasons=reasons, best_at=None)
    return case.enrolled(next=touch, moved=moved)
