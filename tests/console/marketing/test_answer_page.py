"""Marketing writes the answers in the console: checked while one types, saved into their file, never over others."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect
from sqlalchemy import select, update

from adapters.db.rows import AuditEntryRow, InquiryRow
from api.console.marketing import answer_page
from leads.model import Role
from tests.console.accessibility import faults, too_wide
from tests.console.browser import NARROW, Browser
from tests.console.conftest import OpenPage
from tests.console.marketing.conftest import Desk, leaves_unasked, questions_of, stays_when_asked
from tests.console.marketing.test_library_page import ask
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


async def at_the_file(page_of: OpenPage, **options: object) -> Desk:
    desk = Desk(await page_of(Role.MARKETING, FILE, **options))
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


@pytest.fixture
def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What others do to the file is found out by saving only."""
    monkeypatch.setattr(answer_page, "LOOK_EVERY", 3600.0)


async def test_what_somebody_else_writes_is_told_before_one_saves(page_of: OpenPage, file: Path) -> None:
    desk = await at_the_file(page_of)
    file.write_text(GOOD.replace("every address", "every town"))
    alert = desk.page.get_by_role("alert").filter(has_text="since you opened it")
    await alert.get_by_role("button", name="Take theirs").click()
    await expect(desk.text).to_contain_text("every town")
    await expect(alert).to_have_count(0)
    await expect(desk.page.get_by_text("As it stands in the file")).to_be_visible()


async def test_what_somebody_else_removes_is_told_and_can_be_kept(page_of: OpenPage, file: Path) -> None:
    first, second = await at_the_file(page_of), await at_the_file(page_of)
    file.unlink()
    alert = second.page.get_by_role("alert").filter(has_text="or removed it, since you opened it")
    await alert.get_by_role("button", name="Take theirs").click()
    await expect(second.page.get_by_role("heading", name="Answers", level=1)).to_be_visible()
    alert = first.page.get_by_role("alert").filter(has_text="or removed it, since you opened it")
    await alert.get_by_role("button", name="Keep mine").click()
    await expect(first.page.get_by_text("As it stands in the file")).to_be_visible()
    assert file.read_text() == GOOD


@pytest.mark.usefixtures("nobody_looks")
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


@pytest.mark.usefixtures("nobody_looks")
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


def preview_of(desk: Desk) -> Locator:
    """The message as it would arrive."""
    return desk.page.get_by_role("region", name="The message")


async def choose(desk: Desk, field: str, option: str) -> None:
    """Choose something in a list of the preview."""
    await desk.page.get_by_label(field, exact=True).click()
    await desk.page.get_by_role("option", name=option).click()


@pytest.mark.usefixtures("file")
async def test_what_is_typed_is_shown_as_it_would_arrive(page_of: OpenPage) -> None:
    desk = await at_the_file(page_of)
    message = preview_of(desk)
    frame = message.locator("iframe")
    await expect(frame.content_frame.get_by_text("Yes, to every address.")).to_be_visible()
    await expect(message).to_contain_text("maria@example.com")
    await desk.replace("Yes, to every address.", "|\n    Yes, to **every** town:\n\n- Boston\n- Salem")
    # Markdown drawn, and as plain text, each as it is sent.
    await expect(frame.content_frame.locator("p strong").filter(has_text="every")).to_be_visible()
    await expect(frame.content_frame.locator("li").filter(has_text="Salem")).to_be_visible()
    await message.get_by_role("tab", name="As text").click()
    await expect(message.get_by_text("- Boston")).to_be_visible()
    # Who reads the plain text goes on doing so.
    await desk.replace("Salem", "Lowell")
    await expect(message.get_by_text("- Lowell")).to_be_visible()
    # An error leaves what was there, and says so.
    await desk.replace("stage: comparing", "stage: comparin")
    await expect(desk.page.get_by_text("This is what it said before the error.")).to_be_visible()


@pytest.mark.usefixtures("file")
async def test_the_talk_track_says_it_too_to_whom_one_likes(stage: Stage, page_of: OpenPage) -> None:
    await ask(stage, "Do you deliver to Boston?")
    desk = await at_the_file(page_of)
    await choose(desk, "In", "call, inbound-web")
    await expect(preview_of(desk).get_by_role("heading", name="The talk track")).to_be_visible()
    await expect(preview_of(desk)).to_contain_text("Yes, to every address.")
    field = desk.page.get_by_label("or another lead: its email, number or id")
    await field.fill("lead0@example.com")
    await field.press("Enter")
    await choose(desk, "In", "email, inbound-web")
    await expect(preview_of(desk)).to_contain_text("lead0@example.com")


