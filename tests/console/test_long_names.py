"""A name of one long word, as the public form takes it, pushes nothing aside on any page that shows it."""

import pytest
from playwright.async_api import Page as Tab
from playwright.async_api import expect
from sqlalchemy import update

from adapters.db.rows import LeadRow
from leads.model import Role
from tests.console.accessibility import out_of_its_box, to_be_scrolled_sideways, too_wide
from tests.console.addresses import address_of, examples, pages
from tests.console.browser import NARROW, WIDE
from tests.console.conftest import Lived, OpenPage
from tests.console.rep.conftest import Bench
from tests.console.stage import Stage

NAME, COMPANY = "Wolfeschlegel" * 12 + "Wolf", "Bergerdorff" * 14
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["desk", "telephone"])
SHOWN_TO = {
    "today": Role.REP,
    "leads": Role.ADMIN,
    "lead": Role.REP,
    "engine of a lead": Role.ADMIN,
    "bulk": Role.MANAGER,
    "figures": Role.MANAGER,
    "leads behind a figure": Role.MANAGER,
    "reviews": Role.MANAGER,
    "deliveries": Role.MANAGER,
    "outbox": Role.MANAGER,
    "audit log": Role.ADMIN,
}
"""Pages that tell of leads, and somebody who opens each."""
TELLING = [page for page in pages() if page.page.value in SHOWN_TO]


async def fits(tab: Tab, size: tuple[int, int]) -> None:
    assert await too_wide(tab) == []
    assert await out_of_its_box(tab) == []
    if size is WIDE:
        assert await to_be_scrolled_sideways(tab) == []


@pytest.mark.parametrize("page", TELLING, ids=[page.path for page in TELLING])
async def test_every_page_keeps_its_shape(busy_stage: Stage, lived: Lived, page_of: OpenPage, page: object) -> None:
    async with busy_stage.engine.begin() as connection:
        await connection.execute(update(LeadRow).values(name=NAME, company=COMPANY))
        await connection.execute(update(LeadRow).where(LeadRow.question.is_not(None)).values(question=NAME))
    who = SHOWN_TO[page.page.value]  # type: ignore[attr-defined]
    address = address_of(page, examples(lived.incidents, who)).removeprefix("/console")  # type: ignore[arg-type]
    tab = await page_of(who, address)
    await expect(tab.get_by_role("heading", level=1)).to_be_visible()
    await expect(tab.locator(".ft-loading")).to_have_count(0)
    for size in (WIDE, NARROW):
        await tab.set_viewport_size({"width": size[0], "height": size[1]})
        await fits(tab, size)


@SIZES
async def test_what_was_recorded_leaves_room_to_take_it_back(
    stage: Stage, page_of: OpenPage, size: tuple[int, int]
) -> None:
    await Bench(stage).call(NAME, company=COMPANY, email="wolf@example.com")
    page = await page_of(Role.REP, "/today", size=size)
    await page.wait_for_function("window.did_handshake")
    await expect(page.get_by_role("region", name="Who").get_by_role("heading", name=NAME)).to_be_visible()
    await page.keyboard.press("2")
    undo = page.get_by_role("button", name="Undo")
    await expect(undo).to_be_in_viewport(ratio=1)
    await expect(page.get_by_role("link", name="Add lead").last).to_be_in_viewport(ratio=1)
    await fits(page, size)


@SIZES
async def test_whoever_is_added_or_known_stays_in_its_card(page_of: OpenPage, size: tuple[int, int]) -> None:
    page = await page_of(Role.ADMIN, "/add", size=size)
    for name, value in (("Phone", "212 555 0199"), ("Name", NAME), ("Company", COMPANY)):
        await page.get_by_label(name, exact=True).fill(value)
    await page.get_by_role("button", name="Add lead").click()
    await expect(page.get_by_role("heading", name=f"Added: {NAME}")).to_be_visible()
    await page.get_by_label("Phone", exact=True).fill("212 555 0199")
    await expect(page.get_by_role("region", name="Known already").get_by_role("heading", name=NAME)).to_be_visible()
    await fits(page, size)
