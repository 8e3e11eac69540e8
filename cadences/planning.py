"""What comes next for a lead, when, and why: the walk over the steps, and the wake that the workflow waits for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cadences.absences import waits_for
from cadences.best_times import best_time
from cadences.case import Case
from cadences.contact_rules import Block, Defer, first_instant
from cadences.enrollment import Enrollment, NextTouch, StepRef
from cadences.first_response import next_look
from cadences.meeting_schedule import meeting_wakes
from cadences.model import Instead, Step
from cadences.office_hours import office_hours
from cadences.personal_email_wakes import personal_email_wakes
from cadences.tasks import Task, in_person
from cadences.variants import variant_for
from leads.contract import Plan, Wake, WakeKind
from leads.meetings import step_name
from leads.model import Channel, Ending, LeadKind
from leads.reasons import Reason
from leads.spans import Span, Unit, add_span, local_distance, move_local

CALL_WITHIN = Span(4, Unit.HOUR)
"""When a call or task is due, where its step says nothing."""
EXPIRES = Span(2, Unit.BUSINESS_DAY)
"""How long after its due time an undone call or task is given up, where its step says nothing."""
AT_ONCE_FOR = timedelta(hours=1)
"""So long after the person asked, an answer may still go out at any hour."""
SILENCE_STEP = "on-silence"
"""The id under which the return to a person after the last step is kept in the ledger."""
_WORTH_A_WORD = timedelta(minutes=1)
"""A touch that is late by less needs no explanation."""

_WAKE_KINDS = {
    Channel.EMAIL: WakeKind.SEND_EMAIL,
    Channel.SMS: WakeKind.SEND_SMS,
    Channel.CALL: WakeKind.CREATE_CALL_TASK,
    Channel.TASK: WakeKind.CREATE_TASK,
}


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A step that might come next, and the instant the plan alone would give it."""

    step: Step
    occurrence: int
    at: datetime
    reasons: tuple[Reason, ...]

    @property
    def ref(self) -> StepRef:
        return StepRef(self.step.step_id, self.occurrence)

    @property
    def at_once(self) -> bool:
        return self.occurrence == 1 and _is_at_once(self.step)


def _is_at_once(step: Step) -> bool:
    return step.after is None and step.wait is None


def plan(case: Case, now: datetime) -> Case:
    """The case with its next touch computed anew from how far the enrollment came, today's rules and `now`.

    A plan that already waits for a task is left alone: the task's completion or expiry moves it on.
    """
    enrollment = case.enrollment
    if enrollment.ended is not None or enrollment.question_only:
        return case.enrolled(next=None)
    if enrollment.next is not None and enrollment.next.task_id is not None:
        return case
    for candidate in _candidates(case):
        touch = _touch(case, candidate, now)
        if touch is not None:
            return case.enrolled(next=touch)
    return case.enrolled(next=_after_silence(case, now))


def _candidates(case: Case) -> Iterator[_Candidate]:
    """The steps still to come whose condition holds, each with the time the plan gives it."""
    enrollment, steps = case.enrollment, case.cadence.steps
    previous = enrollment.previous_at or enrollment.started_at
    moved = enrollment.moved_since_previous
    index, occurrence = _position_after(case)
    while index < len(steps):
        step = steps[index]
        at, reasons = _planned(case, step, occurrence, previous, moved)
        if step.if_ is not None and not step.if_.holds(case.lead, enrollment.outcomes):
            # A step left out keeps its place in time: the next `wait` counts from when it would have been.
            previous, moved = max(previous, at), timedelta(0)
        else:
            yield _Candidate(step, occurrence, at, reasons)
            previous, moved = max(previous, at), timedelta(0)
        index, occurrence = index + 1, 1


def _position_after(case: Case) -> tuple[int, int]:
    """Index of the step and the occurrence that follow what was done last."""
    done = case.enrollment.done
    if done is None:
        return 0, 1
    index = case.cadence.position(done.step_id)
    if index is None:
        return len(case.cadence.steps), 1
    repeat = case.cadence.steps[index].repeat
    if repeat is not None and (repeat.times is None or done.occurrence < repeat.times):
        reached = case.enrollment.outcomes.get(done.step_id) in ("connected", "meeting")
        connected = repeat.until == "connected" and reached
        if not connected:
            return index, done.occurrence + 1
    return index + 1, 1


