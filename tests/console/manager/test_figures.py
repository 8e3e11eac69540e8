"""The figures in a real browser: each number opens the leads that the database counts, and the address says it all."""

import re
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import insert, text, update

from adapters.db.rows import EnrollmentRow, FirstResponseRow, LeadRow
from api.console.manager import clocks
from leads.model import Role
from tests.adapters.reports.small_business import NOW, enrollment_id, lead_id
from tests.console.accessibility import faults, too_wide
from tests.console.browser import NARROW, Browser
from tests.console.conftest import OpenPage
from tests.console.manager.conftest import number_of
from tests.console.stage import Stage


def asked_by(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query, keep_blank_values=True))


async def listed(page: Page) -> list[int]:
    """The leads on a page of leads behind a number."""
    links = page.get_by_role("table").locator("tbody").get_by_role("link")
    return sorted([number_of(await link.get_attribute("href") or "") for link in await links.all()])


async def choose(page: Page, field: str, option: str) -> None:
    await page.get_by_role("combobox", name=field).click()
    await page.get_by_role("option", name=option, exact=True).click()


async def test_a_manager_opens_the_leads_behind_a_number(business: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, "/figures")
    await page.get_by_role("link", name="3: Late, 2026-W46").click()
    await expect(page.get_by_role("heading", name="3 leads answered late, or not at all")).to_be_visible()
    async with business.engine.connect() as connection:
        late = await connection.execute(
            text(
                "select lead_id from first_responses where asked_at >= '2026-11-09 05:00Z'"
                " and asked_at < '2026-11-16 05:00Z' and coalesce(answered_at, '2026-11-20 15:00Z') > due_at"
            )
        )
        expected = sorted(one.int for one in late.scalars())
    assert await listed(page) == expected == [3, 4, 5]
    await expect(page.get_by_role("link", name="Olga Brandt")).to_have_attribute("href", f"/console/leads/{lead_id(3)}")
    await expect(page.get_by_text("9 Nov to 15 Nov 2026")).to_be_visible()
    # Whoever gets the address sees the same.
    other = await page_of(Role.ADMIN, page.url.partition("/console")[2])
    await expect(other.get_by_role("heading", name="3 leads answered late")).to_be_visible()
    await page.get_by_role("link", name="← Figures").click()
    await expect(page.get_by_role("heading", name="Leads received")).to_be_visible()


@pytest.mark.usefixtures("business")
async def test_every_number_is_as_many_leads_as_its_page_names(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, "/figures")
    tables = page.get_by_role("table", name=re.compile("The figures"))
    await expect(tables).to_have_count(2)
    last = tables.nth(0).locator("tbody tr").last
    numbers = [*await last.get_by_role("link").all(), *await tables.nth(1).get_by_role("link").all()]
    wanted = [(int((await one.inner_text()).replace(",", "")), await one.get_attribute("href")) for one in numbers]
    assert len(wanted) > 12
    for number, address in wanted:
        await page.goto(f"/console{(address or '').removeprefix('/console')}")
        await expect(page.get_by_role("heading", name=re.compile(rf"^{number} leads? "))).to_be_visible()
        assert len(await listed(page)) == number


@pytest.mark.usefixtures("business")
async def test_another_time_other_leads_and_the_address_follows(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, "/figures")
    received = page.get_by_role("link", name=re.compile(": Leads received$"))
    await expect(received).to_have_text("19")
    await choose(page, "Time", "This week")
    await expect(received).to_have_text("6")
    await choose(page, "Rep", "Anna Keller")
    await expect(received).to_have_text("3")
    assert asked_by(page) == {"period": "this-week", "rep": "anna"}
    await choose(page, "Source", "trade fair")
    await expect(received).to_have_text("1")
    await page.reload()
    await expect(received).to_have_text("1")
    await expect(page.get_by_role("combobox", name="Source")).to_have_value("trade fair")
    await received.click()
    await expect(page.get_by_role("heading", name="1 lead that came in")).to_be_visible()
    await expect(page.get_by_text("rep: Anna Keller")).to_be_visible()
    assert await listed(page) == [13]


