"""One change to many leads, in the browser: looked at before, confirmed, watched, stopped, and each with its result."""

import asyncio
import re
from typing import Any
from uuid import UUID

import pytest
from nicegui import Client
from playwright.async_api import Locator, Page, expect
from sqlalchemy import text
from structlog.testing import capture_logs

from adapters.db.bulk_runs import BulkRuns
from api.bulk import BulkCommands
from api.bulk_wishes import Resume
from api.commands import LeadCommands
from api.writes import ourselves
from leads.model import Role
from tests.console.accessibility import faults, too_wide
from tests.console.admin.conftest import Many, holds, rows
from tests.console.browser import NARROW, Browser
from tests.console.conftest import OpenPage
from tests.console.stage import Stage

LONG = 60_000
"""Milliseconds for 500 leads, on a machine that does much else."""


async def choose_all(page: Page, many: int) -> None:
    await expect(page.locator("tr.ft-row").first).to_be_visible()
    await page.get_by_role("checkbox", name="Choose all on this page").click()
    chosen = page.get_by_role("region", name="Chosen leads")
    if many > 50:
        await chosen.get_by_role("button", name=f"Choose all {many}").click()
    await expect(chosen.get_by_text(f"{many} chosen")).to_be_visible()


async def look(page: Page, kind: str, **fields: str) -> Locator:
    """Ask for something, and look at what would happen."""
    await page.get_by_role("region", name="Chosen leads").get_by_role("button", name=kind).click()
    dialog = page.get_by_role("dialog")
    for label, value in fields.items():
        await dialog.get_by_label(label, exact=True).fill(value)
    await dialog.get_by_role("button", name="See what happens").click()
    return dialog


async def no_for(stage: Stage, lead_id: UUID) -> None:
    await LeadCommands(stage.services).record_answer(lead_id, ourselves("anna"), None, answer="no", note=None)


async def finished(page: Page) -> None:
    await expect(page.get_by_role("status").get_by_text(re.compile("^Finished"))).to_be_visible(timeout=LONG)


@pytest.mark.usefixtures("bulk")
async def test_an_admin_holds_500_leads_and_resumes_them(stage: Stage, page_of: OpenPage, many: Many) -> None:
    leads = await many(500)
    await no_for(stage, leads[7])
    page = await page_of(Role.ADMIN, "/leads?course=all")
    await choose_all(page, 500)

    dialog = await look(page, "Hold", Until="2026-12-24", Why="trade fair")
    await expect(dialog.get_by_text("499 of 500 leads would change. Nothing has been changed yet.")).to_be_visible(
        timeout=LONG
    )
    refused = dialog.get_by_role("list", name="Not changed")
    await expect(refused).to_contain_text("The lead's cadence is not running (no).")
    await expect(refused).to_contain_text("1: Lead 007")
    assert await holds(stage) == []
    await dialog.get_by_role("button", name="Hold 499 leads").click()

    await expect(page.get_by_role("heading", name="Hold until Thu 24 Dec 2026")).to_be_visible()
    await expect(page.get_by_role("progressbar", name="Leads with a result")).to_be_visible()
    await finished(page)
    await expect(page.get_by_text("Finished: 499 done, 1 refused")).to_be_visible()
    held = await holds(stage)
    assert (len(held), len(set(held)), leads[7] in held) == (499, 499, False)
    commands = await rows(stage, "select lead_id from commands where kind = 'hold'")
    assert len(commands) == len({one.lead_id for one in commands}) == 499
    audited = await rows(stage, "select \"by\", via from audit_entries where action = 'hold' group by 1, 2")
    assert [tuple(one) for one in audited] == [("ada", "console")]
    begun = await rows(stage, "select after from audit_entries where action = 'run_bulk'")
    assert [(one.after["kind"], one.after["leads"]) for one in begun] == [("hold", 500)]

    await page.get_by_role("button", name="Refused 1").click()
    result = page.get_by_role("row", name=re.compile("Lead 007"))
    await expect(result).to_contain_text("Refused")
    await expect(result).to_contain_text("The lead's cadence is not running (no).")
    await expect(page.get_by_role("row", name=re.compile("Lead 008"))).to_have_count(0)

    await page.goto("/console/leads?hold=yes")
    await expect(page.get_by_text("499 leads")).to_be_visible()
    await choose_all(page, 499)
    dialog = await look(page, "Resume")
    await dialog.get_by_role("button", name="Resume 499 leads").click(timeout=LONG)
    await finished(page)
    await expect(page.get_by_text("Finished: 499 done")).to_be_visible()
    assert await holds(stage) == []
    assert len(await rows(stage, "select 1 from commands where kind = 'resume'")) == 499


