"""The page of the policy: a colleague reads it and says so, and nothing else does."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.services import Services
from tests.api.public.conftest import Browser
from tests.clocks import SettableClock
from tests.links import LINKS

BUTTON = "I have read it, and follow it"


@pytest.fixture
async def link(services: Services, clock: SettableClock) -> str:
    version = (await services.policies.send(clock())).version
    return LINKS.policy("anna", version)


async def acknowledged(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        wanted = "select colleague_id from policy_acknowledgements where acknowledged_at is not null"
        return list((await connection.execute(text(wanted))).scalars())


async def test_reading_it_changes_nothing_and_one_press_acknowledges_it(
    browser: Browser, engine: AsyncEngine, link: str
) -> None:
    for _ in range(3):
        page = await browser.open(link)
    assert page.status == 200
    assert page.heading == "How Example Company follows up every lead"
    assert "call first-call , by the owner" in page.text
    assert page.soup.find(attrs={"style": True}) is None
    assert await acknowledged(engine) == []

    said = await browser.press(page, BUTTON)
    assert (said.status, said.heading) == (200, "Thank you")
    assert await acknowledged(engine) == ["anna"]
    again = await browser.open(link)
    assert "You acknowledged this version on 20 November 2026." in again.text
    assert BUTTON not in again.text


async def test_what_a_program_presses_counts_for_nothing(browser: Browser, engine: AsyncEngine, link: str) -> None:
    page = await browser.open(link)
    hidden = page.forms[0]
    pressed = await browser.submit(page, hidden, page.soup.find("button"), answer="other")  # type: ignore[arg-type]
    assert pressed.status == 422
    assert (await browser.press(page, BUTTON, after=timedelta(seconds=1))).status == 422
    assert (await browser.press(page, BUTTON, after=timedelta(days=2))).status == 422
    assert (await browser.press(page, BUTTON, ticket="forged")).status == 422
    assert (await browser.client.post(link)).status_code == 422
    assert await acknowledged(engine) == []


async def test_a_link_that_we_did_not_make_opens_nothing(browser: Browser, engine: AsyncEngine, link: str) -> None:
    never_sent = LINKS.policy("ghost", link.rpartition("/")[2])
    for url in (f"{link}x", f"{LINKS.base_url}/policy/anna", LINKS.policy("anna", "000000000000"), never_sent):
        assert (await browser.open(url)).status == 404
        assert (await browser.client.post(url)).status_code == 404
    assert await acknowledged(engine) == []