@pytest.mark.usefixtures("business")
async def test_days_of_ones_own_and_days_that_make_no_sense(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, "/figures?period=this-week")
    await choose(page, "Time", "From … to …")
    await page.get_by_label("From", exact=True).fill("2026-11-02")
    await page.get_by_label("To", exact=True).fill("2026-11-15")
    received = page.get_by_role("link", name=re.compile(": Leads received$"))
    await expect(received).to_have_text("11")
    await page.get_by_label("To", exact=True).fill("2026-11-01")
    await expect(page.get_by_text("2026-11-01 is before 2026-11-02", exact=False).first).to_be_visible()


@pytest.mark.usefixtures("business")
async def test_side_by_side_by_source(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, "/figures?group=kind")
    await expect(page.get_by_role("rowheader", name="Outbound")).to_be_visible()
    await choose(page, "Tell apart", "By source")
    table = page.get_by_role("table", name="The figures by source")
    fair = table.get_by_role("row", name=re.compile("^trade fair"))
    await expect(fair.get_by_role("link", name="3: Leads, trade fair")).to_be_visible()
    await expect(fair).to_contain_text("50.00")
    assert asked_by(page) == {"group": "source"}
    await table.get_by_role("link", name="1: Leads, No source").click()
    await expect(page.get_by_role("heading", name="1 lead that came in")).to_be_visible()
    assert (await listed(page), asked_by(page)["source"]) == ([7], "")


async def test_who_must_be_answered_is_seen_live(
    business: Stage, page_of: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clocks, "_EVERY", 0.2)
    page = await page_of(Role.MANAGER, "/figures")
    soon = page.get_by_role("listitem").filter(has_text="Priya Raman")
    await expect(soon).to_contain_text("20 min left")
    await expect(soon).to_contain_text("Anna Keller")
    link = soon.get_by_role("link", name="Priya Raman · Harbor Bakery")
    await expect(link).to_have_attribute("href", f"/console/leads/{lead_id(14)}")
    # The time goes on, and whoever is at the link with the keys stays there.
    await link.focus()
    business.clock.move_by(timedelta(minutes=12))
    await expect(soon).to_contain_text("8 min left")
    await expect(link).to_be_focused()
    async with business.engine.begin() as connection:
        warned = update(FirstResponseRow).where(FirstResponseRow.lead_id == lead_id(14)).values(warned_at=NOW)
        await connection.execute(warned)
    await expect(soon).to_contain_text("owner warned")
    # One who asks now stands there at once; who was answered is gone.
    async with business.engine.begin() as connection:
        await _asks(connection, 30)
        done = update(FirstResponseRow).where(FirstResponseRow.lead_id == lead_id(14)).values(answered_at=NOW)
        await connection.execute(done)
    await expect(page.get_by_text("Zoe Adler")).to_be_visible()
    await expect(soon).to_have_count(0)


async def _asks(connection, number: int) -> None:  # type: ignore[no-untyped-def]
    lead = {"id": lead_id(number), "kind": "inbound", "name": "Zoe Adler", "attributes": {}, "owner_id": "ben"}
    await connection.execute(insert(LeadRow).values(**lead, stage="new", created_at=NOW, plan={"revision": 1}))
    own = {"lead_id": lead_id(number)}
    begun = {"id": enrollment_id(number), "cadence": "inbound-web", "version": "inbound-web-1", "started_at": NOW}
    await connection.execute(insert(EnrollmentRow).values(**own, **begun, progress={}))
    asked = {"enrollment_id": enrollment_id(number), "asked_at": NOW, "due_at": NOW + timedelta(minutes=30)}
    await connection.execute(insert(FirstResponseRow).values(**own, **asked, owner_id="ben"))


async def test_marketing_sees_the_numbers_and_no_lead(business: Stage, page_of: OpenPage, browser: Browser) -> None:
    page = await page_of(Role.MARKETING, "/figures")
    await expect(page.get_by_role("table", name="The figures week by week")).to_be_visible()
    await expect(page.get_by_text("20 min left")).to_be_visible()
    assert "Priya" not in await page.content()
    assert await page.locator("main a").count() == 0
    browser.expects("status of 403")
    await page.goto("/console/figures/leads?figure=leads")
    await expect(page.get_by_text("you can't open this page")).to_be_visible()


