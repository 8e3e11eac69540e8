"""The list of leads: what a line says, looking for leads, choosing them by keyboard, and what a rep sees of it."""

import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from playwright.async_api import Page, expect
from sqlalchemy import text

from api.commands import LeadCommands
from api.writes import ourselves
from leads.capture import NewLead
from leads.model import Role
from tests.console.accessibility import faults, too_wide
from tests.console.admin.conftest import Many
from tests.console.browser import NARROW
from tests.console.conftest import OpenPage
from tests.console.stage import Stage


async def names(page: Page) -> list[str]:
    return await page.locator("a.ft-lead-link").all_inner_texts()


async def choose(page: Page, field: str, option: str) -> None:
    await page.get_by_label(field, exact=True).click()
    await page.get_by_role("option", name=option).click()


async def test_a_line_says_what_comes_next_when_and_why(stage: Stage, page_of: OpenPage, many: Many) -> None:
    (lead_id,) = await many(1)
    until = date(2026, 12, 8)
    commands = LeadCommands(stage.services)
    await commands.hold(lead_id, ourselves("mia"), None, until=until, reason="new price list")
    page = await page_of(Role.ADMIN, "/leads")
    row = page.get_by_role("row", name=re.compile("Lead 000"))
    await expect(row).to_contain_text("Anna Keller")
    await expect(row).to_contain_text("new")
    await expect(row).to_contain_text("inbound-web")
    await expect(row).to_contain_text("Email answer the question Tue 8 Dec 09:00")
    await expect(row).to_contain_text("until Tue 8 Dec")
    await expect(row).to_contain_text("new price list")
    assert await row.get_by_role("link", name="Lead 000").get_attribute("href") == f"/console/leads/{lead_id}"


async def test_the_reason_is_not_cut_while_there_is_room_for_it(stage: Stage, page_of: OpenPage, many: Many) -> None:
    (lead_id,) = await many(1)
    await LeadCommands(stage.services).hold(lead_id, ourselves("mia"), None, until=date(2026, 11, 26), reason="fair")
    page = await page_of(Role.ADMIN, "/leads")
    reason = page.get_by_title("Thu 26 Nov 2026 is a holiday (Thanksgiving")
    await expect(reason).to_be_visible()
    cut = "element => element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight + 1"
    assert not await reason.evaluate(cut)


async def test_the_wait_is_explained_link_by_link(stage: Stage, page_of: OpenPage, many: Many) -> None:
    (lead_id,) = await many(1)
    commands = LeadCommands(stage.services)
    await commands.hold(lead_id, ourselves("mia"), None, until=date(2026, 12, 8), reason="new price list")
    async with stage.services.cases.open(lead_id, stage.clock()) as opened:
        touch = opened.case.enrollment.next
    assert touch is not None
    page = await page_of(Role.ADMIN, "/leads")
    why = page.get_by_role("button", name="Why then: Lead 000")
    await expect(why).to_have_attribute("aria-expanded", "false")
    await why.click()
    chain = page.get_by_role("list", name="Why then: Lead 000").get_by_role("listitem")
    await expect(chain).to_have_count(len(touch.reasons))
    for number, reason in enumerate(touch.reasons):
        await expect(chain.nth(number)).to_contain_text(reason.text)
    await expect(why).to_have_attribute("aria-expanded", "true")
    await why.click()
    await expect(chain).to_have_count(0)


