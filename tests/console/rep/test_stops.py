"""Who wants to hear nothing, on a rep's desk: recorded by one key and asked once more, and written to by nobody."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from playwright.async_api import expect

from api.public.answers import LinkAnswers
from cadences.hearing import lead_opted_out
from leads.contract import CommandKind
from leads.model import Role
from leads.tokens import LinkToken
from tests.console.accessibility import faults, too_wide
from tests.console.conftest import OpenPage
from tests.console.rep.conftest import Bench
from tests.console.rep.test_today import on_desk
from tests.console.stage import Stage


async def test_who_asks_on_the_phone_not_to_be_contacted_is_on_the_list_by_three_keys(
    bench: Bench, page_of: OpenPage, stage: Stage
) -> None:
    lead_id = await bench.call("Ann One")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("x")
    await expect(page.get_by_role("button", name="No, and asked not to be contacted")).to_be_visible()
    assert (await faults(page), await too_wide(page)) == ([], [])
    await page.keyboard.press("d")
    await expect(page.get_by_role("heading", name="that can't be undone")).to_be_visible()
    assert await stage.services.suppressions.of("ann@example.com") == [], "nothing was done yet"
    await page.keyboard.press("x")
    await expect(page.get_by_text(": No, and no more contact")).to_be_visible()
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    (line,) = await stage.services.suppressions.of("ann@example.com")
    assert (line.channel, line.by, line.why) == (None, "anna", "asked us not to be contacted")
    assert (await bench.outcomes({"Ann One": lead_id}))["Ann One"][0] == "no"


async def stopped(stage: Stage, bench: Bench) -> UUID:
    """A lead that stopped us."""
    lead_id, now = await bench.lead("Ann One"), stage.clock()
    async with stage.services.cases.open(lead_id, now) as file:
        case = lead_opted_out(file.case, why="unsubscribed by link", now=now)
        await file.save(case, CommandKind.LEAD_OPTED_OUT, by="link")
    return lead_id


async def test_nobody_begins_an_email_that_can_t_be_sent(bench: Bench, page_of: OpenPage, stage: Stage) -> None:
    page = await page_of(Role.REP, f"/leads/{await stopped(stage, bench)}")
    await on_desk(page, "Ann One")
    button = page.locator('button[data-key="e"]')
    await expect(button).to_be_disabled()
    await expect(button).to_have_accessible_description(
        "Email: the lead stopped all messages; only what it asks may be answered."
    )
    await page.keyboard.press("e")
    await expect(page.get_by_label("Subject")).to_have_count(0)
    assert (await faults(page), await too_wide(page)) == ([], [])


@pytest.mark.parametrize("where", ["/today", "/leads/{}"])
async def test_who_stopped_us_and_then_said_yes_is_written_to_from_its_hand_over(
    bench: Bench, page_of: OpenPage, stage: Stage, where: str
) -> None:
    lead_id = await stopped(stage, bench)
    stage.clock.move_by(timedelta(minutes=1))
    link = LinkToken(lead_id, uuid4())
    await LinkAnswers(stage.services).say(link, "yes", seen_at=stage.clock())
    page = await page_of(Role.REP, where.format(lead_id))
    await on_desk(page, "Ann One")
    await expect(page.get_by_text("Write by email; calls and texts stay stopped.").first).to_be_visible()
    await page.keyboard.press("e")
    text = page.get_by_label("Email", exact=True)
    await expect(text).to_be_focused()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Hello Ann, when shall we talk?")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Ann One: email on its way")).to_be_visible()
