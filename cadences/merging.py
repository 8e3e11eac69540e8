"""Two leads found to be one person: what goes on, what ends, and which of two answers, stops, clocks and tasks holds.

The strictest wins: a no, an opt-out or a suppression of either holds for the person. Nothing that was said is lost.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from cadences.asked_after_stop import stopped_anew
from cadences.case import Case
from cadences.closed_contacts import contacts_closed
from cadences.enrollment import Enrollment, HoldReason, ResponseClock
from cadences.first_response import nobody_waits, responded
from cadences.holds import place_hold, placed_holds
from cadences.meeting_schedule import quiet
from cadences.meetings import call_off_all
from cadences.owners import given_to
from cadences.planning import plan
from cadences.progress import ANSWERABLE, ask_person, awaited_task, close_task, end, held_for_answer, holds_back
from cadences.tasks import Outcome, Task, TaskKind, TaskState
from leads.ids import derived_id
from leads.model import Ending, Lead, LeadKind, Stage

STOPPED = "one person with somebody who stopped all messages"
_SAID_NO = frozenset({Ending.NO, Ending.ANSWERED})
_FURTHER = (Stage.LOST, Stage.NEW, Stage.WORKING, Stage.QUALIFIED, Stage.WON)
_A_PERSON_IS_AT_IT = (HoldReason.PERSONAL_TOUCH, HoldReason.MANUAL, HoldReason.REPLY, HoldReason.MEETING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What becomes of two leads of one person."""

    case: Case
    """The kept lead as it goes on."""
    former: Enrollment
    """The enrollment that does not go on; ended."""
    clocks: tuple[ResponseClock, ...]
    """The first responses as they stand now."""
    dropped: tuple[UUID, ...]
    """Enrollments whose clock is needless: an earlier question is not answered yet either."""
    why: tuple[str, ...]
    """What was decided, and why; for the person who merges."""


def merge(keep: Case, other: Case, *, by: str, now: datetime) -> Merged:
    """The two leads as one, under the id, with the owner and in the place of the first.

    Args:
        by: who found out that they are one.
    """
    goes_on, ends, why = _which_goes_on(keep, other, now)
    former = ends.enrollment
    if former.ended is None:
        former = end(ends, Ending.MERGED, now, f"{by} merged two leads of one person").enrollment
    clocks, dropped = _clocks(keep, other)
    case = _joined(keep, other, goes_on, clocks)
    if stopped(keep) or stopped(other):
        case = contacts_closed(case, STOPPED)
        for one in (keep, other):
            if one.enrollment.ended is Ending.OPTED_OUT:
                case = stopped_anew(case, one.enrollment.ended_at)
    if case.enrollment.ended is Ending.NO:
        case = call_off_all(case, now)
    case = _with_needed_tasks(case, goes_on, ends, by, now)
    case = case.with_stage(_stage(goes_on, ends))
    case = _with_question(case, goes_on, ends, now)
    case = plan(_with_holds(case, ends, now), now)
    after = {clock.enrollment_id: clock for clock in (*clocks, *([case.response] if case.response else []))}
    cancelled = [task for task in case.tasks if not task.is_open]
    return Merged(
        case=case,
        former=former,
        clocks=tuple(after.values()),
        dropped=dropped,
        why=(*why, *(f"needless now: {task.title}" for task in cancelled)),
    )


def said_no(case: Case) -> bool:
    """Whether the person wants nothing from us but perhaps the answer to a question."""
    return case.enrollment.ended in _SAID_NO or case.enrollment.question_only


def stopped(case: Case) -> bool:
    """Whether the person stopped all messages; who asked anew since, over a way that is open, is followed up there."""
    silent = case.enrollment.ended is not None or case.enrollment.question_only
    return case.enrollment.ended is Ending.OPTED_OUT or (silent and case.lead.stopped_us)