def _planned(
    case: Case, step: Step, occurrence: int, previous: datetime, moved_since: timedelta
) -> tuple[datetime, tuple[Reason, ...]]:
    """When the plan alone would have this step, pauses included, and in which words."""
    zone, calendar = case.zone, case.cadence.hours.business_calendar()
    enrollment = case.enrollment
    moved = moved_since
    if occurrence > 1 and step.repeat is not None:
        anchor, span, words = previous, step.repeat.every, "after the previous one"
    elif step.after is not None:
        first = enrollment.first_contact_at
        anchor, span = first or enrollment.started_at, step.after
        words = "after the first contact" if first else "after the start"
        moved = enrollment.moved
    elif step.wait is not None:
        anchor, span, words = previous, step.wait, "after the previous touch"
    else:
        anchor, span = previous, None
        words = "at once" if enrollment.done is not None or enrollment.answers_question else "at the start"
    at = anchor if span is None else add_span(anchor, span, zone, calendar)
    counted = f"{anchor.astimezone(zone):%a %d %b %Y %H:%M}"
    reasons = [Reason("plan", f"{words}, {counted}" if span is None else f"{span} {words}, {counted}", at)]
    if moved:
        at = move_local(at, moved, zone)
        reasons.append(Reason("pause", f"pauses moved it by {_show(moved)}", at))
    return at, tuple(reasons)


def _touch(case: Case, candidate: _Candidate, now: datetime) -> NextTouch | None:
    """The candidate on a channel that can be used, at an instant the rules permit; None when it is to be left out."""
    wanted, reasons = _not_held(case, candidate.at, candidate.reasons)
    at_any_hour = _answers_at_once(case, candidate)
    why_not: list[Reason] = []
    for channel, content, variant in _channels(candidate.step, case):
        at_once = at_any_hour and channel is Channel.EMAIL
        opening = _opening(channel, case, wanted, now, candidate.step.to, at_once)
        if isinstance(opening, Block):
            why_not.append(opening.reason)
            continue
        act_at, planned_at, due_at = opening.at, opening.planned_at, None
        if channel in (Channel.CALL, Channel.TASK):
            due_at = _due(case, candidate, opening.at)
            if candidate.at_once:  # The colleague sees it at once; the call itself waits for the open hours.
                act_at, planned_at = max(wanted, _earliest(case, now)), wanted
        best = None
        if channel is Channel.CALL and due_at is not None and not _is_first_response(case, candidate):
            best = best_time(case, opening.at, due_at)
        return NextTouch(
            step=candidate.ref,
            channel=channel,
            content=content,
            act_at=act_at,
            opens_at=opening.at,
            due_at=due_at,
            reasons=(*reasons, *why_not, *opening.reasons, *([best.reason] if best else ())),
            planned_at=planned_at,
            variant=variant,
            best_at=best.at if best else None,
        )
    return None


@dataclass(frozen=True, slots=True)
class _Opening:
    """When a touch may happen, and when it might have, had nothing been late."""

    at: datetime
    planned_at: datetime
    reasons: tuple[Reason, ...]


def _opening(
    channel: Channel, case: Case, wanted: datetime, now: datetime, role: str, at_any_hour: bool
) -> _Opening | Block:
    """The first instant from `wanted` on that the rules permit, that finds us there, and that has not gone by."""
    planned = _when_there(channel, case, wanted, now, role, at_any_hour)
    earliest = _earliest(case, now)
    if isinstance(planned, Block) or planned.at >= earliest:
        return planned
    late = _when_there(channel, case, earliest, now, role, at_any_hour)
    if isinstance(late, Block):
        return late
    why: tuple[Reason, ...] = ()
    if earliest > now:
        why = (Reason("provider", "the provider refused it; it is tried again then", earliest),)
    elif earliest - planned.at >= _WORTH_A_WORD:
        missed_by = local_distance(planned.at, earliest, case.zone)
        why = (Reason("late", f"that was missed by {_show(missed_by)}", earliest),)
    shifts = () if at_any_hour else late.reasons
    return _Opening(late.at, planned.planned_at, (*planned.reasons, *why, *shifts))


def _when_there(
    channel: Channel, case: Case, wanted: datetime, now: datetime, role: str, at_any_hour: bool
) -> _Opening | Block:
    """The first instant that the rules permit and that falls into no absence of whoever it waits for."""
    opening = _permitted(channel, case, wanted, at_any_hour)
    while not isinstance(opening, Block) and (away := waits_for(case, channel, role, opening.at, now)) is not None:
        later = _permitted(channel, case, away.at or opening.at, at_any_hour)
        if isinstance(later, Block):
            return later
        # It is planned for when it would have been: what follows moves along, as after a pause.
        opening = _Opening(later.at, opening.planned_at, (*opening.reasons, away, *later.reasons))
    return opening


