"""Cadences as their readers see them: the list, one cadence with what came of it, and its versions."""

from playwright.async_api import expect
from sqlalchemy import select, text

from adapters.db.audit_log import Change
from adapters.db.rows import EnrollmentRow
from cadences.drafts import draft_of
from leads.model import Role
from tests.console.browser import Browser
from tests.console.conftest import OpenPage
from tests.console.marketing.lived import INBOUND, let_live, trying
from tests.console.stage import Stage

MARA = Change(by="mara", via="console", action="save_draft", subject="inbound-web")


async def test_the_list_says_what_each_is_for_how_many_are_on_their_way_and_who_edits_it(
    stage: Stage, page_of: OpenPage
) -> None:
    await let_live(stage, leads=30)
    await stage.services.drafts.save(
        draft_of(trying()), based_on=trying().version, over=None, by=MARA, now=stage.clock()
    )
    page = await page_of(Role.MARKETING, "/cadences")
    card = page.get_by_role("article").filter(has_text="inbound-web")
    await expect(card).to_contain_text("Someone asked us a question: on the website, by phone, or face to face.")
    await expect(card.get_by_role("img", name="10 steps: email, call, email, text")).to_be_visible()
    in_flight = select(EnrollmentRow.version).where(EnrollmentRow.ended.is_(None))
    async with stage.engine.connect() as connection:
        versions = (await connection.execute(in_flight)).scalars().all()
    before = versions.count(INBOUND.version)
    assert 0 < before < len(versions) < 30
    await expect(card.get_by_text("on their way").locator("..")).to_contain_text(str(len(versions)))
    await expect(card.get_by_text("of them in earlier versions").locator("..")).to_contain_text(str(before))
    await expect(card).to_contain_text("draft by Mara Market, today 10:00")
    await card.get_by_role("link", name="inbound-web").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("inbound-web")


async def test_each_step_stands_with_what_came_of_it_in_the_time_and_version_one_asks_for(
    stage: Stage, page_of: OpenPage
) -> None:
    await let_live(stage, leads=60)
    page = await page_of(Role.MANAGER, "/cadences/inbound-web")
    steps = page.locator(".ft-step")
    third = steps.nth(2)
    await expect(third).to_contain_text("3 business days after the first contact")
    await expect(third).to_contain_text("email “checking-in”, or, to compare them, “checking-in-short”")
    all_versions = int((await third.locator("dd").first.inner_text()).replace(",", ""))
    assert all_versions > 30
    await page.get_by_role("switch", name="this version only").click()
    await expect(third.locator("dd").first).not_to_have_text(str(all_versions))
    of_this = int(await third.locator("dd").first.inner_text())
    assert 0 < of_this < all_versions
    await expect(steps.nth(3)).to_contain_text("none yet")

    await third.get_by_role("button", name="Read checking-in").click()
    words = page.get_by_role("dialog", name="The words of checking-in")
    await expect(words).to_contain_text("Is your question still open?")
    await words.get_by_role("button", name="Close").click()


async def test_versions_say_who_published_them_who_is_in_them_and_what_changed(stage: Stage, page_of: OpenPage) -> None:
    await let_live(stage, leads=30)
    page = await page_of(Role.MARKETING, "/cadences/inbound-web")
    rows = page.get_by_role("region", name="Versions").get_by_role("row")
    await expect(rows.nth(1)).to_contain_text("current")
    await expect(rows.nth(1)).to_contain_text("Mara Market")
    await expect(rows.nth(1)).to_contain_text("20")
    await expect(rows.nth(2)).to_contain_text("with Followthrough")
    await rows.nth(1).get_by_role("button", name="What changed").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Its variants are compared from now on.")
    await expect(dialog.get_by_role("heading", name="templates/email/checking-in-short.md")).to_be_visible()
    await dialog.get_by_role("button", name="Close").click()
    await rows.nth(2).get_by_role("link").click()
    await expect(page.get_by_text("which new leads don't take any more")).to_be_visible()
    await expect(page.locator(".ft-step").nth(2)).not_to_contain_text("to compare them")


