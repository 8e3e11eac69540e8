"""Our own people: added, invited and signing in; changed; away and back; signed out, and leaving."""

from contextlib import suppress
from datetime import timedelta

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import expect

from leads.model import Role
from tests.console.accessibility import is_marked
from tests.console.admin.entries import entries
from tests.console.browser import Browser
from tests.console.conftest import OpenPage
from tests.console.stage import Stage

NEW_PASSWORD = "five other small words here"


async def test_a_new_colleague_is_invited_signs_in_and_sees_only_what_is_a_reps(
    stage: Stage, page_of: OpenPage, browser: Browser
) -> None:
    page = await page_of(Role.ADMIN, "/people")
    await page.get_by_role("button", name="Add a colleague").click()
    dialog = page.get_by_role("dialog", name="Add a colleague")
    await dialog.get_by_label("Short name").fill("cleo")
    await dialog.get_by_label("First and last name").fill("Cleo Marsh")
    await dialog.get_by_label("Email").fill("cleo@nowhere")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await is_marked(dialog.get_by_label("Email"), "'cleo@nowhere' is no email address")
    await dialog.get_by_label("Email").fill("cleo@example.com")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("heading", name="Cleo Marsh (cleo)")).to_be_visible()
    await expect(page.get_by_text("not invited")).to_be_visible()
    await page.get_by_role("button", name="Invite").click()
    link = (await page.get_by_label("To copy").inner_text()).strip()
    await expect(page.get_by_text("invited until", exact=False)).to_be_visible()
    await page.reload()
    await expect(page.get_by_text(link)).to_have_count(0)

    theirs = await browser.page(stage.url)
    await theirs.goto(link)
    await theirs.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    await theirs.get_by_label("The same once more").fill(NEW_PASSWORD)
    await theirs.get_by_role("button", name="Choose it and sign in").click()
    await theirs.wait_for_url("**/console/**")
    navigation = theirs.get_by_role("navigation", name="Console")
    await expect(navigation.get_by_role("link", name="Add lead")).to_be_visible()
    for name in ("People", "Health", "Audit log", "Outbox", "Tokens"):
        await expect(navigation.get_by_role("link", name=name)).to_have_count(0)
    answer = await theirs.request.get("/console/people", headers={"Accept": "text/html"})
    assert answer.status == 403
    refused, added = await entries(stage, "change_people")
    assert (refused["outcome"], added["outcome"], added["by"], added["subject"]) == ("refused", "done", "ada", "cleo")
    assert "cleo@" not in str([refused, added])


