"""The house-keeping pages over the lived business: to be read in both themes, and no wider than a telephone."""

import pytest
from playwright.async_api import Page, expect

from leads.model import Role
from tests.console.accessibility import faults, too_wide
from tests.console.browser import NARROW
from tests.console.conftest import OpenPage
from tests.console.stage import Stage

PAGES = (
    "/health",
    "/deliveries",
    "/deliveries?tab=hooks",
    "/suppressions?contact=nobody@example.com",
    "/people",
    "/people/anna",
    "/tokens",
    "/audit",
)


async def complete(page: Page) -> None:
    """The page is there, and no skeleton of it any more."""
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.get_by_role("status", name="Loading")).to_have_count(0)


async def fits(page: Page) -> None:
    """On a telephone nobody has to scroll sideways."""
    await page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert await too_wide(page) == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("path", PAGES)
async def test_everybody_can_read_it(busy_stage: Stage, page_of: OpenPage, path: str, dark: bool) -> None:
    page = await page_of(Role.ADMIN, path, dark=dark)
    await complete(page)
    assert await faults(page) == []
    await fits(page)


@pytest.mark.parametrize("dark", [False, True])
async def test_a_persons_data_can_be_read(busy_stage: Stage, page_of: OpenPage, dark: bool) -> None:
    page = await page_of(Role.ADMIN, "/erasure", dark=dark)
    await page.get_by_label("Find a lead").fill("volkov")
    await expect(page.get_by_role("button", name="Choose:").first).to_be_visible()
    assert await faults(page) == []
    await page.get_by_role("button", name="Choose:").first.click()
    await expect(page.get_by_role("heading", name="What an erasure would take")).to_be_visible()
    assert await faults(page) == []
    await fits(page)


async def test_dialogs_can_be_read(busy_stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/people")
    await page.get_by_role("button", name="Add a colleague").click()
    await expect(page.get_by_role("dialog", name="Add a colleague")).to_be_visible()
    assert await faults(page, ".q-dialog") == []
    page = await page_of(Role.ADMIN, "/deliveries?tab=hooks")
    await page.get_by_role("button", name="Look at delivery").first.click()
    await expect(page.get_by_label("What it held")).to_be_visible()
    assert await faults(page, ".q-dialog") == []