async def test_a_trial_shows_its_verdict(stage: Stage, page_of: OpenPage) -> None:
    await let_live(stage, leads=30)
    page = await page_of(Role.MARKETING, "/cadences/inbound-web")
    await expect(page.get_by_text("too early:")).to_be_visible()
    table = page.get_by_role("region", name="Variants of checking-in")
    await expect(table.get_by_role("row")).to_have_count(3)
    page = await page_of(Role.MARKETING, "/cadences/not-now")
    await expect(page.get_by_text("No step tries variants")).to_be_visible()


async def test_what_is_typed_stands_there_as_code(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.MARKETING, "/cadences/not-now")
    await expect(page.get_by_text("variants: in a step compares two texts.")).to_be_visible()
    await expect(page.get_by_role("code").get_by_text("variants:", exact=True)).to_be_visible()
    page = await page_of(Role.ADMIN, "/health")
    await expect(page.get_by_text("follow senders add gives reps their own.")).to_be_visible()
    assert await page.locator("code").all_inner_texts() == ["follow senders add"]


async def test_who_may_read_may_not_edit(stage: Stage, page_of: OpenPage, browser: Browser) -> None:
    browser.expects("403")
    page = await page_of(Role.MANAGER, "/cadences")
    await expect(page.get_by_role("link", name="inbound-web")).to_be_visible()
    await expect(page.get_by_role("button", name="Edit")).to_have_count(0)
    await expect(page.get_by_role("button", name="New cadence")).to_have_count(0)
    page = await page_of(Role.MANAGER, "/cadences/inbound-web/edit")
    await expect(page.get_by_text("As manager you can't open this page.")).to_be_visible()
    await expect(page.locator(".cm-content")).to_have_count(0)
    for path in ("/cadences", "/cadences/inbound-web", "/answers"):
        page = await page_of(Role.REP, path)
        await expect(page.get_by_text("As rep you can't open this page.")).to_be_visible()


async def test_a_cadence_that_there_is_not_is_said_to_be_so(stage: Stage, page_of: OpenPage, browser: Browser) -> None:
    browser.expects("404")
    page = await page_of(Role.MARKETING, "/cadences/nothing")
    await expect(page.get_by_text("There is no published cadence of this name.")).to_be_visible()
    page = await page_of(Role.MARKETING, "/cadences/No%20Name/edit")
    await expect(page.get_by_text("A cadence can't be called 'No Name'")).to_be_visible()


async def test_a_new_cadence_is_named_and_opened(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.MARKETING, "/cadences")
    await page.get_by_role("button", name="New cadence").click()
    dialog = page.get_by_role("dialog", name="New cadence")
    field = dialog.get_by_label("Name")
    for wrong, said in (("Price List", "small letters"), ("not-now", "there is a cadence not-now already")):
        await field.fill(wrong)
        await dialog.get_by_role("button", name="Begin").click()
        await expect(dialog.get_by_text(said)).to_be_visible()
    await field.fill("price-list")
    await field.press("Enter")
    await expect(page.get_by_role("heading", name="Edit price-list")).to_be_visible()
    await expect(page.get_by_text("No problem found")).to_be_visible()
    assert await stage.services.drafts.get("price-list") is None


async def test_where_nothing_is_published_the_list_says_how_to_begin(stage: Stage, page_of: OpenPage) -> None:
    async with stage.engine.begin() as connection:
        await connection.execute(text("delete from cadences"))
    page = await page_of(Role.MARKETING, "/cadences")
    await expect(page.get_by_text("No cadence is published yet")).to_be_visible()
    await expect(page.get_by_text("follow publish publishes the shipped ones.")).to_be_visible()
    await expect(page.locator("code")).to_have_text("follow publish")
