"""What people command: each a function from a case to the case that follows from it.

A function raises `CommandRefused` when the command makes no sense for the lead as it stands; nothing has changed then.
"""

from dataclasses import replace
from datetime import datetime

from cadences.asked_after_stop import asked_now
from cadences.case import Case
from cadences.closed_contacts import contacts_closed
from cadences.enrollment import HoldReason
from cadences.facts import AnswerGiven, Assigned, TouchMade
from cadences.first_response import nobody_waits
from cadences.holds import lift_hold, place_hold
from cadences.meetings import call_off_all
from cadences.model import Cadence
from cadences.needless import is_older, without_needless_task
from cadences.owners import given_to
from cadences.planning import plan
from cadences.progress import (
    ANSWERABLE,
    awaited_task,
    begin,
    cancel_tasks,
    close_task,
    end,
    human_contact,
    new_enrollment,
    standing_task,
    step_left_out,
    worked_on,
)
from cadences.refusals import CommandRefused, require_future, require_past, require_running
from cadences.tasks import Outcome, TaskKind, TaskState
from leads.ids import derived_id
from leads.model import Channel, Colleague, Ending, Stage
from leads.spans import Span, Unit, add_span

ASKED_US = "asked us not to be contacted"
HAND_OVER_WITHIN = Span(1, Unit.HOUR)
"""When a hand-over is due, where neither `on_yes` nor a first-response target says it."""


def log_personal_touch(
    case: Case, *, channel: Channel, touched_at: datetime, by: str, note: str | None, now: datetime
) -> Case:
    """A human was in touch outside the plan: the machine pauses, and the call that became needless is closed."""
    require_past("at", touched_at, now)
    touch = TouchMade(
        derived_id(case.lead.id, "personal", channel, touched_at.isoformat(), now.isoformat()),
        channel,
        touched_at,
        by,
        personal=True,
        note=note,
    )
    return touched(case.with_fact(touch), channel=channel, touched_at=touched_at, by=by, note=note, now=now)


def touched(case: Case, *, channel: Channel, touched_at: datetime, by: str, note: str | None, now: datetime) -> Case:
    """What follows from a personal touch, whoever wrote it into the ledger."""
    case = human_contact(case, touched_at, by, channel)
    for task in case.open_tasks:
        if task.kind in ANSWERABLE and is_older(task, touched_at):
            case = close_task(case, task, TaskState.DONE, now, by, Outcome.ANSWERED, note)
    if case.enrollment.ended is not None:
        return case
    unanswered = any(task.kind in ANSWERABLE for task in case.open_tasks)
    if case.enrollment.question_only:
        return case if unanswered else end(case, Ending.ANSWERED, now, f"{by} answered the question")
    held = case.enrollment.hold
    if held is not None and held.reason is HoldReason.REPLY and not unanswered:
        case = lift_hold(case, touched_at)  # It held for this answer, whose own pause begins.
    pause = case.cadence.on_personal_touch.pause
    until = add_span(touched_at, pause, case.zone, case.cadence.hours.business_calendar())
    case = without_needless_task(case, touched_at, until, by, now)
    return plan(place_hold(case, HoldReason.PERSONAL_TOUCH, by, touched_at, until, note, now=now), now)


def record_answer(
    case: Case,
    *,
    answer: str,
    by: str,
    note: str | None,
    now: datetime,
    themselves: bool = False,
    no_contact: bool = False,
) -> Case:
    """The lead said yes or no. A yes leaves exactly the hand-over; a no leaves no open task, and means never.

    Args:
        themselves: the person itself said it, to the machine: a yes asks for contact, also after a stop.
        no_contact: with its no the person asked not to be contacted any more: every address and number is closed.
    """
    if answer not in ("yes", "no"):
        raise CommandRefused("answer", f"{answer!r} is no answer; it is yes or no")
    if no_contact and answer != "no":
        raise CommandRefused("no_contact", "who asks not to be contacted says no")
    ended = case.enrollment.ended
    if ended is Ending.NO and no_contact and not all(point.suppressed for point in case.lead.contacts):
        closed = contacts_closed(case, ASKED_US)
        return nobody_waits(cancel_tasks(closed, now, by, ASKED_US), now)
    if ended is Ending.YES and answer == "yes" and themselves and (asked := asked_now(case)) is not case:
        return asked  # It said yes, stopped us, and asks for us once more: what was agreed on stands.
    if ended is Ending.NO or (ended is Ending.YES and answer == "yes"):
        said = "no" if ended is Ending.NO else "yes"
        raise CommandRefused("answer", f"the lead already said {said}; if it asks again, capture the new question")
    case = worked_on(case.with_fact(AnswerGiven(answer, by, note)))
    case = cancel_tasks(case, now, by, f"the lead said {answer}")
    if answer == "no":
        case = end(call_off_all(case, now), Ending.NO, now, f"said no, recorded by {by}").with_stage(Stage.LOST)
        return contacts_closed(case, ASKED_US) if no_contact else case
    case = end(case, Ending.YES, now, f"said yes, recorded by {by}").with_stage(Stage.QUALIFIED)
    on_yes = case.cadence.on_yes
    within = on_yes.within or (case.cadence.first_response.within if case.cadence.first_response else HAND_OVER_WITHIN)
    case = standing_task(case, TaskKind.HAND_OVER, on_yes.task, note or "", within, on_yes.escalate_to, now)
    return asked_now(case) if themselves else case


