"""The page on which a lead picks a time: read without JavaScript, pressed by people, double-booked by nobody."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from bs4 import Tag
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cases import CaseStore
from adapters.db.rows import LeadRow, MeetingRow
from adapters.db.scans import note_scan
from api.public import bookings
from cadences import commands
from cadences.case import Case
from leads.contract import CommandKind
from leads.meetings import Meeting, MeetingState
from leads.model import Stage
from tests.api.conftest import Capture
from tests.api.public.conftest import READING_TIME, Browser, Page, Prospect, fields_of
from tests.api.webhooks.conftest import Desk
from tests.clocks import SettableClock
from tests.links import LINKS

MONDAY_10 = datetime(2026, 11, 23, 15, tzinfo=UTC)
"""10:00 in New York."""


def link(prospect: Prospect) -> str:
    return LINKS.meeting(prospect.lead_id, prospect.touch_id)


def offered(page: Page) -> list[str]:
    """The times that can be chosen."""
    return [str(each["value"]) for each in page.soup.find_all("input", {"type": "radio"}) if isinstance(each, Tag)]


async def pick(browser: Browser, page: Page, at: datetime, after: timedelta = READING_TIME) -> Page:
    return await browser.press(page, "Meet then", after, at=at.isoformat())


async def case_of(prospect: Prospect) -> Case:
    async with prospect.desk.cases.open(prospect.lead_id, prospect.desk.clock()) as opened:
        return opened.case


async def meeting_of(prospect: Prospect) -> Meeting:
    (meeting,) = (await case_of(prospect)).meetings
    return meeting


@pytest_asyncio.fixture
async def other(
    engine: AsyncEngine, cases: CaseStore, clock: SettableClock, capture: Capture, prospect: Prospect
) -> Prospect:
    """A second lead of the same owner."""
    owner = (await case_of(prospect)).lead.owner.id
    captured = await capture(email="tom@example.com", phone="+12125550112", name="Tom", owner=owner)
    desk = Desk(engine, cases, clock, UUID(captured["id"]))
    return Prospect(desk, await desk.message())


async def test_the_page_offers_the_owners_free_times_on_the_leads_clock(browser: Browser, prospect: Prospect) -> None:
    page = await browser.open(link(prospect))
    assert (page.status, page.heading) == (200, "Meet Anna Keller")
    assert "All times are New York time" in page.text
    days = [each.get_text(strip=True) for each in page.soup.find_all("legend")]
    assert (days[:2], len(days)) == (["Friday 20 November 2026", "Monday 23 November 2026"], 10)
    # Friday 10:00 there: the first time is two hours later.
    assert offered(page)[0] == "2026-11-20T17:00:00+00:00"
    assert page.soup.find("script") is None


async def test_a_lead_elsewhere_sees_its_own_clock(
    browser: Browser, engine: AsyncEngine, cases: CaseStore, clock: SettableClock, capture: Capture
) -> None:
    captured = await capture(zone="Europe/Berlin", email="ute@example.com", phone="+4930901820", owner="anna")
    desk = Desk(engine, cases, clock, UUID(captured["id"]))
    page = await browser.open(link(Prospect(desk, await desk.message())))
    assert "All times are Berlin time" in page.text
    monday = [each for each in page.soup.find_all("fieldset") if "Monday 23 November" in each.get_text()]
    assert monday[0].get_text(" ", strip=True).split()[:6] == ["Monday", "23", "November", "2026", "15:00", "15:30"]


async def test_a_time_that_is_picked_is_a_meeting_that_is_accepted(browser: Browser, prospect: Prospect) -> None:
    page = await pick(browser, await browser.open(link(prospect)), MONDAY_10)
    assert (page.status, page.heading) == (200, "You meet Anna Keller")
    assert "Monday 23 November 2026, 10:00 to 10:30 (New York time)" in page.text
    case, meeting = await case_of(prospect), await meeting_of(prospect)
    assert (meeting.state, meeting.starts_at, meeting.asked_by) == (MeetingState.ACCEPTED, MONDAY_10, "link")
    assert case.lead.stage is Stage.WORKING
    assert case.first_human_at is None
    assert case.enrollment.hold is not None
    assert case.enrollment.hold.reason == "meeting"
    (command,) = await prospect.commands()
    assert (command.kind, command.by) == ("plan_changed", "link")


async def test_the_time_can_be_changed_on_the_same_page_and_pressing_twice_changes_nothing(
    browser: Browser, prospect: Prospect
) -> None:
    page = await browser.open(link(prospect))
    await pick(browser, page, MONDAY_10)
    again = await pick(browser, page, MONDAY_10)
    assert again.heading == "You meet Anna Keller"
    assert len(await prospect.commands()) == 1
    standing = await browser.open(link(prospect))
    assert "You meet on Monday 23 November 2026, 10:00 to 10:30" in standing.text
    assert MONDAY_10.isoformat() in offered(standing), "its own time is free for it"
    await pick(browser, standing, MONDAY_10 + timedelta(minutes=30))
    meeting = await meeting_of(prospect)
    assert (meeting.sequence, meeting.state) == (1, MeetingState.ACCEPTED)
    assert meeting.starts_at == MONDAY_10 + timedelta(minutes=30)


async def test_what_somebody_else_has_is_not_offered(browser: Browser, prospect: Prospect, other: Prospect) -> None:
    await pick(browser, await browser.open(link(prospect)), MONDAY_10)
    assert MONDAY_10.isoformat() not in offered(await browser.open(link(other)))


async def test_of_two_who_saw_the_same_time_the_second_is_asked_to_choose_again(
    browser: Browser, prospect: Prospect, other: Prospect
) -> None:
    one, two = await browser.open(link(prospect)), await browser.open(link(other))
    assert (await pick(browser, one, MONDAY_10)).status == 200
    late = await pick(browser, two, MONDAY_10)
    assert late.status == 409
    assert "That time has just been taken" in late.text
    assert MONDAY_10.isoformat() not in offered(late)
    assert (await case_of(other)).meetings == ()
    assert (await pick(browser, late, MONDAY_10 + timedelta(minutes=30))).status == 200


async def test_of_two_who_press_in_the_same_instant_one_gets_it(
    browser: Browser, prospect: Prospect, other: Prospect, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [await browser.open(link(prospect)), await browser.open(link(other))]
    browser.clock.move_by(READING_TIME)
    both, looks, look = asyncio.Barrier(2), list[int](), bookings.taken_times

    async def look_together(*args: Any, **more: Any) -> Any:
        """Both see the time free before either commits."""
        found = await look(*args, **more)
        if len(looks) < 2:
            looks.append(1)
            await both.wait()
        return found

    monkeypatch.setattr(bookings, "taken_times", look_together)

    async def press(page: Page) -> Page:
        form = page.forms[-1]
        return await browser.submit(page, form, page.button("Meet then"), at=MONDAY_10.isoformat())

    answers = await asyncio.gather(*map(press, pages))
    assert sorted(page.status for page in answers) == [200, 409]
    (lost,) = [page for page in answers if page.status == 409]
    assert "That time has just been taken" in lost.text
    async with engine.connect() as connection:
        assert len((await connection.execute(select(MeetingRow.id))).all()) == 1


@pytest.mark.parametrize(
    "at",
    [
        "",
        "soon",
        "2026-11-23T15:00:00",  # on no clock
        "2026-11-23T15:10:00+00:00",  # between two
        "2026-11-23T03:00:00+00:00",  # at night
        "2026-11-20T15:30:00+00:00",  # too soon
        "2026-11-19T15:00:00+00:00",
        "2036-11-24T15:00:00+00:00",
        "0001-01-01T00:00:00+23:59",
    ],
)
async def test_a_time_that_is_not_offered_is_not_taken(browser: Browser, prospect: Prospect, at: str) -> None:
    page = await browser.open(link(prospect))
    browser.clock.move_by(READING_TIME)
    answer = await browser.submit(page, page.forms[-1], page.button("Meet then"), at=at)
    assert answer.status in (409, 422)
    assert offered(answer), "the page comes again"
    assert (await case_of(prospect)).meetings == ()


async def test_after_a_no_no_time_is_offered_or_taken(browser: Browser, prospect: Prospect) -> None:
    page = await browser.open(link(prospect))
    async with prospect.desk.cases.open(prospect.lead_id, prospect.desk.clock()) as opened:
        now = prospect.desk.clock()
        case = commands.record_answer(opened.case, answer="no", by="anna", note=None, now=now)
        await opened.save(case, CommandKind.RECORD_ANSWER)
    assert (await pick(browser, page, MONDAY_10)).status == 409
    assert offered(await browser.open(link(prospect))) == []
    assert (await case_of(prospect)).meetings == ()


# Programs, and tokens.


async def test_opening_it_a_hundred_times_changes_nothing(browser: Browser, prospect: Prospect) -> None:
    before = await prospect.standing()
    for _ in range(50):
        await browser.open(link(prospect))
        assert (await browser.client.head(link(prospect))).status_code == 200
    assert await prospect.standing() == before


async def test_a_scanner_that_presses_everything_books_nothing(browser: Browser, prospect: Prospect) -> None:
    page = await browser.open(link(prospect))
    for form in page.forms:
        for button in [each for each in form.find_all("button") if isinstance(each, Tag)]:
            browser.clock.move_by(READING_TIME)
            await browser.submit(page, form, button)
            chosen = fields_of(form, button, at=MONDAY_10.isoformat())
            await browser.client.post(page.url, data=chosen)
    assert (await case_of(prospect)).meetings == ()


async def test_a_press_that_is_too_fast_or_after_a_scan_is_asked_for_once_more(
    browser: Browser, prospect: Prospect
) -> None:
    page = await browser.open(link(prospect))
    fast = await pick(browser, page, MONDAY_10, timedelta(seconds=1))
    assert (fast.status, "Please press once more" in fast.text) == (422, True)
    browser.clock.move_by(READING_TIME)
    async with prospect.desk.cases.open(prospect.lead_id, browser.clock()) as opened:
        await opened.beside(
            lambda connection: note_scan(connection, prospect.lead_id, prospect.touch_id, browser.clock())
        )
    scanned = await pick(browser, fast, MONDAY_10)
    assert (scanned.status, "Please press once more" in scanned.text) == (422, True)
    assert (await case_of(prospect)).meetings == ()
    assert (await pick(browser, scanned, MONDAY_10)).status == 200


async def test_only_a_token_of_ours_for_this_page_opens_it(browser: Browser, prospect: Prospect) -> None:
    good = link(prospect)
    answer_token = LINKS.answer(prospect.lead_id, prospect.touch_id).rpartition("/")[2]
    for bad in (good[:-1], good[:-1] + ("A" if good[-1] != "A" else "B"), f"{good.rpartition('/')[0]}/{answer_token}"):
        for response in (await browser.client.get(bad), await browser.client.post(bad, data={"answer": "book"})):
            assert response.status_code == 404


async def test_an_erased_lead_has_no_times(browser: Browser, prospect: Prospect) -> None:
    page = await browser.open(link(prospect))
    async with prospect.desk.engine.begin() as connection:
        await connection.execute(delete(LeadRow).where(LeadRow.id == prospect.lead_id))
    assert (await pick(browser, page, MONDAY_10)).status == 410
    assert (await browser.open(link(prospect))).status == 410
