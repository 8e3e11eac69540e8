"""From a planned touch to what is handed over: the rendered email or text, or the talk track of a task."""

from uuid import UUID

from cadences.answering import answer_by
from cadences.bundle import CadenceBundle
from cadences.case import Case
from cadences.enrollment import NextTouch
from cadences.rendering import FooterLink, render_email, render_sms, render_staff_email, render_talk_track
from cadences.templating import TemplateMistake
from leads.choices import UNSUBSCRIBE_LABEL, Choice
from leads.links import Links
from leads.model import Channel, Company, Lead
from leads.sending import OutgoingMessage
from leads.staff_mails import StaffMail

STAFF_CATEGORY = "staff"
"""Of mails to our own people, for the provider's statistics."""


def compose(case: Case, bundle: CadenceBundle, touch: NextTouch, touch_id: UUID, links: Links) -> OutgoingMessage:
    """The message of a touch, rendered for the lead.

    Args:
        links: makes its links and its reply address.

    Raises:
        TemplateMistake: the template can't be rendered for this lead.
    """
    if touch.channel is Channel.SMS:
        return _text(case, bundle, touch, touch_id)
    return _email(case, bundle, touch, touch_id, links)


def _text(case: Case, bundle: CadenceBundle, touch: NextTouch, touch_id: UUID) -> OutgoingMessage:
    sms = render_sms(
        bundle,
        touch.content,
        case.lead,
        case.company,
        occurrence=touch.step.occurrence,
        first=not case.correspondence.texted,
    )
    sender = case.senders.get(Channel.SMS)
    return OutgoingMessage(
        touch_id=touch_id,
        lead_id=case.lead.id,
        channel=Channel.SMS,
        to=_address(case.lead, Channel.SMS),
        text=sms.text,
        sender=sender.address if sender else "",
        segments=sms.segments,
    )


def _email(case: Case, bundle: CadenceBundle, touch: NextTouch, touch_id: UUID, links: Links) -> OutgoingMessage:
    lead, company, before = case.lead, case.company, case.correspondence
    sender = case.senders.get(Channel.EMAIL)
    unsubscribe = links.unsubscribe(lead.id, touch_id)
    email = render_email(
        bundle,
        touch.content,
        lead,
        company,
        occurrence=touch.step.occurrence,
        answer_by=answer_by(case, touch.act_at),
        footer_links=[
            *(FooterLink(choice.label, links.answer(lead.id, touch_id, choice)) for choice in Choice),
            FooterLink(UNSUBSCRIBE_LABEL, unsubscribe),
        ],
        follows=before.last_subject if before.last_message_id else None,
        meeting_link=links.meeting(lead.id, touch_id),
    )
    return OutgoingMessage(
        touch_id=touch_id,
        lead_id=lead.id,
        channel=Channel.EMAIL,
        to=_address(lead, Channel.EMAIL),
        subject=email.subject,
        text=email.text,
        html=email.html,
        sender_name=(sender.name if sender else "") or company.sender_name,
        sender=sender.address if sender else company.sender_email,
        reply_to=links.reply_address(touch_id),
        unsubscribe_url=unsubscribe,
        in_reply_to=before.last_message_id or "",
        category=case.cadence.name,
    )


def compose_staff_mail(mail: StaffMail, company: Company, links: Links) -> OutgoingMessage:
    """A mail to a colleague, from the company's own sender; what is about one lead leads to its page at the end.

    The link is made now, by the address that the console has now.
    """
    page = "" if mail.lead_id is None else f"\n\n[Open the lead's page]({links.lead_page(mail.lead_id)})"
    email = render_staff_email(mail.subject, mail.text + page, company, mail.names)
    return OutgoingMessage(
        touch_id=mail.id,
        lead_id=mail.lead_id,
        channel=Channel.EMAIL,
        to=mail.to,
        subject=email.subject,
        text=email.text,
        html=email.html,
        sender_name=company.sender_name,
        sender=company.sender_email,
        category=STAFF_CATEGORY,
        internal=True,
    )


def _address(lead: Lead, channel: Channel) -> str:
    point = lead.contact_for(channel)
    return point.value if point else ""


def talk_track(case: Case, bundle: CadenceBundle, touch: NextTouch) -> str:
    """What helps a colleague with the task of a touch: the best time, then the talk track or why it is no message."""
    best = [f"Best time: {reason.text}" for reason in touch.reasons if reason.rule == "best time"]
    return "\n\n".join([*best, _talk_track(case, bundle, touch)]).strip()


def _talk_track(case: Case, bundle: CadenceBundle, touch: NextTouch) -> str:
    """The talk track, or why it is not a message.

    A template that fails for this lead must not keep the task from being created, so its mistake stands there instead.
    """
    question = f"Asked: {case.lead.question}\n\n" if case.lead.question else ""
    step = case.cadence.step(touch.step.step_id)
    if step is None or touch.channel is not Channel.CALL or f"call/{touch.content}.md" not in bundle.templates:
        why = "; ".join(reason.text for reason in touch.reasons if reason.rule in ("channel", "consent"))
        return f"{question}{why}".strip()
    try:
        track = render_talk_track(
            bundle,
            touch.content,
            case.lead,
            case.company,
            occurrence=touch.step.occurrence,
            answer_by=answer_by(case, touch.act_at),
        )
    except TemplateMistake as broken:
        return f"{question}(the talk track could not be written: {broken})"
    # Most talk tracks quote the question themselves; nobody reads it twice.
    return (
        track.text.strip()
        if case.lead.question and case.lead.question in track.text
        else f"{question}{track.text}".strip()
    )
