"""The engine's side of a lead, on a real Temporal: what it waits for, what fails, and what may be done about it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from sqlalchemy import text
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from adapters.clock import wall_clock
from adapters.delivery import CommandDelivery
from adapters.engine_state import EngineStates
from adapters.temporal import LeadWorkflows, connect
from api.commands import LeadCommands
from api.writes import ourselves
from leads.contract import workflow_id
from leads.model import Role
from tests.adapters.dev_server import at_work, dev_server, until, with_nothing_running
from tests.console.accessibility import faults, too_wide
from tests.console.admin.conftest import Many, holds, rows
from tests.console.browser import NARROW, Browser
from tests.console.conftest import OpenPage
from tests.console.stage import Stage
from tests.quiet import nobody_waits


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[WorkflowEnvironment]:
    async with dev_server() as started:
        yield started


@pytest_asyncio.fixture
async def client(server: WorkflowEnvironment) -> Client:
    return await with_nothing_running(server.client)


@pytest.fixture
def states(stage: Stage, client: Client, monkeypatch: pytest.MonkeyPatch) -> EngineStates:
    """The stage's console asks this Temporal."""
    states = EngineStates(stage.engine, client, stage.clock)
    monkeypatch.setattr(stage.services.engine, "lent", states)
    return states


@pytest.fixture
def delivery(stage: Stage, client: Client) -> CommandDelivery:
    return CommandDelivery(stage.engine, LeadWorkflows(client), stage.clock)


class BrokenCases:
    """A database that a worker can't reach."""

    def open(self, *_: object, **__: object) -> AbstractAsyncContextManager[None]:
        raise ConnectionRefusedError


async def facts(page: Page) -> str:
    return await page.get_by_role("heading", name="The machine").locator("xpath=..").inner_text()


async def asleep(stage: Stage, many: Many, delivery: CommandDelivery) -> UUID:
    """A lead that is held for long, whose workflow has heard so."""
    (lead_id,) = await many(1, question=None)
    await nobody_waits(stage.engine)
    until_then = (wall_clock().date()).replace(year=wall_clock().year + 2)
    await LeadCommands(stage.services).hold(lead_id, ourselves("mia"), None, until=until_then, reason="fair")
    await delivery.deliver(lead_id)
    return lead_id


async def test_what_the_engine_waits_for_stands_beside_what_the_database_wants(
    stage: Stage, page_of: OpenPage, many: Many, states: EngineStates, delivery: CommandDelivery, client: Client
) -> None:
    async with at_work(stage.engine, stage.services.cases, delivery, client):
        lead_id = await asleep(stage, many, delivery)
        page = await page_of(Role.ADMIN, f"/leads/{lead_id}/engine")
        await expect(page.get_by_text("The engine waits for email answer-the-question")).to_be_visible()
    described = await client.get_workflow_handle(workflow_id(lead_id)).describe()
    shown = await facts(page)
    for part in (described.run_id, "running", "On hold", "manual", "inbound-web", "events", "last asked for work"):
        assert part in shown
    plan = (await rows(stage, "select revision from leads"))[0]
    await expect(page.get_by_text("Holds revision")).to_be_visible()
    assert shown.count(str(plan.revision)) >= 2
    link = page.get_by_role("link", name="Open the workflow in Temporal")
    expected = f"http://temporal.example.com/namespaces/default/workflows/lead%3A{lead_id}"
    assert await link.get_attribute("href") == expected
    assert await link.get_attribute("rel") == "noopener"


async def test_an_activity_that_fails_is_shown_with_its_tries_and_its_last_error(
    stage: Stage, page_of: OpenPage, many: Many, states: EngineStates, delivery: CommandDelivery, client: Client
) -> None:
    (lead_id,) = await many(1)
    broken: object = BrokenCases()
    async with at_work(stage.engine, broken, delivery, client):  # type: ignore[arg-type]
        await delivery.deliver(lead_id)

        async def tried_again() -> bool:
            state = await states.of(lead_id)
            return bool(state and state.engine and any(one.next_try_at for one in state.engine.activities))

        await until(tried_again)
        page = await page_of(Role.ADMIN, f"/leads/{lead_id}/engine")
        await expect(page.get_by_role("heading", name="At send_email")).to_be_visible()
        await expect(page.get_by_text("send_email failed", exact=False)).to_be_visible()
        shown = await facts(page)
        assert "builtins.ConnectionRefusedError at line" in shown
        assert "Next try" in shown
        before = int(shown.split("Attempt")[1].split(",")[0])
        assert before >= 2

        async def tried_more() -> bool:
            await page.get_by_role("button", name="Look again").click()
            await expect(page.get_by_role("heading", name="At send_email")).to_be_visible()
            return int((await facts(page)).split("Attempt")[1].split(",")[0]) > before

        await until(tried_more)
    for options in ({}, {"dark": True}, {"size": NARROW}):
        page = await page_of(Role.ADMIN, f"/leads/{lead_id}/engine", **options)
        await expect(page.get_by_role("heading", name="At send_email")).to_be_visible()
        assert await faults(page) == []
        assert await too_wide(page) == []


