"""The page of the answers: opening it changes nothing, a press does, and says what happens next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import delete

from adapters.db.rows import LeadRow
from api.services import Services
from cadences import commands
from cadences.asked_after_stop import WORDS
from cadences.hearing import contact_point_lost
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome
from leads.contract import CommandKind
from tests.api.conftest import client_of
from tests.api.fakes import RecordingDelivery
from tests.api.public.conftest import Browser, Page, Prospect, fields_of
from tests.api.webhooks.conftest import EMAIL
from tests.links import LINKS

CHOICES = ("", "yes", "later", "no")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("choice", CHOICES)
async def test_u4_opening_a_hundred_times_changes_nothing(
    stranger: httpx.AsyncClient, prospect: Prospect, delivery: RecordingDelivery, method: str, choice: str
) -> None:
    before, told = await prospect.standing(), len(delivery.told)
    for _ in range(100):
        response = await stranger.request(method, prospect.answer(choice))
        assert response.status_code == 200
    assert (await prospect.standing(), len(delivery.told)) == (before, told)


@pytest.mark.parametrize(
    ("choice", "heading", "first"),
    [
        ("", "How shall we go on?", "Yes, let's talk"),
        ("yes", "Yes, let's talk?", "Yes, let's talk"),
        ("later", "Not now?", "Not now"),
        ("no", "No, thank you?", "No, thank you"),
    ],
)
async def test_the_choice_of_the_email_comes_first_and_all_are_there(
    browser: Browser, prospect: Prospect, choice: str, heading: str, first: str
) -> None:
    page = await browser.open(prospect.answer(choice))
    assert page.heading == heading
    sections = [section.get_text(strip=True) for section in page.soup.find_all("h2")]
    assert sections[0] == first
    assert sorted(sections) == ["No, thank you", "Not now", "Yes, let's talk"]
    for label in ("Yes, let's talk", "1 month", "3 months", "1 year", "Until that day", "No, thank you"):
        assert page.button(label)["type"] == "submit"
    chosen = [button.get_text(strip=True) for button in page.soup.select("button.chosen")]
    assert chosen == {"": [], "later": ["1 month", "3 months", "1 year"]}.get(choice, [first])


async def test_yes_hands_over_to_the_owner(browser: Browser, prospect: Prospect, delivery: RecordingDelivery) -> None:
    delivery.told.clear()
    page = await browser.press(await browser.open(prospect.answer("yes")), "Yes, let's talk")
    assert (page.status, page.heading) == (200, "Thank you, let's talk")
    assert "will be in touch with you" in page.text
    standing = await prospect.standing()
    assert (standing.ended, standing.open_tasks) == ("yes", ["hand_over"])
    [task] = await prospect.open_tasks()
    assert task.text == 'pressed "Yes, let\'s talk" under our email'
    [command] = await prospect.commands()
    assert (command.kind, command.by) == ("record_answer", "link")
    assert command.details["touch_id"] == str(prospect.touch_id)
    assert command.told["answer"] == "yes"
    assert delivery.told == [prospect.lead_id]


async def test_no_ends_everything(browser: Browser, prospect: Prospect, delivery: RecordingDelivery) -> None:
    page = await browser.press(await browser.open(prospect.answer("no")), "No, thank you")
    assert (page.status, page.heading) == (200, "Thank you for telling us")
    assert "+12125550100" in page.text
    standing = await prospect.standing()
    assert (standing.ended, standing.open_tasks) == ("no", [])
    [command] = await prospect.commands()
    assert (command.kind, command.by, command.told["answer"]) == ("record_answer", "link", "no")


@pytest.mark.parametrize(
    ("label", "typed", "shown", "starts_at"),
    [
        ("1 month", {}, "20 December 2026", datetime(2026, 12, 20, 5, tzinfo=UTC)),
        ("3 months", {}, "20 February 2027", datetime(2027, 2, 20, 5, tzinfo=UTC)),
        ("1 year", {}, "20 November 2027", datetime(2027, 11, 20, 5, tzinfo=UTC)),
        ("Until that day", {"until": "2026-11-21"}, "21 November 2026", datetime(2026, 11, 21, 5, tzinfo=UTC)),
        ("Until that day", {"until": "2031-11-20"}, "20 November 2031", datetime(2031, 11, 20, 5, tzinfo=UTC)),
    ],
)
async def test_not_now_sleeps_until_the_day_on_the_leads_own_calendar(
    browser: Browser, prospect: Prospect, label: str, typed: dict[str, str], shown: str, starts_at: datetime
) -> None:
    page = await browser.press(await browser.open(prospect.answer("later")), label, **typed)
    assert (page.status, page.heading) == (200, "All right, not now")
    assert f"before {shown}" in page.text
    async with prospect.desk.cases.open(prospect.lead_id, prospect.desk.clock()) as opened:
        enrollment = opened.case.enrollment
    assert (enrollment.cadence, enrollment.started_at, enrollment.ended) == ("not-now", starts_at, None)
    [command] = await prospect.commands()
    assert (command.kind, command.by, command.told["cadence"]) == ("not_now", "link", "not-now")
    assert command.details["touch_id"] == str(prospect.touch_id)


@pytest.mark.parametrize("until", ["", "2026-11-20", "2020-01-01", "2031-11-21", "9999-12-31", "soon", "2027-02-30"])
async def test_a_day_that_nobody_can_come_back_on_is_refused_on_the_page(
    browser: Browser, prospect: Prospect, until: str
) -> None:
    before = await prospect.standing()
    page = await browser.press(await browser.open(prospect.answer("yes")), "Until that day", until=until)
    assert page.status == 422
    assert page.heading == "Not now?"
    typed = page.soup.find("input", {"name": "until"})
    assert typed is not None
    assert (typed["value"], typed["aria-invalid"], typed["aria-describedby"]) == (until, "true", "wrong-date")
    assert "choose a day after today, and within 5 years" in page.text
    assert await prospect.standing() == before
    mended = await browser.press(page, "Until that day", until="2026-12-24")
    assert (mended.status, mended.heading) == (200, "All right, not now")


@pytest.mark.parametrize(
    ("choice", "label"), [("yes", "Yes, let's talk"), ("no", "No, thank you"), ("later", "1 month")]
)
async def test_the_same_press_twice_is_one_command(
    browser: Browser, prospect: Prospect, choice: str, label: str
) -> None:
    page = await browser.open(prospect.answer(choice))
    first = await browser.press(page, label)
    standing = await prospect.standing()
    second = await browser.press(page, label)
    assert (first.status, second.status, first.heading) == (200, 200, second.heading)
    assert await prospect.standing() == standing
    assert len(await prospect.commands()) == 1


async def test_not_now_may_be_changed_on_the_page_that_follows(browser: Browser, prospect: Prospect) -> None:
    page = await browser.press(await browser.open(prospect.answer("later")), "1 year")
    again = page.soup.find("a", string="Choose again")
    assert again is not None
    page = await browser.press(await browser.open(str(again["href"])), "Yes, let's talk")
    assert page.heading == "Thank you, let's talk"
    assert (await prospect.standing()).ended == "yes"


async def test_after_a_yes_no_ends_the_hand_over(browser: Browser, prospect: Prospect) -> None:
    page = await browser.press(await browser.open(prospect.answer("yes")), "Yes, let's talk")
    again = page.soup.find("a", string="Choose again")
    assert again is not None
    await browser.press(await browser.open(str(again["href"])), "No, thank you")
    standing = await prospect.standing()
    assert (standing.ended, standing.open_tasks) == ("no", [])


async def test_after_a_stop_a_yes_promises_an_email_and_no_more_than_that(browser: Browser, prospect: Prospect) -> None:
    stop = await browser.open(prospect.unsubscribe)
    assert (await browser.press(stop, "Unsubscribe")).heading == "You are unsubscribed"
    page = await browser.press(await browser.open(prospect.answer("yes")), "Yes, let's talk")
    assert (page.status, page.heading) == (200, "Thank you, let's talk")
    assert "will write to you. You had stopped everything else from us, and that stays so." in page.text
    [task] = await prospect.open_tasks()
    assert (task.kind, task.contact, WORDS in task.text) == ("hand_over", EMAIL, True)
    commands = len(await prospect.commands())
    again = await browser.press(await browser.open(prospect.answer("yes")), "Yes, let's talk")
    assert (again.text, len(await prospect.commands())) == (page.text, commands)
    await browser.press(await browser.open(prospect.unsubscribe), "Unsubscribe")
    assert [one.contact for one in await prospect.open_tasks()] == [None]


async def test_after_a_stop_nothing_is_promised_where_no_address_works(browser: Browser, prospect: Prospect) -> None:
    await browser.press(await browser.open(prospect.unsubscribe), "Unsubscribe")
    async with prospect.desk.cases.open(prospect.lead_id, browser.clock()) as opened:
        lost = contact_point_lost(opened.case, contact=EMAIL, why="bounce", now=browser.clock())
        await opened.save(lost, CommandKind.CONTACT_POINT_LOST, by="test")
    page = await browser.press(await browser.open(prospect.answer("yes")), "Yes, let's talk")
    assert "we have no address to write to" in page.text
    assert "+12125550100" in page.text, "how to reach us"


@pytest.mark.parametrize(("choice", "label"), [("yes", "Yes, let's talk"), ("later", "1 month")])
async def test_a_no_is_changed_by_talking_to_us_only(
    browser: Browser, prospect: Prospect, choice: str, label: str
) -> None:
    await browser.press(await browser.open(prospect.answer("no")), "No, thank you")
    before = await prospect.standing()
    page = await browser.press(await browser.open(prospect.answer(choice)), label)
    assert (page.status, page.heading) == (409, "You have answered before")
    assert "+12125550100" in page.text
    assert "hello@example.com" in page.text
    assert await prospect.standing() == before


@pytest.mark.parametrize("label", ["Yes, let's talk", "No, thank you", "1 month"])
async def test_an_old_link_does_not_undo_a_sale(browser: Browser, prospect: Prospect, label: str) -> None:
    desk = prospect.desk
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        case = commands.record_answer(opened.case, answer="yes", by="anna", note=None, now=desk.clock())
        [task] = case.open_tasks
        won = complete_task(case, task_id=task.id, outcome=Outcome.WON, by="anna", note=None, now=desk.clock())
        await opened.save(won, CommandKind.RECORD_ANSWER, by="anna", told={"answer": "yes"})
    before = await prospect.standing()
    page = await browser.press(await browser.open(prospect.answer()), label)
    assert page.status == 409
    assert await prospect.standing() == before


@pytest.mark.parametrize(
    ("label", "choice"), [("Yes, let's talk", "yes"), ("No, thank you", "no"), ("1 month", "later")]
)
async def test_a_link_of_somebody_erased_says_that_nothing_more_will_come(
    browser: Browser, prospect: Prospect, label: str, choice: str
) -> None:
    page = await browser.open(prospect.answer(choice))
    async with prospect.desk.engine.begin() as connection:
        await connection.execute(delete(LeadRow).where(LeadRow.id == prospect.lead_id))
    answer = await browser.press(page, label)
    assert (answer.status, answer.heading) == (410, "We don't have your details any more")
    assert (await browser.open(prospect.answer(choice))).status == 200


async def test_every_byte_of_a_token_counts(stranger: httpx.AsyncClient, prospect: Prospect) -> None:
    before = await prospect.standing()
    path = prospect.answer().removeprefix(LINKS.base_url)
    for at in range(len("/a/"), len(path)):
        flipped = f"{path[:at]}{quote(chr(ord(path[at]) ^ 1))}{path[at + 1 :]}"
        for response in (await stranger.get(flipped), await stranger.post(flipped, data={"answer": "no"})):
            assert 400 <= response.status_code < 500, flipped
    assert await prospect.standing() == before


@pytest.mark.parametrize("kind", ["another purpose", "a choice that is none", "nonsense"])
async def test_a_link_that_we_did_not_make_is_no_page(browser: Browser, prospect: Prospect, kind: str) -> None:
    address = {
        "another purpose": prospect.unsubscribe.replace("/u/", "/a/"),
        "a choice that is none": prospect.answer("perhaps"),
        "nonsense": f"{LINKS.base_url}/a/nonsense",
    }[kind]
    page = await browser.open(address)
    assert (page.status, page.heading) == (404, "This link does not work")
    assert page.headers["Content-Type"].startswith("text/html")


async def test_a_press_that_can_not_be_stored_says_so(services: Services, browser: Browser, prospect: Prospect) -> None:
    class NoDatabase:
        def open(self, *_: object) -> None:
            raise ConnectionRefusedError

    page = await browser.open(prospect.answer("no"))
    browser.clock.move_by(timedelta(seconds=4))
    async with client_of(replace(services, cases=NoDatabase()), None) as client:  # type: ignore[arg-type]
        fields = fields_of(page.forms[-1], page.button("No, thank you"))
        answer = Page(await client.post(prospect.answer("no"), data=fields))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    assert "Nothing was stored" in answer.text
    assert (await prospect.standing()).ended is None


@pytest.mark.parametrize("body", [b"\xff\xfe", b"answer=no&" * 2000, b""])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
async def test_a_body_that_is_no_form_of_ours_changes_nothing(
    stranger: httpx.AsyncClient, prospect: Prospect, body: bytes, kind: str
) -> None:
    before = await prospect.standing()
    response = await stranger.post(prospect.answer("no"), content=body, headers={"Content-Type": kind})
    assert response.status_code in (413, 422)
    assert await prospect.standing() == before


async def test_a_stranger_to_the_lead_can_not_answer_for_it(browser: Browser, prospect: Prospect) -> None:
    """A link is bound to its lead; a lead that never was gets the page of one that is erased."""
    page = await browser.open(LINKS.answer(uuid4(), prospect.touch_id, "no"))
    assert (await browser.press(page, "No, thank you")).status == 410
    assert (await prospect.standing()).ended is None
