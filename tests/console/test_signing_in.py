"""Signing in, being thrown out, and what stands at the door."""

from playwright.async_api import expect

from leads.model import Role
from tests.console.browser import Browser
from tests.console.conftest import OpenPage
from tests.console.stage import PASSWORD, Stage


async def test_one_signs_in_with_a_password_and_lands_where_one_wanted_to(stage: Stage, browser: Browser) -> None:
    page = await browser.page(stage.url)
    await page.goto("/console/account")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await page.get_by_label("Email or short name").fill("Anna@Example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    await expect(page.get_by_text("Anna Keller")).to_be_visible()


async def test_signing_out_ends_the_session_in_the_database_too(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.REP, "/account")
    await page.get_by_role("button", name="Sign out", exact=True).first.click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert await stage.services.sessions.of("anna", stage.clock()) == []
