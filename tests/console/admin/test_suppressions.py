"""The company's own list: looked up by a whole address or number, put on, lifted, and never told to anybody else."""

from playwright.async_api import Page, expect
from sqlalchemy import select

from adapters.db.rows import LeadRow, SuppressionRow
from leads.capture import NewLead
from leads.model import Role
from tests.console.admin.entries import entries
from tests.console.conftest import OpenPage
from tests.console.stage import Stage

EMAIL = "ann@example.com"


async def look_up(page: Page, contact: str) -> None:
    await page.get_by_label("Address or number").fill(contact)
    await page.get_by_role("button", name="Look up").click()


async def test_an_address_is_suppressed_and_lifted_with_a_reason(stage: Stage, page_of: OpenPage) -> None:
    new = NewLead(email=EMAIL, name="Ann Lee", question="How much?", owner="anna")
    lead_id = (await stage.services.intake.capture(new, "test", stage.clock())).lead_id
    page = await page_of(Role.ADMIN, "/suppressions")
    await look_up(page, " ANN@example.com ")
    await expect(page.get_by_text("not on the list")).to_be_visible()
    await expect(page.get_by_role("link", name="Its lead")).to_have_attribute("href", f"/console/leads/{lead_id}")
    await page.get_by_role("button", name="Suppress").click()
    await expect(page.get_by_text("Say why; the list keeps it")).to_be_visible()
    await page.get_by_label("Why").fill("asked on the phone")
    await page.get_by_role("button", name="Suppress").click()
    await page.get_by_role("button", name="Suppress it").click()
    await expect(page.get_by_text("On the list; the lead's plan follows it.")).to_be_visible()
    async with stage.engine.connect() as connection:
        assert await connection.scalar(select(LeadRow.ended)) == "opted_out"
    await expect(page.get_by_role("region", name="Lines of the list").get_by_text("asked on the phone")).to_be_visible()

    await page.get_by_label("Why").fill("asked for our news again")
    await page.get_by_role("button", name="Lift").click()
    await page.get_by_role("button", name="Lift it").click()
    await expect(page.get_by_text("Opened again.")).to_be_visible()
    await expect(page.get_by_text("not on the list")).to_be_visible()
    async with stage.engine.connect() as connection:
        row = (await connection.execute(select(SuppressionRow.why, SuppressionRow.lifted_why, SuppressionRow.by))).one()
        assert await connection.scalar(select(LeadRow.ended)) == "opted_out"
    assert tuple(row) == ("asked on the phone", "asked for our news again", "ada")
    for action in ("suppress", "lift_suppression", "search_suppressions"):
        assert "ann" not in str(await entries(stage, action))
    (suppressed,) = await entries(stage, "suppress")
    assert (suppressed["lead_id"], suppressed["after"]) == (lead_id, {"kind": "email", "closed_for": "everything"})


async def test_a_number_is_closed_for_texts_only(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/suppressions")
    await look_up(page, "(212) 555-0123")
    await expect(page.get_by_role("heading", name="+12125550123")).to_be_visible()
    await expect(page.get_by_text("no lead has it")).to_be_visible()
    await page.get_by_label("Why").fill("wants no texts")
    await page.get_by_label("For").click()
    await page.get_by_role("option", name="texts").click()
    await page.get_by_role("button", name="Suppress").click()
    await expect(page.get_by_text("On the list.")).to_be_visible()
    newest = page.get_by_role("region", name="Newest on the list")
    await expect(newest.get_by_role("row", name="number texts")).to_be_visible()
    await expect(newest.get_by_text("555")).to_have_count(0)
    await page.get_by_label("Why").fill("a mistake")
    await page.get_by_label("For").click()
    await page.get_by_role("option", name="calls").click()
    await page.get_by_role("button", name="Lift").click()
    await page.get_by_role("button", name="Lift it").click()
    await expect(page.get_by_text("It is not on the list for calls")).to_be_visible()


async def test_only_a_whole_address_or_number_is_looked_up(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/suppressions")
    await expect(page.get_by_text("only a whole address or number is found", exact=False)).to_be_visible()
    await look_up(page, "ann")
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await entries(stage, "search_suppressions") == []


async def test_a_look_up_that_fails_leaves_nothing_of_the_one_before(page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/suppressions")
    await look_up(page, EMAIL)
    await expect(page.get_by_role("button", name="Suppress")).to_be_visible()
    await look_up(page, "ben")
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_role("heading", name=EMAIL)).to_have_count(0)
    await expect(page.get_by_role("button", name="Suppress")).to_have_count(0)


async def test_the_ledger_is_compared_with_the_list(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/suppressions")
    await page.get_by_role("button", name="Compare now").click()
    await expect(page.get_by_text("No message was begun to anybody on the list.")).to_be_visible()
