"""`make screenshots`: a picture of every page for every role that opens it, and of those that need no account, over the
shown business.

All of them go into `.screenshots/`, which git ignores, for somebody to look at; the few of the README go into
docs/screenshots/.
"""

import argparse
import asyncio
import base64
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import structlog

from api.console.manager.behind_links import BEHIND, BEHIND_A_VARIANT
from api.console.pages import Registered
from api.console.permissions import may_open
from leads.measures import Counted
from leads.model import Role
from tests.console.addresses import address_of, examples, name_of, pages
from tests.console.browser import NARROW, WIDE, Browser, started
from tests.console.chromium import NoChromium, ThisMachine, needed
from tests.console.open_pages import NAMES, open_pages
from tests.console.stage import Stage, of_its_own

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext
    from playwright.async_api import Page as Tab

ROOT = Path(__file__).parents[2]
EVERYTHING, BEST = ROOT / ".screenshots", ROOT / "docs" / "screenshots"
_ON_A_TELEPHONE = frozenset({Role.REP, Role.PARTNER, Role.EXPERT})
_QUALITY = 82
"""Of WebP, in percent."""
_TALLEST = 4000
"""Pixels."""
_SETTLES = 700
"""Milliseconds that charts take to be drawn."""


@dataclass(frozen=True, slots=True)
class View:
    """A page as somebody sees it on some screen; two pictures, since it is light and dark."""

    page: Registered | str
    """A page of the console, or the name of one that needs no account."""
    role: Role | None
    """None: whoever has the link."""
    size: tuple[int, int]

    @property
    def name(self) -> str:
        """What its pictures are called, without the theme."""
        page = self.page if isinstance(self.page, str) else name_of(self.page)
        return f"{page}-{'anybody' if self.role is None else self.role.value}-{self.size[0]}"


IN_THE_README: dict[str, str] = {
    "today-rep-1280-light": "today",
    "figures-manager-1280-light": "figures",
    "lead-map-manager-1280-dark": "lead-map",
    "cadences-name-edit-marketing-1280-light": "edit-cadence",
    "outbox-admin-1280-light": "outbox",
}
"""Pictures that are committed, and as what."""


def views() -> list[View]:
    """Every page for every role at a desk, and on a telephone for those who work on the way, and for prospects."""
    of_the_console = [
        View(page, role, size)
        for page in pages()
        for role in Role
        if may_open(role, page.page)
        for size in ((WIDE, NARROW) if role in _ON_A_TELEPHONE else (WIDE,))
    ]
    return [*of_the_console, *(View(name, None, size) for name in NAMES for size in (WIDE, NARROW))]


async def take(wanted: Sequence[View]) -> int:
    """Take pictures, and say what the pages complained of.

    Returns:
        How many complaints there were.
    """
    from playwright.async_api import async_playwright

    async with of_its_own() as stage, async_playwright() as playwright:
        addresses = await _addresses(stage, wanted)
        chromium = await started(playwright, needed(ThisMachine()))
        complaints = 0
        for number, view in enumerate(wanted, start=1):
            browser = Browser(chromium)
            await _take(stage, browser, view, addresses[view])
            await browser.close()
            for line in dict.fromkeys(browser.troubles):
                _say(f"{view.name} complains: {line}")
            complaints += len(browser.troubles)
            if sys.stdout.isatty() or number == len(wanted):
                _say(f"{number} of {len(wanted)} views")
        await chromium.close()
    return complaints


async def _addresses(stage: Stage, wanted: Sequence[View]) -> Mapping[View, str]:
    """Where each view is to be seen, in the shown business."""
    incidents = await stage.fill()
    (trial, *_) = await stage.services.experiments.all(stage.clock())
    asked = {
        BEHIND: {"figure": Counted.LATE.value},
        BEHIND_A_VARIANT: {"experiment": trial.id, "variant": trial.arms[-1].counts.name},
    }
    anybodys = await open_pages(stage) if any(view.role is None for view in wanted) else {}

    def address(view: View) -> str:
        if isinstance(view.page, str) or view.role is None:
            return anybodys[str(view.page)]
        query = urlencode(asked.get(view.page.path, {}))
        return address_of(view.page, examples(incidents, view.role)) + (f"?{query}" if query else "")

    return {view: address(view) for view in wanted}


async def _take(stage: Stage, browser: Browser, view: View, address: str) -> None:
    context = await browser.context(stage.url, size=view.size)
    if view.role is not None:
        await stage.sign_in(context, view.role)
    tab = await context.new_page()
    await tab.goto(address)
    await tab.get_by_role("heading", level=1).first.wait_for()
    await tab.wait_for_function("document.querySelectorAll('.ft-loading').length === 0")
    for theme in ("light", "dark"):
        await tab.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        await tab.wait_for_timeout(_SETTLES)
        name = f"{view.name}-{theme}"
        if name in IN_THE_README:
            await _as_webp(context, tab, BEST / f"{IN_THE_README[name]}.webp")
        # A window as high as its page, so that nothing that sticks to a window's edge covers the middle of the picture.
        height = await tab.evaluate("document.documentElement.scrollHeight")
        await tab.set_viewport_size({"width": view.size[0], "height": max(view.size[1], min(height, _TALLEST))})
        await tab.wait_for_timeout(_SETTLES)
        await tab.screenshot(path=EVERYTHING / f"{name}.png", full_page=True)
        await tab.set_viewport_size({"width": view.size[0], "height": view.size[1]})


async def _as_webp(context: "BrowserContext", tab: "Tab", path: Path) -> None:
    """What the window shows, small enough to be committed; Playwright itself knows PNG and JPEG only."""
    session = await context.new_cdp_session(tab)
    taken = await session.send("Page.captureScreenshot", {"format": "webp", "quality": _QUALITY})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(base64.b64decode(taken["data"]))


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def main() -> int:
    """Take the pictures; the exit code is 1 when a page complained."""
    asked = argparse.ArgumentParser(prog="python -m tests.console.screenshots", description=__doc__)
    asked.add_argument("--page", action="append", help="only pages whose picture's name begins so; may be repeated")
    asked.add_argument("--role", action="append", type=Role, help="only of this role; may be repeated")
    given = asked.parse_args()
    wanted = [
        view
        for view in views()
        if (not given.page or any(view.name.startswith(name) for name in given.page))
        and (not given.role or view.role in given.role)
    ]
    EVERYTHING.mkdir(exist_ok=True)
    logging.disable(logging.WARNING)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    try:
        complaints = asyncio.run(take(wanted))
    except NoChromium as missing:
        _say(str(missing))
        return 1
    _say(f"{len(wanted)} views, light and dark: {EVERYTHING.relative_to(ROOT)}/")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
