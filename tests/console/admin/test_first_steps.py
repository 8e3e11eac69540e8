"""The first steps where an admin begins: what is left to do, where, and gone for good once they are put away."""

from playwright.async_api import expect
from sqlalchemy import select

from adapters.db.rows import AuditEntryRow
from leads.model import Role
from tests.console.accessibility import faults, too_wide
from tests.console.browser import NARROW
from tests.console.conftest import OpenPage
from tests.console.stage import Stage


async def test_an_admin_finds_them_with_where_to_go(stage: Stage, page_of: OpenPage) -> None:
    for options in ({}, {"dark": True}, {"size": NARROW}):
        page = await page_of(Role.ADMIN, "/", **options)
        steps = page.locator("section").filter(has=page.get_by_role("heading", name="First steps"))
        await expect(steps.get_by_role("listitem")).to_have_count(6)
        # The stage's people have accounts, and not all of them are the sample's.
        await expect(steps.get_by_role("img", name="done")).to_have_count(1)
        await expect(
            steps.get_by_role("listitem").filter(has_text="Your own people").get_by_role("link")
        ).to_have_count(0)
        await expect(steps.get_by_text("FOLLOW_COMPANY_NAME", exact=True)).to_be_visible()
        assert await faults(page) == []
        assert await too_wide(page) == []
    await steps.get_by_role("link", name="Answers").click()
    await expect(page.get_by_role("heading", name="Answers", level=1)).to_be_visible()


async def test_nobody_else_sees_them_and_nobody_once_they_are_put_away(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, "/leads")
    await expect(page.get_by_text("No lead is followed up now.")).to_be_visible()
    await expect(page.get_by_role("heading", name="First steps")).to_have_count(0)
    page = await page_of(Role.ADMIN, "/leads")
    await page.get_by_role("button", name="Don't show this again").click()
    await expect(page.get_by_role("heading", name="First steps")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_text("No lead is followed up now.")).to_be_visible()
    await expect(page.get_by_role("heading", name="First steps")).to_have_count(0)
    async with stage.engine.connect() as connection:
        entry = (await connection.execute(select(AuditEntryRow.by, AuditEntryRow.action, AuditEntryRow.outcome))).one()
    assert tuple(entry) == ("ada", "put_away_first_steps", "done")
