"""Every page for every role: it opens or is refused as this table says, and everybody can use it."""

import httpx
import pytest
from playwright.async_api import Page as Tab
from playwright.async_api import expect

from api.console.pages import Registered
from api.console.permissions import Page
from leads.model import Role
from tests.console.accessibility import faults, too_wide
from tests.console.addresses import address_of, examples, name_of, pages
from tests.console.browser import NARROW, WIDE, Browser
from tests.console.conftest import Lived
from tests.console.stage import ONE_OF_EACH, Stage

OPENS = {
    "today": "rep partner expert manager admin",
    "leads": "rep partner expert manager admin",
    "lead": "rep partner expert manager admin",
    "engine of a lead": "admin",
    "add lead": "rep partner expert manager admin marketing",
    "import leads": "marketing manager admin",
    "account": "rep partner expert manager admin marketing",
    "bulk": "manager admin",
    "figures": "manager admin marketing",
    "leads behind a figure": "manager admin",
    "lead map": "manager admin marketing",
    "reviews": "manager admin",
    "deliveries": "manager admin",
    "cadences": "marketing manager admin",
    "cadence": "marketing manager admin",
    "edit a cadence": "marketing admin",
    "answers": "marketing manager admin",
    "edit answers": "marketing admin",
    "outbox": "marketing manager admin",
    "health": "admin",
    "suppressions": "admin",
    "erasure": "admin",
    "people": "admin",
    "tokens": "admin",
    "audit log": "admin",
}
"""Who opens which page; everybody else is refused. The first of them is who uses it most.

It says on purpose what permissions.py says too, in other words: whoever changes one of them means it.
"""
ALL = pages()
every_page = pytest.mark.parametrize("page", ALL, ids=name_of)


def opens(page: Registered) -> list[str]:
    return OPENS[page.page.value].split()


def test_the_table_names_every_page_and_only_roles_that_there_are() -> None:
    assert {page.value for page in Page} == OPENS.keys()
    assert {role for roles in OPENS.values() for role in roles.split()} == {role.value for role in Role}


@every_page
async def test_it_opens_for_some_and_is_refused_to_all_others(
    busy_stage: Stage, lived: Lived, page: Registered
) -> None:
    answered = {}
    for role in Role:
        async with await visiting(busy_stage, role) as visitor:
            address = address_of(page, examples(lived.incidents, role))
            answered[role.value] = (await visitor.get(address)).status_code
    assert answered == {role.value: 200 if role.value in opens(page) else 403 for role in Role}


@pytest.mark.parametrize("page", [page for page in ALL if "{lead_id}" in page.path], ids=name_of)
async def test_a_lead_of_somebody_else_is_refused_to_who_sees_ones_own_only(
    busy_stage: Stage, lived: Lived, page: Registered
) -> None:
    address = address_of(page, {"lead_id": str(lived.incidents.leads["of ben"])})
    answered = {}
    for role in map(Role, opens(page)):
        async with await visiting(busy_stage, role) as visitor:
            answered[role.value] = (await visitor.get(address)).status_code
    own_only = {"rep", "partner", "expert"}
    assert answered == {role: 403 if role in own_only else 200 for role in opens(page)}


@every_page
async def test_everybody_can_use_it_on_any_screen(
    busy_stage: Stage, browser: Browser, lived: Lived, page: Registered
) -> None:
    """A title, one heading, landmarks; nothing grave for axe-core, light and dark; no scrolling sideways."""
    tab = await opened(busy_stage, browser, page, lived, Role(opens(page)[0]))
    await expect(tab).to_have_title(f"{page.title} | Followthrough")
    await expect(tab.get_by_role("heading", level=1)).to_have_count(1)
    for landmark in ("banner", "navigation", "main"):
        await expect(tab.get_by_role(landmark)).not_to_have_count(0)  # type: ignore[arg-type]
    assert await faults(tab) == []
    await tab.emulate_media(color_scheme="dark")
    await expect(tab.locator("body.body--dark")).to_have_count(1)
    assert await faults(tab) == [], "in the dark"
    for size in (WIDE, NARROW):
        await tab.set_viewport_size({"width": size[0], "height": size[1]})
        assert await too_wide(tab) == [], size


async def test_a_page_that_is_refused_says_so_and_is_a_page_like_others(
    busy_stage: Stage, browser: Browser, lived: Lived
) -> None:
    refused = next(page for page in ALL if "rep" not in opens(page))
    browser.expects("status of 403")
    tab = await opened(busy_stage, browser, refused, lived, Role.REP)
    await expect(tab.get_by_role("heading", name="Not for you")).to_be_visible()
    await expect(tab.get_by_role("alert")).to_contain_text("As rep you can't open this page.")
    assert await faults(tab) == []


async def visiting(stage: Stage, role: Role) -> httpx.AsyncClient:
    """A browser without a window, with somebody signed in."""
    text = await stage.services.sessions.begin(ONE_OF_EACH[role], "password", "a test", stage.clock())
    cookies, headers = {"followthrough": text}, {"Accept": "text/html"}
    return httpx.AsyncClient(base_url=stage.url, cookies=cookies, headers=headers)


async def opened(stage: Stage, browser: Browser, page: Registered, lived: Lived, role: Role) -> Tab:
    context = await browser.context(stage.url)
    await stage.sign_in(context, role)
    tab = await context.new_page()
    await tab.goto(address_of(page, examples(lived.incidents, role)))
    await expect(tab.get_by_role("heading", level=1).first).to_be_visible()
    await expect(tab.locator(".ft-loading")).to_have_count(0)
    if page.path.endswith("/edit"):
        # An editor is dressed for who hears it a moment after it is there.
        await expect(tab.locator(".cm-content[aria-label]").first).to_be_visible()
    return tab
