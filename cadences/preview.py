"""What a cadence will do with a lead that stays silent, played through by the functions that the engine itself uses."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal, NamedTuple
from uuid import UUID

from dateutil.relativedelta import relativedelta

from cadences.case import Case
from cadences.enrollment import Enrollment, NextTouch
from cadences.legal_hours import CAP_WITHIN
from cadences.model import Cadence
from cadences.planning import plan, wake
from cadences.progress import awaited_task, awaits, begin, holds_back, message_sent, see_to_overdue, task_created
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, Task, TaskKind
from leads.contract import Wake, WakeKind
from leads.model import Channel, Company, Lead, LeadKind
from leads.reasons import Reason

Calls = Literal["made", "missed"]
"""What our own people do with calls and tasks: each at its first open instant, without an answer; or never."""

_COUNTED = timedelta(days=14)
"""How far back messages are remembered for the limits, as the store loads them."""
_HOW = {TaskKind.CALL: Outcome.NO_ANSWER, TaskKind.QUESTION: Outcome.ANSWERED}
"""How a task ends for a lead that stays silent, where it is not simply done."""
_TURNS_AT_ONCE = 20
"""At one instant few things happen to a lead; more turns without a touch mean that the plan stands still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedTouch:
    """One touch of the plan: when it will happen, and why then."""

    number: int
    step_id: str
    occurrence: int
    channel: Channel
    content: str
    """Template name, or the title of a task."""
    at: datetime
    """When the message goes out, or from when on the call or task may be done (UTC)."""
    local: datetime
    """The same instant on the lead's own clock."""
    due_at: datetime | None
    """When a call or task is due (UTC); None for messages."""
    reasons: tuple[Reason, ...]
    best_at: datetime | None = None
    """When the call is best made within its time (UTC), where something is known of that."""
    variant: str | None = None
    """Which of its step's variants this lead gets, where the step tries several."""
    case: Case = field(repr=False, compare=False)
    """The case at that instant, before the touch."""
    touch: NextTouch = field(repr=False, compare=False)
    """The touch as the engine has it."""


_ENROLLMENT = UUID("00000000-0000-4000-8000-000000000002")


def case_of(
    cadence: Cadence, version: str, lead: Lead, company: Company, begins: datetime, *, manager: str = "manager"
) -> Case:
    """The case of a lead that comes in at an instant and takes this cadence, before its enrollment has begun."""
    enrollment = Enrollment(
        id=_ENROLLMENT,
        cadence=cadence.name,
        version=version,
        started_at=begins,
        answers_question=lead.kind is LeadKind.INBOUND,
    )
    return Case(lead=lead, company=company, cadence=cadence, enrollment=enrollment, manager=manager)


def preview(
    case: Case, start: datetime, *, touches: int = 40, years: int = 3, calls: Calls = "made"
) -> list[PreviewedTouch]:
    """The touches of a case that begins at `start` and in which the lead never says anything.

    Args:
        case: the case as it is enrolled, before its enrollment has begun.
        touches: how many to list at most.
        years: how far to look.
        calls: whether our own people make the calls and do the tasks, or miss them all.
    """
    return list(islice(play(begin(case, start), start, start + relativedelta(years=years), calls), touches))


