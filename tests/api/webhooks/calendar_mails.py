"""Answers to an invitation as Outlook, Google Calendar and Apple Mail send them, made for a given meeting."""

from email import message_from_string
from email.message import EmailMessage, Message
from email.policy import SMTP

from leads.meetings import Meeting

NAME, ADDRESS = "Priya Raman", "priya@harbor-bakery.example.com"


def utc(meeting: Meeting) -> str:
    return f"{meeting.starts_at:%Y%m%dT%H%M%SZ}"


def outlook(meeting: Meeting, organizer: str, *, says: str = "ACCEPTED", comment: str = "") -> Message:
    """Outlook on Exchange: an alternative of text, html and calendar; what the person adds stands in the text too."""
    word = {"ACCEPTED": "Accepted", "TENTATIVE": "Tentative", "DECLINED": "Declined"}[says]
    note = f"COMMENT;LANGUAGE=en-US:{comment}\\n\n" if comment else ""
    calendar = f"""BEGIN:VCALENDAR
METHOD:REPLY
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:Eastern Standard Time
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
ATTENDEE;PARTSTAT={says};CN={NAME}:mailto:{ADDRESS}
{note}UID:{meeting.id}
SUMMARY;LANGUAGE=en-US:{word}: {meeting.subject}
DTSTART;TZID=Eastern Standard Time:20261124T100000
DTEND;TZID=Eastern Standard Time:20261124T104500
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:20261120T161502Z
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:{meeting.sequence}
LOCATION;LANGUAGE=en-US:{meeting.place}
X-MICROSOFT-CDO-APPT-SEQUENCE:{meeting.sequence}
X-MICROSOFT-CDO-OWNERAPPTID:0
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY
END:VEVENT
END:VCALENDAR
"""
    return message_from_string(
        f"""From: {NAME} <{ADDRESS}>
To: Anna Keller <{organizer}>
Subject: {word}: {meeting.subject}
Thread-Topic: {meeting.subject}
Date: Fri, 20 Nov 2026 16:15:02 +0000
Message-ID: <BN7PR10MB2659@BN7PR10MB2659.namprd10.prod.outlook.com>
Content-Language: en-US
X-MS-Exchange-Calendar-Originator-Id: 123;{organizer}
Content-Type: multipart/alternative; boundary="_000_BN7PR10MB2659_"
MIME-Version: 1.0

--_000_BN7PR10MB2659_
Content-Type: text/plain; charset="us-ascii"

{comment}

--_000_BN7PR10MB2659_
Content-Type: text/html; charset="us-ascii"

<html><head></head><body><p>{comment}</p></body></html>

--_000_BN7PR10MB2659_
Content-Type: text/calendar; charset="utf-8"; method=REPLY

{calendar}
--_000_BN7PR10MB2659_--
"""
    )


def google_calendar(meeting: Meeting, organizer: str, *, says: str = "ACCEPTED", comment: str = "") -> str:
    """The calendar file of Google Calendar's answer."""
    remark = f';X-RESPONSE-COMMENT="{comment}"' if comment else ""
    return f"""BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REPLY
BEGIN:VEVENT
DTSTART:{utc(meeting)}
DTEND:20261124T154500Z
DTSTAMP:20261120T161600Z
ORGANIZER;CN=Anna Keller:mailto:{organizer}
UID:{meeting.id}
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={says};CN={NAME};X-NUM-GUESTS=0{remark}:mailto:{ADDRESS}
CREATED:20261120T150001Z
LAST-MODIFIED:20261120T161600Z
SEQUENCE:{meeting.sequence}
STATUS:CONFIRMED
SUMMARY:{meeting.subject}
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


def google_text(meeting: Meeting, says: str = "accepted") -> str:
    """What Google Calendar writes in the person's name."""
    return f"""{NAME} has {says} this invitation.

{meeting.subject}
Tuesday Nov 24, 2026 - 10am to 10:45am
Eastern Time - New York

Organizer
Anna Keller

Guests
Anna Keller - organizer
{NAME}

~~//~~
Invitation from Google Calendar: https://calendar.google.com/calendar/

You are receiving this email because you are subscribed to calendar notifications.
"""


GOOGLE_HEADERS = {
    "Sender": "Google Calendar <calendar-notification@google.com>",
    "Auto-Submitted": "auto-generated",
    "Message-ID": "<calendar-8f3e@google.com>",
}


def apple(
    meeting: Meeting, organizer: str, *, says: str = "ACCEPTED", text: str = "", address: str = ADDRESS
) -> EmailMessage:
    """Apple Mail: a mixed message with the calendar as an attachment."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"{NAME} <{address}>"
    mail["To"] = organizer
    mail["Subject"] = f"{NAME} accepted your invitation: {meeting.subject}"
    mail["Message-ID"] = "<6F9C2D3E-1B7A@harbor-bakery.example.com>"
    mail["X-Mailer"] = "iPhone Mail (23B85)"
    mail.set_content(text or "\n")
    calendar = f"""BEGIN:VCALENDAR
CALSCALE:GREGORIAN
METHOD:REPLY
PRODID:-//Apple Inc.//iOS 26.1//EN
VERSION:2.0
BEGIN:VEVENT
ATTENDEE;CN="{NAME}";CUTYPE=INDIVIDUAL;EMAIL="{address}";PARTSTAT={says}:mailto:{address}
DTEND:20261124T154500Z
DTSTAMP:20261120T161700Z
DTSTART:{utc(meeting)}
LAST-MODIFIED:20261120T161700Z
ORGANIZER;CN="Anna Keller":mailto:{organizer}
SEQUENCE:{meeting.sequence}
SUMMARY:{meeting.subject}
UID:{str(meeting.id).upper()}
END:VEVENT
END:VCALENDAR
"""
    mail.add_attachment(
        calendar.encode(), maintype="text", subtype="calendar", filename="iCal-20261120.ics", params={"method": "REPLY"}
    )
    return mail