async def test_closing_the_browser_over_an_open_dialog_is_no_incident(page_of: OpenPage, many: Many) -> None:
    await many(2)
    others = set(Client.instances)
    page = await page_of(Role.ADMIN, "/leads")
    await choose_all(page, 2)
    await page.get_by_role("region", name="Chosen leads").get_by_role("button", name="Hold").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    with capture_logs() as logged:
        await page.close()
        async with asyncio.timeout(60):
            # The server lets a page go that has not come back for some seconds.
            while set(Client.instances) - others:
                await asyncio.sleep(0.1)
        await asyncio.sleep(0)  # What waited for the dialog goes on.
    assert [one for one in logged if one["log_level"] == "error"] == []


@pytest.mark.usefixtures("bulk")
async def test_a_run_is_stopped_halfway_and_goes_on_whoever_looks(
    stage: Stage, page_of: OpenPage, many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many(60)
    waiting = BulkRuns.waiting

    async def three_at_a_time(runs: BulkRuns, run_id: UUID, limit: int) -> list[tuple[int, UUID]]:
        found = await waiting(runs, run_id, 3)
        await asyncio.sleep(0.2)
        return found

    monkeypatch.setattr(BulkRuns, "waiting", three_at_a_time)
    page = await page_of(Role.ADMIN, "/leads")
    await choose_all(page, 60)
    dialog = await look(page, "Hold", Until="2026-12-24", Why="trade fair")
    await dialog.get_by_role("button", name="Hold 60 leads").click()
    await expect(page.get_by_text(re.compile(r"^[1-9]\d* of 60: "))).to_be_visible()
    await page.get_by_role("button", name="Stop", exact=True).click()
    await expect(page.get_by_role("status").get_by_text(re.compile("^Stopped: "))).to_be_visible()
    address = page.url
    await page.close()

    held = len(await holds(stage))
    assert 0 < held < 60
    page = await page_of(Role.MANAGER, "/bulk")  # somebody else comes back to it
    await page.get_by_role("link", name="Hold until Thu 24 Dec 2026").click()
    assert page.url == address
    await expect(page.get_by_text(re.compile(f"^Stopped: {held} done, {60 - held} waiting"))).to_be_visible()
    await page.get_by_role("button", name="Go on").click()
    await page.close()  # and it goes on without anybody who looks

    page = await page_of(Role.ADMIN, address.removeprefix(f"{stage.url}/console"))
    await finished(page)
    found = await holds(stage)
    assert (len(found), len(set(found))) == (60, 60)
    stopped = await rows(stage, "select \"by\" from audit_entries where action = 'stop_bulk'")
    assert [one.by for one in stopped] == ["ada"]


async def test_what_failed_is_shown_with_its_reason_and_tried_again(
    stage: Stage, page_of: OpenPage, many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = await many(3)
    bulk = BulkCommands(stage.services)
    take = BulkRuns.take

    async def broken_for_one(runs: BulkRuns, connection: Any, run_id: UUID, position: int, *given: Any) -> None:
        if position == 2:
            raise KeyError("a secret")
        await take(runs, connection, run_id, position, *given)

    with monkeypatch.context() as patched:
        patched.setattr(BulkRuns, "take", broken_for_one)
        run_id = await bulk.begin(Resume(), leads, chosen="all", by="ada", via="console")
        await bulk.work_off(run_id)
    page = await page_of(Role.ADMIN, f"/bulk/{run_id}")
    failed = page.get_by_role("row", name=re.compile("Lead 001"))
    await expect(failed).to_contain_text("Something went wrong on our side (KeyError).")
    await page.get_by_role("button", name="Try the failed again").click()
    run = await stage.services.bulk_runs.of(run_id)
    assert run is not None
    await expect(page.get_by_text("1 waiting")).to_be_visible()
    await bulk.work_off(run_id)
    await expect(page.get_by_text("Finished: 3 refused")).to_be_visible()
    await expect(failed).to_contain_text("The lead is not on hold; there is nothing to resume.")


async def test_what_makes_no_sense_is_said_in_the_dialog_and_nothing_begins(
    stage: Stage, page_of: OpenPage, many: Many
) -> None:
    await many(2)
    page = await page_of(Role.ADMIN, "/leads")
    await choose_all(page, 2)
    dialog = await look(page, "Hold", Until="2026-12-24")
    await expect(page.get_by_text("Say why")).to_be_visible()
    await dialog.get_by_role("button", name="Cancel").click()
    await look(page, "Reassign")
    await expect(page.get_by_text("Choose somebody")).to_be_visible()
    await page.keyboard.press("Escape")
    dialog = await look(page, "Resume")
    await expect(dialog.get_by_text("0 of 2 leads would change.")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Resume 0")).to_have_count(0)
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("region", name="Chosen leads").get_by_text("2 chosen")).to_be_visible()
    assert await stage.services.bulk_runs.recent() == []


async def test_leads_are_given_to_a_colleague_and_move_to_another_cadence(
    stage: Stage, page_of: OpenPage, many: Many, bulk: None
) -> None:
    await many(3)
    page = await page_of(Role.MANAGER, "/leads")
    for kind, label, option, column, value in (
        ("Reassign", "To whom", "Ben Okafor", "owner_id", "ben"),
        ("Switch cadence", "Cadence", "outbound-qualified", "cadence", "outbound-qualified"),
    ):
        await page.goto("/console/leads")
        await choose_all(page, 3)
        await page.get_by_role("region", name="Chosen leads").get_by_role("button", name=kind).click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label(label, exact=True).click()
        await page.get_by_role("option", name=option).click()
        await dialog.get_by_role("button", name="See what happens").click()
        await dialog.get_by_role("button", name=f"{kind} 3 leads").click()
        await finished(page)
        assert {one.now for one in await rows(stage, f"select {column} as now from leads")} == {value}


async def test_a_run_says_how_its_leads_were_chosen(stage: Stage, page_of: OpenPage, many: Many) -> None:
    await many(52)
    page = await page_of(Role.ADMIN, "/leads")
    by_hand, all_of_them = "chosen by hand from all that are followed up", "all that are followed up"
    for how, leads in ((by_hand, "2 leads"), (all_of_them, "52 leads")):
        await page.goto("/console/leads")
        if how is by_hand:
            for number in range(2):
                await page.get_by_role("checkbox", name=re.compile("Choose Lead")).nth(number).click()
            await expect(page.get_by_role("region", name="Chosen leads").get_by_text("2 chosen")).to_be_visible()
        else:
            await choose_all(page, 52)
        dialog = await look(page, "Hold", Until="2026-12-24", Why="trade fair")
        await dialog.get_by_role("button", name=re.compile("^Hold (2|52) ")).click()
        await expect(page.get_by_text(re.compile(f"for {leads}: {how}\\."))).to_be_visible()


async def test_somebody_whose_role_was_taken_away_meanwhile_changes_nothing(
    stage: Stage, page_of: OpenPage, many: Many
) -> None:
    await many(2)
    page = await page_of(Role.MANAGER, "/leads")
    await choose_all(page, 2)
    dialog = await look(page, "Hold", Until="2026-12-24", Why="trade fair")
    button = dialog.get_by_role("button", name="Hold 2 leads")
    await expect(button).to_be_visible()
    async with stage.engine.begin() as connection:
        await connection.execute(text("update colleagues set role = 'rep' where id = 'mia'"))
    await button.click()
    await expect(page.get_by_text("As rep you can't do this.")).to_be_visible()
    assert await stage.services.bulk_runs.recent() == []


async def test_reps_and_marketing_are_kept_out_of_runs(
    stage: Stage, page_of: OpenPage, browser: Browser, many: Many
) -> None:
    browser.expects("403")
    run_id = await BulkCommands(stage.services).begin(Resume(), await many(1), chosen="all", by="ada", via="console")
    for role in (Role.REP, Role.PARTNER, Role.EXPERT, Role.MARKETING):
        for path in ("/bulk", f"/bulk/{run_id}"):
            page = await page_of(role, path)
            await expect(page.get_by_text("you can't open this page")).to_be_visible()
            await page.close()


async def test_no_run_yet_and_no_such_run_are_said(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/bulk")
    await expect(page.get_by_text("Nothing was done to many leads at once yet.")).to_be_visible()


async def test_it_is_for_everybody_on_every_screen(stage: Stage, page_of: OpenPage, many: Many) -> None:
    leads = await many(4)
    await no_for(stage, leads[0])
    bulk = BulkCommands(stage.services)
    run_id = await bulk.begin(Resume(), leads, chosen="stage new", by="ada", via="console")
    await stage.services.bulk_runs.stop(run_id, "ada", stage.clock())
    options: dict[str, Any]
    for options in ({}, {"dark": True}, {"size": NARROW}):
        page = await page_of(Role.ADMIN, "/leads", **options)
        await expect(page.locator("tr.ft-row").first).to_be_visible()
        await page.get_by_role("checkbox", name=re.compile("Choose Lead")).first.click()
        dialog = await look(page, "Hold", Until="2026-12-24", Why="trade fair")
        await expect(dialog.get_by_role("button", name="Hold", exact=True)).to_be_visible()
        assert await faults(page) == []
        for path, shown in ((f"/bulk/{run_id}", "Stopped: 4 waiting"), ("/bulk", "stage new")):
            await page.goto(f"/console{path}")
            await expect(page.get_by_text(shown)).to_be_visible()
            assert await faults(page) == []
            assert await too_wide(page) == []
