"""Forms of the console: what is wrong with a field is said there, to everybody, and one goes on with the first one."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from leads.model import Role
from tests.console.accessibility import faults, is_marked, too_wide
from tests.console.browser import NARROW
from tests.console.conftest import OpenPage
from tests.console.rep.conftest import Bench
from tests.console.rep.test_today import on_desk
from tests.console.stage import PASSWORD, Stage

OTHER = "quite another five words"


@pytest.fixture
def bench(stage: Stage) -> Bench:
    return Bench(stage)


async def no_toast(page: Page) -> None:
    await expect(page.locator(".q-notification")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_wrong_field_is_marked_and_one_goes_on_with_the_first(page_of: OpenPage, dark: bool) -> None:
    page = await page_of(Role.REP, "/add", dark=dark)
    phone, email = page.get_by_label("Phone"), page.get_by_label("Email")
    await phone.fill("12")
    await email.fill("rosa@")
    await page.keyboard.press("Control+Enter")
    await is_marked(phone, "'12' can't be a phone number")
    await is_marked(email, "'rosa@' is no email address: There must be something after the @-sign.")
    await expect(phone).to_be_focused()
    await no_toast(page)
    assert await faults(page) == []
    # Whoever mends one is told of the other only.
    await phone.fill("212 555 0199")
    await expect(phone).not_to_have_attribute("aria-invalid", "true")
    await expect(phone).to_have_accessible_description("")
    await expect(page.get_by_role("alert")).to_have_count(1)
    await email.fill("rosa@example.com")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("heading", name="Added: no name")).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_what_only_the_database_knows_is_marked_too(page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/people")
    await page.get_by_role("button", name="Add a colleague").click()
    dialog = page.get_by_role("dialog", name="Add a colleague")
    await dialog.get_by_label("Short name").fill("anna")
    await dialog.get_by_label("First and last name").fill("Anna Two")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await is_marked(dialog.get_by_label("Short name"), "There is a colleague 'anna' already")
    assert await faults(page, ".q-dialog") == []


async def test_a_colleagues_values_are_marked_each_by_itself(page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/people/anna", size=NARROW)
    await page.get_by_label("Time zone").fill("Mars/Olympus")
    await page.get_by_role("button", name="Save").click()
    await is_marked(page.get_by_label("Time zone"), "'Mars/Olympus' is no time zone")
    await expect(page.get_by_label("Time zone")).to_be_focused()
    await page.get_by_role("button", name="Enter days off").click()
    await is_marked(page.get_by_label("First day away"), "Choose a day.")
    await page.get_by_label("First day away").fill("2026-12-08")
    await page.get_by_label("Last day away").fill("2026-12-01")
    await page.get_by_role("button", name="Enter days off").click()
    await is_marked(page.get_by_label("Last day away"), "2026-12-01 comes before 2026-12-08")
    assert await faults(page) == []
    assert await too_wide(page) == []


async def test_both_passwords_are_asked_for_until_all_is_well(page_of: OpenPage) -> None:
    page = await page_of(Role.REP, "/account")
    old, new = page.get_by_label("Your password now"), page.get_by_label("New password")
    again, change = page.get_by_label("The new one once more"), page.get_by_role("button", name="Change it")
    await old.fill("none of mine at all")
    await new.fill("short")
    await again.fill("shorter")
    await change.click()
    await is_marked(old, "That is not your password.")
    await is_marked(new, "Please take at least 12 characters")
    await is_marked(again, "The two new passwords are not the same.")
    await expect(old).to_be_focused()
    assert await faults(page) == []
    for field, text in ((old, PASSWORD), (new, OTHER), (again, OTHER)):
        await field.fill(text)
    await change.click()
    await expect(page.get_by_text("Your password is changed")).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_an_address_that_is_none_and_a_reason_that_is_missing(page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/suppressions")
    contact = page.get_by_label("Address or number")
    await contact.fill("hello")
    await page.keyboard.press("Enter")
    await is_marked(contact, "'hello' is no phone number")
    await contact.fill("hello@example.com")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Suppress").click()
    await is_marked(page.get_by_label("Why"), "Say why; the list keeps it")
    await expect(page.get_by_label("Why")).to_be_focused()
    assert await faults(page) == []


async def test_a_token_without_a_name_and_an_erasure_without_the_word(page_of: OpenPage, bench: Bench) -> None:
    lead_id = await bench.lead("Ann One")
    page = await page_of(Role.ADMIN, "/tokens")
    await page.get_by_role("button", name="Make a token").click()
    await is_marked(page.get_by_label("Which program"), "Say which program it is for")
    await page.goto(f"/console/erasure?lead={lead_id}")
    await page.get_by_label("Type ERASE").fill("erase")
    await page.get_by_role("button", name="Erase for good").click()
    await is_marked(page.get_by_label("Type ERASE"), "Type ERASE to erase the person for good")
    await expect(page.get_by_label("Type ERASE")).to_be_focused()


@pytest.mark.parametrize(
    ("kind", "marks"),
    [
        ("Hold", {"Until": "Choose a day.", "Why": "Say why."}),
        ("Switch cadence", {"Cadence": "Choose one."}),
        ("Reassign", {"To whom": "Choose somebody."}),
    ],
)
async def test_what_is_to_be_done_to_many_leads_is_asked_for_whole(
    page_of: OpenPage, bench: Bench, kind: str, marks: dict[str, str]
) -> None:
    await bench.lead("Ann One")
    page = await page_of(Role.ADMIN, "/leads")
    await page.get_by_role("row", name="Ann One").get_by_role("checkbox").click()
    await page.get_by_role("region", name="Chosen leads").get_by_role("button", name=kind).click()
    dialog = page.get_by_role("dialog", name=kind)
    if "Until" in marks:
        await dialog.get_by_label("Until").fill("")
    await dialog.get_by_role("button", name="See what happens").click()
    for label, words in marks.items():
        await is_marked(dialog.get_by_label(label, exact=True), words)
    await expect(dialog.get_by_label(next(iter(marks)), exact=True)).to_be_focused()
    assert await faults(page, ".q-dialog") == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_what_they_said_needs_its_day_its_time_and_its_words(
    page_of: OpenPage, bench: Bench, stage: Stage, dark: bool
) -> None:
    await bench.call("Ann One")
    page = await page_of(Role.REP, "/today", dark=dark)
    await on_desk(page, "Ann One")
    await page.keyboard.press("Control+Enter")
    await is_marked(page.get_by_label("Note"), "There is nothing in the note yet.")
    await page.get_by_label("Note").press("Escape")

    await page.keyboard.press("n")
    other = page.get_by_label("Another day")
    await page.get_by_role("button", name="Until that day").click()
    await is_marked(other, "Name a day.")
    yesterday = stage.clock().date() - timedelta(days=1)
    await other.fill(yesterday.isoformat())
    await page.get_by_role("button", name="Until that day").click()
    await is_marked(other, "It lies in the past; name a later date")
    await page.get_by_role("button", name="Back").click()

    await page.get_by_role("button", name="Call back").click()
    await page.get_by_role("button", name="At that time").click()
    await is_marked(page.get_by_label("Another time"), "Name a day and a time.")
    await page.get_by_role("button", name="Back").click()

    await page.get_by_role("button", name="Meeting").click()
    when, about = page.get_by_label("When"), page.get_by_label("About", exact=True)
    await about.fill(" ")
    await page.get_by_role("button", name="Agreed").click()
    await is_marked(when, "Name a day and a time.")
    await is_marked(about, "Say what about.")
    await expect(when).to_be_focused()
    assert await faults(page) == []
    await when.fill(f"{yesterday}T10:00")
    await about.fill("Ovens")
    await page.get_by_role("button", name="Agreed").click()
    await is_marked(when, "It lies in the past; name a later date")
    await no_toast(page)


async def test_an_email_without_words_and_a_number_that_is_none(page_of: OpenPage, bench: Bench) -> None:
    lead_id = await bench.lead("Ann One")
    page = await page_of(Role.REP, f"/leads/{lead_id}")
    await on_desk(page, "Ann One")
    await page.keyboard.press("e")
    subject, text = page.get_by_label("Subject"), page.get_by_label("Email", exact=True)
    await subject.fill("")
    await text.fill(" ")
    await page.get_by_role("button", name="Send").click()
    await is_marked(subject, "Write a subject.")
    await is_marked(text, "Write an email.")
    await expect(subject).to_be_focused()
    await page.get_by_role("button", name="Back").click()

    await page.get_by_role("button", name="Add phone or email").click()
    phone, email, add = page.get_by_label("Phone"), page.get_by_label("Email"), page.get_by_role("button", name="Add")
    await phone.wait_for()
    await add.click()
    await is_marked(email, "Give an email address, a phone number, or both")
    await phone.fill("12")
    await add.click()
    await is_marked(phone, "'12' can't be a phone number")
    await expect(email).not_to_have_attribute("aria-invalid", "true")
    await no_toast(page)


async def test_keys_are_heard_again_as_soon_as_a_field_is_marked(page_of: OpenPage, bench: Bench) -> None:
    """Nothing was recorded, so that a key does not wait for what follows from that."""
    await bench.call("Ann One")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("Control+Enter")
    note = page.get_by_label("Note")
    await is_marked(note, "There is nothing in the note yet.")
    await note.press("Escape")
    await page.keyboard.press("n")
    await expect(page.get_by_label("Another day")).to_be_visible(timeout=2000)
