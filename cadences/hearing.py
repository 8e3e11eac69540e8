"""What leads say and providers report: each a function from a case to the case that follows from it."""

from dataclasses import replace
from datetime import datetime

from cadences.case import (
    Case,
    ContactLost,
    Suppressed,
    TaskKind,
    TaskState,
)
from cadences.model import Cadence
from cadences.planning import plan
from cadences.progress import (
    ask_person,
    awaited_task,
    begin,
    cancel_tasks,
    close_task,
    end,
    held_for_answer,
    new_enrollment,
    standing_task,
    step_left_out,
    worked_on,
)
from cadences.spans import Span, Unit
from cadences.unknown_sends import send_settled
from leads.model import Channel, ContactPoint, Ending, Stage
from leads.sending import KNOWN_OUT, MessageReport

_FIND_CONTACT_WITHIN = Span(1, Unit.BUSINESS_DAY)


def lead_replied(case: Case, *, text: str, channel: Channel, now: datetime) -> Case:
    """The lead wrote: the machine holds, and the owner answers, with a due time."""
    case = ask_person(worked_on(case), TaskKind.REPLY, case.cadence.on_reply.task, text, now)
    return plan(held_for_answer(case, now), now)


def came_again(case: Case, *, cadence: Cadence, version: str, question: str | None, now: datetime) -> Case:
    """A known person came in once more; `cadence` is what a new enrollment would take.

    After a no, only the question is answered, by a person. After any other ending a new enrollment begins, unless a
    hand-over is still open: then its owner answers. A lead that is being followed up holds until it is answered.
    """
    if question is not None:
        case = replace(case, lead=replace(case.lead, question=question))
    enrollment = case.enrollment
    if enrollment.ended is None and not enrollment.question_only:
        return asked_again(case, question=question, now=now) if question else plan(case, now)
    handing_over = any(task.kind is TaskKind.HAND_OVER for task in case.open_tasks)
    if handing_over or (enrollment.question_only and enrollment.ended is None):
        if question is None:
            return case
        return ask_person(case, TaskKind.QUESTION, "answer the new question", question, now)
    said_no = enrollment.ended in (Ending.NO, Ending.OPTED_OUT, Ending.ANSWERED)
    fresh = replace(
        new_enrollment(case.lead.id, cadence.name, version, now, now),
        answers_question=True,
        question_only=said_no,
    )
    case = cancel_tasks(case, now, "followthrough", "the lead came again")
    case = replace(
        case,
        cadence=cadence,
        enrollment=fresh,
        first_response_due_at=None,
        first_human_at=None,
    )
    return begin(case if said_no else case.with_stage(Stage.NEW), now)


def asked_again(case: Case, *, question: str, now: datetime) -> Case:
    """A lead that is being followed up asked something new: the machine holds, and the owner answers."""
    case = replace(case, lead=replace(case.lead, question=question))
    case = ask_person(case, TaskKind.QUESTION, "answer the new question", question, now)
    return plan(held_for_answer(case, now), now)


def contact_point_lost(case: Case, *, contact: str, why: str, now: datetime) -> Case:
    """A contact point can't be used any more; the plan goes on over the others or, without any, a person looks."""
    points = tuple(
        replace(point, lost=why) if point.value == contact and point.lost is None else point
        for point in case.lead.contacts
    )
    if points == case.lead.contacts:
        return case
    case = replace(case, lead=replace(case.lead, contacts=points)).with_fact(ContactLost(contact, why))
    if case.enrollment.ended is not None or case.enrollment.question_only:
        return case
    if any(point.usable for point in points):
        return plan(_without_lost_call(case, now), now)
    case = end(cancel_tasks(case, now, "followthrough", "no usable contact point is left"), Ending.UNREACHABLE, now)
    return standing_task(
        case,
        TaskKind.FIND_CONTACT,
        "find a way to reach the lead",
        f"The last contact point is lost ({why}).",
        _FIND_CONTACT_WITHIN,
        "manager",
        now,
    )


def lead_opted_out(case: Case, *, why: str, now: datetime) -> Case:
    """The person stopped the messages: at once, on every channel."""
    points: tuple[ContactPoint, ...] = ()
    for point in case.lead.contacts:
        points += (replace(point, suppressed=True),)
        if not point.suppressed:
            case = case.with_fact(Suppressed(point.value, why))
    case = replace(case, lead=replace(case.lead, contacts=points))
    if case.enrollment.ended in (Ending.NO, Ending.YES, Ending.OPTED_OUT):
        return case
    return end(cancel_tasks(case, now, "followthrough", "the lead opted out"), Ending.OPTED_OUT, now)


def message_reported(case: Case, report: MessageReport, *, contact: str, now: datetime) -> Case:
    """A provider reported what became of a message; most reports change the ledger only.

    Args:
        contact: the address or number it went to.
    """
    case = send_settled(case, report.touch_id, sent=report.state in KNOWN_OUT, now=now)
    if report.opted_out:
        return lead_opted_out(case, why=f"the provider reports an opt-out {report.code}".strip(), now=now)
    if report.contact_dead:
        return contact_point_lost(case, contact=contact, why=f"the provider reports {report.code}".strip(), now=now)
    return case


def _without_lost_call(case: Case, now: datetime) -> Case:
    """Without a phone the call that waits is needless; its step is left out."""
    awaited = awaited_task(case)
    if awaited is None or case.lead.phone is not None or awaited[0].kind is not TaskKind.CALL:
        return case
    task, touch = awaited
    case = close_task(case, task, TaskState.CANCELLED, now, "followthrough", note="the number can't be used")
    return step_left_out(case, touch.step, now)
