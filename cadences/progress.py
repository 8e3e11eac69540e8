"""What happens to a lead by the plan itself: it begins, messages go out, tasks are created, fall due and expire."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from cadences.answering import ANSWER_TITLE, answerer, owe_answer, question_text, sends_first_answer
from cadences.asked_after_stop import asked_from
from cadences.case import Case
from cadences.enrollment import Enrollment, HoldReason, NextTouch, StepRef
from cadences.facts import QuestionAnswered
from cadences.first_response import (
    clock_started,
    machine_did_its_part,
    nobody_waits,
    responded,
    see_to_response,
    waits_for_answer,
)
from cadences.holds import place_hold
from cadences.meeting_schedule import quiet
from cadences.planning import CALL_WITHIN, SILENCE_STEP, due_after, expires_after, plan, replanned
from cadences.tasks import Outcome, Task, TaskKind, TaskState, in_person
from leads.ids import derived_id
from leads.model import Channel, Colleague, Ending, Stage
from leads.spans import Span, Stretch, Unit, add_span, local_distance, merged, wall_length

LATE = timedelta(days=1)
"""A touch that happens this much later than planned (the machine was down) moves all that is left with it."""
REFUSED_AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""How long a step waits after the provider refused it for the first, second … time; the last one repeats."""
TROUBLE_HOLDS = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
"""How long a lead waits for a provider's account to be mended, for the first, second … time; the last one repeats."""
MOST_TROUBLES = 6
"""So often a lead waits; then a person reaches it, since the trouble may be this one message's, and alert nobody."""
_NO_QUESTION = "The person came in again without a question."
_ESCALATE_AGAIN = Span(1, Unit.BUSINESS_DAY)


def begin(case: Case, now: datetime) -> Case:
    """The case at the start of its enrollment: its first-response target set, and its first touch planned."""
    if case.enrollment.answers_question or case.enrollment.question_only:
        case = clock_started(case, case.enrollment.started_at)
    if case.enrollment.question_only:
        text = question_text(case.lead) or _NO_QUESTION
        case = ask_person(case, TaskKind.QUESTION, ANSWER_TITLE, text, now, owner=answerer(case.lead))
        return machine_did_its_part(case, now)
    return plan(quiet(owe_answer(case, now), now), now)


def new_enrollment(lead_id: UUID, cadence: str, version: str, started_at: datetime, now: datetime) -> Enrollment:
    """An enrollment whose id follows from the lead and the instant of the decision."""
    return Enrollment(
        id=derived_id(lead_id, "enrollment", now.isoformat(), cadence),
        cadence=cadence,
        version=version,
        started_at=started_at,
    )


def message_sent(case: Case, step: StepRef, now: datetime, enrollment_id: UUID | None = None) -> Case:
    """A step's message went out at `now`; the plan goes on if it waited for it.

    Args:
        enrollment_id: whose step it was; the current enrollment's when left out.
    """
    case = replace(case, messages=(*case.messages, now))
    if not awaits(case, step, enrollment_id):
        return case
    case = machine_did_its_part(case, now)
    return plan(step_done(fallen_behind(case, now), step, now, "sent"), now)


def message_refused(
    case: Case,
    step: StepRef,
    now: datetime,
    retry_after: timedelta | None = None,
    enrollment_id: UUID | None = None,
    *,
    once: bool = False,
) -> Case:
    """The provider refused a step's message for now: it is tried again, later each time.

    Args:
        once: it may be tried again once only; refused again, a person reaches the lead instead.
    """
    if not awaits(case, step, enrollment_id):
        return case
    enrollment = case.enrollment
    if once and enrollment.refusals > enrollment.troubles:
        return _given_to_a_person(case, now)
    pause = REFUSED_AGAIN_AFTER[min(enrollment.refusals, len(REFUSED_AGAIN_AFTER) - 1)]
    if retry_after is not None:
        pause = retry_after
    return plan(case.enrolled(not_before=now + pause, refusals=enrollment.refusals + 1, slot=None), now)


def account_in_trouble(case: Case, step: StepRef, now: datetime, why: str, enrollment_id: UUID | None = None) -> Case:
    """A step's message was not accepted for reasons that are not the lead's: it holds, and nothing is used up.

    The step is tried again when the hold ends, which is later each time; an admin, who is alerted, may end it earlier.

    Args:
        why: the provider, its code, and what that means.
    """
    if not awaits(case, step, enrollment_id):
        return case
    enrollment = case.enrollment
    if enrollment.troubles >= MOST_TROUBLES:
        return _given_to_a_person(case, now, f"{why}. It was tried {enrollment.troubles + 1} times.")
    until = now + TROUBLE_HOLDS[min(enrollment.troubles, len(TROUBLE_HOLDS) - 1)]
    # It counts as a refusal too: its claim stays open for the next try.
    case = case.enrolled(refusals=enrollment.refusals + 1, troubles=enrollment.troubles + 1, slot=None)
    return plan(place_hold(case, HoldReason.PROVIDER, case.manager, now, until, why), now)


