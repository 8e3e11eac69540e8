"""The clock of a first response: it starts with a question, warns before it is missed, and a human contact stops it.

Only a connected call or a person's written answer is a response. Automatic mail is none, and a voicemail is an attempt.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cadences.case import Case
from cadences.enrollment import ResponseClock
from cadences.facts import Assigned, Notice
from cadences.owners import given_to
from cadences.tasks import TaskKind
from leads.model import Colleague, Company
from leads.spans import Span, Unit, add_span
from leads.staff_mails import plain

_WARN_AFTER = 0.5
"""Of the time there is: then the owner is warned."""
_ACT_AFTER = 2 / 3
"""Of the time there is: then somebody else is told or takes over, while there still is time."""
_FIXED = {
    Unit.MINUTE: timedelta(minutes=1),
    Unit.HOUR: timedelta(hours=1),
    Unit.DAY: timedelta(days=1),
    Unit.WEEK: timedelta(weeks=1),
}
_KIND = "first response"


def clock_started(case: Case, at: datetime) -> Case:
    """The question was asked at `at`: the clock runs, against the target of the owner or, without one, the cadence."""
    target = case.cadence.target
    within = case.lead.owner.first_response or target.within
    due_at, warn_at, act_at = _deadlines(case.company, within, target.at_most, at)
    clock = ResponseClock(enrollment_id=case.enrollment.id, asked_at=at, due_at=due_at, warn_at=warn_at, act_at=act_at)
    return replace(case, response=clock, first_response_due_at=due_at)


def in_business_hours(company: Company, within: Span, start: datetime) -> datetime:
    """The end of a span that counts while the company is there only."""
    zone = ZoneInfo(company.zone)
    hours = company.hours.on(zone)
    if within.unit in (Unit.MINUTE, Unit.HOUR):
        return hours.count(start, within.amount * _FIXED[within.unit])
    return hours.next_open(add_span(start, within, zone, hours.calendar))[0]


def _deadlines(
    company: Company, within: Span, at_most: Span, asked_at: datetime
) -> tuple[datetime, datetime, datetime]:
    """When the response is due, when the owner is warned, and when others act.

    The target counts in business hours, its limit on the clock on the wall, whether anybody is at work or not; what
    comes first is due. Warnings go by the same clock.
    """
    zone, limit = ZoneInfo(company.zone), at_most.amount * _FIXED[at_most.unit]
    hours = company.hours.on(zone)
    due = in_business_hours(company, within, asked_at)
    if within.unit in (Unit.MINUTE, Unit.HOUR):
        span = within.amount * _FIXED[within.unit]
        warn, act = (hours.count(asked_at, span * share) for share in (_WARN_AFTER, _ACT_AFTER))
    else:
        open_time = company.hours.open_time(asked_at, due, zone)
        warn, act = (hours.count(asked_at, open_time * share) for share in (_WARN_AFTER, _ACT_AFTER))
    if due > asked_at + limit:
        due, warn, act = (asked_at + limit * share for share in (1, _WARN_AFTER, _ACT_AFTER))
    return due, warn, act


def waits_for_answer(case: Case) -> bool:
    """Whether somebody waits for the first answer of a person: nobody was in touch, and nothing made it needless."""
    clock = case.response
    return clock is not None and clock.is_open and clock.moot_at is None and case.enrollment.ended is None


def next_look(case: Case) -> tuple[datetime, str] | None:
    """When the machine sees to the clock next, and what for; None when it need not."""
    clock = case.response
    if clock is None or not clock.is_open:
        return None
    looks = [(clock.warn_at, "warn of"), (clock.act_at, "escalate")]
    return min(((at, f"{word} first response") for at, word in looks if at is not None), default=None)


def wants_relief(case: Case, now: datetime) -> bool:
    """Whether another colleague is to take the lead over now."""
    clock = case.response
    due = clock is not None and clock.is_open and clock.act_at is not None and clock.act_at <= now
    return due and case.cadence.target.before_missed == "reassign"


def see_to_response(case: Case, now: datetime, relief: Colleague | None = None) -> Case:
    """Warn the owner, and tell or hand over to somebody else, when it is time.

    Args:
        relief: who takes the lead over, where the cadence wants that; None when nobody is there.
    """
    clock = case.response
    if clock is None or not clock.is_open:
        return case
    if clock.act_at is not None and clock.act_at <= now:
        # Whoever is only warned now has been overtaken by what is done now.
        case = replace(case, response=replace(clock, warn_at=None, act_at=None))
        return _handed_over(case, relief, now) if relief is not None else _escalated(case, now)
    if clock.warn_at is not None and clock.warn_at <= now:
        there = case.stand_ins.get(case.lead.owner.id, case.lead.owner.id)
        case = _told(case, there, "half", "Half of the time to answer is gone.")
        return replace(case, response=replace(clock, warn_at=None, warned_at=now))
    return case


def _escalated(case: Case, now: datetime) -> Case:
    clock, target = _running(case), case.cadence.target
    told = case.colleague(target.escalate_to)
    nobody = " Nobody else is there to take it over." if target.before_missed == "reassign" else ""
    case = _told(case, told, "escalated", f"It is {case.lead.owner.name}'s, and nobody has answered yet.{nobody}")
    for task in case.open_tasks:
        if task.kind in (TaskKind.CALL, TaskKind.QUESTION, TaskKind.STEP):
            case = case.with_task(replace(task, escalated_to=told, escalations=task.escalations + 1))
    return replace(case, response=replace(clock, escalated_at=now))


def _handed_over(case: Case, relief: Colleague, now: datetime) -> Case:
    clock, former = _running(case), case.lead.owner
    case = _told(case, relief.id, "taken over", f"It was {former.name}'s, who has not answered yet; now it is yours.")
    case = _told(case, former.id, "given away", f"{relief.name} takes it over, since it was about to be missed.")
    case = case.with_fact(Assigned(f"{former.name} was about to miss the first answer"))
    return replace(given_to(case, relief), response=replace(clock, reassigned_at=now))


def _told(case: Case, colleague: str, what: str, words: str) -> Case:
    clock, zone = _running(case), ZoneInfo(case.company.zone)
    who = case.lead.name or case.lead.company or "A lead without a name"
    question = f"\n\n> {plain(case.lead.question)}" if case.lead.question else ""
    text = (
        f"{plain(who)} waits for a first answer since {clock.asked_at.astimezone(zone):%H:%M}, "
        f"and is to get it by {clock.due_at.astimezone(zone):%a %H:%M} ({case.company.zone}). "
        f"{plain(words)}{question}"
    )
    subject = f"First answer due {clock.due_at.astimezone(zone):%a %H:%M}: {who}"
    return case.with_fact(Notice(colleague, _KIND, subject, text, about=f"{clock.enrollment_id} {what}"))


def machine_did_its_part(case: Case, at: datetime) -> Case:
    """The first message was out, or the first task stood in somebody's list."""
    clock = case.response
    if clock is None or not clock.is_open or clock.machine_at is not None:
        return case
    return replace(case, response=replace(clock, machine_at=at))


