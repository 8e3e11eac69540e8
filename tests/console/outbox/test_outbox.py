"""The outbox: every message as its recipient sees it, live, with the links working; and nothing in one of them runs."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect
from sqlalchemy import insert, select

from adapters.db.rows import LeadRow, TouchRow
from leads.model import Role
from tests.console.accessibility import faults, too_wide
from tests.console.browser import NARROW, Browser
from tests.console.conftest import OpenPage
from tests.console.outbox.letters import first_email, written
from tests.console.stage import Stage

HOSTILE = """<!doctype html><html><head>
<base href="EVIL">
<meta http-equiv="refresh" content="1;url=/console/account">
<title>before</title>
<script>document.title = "taken"; parent.taken = true; top.location = "/console/account"</script></head>
<body onload="document.title = 'taken'"><p>Please <b>read</b> me.</p>
<img src="EVIL/pixel.gif" onerror="document.title = 'taken'">
<iframe src="/console/account"></iframe>
<form action="/console/account" method="post"><button>Press me</button></form>
<a href="javascript:document.title='taken'">run</a> <a href="/console/account" target="_top">leave</a>
<style>@import url("EVIL/style.css"); p { color: rgb(1, 2, 3) }</style></body></html>"""


@pytest.fixture
def real_providers(stage: Stage) -> Iterator[Stage]:
    """Emails and texts really go out."""
    providers = stage.services.providers
    before, providers.uses = (
        providers.uses,
        tuple(replace(use, is_local=False, provider="sendgrid", said="SendGrid") for use in providers.uses),
    )
    yield stage
    providers.uses = before


@pytest_asyncio.fixture
async def evil() -> AsyncIterator[tuple[str, list[str]]]:
    """Another website, and how often somebody called."""
    calls: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append((await reader.readline()).decode())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", calls
    server.close()
    await server.wait_closed()


async def ended(stage: Stage, lead_id: UUID) -> str | None:
    async with stage.engine.connect() as connection:
        found: str | None = await connection.scalar(select(LeadRow.ended).where(LeadRow.id == lead_id))
        return found


async def test_a_message_is_seen_as_its_recipient_sees_it(stage: Stage, page_of: OpenPage) -> None:
    await first_email(stage)
    page = await page_of(Role.MARKETING, "/outbox")
    message = page.get_by_role("article", name="Message")
    await expect(message.get_by_text("priya@bakery.example.com")).to_be_visible()
    await expect(message.get_by_text("Example Company <hello@example.com>")).to_be_visible()
    inside = page.frame_locator("iframe")
    await expect(inside.get_by_text("Do your ovens run on single-phase power?")).to_be_visible()
    await page.get_by_role("tab", name="Text").click()
    await expect(message.get_by_text("1 Main Street, Springfield").first).to_be_visible()
    await expect(message.get_by_role("link", name="/u/").first).to_have_attribute("rel", "noopener")
    await expect(page.get_by_role("link", name="Open the lead")).to_have_count(0)


async def test_its_links_open_the_public_pages_and_an_unsubscribe_works_from_there(
    stage: Stage, page_of: OpenPage
) -> None:
    lead_id = await first_email(stage)
    page = await page_of(Role.MANAGER, "/outbox")
    inside = page.frame_locator("iframe")
    async with page.context.expect_page() as opened:
        await inside.get_by_role("link", name="Yes", exact=False).first.click()
    answer = await opened.value
    await answer.wait_for_load_state()
    assert answer.url.startswith(f"{stage.url}/a/")
    assert await answer.evaluate("window.opener") is None
    assert await ended(stage, lead_id) is None
    async with page.context.expect_page() as opened:
        await inside.get_by_role("link", name="Unsubscribe").click()
    unsubscribe = await opened.value
    stage.clock.move_by(timedelta(seconds=5))  # a person reads before pressing
    await unsubscribe.get_by_role("button", name="Unsubscribe").click()
    await expect(unsubscribe.get_by_role("button", name="Unsubscribe")).to_have_count(0)
    assert await ended(stage, lead_id) == "opted_out"


async def test_what_comes_in_is_there_without_reloading(stage: Stage, page_of: OpenPage) -> None:
    await written(stage, "ann@example.com", subject="The first")
    page = await page_of(Role.ADMIN, "/outbox")
    lines = page.get_by_role("region", name="Messages").get_by_role("listitem")
    await expect(lines).to_have_count(1)
    stage.clock.move_by(timedelta(minutes=1))
    await written(stage, "bob@example.com", subject="The second")
    await expect(lines.first).to_contain_text("bob@example.com")
    await expect(lines).to_have_count(2)
    await expect(page.get_by_role("heading", name="The first")).to_be_visible()
    await lines.first.get_by_role("button").click()
    await expect(page.get_by_role("heading", name="The second")).to_be_visible()
    await expect(lines.first.get_by_role("button")).to_have_attribute("aria-current", "true")


async def test_messages_are_found_by_recipient_and_channel_and_older_ones_below(
    stage: Stage, page_of: OpenPage
) -> None:
    for number in range(32):
        await written(stage, f"ann{number}@example.com")
        stage.clock.move_by(timedelta(seconds=1))
    await written(stage, "+12125550123", text="Call me at http://127.0.0.1/m. " + "x" * 160, segments=2)
    page = await page_of(Role.MANAGER, "/outbox")
    lines = page.get_by_role("region", name="Messages").get_by_role("listitem")
    await expect(lines).to_have_count(30)
    await page.get_by_role("button", name="Show older ones").click()
    await expect(lines).to_have_count(33)
    await expect(page.get_by_role("button", name="Show older ones")).to_have_count(0)
    await page.get_by_label("Recipient").fill("ann31")
    await expect(lines).to_have_count(1)
    await page.get_by_label("Recipient").fill("zoe")
    await expect(page.get_by_text("No message to zoe.")).to_be_visible()
    await page.get_by_label("Recipient").fill("")
    await page.get_by_role("button", name="Texts").click()
    await expect(lines).to_have_count(1)
    await lines.get_by_role("button").click()
    await expect(page.get_by_text("2 segments, 191 characters in GSM-7")).to_be_visible()
    # The full stop after an address is the sentence's.
    await expect(page.get_by_role("link", name="http://127.0.0.1/m", exact=True)).to_be_visible()


async def test_a_hostile_message_is_inert(
    stage: Stage, page_of: OpenPage, browser: Browser, evil: tuple[str, list[str]]
) -> None:
    address, calls = evil
    letter = await written(stage, "ann@example.com", html=HOSTILE.replace("EVIL", address))
    for said in (
        "Blocked script execution",
        "violates the following Content Security Policy",
        "Refused to execute the redirect",
        "Blocked form submission",
        "Unsafe attempt to initiate navigation",
    ):
        browser.expects(said)
    page = await page_of(Role.ADMIN, f"/outbox?message={letter}")
    inside = page.frame_locator("iframe.ft-letter-html")
    await expect(inside.get_by_text("Please read me.")).to_be_visible()
    await expect(inside.get_by_text("Please read me.")).to_have_css("color", "rgb(1, 2, 3)")
    await inside.get_by_role("button", name="Press me").click()
    await inside.get_by_role("link", name="run").click()
    await inside.get_by_role("link", name="leave").click()
    await page.wait_for_timeout(2500)
    assert page.url.startswith(f"{stage.url}/console/outbox")
    assert await page.evaluate("window.taken") is None
    assert calls == []
    for frame in page.frames[1:]:
        assert "Your account" not in await frame.content()
    assert await page.frames[1].evaluate("self.origin") == "null"
    assert await page.frames[1].title() != "taken"

    alone = await page.context.new_page()
    await alone.goto(f"/console/outbox/{letter}/html")
    assert await alone.title() == "before"
    assert await alone.evaluate("self.origin") == "null"


async def test_the_html_of_a_message_is_for_those_who_may_open_the_outbox(stage: Stage) -> None:
    letter = await written(stage, "ann@example.com", html="<p>Hello</p>")
    address = f"/console/outbox/{letter}/html"

    async def status(colleague_id: str | None, path: str = address) -> int:
        async with httpx.AsyncClient(base_url=stage.url) as client:
            if colleague_id is not None:
                text = await stage.services.sessions.begin(colleague_id, "password", "a test", stage.clock())
                client.cookies.set("followthrough", text, domain="127.0.0.1")
            answer = await client.get(path)
            if answer.status_code == 200:
                policy = answer.headers["Content-Security-Policy"]
                assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
                assert "script" not in policy
            return answer.status_code

    assert [await status(one) for one in (None, "anna", "paul", "eva")] == [401, 403, 403, 403]
    assert [await status(one) for one in ("mia", "mara", "ada")] == [200, 200, 200]
    assert await status("ada", f"/console/outbox/{uuid4()}/html") == 404


async def test_where_messages_really_go_out_it_says_so_and_shows_the_ledgers(
    real_providers: Stage, page_of: OpenPage
) -> None:
    stage = real_providers
    lead_id = await first_email(stage)
    page = await page_of(Role.MANAGER, "/outbox")
    await expect(page.get_by_text("Emails really go out: SendGrid.")).to_be_visible()
    lines = page.get_by_role("region", name="Messages").get_by_role("listitem")
    await expect(lines).to_have_count(1)
    await expect(lines.get_by_text("sent", exact=True)).to_be_visible()
    await expect(page.get_by_role("article").get_by_text("Through")).to_be_visible()
    async with stage.engine.begin() as connection:
        failed = {"id": uuid4(), "lead_id": lead_id, "channel": "email", "state": "failed", "error": "550"}
        failed |= {"contact": "priya@bakery.example.com", "subject": "Later", "text": "Hm"}
        await connection.execute(insert(TouchRow).values(**failed, happened_at=stage.clock() + timedelta(hours=1)))
    await expect(lines.first).to_contain_text("failed")
    await page.get_by_label("Recipient").fill("priya@")
    await expect(page.get_by_text("whole addresses", exact=False)).to_be_visible()
    await page.get_by_label("Recipient").fill("Priya@Bakery.example.com")
    await expect(lines).to_have_count(2)


async def test_real_peoples_messages_are_not_marketings_to_read(real_providers: Stage, page_of: OpenPage) -> None:
    await first_email(real_providers)
    page = await page_of(Role.MARKETING, "/outbox")
    await expect(page.get_by_text("not for marketing to read", exact=False)).to_be_visible()
    await expect(page.get_by_text("priya@bakery.example.com")).to_have_count(0)


async def test_an_empty_outbox_says_what_will_come(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/outbox")
    await expect(page.get_by_text("Nothing was written yet.")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
async def test_everybody_can_read_it(stage: Stage, page_of: OpenPage, dark: bool) -> None:
    await first_email(stage)
    stage.clock.move_by(timedelta(seconds=1))
    await written(stage, "+12125550123", text="Hello from us")
    page = await page_of(Role.ADMIN, "/outbox", dark=dark)
    await expect(page.get_by_role("article")).to_be_visible()
    assert await faults(page) == []
    await page.get_by_role("region", name="Messages").get_by_role("button").nth(1).click()
    await expect(page.frame_locator("iframe").get_by_text("single-phase").first).to_be_visible()
    assert await faults(page) == []
    narrow = await page_of(Role.ADMIN, "/outbox", dark=dark, size=NARROW)
    await expect(narrow.get_by_role("article")).to_be_visible()
    assert await too_wide(narrow) == []
