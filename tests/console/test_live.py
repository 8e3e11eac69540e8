"""Live pages: who is told of what, and who is led away."""

from playwright.async_api import expect

from api.console import live
from leads.model import Role
from tests.console.conftest import OpenPage
from tests.console.stage import Stage


async def test_a_page_is_left_when_its_session_is_over(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.REP, "/account")
    await page.wait_for_function("window.did_handshake")
    assert live.EVERY.total_seconds() <= 1
    await stage.services.sessions.revoke_all("anna", stage.clock())
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