def play(case: Case, now: datetime, until: datetime, calls: Calls = "made") -> Iterator[PreviewedTouch]:
    """The touches of a case from `now` until an instant, as long as the lead stays silent.

    It ends: each turn makes a touch or goes on to a later instant, and whatever comes again (an escalation, a
    repeated step) comes no sooner than minutes later.

    Raises:
        RuntimeError: the plan does not get on, which is a bug.
    """
    number, turns = 0, 0
    while now <= until:
        turns += 1
        if turns > _TURNS_AT_ONCE:
            raise RuntimeError(f"the plan stands still at {now:%Y-%m-%d %H:%M} UTC: {case.enrollment.next}")
        due, task = wake(case), _task_waited_for(case)
        if task is not None and task.kind is TaskKind.KICK_BACK:
            return  # The lead is back in the hands of a person, who decides.
        ours = _next_of_ours(case, task) if calls == "made" else None
        if ours is not None and (due is None or max(ours.at, now) <= due.at):
            turns, now = turns if ours.at <= now else 0, max(ours.at, now)
            case = _done(case, ours.task, now)
            continue
        if due is None:
            return
        turns, now = turns if due.at <= now else 0, max(due.at, now)
        before = case
        case, touch = _carried_out(case, due, now)
        case = replace(
            case,
            messages=tuple(sent for sent in case.messages if sent > now - _COUNTED),
            phone_contacts=tuple(made for made in case.phone_contacts if made > now - CAP_WITHIN),
        )
        if touch is not None and touch.opens_at <= until and now <= until:
            number, turns = number + 1, 0
            yield _previewed(before, touch, number)


class _Ours(NamedTuple):
    """What one of our people does next, and when."""

    at: datetime
    task: Task


def _next_of_ours(case: Case, awaited: Task | None) -> _Ours | None:
    """The plan's own task is done once it may be; a question that the library can't answer when the answer is due."""
    tasks = [_Ours(awaited.opens_at, awaited)] if awaited is not None else []
    tasks += [_Ours(task.due_at, task) for task in case.open_tasks if _waits_for_us(task)]
    return min(tasks, key=lambda one: one.at, default=None)


def _waits_for_us(task: Task) -> bool:
    """Whether it is a question that a person answers; whoever is called in vain is not written to besides."""
    return task.kind is TaskKind.QUESTION and holds_back(task)


def _task_waited_for(case: Case) -> Task | None:
    awaited = awaited_task(case)
    return awaited[0] if awaited else None


def _done(case: Case, task: Task, now: datetime) -> Case:
    outcome = _HOW.get(task.kind, Outcome.DONE)
    if task.kind is TaskKind.CALL:
        case = _phoned(case, now)
    case = complete_task(case, task_id=task.id, outcome=outcome, by=task.owner, note=None, now=now)
    return replace(case, tasks=case.open_tasks, facts=())


def _phoned(case: Case, now: datetime) -> Case:
    """A call or a text counts for the states' limits."""
    return replace(case, phone_contacts=(*case.phone_contacts, now))


def _texted(case: Case) -> Case:
    """The next text is not the first one any more, which introduces us."""
    return replace(case, correspondence=replace(case.correspondence, texted=True))


def _carried_out(case: Case, due: Wake, now: datetime) -> tuple[Case, NextTouch | None]:
    """What the activity of a wake does: through the gate, then the touch; None when it is not its turn."""
    if due.kind is WakeKind.SEE_TO_OVERDUE:
        case = see_to_overdue(case, now)
        return replace(case, tasks=case.open_tasks), None
    case = plan(case, now)
    touch, fresh = case.enrollment.next, wake(case)
    if touch is None or touch.act_at > now or fresh is None or fresh.kind is not due.kind:
        return case, None
    if not awaits(case, touch.step) or touch.step.step_id != due.step_id:
        return case, None
    if touch.channel in (Channel.EMAIL, Channel.SMS):
        case = _texted(_phoned(case, now)) if touch.channel is Channel.SMS else case
        return message_sent(case, touch.step, now), replace(touch, opens_at=now)
    return task_created(case, now), touch


def _previewed(case: Case, touch: NextTouch, number: int) -> PreviewedTouch:
    return PreviewedTouch(
        number=number,
        step_id=touch.step.step_id,
        occurrence=touch.step.occurrence,
        channel=touch.channel,
        content=touch.content,
        at=touch.opens_at,
        local=touch.opens_at.astimezone(case.zone),
        due_at=touch.due_at,
        reasons=touch.reasons,
        best_at=touch.best_at,
        variant=touch.variant,
        case=case,
        touch=touch,
    )
