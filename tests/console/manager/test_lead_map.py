"""The lead map in a real browser: its picture and its tables, the funnel, response times, and what works."""

import re

import pytest
from playwright.async_api import expect
from sqlalchemy import insert, text, update

from adapters.db.rows import ContactTimeRow, LeadRow
from leads.model import Role
from tests.adapters.reports.small_business import PLAN
from tests.adapters.test_experiments import BEGUN, DAY, HOUR, Trial, trying
from tests.console.accessibility import faults, too_wide
from tests.console.browser import NARROW
from tests.console.conftest import OpenPage
from tests.console.manager.test_figures import asked_by, choose, listed
from tests.console.stage import START, Stage

MAP = "/lead-map?from=2026-11-09&to=2026-11-22&by=week"


@pytest.mark.usefixtures("business")
async def test_the_tables_of_the_picture_and_the_leads_behind_a_way(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, MAP)
    await page.get_by_text("The same numbers as tables").click()
    places = page.get_by_role("table", name="Places of the lead map")
    await expect(places.get_by_role("link", name="16: Leads, Came in")).to_be_visible()
    await expect(places.get_by_role("link", name="9: Leads, From: web form")).to_be_visible()
    ways = page.get_by_role("table", name="Ways from place to place")
    way = ways.get_by_role("row", name=re.compile("^First message Tried in vain 3.* 30 min 1 h 42$"))
    await way.get_by_role("link").click()
    await expect(
        page.get_by_role("heading", name="3 leads that went from first message to tried in vain")
    ).to_be_visible()
    assert await listed(page) == [2, 3, 5]
    await page.get_by_role("link", name="← Lead map").click()
    await expect(page.get_by_role("heading", name="Where leads come from")).to_be_visible()
    assert asked_by(page) == {"from": "2026-11-09", "to": "2026-11-22", "by": "week"}


@pytest.mark.usefixtures("business")
async def test_a_click_on_a_place_of_the_picture_opens_its_leads(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, MAP)
    place = page.get_by_role("img", name=re.compile("^Ways of the leads")).locator("svg text", has_text="Said yes")
    await place.click()
    await expect(page.get_by_role("heading", name="5 leads that came to “Said yes”")).to_be_visible()
    assert await listed(page) == [1, 2, 4, 9, 12]


@pytest.mark.usefixtures("business")
async def test_what_stands_at_the_pointer_is_text(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, MAP)
    place = page.get_by_role("img", name=re.compile("^Ways of the leads")).locator("svg text", has_text="Said yes")
    await place.hover()
    await expect(page.get_by_text("Said yes: 5 leads")).to_be_visible()


@pytest.mark.usefixtures("business")
async def test_each_stage_of_the_funnel_opens_who_came_so_far(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, MAP)
    stages = page.get_by_role("listitem").filter(has_text="%")
    await expect(stages).to_have_count(6)
    assert [text.split("\n")[0] for text in await stages.all_inner_texts()][:3] == [
        "Came in",
        "A person tried",
        "Talked to",
    ]
    await page.get_by_role("link", name="11: Talked to").click()
    await expect(page.get_by_role("heading", name="11 leads that came as far as “Talked to”")).to_be_visible()
    assert len(await listed(page)) == 11


@pytest.mark.usefixtures("business")
async def test_how_fast_they_were_answered_by_both_clocks(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, MAP)
    await expect(page.get_by_text("10 questions answered")).to_be_visible()
    await page.get_by_text("The same numbers as a table").first.click()
    row = page.get_by_role("table", name="How fast a person answered").get_by_role("row", name=re.compile("^1 hour"))
    await row.get_by_role("link").nth(1).click()
    await expect(page.get_by_text("within: 1 hour in business hours")).to_be_visible()
    assert await listed(page) == [3, 13]


@pytest.mark.usefixtures("business")
async def test_which_contact_brings_the_yes_and_what_came_of_each_step(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, MAP)
    await expect(page.get_by_role("table", name="What came of each step")).to_be_visible()
    await page.get_by_text("The same numbers as a table").nth(1).click()
    numbers = page.get_by_role("table", name="On which contact people said yes")
    await numbers.get_by_role("link", name="2: Yes, Contact 3").click()
    await expect(page.get_by_role("heading", name="2 leads that said yes")).to_be_visible()
    assert await listed(page) == [1, 2]
    await page.get_by_role("link", name="← Lead map").click()
    steps = page.get_by_role("table", name="What came of each step")
    await steps.get_by_role("row", name=re.compile(r"^email answer .* b ")).get_by_role("link").first.click()
    await expect(page.get_by_role("heading", name="3 leads that were contacted")).to_be_visible()
    assert await listed(page) == [2, 6, 12]