def attempted(case: Case, at: datetime) -> Case:
    """A person tried in vain: an unanswered call, a voicemail. The clock goes on."""
    clock = case.response
    if clock is None or not clock.is_open:
        return case
    return replace(case, response=replace(clock, attempts=clock.attempts + 1, attempted_at=clock.attempted_at or at))


def responded(case: Case, at: datetime, by: str, how: str) -> Case:
    """A human was in touch with the person: the clock stops; an earlier contact that is logged later counts too."""
    clock = case.response
    if clock is None or at < clock.asked_at or (clock.answered_at is not None and clock.answered_at <= at):
        return case
    worked = case.company.hours.open_time(clock.asked_at, at, ZoneInfo(case.company.zone))
    return replace(
        case,
        response=replace(
            clock,
            answered_at=at,
            answered_by=by,
            how=how,
            business_seconds=int(worked.total_seconds()),
            warn_at=None,
            act_at=None,
        ),
    )


def nobody_waits(case: Case, now: datetime) -> Case:
    """The person does not wait for an answer any more: nobody is warned; unanswered it stays."""
    clock = case.response
    if clock is None:
        return case
    moot_at = clock.moot_at or now if clock.is_open else clock.moot_at
    return replace(case, response=replace(clock, warn_at=None, act_at=None, moot_at=moot_at))


def _running(case: Case) -> ResponseClock:
    if case.response is None:
        raise ValueError("no question of this lead is timed")
    return case.response
