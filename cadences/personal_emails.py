"""A colleague's own email to a lead: whether it may go out, and what follows from what became of it.

It is a personal touch. The machine pauses as soon as it is written; as a contact it counts once it really went out.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from cadences.asked_after_stop import as_asked, asked_for_in_person
from cadences.case import Case
from cadences.commands import touched
from cadences.enrollment import HoldReason, StepRef
from cadences.holds import place_hold
from cadences.permissions import blocked
from cadences.planning import plan
from cadences.progress import ANSWERABLE, REFUSED_AGAIN_AFTER, ask_person
from cadences.prose import Values
from cadences.refusals import CommandRefused
from cadences.rendering import FooterLink, render_letter
from cadences.tasks import Task, TaskKind
from cadences.unknown_sends import message_unknown
from leads.choices import UNSUBSCRIBE_LABEL
from leads.links import Links
from leads.model import Channel, Ending
from leads.personal_emails import EmailState, PersonalEmail
from leads.sending import OutgoingMessage
from leads.spans import add_span

MOST_REFUSALS = 2
"""So often the provider is asked again; a colleague who waits longer had better reach the lead in another way."""
_NOT_SENT = "write to the lead again: your email was not sent"
_ANSWERS_ONLY = {
    Ending.NO: "the lead said no",
    Ending.ANSWERED: "the lead had said no",
    Ending.OPTED_OUT: "the lead stopped all messages",
}


def write_email(case: Case, email: PersonalEmail, now: datetime) -> Case:
    """A colleague wrote an email: it is sent at once, and the machine pauses.

    Raises:
        CommandRefused: it may not be sent to this lead, and why.
    """
    if email.answers is not None and answered_task(case, email) is None:
        raise CommandRefused("reply_to_task", "it is no open question or reply of this lead (any more)")
    if (why := why_not(case, email, now)) is not None:
        raise CommandRefused("email", why)
    case = case.with_email(email)
    if case.enrollment.ended is None and not case.enrollment.question_only:
        pause = case.cadence.on_personal_touch.pause
        until = add_span(now, pause, case.zone, case.cadence.hours.business_calendar())
        case = place_hold(case, HoldReason.PERSONAL_TOUCH, email.by, now, until)
    return plan(case, now)


def why_not(case: Case, email: PersonalEmail, now: datetime) -> str | None:
    """Why the email may not go out; None when it may.

    Who stopped us, or said no, gets the answer to what it asked since, and nothing else. The hours and limits of
    automated messages are none of a person's.
    """
    return why_nobody_writes(case, what_is_answered(case, email.answers), now)


def why_nobody_writes(case: Case, task: Task | None, now: datetime) -> str | None:
    """Why no colleague may write an email to the lead; None when one may.

    Args:
        task: the open question, reply or hand-over by which the lead asked for it.
    """
    if task is None and (silent := answers_only(case)) is not None:
        asks = any(one.kind in ANSWERABLE for one in case.open_tasks)
        how = ": answer from the task of its question or reply" if asks else ""
        return f"{silent}; only what it asks may be answered{how}"
    reason = blocked(Channel.EMAIL, as_asked(case, task), now, answers_at_once=task is not None)
    return reason.text if reason is not None else None


def answers_only(case: Case) -> str | None:
    """Why the lead may get nothing but answers to its own questions; None when it may get more."""
    if case.enrollment.question_only:
        return _ANSWERS_ONLY[Ending.ANSWERED]
    if case.enrollment.ended in _ANSWERS_ONLY:
        return _ANSWERS_ONLY[case.enrollment.ended]
    return _ANSWERS_ONLY[Ending.OPTED_OUT] if case.lead.stopped_us else None


def answered_task(case: Case, email: PersonalEmail) -> Task | None:
    """The open question or reply that the email answers."""
    return next(
        (task for task in case.open_tasks if task.id == email.answers and task.kind in ANSWERABLE),
        None,
    )


def what_is_answered(case: Case, task_id: UUID | None) -> Task | None:
    """What the lead asked for that an email is about, where it matters: a question or reply, or a yes after a stop.

    Args:
        task_id: the task that the email is written by; another kind of task asks for nothing.
    """
    asked = (task for task in case.open_tasks if task.id == task_id and task.kind in ANSWERABLE)
    return next(asked, None) or asked_for_in_person(case)


def waiting_email(case: Case, email_id: UUID | None) -> PersonalEmail | None:
    """The email, while it is still to be sent."""
    email = case.email(email_id)
    return email if email is not None and email.state is EmailState.WAITING else None


def compose_personal_email(case: Case, email: PersonalEmail, touch_id: UUID, links: Links) -> OutgoingMessage:
    """The email as it goes out: the colleague's words as they were typed, our postal address, and a way to stop.

    Raises:
        TemplateMistake: the company has no postal address.
    """
    lead, company, kept = as_asked(case, what_is_answered(case, email.answers)).lead, case.company, Values()
    unsubscribe = links.unsubscribe(lead.id, touch_id)
    body = "\n\n".join(kept.keep(part) for part in _paragraphs(email.text))
    footer = [FooterLink(UNSUBSCRIBE_LABEL, unsubscribe)]
    letter = render_letter(email.subject, body, kept, company, footer_links=footer)
    return OutgoingMessage(
        touch_id=touch_id,
        lead_id=lead.id,
        channel=Channel.EMAIL,
        to=lead.email or "",
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        sender_name=email.sender_name,
        sender=email.sender or company.sender_email,
        reply_to=links.reply_address(touch_id) or email.reply_to,
        unsubscribe_url=unsubscribe,
        in_reply_to=email.follows,
        category=case.cadence.name,
    )


def _paragraphs(text: str) -> list[str]:
    return [part.strip("\n") for part in text.split("\n\n") if part.strip()]


def email_out(case: Case, email: PersonalEmail, now: datetime) -> Case:
    """It went out: a personal touch, at the instant at which it did."""
    at = email.settled_at if email.state is EmailState.UNKNOWN and email.settled_at is not None else now
    case = case.with_email(replace(email, state=EmailState.SENT, settled_at=at, not_before=None, refusals=0))
    return plan(
        touched(case, channel=Channel.EMAIL, touched_at=at, by=email.by, note=email.text, now=now),
        now,
    )


def email_unknown(case: Case, email: PersonalEmail, channel: Channel, now: datetime) -> Case:
    """Nobody knows whether it went out: it is looked up, and counts as a contact only once that is known."""
    asked = message_unknown(case, StepRef(email.step_id), channel, now, email.enrollment_id)
    unknown = replace(email, state=EmailState.UNKNOWN, settled_at=now, not_before=None)
    return plan(replace(asked, messages=case.messages).with_email(unknown), now)


def email_refused(
    case: Case, email: PersonalEmail, now: datetime, why: str, retry_after: timedelta | None, *, once: bool
) -> Case:
    """The provider did not take it, for now: it is tried again, or its writer is told."""
    if email.refusals >= (1 if once else MOST_REFUSALS):
        return could_not_send(case, email, now, why)
    pause = REFUSED_AGAIN_AFTER[email.refusals] if retry_after is None else retry_after
    return plan(case.with_email(replace(email, not_before=now + pause, refusals=email.refusals + 1)), now)


def could_not_send(case: Case, email: PersonalEmail, now: datetime, why: str) -> Case:
    """It never goes out: whoever wrote it gets it back, as a task, unless the lead wants nothing from us any more."""
    case = case.with_email(replace(email, state=EmailState.NOT_SENT, settled_at=now, why=why, not_before=None))
    words = f'Your email "{email.subject}" was not sent: {why}. You had written:\n\n{email.text}'
    task = answered_task(case, email)
    if task is not None:
        case = case.with_task(replace(task, text=f"{task.text}\n\n{words}".strip()))
    elif answers_only(case) is None or asked_for_in_person(case) is not None:
        case = ask_person(case, TaskKind.REPLY, _NOT_SENT, words, now, owner=email.by)
    return plan(case, now)
