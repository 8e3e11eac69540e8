"""What a prospect does on the pages behind our links, in a real browser, with JavaScript and without it."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import expect

from leads.model import Channel, Ending
from tests.console.accessibility import faults, too_wide
from tests.console.browser import Browser
from tests.console.prospect import KENJI, Prospect
from tests.console.stage import Stage

if TYPE_CHECKING:
    from playwright.async_api import Page

with_and_without_javascript = pytest.mark.parametrize("javascript", [False, True], ids=["no script", "script"])
HONOLULU = ZoneInfo("Pacific/Honolulu")


@pytest_asyncio.fixture
async def prospect(stage: Stage) -> Prospect:
    # Friday evening in Honolulu, where it is still that day when it is Saturday everywhere else of ours.
    stage.clock.move_to(datetime(2026, 11, 21, 6, 30, tzinfo=UTC))
    return await Prospect.of(stage)


@with_and_without_javascript
async def test_not_now_for_three_months_is_kept_on_the_leads_own_clock(
    prospect: Prospect, browser: Browser, javascript: bool
) -> None:
    page = await browser.page(javascript=javascript)
    await page.goto(prospect.link("/later"))
    await expect(page).to_have_title(re.compile("^Your answer "))
    prospect.read()
    await page.get_by_role("button", name="3 months").click()
    await expect(page.get_by_role("heading", name="All right, not now")).to_be_visible()
    await expect(page.get_by_text("You won't hear from us before 20 February 2027.")).to_be_visible()
    case = await prospect.case()
    returns_at = datetime(2027, 2, 20, tzinfo=HONOLULU)
    assert case.enrollment.cadence == "not-now"
    assert case.enrollment.started_at == returns_at
    assert [task for task in case.open_tasks if task.opens_at < returns_at] == []
    before = await prospect.claims()
    await prospect.lets_pass(returns_at - timedelta(seconds=1))
    assert await prospect.claims() == before
    await prospect.lets_pass(returns_at + timedelta(days=4))
    (call,) = (await prospect.case()).open_tasks
    # The day that was agreed is a Saturday.
    assert call.opens_at.astimezone(HONOLULU) == datetime(2027, 2, 22, 9, tzinfo=HONOLULU)


@with_and_without_javascript
async def test_a_day_of_ones_own_is_kept_too(prospect: Prospect, browser: Browser, javascript: bool) -> None:
    page = await browser.page(javascript=javascript)
    await page.goto(prospect.link("/later"))
    prospect.read()
    await page.get_by_label("Or until a day of your choice").fill("2027-09-01")
    await page.get_by_role("button", name="Until that day").click()
    await expect(page.get_by_text("You won't hear from us before 1 September 2027.")).to_be_visible()
    assert (await prospect.case()).enrollment.started_at == datetime(2027, 9, 1, tzinfo=HONOLULU)


async def test_a_day_that_is_over_is_said_where_it_was_typed(prospect: Prospect, browser: Browser) -> None:
    browser.expects("status of 422")
    page = await browser.page()
    await page.goto(prospect.link("/later"))
    prospect.read()
    day = page.get_by_label("Or until a day of your choice")
    await day.fill("2020-01-01")
    await page.get_by_role("button", name="Until that day").click()
    await expect(page.get_by_role("alert")).to_have_text("Please choose a day after today, and within 5 years.")
    await expect(day).to_have_value("2020-01-01")
    await expect(day).to_have_accessible_description("Please choose a day after today, and within 5 years.")
    assert (await prospect.case()).enrollment.cadence == "inbound-web"


@with_and_without_javascript
async def test_unsubscribing_stops_everything_for_good(prospect: Prospect, browser: Browser, javascript: bool) -> None:
    page = await browser.page(javascript=javascript)
    await page.goto(prospect.link("/u/"))
    prospect.read()
    await page.get_by_role("button", name="Unsubscribe").click()
    await expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    case = await prospect.case()
    assert case.enrollment.ended is Ending.OPTED_OUT
    assert case.open_tasks == ()
    assert not any(case.lead.consents_to(channel) for channel in Channel)
    for contact in (KENJI.email, KENJI.phone):
        assert contact is not None
        (entry,) = await prospect.stage.services.suppressions.of(contact)
        assert (entry.channel, entry.why) == (None, "unsubscribed by link")
    before = await prospect.claims()
    await prospect.lets_pass(prospect.stage.clock() + timedelta(days=365))
    assert await prospect.claims() == before


@with_and_without_javascript
async def test_yes_brings_a_person(prospect: Prospect, browser: Browser, javascript: bool) -> None:
    page = await browser.page(javascript=javascript)
    await page.goto(prospect.link("/yes"))
    prospect.read()
    await page.get_by_role("button", name="Yes, let's talk").click()
    await expect(page.get_by_role("heading", name="Thank you, let's talk")).to_be_visible()
    assert [task.kind.value for task in (await prospect.case()).open_tasks] == ["hand_over"]


@with_and_without_javascript
async def test_a_time_to_meet_is_picked(prospect: Prospect, browser: Browser, javascript: bool) -> None:
    page = await browser.page(javascript=javascript)
    await page.goto(prospect.meeting_link)
    prospect.read()
    await page.get_by_text("Later days").click()
    await page.get_by_role("radio").last.check()
    await page.get_by_role("button", name="Meet then").click()
    await expect(page.get_by_role("heading", name="You meet")).to_be_visible()
    (meeting,) = (await prospect.case()).meetings
    shown = meeting.starts_at.astimezone(HONOLULU)
    await expect(page.get_by_text(f"{shown:%H:%M}")).to_be_visible()


async def test_the_whole_answer_is_given_by_keyboard(prospect: Prospect, browser: Browser) -> None:
    page = await browser.page()
    await page.goto(prospect.link("/no"))
    prospect.read()
    focused = page.locator(":focus")
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await focused.inner_text() == "No, thank you":
            break
    # No program's button on the way: it is for nobody who uses a keyboard.
    await expect(focused).to_have_text("No, thank you")
    outline = await focused.evaluate("element => getComputedStyle(element).outlineWidth")
    assert outline == "3px"
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Thank you for telling us")).to_be_visible()
    assert (await prospect.case()).enrollment.ended is Ending.NO


async def _answer(page: "Page", prospect: Prospect) -> None:
    await page.goto(prospect.link("/later").removesuffix("/later"))


async def _answer_later(page: "Page", prospect: Prospect) -> None:
    await page.goto(prospect.link("/later"))


async def _wrong_day(page: "Page", prospect: Prospect) -> None:
    await _answer_later(page, prospect)
    prospect.read()
    await page.get_by_label("Or until a day of your choice").fill("2020-01-01")
    await page.get_by_role("button", name="Until that day").click()


async def _left_open_over_night(page: "Page", prospect: Prospect) -> None:
    await _answer(page, prospect)
    prospect.stage.clock.move_by(timedelta(days=2))
    await page.get_by_role("button", name="No, thank you").click()


async def _answered_before(page: "Page", prospect: Prospect) -> None:
    await page.goto(prospect.link("/no"))
    prospect.read()
    await page.get_by_role("button", name="No, thank you").click()
    await page.goto(prospect.meeting_link)


async def _yes(page: "Page", prospect: Prospect) -> None:
    await page.goto(prospect.link("/yes"))
    prospect.read()
    await page.get_by_role("button", name="Yes, let's talk").click()


async def _times(page: "Page", prospect: Prospect) -> None:
    await page.goto(prospect.meeting_link)


async def _unsubscribe(page: "Page", prospect: Prospect) -> None:
    await page.goto(prospect.link("/u/"))


async def _cut_off(page: "Page", prospect: Prospect) -> None:
    await page.goto(prospect.link("/u/")[:-5])


async def _erased(page: "Page", prospect: Prospect) -> None:
    stage = prospect.stage
    await stage.services.erasing.erase(prospect.lead_id, "ada", stage.clock())
    await page.goto(prospect.meeting_link)


async def _form(page: "Page", prospect: Prospect) -> None:
    await page.goto(f"{prospect.stage.url}/forms/contact")


async def _form_with_mistakes(page: "Page", prospect: Prospect) -> None:
    await _form(page, prospect)
    prospect.read()
    await page.get_by_label("Your email address").fill("kenji@nowhere")
    await page.get_by_label("What would you like to know?").fill("Do you ship to Hawaii?")
    await page.get_by_role("button", name="Send").click()


async def _policy(page: "Page", prospect: Prospect) -> None:
    stage = prospect.stage
    version = (await stage.services.policies.send(stage.clock())).version
    await page.goto(stage.services.links.policy("anna", version))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("opened", "heading", "status"),
    [
        (_answer, "How shall we go on?", 200),
        (_answer_later, "Not now?", 200),
        (_wrong_day, "Not now?", 422),
        (_left_open_over_night, "How shall we go on?", 422),
        (_yes, "Thank you, let's talk", 200),
        (_answered_before, "You have told us that you want no more", 409),
        (_times, "Meet Anna Keller", 200),
        (_unsubscribe, "Unsubscribe", 200),
        (_cut_off, "This link does not work", 404),
        (_erased, "We don't have your details any more", 410),
        (_form, "Ask us anything", 200),
        (_form_with_mistakes, "Ask us anything", 422),
        (_policy, "How Example Company follows up every lead", 200),
    ],
)
async def test_every_page_can_be_read_by_everybody_on_any_screen(
    prospect: Prospect,
    browser: Browser,
    opened: "Callable[[Page, Prospect], Awaitable[None]]",
    heading: str,
    status: int,
    dark: bool,
) -> None:
    """axe-core finds nothing grave, and the narrowest telephone shows all of it without scrolling sideways."""
    if status != 200:
        browser.expects(f"status of {status}")
    page = await browser.page(dark=dark, size=(320, 700))
    await opened(page, prospect)
    await expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert await faults(page) == []
    assert await too_wide(page) == []
