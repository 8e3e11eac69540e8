"""Invitations as calendars understand them (iMIP, RFC 6047): written for a meeting, and answers to them read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from icalendar import Calendar, Component, Event, vCalAddress

from leads.capture import CaptureRefused
from leads.meetings import Meeting, MeetingState
from leads.normalising import clean_text, normal_email
from leads.sending import CalendarFile

LONGEST_CALENDAR = 64 * 1024
"""Characters of an incoming calendar that are read."""
_PRODUCT = "-//Followthrough//Meetings//EN"


class Method(StrEnum):
    """What a calendar message asks of the program that gets it (RFC 5546)."""

    REQUEST = "REQUEST"
    """Put it into the calendar, or change it there, and answer."""
    CANCEL = "CANCEL"
    """Take it out of the calendar."""
    REPLY = "REPLY"
    """The answer of one who was invited."""
    COUNTER = "COUNTER"
    """The same, with another time proposed."""


class Participation(StrEnum):
    """What one who was invited says (PARTSTAT)."""

    NEEDS_ACTION = "NEEDS-ACTION"
    ACCEPTED = "ACCEPTED"
    TENTATIVE = "TENTATIVE"
    DECLINED = "DECLINED"
    DELEGATED = "DELEGATED"
    """Somebody else is to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationReply:
    """What a calendar answered to an invitation."""

    uid: str
    method: Method
    attendee: str
    """Normalised, unless it is no address."""
    says: Participation
    sequence: int | None = None
    """Of the invitation that it answers; None where the calendar does not say."""
    stamped_at: datetime | None = None
    """When it was written, by the clock of whoever wrote it."""
    comment: str = ""
    """What the person added."""
    proposes: datetime | None = None
    """When the person would rather meet."""

    @property
    def meeting_id(self) -> UUID | None:
        """The meeting that it says it is about; None for what we did not invite to."""
        try:
            read = UUID(self.uid)
        except ValueError:
            return None
        return read if str(read) == self.uid.lower() else None


def write_invitation(meeting: Meeting, *, organizer: str, attendee: str, attendee_name: str | None) -> CalendarFile:
    """The invitation to a meeting as it is now; for a cancelled one its cancellation.

    The same meeting makes the same text, so that a message that is found again is the same. Times are in UTC, which
    every calendar shows on its owner's clock; so no rule of any time zone has to come along.

    Args:
        organizer: the address that answers come to.
        attendee: the lead's address.
    """
    cancelled = meeting.state is MeetingState.CANCELLED
    method = Method.CANCEL if cancelled else Method.REQUEST
    guest = vCalAddress(f"mailto:{attendee}")
    if attendee_name:
        guest.params["CN"] = _named(attendee_name)
    guest.params["ROLE"] = "REQ-PARTICIPANT"
    guest.params["PARTSTAT"] = _PARTICIPATION.get(meeting.state, Participation.NEEDS_ACTION).value
    guest.params["RSVP"] = "FALSE" if cancelled else "TRUE"
    host = vCalAddress(f"mailto:{organizer}")
    host.params["CN"] = _named(meeting.organizer_name)
    event = Event()
    event.add("uid", str(meeting.id))
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", meeting.changed_at.astimezone(UTC))
    event.add("dtstart", meeting.starts_at.astimezone(UTC))
    event.add("dtend", meeting.ends_at.astimezone(UTC))
    event.add("summary", meeting.subject)
    if meeting.place:
        event.add("location", meeting.place)
    event.add("organizer", host, encode=False)
    event.add("attendee", guest, encode=False)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE")
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    calendar.add_component(event)
    return CalendarFile(method.value, calendar.to_ical().decode())


_PARTICIPATION = {
    MeetingState.ACCEPTED: Participation.ACCEPTED,
    MeetingState.TENTATIVE: Participation.TENTATIVE,
    MeetingState.DECLINED: Participation.DECLINED,
}


_ANSWERS = {method.value: method for method in (Method.REPLY, Method.COUNTER)}
_SAYS = {says.value: says for says in Participation}


def read_reply(text: str) -> InvitationReply | None:
    """The answer that a calendar message holds; None for any other calendar, and for what can't be read."""
    try:
        return _reply(Calendar.from_ical(text[:LONGEST_CALENDAR]))
    except ValueError:
        return None


def _reply(calendar: Component) -> InvitationReply | None:
    method = _ANSWERS.get(str(calendar.get("method", "")).strip().upper())
    if method is None:
        return None
    event = next(iter(calendar.walk("VEVENT")), None)
    attendee = next(_attendees(event), None) if event is not None else None
    if event is None or attendee is None or "uid" not in event:
        return None
    says = str(attendee.params.get("PARTSTAT", "")).strip().upper()
    return InvitationReply(
        uid=str(event["uid"]).strip(),
        method=method,
        attendee=_address(attendee),
        says=_SAYS.get(says, Participation.NEEDS_ACTION),
        sequence=_number(event, "sequence"),
        stamped_at=_instant(event, "dtstamp"),
        comment=_comment(event, attendee),
        proposes=_instant(event, "dtstart") if method is Method.COUNTER else None,
    )


def _attendees(event: Component) -> Iterator[vCalAddress]:
    """Those who answer; a reply has exactly one (RFC 5546, 3.2.3)."""
    found = event.get("attendee", [])
    yield from (one for one in (found if isinstance(found, list) else [found]) if isinstance(one, vCalAddress))


def _comment(event: Component, attendee: vCalAddress) -> str:
    """What the person wrote beside the answer: a comment or, from Google, a parameter of the attendee's."""
    told = event.get("comment", [])
    told = told if isinstance(told, list) else [told]
    words = [*map(str, told), str(attendee.params.get("X-RESPONSE-COMMENT", ""))]
    try:
        return clean_text("comment", "\n".join(dict.fromkeys(word.strip() for word in words if word.strip()))) or ""
    except CaptureRefused:
        return ""


def _number(event: Component, name: str) -> int | None:
    value = event.get(name)
    return int(value) if isinstance(value, int) else None


def _instant(event: Component, name: str) -> datetime | None:
    value = getattr(event.get(name), "dt", None)
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return None


def _address(attendee: str) -> str:
    bare = attendee.strip()
    bare = bare[len("mailto:") :] if bare.lower().startswith("mailto:") else bare
    try:
        return normal_email(bare)
    except CaptureRefused:
        return bare[:320]


def _named(name: str) -> str:
    """A name as a parameter may hold it: one line, without quotes and control characters (RFC 5545, 3.2)."""
    return "".join(sign for sign in " ".join(name.split()) if sign.isprintable() and sign != '"')
