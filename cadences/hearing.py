"""What leads say and providers report: each a function from a case to the case that follows from it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from cadences.answering import answerer, question_text, with_inquiry
from cadences.asked_after_stop import stopped_anew
from cadences.case import Case
from cadences.closed_contacts import contacts_closed
from cadences.enrollment import HoldReason
from cadences.facts import ContactLost, Reopened, Suppressed
from cadences.first_response import nobody_waits
from cadences.holds import lift_hold, place_hold
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
from cadences.settled_sends import send_settled
from cadences.tasks import TaskKind, TaskState
from leads.inquiries import Inquiry
from leads.model import Channel, Consent, Ending, Stage
from leads.sending import KNOWN_OUT, MessageReport
from leads.spans import Span, Unit

_FIND_CONTACT_WITHIN = Span(1, Unit.BUSINESS_DAY)


def lead_replied(case: Case, *, text: str, channel: Channel, now: datetime) -> Case:
    """The lead wrote: the machine holds, and the owner answers, with a due time."""
    case = ask_person(worked_on(_back_again(case, now)), TaskKind.REPLY, case.cadence.on_reply.task, text, now)
    return plan(held_for_answer(case, now), now)


def came_again(
    case: Case,
    *,
    cadence: Cadence,
    version: str,
    question: str | None,
    now: datetime,
    inquiry: Inquiry | None = None,
) -> Case:
    """A known person came in once more; `cadence` is what a new enrollment would take.

    After a no, only the question is answered, by a person. After any other ending a new enrollment begins, unless a
    hand-over is still open: then its owner answers. A lead that is being followed up holds until it is answered; one
    that waits for its turn in a backlog does not wait any longer.

    Args:
        inquiry: what the library says to the question; a new enrollment's first email answers with it, in all other
            cases it is a suggestion to the person who answers.
    """
    case = with_inquiry(case, inquiry)
    if question is not None:
        case = replace(case, lead=replace(case.lead, question=question))
    enrollment = case.enrollment
    its_turn = enrollment.waits_its_turn(now)
    if enrollment.ended is None and not enrollment.question_only and not its_turn:
        return asked_again(case, question=question, now=now) if question else plan(case, now)
    handing_over = any(task.kind is TaskKind.HAND_OVER for task in case.open_tasks)
    if handing_over or (enrollment.question_only and enrollment.ended is None):
        if question is None:
            return case
        return _new_question(case, now)
    # Who stopped us after a yes keeps that ending; a new address of the same person opens nothing either.
    said_no = enrollment.ended in (Ending.NO, Ending.OPTED_OUT, Ending.ANSWERED) or case.lead.stopped_us
    fresh = replace(
        new_enrollment(case.lead.id, cadence.name, version, now, now),
        answers_question=True,
        question_only=said_no,
    )
    case = cancel_tasks(case, now, "followthrough", "the lead came again", but=TaskKind.UNKNOWN_SEND)
    former = (end(case, Ending.SWITCHED, now).enrollment,) if its_turn else ()
    case = replace(
        case,
        ended_enrollments=(*case.ended_enrollments, *former),
        cadence=cadence,
        enrollment=fresh,
        response=None,
        first_response_due_at=None,
        first_human_at=None,
    )
    return begin(case if said_no else case.with_stage(Stage.NEW), now)


def asked_again(case: Case, *, question: str, now: datetime) -> Case:
    """A lead that is being followed up asked something new: the machine holds, and a person answers."""
    case = replace(_back_again(case, now), lead=replace(case.lead, question=question))
    return plan(held_for_answer(_new_question(case, now), now), now)


def _new_question(case: Case, now: datetime) -> Case:
    """A person answers, with what the library suggests at hand."""
    text, owner = question_text(case.lead), answerer(case.lead)
    return ask_person(case, TaskKind.QUESTION, "answer the new question", text, now, owner=owner)


def contact_point_lost(case: Case, *, contact: str, why: str, now: datetime) -> Case:
    """A contact point can't be used any more; the plan goes on over the others or, without any, a person looks."""
    points = tuple(
        replace(point, lost=why) if point.value == contact and point.lost is None else point
        for point in case.lead.contacts
    )
    if points == case.lead.contacts:
        return case
    consents = tuple(
        replace(one, revoked_at=now) if one.contact == contact and one.revoked_at is None else one
        for one in case.lead.consents
    )
    case = replace(case, lead=replace(case.lead, contacts=points, consents=consents))
    case = case.with_fact(ContactLost(contact, why))
    if case.enrollment.ended is not None or case.enrollment.question_only:
        return case
    if any(point.usable for point in points):
        return plan(_without_lost_call(case, now), now)
    why_needless = "no usable contact point is left"
    case = cancel_tasks(case, now, "followthrough", why_needless, but=TaskKind.UNKNOWN_SEND)
    case = end(case, Ending.UNREACHABLE, now, f"the last contact point is lost ({why})")
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
    case = contacts_closed(case, why)
    if case.enrollment.ended is Ending.YES:
        return stopped_anew(case)  # The hand-over stays: what was agreed on is not called off by that.
    case = cancel_tasks(case, now, "followthrough", "the lead opted out")
    if case.enrollment.ended in (Ending.NO, Ending.OPTED_OUT):
        return nobody_waits(case, now)
    return end(case, Ending.OPTED_OUT, now, why)


