"""The sample business is taken out on the page of the house, after a question, and nothing of ours with it."""

from playwright.async_api import expect
from sqlalchemy import func, select

from adapters.db.rows import AuditEntryRow, LeadRow
from adapters.db.sample_traces import BY
from leads.capture import NewLead
from leads.model import Role
from runtime.sample import LEADS
from tests.console.accessibility import faults, too_wide
from tests.console.conftest import OpenPage
from tests.console.stage import Stage


async def test_the_sample_goes_after_a_question(stage: Stage, page_of: OpenPage) -> None:
    for lead in LEADS:
        await stage.services.intake.capture(lead, by=BY, now=stage.clock())
    new = NewLead(email="real@customer.example.org", name="Rita Real", question="How much?", owner="anna")
    await stage.services.intake.capture(new, by="website", now=stage.clock())
    page = await page_of(Role.ADMIN, "/health")
    await expect(page.get_by_text("Still here: 8 invented leads, and Ben Okafor and Mia Santos.")).to_be_visible()
    await expect(page.get_by_text("Anna Keller stays: has 1 lead of yours; give them to others first.")).to_be_visible()
    assert (await faults(page), await too_wide(page)) == ([], [])
    await page.get_by_role("button", name="Take out the sample").click()
    await expect(page.get_by_text("Nothing of yours goes.")).to_be_visible()
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Take out the sample").click()
    await page.get_by_role("button", name="Take out", exact=True).click()
    await expect(page.get_by_text("The rest is gone.")).to_be_visible()
    async with stage.engine.connect() as connection:
        assert list((await connection.execute(select(LeadRow.name))).scalars()) == ["Rita Real"]
        entry = (
            await connection.execute(
                select(AuditEntryRow.by, AuditEntryRow.after, AuditEntryRow.outcome).where(
                    AuditEntryRow.action == "remove_sample"
                )
            )
        ).one()
    assert tuple(entry) == ("ada", {"erased": 8, "retired": ["ben", "mia"]}, "done")


async def test_without_a_sample_nothing_is_said_of_it(stage: Stage, page_of: OpenPage) -> None:
    for colleague in ("anna", "ben", "mia"):
        await stage.services.people.deactivate(colleague)
    page = await page_of(Role.ADMIN, "/health")
    await expect(page.get_by_role("heading", name="Senders")).to_be_visible()
    await expect(page.get_by_role("heading", name="The sample business")).to_have_count(0)
    async with stage.engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(LeadRow)) == 0
