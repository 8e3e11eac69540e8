"""The browser itself: what it finds fault with, what it keeps of a failing test, and how its tests are left out."""

from pathlib import Path

import pytest

from tests.console.browser import Browser

SESSION = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = session
asyncio_default_test_loop_scope = session
filterwarnings = error
addopts = -p tests.console.browser --disable-socket --allow-unix-socket --allow-hosts=127.0.0.1
"""


async def shown(browser: Browser, html: str) -> None:
    page = await browser.page()
    await page.set_content(html)
    await page.wait_for_timeout(50)


@pytest.fixture
def strict(browser: Browser) -> Browser:
    """Another browser over the same Chromium, which the test asks for its troubles itself."""
    return Browser(browser.chromium)


async def test_a_quiet_page_is_fine(strict: Browser) -> None:
    await shown(strict, "<h1>Hello</h1><img alt='' src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>")
    await strict.close()
    assert strict.troubles == []


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<script>throw new Error('boo')</script>", "uncaught: boo"),
        ("<script>Promise.reject(new Error('later'))</script>", "uncaught: later"),
        ("<script>console.error('not found')</script>", "console: not found"),
        ("<img alt='' src='http://cdn.example.com/x.png'>", "another host: http://cdn.example.com/x.png"),
        ("<script>new WebSocket('ws://cdn.example.com/')</script>", "another host: ws://cdn.example.com/"),
    ],
)
async def test_what_a_page_must_not_do(strict: Browser, html: str, said: str) -> None:
    await shown(strict, html)
    await strict.close()
    assert said in strict.troubles


async def test_a_violation_of_the_content_security_policy_is_told(strict: Browser) -> None:
    await shown(strict, "<meta http-equiv='Content-Security-Policy' content='script-src none'><script>1</script>")
    await strict.close()
    assert any("Content Security Policy" in trouble for trouble in strict.troubles)


async def test_what_is_expected_is_forgiven_and_must_happen(strict: Browser) -> None:
    strict.expects("status of 403")
    strict.complaints.append("console: Failed to load resource: the server responded with a status of 403 (Forbidden)")
    assert strict.troubles == []
    strict.expects("status of 404")
    assert strict.troubles == ["expected, and never said: status of 404"]


@pytest.mark.usefixtures("chromium")
def test_a_failing_test_leaves_pictures_and_says_where(pytester: pytest.Pytester) -> None:
    pytester.makeini(SESSION)
    pytester.makepyfile(
        """
        async def test_bad(browser):
            await (await browser.page()).set_content("<h1>Look at me</h1>")
            assert False

        async def test_complained_of(browser):
            page = await browser.page()
            await page.set_content("<script>console.error('oh')</script>")
            await page.wait_for_timeout(50)

        async def test_good(browser):
            await (await browser.page()).set_content("<h1>Fine</h1>")
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=2, failed=1, errors=1)
    result.stdout.fnmatch_lines(["the browser complains:", "console: oh"])
    folders = [Path(line.partition("looked like: ")[2]) for line in result.outlines if "looked like: " in line]
    assert len(folders) == 2
    assert "Look at me" in (folders[0] / "page-1.html").read_text()
    assert (folders[0] / "page-1.png").stat().st_size > 1000


def test_tests_in_a_browser_are_left_out_loudly(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLLOW_SKIP_BROWSER", "1")
    pytester.makeini(SESSION)
    pytester.makepyfile("async def test_one(browser): ...\ndef test_other(): ...")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["FOLLOW_SKIP_BROWSER is set: 1 tests in a real browser were LEFT OUT"])


def test_a_browser_that_is_not_there_is_one_line(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOLLOW_SKIP_BROWSER", raising=False)
    monkeypatch.setenv("FOLLOW_CHROMIUM", "/no/such/chromium")
    pytester.makeini(SESSION)
    pytester.makepyfile("async def test_one(browser): ...")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["FOLLOW_CHROMIUM names /no/such/chromium, which does not start: *"])