def stranger_stopped(case: Case, *, why: str, now: datetime) -> Case:
    """Somebody whom we did not know asked us to stop: nothing is sent, and a person looks at what was written.

    Args:
        case: with every contact point suppressed, before its enrollment began.
    """
    case = end(case, Ending.OPTED_OUT, now, why)
    text = case.lead.question or ""
    case = ask_person(case, TaskKind.REPLY, "read what somebody wrote who wants to hear nothing", text, now)
    return stopped_anew(case)  # To read it is all: they asked for no answer.


def wrong_person(case: Case, *, contact: str, stops: bool, now: datetime) -> Case:
    """The number or address is somebody else's: it is not used again, and its consent is void.

    Args:
        stops: that other person also asked us to stop, which holds for this contact point and not for the lead.
    """
    if stops:
        points = tuple(replace(one, suppressed=True) if one.value == contact else one for one in case.lead.contacts)
        if points != case.lead.contacts:
            case = replace(case, lead=replace(case.lead, contacts=points))
            case = case.with_fact(Suppressed(contact, "another person has it, and asked us to stop"))
    return contact_point_lost(case, contact=contact, why="another person has it", now=now)


def lead_away(case: Case, *, back_on: date, now: datetime) -> Case:
    """The lead's mailbox answered that the lead is away: the machine waits, and nobody has been answered.

    Args:
        back_on: the first day on which the lead is there, on its own clock.
    """
    enrollment = case.enrollment
    if enrollment.ended is not None or enrollment.question_only:
        return case
    until, held = datetime.combine(back_on, time(), case.zone).astimezone(UTC), enrollment.hold
    # A hold for an answer that we owe is renewed until we gave it; no date of the mailbox's may end it.
    if until <= now or (held is not None and (held.until >= until or held.reason is HoldReason.REPLY)):
        return case
    return plan(place_hold(case, HoldReason.AWAY, case.lead.owner.id, now, until), now)


def texts_wanted_again(case: Case, *, contact: str, wording: str, now: datetime) -> Case:
    """The person opened a number to texts again; other channels stay closed, and what ended stays ended.

    Args:
        wording: what the person wrote, which is the new consent.
    """
    point = next((one for one in case.lead.contacts if one.value == contact), None)
    if point is None or not (point.suppressed or Channel.SMS in point.suppressed_on):
        return case
    closed = {Channel.CALL} if point.suppressed else point.suppressed_on - {Channel.SMS}
    opened = replace(point, suppressed=False, suppressed_on=frozenset(closed))
    consent = Consent(Channel.SMS, contact, wording, "text message", "the lead", now, seller=case.company.name)
    lead = replace(
        case.lead,
        contacts=tuple(opened if one is point else one for one in case.lead.contacts),
        consents=(*case.lead.consents, consent),
    )
    case = replace(case, lead=lead).with_fact(Reopened(consent))
    return case if case.enrollment.ended is not None or case.enrollment.question_only else plan(case, now)


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


def _back_again(case: Case, now: datetime) -> Case:
    """Who writes is not away any more, whatever the mailbox said."""
    held = case.enrollment.hold
    return lift_hold(case, now) if held is not None and held.reason is HoldReason.AWAY else case


def _without_lost_call(case: Case, now: datetime) -> Case:
    """Without a phone the call that waits is needless; its step is left out."""
    awaited = awaited_task(case)
    if awaited is None or case.lead.contact_for(Channel.CALL) is not None or awaited[0].kind is not TaskKind.CALL:
        return case
    task, touch = awaited
    case = close_task(case, task, TaskState.CANCELLED, now, "followthrough", note="the number can't be used")
    return step_left_out(case, touch.step, now)
