"""The editor as somebody at a keyboard has it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from playwright.async_api import Dialog, Locator, Page, expect

from leads.model import Role
from tests.console.conftest import OpenPage


@dataclass(slots=True)
class Desk:
    """A page with the editor in it."""

    page: Page

    @property
    def text(self) -> Locator:
        """Where one writes; one file at a time is there."""
        return self.page.locator(".cm-content:visible")

    @property
    def problems(self) -> Locator:
        """The list of what is wrong."""
        return self.page.locator(".ft-problem")

    @property
    def publish(self) -> Locator:
        return self.page.get_by_role("button", name="Publish", exact=True)

    @property
    def touches(self) -> Locator:
        """What would happen when."""
        return self.page.get_by_role("list", name="What would happen when").locator(".ft-touch")

    async def replace(self, before: str, after: str) -> None:
        """Find words by the editor's own search, and write others in their place."""
        await self.text.click()
        await self.page.keyboard.press("Control+Home")
        await self.page.keyboard.press("Control+f")
        field = self.page.locator(".cm-search input[name=search]:visible")
        await field.fill("")
        await field.press_sequentially(before)
        await field.press("Enter")
        await expect(self.page.locator(".cm-searchMatch-selected:visible")).to_have_text(before)
        await field.press("Escape")
        await expect(self.text).to_be_focused()
        await self.page.keyboard.type(after)

    async def write(self, words: str) -> None:
        """Write a line at the end of the file."""
        await self.text.click()
        await self.page.keyboard.press("Control+End")
        await self.page.keyboard.type(words)

    async def open(self, file: str) -> None:
        await self.page.get_by_role("tab", name=file).click()
        # The tab is chosen at once; its text is there a moment later.
        await expect(self.text).to_have_attribute("aria-label", re.compile(rf"^{file}, "))

    async def saved(self) -> None:
        """Wait until the draft is saved."""
        await expect(self.page.get_by_text("Draft saved by")).to_be_visible()


async def stays_when_asked(page: Page, link: str) -> None:
    """Follow a link of the navigation, be asked whether the page is to be left, and stay."""
    async with page.expect_event("dialog") as asked:
        # The browser asks before it goes, so the click itself does not come to an end.
        await page.get_by_role("link", name=link, exact=True).evaluate("link => setTimeout(() => link.click())")
    dialog = await asked.value
    assert dialog.type == "beforeunload"
    await dialog.dismiss()


def questions_of(page: Page) -> list[str]:
    """What the browser asks from now on; all of it is answered with yes."""
    asked: list[str] = []

    async def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", answer)
    return asked


async def leaves_unasked(page: Page, link: str) -> None:
    """Follow a link of the navigation, without being asked anything."""
    asked = questions_of(page)
    await page.get_by_role("link", name=link, exact=True).click()
    await expect(page.get_by_role("heading", name=link, level=1)).to_be_visible()
    assert asked == []


Edit = Callable[..., Awaitable[Desk]]


@pytest.fixture
def edit(page_of: OpenPage) -> Edit:
    """Open the editor: `await edit("not-now", who=Role.ADMIN)`."""

    async def opened(name: str = "inbound-web", who: Role | str = Role.MARKETING, **options: object) -> Desk:
        desk = Desk(await page_of(who, f"/cadences/{name}/edit", **options))
        await expect(desk.text).to_have_attribute("contenteditable", "true")
        return desk

    return opened
