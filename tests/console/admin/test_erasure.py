"""A person's data: handed out as a file, and erased for good after a look at what would go and a typed word."""

import json

from playwright.async_api import expect
from sqlalchemy import func, select, text

from adapters.db.rows import Base, LeadRow, SuppressionRow
from api.commands import LeadCommands
from api.writes import ourselves
from leads.capture import NewLead
from leads.model import Channel, Role
from tests.console.admin.entries import entries
from tests.console.conftest import OpenPage
from tests.console.outbox.letters import first_email
from tests.console.stage import Stage

MARK = "zanzibarine"


async def everywhere(stage: Stage) -> list[str]:
    """Every table that holds the person's words or name."""
    async with stage.engine.connect() as connection:
        return [
            table.name
            for table in Base.metadata.sorted_tables
            if await connection.scalar(text(f"select count(*) from \"{table.name}\" t where t::text ilike '%{MARK}%'"))
        ]


async def test_a_person_is_erased_after_a_look_and_a_word(stage: Stage, page_of: OpenPage) -> None:
    lead_id = await first_email(stage, f"{MARK.capitalize()} Raman", f"{MARK}@example.com")
    kept = await stage.services.intake.capture(NewLead(email="ann@example.com", owner="anna"), "test", stage.clock())
    await LeadCommands(stage.services).log_personal_touch(
        lead_id, ourselves("anna"), None, channel=Channel.CALL, at=None, note=f"{MARK} was nice"
    )
    page = await page_of(Role.ADMIN, "/erasure")
    await page.get_by_label("Find a lead").fill(MARK[:6])
    await page.get_by_role("button", name="Choose:").click()
    await expect(page.get_by_role("heading", name="Zanzibarine Raman")).to_be_visible()
    counts = page.get_by_role("listitem")
    await expect(counts.filter(has_text="the lead itself")).to_contain_text("1")
    await expect(counts.filter(has_text="copies in the local outbox")).to_contain_text("1")
    stays = page.get_by_text(
        "The address or number stays on the suppression list, scrambled so that nobody can read it"
    )
    await expect(stays).to_be_visible()
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.get_by_text("Type ERASE to erase the person for good")).to_be_visible()
    assert "leads" in await everywhere(stage)

    await page.get_by_label("Type ERASE").fill("ERASE")
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.get_by_role("heading", name="Erased")).to_be_visible()
    await expect(stays).to_be_visible()
    assert await everywhere(stage) == []
    async with stage.engine.connect() as connection:
        assert (await connection.execute(select(LeadRow.id))).scalars().all() == [kept.lead_id]
        assert await connection.scalar(select(func.count()).select_from(SuppressionRow)) == 1
    (entry,) = await entries(stage, "erase")
    assert (entry["by"], entry["lead_id"], entry["outcome"]) == ("ada", lead_id, "done")
    touches = await entries(stage, "log_personal_touch")
    assert [(one["lead_id"], one["before"], one["after"], one["subject"]) for one in touches] == [
        (lead_id, None, None, None)
    ]
    again = await page_of(Role.ADMIN, f"/erasure?lead={lead_id}")
    await expect(again.get_by_text("No lead has this id, address or number.")).to_be_visible()


async def test_everything_known_of_a_person_is_handed_out(stage: Stage, page_of: OpenPage) -> None:
    lead_id = await first_email(stage, "Ann Lee", "ann@example.com")
    page = await page_of(Role.ADMIN, f"/erasure?lead={lead_id}")
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Export everything").click()
    download = await downloading.value
    assert download.suggested_filename == f"lead-{str(lead_id)[:8]}.json"
    dossier = json.loads((await download.path()).read_text())
    assert (dossier["lead_id"], dossier["lead"]["name"]) == (str(lead_id), "Ann Lee")
    assert dossier["contact_points"][0]["value"] == "ann@example.com"
    (entry,) = await entries(stage, "export")
    assert (entry["by"], entry["lead_id"]) == ("ada", lead_id)
