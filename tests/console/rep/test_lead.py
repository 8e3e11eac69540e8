"""One lead's page, in a real browser: whose it is, what it shows, what one records, and where merged ids lead."""

from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.async_api import expect

from api.commands import LeadCommands
from api.merging import LeadMerging
from api.writes import ourselves
from leads.model import Role
from tests.console.accessibility import faults, too_wide
from tests.console.browser import NARROW, Browser
from tests.console.conftest import OpenPage
from tests.console.rep.conftest import Bench
from tests.console.rep.test_today import complete, on_desk
from tests.console.stage import Stage


async def test_it_shows_the_whole_lead_with_the_reasons_for_the_wait(
    bench: Bench, page_of: OpenPage, stage: Stage
) -> None:
    lead_id = await bench.lead(
        "Ann One", question="Do your ovens run on single-phase power?", attributes={"ovens": "2"}, cost=Decimal("18.5")
    )
    page = await page_of(Role.REP, f"/leads/{lead_id}")
    await on_desk(page, "Ann One")
    await expect(page.get_by_role("region", name="Who").get_by_text("One Bakery")).to_be_visible()
    await expect(page.locator(".ft-question")).to_have_text("Do your ovens run on single-phase power?")
    await expect(page.get_by_text("Our answer:").first).to_be_visible()
    await page.get_by_text("Why then").click()
    lead = await stage.services.reading.lead(lead_id, stage.services.company, stage.clock())
    assert lead is not None
    assert lead.next_touch is not None
    for reason in lead.next_touch.reasons:
        await expect(page.get_by_text(reason.text)).to_be_visible()
    await expect(page.get_by_text("Came in: inbound, web form")).to_be_visible()
    await expect(page.locator("dd").get_by_text("inbound, web form")).to_be_visible()
    await expect(page.get_by_text("Ovens", exact=True)).to_be_visible()
    await expect(page.get_by_text("$18.50", exact=True)).to_be_visible()


async def test_what_people_wrote_is_shown_as_they_wrote_it_and_is_no_markup(bench: Bench, page_of: OpenPage) -> None:
    wrote = '<img src=x onerror="document.title=1"> & <b>you</b>'
    asked = f"Is {wrote} there?"
    lead_id = await bench.lead("Ann One", company=f"One {wrote}", question=asked, attributes={"on": wrote})
    page = await page_of(Role.REP, f"/leads/{lead_id}")
    await on_desk(page, "Ann One")
    await expect(page.get_by_role("region", name="Who").get_by_text(f"One {wrote}")).to_be_visible()
    await expect(page.locator(".ft-question")).to_have_text(asked)
    await expect(page.locator(".ft-timeline blockquote").get_by_text(asked)).to_be_visible()
    await expect(page.locator("dd").get_by_text(wrote)).to_be_visible()
    assert await page.locator("img[src=x]").count() == 0


async def test_what_was_said_at_length_is_folded_and_opens_whole(bench: Bench, page_of: OpenPage) -> None:
    asked = "Which oven fits a bakery on two floors?\n\n" + "It is an old house. " * 12 + "Does it?"
    lead_id = await bench.lead("Ann One", question=asked)
    page = await page_of(Role.REP, f"/leads/{lead_id}")
    await on_desk(page, "Ann One")
    told = page.locator(".ft-timeline li").filter(has_text="Asked")
    whole = told.get_by_text("Does it?")
    await expect(told.locator("summary")).to_contain_text("Which oven fits a bakery on two floors? It is an old house.")
    await expect(whole).to_be_hidden()
    await told.locator("summary").press("Enter")
    await expect(whole).to_be_visible()
    assert await faults(page) == []


@pytest.mark.parametrize(("key", "stage_after"), [("y", "qualified"), ("n", "working")])
async def test_an_answer_is_recorded_without_any_task(
    bench: Bench, page_of: OpenPage, stage: Stage, key: str, stage_after: str
) -> None:
    lead_id = await bench.lead("Ann One")
    page = await page_of(Role.REP, f"/leads/{lead_id}")
    await on_desk(page, "Ann One")
    await page.keyboard.press(key)
    if key == "n":
        await page.get_by_role("button", name="3 months").click()
    await expect(page.get_by_role("region", name="Who").get_by_text(stage_after)).to_be_visible()
    await page.keyboard.press("u")
    await expect(page.get_by_role("region", name="Who").get_by_text("new", exact=True)).to_be_visible()


async def test_an_email_of_one_s_own_is_written_to_a_question(bench: Bench, page_of: OpenPage, stage: Stage) -> None:
    lead_id = await bench.lead("Ann One", question="Do your ovens run on single-phase power? And where is my cat?")
    page = await page_of(Role.REP, f"/leads/{lead_id}")
    await on_desk(page, "Ann One")
    await page.keyboard.press("e")
    text = page.get_by_label("Email", exact=True)
    await expect(text).to_be_focused()
    assert "single-phase" in await text.input_value()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Hello Ann, yes they do.")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Ann One: email on its way")).to_be_visible()
    lead = await stage.services.reading.lead(lead_id, stage.services.company, stage.clock())
    assert lead is not None
    assert lead.hold is not None
    assert (lead.hold.reason, lead.hold.owner) == ("personal_touch", "anna")