def _given_to_a_person(case: Case, now: datetime, why: str = "") -> Case:
    """The provider did not get the next message to this contact point: a person reaches the lead in another way."""
    touch = _expected(case)
    title = in_person(touch.channel, touch.content)
    by_hand = replace(
        touch, channel=Channel.TASK, content=title, due_at=due_after(case, now, CALL_WITHIN), variant=None, best_at=None
    )
    case = case.enrolled(next=by_hand, not_before=None, refusals=0, troubles=0, slot=None)
    why = why or f"The provider could not get the {touch.channel.value} there, and tried twice."
    return task_created(case, now, why)


def awaits(case: Case, step: StepRef, enrollment_id: UUID | None = None) -> bool:
    """Whether this step, of this enrollment (the current one when left out), is the one that the plan has next."""
    touch = case.enrollment.next
    same = enrollment_id in (None, case.enrollment.id) and case.enrollment.ended is None
    return same and touch is not None and touch.step == step


def task_created(case: Case, now: datetime, text: str = "") -> Case:
    """The call, or other work, of the next step became a task; the plan waits for it."""
    touch = _expected(case)
    step = case.cadence.step(touch.step.step_id)
    if touch.step.step_id == SILENCE_STEP:
        kind, owner = TaskKind.KICK_BACK, case.colleague(_returned_to(case))
    else:
        kind = TaskKind.CALL if touch.channel is Channel.CALL else TaskKind.STEP
        owner = case.colleague(step.to if step else "owner")
    due_at = touch.due_at or due_after(case, touch.opens_at, CALL_WITHIN)
    case, number = fallen_behind(case, now), case.lead.contact_for(Channel.CALL)
    task = Task(
        id=derived_id(case.enrollment.id, "task", touch.step.step_id, touch.step.occurrence, now.isoformat()),
        kind=kind,
        owner=owner,
        title=task_title(touch),
        text=text,
        created_at=now,
        opens_at=touch.opens_at,
        due_at=due_at,
        enrollment_id=case.enrollment.id,
        step_id=touch.step.step_id,
        occurrence=touch.step.occurrence,
        best_at=touch.best_at,
        contact=number.value if kind is TaskKind.CALL and number is not None else None,
        escalate_to=_first_response_escalation(case, touch),
        escalate_at=due_at,
        expires_at=None if kind is TaskKind.KICK_BACK else expires_after(case, due_at, step),
    )
    case = machine_did_its_part(case, now)
    return case.with_task(task).enrolled(next=replace(touch, task_id=task.id))


def task_title(touch: NextTouch) -> str:
    """What the task of a touch is called; never anything about the person."""
    return f"call: {touch.content.replace('-', ' ')}" if touch.channel is Channel.CALL else touch.content


def could_not_be_written(case: Case, why: str, now: datetime) -> Case:
    """The next message's template failed for this lead: a person writes instead, and nothing stands still."""
    touch = _expected(case)
    title = f"write to the lead in person: {touch.channel.value} {touch.content} could not be written"
    due_at = due_after(case, now, CALL_WITHIN)
    by_hand = replace(touch, channel=Channel.TASK, content=title, due_at=due_at, variant=None, best_at=None)
    return task_created(case.enrolled(next=by_hand), now, why)


def see_to_overdue(case: Case, now: datetime, relief: Colleague | None = None) -> Case:
    """See to a first response that is about to be missed, escalate every task that is overdue, give up those nobody
    did, and renew a hold whose reply nobody answered.

    Args:
        relief: who takes the lead over where its first response is about to be missed.
    """
    case = see_to_response(case, now, relief)
    for task in case.open_tasks:
        if task.expires_at is not None and task.expires_at <= now:
            if not (is_first_answer(task) and waits_for_answer(case)):
                case = _expired(case, task, now)
                continue
            task = replace(task, expires_at=expires_after(case, now, None))
            case = case.with_task(task)
        if task.escalate_at is not None and task.escalate_at <= now:
            case = _escalated(case, task, now)
    return plan(case, now)


