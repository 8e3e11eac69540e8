"""A real browser for tests: one Chromium for the run, a fresh profile for each page, and nothing forgiven.

A test fails on whatever its pages complain of: an uncaught error, an error on the console (a violation of the content
security policy is one), a request to another host. What a failing test's pages looked like is kept, and where is said.
"""

import os
import re
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.console.chromium import SKIPPED, NoChromium, ThisMachine, found, is_skipped

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import BrowserContext, Page, Playwright

OURS = frozenset({"127.0.0.1", "localhost"})
QUIETLY = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No other name can be looked up: what asks for another host fails, and is told below.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
PATIENCE = 15_000
"""Milliseconds that something may take to appear, on a machine that does much else."""
WIDE, NARROW = (1280, 800), (390, 844)
"""A desk's screen and a telephone's, in CSS pixels."""
_SHOWN = re.compile(r"[^\w.-]+")
_failed = pytest.StashKey[bool]()
_left_out = pytest.StashKey[int]()
_pictures = pytest.StashKey[list[Path]]()


@dataclass(slots=True)
class Browser:
    """What a test asks for its pages."""

    chromium: "Chromium"
    contexts: list["BrowserContext"] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _expected: list[str] = field(default_factory=list)

    async def context(
        self,
        base_url: str | None = None,
        *,
        dark: bool = False,
        size: tuple[int, int] = WIDE,
        javascript: bool = True,
        **options: Any,
    ) -> "BrowserContext":
        """A fresh profile: no cookie, no storage, nobody signed in."""
        context = await self.chromium.new_context(
            base_url=base_url,
            color_scheme="dark" if dark else "light",
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=javascript,
            reduced_motion="reduce",
            locale="en-US",
            timezone_id="America/New_York",
            **options,
        )
        context.set_default_timeout(PATIENCE)
        context.on("weberror", lambda mistake: self.complaints.append(f"uncaught: {mistake.error}"))
        context.on("console", lambda said: said.type == "error" and self.complaints.append(f"console: {said.text}"))
        context.on("request", lambda request: self._check(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: self._check(socket.url)))
        self.contexts.append(context)
        return context

    async def page(self, base_url: str | None = None, **options: Any) -> "Page":
        """A page in a profile of its own; the options are those of `context`."""
        return await (await self.context(base_url, **options)).new_page()

    def expects(self, words: str) -> None:
        """Something will be complained of in these words, such as a refusal; the test fails if it is not."""
        self._expected.append(words)

    @property
    def troubles(self) -> list[str]:
        """What was complained of and not expected, and what was expected and not complained of."""
        unexpected = [said for said in self.complaints if not any(words in said for words in self._expected)]
        missing = [words for words in self._expected if not any(words in said for said in self.complaints)]
        return unexpected + [f"expected, and never said: {words}" for words in missing]

    def _check(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in OURS:
            self.complaints.append(f"another host: {url}")

    async def keep_pictures(self, folder: Path) -> None:
        """How each open page looks, and its HTML."""
        from playwright.async_api import Error

        pages = [page for context in self.contexts for page in context.pages]
        for number, page in enumerate(pages, start=1):
            with suppress(Error):  # a page that crashed or closed has no looks
                html = await page.content()
                (folder / f"page-{number}.html").write_text(f"<!-- {page.url} -->\n{html}", encoding="utf-8")
                await page.screenshot(path=folder / f"page-{number}.png", full_page=True, timeout=PATIENCE)

    async def close(self) -> None:
        """Close every profile."""
        for context in self.contexts:
            await context.close()


async def started(playwright: "Playwright", path: str) -> "Chromium":
    """Chromium, in its sandbox where it can have one: root can't, and not every container can."""
    from playwright.async_api import Error

    if os.geteuid() != 0:
        with suppress(Error):
            return await playwright.chromium.launch(executable_path=path, args=QUIETLY, chromium_sandbox=True)
    return await playwright.chromium.launch(executable_path=path, args=QUIETLY, chromium_sandbox=False)


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator["Chromium"]:
    """The one Chromium of the run."""
    from playwright.async_api import async_playwright, expect

    try:
        path = found(ThisMachine())
    except NoChromium as named:
        pytest.fail(str(named), pytrace=False)
    if path is None:
        pytest.fail(f"there is no Chromium: `make test` would install it; {SKIPPED}=1 leaves this out", pytrace=False)
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        chromium = await started(playwright, path)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture
async def browser(
    chromium: "Chromium", request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    """A real browser whose pages must have nothing to complain of."""
    browser = Browser(chromium)
    yield browser
    troubles, has_failed = browser.troubles, request.node.stash.get(_failed, False)
    try:
        if troubles or has_failed:
            folder = tmp_path_factory.mktemp(_SHOWN.sub("-", request.node.name)[:60])
            await browser.keep_pictures(folder)
            request.config.stash.setdefault(_pictures, []).append(folder)
    finally:
        await browser.close()
    if troubles:
        pytest.fail("the browser complains:\n" + "\n".join(dict.fromkeys(troubles)), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test has failed, for its browser's sake."""
    report = yield
    if report.failed:
        item.stash[_failed] = True
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Leave out what needs a browser, when that is wished."""
    if not is_skipped(ThisMachine().variables):
        return
    those = [item for item in items if "chromium" in getattr(item, "fixturenames", ())]
    for item in those:
        item.add_marker(pytest.mark.skip(reason=f"{SKIPPED} is set"))
    config.stash[_left_out] = len(those)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say at the end what was left out, and where pictures of the failures are."""
    left_out = config.stash.get(_left_out, 0)
    if left_out:
        line = f"{SKIPPED} is set: {left_out} tests in a real browser were LEFT OUT"
        terminalreporter.write_line(line, red=True, bold=True)
    for folder in config.stash.get(_pictures, []):
        terminalreporter.write_line(f"what the failing test's pages looked like: {folder}")
