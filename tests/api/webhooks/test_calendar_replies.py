"""Calendars answer invitations through Inbound Parse: believed once, from the lead only, and a person beside them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from adapters.db.rows import InboundMessageRow
from api.services import Services
from cadences.case import Case
from cadences.meeting_sends import meeting_message_out
from cadences.meetings import arrange
from leads.contract import CommandKind
from leads.meetings import Appointment, Meeting, MeetingState
from tests.api.conftest import Capture, client_of
from tests.api.fakes import RecordingDelivery
from tests.api.webhooks.calendar_mails import (
    GOOGLE_HEADERS,
    apple,
    google_calendar,
    google_text,
    outlook,
)
from tests.api.webhooks.conftest import Desk
from tests.api.webhooks.mails import SECRET, Parse
from tests.links import LINKS
from tests.quiet import nobody_waits

STRANGER = "zoe@somewhere.example.com"


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, webhooks=replace(services.webhooks, sendgrid_inbound_secret=SECRET))


@pytest_asyncio.fixture
async def parse(services: Services) -> AsyncIterator[Parse]:
    async with client_of(services, None) as client:
        yield Parse(client)


@pytest_asyncio.fixture
async def meeting(desk: Desk) -> Meeting:
    """The lead was invited for Tuesday, an hour ago."""
    await nobody_waits(desk.engine)
    appointment = Appointment(starts_at=desk.clock() + timedelta(days=4), minutes=45, subject="Two ovens", place="here")
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        case = arrange(opened.case, appointment, organizer=opened.case.lead.owner, by="anna", now=desk.clock())
        (meeting,) = case.meetings
        await opened.save(meeting_message_out(case, meeting.invitation_step, 1, desk.clock()), CommandKind.PLAN_CHANGED)
    desk.clock.move_by(timedelta(hours=2))
    return await meeting_of(desk)


@pytest.fixture
def organizer(meeting: Meeting) -> str:
    return LINKS.reply_address(meeting.id)


async def case_of(desk: Desk) -> Case:
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        return opened.case


async def meeting_of(desk: Desk) -> Meeting:
    (meeting,) = (await case_of(desk)).meetings
    return meeting


async def kinds(desk: Desk) -> list[str]:
    """The kinds of the open tasks, without those of the plan."""
    return sorted(task.kind for task in (await case_of(desk)).open_tasks if not task.of_plan)


async def kept(desk: Desk) -> list[Any]:
    async with desk.engine.connect() as connection:
        return list(
            await connection.execute(select(InboundMessageRow.__table__).order_by(InboundMessageRow.received_at))
        )


async def google(
    parse: Parse, meeting: Meeting, to: str, *, says: str = "ACCEPTED", comment: str = "", **more: Any
) -> None:
    file = google_calendar(meeting, to, says=says, comment=comment).encode()
    response = await parse.email(
        google_text(meeting, says.lower()),
        to=to,
        subject=f"Accepted: {meeting.subject} @ Tue Nov 24, 2026 10am (EST)",
        headers=GOOGLE_HEADERS,
        files=[
            ("invite.ics", 'text/calendar; charset="UTF-8"; method=REPLY', file),
            ("invite.ics", "application/ics", file),
        ],
        **more,
    )
    assert response.status_code == 204


async def test_outlook_accepts(
    parse: Parse, desk: Desk, meeting: Meeting, organizer: str, delivery: RecordingDelivery
) -> None:
    delivery.told.clear()
    response = await parse.raw(outlook(meeting, organizer).as_bytes(), to=organizer)
    assert response.status_code == 204
    assert (await meeting_of(desk)).state is MeetingState.ACCEPTED
    assert await kinds(desk) == [], "a calendar's answer is nobody's to answer"
    assert delivery.told == [desk.lead_id]
    (row,) = await kept(desk)
    assert (row.lead_id, row.kind) == (desk.lead_id, "calendar")


async def test_google_accepts_although_its_mail_calls_itself_automatic(
    parse: Parse, desk: Desk, meeting: Meeting, organizer: str
) -> None:
    await google(parse, meeting, organizer)
    assert (await meeting_of(desk)).state is MeetingState.ACCEPTED
    assert await kinds(desk) == []


async def test_apple_accepts(parse: Parse, desk: Desk, meeting: Meeting, organizer: str) -> None:
    await parse.raw(apple(meeting, organizer), to=organizer)
    assert (await meeting_of(desk)).state is MeetingState.ACCEPTED
    assert await kinds(desk) == []


async def test_a_declined_invitation_is_a_task_and_no_no(
    parse: Parse, desk: Desk, meeting: Meeting, organizer: str
) -> None:
    await parse.raw(outlook(meeting, organizer, says="DECLINED").as_bytes(), to=organizer)
    case = await case_of(desk)
    assert (await meeting_of(desk)).state is MeetingState.DECLINED
    assert await kinds(desk) == ["invitation"]
    assert (case.enrollment.ended, case.enrollment.hold) == (None, None)


@pytest.mark.parametrize("calendar", ["outlook", "google", "apple"])
async def test_what_the_person_adds_is_heard_as_a_reply_beside_the_answer(
    parse: Parse, desk: Desk, meeting: Meeting, organizer: str, calendar: str
) -> None:
    said = "Please bring the price list"
    match calendar:
        case "outlook":
            await parse.raw(outlook(meeting, organizer, comment=said).as_bytes(), to=organizer)
        case "google":
            await google(parse, meeting, organizer, comment=said)
        case _:
            await parse.raw(apple(meeting, organizer, text=said), to=organizer)
    assert (await meeting_of(desk)).state is MeetingState.ACCEPTED
    (task,) = [task for task in (await case_of(desk)).open_tasks if task.kind == "reply"]
    assert task.text == said
    (row,) = await kept(desk)
    assert (row.kind, row.text) == ("reply", said)


async def test_who_wants_no_more_messages_is_stopped_also_beside_a_calendar(
    parse: Parse, desk: Desk, meeting: Meeting, organizer: str
) -> None:
    await parse.raw(outlook(meeting, organizer, says="DECLINED", comment="unsubscribe").as_bytes(), to=organizer)
    assert (await case_of(desk)).enrollment.ended == "opted_out"


async def test_the_same_answer_twice_counts_once(
    parse: Parse, desk: Desk, meeting: Meeting, organizer: str, delivery: RecordingDelivery
) -> None:
    mail = outlook(meeting, organizer, says="DECLINED").as_bytes()
    await parse.raw(mail, to=organizer)
    delivery.told.clear()
    await parse.raw(mail, to=organizer)
    assert await kinds(desk) == ["invitation"]
    assert delivery.told == []
    assert len(await kept(desk)) == 1


async def test_an_answer_from_the_leads_own_address_counts_without_our_reply_address(
    parse: Parse, desk: Desk, meeting: Meeting
) -> None:
    await parse.raw(apple(meeting, "hello@reply.example.com"), to="hello@reply.example.com")
    assert (await meeting_of(desk)).state is MeetingState.ACCEPTED


async def test_an_answer_from_the_leads_other_mailbox_counts_at_our_reply_address(
    parse: Parse, desk: Desk, meeting: Meeting, organizer: str
) -> None:
    mail = apple(meeting, organizer)
    mail.replace_header("From", "Priya <priya.private@icloud.example.com>")
    await parse.raw(mail, to=organizer, sender="priya.private@icloud.example.com")
    assert (await meeting_of(desk)).state is MeetingState.ACCEPTED


async def waits_for_a_person(desk: Desk, before: Case) -> None:
    assert await case_of(desk) == before, "nothing was changed"
    (row,) = await kept(desk)
    assert (row.lead_id, row.kind, row.handled_at) == (None, "calendar", None)


async def test_a_stranger_who_knows_the_uid_changes_nothing(parse: Parse, desk: Desk, meeting: Meeting) -> None:
    before = await case_of(desk)
    mail = apple(meeting, "hello@reply.example.com")
    mail.replace_header("From", f"Zoe <{STRANGER}>")
    await parse.raw(mail, to="hello@reply.example.com", sender=STRANGER)
    await waits_for_a_person(desk, before)


async def test_an_answer_for_somebody_who_was_not_invited_changes_nothing(
    parse: Parse, desk: Desk, meeting: Meeting, organizer: str
) -> None:
    before = await case_of(desk)
    await parse.raw(apple(meeting, organizer, address=STRANGER), to=organizer, sender=STRANGER)
    await waits_for_a_person(desk, before)


async def test_an_answer_to_an_unknown_meeting_waits_for_a_person(
    parse: Parse, desk: Desk, meeting: Meeting, organizer: str
) -> None:
    before = await case_of(desk)
    other = replace(meeting, id=desk.lead_id)
    await parse.raw(outlook(other, organizer).as_bytes(), to=organizer)
    await waits_for_a_person(desk, before)


async def test_a_forged_reply_address_changes_nothing(parse: Parse, desk: Desk, meeting: Meeting) -> None:
    before, forged = await case_of(desk), "r+" + "a" * 42 + "@reply.example.com"
    await parse.raw(outlook(meeting, forged).as_bytes(), to=forged)
    assert await case_of(desk) == before
    (row,) = await kept(desk)
    assert row.lead_id is None


async def test_another_leads_meeting_is_not_answered_by_this_lead(
    parse: Parse, desk: Desk, meeting: Meeting, capture: Capture
) -> None:
    other = "tom@example.com"
    await capture(email=other, phone="+12125550112")
    before = await case_of(desk)
    mail = apple(meeting, "hello@reply.example.com")
    mail.replace_header("From", f"Tom <{other}>")
    await parse.raw(mail, to="hello@reply.example.com", sender=other)
    await waits_for_a_person(desk, before)


async def test_what_the_person_adds_to_a_foreign_invitation_is_heard_as_a_reply(
    parse: Parse, desk: Desk, meeting: Meeting, organizer: str
) -> None:
    other = replace(meeting, id=desk.lead_id)
    await parse.raw(apple(other, organizer, text="Call me instead"), to=organizer)
    assert await kinds(desk) == ["reply"]
    assert (await meeting_of(desk)).state is MeetingState.INVITED


async def test_a_plain_reply_to_the_organizers_address_finds_its_lead(
    parse: Parse, desk: Desk, meeting: Meeting, organizer: str
) -> None:
    await parse.email("Where do I park?", to=organizer, sender="priya.private@icloud.example.com")
    (task,) = [task for task in (await case_of(desk)).open_tasks if task.kind == "reply"]
    assert "Where do I park?" in task.text


async def test_an_answer_to_the_time_before_the_meeting_was_moved_changes_nothing(
    parse: Parse, desk: Desk, meeting: Meeting, organizer: str
) -> None:
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        moved = replace(meeting, sequence=1, told=1)
        await opened.save(opened.case.with_meeting(moved), CommandKind.PLAN_CHANGED)
    await parse.raw(outlook(meeting, organizer).as_bytes(), to=organizer)
    assert (await meeting_of(desk)).state is MeetingState.INVITED
