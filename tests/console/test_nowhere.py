"""Addresses that lead nowhere: our page in our words, with a way back; and where each role begins."""

from uuid import uuid4

import pytest
from playwright.async_api import expect

from leads.model import Role
from tests.console.accessibility import faults, too_wide
from tests.console.browser import NARROW, Browser
from tests.console.conftest import OpenPage


@pytest.mark.parametrize("path", ["/nothing", "/leads/not-an-id", "/bulk/1", "/leads/not-an-id/engine"])
async def test_an_address_of_no_page_says_so_and_leads_back(page_of: OpenPage, browser: Browser, path: str) -> None:
    browser.expects("status of 404")
    page = await page_of(Role.ADMIN, path, size=NARROW)
    await expect(page).to_have_title("Nothing is here | Followthrough")
    await expect(page.get_by_role("heading", name="Nothing is here")).to_be_visible()
    await expect(page.get_by_role("alert")).to_contain_text("This address leads to no page.")
    assert await faults(page) == []
    assert await too_wide(page) == []
    await page.get_by_role("link", name="Go to where you begin").click()
    await expect(page.get_by_role("heading", name="Leads", level=1)).to_be_visible()


async def test_a_lead_that_there_is_not_or_is_somebody_elses_leads_back_too(
    page_of: OpenPage, browser: Browser
) -> None:
    browser.expects("status of 404")
    browser.expects("status of 403")
    for role, words in ((Role.ADMIN, "There is no such lead."), (Role.REP, "This lead is not one of yours.")):
        page = await page_of(role, f"/leads/{uuid4()}")
        await expect(page.get_by_role("alert")).to_contain_text(words)
        await expect(page.get_by_role("link", name="Go to where you begin")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "words", "back"),
    [
        ("/people/xyz", "There is no colleague 'xyz'.", "Everybody"),
        ("/cadences/xyz", "There is no published cadence of this name.", "All cadences"),
        ("/cadences/No%20name/edit", "A cadence can't be called 'No name'", "All cadences"),
        ("/answers/xyz/edit", "There is no file of answers called 'xyz'.", "All answers"),
        (f"/bulk/{uuid4()}", "There is no such run.", "Bulk runs"),
        ("/outbox?lead=xyz", "'xyz' names no lead.", "All messages"),
        ("/outbox?message=xyz", "'xyz' names no message.", "All messages"),
    ],
)
async def test_what_an_address_names_and_is_not_there_is_said_and_leads_to_what_there_is(
    page_of: OpenPage, browser: Browser, path: str, words: str, back: str
) -> None:
    browser.expects("status of 404")
    page = await page_of(Role.ADMIN, path)
    await expect(page.get_by_role("alert")).to_contain_text(words)
    await page.get_by_role("main").get_by_role("link", name=back).click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_who_is_not_signed_in_learns_nothing_of_what_there_is(browser: Browser, page_of: OpenPage) -> None:
    page = await page_of(Role.REP, "/account")
    anonymous = await browser.page(page.url.partition("/console")[0])
    await anonymous.goto("/console/nothing")
    await expect(anonymous.get_by_role("heading", name="Sign in")).to_be_visible()
    answer = await anonymous.request.get("/console/_nicegui/nothing.js")
    assert (answer.status, await answer.text()) == (404, "There is nothing here.")


@pytest.mark.parametrize(
    ("role", "title"),
    [
        (Role.REP, "Today"),
        (Role.PARTNER, "Today"),
        (Role.EXPERT, "Today"),
        (Role.MANAGER, "Figures"),
        (Role.MARKETING, "Cadences"),
        (Role.ADMIN, "Leads"),
    ],
)
async def test_each_role_begins_with_what_it_works_on(page_of: OpenPage, role: Role, title: str) -> None:
    page = await page_of(role, "/")
    await expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