async def test_a_no_ends_it_and_the_page_says_why(bench: Bench, page_of: OpenPage) -> None:
    page = await page_of(Role.REP, f"/leads/{await bench.lead('Ann One')}")
    await on_desk(page, "Ann One")
    await page.keyboard.press("o")
    await page.keyboard.type("bought elsewhere")
    await page.keyboard.press("Escape")
    await page.keyboard.press("x")
    await page.get_by_role("button", name="Yes, they said no").click()
    ended = page.get_by_role("region", name="Over: no")
    await expect(page.get_by_role("heading", name="Over: no")).to_be_visible()
    await expect(page.get_by_text("Said no: bought elsewhere").first).to_be_visible()
    await expect(page.get_by_role("button", name="Yes", exact=True)).to_have_count(0)
    await expect(ended).to_have_count(0)


async def test_who_said_yes_is_asked_nothing_more(bench: Bench, page_of: OpenPage, stage: Stage) -> None:
    lead_id = await bench.lead("Ann One")
    page = await page_of(Role.REP, f"/leads/{lead_id}")
    await on_desk(page, "Ann One")
    await page.keyboard.press("y")
    await expect(page.get_by_role("button", name="Accepted")).to_be_visible()
    await page.keyboard.press("w")
    await expect(page.get_by_text("Ann One: Won")).to_be_visible()
    await expect(page.get_by_role("button", name="Not now")).to_have_count(0)
    await expect(page.get_by_role("button", name="Yes", exact=True)).to_have_count(0)


async def test_what_others_do_appears_and_leaves_what_one_types(bench: Bench, page_of: OpenPage, stage: Stage) -> None:
    lead_id = await bench.call("Ann One")
    page = await page_of(Role.REP, f"/leads/{lead_id}")
    await on_desk(page, "Ann One")
    await page.keyboard.press("o")
    await page.keyboard.type("hello")
    until = stage.clock() + timedelta(days=9)
    await LeadCommands(stage.services).hold(lead_id, ourselves("test"), "mia", until=until, reason="trade fair")
    await expect(page.get_by_text("trade fair").first).to_be_visible()
    await complete(stage, bench, lead_id, "ben")
    await expect(page.get_by_text("Done already: voicemail, by ben.")).to_be_visible()
    await expect(page.get_by_label("Note")).to_have_value("hello")


async def test_somebody_else_s_lead_is_refused_and_a_manager_sees_it(
    bench: Bench, page_of: OpenPage, browser: Browser
) -> None:
    lead_id = await bench.lead("Ann One", owner="ben")
    browser.expects("status of 403")
    page = await page_of(Role.REP, f"/leads/{lead_id}")
    await expect(page.get_by_text("This lead is not one of yours.")).to_be_visible()
    await expect(page.get_by_text("Ann One")).to_have_count(0)
    await on_desk(await page_of(Role.MANAGER, f"/leads/{lead_id}"), "Ann One")


async def test_there_is_no_lead_of_an_unknown_id(page_of: OpenPage, browser: Browser) -> None:
    browser.expects("status of 404")
    page = await page_of(Role.MANAGER, "/leads/11111111-1111-4111-8111-111111111111")
    await expect(page.get_by_text("There is no such lead.")).to_be_visible()


async def test_the_id_of_a_merged_lead_leads_to_the_one_that_was_kept(
    bench: Bench, page_of: OpenPage, stage: Stage
) -> None:
    kept, other = await bench.lead("Ann One"), await bench.lead("Ann Onne", email="ann@two.example.com")
    await LeadMerging(stage.services).merge(kept, other, ourselves("test"), "mia")
    page = await page_of(Role.REP, f"/leads/{other}")
    await on_desk(page, "Ann One")
    assert page.url.endswith(f"/console/leads/{kept}")


async def test_nothing_grave_is_wrong_with_any_kind_of_lead(busy_stage: Stage, page_of: OpenPage) -> None:
    found = {}
    for lead in (await busy_stage.services.reading.leads(limit=200)).items:
        found.setdefault((lead.ended, lead.hold, lead.stage), lead.id)
    for number, lead_id in enumerate(found.values()):
        options = ({"dark": True}, {}, {"size": NARROW})[number % 3]
        page = await page_of(Role.MANAGER, f"/leads/{lead_id}", **options)
        await expect(page.get_by_role("region", name="Who")).to_be_visible()
        await page.wait_for_function("window.did_handshake")
        assert await faults(page) == []
        assert await too_wide(page) == []
        await page.context.close()