async def test_a_command_that_the_engine_has_not_heard_is_listed_with_its_error(
    stage: Stage, page_of: OpenPage, many: Many, states: EngineStates, delivery: CommandDelivery, client: Client
) -> None:
    async with at_work(stage.engine, stage.services.cases, delivery, client):
        lead_id = await asleep(stage, many, delivery)
        await LeadCommands(stage.services).resume(lead_id, ourselves("mia"), None)  # the stage tells nobody
        async with stage.engine.begin() as connection:
            await connection.execute(
                text("update commands set attempts = 3, error = 'RPCError' where delivered_at is null")
            )
        page = await page_of(Role.ADMIN, f"/leads/{lead_id}/engine")
        (lead,) = await rows(stage, "select revision from leads")
        await expect(page.get_by_text(f"The engine has not heard revision {lead.revision} yet")).to_be_visible()
        line = page.get_by_role("table").get_by_role("row", name=f"resume {lead.revision}")
        await expect(line).to_contain_text("RPCError")


async def test_temporal_being_away_leaves_what_the_database_wants(
    stage: Stage, page_of: OpenPage, many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = await connect("127.0.0.1:1", "default", lazy=True)
    monkeypatch.setattr(stage.services.engine, "lent", EngineStates(stage.engine, nowhere, stage.clock))
    (lead_id,) = await many(1)
    page = await page_of(Role.ADMIN, f"/leads/{lead_id}/engine")
    await expect(page.get_by_text("Temporal can't be reached")).to_be_visible()
    await expect(page.get_by_role("heading", name="The database wants")).to_be_visible()
    await expect(page.get_by_role("heading", name="The engine has")).to_have_count(0)


async def test_a_lead_is_held_resumed_and_given_away_from_its_panel(
    stage: Stage, page_of: OpenPage, many: Many
) -> None:
    (lead_id,) = await many(1)
    page = await page_of(Role.ADMIN, f"/leads/{lead_id}/engine")
    await page.get_by_role("button", name="Hold").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Until").fill("2026-12-24")
    await dialog.get_by_label("Why").fill("trade fair")
    await dialog.get_by_role("button", name="See what happens").click()
    await expect(dialog.get_by_text("on hold until Thu 24 Dec 00:00")).to_be_visible()
    assert await holds(stage) == []
    await dialog.get_by_role("button", name="Hold", exact=True).click()
    await expect(dialog).to_be_hidden()

    async def held() -> bool:
        return await holds(stage) == [lead_id]

    await until(held)
    page = await page_of(Role.ADMIN, f"/leads/{lead_id}/engine")
    await page.get_by_role("button", name="Resume").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="See what happens").click()
    async with page.expect_navigation():  # The page is loaded anew once it is done.
        await dialog.get_by_role("button", name="Resume", exact=True).click()
    assert await holds(stage) == []
    audited = await rows(stage, 'select action, "by", via from audit_entries where lead_id is not null order by id')
    assert [tuple(one) for one in audited] == [("hold", "ada", "console"), ("resume", "ada", "console")]


async def test_what_makes_no_sense_for_the_lead_is_said_before_anything_is_done(
    stage: Stage, page_of: OpenPage, many: Many
) -> None:
    (lead_id,) = await many(1)
    page = await page_of(Role.ADMIN, f"/leads/{lead_id}/engine")
    await page.get_by_role("button", name="Resume").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="See what happens").click()
    await expect(dialog.get_by_text("The lead is not on hold; there is nothing to resume.")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Resume", exact=True)).to_have_count(0)


async def test_the_engine_is_for_admins(stage: Stage, page_of: OpenPage, browser: Browser, many: Many) -> None:
    browser.expects("403")
    browser.expects("404")
    (lead_id,) = await many(1)
    for role in (Role.MANAGER, Role.REP, Role.MARKETING, Role.PARTNER, Role.EXPERT):
        page = await page_of(role, f"/leads/{lead_id}/engine")
        await expect(page.get_by_text("you can't open this page")).to_be_visible()
    page = await page_of(Role.ADMIN, f"/leads/{uuid4()}/engine")
    await expect(page.get_by_text("There is no such lead.")).to_be_visible()