async def test_what_is_changed_is_saved_and_logged_from_what_to_what(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/people/anna")
    await page.get_by_label("Hours").fill("mon-thu 08:00-16:00")
    await page.get_by_label("Phone").fill("+1 212 555 0199")
    await page.get_by_label("Role").click()
    await page.get_by_role("option", name="manager: sees all, reads reviews").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved; what is planned stays.")).to_be_visible()
    (anna,) = [one for one in await stage.services.people.all() if one.id == "anna"]
    assert (str(anna.hours), anna.phone, anna.role) == ("mon-thu 08:00-16:00", "+12125550199", Role.MANAGER)
    (entry,) = await entries(stage, "change_people")
    assert entry["before"] == {"hours": "", "phone": "(not kept)", "role": "rep"}
    assert entry["after"] == {"hours": "mon-thu 08:00-16:00", "phone": "(not kept)", "role": "manager"}
    await page.get_by_label("Hours").fill("whenever")
    await page.get_by_role("button", name="Save").click()
    await is_marked(page.get_by_label("Hours"), "'whenever' means no hours")


async def test_nobody_demotes_or_dismisses_oneself(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/people/ada")
    await page.get_by_label("Role").click()
    await page.get_by_role("option", name="rep: follows leads up").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Your own role is for another admin to change.")).to_be_visible()
    for name in ("Works here no more", "Reset the password", "Sign out everywhere"):
        await expect(page.get_by_role("button", name=name)).to_have_count(0)


async def test_days_off_are_entered_covered_and_ended(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/people/anna")
    await page.get_by_role("button", name="Enter days off").click()
    await is_marked(page.get_by_label("First day away"), "Choose a day.")
    await page.get_by_label("First day away").fill("2026-11-20")
    await page.get_by_label("Last day away").fill("2026-11-27")
    await page.get_by_label("Meanwhile").click()
    await page.get_by_role("option", name="Ben Okafor covers").click()
    await page.get_by_label("Why").fill("holidays")
    await page.get_by_role("button", name="Enter days off").click()
    await expect(page.get_by_role("row", name="2026-11-20 2026-11-27 Ben Okafor covers holidays")).to_be_visible()
    everybody = await page_of(Role.ADMIN, "/people")
    await expect(everybody.get_by_role("row", name="Anna Keller").get_by_text("20 Nov to 27 Nov")).to_be_visible()
    await page.get_by_role("button", name="Back again").click()
    await expect(page.get_by_text("Back;", exact=False)).to_be_visible()
    await expect(page.get_by_role("row")).to_have_count(0)


async def test_who_leaves_is_out_at_once(stage: Stage, page_of: OpenPage) -> None:
    text = await stage.services.sessions.begin("ben", "password", "Firefox/130", stage.clock())
    page = await page_of(Role.ADMIN, "/people/ben")
    await expect(page.get_by_role("region", name="Where signed in")).to_be_visible()
    await page.get_by_role("button", name="Works here no more").click()
    await page.get_by_role("button", name="No more", exact=True).click()
    await expect(page.get_by_role("button", name="Works here again")).to_be_visible()
    assert await stage.services.sessions.find(text, stage.clock()) is None
    await page.get_by_role("button", name="Works here again").click()
    await expect(page.get_by_role("button", name="Works here no more")).to_be_visible()


async def test_a_password_is_reset_and_sessions_end(stage: Stage, page_of: OpenPage) -> None:
    text = await stage.services.sessions.begin("ben", "password", "Firefox/130", stage.clock())
    page = await page_of(Role.ADMIN, "/people/ben")
    await page.get_by_role("button", name="Sign out everywhere").click()
    await expect(page.get_by_text("Signed in nowhere.")).to_be_visible()
    assert await stage.services.sessions.find(text, stage.clock()) is None
    assert await stage.services.accounts.called("ben") is not None
    await page.get_by_role("button", name="Reset the password").click()
    await page.get_by_role("button", name="Reset it").click()
    await expect(page.get_by_text("An invitation for Ben Okafor")).to_be_visible()
    assert await stage.services.accounts.called("ben") is None
    assert (await stage.services.accounts.all(stage.clock()))["ben"].invited_until == stage.clock() + timedelta(days=7)

    assert [one["subject"] for one in await entries(stage, "revoke_sessions")] == ["ben"]
    assert [one["after"] for one in await entries(stage, "change_password")] == [{"password": "reset"}]


async def test_who_is_no_admin_any_more_leaves_the_page_and_did_nothing_from_it(
    stage: Stage, page_of: OpenPage, browser: Browser
) -> None:
    browser.expects("status of 403")
    text = await stage.services.sessions.begin("ben", "password", "Firefox/130", stage.clock())
    page = await page_of(Role.ADMIN, "/people/ben")
    await expect(page.get_by_role("button", name="Sign out everywhere")).to_be_visible()
    await stage.services.people.change("ada", {"role": "manager"}, "US", stage.clock())
    # Within the second that this may take, what is pressed is refused; after it, there is nothing to press.
    with suppress(PlaywrightError):
        await page.get_by_role("button", name="Sign out everywhere").click(timeout=500)
    await expect(page.get_by_text("As manager you can't open this page.", exact=False)).to_be_visible()
    await expect(page.get_by_role("button", name="Sign out everywhere")).to_have_count(0)
    assert await stage.services.sessions.find(text, stage.clock()) is not None
    assert await stage.services.accounts.called("ben") is not None
