"""The audit log: who changed what, from what to what, when; filtered, in pages, and linked with the leads."""

from datetime import timedelta

from playwright.async_api import expect

from adapters.db.audit_log import AuditLog, Change, Outcome
from api.commands import LeadCommands
from api.writes import ourselves
from leads.capture import NewLead
from leads.model import Role
from tests.console.admin.entries import entries
from tests.console.conftest import OpenPage
from tests.console.stage import Stage


async def test_it_says_who_what_and_from_what_to_what(stage: Stage, page_of: OpenPage) -> None:
    new = NewLead(email="ann@example.com", name="Ann Lee", question="How much?", owner="anna")
    lead_id = (await stage.services.intake.capture(new, "test", stage.clock())).lead_id
    stage.clock.move_by(timedelta(days=1))
    await LeadCommands(stage.services).reassign(lead_id, ourselves("mia"), None, owner="ben")
    await AuditLog(stage.engine).begin(
        Change(by="ada", via="console", action="erase", subject="x", outcome=Outcome.REFUSED), stage.clock()
    )
    page = await page_of(Role.ADMIN, "/audit")
    row = page.get_by_role("row").filter(has_text="Reassign")
    await expect(row).to_contain_text("Mia Santos")
    await expect(row).to_contain_text("command line")
    await expect(row).to_contain_text("owner: anna → ben")
    await expect(row).to_contain_text("today 10:00")
    await expect(row.get_by_title("2026-11-21 10:00:00")).to_be_visible()
    await expect(row.get_by_role("link", name="Ann Lee")).to_have_attribute("href", f"/console/leads/{lead_id}")
    await expect(page.get_by_role("row").filter(has_text="Erase")).to_contain_text("refused")


async def test_a_captured_lead_is_named(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.MARKETING, "/add")
    await page.get_by_label("Phone").fill("212 555 0199")
    await page.get_by_label("Name").fill("Rosa Lind")
    await page.get_by_role("button", name="Add lead").click()
    await expect(page.get_by_role("heading", name="Added: Rosa Lind")).to_be_visible()
    page = await page_of(Role.ADMIN, "/audit")
    row = page.get_by_role("row").filter(has_text="Capture")
    await expect(row).to_contain_text("created: yes")
    href = await row.get_by_role("link", name="Rosa Lind").get_attribute("href")
    assert href is not None
    (entry,) = await entries(stage, "capture")
    assert str(entry["lead_id"]) == href.rpartition("/")[2]


async def test_instants_read_as_everywhere_else(stage: Stage, page_of: OpenPage) -> None:
    told = {"until": "2026-12-01T14:00:00+00:00", "since": "2024-12-01T14:00:00+00:00"}
    change = Change(by="ada", via="console", action="hold", after=told)
    await AuditLog(stage.engine).begin(change, stage.clock() - timedelta(days=400))
    page = await page_of(Role.ADMIN, "/audit")
    row = page.get_by_role("row").filter(has_text="Hold")
    await expect(row).to_contain_text("16 Oct 2025 11:00")
    await expect(row).to_contain_text("until: Tue 1 Dec 09:00")
    await expect(row).to_contain_text("since: 1 Dec 2024 09:00")


async def test_it_is_filtered_by_who_what_lead_outcome_and_day(stage: Stage, page_of: OpenPage) -> None:
    new = NewLead(email="ann@example.com", owner="anna")
    lead_id = (await stage.services.intake.capture(new, "test", stage.clock())).lead_id
    log = AuditLog(stage.engine)
    for day, change in enumerate(
        (
            Change(by="mia", via="console", action="hold", lead_id=lead_id),
            Change(by="ada", via="console", action="make_token", subject="crm"),
            Change(by="ada", via="console", action="erase", subject="x", outcome=Outcome.REFUSED),
        )
    ):
        await log.begin(change, stage.clock() + timedelta(days=day))
    page = await page_of(Role.ADMIN, "/audit")
    rows = page.get_by_role("region", name="Changes").get_by_role("row")
    await expect(rows).to_have_count(1 + 3)
    await page.get_by_label("Who").click()
    await page.get_by_role("option", name="Ada Admin").click()
    await expect(rows).to_have_count(1 + 2)
    await page.get_by_label("How it went").click()
    await page.get_by_role("option", name="refused").click()
    await expect(rows).to_have_count(1 + 1)
    await page.reload()
    await page.get_by_label("Lead").fill("ann@example.com")
    await expect(rows).to_have_count(1 + 1)
    await expect(rows.last).to_contain_text("Hold")
    await page.get_by_label("Lead").fill("zoe@example.com")
    await expect(page.get_by_text("Nothing was changed.")).to_be_visible()
    await page.get_by_label("Lead").fill("")
    await page.get_by_label("From day").fill("2026-11-21")
    await expect(rows).to_have_count(1 + 2)
    await page.get_by_label("To day").fill("2026-11-21")
    await expect(rows).to_have_count(1 + 1)
    await expect(rows.last).to_contain_text("Make token")


async def test_older_changes_are_a_page_further(stage: Stage, page_of: OpenPage) -> None:
    log = AuditLog(stage.engine)
    for number in range(60):
        await log.begin(Change(by="ada", via="console", action="make_token", subject=f"n{number}"), stage.clock())
    page = await page_of(Role.ADMIN, "/audit")
    rows = page.get_by_role("region", name="Changes").get_by_role("row")
    await expect(rows).to_have_count(1 + 50)
    await page.get_by_role("button", name="Show more").click()
    await expect(rows).to_have_count(1 + 60)
    await expect(rows.last).to_contain_text("n0")