def _which_goes_on(keep: Case, other: Case, now: datetime) -> tuple[Case, Case, tuple[str, ...]]:
    """The case whose enrollment goes on, the one whose enrollment ends, and why."""
    first, second = _standing(keep), _standing(other)
    pair = {first[0], second[0]}
    if pair == {_RUNNING[0], _CLOSED[0]}:
        # Whoever asked anew after the hand-over was settled is followed up; what ran along is settled with it.
        running, closed = (keep, other) if first == _RUNNING else (other, keep)
        settled_at = closed.enrollment.ended_at
        if settled_at is not None and running.enrollment.started_at <= settled_at:
            return closed, running, (f"{_name(closed)} goes on: {_CLOSED[1]}, which settles the older plan too",)
    if first != second:
        goes_on, ends = (keep, other) if first > second else (other, keep)
        return goes_on, ends, (f"{_name(goes_on)} goes on: {max(first, second)[1]}",)
    if _order(other, now) > _order(keep, now):
        return other, keep, (f"{_name(other)} goes on: it is further",)
    return keep, other, (f"{_name(keep)} goes on",)


_NO = (5, "the person said no")
_HAND_OVER = (4, "the person said yes, and its hand-over is open")
_OPTED_OUT = (3, "the person stopped all messages")
_RUNNING = (2, "it is being followed up")
_CLOSED = (1, "its hand-over is settled")
_OTHER = (0, "it has ended")


def _standing(case: Case) -> tuple[int, str]:
    """How a lead stands; of two, the greater one holds for both."""
    if said_no(case):
        return _NO
    if case.enrollment.ended is Ending.YES and _has_open(case, TaskKind.HAND_OVER):
        return _HAND_OVER
    if stopped(case):
        return _OPTED_OUT
    if case.enrollment.ended is None:
        return _RUNNING
    return _CLOSED if case.enrollment.ended is Ending.YES else _OTHER


def _order(case: Case, now: datetime) -> tuple[bool, bool, int, bool, float]:
    """Which of two that stand alike goes on: a wish of the person's, a person of ours at work, then how far it came."""
    enrollment, hold = case.enrollment, case.enrollment.hold
    runs = enrollment.ended is None
    wish = runs and enrollment.started_at > now and not enrollment.paced  # Left alone until a date, as it asked.
    held = hold is not None and hold.until > now and hold.reason in _A_PERSON_IS_AT_IT
    owed = any(holds_back(task) or _was_promised(task, case) for task in case.open_tasks)
    ended_at = enrollment.ended_at.timestamp() if enrollment.ended_at is not None else 0.0
    waits = awaited_task(case) is not None
    return wish or (runs and said_no(case)), held or owed, enrollment.attempts, waits, ended_at


def _joined(keep: Case, other: Case, goes_on: Case, clocks: tuple[ResponseClock, ...]) -> Case:
    """Both in one case, before anything follows from it."""
    theirs = given_to(other, keep.lead.owner).open_tasks
    response = max(clocks, key=lambda clock: clock.asked_at, default=None)
    waits = response is not None and response.is_open
    humans = [at for at in (keep.first_human_at, other.first_human_at) if at is not None]
    due = [at for at in (keep.first_response_due_at, other.first_response_due_at) if at is not None]
    # Another owner's sender may keep other instants free.
    enrollment = goes_on.enrollment if goes_on is keep else replace(goes_on.enrollment, slot=None)
    return replace(
        keep,
        lead=_person(keep.lead, other.lead),
        cadence=goes_on.cadence,
        enrollment=enrollment,
        tasks=(*keep.open_tasks, *theirs),
        messages=tuple(sorted({*keep.messages, *other.messages})),
        phone_contacts=tuple(sorted({*keep.phone_contacts, *other.phone_contacts})),
        correspondence=goes_on.correspondence,
        meetings=(*keep.meetings, *other.meetings),
        emails=(*keep.emails, *other.emails),
        response=response,
        first_response_due_at=response.due_at if response is not None else min(due, default=None),
        first_human_at=None if waits else min(humans, default=None),
    )