@pytest.mark.usefixtures("business")
async def test_counting_anew_is_noted_in_the_audit_log(business: Stage, page_of: OpenPage) -> None:
    await business.services.reports.refresh(START)
    page = await page_of(Role.MANAGER, MAP)
    await page.get_by_role("button", name="Count them anew").click()
    await expect(page.get_by_text("Counted anew.")).to_be_visible()
    async with business.engine.connect() as connection:
        entries = (await connection.execute(text("select by, action, outcome from audit_entries"))).all()
    assert [tuple(one) for one in entries] == [("mia", "refresh_reports", "done")]


async def test_each_number_of_a_variant_opens_the_leads_behind_it(nobody: Stage, page_of: OpenPage) -> None:
    trial = Trial(nobody.engine, nobody.services.shelf)
    version = await trial.publish(trying())
    leads = [trial.touched(version, variant, BEGUN + HOUR) for variant in ("original", "short", "short")]
    trial.reply(leads[2], BEGUN + DAY)
    await trial.store()
    async with nobody.engine.begin() as connection:
        await connection.execute(update(LeadRow).values(plan=PLAN, name="Somebody", enrollment_id=None))
    page = await page_of(Role.MANAGER, "/lead-map")
    variants = page.get_by_role("table", name="Variants of a")
    await expect(variants.get_by_role("row", name=re.compile("^original")).get_by_role("link")).to_have_count(2)
    await variants.get_by_role("link", name="1: Replied, short").click()
    await expect(page.get_by_role("heading", name="1 lead that replied")).to_be_visible()
    await expect(page.get_by_text("variant: short")).to_be_visible()
    assert await listed(page) == [leads[2].int]
    assert await faults(page) == []
    await page.go_back()
    await variants.get_by_role("link", name="2: Leads, short").click()
    await expect(page.get_by_role("heading", name="2 leads that it reached")).to_be_visible()
    assert await listed(page) == sorted([leads[1].int, leads[2].int])
    await page.goto("/console/figures/variant?experiment=x&variant=y")
    await expect(page.get_by_text("This address names no number that we know.")).to_be_visible()


async def test_when_people_pick_up(business: Stage, page_of: OpenPage) -> None:
    async with business.engine.begin() as connection:
        rows = [
            {
                "hour": hour,
                "calls": 20 * (hour % 24 == 10),
                "connected": 15 * (hour == 34),
                "replies": 0,
                "learnt_at": START,
            }
            for hour in range(168)
        ]
        await connection.execute(insert(ContactTimeRow).values(learnt_at=START), rows)
    page = await page_of(Role.MANAGER, MAP)
    await expect(page.get_by_text(re.compile(r"^Tue 10:00 \d+"))).to_be_visible()


@pytest.mark.usefixtures("business")
async def test_of_one_reps_leads_only(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, MAP)
    await choose(page, "Rep", "Ben Okafor")
    await expect(page.get_by_role("link", name="8: Came in")).to_be_visible()
    assert asked_by(page)["rep"] == "ben"


@pytest.mark.usefixtures("nobody")
async def test_a_business_without_leads_says_so(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, "/lead-map")
    for said in ("No leads in this time.", "No question was answered in this time.", "Nobody said yes in this time."):
        await expect(page.get_by_text(said).first).to_be_visible()
    for said in ("Nothing went out in this time.", "Too few calls were made to tell."):
        await expect(page.get_by_text(said)).to_be_visible()
    assert await faults(page) == []


@pytest.mark.usefixtures("business")
async def test_marketing_sees_the_map_and_no_lead(page_of: OpenPage) -> None:
    page = await page_of(Role.MARKETING, MAP)
    await expect(page.get_by_text("10 questions answered")).to_be_visible()
    await expect(page.locator(".ft-loading")).to_have_count(0)
    assert await page.locator("main a").count() == 0


@pytest.mark.usefixtures("business")
@pytest.mark.parametrize("dark", [False, True])
async def test_everybody_can_read_it(page_of: OpenPage, dark: bool) -> None:
    page = await page_of(Role.MANAGER, MAP, dark=dark)
    await expect(page.locator(".ft-loading")).to_have_count(0)
    for folded in await page.locator("summary").all():
        await folded.click()
    assert await faults(page) == []


@pytest.mark.usefixtures("business")
async def test_it_does_not_break_on_a_telephone(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, MAP, size=NARROW)
    await expect(page.locator(".ft-loading")).to_have_count(0)
    assert await too_wide(page) == []
