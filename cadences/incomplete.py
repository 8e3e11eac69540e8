"""Leads that came in incomplete: a person completes them, and then the plan begins as if they had just come."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cadences.case import Case
from cadences.facts import ContactFound
from cadences.planning import plan
from cadences.progress import begin, end, new_enrollment, standing_task
from cadences.refusals import CommandRefused
from cadences.suppressing import wants_no_messages
from cadences.tasks import TaskKind
from leads.model import ContactPoint, Ending, LeadKind
from leads.spans import Span, Unit

_COMPLETE_WITHIN = Span(1, Unit.BUSINESS_DAY)
_MOST_WORDS = 10_000
"""Characters of what came in that a task repeats."""


def lead_incomplete(case: Case, *, wrong: Sequence[str], words: str, now: datetime) -> Case:
    """The case of a lead that came in without a usable contact point: nothing automated, a person completes it.

    Args:
        wrong: what could not be taken, and why.
        words: what came in, word for word.
    """
    target = case.cadence.target
    # Who asked us something waits for an answer all the same.
    asked_within = (case.lead.owner.first_response or target.within) if case.enrollment.answers_question else None
    text = _told("Nobody can be reached with what came in: add an email address or a phone number.", wrong, words)
    return standing_task(
        end(case, Ending.UNREACHABLE, now, "no usable contact point came in"),
        TaskKind.FIND_CONTACT,
        "complete the lead",
        text,
        asked_within or _COMPLETE_WITHIN,
        target.escalate_to if asked_within else "manager",
        now,
    )


def something_wrong(case: Case, *, wrong: Sequence[str], words: str, about: str, now: datetime) -> Case:
    """The lead can be reached, but part of what came in could not be taken: a person mends that beside the plan.

    Args:
        about: what makes it one task; the same again asks nobody twice.
    """
    text = _told("The lead is followed up with what could be read. This could not be:", wrong, words)
    kind, title = TaskKind.FIND_CONTACT, "mend what came in with the lead"
    return standing_task(case, kind, title, text, _COMPLETE_WITHIN, "manager", now, about=about)


def contacts_found(case: Case, points: Sequence[ContactPoint], now: datetime) -> Case:
    """A person found out how to reach the lead; a plan that runs uses it at once.

    Raises:
        CommandRefused: the lead has it already.
    """
    known = {point.value: point for point in case.lead.contacts}
    for point in points:
        if (same := known.get(point.value)) is not None:
            lost = f", and it can't be used ({same.lost})" if same.lost else ""
            raise CommandRefused(point.kind.value, f"the lead has it already{lost}")
        case = case.with_fact(ContactFound(point))
    case = replace(case, lead=replace(case.lead, contacts=(*case.lead.contacts, *points)))
    running = case.enrollment.ended is None and not case.enrollment.question_only
    return plan(case, now) if running else case


def completed(case: Case, now: datetime) -> Case:
    """A person found a contact point for an unreachable lead: the plan goes on, or begins if it never did.

    Raises:
        CommandRefused: there is none yet, or none that may be used.
    """
    if case.enrollment.done is not None:
        if not any(point.usable for point in case.lead.contacts):
            raise CommandRefused("outcome", _ADD_FIRST)
        return plan(case.enrolled(ended=None, ended_at=None, ended_why=None), now)
    if all(point.lost is not None for point in case.lead.contacts):
        raise CommandRefused("outcome", _ADD_FIRST)
    inbound, reachable = case.lead.kind is LeadKind.INBOUND, not wants_no_messages(case.lead)
    if not inbound and not reachable:
        raise CommandRefused("outcome", "this person stopped all messages; close the task as lost")
    former = case.enrollment
    fresh = replace(
        new_enrollment(case.lead.id, former.cadence, former.version, now, now),
        answers_question=inbound and not former.paced,
        # Whoever stopped us and asks all the same gets a person's answer, and nothing else.
        question_only=not reachable,
    )
    return begin(replace(case, enrollment=fresh, ended_enrollments=(*case.ended_enrollments, former)), now)


_ADD_FIRST = "add the contact point to the lead first, or close the task as lost"


def _told(to_do: str, wrong: Sequence[str], words: str) -> str:
    """The task's text: what to do, what was wrong, and what came in, word for word."""
    parts = [to_do, "\n".join(f"- {one}" for one in wrong)]
    if words:
        left_out = len(words) - _MOST_WORDS
        more = f"\n… ({left_out} characters more)" if left_out > 0 else ""
        parts.append(f"What came in:\n{words[:_MOST_WORDS]}{more}")
    return "\n\n".join(part for part in parts if part)