def _permitted(channel: Channel, case: Case, wanted: datetime, at_any_hour: bool) -> _Opening | Block:
    decision = first_instant(channel, case, wanted, at_any_hour=at_any_hour)
    reasons = (Reason("plan", "an answer to a question goes out at any hour", wanted),) if at_any_hour else ()
    match decision:
        case Defer(until, why_later):
            return _Opening(until, until, (*reasons, *why_later))
        case Block() if channel is not Channel.TASK:
            return decision
    # Work for our own people has no legal hours: better at an odd hour than never.
    return _Opening(wanted, wanted, reasons)


def _earliest(case: Case, now: datetime) -> datetime:
    """Nothing happens in the past, nor before a refused step may be tried again."""
    return max(now, case.enrollment.not_before or now)


def _not_held(case: Case, wanted: datetime, reasons: tuple[Reason, ...]) -> tuple[datetime, tuple[Reason, ...]]:
    """The instant itself or, during a hold, the hold's end."""
    hold = case.enrollment.hold
    if hold is None or hold.until <= wanted:
        return wanted, reasons
    word = hold.reason.value.replace("_", " ")
    return hold.until, (*reasons, Reason("hold", f"held until then ({word})", hold.until))


def _answers_at_once(case: Case, candidate: _Candidate) -> bool:
    """The first email to a person who asked us something: it goes out at once, at any hour.

    After a pause, or once a person had to complete the lead first, it is no answer at once any more, and keeps the
    cadence's hours.
    """
    enrollment, asked_at = case.enrollment, case.lead.inquired_at
    if asked_at is not None and enrollment.started_at - asked_at > AT_ONCE_FOR:
        return False
    return (
        enrollment.answers_question
        and case.lead.kind is LeadKind.INBOUND
        and enrollment.done is None
        and not enrollment.moved
        and candidate.at_once
    )


def _channels(step: Step, case: Case) -> Iterator[tuple[Channel, str, str | None]]:
    """The step's own channel, then what it names instead, then a call, then a task for a person; or nothing.

    Each with its content; the step's own with the lead's variant of it, where it has several.
    """
    variant = variant_for(case.lead.id, case.cadence.name, step)
    yield step.channel, variant.template if variant else step.content, variant.name if variant else None
    if step.instead == "skip":
        return
    if isinstance(step.instead, Instead):
        yield step.instead.channel, step.instead.content, None
    if step.is_message and _call_follows(step, case):
        return  # That call takes its place: nobody is to be rung up twice in a row.
    if step.is_message:
        yield Channel.CALL, step.content, None
    yield Channel.TASK, in_person(step.channel, step.content), None


def _call_follows(step: Step, case: Case) -> bool:
    """Whether the plan has a call right after this step."""
    following = case.cadence.steps[(case.cadence.position(step.step_id) or 0) + 1 :]
    if not following or step.repeat is not None or not _is_at_once(following[0]):
        return False
    condition = following[0].if_
    return following[0].channel is Channel.CALL and (
        condition is None or condition.holds(case.lead, case.enrollment.outcomes)
    )


def due_after(case: Case, start: datetime, span: Span) -> datetime:
    """When something is due `span` after `start`: minutes and hours count in the cadence's hours only."""
    hours = office_hours(case)
    if span.unit not in (Unit.MINUTE, Unit.HOUR):
        return hours.next_open(add_span(start, span, case.zone, case.cadence.hours.business_calendar()))[0]
    left = timedelta(minutes=span.amount) if span.unit is Unit.MINUTE else timedelta(hours=span.amount)
    return hours.count(start, left)


def expires_after(case: Case, due_at: datetime, step: Step | None) -> datetime:
    """When an undone call or task is given up."""
    span = (step.expires if step else None) or EXPIRES
    return add_span(due_at, span, case.zone, case.cadence.hours.business_calendar())


def _due(case: Case, candidate: _Candidate, opens_at: datetime) -> datetime:
    step, within, clock = candidate.step, candidate.step.within, case.response
    if within is None and case.enrollment.answers_question and clock is not None and clock.is_open:
        first_call = next((other for other in case.cadence.steps if other.channel is Channel.CALL), None)
        if candidate.at_once or step is first_call:
            if clock.due_at > opens_at:
                return clock.due_at
            within = case.cadence.target.within
    return due_after(case, opens_at, within or CALL_WITHIN)


def _is_first_response(case: Case, candidate: _Candidate) -> bool:
    """Whether the call answers a question: then the sooner the better, and no hour is worth waiting for."""
    first_call = next((step for step in case.cadence.steps if step.channel is Channel.CALL), None)
    return case.enrollment.answers_question and (candidate.at_once or candidate.step is first_call)