async def test_the_preview_goes_to_the_answer_in_which_one_stands(page_of: OpenPage, file: Path) -> None:
    second = GOOD.partition("answers:\n")[2].replace("area", "flour").replace("Where we deliver", "Flour")
    second = second.replace("deliver to ...", "sell flour").replace("Do you deliver to Boston?", "Do you sell flour?")
    file.write_text(GOOD + second.replace("Yes, to every address.", "No, we don't."))
    desk = await at_the_file(page_of)
    text = preview_of(desk).locator("iframe").content_frame
    await expect(text.get_by_text("Yes, to every address.")).to_be_visible()
    await desk.text.click()
    await desk.page.keyboard.press("Control+End")
    await expect(text.get_by_text("No, we don't.")).to_be_visible()
    await choose(desk, "Answer", "Where we deliver")
    await expect(text.get_by_text("Yes, to every address.")).to_be_visible()
    # What becomes of other words is said, too.
    words = desk.page.get_by_label("or in other words")
    await words.fill("Is there an app?")
    await words.press("Enter")
    await expect(desk.page.get_by_text("Whoever asks this is left to a person")).to_be_visible()
    await words.fill("Do you sell flour to us?")
    await words.press("Enter")
    await expect(desk.page.get_by_text("Whoever asks this gets another answer: Flour.")).to_be_visible()


async def test_a_new_file_is_begun_written_and_saved(page_of: OpenPage, file: Path) -> None:
    page = await page_of(Role.MARKETING, "/answers")
    await page.get_by_role("button", name="New file").click()
    dialog = page.get_by_role("dialog", name="New file of answers")
    for name, why in (("../flour", "use small letters"), ("delivery", "there is a file delivery already")):
        await dialog.get_by_label("Name").fill(name)
        await dialog.get_by_role("button", name="Begin").click()
        await expect(dialog.get_by_text(why)).to_be_visible()
    await dialog.get_by_label("Name").fill("flour")
    await page.keyboard.press("Enter")
    desk = Desk(page)
    await expect(page.get_by_role("heading", name="Edit flour")).to_be_visible()
    await expect(desk.problems.first).to_contain_text("answer is empty")
    await expect(page.get_by_role("button", name="Save")).to_be_disabled()
    # The cursor stands where the words are missing.
    await expect(desk.text).to_be_focused()
    await page.keyboard.type("No, we don't.")
    await expect(page.get_by_text("No problem found")).to_be_visible()
    assert not (file.parent / "flour.yaml").exists()
    await page.keyboard.press("Control+s")
    await expect(page.get_by_text("Saved: it counts")).to_be_visible()
    assert "No, we don't." in (file.parent / "flour.yaml").read_text()
    await expect(page).to_have_url(re.compile(r"/answers/flour/edit$"))
    await page.reload()
    await expect(desk.text).to_contain_text("No, we don't.")


@pytest.mark.usefixtures("file")
async def test_an_open_question_leads_to_its_answer(stage: Stage, page_of: OpenPage) -> None:
    await ask(stage, "Do you sell flour?", "do you sell us flour", "Is there an app?")
    async with stage.engine.begin() as connection:
        answered = {"answered_by": "ben", "answered_at": stage.clock(), "answered_note": "Told Maria that we don't."}
        await connection.execute(
            update(InquiryRow).where(InquiryRow.unanswered == ["Do you sell flour?"]).values(answered)
        )
    page = await page_of(Role.MARKETING, "/answers")
    # Both were asked at one instant, so either may stand for the two.
    write = page.get_by_role("button", name=re.compile("^Write an answer to: .* flour"))
    await write.click()
    dialog = page.get_by_role("dialog", name="Write an answer")
    await dialog.get_by_role("button", name="Begin").click()
    desk = Desk(page)
    await expect(page.get_by_role("heading", name="Edit delivery")).to_be_visible()
    assert "flour" not in page.url
    await expect(desk.text).to_contain_text("- do you sell us flour")
    await expect(desk.text).to_contain_text("- Do you sell flour?")
    # What a colleague said to one person is there to be read, and stands in no text that goes to others.
    at_hand = page.get_by_role("region", name="The question at hand")
    await expect(at_hand).to_contain_text("Asked 2 times; 1 answered by a person.")
    await expect(at_hand).to_contain_text("Told Maria that we don't.")
    await expect(desk.text).not_to_contain_text("Maria")
    await expect(page.get_by_role("button", name="Save")).to_be_disabled()
    await expect(desk.text).to_be_focused()
    await page.keyboard.type("No, we don't.")
    frame = preview_of(desk).locator("iframe").content_frame
    await expect(frame.get_by_text("No, we don't.")).to_be_visible()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved: it counts")).to_be_visible()
    await page.get_by_role("link", name="All answers").click()
    await expect(page.get_by_text("1 has an answer by now.")).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="Is there an app?")).to_be_visible()
    await expect(page.get_by_role("button", name="Write an answer to: Do you sell flour?")).to_have_count(0)
    await page.goto(f"/console{FILE}?asked=0123456789abcdef")
    await expect(page.get_by_text("This question is none of the open ones any more")).to_be_visible()


