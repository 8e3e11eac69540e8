"""The reviews in a real browser: as they were mailed, with the leads by name; and who has acknowledged the policy."""

import re
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from sqlalchemy import text

from leads.model import Role
from tests.adapters.reports.small_business import lead_id
from tests.console.accessibility import faults, too_wide
from tests.console.browser import NARROW, Browser
from tests.console.conftest import OpenPage
from tests.console.manager.test_figures import asked_by, choose
from tests.console.stage import START, Stage

CLOSED = START + timedelta(hours=8)
"""Friday, 18:00 in New York."""


async def cells(page: Page, rep: str) -> dict[str, str]:
    """A rep's row of the review, by the heads of the columns."""
    table = page.get_by_role("table", name="What each rep did")
    heads = await table.get_by_role("columnheader").all_inner_texts()
    row = table.get_by_role("row", name=re.compile(f"^{rep}"))
    return dict(zip(heads[1:], await row.get_by_role("cell").all_inner_texts(), strict=True))


@pytest_asyncio.fixture
async def mailed(business: Stage) -> str:
    """What the manager's mail of Friday says."""
    async with business.engine.begin() as connection:
        # As somebody who works here would have them.
        await connection.execute(text("update tasks set due_at = '2026-11-20 16:00Z' where kind = 'call'"))
    business.clock.move_to(CLOSED)
    await business.services.reviews.write("mia", CLOSED)
    async with business.engine.connect() as connection:
        return str(await connection.scalar(text("select text from staff_mails where kind = 'review'")))


async def test_a_review_as_it_was_mailed(mailed: str, page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, "/reviews")
    await expect(page.get_by_role("heading", name="Friday, 20 November 2026")).to_be_visible()
    ben = await cells(page, "Ben Okafor")
    said = mailed[mailed.index("## Ben Okafor") :]
    assert f"overdue and still open: {ben['Overdue']}" in said
    assert f"questions of earlier days without an answer: {ben['Still owed']}" not in said
    assert ben["Overdue"] != "0"
    anna = page.locator("section").filter(has=page.get_by_role("heading", name="Anna Keller", exact=True))
    await expect(anna.get_by_text("Of earlier days, without an answer")).to_be_visible()
    link = anna.get_by_role("link", name="Lin Wei")
    await expect(link).to_have_attribute("href", f"/console/leads/{lead_id(5)}")
    assert str(lead_id(5)) in mailed


async def test_one_rep_and_another_day(mailed: str, business: Stage, page_of: OpenPage) -> None:
    assert mailed
    monday = CLOSED + timedelta(days=3)
    business.clock.move_to(monday)
    await business.services.reviews.write("mia", monday)
    page = await page_of(Role.MANAGER, "/reviews")
    await expect(page.get_by_role("heading", name="Monday, 23 November 2026")).to_be_visible()
    await choose(page, "Day", "Fri 20 Nov 2026")
    await expect(page.get_by_role("heading", name="Friday, 20 November 2026")).to_be_visible()
    await page.get_by_role("link", name="Anna Keller").click()
    await expect(page.get_by_role("table", name="What each rep did").locator("tbody tr")).to_have_count(1)
    assert asked_by(page) == {"manager": "mia", "day": "2026-11-20", "rep": "anna"}
    await choose(page, "Rep", "Everybody")
    await expect(page.get_by_role("link", name="Ben Okafor")).to_be_visible()
    await page.get_by_role("button", name="The day after").click()
    await expect(page.get_by_role("heading", name="Monday, 23 November 2026")).to_be_visible()
    assert asked_by(page) == {"manager": "mia", "day": "2026-11-23"}


@pytest.mark.usefixtures("business")
async def test_today_so_far_and_a_day_without_a_review(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, "/reviews")
    await expect(page.get_by_role("heading", name="Friday, 20 November 2026, so far")).to_be_visible()
    page = await page_of(Role.MANAGER, "/reviews?day=2026-11-12")
    await expect(page.get_by_text("No review was written for Mia Santos on 2026-11-12")).to_be_visible()


@pytest.mark.usefixtures("business")
async def test_where_none_was_written_yet_the_first_is_announced(business: Stage, page_of: OpenPage) -> None:
    business.clock.move_to(CLOSED + timedelta(days=1))  # A Saturday.
    page = await page_of(Role.MANAGER, "/reviews")
    first = (
        "No review was written for Mia Santos yet; the first one is, on Monday, 23 November, at 17:30, as the day ends."
    )
    await expect(page.get_by_text(first)).to_be_visible()
    await expect(page.get_by_text("Another day has one.")).to_have_count(0)


async def test_nobody_is_a_manager(nobody: Stage, page_of: OpenPage) -> None:
    async with nobody.engine.begin() as connection:
        await connection.execute(text("update colleagues set role = 'rep' where id = 'mia'"))
    page = await page_of(Role.ADMIN, "/reviews")
    await expect(page.get_by_text("Nobody here is a manager.")).to_be_visible()


async def test_who_has_acknowledged_the_policy_and_who_has_not(nobody: Stage, page_of: OpenPage) -> None:
    policies = nobody.services.policies
    version = (await policies.send(START)).version
    assert await policies.acknowledge(version, "anna", START)
    page = await page_of(Role.MANAGER, "/reviews")
    missing = page.get_by_role("table", name="Who has not acknowledged the policy")
    await expect(missing.get_by_role("row", name=re.compile("^Ben Okafor today 10:00 missing"))).to_be_visible()
    await expect(missing.get_by_role("row", name=re.compile("^Anna"))).to_have_count(0)
    await page.get_by_text("1 colleague who acknowledged it").click()
    have = page.get_by_role("table", name="Who has acknowledged the policy")
    await expect(have.get_by_role("row", name=re.compile("^Anna Keller today 10:00"))).to_be_visible()


@pytest.mark.parametrize("role", [Role.REP, Role.MARKETING])
async def test_it_is_for_managers(nobody: Stage, page_of: OpenPage, browser: Browser, role: Role) -> None:
    assert nobody
    browser.expects("status of 403")
    page = await page_of(role, "/reviews")
    await expect(page.get_by_text("you can't open this page")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
async def test_everybody_can_read_it(mailed: str, page_of: OpenPage, dark: bool) -> None:
    assert mailed
    page = await page_of(Role.MANAGER, "/reviews", dark=dark)
    await expect(page.locator(".ft-loading")).to_have_count(0)
    await expect(page.get_by_role("heading", name="Anna Keller")).to_be_visible()
    assert await faults(page) == []


async def test_it_does_not_break_on_a_telephone(mailed: str, page_of: OpenPage) -> None:
    assert mailed
    page = await page_of(Role.MANAGER, "/reviews", size=NARROW)
    await expect(page.get_by_role("heading", name="Anna Keller")).to_be_visible()
    assert await too_wide(page) == []
