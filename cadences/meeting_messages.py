"""What the lead is told of a meeting: the invitation with its calendar file, an update, a cancellation, a reminder."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cadences.case import Case
from cadences.meeting_schedule import Move, NextMove
from cadences.prose import Values
from cadences.rendering import FooterLink, render_letter
from cadences.subjects import honest_subject
from leads.choices import UNSUBSCRIBE_LABEL
from leads.invitations import write_invitation
from leads.links import Links
from leads.meetings import Meeting, MeetingState
from leads.model import Channel
from leads.sending import OutgoingMessage
from leads.spans import city_of

TEMPLATE = "meeting"
"""What the ledger says it was made from: no template of a cadence's."""


def compose_meeting_message(case: Case, due: NextMove, touch_id: UUID, links: Links) -> OutgoingMessage:
    """The message that is due about a meeting.

    It is what both agreed on and no marketing, so it has no one-click unsubscribe header; the link is there all the
    same. The organizer in the calendar file is the meeting's own reply address, which stays the same through all its
    updates: calendars take no update from another organizer.

    Raises:
        TemplateMistake: the company has no postal address.
    """
    lead, company, meeting, before = case.lead, case.company, due.meeting, case.correspondence
    sender, to = case.senders.get(Channel.EMAIL), lead.email or ""
    address = sender.address if sender else company.sender_email
    kept = Values()
    follows = before.last_subject if due.move is Move.NUDGE and before.last_message_id else None
    subject = _subject(meeting, case.zone)
    email = render_letter(
        honest_subject(f"Re: {subject}", follows) if due.move is Move.NUDGE else subject,
        _body(case, due, kept),
        kept,
        company,
        footer_links=[FooterLink(UNSUBSCRIBE_LABEL, links.unsubscribe(lead.id, touch_id))],
    )
    file = write_invitation(
        meeting,
        organizer=links.reply_address(meeting.id) or address,
        attendee=to,
        attendee_name=lead.name,
    )
    return OutgoingMessage(
        touch_id=touch_id,
        lead_id=lead.id,
        channel=Channel.EMAIL,
        to=to,
        subject=email.subject,
        text=email.text,
        html=email.html,
        sender_name=(sender.name if sender else "") or company.sender_name,
        sender=address,
        reply_to=links.reply_address(touch_id),
        in_reply_to=before.last_message_id or "" if follows else "",
        category=case.cadence.name,
        calendar=file,
    )


def _subject(meeting: Meeting, zone: ZoneInfo) -> str:
    start = meeting.starts_at.astimezone(zone)
    mark = "Changed" if meeting.sequence else "Invitation"
    if meeting.state is MeetingState.CANCELLED:
        mark = "Cancelled"
    return f"{mark}: {meeting.subject}, {start:%a} {start.day} {start:%b} {start:%H:%M}"


def _body(case: Case, due: NextMove, kept: Values) -> str:
    meeting = due.meeting
    hello = f"Hello {kept.keep(case.lead.first_name)}," if case.lead.first_name else "Hello,"
    facts = [f"**{kept.keep(meeting.subject)}**", f"When: {kept.keep(spoken_time(meeting, case.zone))}"]
    if meeting.place:
        facts.append(f"Where: {kept.keep(meeting.place)}")
    facts.append(f"With: {kept.keep(meeting.organizer_name)}")
    opening, closing = _words(due)
    return "\n\n".join((hello, opening, "\n".join(facts), closing))


def _words(due: NextMove) -> tuple[str, str]:
    meeting = due.meeting
    answer = "Please accept or decline the invitation in your calendar, or simply reply to this email."
    if due.move is Move.NUDGE:
        return "does this time still suit you? Your answer to the invitation has not reached us yet.", answer
    if meeting.state is MeetingState.CANCELLED:
        return "our meeting is called off.", "If you would like another time, simply reply to this email."
    if meeting.sequence:
        return "our meeting has changed. This is how it is now:", answer
    if meeting.state is MeetingState.ACCEPTED:
        return "thank you for picking a time. Here is our meeting, for your calendar:", (
            "If it does not suit you any more, decline it in your calendar, or simply reply to this email."
        )
    return "here is the invitation to our meeting:", answer


def spoken_time(meeting: Meeting, zone: ZoneInfo) -> str:
    """When it is, on a clock that is named: `Tuesday 24 November 2026, 10:00 to 10:30 (New York time)`."""
    start, end = meeting.starts_at.astimezone(zone), meeting.ends_at.astimezone(zone)
    return f"{spoken_day(start)}, {start:%H:%M} to {end:%H:%M} ({city_of(zone)} time)"


def spoken_day(local: datetime) -> str:
    return f"{local:%A} {local.day} {local:%B %Y}"
