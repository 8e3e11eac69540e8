"""Marketing writes the answers in the console: checked while one types, saved into their file, never over others."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from adapters.db.rows import AuditEntryRow
from leads.model import Role
from tests.console.accessibility import faults, too_wide
from tests.console.browser import NARROW, Browser
from tests.console.conftest import OpenPage
from tests.console.marketing.conftest import Desk
from tests.console.stage import Stage
from tests.leads.test_answer_lint import GOOD

FILE = "/answers/delivery/edit"


@pytest.fixture
def file(stage: Stage, tmp_path: Path) -> Iterator[Path]:
    """The one file of a playbook of one's own."""
    (tmp_path / "answers").mkdir()
    path = tmp_path / "answers/delivery.yaml"
    path.write_text(GOOD)
    services = stage.services
    find, services.answers._find = services.answers._find, lambda: sorted((tmp_path / "answers").glob("*.yaml"))
    object.__setattr__(services.playbook, "folder", tmp_path)
    yield path
    services.answers._find = find
    object.__setattr__(services.playbook, "folder", None)


async def at_the_file(page_of: OpenPage) -> Desk:
    desk = Desk(await page_of(Role.MARKETING, FILE))
    await expect(desk.text).to_have_attribute("contenteditable", "true")
    return desk


async def test_an_answer_is_broken_mended_and_saved(stage: Stage, page_of: OpenPage, file: Path) -> None:
    page = await page_of(Role.MARKETING, "/answers")
    await page.get_by_role("link", name="Edit delivery").click()
    desk = Desk(page)
    await expect(desk.text).to_have_attribute("contenteditable", "true")
    save = page.get_by_role("button", name="Save")
    await expect(page.get_by_text("No problem found")).to_be_visible()
    await expect(save).to_be_disabled()
    await desk.replace("stage: comparing", "stage: comparin")
    await expect(page.locator(".ft-mark-error")).to_have_text("comparin")
    await expect(page.get_by_role("button", name="1 error: go to it")).to_be_in_viewport()
    await expect(save).to_be_disabled()
    assert file.read_text() == GOOD
    await desk.replace("stage: comparin", "stage: deciding")
    await desk.replace("[anna]", "[ana]")
    await expect(desk.problems.first).to_contain_text("there is no active colleague ana")
    await desk.replace("[ana]", "[ben]")
    await expect(page.get_by_text("No problem found")).to_be_visible()
    await page.keyboard.press("Control+s")
    await expect(page.get_by_text("Saved: it counts from the next question on.")).to_be_visible()
    await expect(page.get_by_text("As it stands in the file")).to_be_visible()
    assert file.read_text() == GOOD.replace("comparing", "deciding").replace("[anna]", "[ben]")
    assert stage.services.answers.read().library.sheets[0].experts == ("ben",)
    async with stage.engine.connect() as connection:
        wanted = select(AuditEntryRow.by, AuditEntryRow.subject, AuditEntryRow.outcome)
        entries = list(await connection.execute(wanted.where(AuditEntryRow.action == "save_answers")))
    assert [tuple(entry) for entry in entries] == [("mara", "delivery", "done")]


async def test_whose_text_stays_is_asked_where_somebody_else_wrote_it_meanwhile(page_of: OpenPage, file: Path) -> None:
    desk = await at_the_file(page_of)
    page, theirs = desk.page, GOOD.replace("every address", "every town")
    for button, text in (("Take theirs", theirs), ("Keep mine", theirs.replace("Yes,", "No,"))):
        file.write_text(theirs if button == "Take theirs" else f"{theirs}# again\n")
        await desk.replace("Yes,", "No,")
        await page.get_by_role("button", name="Save").click()
        alert = page.get_by_role("alert").filter(has_text="since you opened it")
        await expect(alert).to_be_visible()
        await expect(page.get_by_role("button", name="Save")).to_be_disabled()
        await alert.get_by_role("button", name=button).click()
        await expect(alert).to_have_count(0)
        await expect(page.get_by_text("As it stands in the file")).to_be_visible()
        assert file.read_text() == text


async def test_what_cant_be_written_is_shown_with_the_reason(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.MARKETING, FILE)
    await expect(page.get_by_text("These are the shipped answers")).to_be_visible()
    await expect(page.locator(".cm-content")).to_have_attribute("contenteditable", "false")
    await expect(page.get_by_role("button", name="Save")).to_be_disabled()


async def test_a_file_that_refuses_says_so_and_nothing_is_lost(page_of: OpenPage, file: Path) -> None:
    desk = await at_the_file(page_of)
    await desk.replace("Yes,", "No,")
    await expect(desk.page.get_by_text("Not saved yet")).to_be_visible()
    # The file is what it was, where nobody writes.
    elsewhere = file.parent / "gone"
    file.rename(elsewhere)
    file.symlink_to("/proc/self/environ")
    await desk.page.get_by_role("button", name="Save").click()
    await expect(desk.page.get_by_role("alert").first).to_be_visible()
    await expect(desk.text).to_contain_text("No, to every address")


async def test_a_broken_file_is_mended_from_the_library(page_of: OpenPage, file: Path) -> None:
    file.write_text(GOOD.replace("topic: delivery", "topic:"))
    page = await page_of(Role.MARKETING, "/answers")
    await page.get_by_role("link", name="Mend delivery.yaml").click()
    desk = Desk(page)
    await expect(desk.text).to_have_attribute("contenteditable", "true")
    await expect(desk.problems.first).to_contain_text("topic is missing")
    await desk.replace("topic:", "topic: delivery")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved: it counts")).to_be_visible()
    assert file.read_text() == GOOD


async def test_nobody_else_edits_and_what_is_not_there_is_said(page_of: OpenPage, browser: Browser) -> None:
    browser.expects("status of 403")
    browser.expects("status of 404")
    page = await page_of(Role.MANAGER, "/answers")
    await expect(page.get_by_role("heading", name="The library")).to_be_visible()
    await expect(page.get_by_role("link", name="Edit delivery")).to_have_count(0)
    await page.goto(f"/console{FILE}")
    await expect(page.get_by_role("heading", name="Not for you")).to_be_visible()
    page = await page_of(Role.MARKETING, "/answers/nothing/edit")
    await expect(page.get_by_text("There is no file of answers called 'nothing'.")).to_be_visible()


@pytest.mark.usefixtures("file")
async def test_everybody_can_use_it(page_of: OpenPage) -> None:
    desk = await at_the_file(page_of)
    await desk.replace("stage: comparing", "stage: comparin")
    await expect(desk.problems).to_have_count(1)
    assert await faults(desk.page) == []
    await desk.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert await too_wide(desk.page) == []
