"""What became of first answers, once people pressed what our links offer: every place tells the same numbers."""

import re
from dataclasses import replace

from playwright.async_api import Page, expect

from api.commands import LeadCommands
from api.writes import ourselves
from leads.model import Channel, Role
from tests.console.browser import Browser
from tests.console.conftest import OpenPage
from tests.console.manager.test_reviews import cells
from tests.console.prospect import KENJI, Prospect
from tests.console.stage import Stage


async def people(stage: Stage, number: int) -> list[Prospect]:
    """So many people who just asked Anna something, and have the first email."""
    found = []
    for one in range(number):
        new = replace(KENJI, name=f"Guest {one}", email=f"guest{one}@bakery{one}.example.com", phone=None, owner="anna")
        found.append(await Prospect.of(stage, new))
    return found


async def press(browser: Browser, prospect: Prospect, link: str, button: str) -> None:
    page = await browser.page()
    await page.goto(prospect.link(link))
    prospect.read()
    await page.get_by_role("button", name=button).click()
    await expect(page.get_by_role("heading", level=1)).not_to_have_text(re.compile(r"\?$"))
    await page.context.close()


async def badge(page: Page) -> str:
    part = page.locator("div").filter(has=page.get_by_role("heading", name="Can still be answered in time")).last
    return await part.locator(".ft-tag").inner_text()


async def test_who_waits_no_more_is_counted_nowhere_and_an_answer_counts_at_once(
    stage: Stage, browser: Browser, page_of: OpenPage
) -> None:
    said_yes, not_now, stopped, called, *_ = await people(stage, 6)
    await press(browser, said_yes, "/yes", "Yes, let's talk")
    await press(browser, not_now, "/later", "3 months")
    await press(browser, stopped, "/u/", "Unsubscribe")
    commands = LeadCommands(stage.services)
    touch = {"channel": Channel.CALL, "at": None, "note": None}
    await commands.log_personal_touch(called.lead_id, ourselves("anna"), "anna", **touch)  # type: ignore[arg-type]

    page = await page_of(Role.MANAGER, "/figures")
    for number, words in ((1, "in time"), (2, "still in time"), (3, "not needed any more")):
        await expect(page.get_by_role("link", name=f"{number} {words}", exact=True)).to_be_visible()
    await expect(page.get_by_text("0 late", exact=True)).to_be_visible()
    assert await badge(page) == "2"
    await page.get_by_role("link", name="3 not needed any more", exact=True).click()
    await expect(page.get_by_role("heading", name="3 leads that needed no answer any more")).to_be_visible()
    rows = page.get_by_role("table").locator("tbody").get_by_role("link")
    assert sorted(await rows.all_inner_texts()) == ["Guest 0", "Guest 1", "Guest 2"]

    page = await page_of(Role.MANAGER, "/reviews?rep=anna")
    await expect(page.get_by_text("2 first answers still to come")).to_be_visible()
    assert (await cells(page, "Anna Keller"))["Answered in time"] == "1"