def ask_person(case: Case, kind: TaskKind, title: str, text: str, now: datetime, *, owner: str | None = None) -> Case:
    """The case with a reply or question for a person: owned, due, and escalated until somebody answers.

    Args:
        owner: the id of who answers; the lead's owner when left out.
    """
    waiting = next((task for task in case.open_tasks if task.kind is kind), None)
    if waiting is not None:
        if not holds_back(waiting):  # What the lead wrote waits for no better hour, and does not run out.
            opens_at = min(waiting.opens_at, now)
            waiting = replace(waiting, title=title, opens_at=opens_at, contact=None, expires_at=None)
        text = f"{waiting.text}\n\n{text}".strip()
        return case.with_task(replace(waiting, text=text, contact=asked_from(case.lead) or waiting.contact))
    due_at = due_after(case, now, case.cadence.on_reply.within)
    task = Task(
        id=derived_id(case.enrollment.id, kind, now.isoformat()),
        kind=kind,
        owner=owner or case.lead.owner.id,
        title=title,
        text=text,
        created_at=now,
        opens_at=now,
        due_at=due_at,
        enrollment_id=case.enrollment.id,
        contact=asked_from(case.lead),
        escalate_to=case.cadence.on_reply.escalate_to,
        escalate_at=due_at,
    )
    return case.with_task(task)


def step_done(
    case: Case,
    step: StepRef,
    at: datetime,
    outcome: str,
    *,
    is_touch: bool = True,
    now: datetime | None = None,
) -> Case:
    """The enrollment with a step behind it; the caller plans what comes next.

    Args:
        at: when it really happened or, for a step that was left out, when it would have.
        now: when that was decided; `at` when left out.
    """
    enrollment, hold = case.enrollment, case.enrollment.hold
    decided_at = now or at
    still_moved = wall_length(_from(enrollment.pauses, at), case.zone)
    is_first_contact = is_touch and enrollment.first_contact_at is None
    return case.enrolled(
        done=step,
        previous_at=at,
        first_contact_at=at if is_first_contact else enrollment.first_contact_at,
        attempts=enrollment.attempts + is_touch,
        # The first contact was itself moved by the pauses before it; only what follows it is still to be moved.
        moved=still_moved if is_first_contact else enrollment.moved,
        moved_since_previous=still_moved,
        pauses=_from(enrollment.pauses, min(at, decided_at)),
        hold=hold if hold is not None and hold.until > decided_at else None,
        outcomes={**enrollment.outcomes, step.step_id: outcome},
        not_before=None,
        refusals=0,
        troubles=0,
        slot=None,
        next=None,
    )


def _from(pauses: Iterable[Stretch], instant: datetime) -> tuple[Stretch, ...]:
    return merged((max(start, instant), end) for start, end in pauses if end > instant)


def close_task(
    case: Case,
    task: Task,
    state: TaskState,
    now: datetime,
    by: str,
    outcome: Outcome | None = None,
    note: str | None = None,
) -> Case:
    """The case with one task closed; a question that was answered is noted as such."""
    if task.kind is TaskKind.QUESTION and outcome is Outcome.ANSWERED:
        case = case.with_fact(QuestionAnswered(task.created_at, now, by, note))
    closed = replace(task, state=state, outcome=outcome, note=note, closed_at=now, closed_by=by, escalate_at=None)
    closed = replace(closed, away_at=None, back_at=None)
    return case.with_task(replace(closed, expires_at=None, look_up_at=None))


def cancel_tasks(case: Case, now: datetime, by: str, why: str, *, but: TaskKind | None = None) -> Case:
    """The case with every open task made needless.

    Args:
        but: tasks of this kind stay open.
    """
    for task in case.open_tasks:
        if task.kind is not but:
            case = close_task(case, task, TaskState.CANCELLED, now, by, note=why)
    return case


def end(case: Case, ending: Ending, now: datetime, why: str = "") -> Case:
    """The case with its enrollment ended; nothing automated follows.

    Args:
        why: in a few words, for whoever looks at the lead later.
    """
    if ending is not Ending.SWITCHED:
        case = nobody_waits(case, now)
    return case.enrolled(ended_why=why or None, ended=ending, ended_at=now, next=None, hold=None, not_before=None)


def human_contact(case: Case, at: datetime, by: str, how: Channel) -> Case:
    """A human was in touch with the lead: the first time stops the first-response clock.

    What happened before the lead asked is no response to it.
    """
    case, enrollment = responded(worked_on(case), at, by, how.value), case.enrollment
    asked = enrollment.answers_question or enrollment.question_only
    if at < (enrollment.started_at if asked else case.lead.created_at):
        return case
    first = at if case.first_human_at is None else min(case.first_human_at, at)
    return replace(case, first_human_at=first)


