"""The answer library: tried out, with what it lacks and what is wrong with its files."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from adapters.db.capture import LeadIntake
from leads.capture import NewLead
from leads.model import Role
from tests.console.conftest import OpenPage
from tests.console.stage import Stage
from tests.leads.test_answer_lint import GOOD
from tests.sample import COMPANY, KEY


@pytest.fixture
def folder(stage: Stage, tmp_path: Path) -> Iterator[Path]:
    """Answer files of one's own, in the place of the shipped ones."""
    (tmp_path / "delivery.yaml").write_text(GOOD)
    used = stage.services.answers
    find = used._find
    used._find = lambda: sorted(tmp_path.glob("*.yaml"))
    yield tmp_path
    used._find = find


async def ask(stage: Stage, *questions: str) -> None:
    services = stage.services
    intake = LeadIntake(stage.engine, services.shelf, services.cases, COMPANY, KEY, answers=services.answers)
    for number, question in enumerate(questions):
        new = NewLead(email=f"lead{number}@example.com", question=question)
        await intake.capture(new, by="test", now=stage.clock())


async def test_a_question_is_tried_out(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.MARKETING, "/answers")
    field = page.get_by_label("What somebody might ask")
    await field.fill("Do you deliver to Boston? And do you take bitcoin?")
    await page.get_by_role("button", name="What would we answer?").click()
    found = page.get_by_role("article")
    await expect(found).to_contain_text("Where we deliver")
    await expect(found).to_contain_text("Yes, we deliver to every address in the United States")
    await expect(page.get_by_text("“do you take bitcoin?” is left to a person.")).to_be_visible()
    await field.fill("hello")
    await field.press("Control+Enter")
    await expect(found).to_have_count(0)


async def test_answers_stand_with_how_often_they_were_found_and_what_nobody_could_answer(
    stage: Stage, page_of: OpenPage
) -> None:
    await ask(stage, "Do you deliver to Boston?", "Do you sell flour?", "do you sell flour", "Is there an app?")
    page = await page_of(Role.MARKETING, "/answers")
    missing = page.get_by_role("listitem").filter(has_text="sell flour")
    await expect(missing).to_contain_text("2 times")
    await expect(missing).to_contain_text("0 answered by a person")
    await expect(page.get_by_role("listitem").filter(has_text="Is there an app?")).to_contain_text("once")
    shelved = page.get_by_role("group").filter(has_text="Where we deliver")
    await expect(shelved).to_contain_text("found once, last today 10:00")
    await expect(page.get_by_text("answers/delivery.yaml")).to_be_visible()
    await shelved.locator("summary").click()
    await expect(shelved.get_by_text("id delivery-area; experts: Anna Keller")).to_be_visible()


async def test_an_edited_file_counts_at_once_and_a_broken_one_is_said_with_its_line(
    stage: Stage, page_of: OpenPage, folder: Path
) -> None:
    page = await page_of(Role.MARKETING, "/answers")
    await expect(page.get_by_text("never found")).to_have_count(1)
    file = folder / "delivery.yaml"
    file.write_text(GOOD.replace("Where we deliver", "Where our trucks go"))
    os.utime(file, (1, 1))
    await page.reload()
    await expect(page.get_by_text("Where our trucks go")).to_be_visible()
    file.write_text(GOOD.replace("topic: delivery", "topic:"))
    os.utime(file, (2, 2))
    await page.reload()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("A file has a mistake.")
    await expect(alert).to_contain_text("delivery.yaml:1:1: error: `topic` is missing")
    await expect(alert).not_to_contain_text(str(folder))
    await expect(page.get_by_text("Where our trucks go")).to_be_visible()


async def test_without_answers_the_page_says_where_to_write_them(stage: Stage, page_of: OpenPage, folder: Path) -> None:
    (folder / "delivery.yaml").unlink()
    page = await page_of(Role.MARKETING, "/answers")
    await expect(page.get_by_text("There are no answers: every question goes to a person")).to_be_visible()
    await expect(page.get_by_text("Every question so far has an answer")).to_be_visible()
