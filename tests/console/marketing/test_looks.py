"""Marketing's pages for everybody: axe finds nothing serious in either theme, and a telephone shows them whole."""

import pytest
from playwright.async_api import Page, expect

from leads.model import Role
from tests.console.accessibility import faults, too_wide
from tests.console.browser import NARROW
from tests.console.conftest import OpenPage
from tests.console.marketing.conftest import Desk, Edit
from tests.console.marketing.lived import let_live
from tests.console.stage import Stage

PATHS = ("/cadences", "/cadences/inbound-web", "/answers")


async def settled(page: Page) -> None:
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.wait_for_timeout(500)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing_serious_on_what_is_read(stage: Stage, page_of: OpenPage, dark: bool) -> None:
    await let_live(stage, leads=30)
    for path in PATHS:
        page = await page_of(Role.MARKETING, path, dark=dark)
        await settled(page)
        assert await faults(page) == [], path
    page = await page_of(Role.MARKETING, "/cadences/inbound-web", dark=dark)
    await page.get_by_role("button", name="What changed").first.click()
    await settled(page)
    assert await faults(page) == [], "what changed"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing_serious_in_the_editor(stage: Stage, edit: Edit, dark: bool) -> None:
    desk = await edit(dark=dark)
    await expect(desk.touches.first).to_be_visible()
    await settled(desk.page)
    assert await faults(desk.page) == [], "as it opens"
    await desk.replace("3 business days", "3 busy days")
    await expect(desk.problems.first).to_be_visible()
    assert await faults(desk.page) == [], "with an error"
    await desk.replace("3 busy days", "4 business days")
    await expect(desk.publish).to_be_enabled()
    await desk.touches.filter(has_text="text quick-note").click()
    await expect(desk.page.get_by_role("heading", name="The text")).to_be_visible()
    assert await faults(desk.page) == [], "with a text"
    await desk.publish.click()
    await expect(desk.page.get_by_role("dialog")).to_be_visible()
    await settled(desk.page)
    assert await faults(desk.page) == [], "with the question"


async def test_a_narrow_window_shows_every_page_without_scrolling_sideways(
    stage: Stage, page_of: OpenPage, edit: Edit
) -> None:
    await let_live(stage, leads=30)
    for path in PATHS:
        page = await page_of(Role.MARKETING, path, size=NARROW)
        await settled(page)
        assert await too_wide(page) == [], path
    desk: Desk = await edit(size=NARROW)
    await settled(desk.page)
    assert await too_wide(desk.page) == []