def _after_silence(case: Case, now: datetime) -> NextTouch:
    """The steps are used up: the lead goes back to a person, who decides."""
    silence, enrollment, done = case.cadence.on_silence, case.enrollment, case.enrollment.done
    used_up = enrollment.previous_at or enrollment.started_at
    because = (Reason("plan", "the plan is used up without an answer", used_up),)
    wanted, reasons = _not_held(case, used_up, because)
    opening = _opening(Channel.TASK, case, wanted, now, silence.return_to if silence else "owner", at_any_hour=False)
    if isinstance(opening, Block):
        raise TypeError("work for our own people is never blocked")
    within = silence.within if silence else CALL_WITHIN
    return NextTouch(
        step=StepRef(SILENCE_STEP, done.occurrence + 1 if done is not None and done.step_id == SILENCE_STEP else 1),
        channel=Channel.TASK,
        content=silence.task if silence else "no answer: decide how to go on",
        act_at=opening.at,
        opens_at=opening.at,
        due_at=due_after(case, opening.at, within),
        reasons=(*reasons, *opening.reasons),
    )


def _show(distance: timedelta) -> str:
    days, rest = divmod(distance, timedelta(days=1))
    hours, minutes = divmod(int(rest.total_seconds()) // 60, 60)
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    return " ".join(f"{amount} {word}{'s' * (amount != 1)}" for amount, word in parts if amount) or "0 minutes"


def wake(case: Case) -> Wake | None:
    """The next instant at which the machine does something for this lead; None when nothing is left to do."""
    wakes = [
        Wake(kind=WakeKind.SEE_TO_OVERDUE, at=at, summary=f"{word} {_named(task)}, if not done")
        for task in case.open_tasks
        for at, word in ((task.escalate_at, "escalate"), (task.expires_at, "give up"))
        if at is not None
    ]
    wakes += [
        Wake(kind=WakeKind.SEE_TO_OVERDUE, at=at, summary=f"{word} {_named(task)}")
        for task in case.open_tasks
        for at, word in ((task.away_at, "owner away:"), (task.back_at if task.back_to else None, "give back"))
        if at is not None
    ]
    wakes += [
        Wake(kind=WakeKind.LOOK_UP_SEND, at=task.look_up_at, summary=f"look up {_named(task)}")
        for task in case.open_tasks
        if task.look_up_at is not None
    ]
    if (look := next_look(case)) is not None:
        wakes.append(Wake(kind=WakeKind.SEE_TO_OVERDUE, at=look[0], summary=look[1]))
    wakes += meeting_wakes(case)
    wakes += personal_email_wakes(case)
    touch = case.enrollment.next
    if touch is not None and touch.task_id is None and case.enrollment.ended is None:
        wakes.append(
            Wake(
                kind=_WAKE_KINDS[touch.channel],
                at=touch.act_at,
                step_id=touch.step.step_id,
                occurrence=touch.step.occurrence,
                summary=f"{touch.channel.value} {touch.step.step_id}",
            )
        )
    # At the same instant what is overdue comes first: it may renew the hold that keeps the touch back.
    return min(wakes, key=lambda one: (one.at, one.kind is not WakeKind.SEE_TO_OVERDUE), default=None)


def _named(task: Task) -> str:
    kind = task.kind.value.replace("_", " ")
    return f"{kind} {step_name(task.step_id)}" if task.step_id else kind


def contract_plan(case: Case, revision: int) -> Plan:
    """What the workflow is told of this case: ids and instants only."""
    enrollment: Enrollment = case.enrollment
    touch = enrollment.next
    answered = {Ending.YES: "yes", Ending.NO: "no"}
    return Plan(
        revision=revision,
        enrollment_id=enrollment.id,
        cadence=enrollment.cadence,
        version=enrollment.version[:12],
        owner=case.lead.owner.id,
        stage=case.lead.stage.value,
        wake=wake(case),
        next_step=touch.step.step_id if touch else None,
        next_touch=f"{touch.channel.value} {touch.step.step_id}" if touch else None,
        next_touch_at=touch.opens_at if touch else None,
        due_at=touch.due_at if touch and touch.task_id else None,
        hold=enrollment.hold.reason.value if enrollment.hold else None,
        held_until=enrollment.hold.until if enrollment.hold else None,
        open_tasks=tuple(task.id for task in case.open_tasks),
        ended=enrollment.ended.value if enrollment.ended else None,
        answer=answered.get(enrollment.ended) if enrollment.ended else None,
    )


def replanned(case: Case, now: datetime) -> Case:
    """Plan anew although a task is waited for; the caller has closed that task."""
    if case.enrollment.next is not None:
        case = case.enrolled(next=replace(case.enrollment.next, task_id=None))
    return plan(case, now)
