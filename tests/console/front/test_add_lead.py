"""Adding a lead while the person is on the phone."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import func, select

from adapters.db.rows import ContactPointRow, InquiryRow, LeadRow
from leads.absences import Absence
from leads.model import Colleague, Role
from runtime.sample import LEADS
from tests.console.accessibility import faults, too_wide
from tests.console.browser import NARROW
from tests.console.conftest import OpenPage
from tests.console.stage import Stage

AS_PEOPLE_TYPE = 180
"""Milliseconds from one key to the next."""
SEEN_WHILE_TYPING = """() => {
    window.seen = {Name: [], Company: []};
    const note = () => {
        if (!document.querySelector('[aria-label="Known already"] article')) return;
        const field = document.activeElement;
        const letters = window.seen[field.getAttribute("aria-label")];
        if (letters) letters.push(field.value.length);
    };
    new MutationObserver(note).observe(document.querySelector('[aria-label="Known already"]'),
        {childList: true, subtree: true, characterData: true});
    document.addEventListener("input", note);
}"""
"""Notes how far each field was filled in while somebody known was shown."""


async def count(stage: Stage, row: type) -> int:
    async with stage.engine.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(row)) or 0)


async def typed(page: Page, *words: str, delay: float = 0) -> None:
    """Type into one field after the other, from where the focus is.

    Args:
        delay: milliseconds from one key to the next.
    """
    for number, one in enumerate(words):
        if number:
            await page.keyboard.press("Tab")
        await page.keyboard.type(one, delay=delay)


async def test_a_lead_is_added_by_keyboard_alone(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.MARKETING, "/add")
    await expect(page.get_by_label("Phone")).to_be_focused()
    await typed(page, "212 555 0199", "Rosa Lind", "Lind Bakery", "rosa@lind-bakery.example.com", "Do you deliver?")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("heading", name="Added: Rosa Lind")).to_be_visible()
    await expect(page.get_by_label("Phone")).to_be_focused()
    await expect(page.get_by_label("Phone")).to_have_value("")
    async with stage.engine.connect() as connection:
        lead = (await connection.execute(select(LeadRow.name, LeadRow.company, LeadRow.source, LeadRow.question))).one()
        points = set((await connection.execute(select(ContactPointRow.value))).scalars())
    assert tuple(lead) == ("Rosa Lind", "Lind Bakery", "phone call", "Do you deliver?")
    assert points == {"+12125550199", "rosa@lind-bakery.example.com"}


async def test_who_is_known_shows_up_while_typing_and_gets_what_is_added(stage: Stage, page_of: OpenPage) -> None:
    await stage.services.intake.capture(LEADS[0], by="test", now=stage.clock())
    page = await page_of(Role.MANAGER, "/add")
    known = page.get_by_role("region", name="Known already")
    await page.keyboard.type("212-555-01")
    await expect(known.get_by_role("heading", name="Priya Raman")).to_be_visible()
    await page.keyboard.type("11")
    await expect(known.get_by_text("The same person")).to_be_visible()
    await expect(known.get_by_text("Harbor Bakery")).to_be_visible()
    await page.get_by_label("What do they want to know?").fill("And how long does it take?")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("heading", name="Known already: added to the lead: Priya Raman")).to_be_visible()
    assert await count(stage, LeadRow) == 1
    assert await count(stage, InquiryRow) == 2


@pytest.mark.parametrize(
    "number", ["(212) 555-0111", "212 555 0111", "2125550111", "+1 212-555-0111", "1 212.555.0111"]
)
async def test_a_whole_number_shows_who_it_is_at_once_however_it_is_written(
    stage: Stage, page_of: OpenPage, number: str
) -> None:
    await stage.services.intake.capture(LEADS[0], by="test", now=stage.clock())
    page = await page_of(Role.REP, "/add")
    known = page.get_by_role("region", name="Known already")
    await page.keyboard.type(number, delay=AS_PEOPLE_TYPE)
    await expect(known.get_by_text("The same person")).to_be_visible()
    await expect(page.get_by_label("Phone")).to_be_focused()


async def test_who_is_close_shows_up_though_one_types_on_without_a_pause(stage: Stage, page_of: OpenPage) -> None:
    """A look that waited for a pause would come after everything was typed."""
    await stage.services.intake.capture(LEADS[0], by="test", now=stage.clock())
    page = await page_of(Role.REP, "/add")
    known = page.get_by_role("region", name="Known already")
    await page.evaluate(SEEN_WHILE_TYPING)
    await typed(page, "", "Pria Raman", "Harbour Bakery", delay=AS_PEOPLE_TYPE)
    await expect(known.get_by_text("a company like it").or_(known.get_by_text("a name like it"))).to_be_visible()
    # By the beginning of the name already, and again when the company was being typed.
    seen = await page.evaluate("window.seen")
    assert any(0 < letters < len("Pria Raman") for letters in seen["Name"]), seen
    assert any(0 < letters < len("Harbour Bakery") for letters in seen["Company"]), seen


async def test_somebody_elses_lead_is_named_and_not_opened(stage: Stage, page_of: OpenPage) -> None:
    captured = await stage.services.intake.capture(LEADS[0], by="test", now=stage.clock())
    lead = await stage.services.reading.lead(captured.lead_id, stage.services.company, stage.clock())
    assert lead is not None
    page = await page_of({"anna": "ben", "ben": "anna"}[lead.owner], "/add")
    await page.get_by_label("Company").fill("Harbor")
    known = page.get_by_role("region", name="Known already")
    await expect(known.get_by_text(f"with {lead.owner_name}")).to_be_visible()
    await expect(known.get_by_role("link")).to_have_count(0)


async def test_what_can_t_be_a_number_is_said_and_nothing_is_lost(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.REP, "/add")
    await page.get_by_label("Name").fill("Rosa Lind")
    await page.get_by_label("Phone").fill("12")
    await page.get_by_role("button", name="Add lead").click()
    await expect(page.get_by_text("can't be a phone number")).to_be_visible()
    await expect(page.get_by_label("Name")).to_have_value("Rosa Lind")
    assert await count(stage, LeadRow) == 0


async def test_what_was_typed_last_is_added_however_fast_one_is(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.REP, "/add")
    await page.get_by_label("Email").fill("rosa@lind-bakery.example.com")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("heading", name="Added: no name")).to_be_visible()
    async with stage.engine.connect() as connection:
        points = (await connection.execute(select(ContactPointRow.value))).scalars().all()
    assert points == ["rosa@lind-bakery.example.com"]


async def test_a_rep_takes_a_lead_at_once(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of("ben", "/add")
    await page.get_by_label("Phone").fill("212 555 0199")
    await page.get_by_label("Goes to").click()
    await page.get_by_role("option", name="me", exact=True).click()
    await page.get_by_role("button", name="Add lead").click()
    await expect(page.get_by_text("Ben Okafor has it.")).to_be_visible()
    await page.get_by_role("link", name="Open the lead").wait_for()


async def test_a_lead_is_given_to_any_rep_who_may_get_one(stage: Stage, page_of: OpenPage) -> None:
    """Nobody who left, takes no new leads or is away; the phone is answered by people who have no leads, too."""
    people, now = stage.services.people, stage.clock()
    names = {"carl": "Carl Cooper", "dora": "Dora Drew", "finn": "Finn Ford"}
    await people.add([Colleague(id_, name) for id_, name in names.items()], now)
    await people.add([Colleague("gina", "Gina Graph", role=Role.MARKETING)], now)
    await people.change("carl", {"weight": "0"}, "US", now)
    await people.deactivate("dora")
    await stage.services.absences.add("finn", Absence(first_day=now.date(), last_day=now.date()), now)
    page = await page_of(Role.MARKETING, "/add")
    await page.get_by_label("Phone").fill("212 555 0199")
    await page.get_by_label("Goes to").click()
    await expect(page.get_by_role("option")).to_have_text(
        ["whoever is next by the rules", "Anna Keller", "Ben Okafor", "Mia Santos"]
    )
    await page.get_by_role("option", name="Ben Okafor").click()
    await page.get_by_role("button", name="Add lead").click()
    await expect(page.get_by_text("Ben Okafor has it.")).to_be_visible()


async def test_it_is_for_everybody_on_every_screen(stage: Stage, page_of: OpenPage) -> None:
    await stage.services.intake.capture(LEADS[0], by="test", now=stage.clock())
    for options in ({}, {"dark": True}, {"size": NARROW}):
        page = await page_of(Role.REP, "/add", **options)
        await page.get_by_label("Company").fill("Harbor")
        await expect(page.get_by_role("heading", name="Priya Raman")).to_be_visible()
        assert await faults(page) == []
        assert await too_wide(page) == []