def not_now(
    case: Case, *, until: datetime, cadence: Cadence, version: str, by: str, note: str | None, now: datetime
) -> Case:
    """The lead asked to be left alone until a date: the machine sleeps, and then starts the cadence for that."""
    require_future("until", until, now)
    if case.enrollment.ended is Ending.NO:
        raise CommandRefused("until", "the lead said no, which means never; it can't be enrolled again by us")
    if case.enrollment.ended is Ending.OPTED_OUT or case.lead.stopped_us:
        raise CommandRefused("until", "the lead opted out; it can't be enrolled again by us")
    case = cancel_tasks(nobody_waits(worked_on(case), now), now, by, "the lead said not now", but=TaskKind.UNKNOWN_SEND)
    if case.lead.stage is Stage.QUALIFIED:
        case = case.with_stage(Stage.WORKING)  # The hand-over is off; it is followed up again.
    return _reenroll(case, cadence, version, until, now)


def hold(case: Case, *, until: datetime, reason: str, by: str, now: datetime) -> Case:
    """Somebody pauses the machine until an instant."""
    require_running(case, "until")
    require_future("until", until, now)
    return plan(place_hold(case, HoldReason.MANUAL, by, now, until, reason), now)


def resume(case: Case, *, by: str, now: datetime) -> Case:
    """Somebody ends the hold; the plan goes on from where the pause caught it."""
    require_running(case, "hold")
    held = case.enrollment.hold
    if held is None or held.until <= now:
        raise CommandRefused("hold", "the lead is not on hold; there is nothing to resume")
    return plan(lift_hold(case, now, whole=True), now)


def skip_step(case: Case, *, step_id: str | None, by: str, now: datetime) -> Case:
    """Leave the next step out; what follows keeps its distance from where the step would have been."""
    require_running(case, "step")
    touch = case.enrollment.next
    if touch is None:
        raise CommandRefused("step", "no step is planned that could be skipped")
    if step_id is not None and step_id != touch.step.step_id:
        raise CommandRefused("step", f"the next step is {touch.step.step_id!r}; only the next one can be skipped")
    if case.cadence.step(touch.step.step_id) is None:
        raise CommandRefused("step", "the plan is used up; complete the task, or switch the cadence")
    awaited = awaited_task(case)
    if awaited is not None:
        case = close_task(case, awaited[0], TaskState.CANCELLED, now, by, note="the step was skipped")
    return plan(step_left_out(case, touch.step, max(touch.act_at, now), now), now)


def switch_cadence(case: Case, *, cadence: Cadence, version: str, by: str, now: datetime) -> Case:
    """Another cadence takes over at once, from its first step."""
    if case.enrollment.ended in (Ending.YES, Ending.NO, Ending.OPTED_OUT, Ending.ANSWERED):
        raise CommandRefused("cadence", f"the lead's enrollment has ended ({case.enrollment.ended.value})")
    if case.enrollment.question_only:
        raise CommandRefused("cadence", "the lead had said no; only its question may be answered")
    # Whether a message of the old plan went out is worth knowing under the new one.
    case = cancel_tasks(case, now, by, f"switched to {cadence.name}", but=TaskKind.UNKNOWN_SEND)
    return _reenroll(case, cadence, version, now, now)


def reassign(case: Case, *, owner: Colleague, by: str, now: datetime, why: str | None = None) -> Case:
    """Another colleague owns the lead and its open tasks."""
    if case.lead.owner.id == owner.id:
        raise CommandRefused("owner", f"{owner.id!r} already owns the lead")
    said = f"reassigned by {by}" + (f": {why}" if why else "")
    return given_to(case.with_fact(Assigned(said)), owner)


def _reenroll(case: Case, cadence: Cadence, version: str, started_at: datetime, now: datetime) -> Case:
    """The old enrollment ends, and a new one begins under another cadence."""
    former = (
        case.enrollment
        if case.enrollment.ended
        else end(case, Ending.SWITCHED, now, f"{cadence.name} took over").enrollment
    )
    fresh = new_enrollment(case.lead.id, cadence.name, version, started_at, now)
    case = replace(case, cadence=cadence, enrollment=fresh, ended_enrollments=(*case.ended_enrollments, former))
    return begin(case, now)
