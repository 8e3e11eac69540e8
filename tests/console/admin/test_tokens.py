"""Tokens of programs: shown once, good until they are revoked, and refused from then on."""

import httpx
from playwright.async_api import expect

from leads.model import Role
from tests.console.admin.entries import entries
from tests.console.conftest import OpenPage
from tests.console.stage import Stage


async def test_a_token_is_made_used_and_revoked(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/tokens")
    await expect(page.get_by_text("No program calls us yet.")).to_be_visible()
    await page.get_by_role("button", name="Make a token").click()
    await expect(page.get_by_text("Say which program it is for")).to_be_visible()
    name = 'the "old" website'
    await page.get_by_label("Which program").fill(name)
    await page.keyboard.press("Enter")
    token = (await page.get_by_label("To copy").inner_text()).strip()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_text("Copied.")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == token

    async def status() -> int:
        async with httpx.AsyncClient(base_url=stage.url, headers={"Authorization": f"Bearer {token}"}) as program:
            return (await program.get("/api/leads")).status_code

    assert await status() == 200
    await page.reload()
    await expect(page.get_by_text(token)).to_have_count(0)
    await page.get_by_role("button", name=f"Revoke the token of {name}").click()
    dialog = page.get_by_role("dialog", name=f"Revoke the token of {name}?")
    await dialog.get_by_role("button", name="Cancel").click()
    assert await status() == 200
    await page.get_by_role("button", name=f"Revoke the token of {name}").click()
    await page.get_by_role("button", name="Revoke it").click()
    await expect(page.get_by_text("revoked today 10:00")).to_be_visible()
    assert await status() == 401
    (made,), (revoked,) = await entries(stage, "make_token"), await entries(stage, "revoke_token")
    assert (made["by"], made["subject"], revoked["subject"]) == ("ada", name, name)
    assert token not in str([made, revoked])


async def test_one_of_two_tokens_of_a_program_is_revoked(stage: Stage, page_of: OpenPage) -> None:
    old = await stage.services.tokens.create("crm", stage.clock())
    new = await stage.services.tokens.create("crm", stage.clock())
    page = await page_of(Role.ADMIN, "/tokens")
    await page.get_by_role("button", name="Revoke the token of crm").first.click()
    await page.get_by_role("button", name="Revoke it").click()
    await expect(page.get_by_role("button", name="Revoke the token of crm")).to_have_count(1)
    left = [one for one in (old, new) if await stage.services.tokens.find(one) is not None]
    assert len(left) == 1
