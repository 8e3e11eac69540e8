"""How each kind of task may end, and what its outcome does to the plan."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from cadences.case import Case
from cadences.commands import ASKED_US, log_personal_touch, not_now, record_answer, touched
from cadences.enrollment import HoldReason, StepRef
from cadences.facts import Accepted, TouchMade
from cadences.first_response import attempted, nobody_waits
from cadences.hearing import contact_point_lost, lead_opted_out
from cadences.holds import lift_hold
from cadences.incomplete import completed
from cadences.meeting_outcomes import after_meeting, agreed, meeting_confirmed
from cadences.model import Cadence
from cadences.planning import CALL_WITHIN, due_after, expires_after, plan, replanned
from cadences.progress import (
    ANSWERABLE,
    close_task,
    end,
    held_for_answer,
    holds_back,
    human_contact,
    standing_task,
    step_done,
    worked_on,
)
from cadences.refusals import CommandRefused, require_future
from cadences.settled_sends import found_out
from cadences.tasks import Outcome, Task, TaskKind, TaskState, asks_to_call
from leads.ids import derived_id
from leads.meetings import Appointment
from leads.model import Channel, Colleague, Ending, Stage
from leads.reasons import Reason

_CALL_MADE = {Outcome.CONNECTED, Outcome.VOICEMAIL, Outcome.NO_ANSWER}
_IN_VAIN = {Outcome.VOICEMAIL, Outcome.NO_ANSWER, Outcome.WRONG_NUMBER}
_ANSWERS = {Outcome.YES, Outcome.NO, Outcome.NOT_NOW}

OUTCOMES: dict[TaskKind, frozenset[Outcome]] = {
    TaskKind.CALL: frozenset(_CALL_MADE | _ANSWERS | {Outcome.WRONG_NUMBER, Outcome.CALL_BACK, Outcome.MEETING}),
    TaskKind.STEP: frozenset(_ANSWERS | {Outcome.DONE, Outcome.CONNECTED, Outcome.MEETING}),
    TaskKind.REPLY: frozenset(_ANSWERS | {Outcome.ANSWERED, Outcome.NOTHING_NEEDED, Outcome.MEETING}),
    TaskKind.QUESTION: frozenset(_ANSWERS | {Outcome.ANSWERED, Outcome.NOTHING_NEEDED, Outcome.MEETING}),
    TaskKind.HAND_OVER: frozenset(
        {Outcome.ACCEPTED, Outcome.WON, Outcome.LOST, Outcome.NO, Outcome.NOT_NOW, Outcome.MEETING}
    ),
    TaskKind.UNKNOWN_SEND: frozenset({Outcome.SENT, Outcome.NOT_SENT}),
    TaskKind.KICK_BACK: frozenset(_ANSWERS),
    TaskKind.FIND_CONTACT: frozenset({Outcome.DONE, Outcome.LOST, Outcome.NO}),
    TaskKind.INVITATION: frozenset(_ANSWERS | {Outcome.CONFIRMED, Outcome.MEETING, Outcome.DONE}),
    TaskKind.MEETING: frozenset(_ANSWERS | {Outcome.HELD, Outcome.NO_SHOW, Outcome.MEETING}),
}
"""How each kind of task may end."""
_OWED_CALL = OUTCOMES[TaskKind.CALL] | {Outcome.ANSWERED, Outcome.NOTHING_NEEDED}
"""A call beside the plan, by which a question is to be answered; or it was answered in writing instead."""

_NO_CALL = (Outcome.WRONG_NUMBER, Outcome.ANSWERED, Outcome.NOTHING_NEEDED)
"""After these there was no call to this lead."""


def outcomes_of(kind: TaskKind, contact: str | None) -> frozenset[Outcome]:
    """How a task may end.

    Args:
        contact: the number that the task is for; a question to be answered by a call ends as a call does.
    """
    return _OWED_CALL if kind is TaskKind.QUESTION and asks_to_call(kind, contact) else OUTCOMES[kind]


def complete_task(
    case: Case,
    *,
    task_id: UUID,
    outcome: Outcome,
    by: str,
    note: str | None,
    now: datetime,
    until: datetime | None = None,
    later: tuple[Cadence, str] | None = None,
    meeting: Appointment | None = None,
    organizer: Colleague | None = None,
    no_contact: bool = False,
) -> Case:
    """A person says how a task ended, and that drives what comes next.

    Args:
        until: when to call back, or until when "not now" holds.
        later: the cadence (and version) that a "not now" returns to.
        meeting: what was agreed on.
        organizer: who meets the lead then; its owner when left out.
        no_contact: with its no the person asked not to be contacted any more.
    """
    task = next((task for task in case.open_tasks if task.id == task_id), None)
    if task is None:
        raise CommandRefused("task", "the task is not open any more")
    if outcome not in outcomes_of(task.kind, task.contact):
        allowed = ", ".join(sorted(outcomes_of(task.kind, task.contact)))
        raise CommandRefused("outcome", f"a {task.kind.value.replace('_', ' ')} task ends with one of: {allowed}")
    if (until is None) == (outcome in (Outcome.NOT_NOW, Outcome.CALL_BACK)):
        needs = "needs" if until is None else "takes no"
        raise CommandRefused("until", f"the outcome {outcome.value!r} {needs} date")
    if until is not None:
        require_future("until", until, now)
    if task.kind is TaskKind.FIND_CONTACT and outcome is Outcome.LOST and case.enrollment.ended is None:
        raise CommandRefused("outcome", "the lead is followed up without it; say done, or record the lead's no")
    if (meeting is None) == (outcome is Outcome.MEETING):
        needs = "needs" if meeting is None else "takes no"
        raise CommandRefused("meeting", f"the outcome {outcome.value!r} {needs} meeting")
    if no_contact and outcome is not Outcome.NO:
        raise CommandRefused("no_contact", "who asks not to be contacted says no")
    if outcome is Outcome.NOT_NOW and later is None:
        raise ValueError("a not now needs the cadence that it returns to")
    case = close_task(case, task, TaskState.DONE, now, by, outcome, note)
    if task.is_call and outcome not in _NO_CALL:
        case = case.with_fact(_call_made(case, task, outcome, by, note, now))
    if outcome in _IN_VAIN:
        case = attempted(case, now)
    if task.kind is TaskKind.MEETING:
        case = after_meeting(case, task, outcome, by, note, now)
    match outcome:
        case Outcome.YES | Outcome.NO if case.enrollment.ended == outcome.value:
            case = _contacted(case, task, by, now)  # The lead repeats what it had said; nothing new follows from that.
            return lead_opted_out(case, why=ASKED_US, now=now) if no_contact else case
        case Outcome.YES | Outcome.NO:
            case, answer = _contacted(case, task, by, now), outcome.value
            return record_answer(case, answer=answer, by=by, note=note, now=now, no_contact=no_contact)
        case Outcome.NOT_NOW if until is not None and later is not None:
            case = _contacted(case, task, by, now)
            return not_now(case, until=until, cadence=later[0], version=later[1], by=by, note=note, now=now)
        case Outcome.WON | Outcome.LOST:
            return case.with_stage(Stage.WON if outcome is Outcome.WON else Stage.LOST)
        case Outcome.ACCEPTED:
            return _accepted(case, task, now)
        case Outcome.ANSWERED:
            return _answered_by_human(case, by, note, now)
        case Outcome.NOTHING_NEEDED:
            # A first answer is not owed, then.
            return _nothing_needed(case, now) if holds_back(task) else nobody_waits(case, now)
        case Outcome.CALL_BACK if until is not None:
            return _call_back(_contacted(case, task, by, now), task, until, now)
        case Outcome.MEETING if meeting is not None:
            return agreed(_after_talk(case, task, by, note, now), task, meeting, organizer, by, now)
        case Outcome.CONFIRMED:
            return meeting_confirmed(_contacted(case, task, by, now), task, by, now)
        case Outcome.HELD | Outcome.NO_SHOW:
            return case
        case Outcome.WRONG_NUMBER:
            return _wrong_number(case, task, now)
        case Outcome.SENT | Outcome.NOT_SENT:
            return found_out(case, task, sent=outcome is Outcome.SENT, now=now)
        case Outcome.CONNECTED if task.kind is TaskKind.QUESTION:
            return touched(case, channel=Channel.CALL, touched_at=now, by=by, note=note, now=now)
        case Outcome.CONNECTED:
            case = _contacted(case, task, by, now)
    return _after_task(worked_on(case), task, outcome, now)


def _contacted(case: Case, task: Task, by: str, now: datetime) -> Case:
    """A human was in touch with the lead by this task."""
    written = task.kind in ANSWERABLE and not task.is_call
    return human_contact(case, now, by, _written(case) if written else Channel.CALL)


def _written(case: Case) -> Channel:
    """How a person answers what was written or asked: by email, where there is an address."""
    return Channel.EMAIL if case.lead.contact_for(Channel.EMAIL) is not None else Channel.CALL


def _accepted(case: Case, task: Task, now: datetime) -> Case:
    """Sales took the lead over; the hand-over stays open, and is escalated, until the order is won or lost."""
    on_yes, title = case.cadence.on_yes, "win the order, or say that it is lost"
    case = case.with_fact(Accepted())
    within, kind, about = on_yes.decide_within, TaskKind.HAND_OVER, f"accepted {task.id}"
    case = standing_task(case, kind, title, task.text, within, on_yes.escalate_to, now, about=about)
    return case.with_task(replace(case.tasks[-1], contact=task.contact))


def _after_talk(case: Case, task: Task, by: str, note: str | None, now: datetime) -> Case:
    """A person talked with the lead, and that was the end of the task."""
    if task.is_call and task.kind is TaskKind.QUESTION:
        return touched(case, channel=Channel.CALL, touched_at=now, by=by, note=note, now=now)
    if task.kind in ANSWERABLE:
        return _answered_by_human(case, by, note, now)
    case = _contacted(case, task, by, now)
    if task.kind is TaskKind.HAND_OVER:
        return case.with_task(_handed_over_later(case, task, now))
    return _after_task(case, task, Outcome.MEETING, now)


def _handed_over_later(case: Case, task: Task, now: datetime) -> Task:
    """The lead is still to be won or lost: its hand-over stands open anew, and is escalated until then."""
    due_at = due_after(case, now, CALL_WITHIN)
    return replace(
        task,
        id=derived_id(task.id, "after a meeting", now.isoformat()),
        created_at=now,
        opens_at=now,
        due_at=due_at,
        escalate_at=due_at,
        escalations=0,
        escalated_to=None,
    )


def _after_task(case: Case, task: Task, outcome: Outcome, now: datetime) -> Case:
    """The plan goes on after one of its own tasks, and after a promise that it was silent for; others leave it be."""
    touch, held = case.enrollment.next, case.enrollment.hold
    if task.kind is TaskKind.QUESTION and held is not None and held.reason is HoldReason.REPLY:
        return case if any(holds_back(one) for one in case.open_tasks) else plan(lift_hold(case, now), now)
    if task.kind is TaskKind.FIND_CONTACT and case.enrollment.ended is Ending.UNREACHABLE:
        return completed(case, now)
    if touch is None or touch.task_id != task.id or case.enrollment.ended is not None:
        return case
    return replanned(step_done(case, touch.step, now, outcome.value), now)


def _call_made(case: Case, task: Task, outcome: Outcome, by: str, note: str | None, now: datetime) -> TouchMade:
    step = StepRef(task.step_id, task.occurrence) if task.step_id else None
    planned = case.enrollment.next
    return TouchMade(
        derived_id(task.id, "call", now.isoformat()),  # A slip that was taken back stays in the ledger under its own.
        Channel.CALL,
        now,
        by,
        personal=False,
        note=note,
        outcome=outcome.value,
        step=step,
        variant=planned.variant if planned is not None and planned.task_id == task.id else None,
    )


def _answered_by_human(case: Case, by: str, note: str | None, now: datetime) -> Case:
    """A person answered what the lead wrote: a personal touch, with its pause."""
    return log_personal_touch(case, channel=_written(case), touched_at=now, by=by, note=note, now=now)


def _nothing_needed(case: Case, now: datetime) -> Case:
    held = case.enrollment.hold
    if any(holds_back(task) for task in case.open_tasks):
        return case
    if case.enrollment.ended is not None:
        return nobody_waits(case, now)
    if case.enrollment.question_only:
        return end(case, Ending.ANSWERED, now, "the question needed no answer")
    if held is not None and held.reason is HoldReason.REPLY:
        case = lift_hold(case, now)
    return plan(case, now)


def _call_back(case: Case, task: Task, at: datetime, now: datetime) -> Case:
    """The person named a time: the same call again, then. It is a wish, so the cadence's hours do not shift it.

    A call beside the plan is a promise like an answer: the machine is silent until then, and it does not run out.
    """
    due_at = due_after(case, at, CALL_WITHIN)
    step = case.cadence.step(task.step_id) if task.step_id else None
    again = replace(
        task,
        id=derived_id(task.id, "call back", at.isoformat()),
        created_at=now,
        opens_at=at,
        due_at=due_at,
        best_at=None,
        escalate_at=due_at,
        escalations=0,
        escalated_to=None,
        expires_at=None if task.kind is TaskKind.QUESTION else expires_after(case, due_at, step),
    )
    case = case.with_task(again)
    if holds_back(again):
        return plan(held_for_answer(case, now), now)
    touch = case.enrollment.next
    if touch is not None and touch.task_id == task.id:
        asked = Reason("plan", f"the person asked to be called on {at.astimezone(case.zone):%a %d %b %Y at %H:%M}", at)
        promised = replace(
            touch, task_id=again.id, opens_at=at, act_at=now, due_at=due_at, best_at=None, reasons=(asked,)
        )
        outcomes = {**case.enrollment.outcomes, touch.step.step_id: Outcome.CALL_BACK.value}
        case = case.enrolled(next=promised, outcomes=outcomes)
    return case


def _wrong_number(case: Case, task: Task, now: datetime) -> Case:
    """The number is somebody else's: it is disabled, its consents are void, and the plan goes on without it."""
    phone = task.contact or case.lead.phone
    touch = case.enrollment.next
    if touch is not None and touch.task_id == task.id:
        case = step_done(case, touch.step, now, Outcome.WRONG_NUMBER.value, is_touch=False)
    # What else the plan may wait for, if this call stood beside it, stays.
    return plan(contact_point_lost(case, contact=phone, why="wrong number", now=now) if phone else case, now)
