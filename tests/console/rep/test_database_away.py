"""The database goes away while pages are open, and comes back: nothing is lost, and everybody is told what holds."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
from playwright.async_api import expect
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.engine import connect
from leads.model import Role
from runtime.embedded.postgres import EmbeddedPostgres
from tests.console.browser import Browser
from tests.console.conftest import OpenPage
from tests.console.rep.conftest import Bench
from tests.console.stage import Stage

Away = Callable[[], AbstractAsyncContextManager[None]]


@pytest.fixture
def away(postgres: EmbeddedPostgres, engine: AsyncEngine) -> Away:
    """While this lasts nobody reaches the database: PostgreSQL ends all its connections, and lets nobody in."""

    @asynccontextmanager
    async def away() -> AsyncIterator[None]:
        house = connect(postgres.url("postgres"))
        name = engine.url.database
        end = text("select pg_terminate_backend(pid) from pg_stat_activity where datname = :name").bindparams(name=name)
        try:
            async with house.connect() as connection:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                await connection.execute(text(f'alter database "{name}" allow_connections false'))
                await connection.execute(end)
                try:
                    yield
                finally:
                    await connection.execute(text(f'alter database "{name}" allow_connections true'))
        finally:
            await house.dispose()

    return away


async def test_what_one_presses_meanwhile_is_not_recorded_and_can_be_pressed_again(
    bench: Bench, page_of: OpenPage, away: Away
) -> None:
    leads = await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today")
    await page.wait_for_function("window.did_handshake")
    await page.get_by_label("Note").fill("call after lunch")
    async with away():
        await page.get_by_role("button", name="Voicemail").click()
        await expect(page.get_by_text("The database can't be reached just now. Nothing was stored")).to_be_visible()
        await expect(page.get_by_text("Not live just now")).to_be_visible()
    await expect(page.get_by_text("Not live just now")).to_be_hidden()
    await expect(page.get_by_label("Note")).to_have_value("call after lunch")
    await page.get_by_role("button", name="Voicemail").click()
    await expect(page.get_by_role("region", name="Who").get_by_role("heading", name="Bea Two")).to_be_visible()
    assert (await bench.outcomes(leads))["Ann One"] == ("voicemail", "call after lunch", "anna")


async def test_a_page_that_is_opened_meanwhile_says_so(
    stage: Stage, page_of: OpenPage, browser: Browser, away: Away
) -> None:
    page = await page_of(Role.REP, "/account")
    async with away():
        browser.expects("status of 503")
        for address in ("/console/today", "/sign-in"):
            await page.goto(f"{stage.url}{address}")
            await expect(page.get_by_role("heading", name="That did not work, and it is our fault")).to_be_visible()
    await page.goto(f"{stage.url}/console/today")
    await expect(page.get_by_role("heading", name="Today")).to_be_visible()


async def test_a_program_is_told_when_to_come_back(stage: Stage, away: Away) -> None:
    text_ = await stage.services.sessions.begin("anna", "password", "a test", stage.clock())
    async with away(), httpx.AsyncClient(base_url=stage.url, cookies={"followthrough": text_}) as client:
        answer = await client.get("/console/outbox/0d4f9a52-7d3c-4f62-a4f5-6fc3ab2b7b11/html")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