async def test_words_and_filters_narrow_the_list_and_stay_in_the_address(
    stage: Stage, page_of: OpenPage, many: Many
) -> None:
    await many(3)
    await stage.services.intake.capture(_new("Priya Raman", "ben", source="fair"), by="test", now=stage.clock())
    page = await page_of(Role.MANAGER, "/leads")
    await expect(page.get_by_role("status").get_by_text("4 leads")).to_be_visible()
    await choose(page, "Owner", "Ben Okafor")
    await expect(page.get_by_text("1 lead", exact=True)).to_be_visible()
    assert await names(page) == ["Priya Raman"]
    await page.get_by_role("button", name="More").click()
    await choose(page, "Source", "fair")
    await expect(page).to_have_url(re.compile(r"/console/leads\?owner=ben&source=fair$"))

    await page.reload()
    await expect(page.get_by_text("1 lead", exact=True)).to_be_visible()
    await expect(page.get_by_label("Source", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Take away: owner Ben Okafor").click()
    await expect(page).to_have_url(re.compile(r"/console/leads\?source=fair$"))
    await page.get_by_role("button", name="Take away: source fair").click()
    await expect(page.get_by_text("4 leads")).to_be_visible()

    await page.keyboard.press("/")
    await page.keyboard.type("lead1@exa")
    await expect(page.get_by_text("1 lead", exact=True)).to_be_visible()
    assert await names(page) == ["Lead 001"]
    await page.keyboard.press("Control+a")
    await page.keyboard.type("nobody at all")
    await expect(page.get_by_text("No lead is like this.")).to_be_visible()


def _new(name: str, owner: str, **values: Any) -> NewLead:
    return NewLead(email=f"{name.split()[0].lower()}@example.com", name=name, owner=owner, question="?", **values)


async def test_an_address_that_somebody_wrote_by_hand_is_taken_as_far_as_it_makes_sense(
    stage: Stage, page_of: OpenPage, many: Many
) -> None:
    await many(2)
    nonsense = "stage=sold&hold=maybe&next_before=soon&closed=fax&course=gone&sort=up&owner=nobody&x=1"
    page = await page_of(Role.ADMIN, f"/leads?{nonsense}")
    await expect(page.get_by_text("No lead that is followed up is like this.")).to_be_visible()
    page = await page_of(Role.ADMIN, f"/leads?{nonsense.replace('&owner=nobody', '')}&q=lead")
    await expect(page.get_by_text("2 leads")).to_be_visible()


async def test_words_in_an_address_are_words_and_no_part_of_the_page(stage: Stage, page_of: OpenPage) -> None:
    words = """x" innerHTML='<b data-evil>Sign in again</b>' y="\\"""
    page = await page_of(Role.ADMIN, f"/leads?q={quote(words)}")
    await expect(page.locator(".ft-chip")).to_contain_text("innerHTML")
    assert await page.locator("[data-evil]").count() == 0
    await page.get_by_role("button", name=re.compile("^Take away: .*innerHTML")).click()
    await expect(page.locator(".ft-chip")).to_have_count(0)


async def test_a_search_finds_those_that_ended_too(stage: Stage, page_of: OpenPage, many: Many) -> None:
    ended, _ = await many(2)
    await LeadCommands(stage.services).record_answer(ended, ourselves("anna"), None, answer="yes", note=None)
    page = await page_of(Role.ADMIN, "/leads")
    await expect(page.get_by_text("1 lead", exact=True)).to_be_visible()
    await expect(page.get_by_text("Those that ended are left out.")).to_be_visible()
    for words in ("lead 000", "lead0@exa"):
        await page.get_by_label("Search", exact=True).fill(words)
        await expect(page.get_by_role("row", name=re.compile("Lead 000"))).to_contain_text("Ended: said yes")
    await expect(page.get_by_text("Those that ended are left out.")).to_be_hidden()
    page = await page_of(Role.ADMIN, "/leads?q=lead&course=running")
    await expect(page.get_by_text("1 lead", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Take away: still followed up").click()
    await expect(page.get_by_text("2 leads")).to_be_visible()


async def test_a_list_without_a_lead_says_that_ended_ones_match_and_shows_them(
    stage: Stage, page_of: OpenPage, many: Many
) -> None:
    for lead_id in await many(2):
        await LeadCommands(stage.services).record_answer(lead_id, ourselves("anna"), None, answer="no", note=None)
    for address in ("/leads", "/leads?kind=inbound"):
        page = await page_of("anna", address)
        await expect(page.get_by_text("0 leads")).to_be_visible()
        await page.get_by_role("button", name="Show 2 that ended").click()
        await expect(page.get_by_text("2 leads")).to_be_visible()
        await expect(page).to_have_url(re.compile("course=all"))
    await expect(page.get_by_role("button", name="Take away: running and ended")).to_be_visible()


async def test_pages_follow_one_another(stage: Stage, page_of: OpenPage, many: Many) -> None:
    await many(120)
    page = await page_of(Role.ADMIN, "/leads?sort=newest")
    seen: list[str] = []
    for first, last in ((1, 50), (51, 100), (101, 120)):
        await expect(page.get_by_text(f"{first} to {last}")).to_be_visible()
        seen += await names(page)
        if last < 120:
            await page.get_by_role("button", name="Next").click()
    assert sorted(seen) == [f"Lead {number:03}" for number in range(120)]
    await expect(page.get_by_role("button", name="Next")).to_be_disabled()
    await page.get_by_role("button", name="Previous").click()
    await expect(page.get_by_text("51 to 100")).to_be_visible()
    assert await names(page) == seen[50:100]


async def test_leads_are_chosen_by_keyboard_alone(stage: Stage, page_of: OpenPage, many: Many) -> None:
    await many(5)
    page = await page_of(Role.ADMIN, "/leads")
    await expect(page.locator("tr.ft-row")).to_have_count(5)
    chosen = page.get_by_role("region", name="Chosen leads")
    await expect(chosen).to_be_hidden()
    for key in ("j", "x", "j", "j", "x"):
        await page.keyboard.press(key)
    await expect(chosen.get_by_text("2 chosen")).to_be_visible()
    await expect(page.get_by_role("checkbox", name=re.compile("Choose Lead"), checked=True)).to_have_count(2)
    await page.keyboard.press("e")
    third = (await names(page))[2]
    await expect(page.get_by_role("button", name=f"Why then: {third}")).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("x")
    await expect(chosen.get_by_text("1 chosen")).to_be_visible()
    await page.keyboard.press("k")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/console/leads/[0-9a-f-]{36}$"))


async def test_what_is_chosen_stays_from_page_to_page_and_goes_with_another_filter(
    stage: Stage, page_of: OpenPage, many: Many
) -> None:
    await many(60)
    page = await page_of(Role.ADMIN, "/leads")
    chosen = page.get_by_role("region", name="Chosen leads")
    await page.get_by_role("checkbox", name="Choose all on this page").click()
    await expect(chosen.get_by_text("50 chosen")).to_be_visible()
    await page.get_by_role("button", name="Next").click()
    await expect(page.locator("tr.ft-row")).to_have_count(10)
    await page.get_by_role("checkbox", name=re.compile("Choose Lead")).first.click()
    await expect(chosen.get_by_text("51 chosen")).to_be_visible()
    await page.get_by_role("button", name="Previous").click()
    await expect(page.get_by_role("checkbox", name=re.compile("Choose Lead"), checked=True)).to_have_count(50)
    await chosen.get_by_role("button", name="Choose all 60").click()
    await expect(chosen.get_by_text("60 chosen")).to_be_visible()
    await choose(page, "Stage", "new")
    await expect(chosen).to_be_hidden()


async def test_a_rep_sees_what_is_the_reps_business_and_changes_nothing_at_once(
    stage: Stage, page_of: OpenPage, many: Many
) -> None:
    mine, *others = await many(3)
    await changed(stage, "update leads set owner_id = 'ben' where id = any(:others)", others=others)
    await changed(stage, "delete from tasks where lead_id = any(:others)", others=others)  # its question was anna's
    page = await page_of("anna", "/leads")
    await expect(page.get_by_text("1 lead", exact=True)).to_be_visible()
    assert await names(page) == ["Lead 000"]
    await expect(page.get_by_role("checkbox", name=re.compile("Choose"))).to_have_count(0)
    await expect(page.get_by_label("Owner", exact=True)).to_have_count(0)
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(page.get_by_role("region", name="Chosen leads")).to_have_count(0)
    # What is not asked for in the page is not to be had by its address either.
    page = await page_of("anna", "/leads?owner=ben")
    await expect(page.get_by_text("No lead that is followed up is like this.")).to_be_visible()
    assert mine not in others


async def changed(stage: Stage, statement: str, **values: object) -> None:
    async with stage.engine.begin() as connection:
        await connection.execute(text(statement), values)


async def test_a_task_that_is_overdue_is_red_and_found(stage: Stage, page_of: OpenPage, many: Many) -> None:
    late, *_ = await many(2)
    due = stage.clock() - timedelta(hours=1)
    await changed(
        stage,
        "insert into tasks (id, lead_id, kind, owner, title, text, occurrence, created_at, opens_at, due_at, "
        "escalate_to, escalations, state) values (gen_random_uuid(), :lead, 'reply', 'anna', 'answer', '', 1, :due, "
        ":due, :due, 'manager', 0, 'open')",
        lead=late,
        due=due,
    )
    page = await page_of(Role.REP, "/leads")
    await expect(page.get_by_text("2 leads")).to_be_visible()
    await page.get_by_role("checkbox", name="Overdue").click()
    await expect(page.get_by_text("1 lead", exact=True)).to_be_visible()
    await expect(page.get_by_role("row", name=re.compile("Lead 000"))).to_contain_text("a task is overdue")
    await expect(page).to_have_url(re.compile(r"\?overdue=1$"))


async def test_an_empty_house_says_what_to_do(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/leads")
    await expect(page.get_by_text("No lead is followed up now.")).to_be_visible()
    page = await page_of(Role.REP, "/leads")
    await expect(page.get_by_text("None of the leads in flight is yours.")).to_be_visible()


async def test_it_is_for_everybody_on_every_screen(stage: Stage, page_of: OpenPage, many: Many) -> None:
    await many(3)
    for who, options in ((Role.ADMIN, {}), (Role.ADMIN, {"dark": True}), (Role.REP, {"size": NARROW})):
        page = await page_of(who, "/leads?q=lead&hold=no", **options)
        await expect(page.locator("tr.ft-row")).to_have_count(3)
        await page.get_by_role("button", name="More", exact=True).click()
        await page.locator("button.ft-why").first.click()
        if who is Role.ADMIN:
            await page.get_by_role("checkbox", name=re.compile("Choose Lead")).first.click()
            await expect(page.get_by_text("1 chosen")).to_be_visible()
        assert await faults(page) == []
        assert await too_wide(page) == []
