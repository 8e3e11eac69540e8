"""Invitations as calendars read them, and answers as calendars write them."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.invitations import LONGEST_CALENDAR, InvitationReply, Method, Participation, read_reply, write_invitation
from leads.meetings import Meeting, MeetingState, MeetingStep, read_step

MEETING = Meeting(
    id=UUID("5f0c1f5e-7a53-4c3a-9d63-0d6d3f1a2b11"),
    enrollment_id=UUID(int=2),
    organizer="anna",
    organizer_name="Anna Keller",
    asked_by="anna",
    agreed_at=datetime(2026, 11, 20, 15, tzinfo=UTC),
    starts_at=datetime(2026, 11, 24, 15, tzinfo=UTC),
    ends_at=datetime(2026, 11, 24, 15, 30, tzinfo=UTC),
    subject="Two ovens; prices, and power",
    place="https://meet.example.com/abc",
    changed_at=datetime(2026, 11, 20, 15, tzinfo=UTC),
)


def lines_of(meeting: Meeting, **values: str) -> list[str]:
    """The lines of its calendar file, unfolded (RFC 5545, 3.1)."""
    told = {"organizer": "r+abc@reply.example.com", "attendee": "priya@example.com", "attendee_name": "Priya Raman"}
    text = write_invitation(meeting, **{**told, **values}).text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")


def test_an_invitation_says_all_that_a_calendar_needs() -> None:
    assert lines_of(MEETING) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Followthrough//Meetings//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        r"SUMMARY:Two ovens\; prices\, and power",
        "DTSTART:20261124T150000Z",
        "DTEND:20261124T153000Z",
        "DTSTAMP:20261120T150000Z",
        "UID:5f0c1f5e-7a53-4c3a-9d63-0d6d3f1a2b11",
        "SEQUENCE:0",
        'ATTENDEE;CN="Priya Raman";PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:priya@example.com',
        "LOCATION:https://meet.example.com/abc",
        'ORGANIZER;CN="Anna Keller":mailto:r+abc@reply.example.com',
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_a_moved_meeting_keeps_its_uid_and_counts_its_sequence() -> None:
    moved = replace(MEETING, sequence=3, starts_at=datetime(2026, 11, 25, 15, tzinfo=UTC))
    lines = lines_of(moved)
    assert {"METHOD:REQUEST", f"UID:{MEETING.id}", "SEQUENCE:3", "DTSTART:20261125T150000Z"} <= set(lines)


def test_a_cancelled_meeting_is_taken_out_of_the_calendar() -> None:
    off = replace(MEETING, sequence=1, state=MeetingState.CANCELLED)
    lines = lines_of(off)
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:1"} <= set(lines)
    assert (
        write_invitation(off, organizer="a@b.example", attendee="c@d.example", attendee_name=None).name == "cancel.ics"
    )


def test_a_time_that_the_lead_picked_stands_as_accepted_in_its_calendar() -> None:
    (attendee,) = [
        line for line in lines_of(replace(MEETING, state=MeetingState.ACCEPTED)) if line.startswith("ATTENDEE")
    ]
    assert "PARTSTAT=ACCEPTED" in attendee


@pytest.mark.parametrize(
    "name", ['Priya "P." Raman', "Priya\r\nATTENDEE:mailto:x@y.example", "Zoë\x00 O'Neil; Ltd, x:y"]
)
def test_nobodys_name_breaks_out_of_its_place(name: str) -> None:
    lines = lines_of(replace(MEETING, subject=name, place=name, organizer_name=name), attendee_name=name)
    assert len([line for line in lines if line.startswith("ATTENDEE")]) == 1
    assert len(lines) == 20


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_people_write_can_be_read_back(subject: str, name: str) -> None:
    meeting = replace(MEETING, subject=subject or "x", organizer_name=name, place=subject)
    text = write_invitation(
        meeting, organizer="r+abc@reply.example.com", attendee="priya@example.com", attendee_name=name
    ).text
    reply = read_reply(text.replace("METHOD:REQUEST", "METHOD:REPLY"))
    assert reply is not None
    assert (reply.uid, reply.attendee, reply.sequence) == (str(MEETING.id), "priya@example.com", 0)


OUTLOOK = """BEGIN:VCALENDAR
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
ATTENDEE;PARTSTAT=ACCEPTED;CN=Priya Raman:mailto:Priya@Example.com
COMMENT;LANGUAGE=en-US:See you there\\, bring the price list\\n
UID:5f0c1f5e-7a53-4c3a-9d63-0d6d3f1a2b11
SUMMARY;LANGUAGE=en-US:Accepted: Two ovens
DTSTART;TZID=Eastern Standard Time:20261124T100000
DTEND;TZID=Eastern Standard Time:20261124T103000
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:20261120T161502Z
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:0
X-MICROSOFT-CDO-APPT-SEQUENCE:0
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
END:VEVENT
END:VCALENDAR
"""
GOOGLE = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REPLY
BEGIN:VEVENT
DTSTART:20261124T150000Z
DTEND:20261124T153000Z
DTSTAMP:20261120T170000Z
ORGANIZER;CN=Anna Keller:mailto:r+abc@reply.example.com
UID:5f0c1f5e-7a53-4c3a-9d63-0d6d3f1a2b11
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=DECLINED;CN=Priya
  Raman;X-NUM-GUESTS=0;X-RESPONSE-COMMENT="Wednesday would be better":mailto
 :priya@example.com
CREATED:20261120T150001Z
LAST-MODIFIED:20261120T170000Z
LOCATION:https://meet.example.com/abc
SEQUENCE:1
STATUS:CONFIRMED
SUMMARY:Two ovens
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""
APPLE = """BEGIN:VCALENDAR
CALSCALE:GREGORIAN
METHOD:REPLY
PRODID:-//Apple Inc.//macOS 15.1//EN
VERSION:2.0
BEGIN:VEVENT
ATTENDEE;CN="Priya Raman";CUTYPE=INDIVIDUAL;EMAIL="priya@example.com";PARTSTAT=TENTATIVE:mailto:priya@example.com
DTEND:20261124T153000Z
DTSTAMP:20261121T080000Z
DTSTART:20261124T150000Z
LAST-MODIFIED:20261121T080000Z
ORGANIZER;CN="Anna Keller":mailto:r+abc@reply.example.com
SEQUENCE:0
SUMMARY:Two ovens
UID:5F0C1F5E-7A53-4C3A-9D63-0D6D3F1A2B11
END:VEVENT
END:VCALENDAR
"""
COUNTER = OUTLOOK.replace("METHOD:REPLY", "METHOD:COUNTER").replace("20261124T10", "20261125T14")


def answer(**values: object) -> InvitationReply:
    said = {"uid": str(MEETING.id), "method": Method.REPLY, "attendee": "priya@example.com", "sequence": 0}
    return InvitationReply(**{**said, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            OUTLOOK,
            answer(
                says=Participation.ACCEPTED,
                stamped_at=datetime(2026, 11, 20, 16, 15, 2, tzinfo=UTC),
                comment="See you there, bring the price list",
            ),
            id="Outlook",
        ),
        pytest.param(
            GOOGLE,
            answer(
                says=Participation.DECLINED,
                sequence=1,
                stamped_at=datetime(2026, 11, 20, 17, tzinfo=UTC),
                comment="Wednesday would be better",
            ),
            id="Google",
        ),
        pytest.param(
            APPLE,
            answer(
                uid=str(MEETING.id).upper(),
                says=Participation.TENTATIVE,
                stamped_at=datetime(2026, 11, 21, 8, tzinfo=UTC),
            ),
            id="Apple",
        ),
        pytest.param(
            COUNTER,
            answer(
                method=Method.COUNTER,
                says=Participation.ACCEPTED,
                stamped_at=datetime(2026, 11, 20, 16, 15, 2, tzinfo=UTC),
                comment="See you there, bring the price list",
                proposes=datetime(2026, 11, 25, 19, tzinfo=UTC),
            ),
            id="Outlook proposes another time",
        ),
    ],
)
def test_answers_of_well_known_calendars_are_read(text: str, expected: InvitationReply) -> None:
    assert read_reply(text) == expected
    assert read_reply(text.replace("\n", "\r\n")) == expected
    assert expected.meeting_id == MEETING.id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing of the sort",
        "BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR",
        OUTLOOK.replace("METHOD:REPLY", "METHOD:REQUEST"),
        OUTLOOK.replace("METHOD:REPLY\n", ""),
        OUTLOOK.replace("ATTENDEE;", "X-ATTENDEE;"),
        OUTLOOK.replace("UID:", "X-UID:"),
        OUTLOOK[:200],
        "BEGIN:VCALENDAR\n" * 3000,
    ],
)
def test_what_is_no_answer_is_none(text: str) -> None:
    assert read_reply(text) is None


def test_an_answer_of_a_meaning_that_nobody_defined_says_nothing() -> None:
    reply = read_reply(OUTLOOK.replace("PARTSTAT=ACCEPTED", "PARTSTAT=PERHAPS").replace("SEQUENCE:0", "SEQUENCE:many"))
    assert reply is not None
    assert (reply.says, reply.sequence) == (Participation.NEEDS_ACTION, None)


def test_a_uid_that_is_not_ours_names_no_meeting() -> None:
    reply = read_reply(OUTLOOK.replace(str(MEETING.id), "040000008200E00074C5B7101A82E008"))
    assert reply is not None
    assert reply.meeting_id is None


def test_of_a_huge_calendar_only_the_beginning_is_read() -> None:
    assert read_reply(OUTLOOK.replace("CLASS:PUBLIC", f"X-PAD:{'x' * LONGEST_CALENDAR}")) is None


def test_the_steps_of_meetings_name_them_and_no_cadence_can() -> None:
    assert read_step(MEETING.invitation_step) == MeetingStep(MEETING.id, nudge=False)
    assert read_step(MEETING.nudge_step) == MeetingStep(MEETING.id, nudge=True)
    for other in (None, "", "meeting", "meeting-request", "meeting:next-week", f"task:{MEETING.id}"):
        assert read_step(other) is None