@pytest.mark.usefixtures("business")
async def test_what_leads_cost_is_said_in_the_companys_currency(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, "/figures")
    for said in ("$16.18 A lead", "$55.00 A yes", "$137.50 An order", "$22.50 Wasted"):
        await expect(page.get_by_role("link", name=said)).to_be_visible()
    anna = page.get_by_role("table", name="The figures by rep").get_by_role("row", name="Anna Keller")
    await expect(anna.get_by_role("cell", name="$57.50")).to_be_visible()


@pytest.mark.usefixtures("nobody")
async def test_a_business_without_leads_says_so(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, "/figures")
    await expect(page.get_by_text("Nobody waits for a first answer.")).to_be_visible()
    await expect(page.get_by_text("No leads in this time.")).to_have_count(2)
    await expect(page.get_by_text("Of none of these leads the cost is known.")).to_be_visible()
    assert await faults(page) == []


async def test_numbers_that_do_not_come_say_so_and_can_be_asked_for_again(business: Stage, page_of: OpenPage) -> None:
    async with business.engine.begin() as connection:
        await connection.execute(text("alter view measured_leads rename to hidden"))
    try:
        page = await page_of(Role.MANAGER, "/figures")
        await expect(page.get_by_role("alert").filter(has_text="could not be counted")).to_have_count(3)
    finally:
        async with business.engine.begin() as connection:
            await connection.execute(text("alter view hidden rename to measured_leads"))
    await page.get_by_role("button", name="Try again").first.click()
    await expect(page.get_by_role("link", name="19: Leads received")).to_be_visible()


@pytest.mark.usefixtures("business")
async def test_an_address_that_means_nothing_is_told(page_of: OpenPage) -> None:
    for wrong in ("figure=late&step=x", "figure=nonsense", "figure=leg&origin=asked", ""):
        page = await page_of(Role.MANAGER, f"/figures/leads?{wrong}")
        await expect(page.get_by_text("names no number that we know")).to_be_visible()
    page = await page_of(Role.MANAGER, "/figures/leads?figure=leads&cursor=x")
    await expect(page.get_by_role("alert")).to_contain_text("This page of the list is not there.")


@pytest.mark.usefixtures("business")
async def test_many_leads_are_told_page_by_page(page_of: OpenPage) -> None:
    page = await page_of(Role.MANAGER, "/figures/leads?figure=leads&limit=8")
    seen: list[int] = []
    for _ in range(2):
        await expect(page.get_by_text("8 of 19")).to_be_visible()
        seen += await listed(page)
        await page.get_by_role("link", name="Next page").click()
        await page.wait_for_load_state()
    await expect(page.get_by_text("3 of 19")).to_be_visible()
    assert sorted(seen + await listed(page)) == list(range(1, 20))
    await page.get_by_role("link", name="First page").click()
    await expect(page.get_by_text("8 of 19")).to_be_visible()


@pytest.mark.usefixtures("business")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("path", ["/figures", "/figures/leads?figure=leads"])
async def test_everybody_can_read_it(page_of: OpenPage, path: str, dark: bool) -> None:
    page = await page_of(Role.MANAGER, path, dark=dark)
    await expect(page.locator(".ft-loading")).to_have_count(0)
    await expect(page.get_by_role("table").first).to_be_visible()
    assert await faults(page) == []


@pytest.mark.usefixtures("business")
@pytest.mark.parametrize("path", ["/figures", "/figures/leads?figure=leads"])
async def test_it_does_not_break_on_a_telephone(page_of: OpenPage, path: str) -> None:
    page = await page_of(Role.MANAGER, path, size=NARROW)
    await expect(page.locator(".ft-loading")).to_have_count(0)
    await expect(page.get_by_role("table").first).to_be_visible()
    assert await too_wide(page) == []