def _person(keep: Lead, other: Lead) -> Lead:
    """What is known of the person: the kept lead's word counts, and the other's where it has none."""
    latest = max((keep, other), key=lambda lead: (_asked_at(lead) is not None, _asked_at(lead) or lead.created_at))
    kinds = {keep.kind, other.kind}
    costs = [lead.cost for lead in (keep, other) if lead.cost is not None]
    return replace(
        keep,
        kind=LeadKind.INBOUND if LeadKind.INBOUND in kinds else LeadKind.OUTBOUND,
        created_at=min(keep.created_at, other.created_at),
        name=keep.name or other.name,
        company=keep.company or other.company,
        question=latest.question or keep.question or other.question,
        inquiry=latest.inquiry or keep.inquiry or other.inquiry,
        source=keep.source or other.source,
        zone=keep.zone or other.zone,
        country=keep.country or other.country,
        region=keep.region or other.region,
        reach=keep.reach or other.reach,
        inquired_at=_latest(_asked_at(keep), _asked_at(other)),
        purchased_at=_latest(keep.purchased_at, other.purchased_at),
        generated_by=keep.generated_by or other.generated_by,
        backlog_id=keep.backlog_id or other.backlog_id,
        cost=sum(costs[1:], costs[0]) if costs else None,
        attributes={**other.attributes, **keep.attributes},
        contacts=(*keep.contacts, *other.contacts),
        consents=(*keep.consents, *other.consents),
    )


def _asked_at(lead: Lead) -> datetime | None:
    came_by_asking = lead.kind is LeadKind.INBOUND and lead.backlog_id is None
    return lead.inquired_at or (lead.created_at if came_by_asking else None)


def _latest(*instants: datetime | None) -> datetime | None:
    return max((at for at in instants if at is not None), default=None)


def _with_needed_tasks(case: Case, goes_on: Case, ends: Case, by: str, now: datetime) -> Case:
    """Open tasks stay, unless what goes on makes them needless."""
    of_ended = {task.id for task in ends.open_tasks}
    for task in case.open_tasks:
        if task.id not in of_ended or _stays(task, goes_on, ends):
            continue
        case = close_task(case, task, TaskState.CANCELLED, now, by, note="made needless by merging two leads")
        if _was_promised(task, ends) and goes_on.enrollment.ended is None and not said_no(goes_on):
            case = case.with_task(_promise_of(task, goes_on))
    return case


def _was_promised(task: Task, case: Case) -> bool:
    """Whether the person named a time for this call."""
    return task.kind is TaskKind.CALL and case.enrollment.outcomes.get(task.step_id or "") == Outcome.CALL_BACK.value


def _promise_of(task: Task, goes_on: Case) -> Task:
    """A call that was promised under a plan that ends: it is still owed, at the same time, beside the other plan."""
    return replace(
        task,
        id=derived_id(task.id, "promised"),
        kind=TaskKind.QUESTION,
        title=f"as promised: {task.title}",
        enrollment_id=goes_on.enrollment.id,
        step_id=None,
        occurrence=1,
        escalate_at=task.escalate_at or task.due_at,
        expires_at=None,
    )


def _stays(task: Task, goes_on: Case, ends: Case) -> bool:
    """Whether a task of the enrollment that ends is still needed."""
    enrollment = goes_on.enrollment
    silent = said_no(goes_on) or enrollment.ended is Ending.OPTED_OUT
    match task.kind:
        case TaskKind.REPLY | TaskKind.QUESTION:
            # What was written before a no is settled by it.
            return not silent or enrollment.ended_at is None or task.created_at >= enrollment.ended_at
        case TaskKind.UNKNOWN_SEND:
            return enrollment.ended not in (Ending.NO, Ending.OPTED_OUT)
        case TaskKind.FIND_CONTACT if ends.enrollment.ended is Ending.UNREACHABLE:
            return enrollment.ended is Ending.UNREACHABLE and not _has_open(goes_on, TaskKind.FIND_CONTACT)
        case TaskKind.FIND_CONTACT | TaskKind.INVITATION | TaskKind.MEETING:
            return not silent
    return False