async def test_an_answer_that_people_got_goes_only_if_one_means_it(stage: Stage, page_of: OpenPage, file: Path) -> None:
    await ask(stage, "Do you deliver to Boston?", "Do you deliver to Salem?")
    desk = await at_the_file(page_of)
    page = desk.page
    await desk.replace("id: area", "id: region")
    await expect(page.get_by_text("No problem found")).to_be_visible()
    await page.get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("area: given 2 times, last today 10:00")
    await dialog.get_by_role("button", name="Cancel").click()
    assert file.read_text() == GOOD
    await page.get_by_role("button", name="Rename or remove").click()
    await page.get_by_role("menuitem", name="Remove").click()
    dialog = page.get_by_role("dialog", name="Remove delivery?")
    await expect(dialog).to_contain_text("area: given 2 times, last today 10:00")
    await expect(dialog).to_contain_text("Whoever asks for it from now on is left to a person.")
    asked = questions_of(page)
    await dialog.get_by_role("button", name="Remove").click()
    await expect(page.get_by_role("heading", name="Answers", level=1)).to_be_visible()
    assert asked == []  # It was said already what goes.
    assert not file.exists()
    await expect(page.get_by_text("There are no answers: every question goes to a person")).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="area")).to_contain_text("2")


async def test_a_file_is_renamed_with_what_is_not_saved_yet(stage: Stage, page_of: OpenPage, file: Path) -> None:
    (file.parent / "costs.yaml").write_text(GOOD.replace("area", "costs").replace("deliver", "price"))
    desk = await at_the_file(page_of)
    page = desk.page
    await desk.replace("Yes,", "No,")
    await page.get_by_role("button", name="Rename or remove").click()
    await page.get_by_role("menuitem", name="Rename").click()
    dialog = page.get_by_role("dialog", name="Rename delivery")
    await dialog.get_by_label("Name").fill("costs")
    await dialog.get_by_role("button", name="Rename").click()
    await expect(dialog.get_by_text("there is a file costs already")).to_be_visible()
    await dialog.get_by_label("Name").fill("where-to")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Edit where-to")).to_be_visible()
    await expect(page).to_have_url(re.compile(r"/answers/where-to/edit$"))
    assert not file.exists()
    moved = file.with_name("where-to.yaml")
    assert moved.read_text() == GOOD
    await expect(page.get_by_text("Not saved yet")).to_be_visible()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("As it stands in the file")).to_be_visible()
    assert moved.read_text() == GOOD.replace("Yes,", "No,")
    async with stage.engine.connect() as connection:
        wanted = select(AuditEntryRow.action, AuditEntryRow.subject, AuditEntryRow.after).order_by(AuditEntryRow.id)
        (renamed, saved) = await connection.execute(wanted)
    assert tuple(renamed) == ("rename_answers", "delivery", {"file": "where-to"})
    assert (saved.action, saved.subject) == ("save_answers", "where-to")


@pytest.mark.usefixtures("file")
async def test_the_browser_asks_before_an_unsaved_text_is_left(page_of: OpenPage) -> None:
    desk = await at_the_file(page_of)
    page = desk.page
    await desk.replace("Yes,", "No,")
    # At once: nobody waits for the server to have heard of the key.
    await stays_when_asked(page, "Answers")
    await expect(desk.text).to_contain_text("No, to every address.")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved: it counts")).to_be_visible()
    await leaves_unasked(page, "Answers")


@pytest.mark.usefixtures("file")
async def test_it_works_by_keyboard_and_can_be_left_by_it(page_of: OpenPage) -> None:
    desk = await at_the_file(page_of)
    page = desk.page
    await expect(desk.text).to_have_attribute("aria-describedby", "editor-help")
    await page.get_by_role("button", name="Add an answer").focus()
    await page.keyboard.press("Enter")
    await expect(desk.text).to_be_focused()
    await page.keyboard.type("No.")
    await expect(desk.text).to_contain_text("id: new-answer")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Tab")
    await expect(desk.text).not_to_be_focused()
    assert "\t" not in await desk.text.inner_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.usefixtures("file")
async def test_everybody_can_use_it(page_of: OpenPage, dark: bool) -> None:
    desk = await at_the_file(page_of, dark=dark)
    await expect(preview_of(desk).locator("iframe")).to_be_visible()
    assert await faults(desk.page) == [], "as it opens"
    await desk.replace("stage: comparing", "stage: comparin")
    await expect(desk.problems).to_have_count(1)
    assert await faults(desk.page) == [], "with an error"
    await desk.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert await too_wide(desk.page) == []