def worked_on(case: Case) -> Case:
    """A human is at it: a new lead becomes a working one."""
    return case.with_stage(Stage.WORKING) if case.lead.stage is Stage.NEW else case


def standing_task(
    case: Case, kind: TaskKind, title: str, text: str, within: Span, escalate_to: str, now: datetime, about: str = ""
) -> Case:
    """A task for the owner that stays, and is escalated, until it is done.

    Args:
        about: what makes it one and the same task, whenever it is asked for; the instant when left out.
    """
    due_at = due_after(case, now, within)
    return case.with_task(
        Task(
            id=derived_id(case.enrollment.id, kind, about or now.isoformat()),
            kind=kind,
            owner=case.lead.owner.id,
            title=title,
            text=text,
            created_at=now,
            opens_at=now,
            due_at=due_at,
            enrollment_id=case.enrollment.id,
            escalate_to=escalate_to,
            escalate_at=due_at,
        )
    )


def awaited_task(case: Case) -> tuple[Task, NextTouch] | None:
    """The open task that the plan waits for, if any."""
    touch = case.enrollment.next
    if touch is None or touch.task_id is None:
        return None
    task = next((task for task in case.open_tasks if task.id == touch.task_id), None)
    return (task, touch) if task is not None else None


def step_left_out(case: Case, step: StepRef, at: datetime, now: datetime | None = None) -> Case:
    """The enrollment without a step that would have happened at `at`, as decided `now`."""
    return step_done(case, step, at, "skipped", is_touch=False, now=now)


def fallen_behind(case: Case, now: datetime) -> Case:
    """All that is left moves along when the next touch is much too late, so that the distances are kept."""
    planned_at = _expected(case).planned_at
    if planned_at is None or now - planned_at < LATE:
        return case
    return case.enrolled(moved=case.enrollment.moved + local_distance(planned_at, now, case.zone))


def _expected(case: Case) -> NextTouch:
    if case.enrollment.next is None:
        raise ValueError("nothing is planned for this lead")
    return case.enrollment.next


def _returned_to(case: Case) -> str:
    return case.cadence.on_silence.return_to if case.cadence.on_silence else "owner"


def _first_response_escalation(case: Case, touch: NextTouch) -> str:
    return case.cadence.target.escalate_to if touch.channel is Channel.CALL else "manager"


def _escalated(case: Case, task: Task, now: datetime) -> Case:
    """Somebody else is told; a planned task at last when it is overdue, all others each business day until done."""
    calendar = case.cadence.hours.business_calendar()
    again = task.due_at if task.due_at > now else None
    if not task.of_plan:
        again = add_span(now, _ESCALATE_AGAIN, case.zone, calendar)
    told = case.colleague(task.escalate_to)
    case = case.with_task(replace(task, escalations=task.escalations + 1, escalate_at=again, escalated_to=told))
    waits = holds_back(task) and not sends_first_answer(case)
    return held_for_answer(case, now) if waits else case


ANSWERABLE = (TaskKind.REPLY, TaskKind.QUESTION)
"""Kinds of tasks that a person's answer to the lead settles."""


def holds_back(task: Task) -> bool:
    """Whether the machine is silent until it is done: a person's answer to what the lead wrote."""
    return task.kind in ANSWERABLE and not is_first_answer(task)


def is_first_answer(task: Task) -> bool:
    """Whether it stands beside the plan, which goes on meanwhile, for as long as somebody waits for a first answer.

    It is the one question that would run out; while it is waited for, that moves on.
    """
    return task.kind is TaskKind.QUESTION and task.expires_at is not None


def held_for_answer(case: Case, now: datetime) -> Case:
    """The machine holds for a person's answer: as long as the cadence says, and until it is seen to again at least."""
    if case.enrollment.ended is not None or case.enrollment.question_only:
        return case
    until = add_span(now, case.cadence.on_reply.hold, case.zone, case.cadence.hours.business_calendar())
    seen_to = [task.escalate_at for task in case.open_tasks if holds_back(task) and task.escalate_at]
    return place_hold(case, HoldReason.REPLY, case.lead.owner.id, now, max([until, *seen_to]))


def _expired(case: Case, task: Task, now: datetime) -> Case:
    case = close_task(case, task, TaskState.EXPIRED, now, "followthrough", note="nobody did it in time")
    touch = case.enrollment.next
    if touch is None or touch.task_id != task.id:
        return case
    return replanned(step_done(case, touch.step, now, "expired", is_touch=False), now)