def _is_owed_answer(goes_on: Case, ends: Case) -> bool:
    """Whether the lead whose plan ends asked what nobody answered, and the plan that goes on answers nothing."""
    theirs, ours = ends.response, goes_on.response
    asked = theirs is not None and _answered_by(ends, theirs, ours) == theirs and theirs.is_open
    # Whoever came in without a way to be reached asked, too, and waits for whoever finds one.
    unanswered = asked or (ends.enrollment.ended is Ending.UNREACHABLE and ends.enrollment.answers_question)
    return unanswered and (ours is None or not ours.is_open)


def _stage(goes_on: Case, ends: Case) -> Stage:
    """The furthest; a no wins over all that is followed up, and what was won stays won."""
    stages = {goes_on.lead.stage, ends.lead.stage}
    if Stage.WON in stages:
        return Stage.WON
    lost_for_good = said_no(goes_on) or goes_on.enrollment.ended is Ending.YES
    if lost_for_good and Stage.LOST in stages and goes_on.lead.stage is not Stage.QUALIFIED:
        return Stage.LOST
    return max(stages, key=_FURTHER.index)


def _with_holds(case: Case, ends: Case, now: datetime) -> Case:
    """A pause of either holds; and for an answer that is owed, and until a meeting is over, the machine waits too."""
    if case.enrollment.ended is not None or case.enrollment.question_only:
        return case
    for hold in placed_holds(ends.enrollment.hold):
        held = case.enrollment.hold
        longer = hold.until > now and (held is None or held.until < hold.until)
        if longer and hold.reason is not HoldReason.MEETING:
            owner = case.lead.owner.id if hold.owner == ends.lead.owner.id else hold.owner
            case = place_hold(case, hold.reason, owner, now, hold.until, hold.note)
    if any(holds_back(task) for task in case.open_tasks) and case.enrollment.hold is None:
        case = held_for_answer(case, now)
    return quiet(case, now)


def _with_question(case: Case, goes_on: Case, ends: Case, now: datetime) -> Case:
    """What either asked and nobody answered is answered, by a person; after a no, or a stop, that and nothing else.

    What was asked before the no is settled by it.
    """
    owed, ended_at = _is_owed_answer(goes_on, ends), case.enrollment.ended_at
    if said_no(case) or case.enrollment.ended is Ending.OPTED_OUT:
        asked_at = ends.response.asked_at if ends.response is not None else ends.enrollment.started_at
        owed = owed and (ended_at is None or asked_at > ended_at)
        if not owed and not any(task.kind in ANSWERABLE for task in case.open_tasks):
            return nobody_waits(case, now)
    answering = {*ANSWERABLE, TaskKind.FIND_CONTACT, TaskKind.HAND_OVER}
    kept = {task.id for task in ends.open_tasks if task.kind in answering} & {task.id for task in case.open_tasks}
    if not owed or kept or case.enrollment.ended is Ending.UNREACHABLE:
        return case
    return ask_person(case, TaskKind.QUESTION, "answer the question", ends.lead.question or "", now)


def _clocks(keep: Case, other: Case) -> tuple[tuple[ResponseClock, ...], tuple[UUID, ...]]:
    """The first responses of both: a human contact answers what either asked before it; of two open ones, the earlier
    question is what the person waits for."""
    clocks = [_answered_by(keep, keep.response, other.response), _answered_by(keep, other.response, keep.response)]
    known = sorted((clock for clock in clocks if clock is not None), key=lambda clock: clock.asked_at)
    if len(known) == len(clocks) and all(clock.is_open for clock in known):
        return (known[0],), (known[1].enrollment_id,)
    return tuple(known), ()


def _answered_by(case: Case, clock: ResponseClock | None, other: ResponseClock | None) -> ResponseClock | None:
    if clock is None or other is None or other.answered_at is None:
        return clock
    return responded(
        replace(case, response=clock), other.answered_at, other.answered_by or "", other.how or ""
    ).response


def _has_open(case: Case, kind: TaskKind) -> bool:
    return any(task.kind is kind for task in case.open_tasks)


def _name(case: Case) -> str:
    return f"{case.enrollment.cadence} of lead {str(case.lead.id)[:8]}"
