"""Signing in and out, choosing a password, and whom the sign-in keeps out."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect
from sqlalchemy import func, select, text

from adapters.db.accounts import InvitationSpent
from adapters.db.rows import AuditEntryRow, ColleagueRow
from adapters.db.sessions import IDLE, LASTS
from leads.model import Role
from tests.console.accessibility import faults, is_marked
from tests.console.browser import Browser
from tests.console.conftest import OpenPage
from tests.console.stage import PASSWORD, Stage

OTHER = "quite another five words"


async def test_one_signs_in_with_a_password_and_lands_where_one_wanted_to(stage: Stage, browser: Browser) -> None:
    page = await browser.page(stage.url)
    await page.goto("/console/account")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await page.get_by_label("Email or short name").fill("Anna@Example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    await expect(page.get_by_text("Anna Keller")).to_be_visible()


async def test_who_mistypes_the_password_types_that_once_more_only(stage: Stage, browser: Browser) -> None:
    page = await browser.page(stage.url)
    await page.goto("/sign-in")
    name, password = page.get_by_label("Email or short name"), page.get_by_label("Password")
    await name.fill('an"na')
    await password.fill("none of hers at all")
    browser.expects("status of 422")
    await page.keyboard.press("Enter")
    for field in (name, password):  # which of the two is wrong, nobody is told
        await is_marked(field, "That name and password do not belong together.")
    await expect(name).to_have_value('an"na')
    await expect(password).to_be_focused()
    assert await faults(page) == []


async def test_each_wrong_field_of_a_welcome_is_marked(stage: Stage, browser: Browser) -> None:
    await stage.services.people.deactivate("ada")
    page = await browser.page(stage.url)
    await page.goto(f"/welcome/{await stage.services.accounts.invite(None, 'follow up', stage.clock())}")
    email, again = page.get_by_label("Your email address"), page.get_by_label("The same once more")
    await page.get_by_label("Your name").fill("Rosa Lind")
    await email.fill("rosa@localhost")
    await page.get_by_label("Password", exact=True).fill(OTHER)
    await again.fill("something else altogether")
    browser.expects("status of 422")
    await page.get_by_role("button").click()
    await is_marked(email, "'rosa@localhost' is no email address")
    await is_marked(again, "The two passwords are not the same.")
    await expect(email).to_be_focused()
    await expect(page.get_by_label("Password", exact=True)).not_to_have_attribute("aria-invalid", "true")
    assert await faults(page) == []


async def test_signing_out_ends_the_session_in_the_database_too(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.REP, "/account")
    await page.get_by_role("button", name="Sign out", exact=True).first.click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert await stage.services.sessions.of("anna", stage.clock()) == []


async def test_an_invitation_works_once_and_a_bad_password_does_not_use_it_up(stage: Stage, browser: Browser) -> None:
    invitation = await stage.services.accounts.invite("ben", "ada", stage.clock())
    page = await browser.page(stage.url)
    await page.goto(f"/welcome/{invitation}")
    await expect(page.get_by_role("heading", name="Welcome, Ben Okafor")).to_be_visible()
    browser.expects("status of 422")
    await page.get_by_label("Password").fill("ben ben ben ben")
    await page.get_by_label("The same once more").fill("ben ben ben ben")
    await page.get_by_role("button").click()
    await is_marked(page.get_by_label("Password"), "Please take more than four different characters")
    await expect(page.get_by_label("Password")).to_be_focused()
    assert await faults(page) == []
    await page.get_by_label("Password").fill(OTHER)
    await page.get_by_label("The same once more").fill(OTHER)
    await page.get_by_role("button").click()
    await expect(page.get_by_text("Ben Okafor")).to_be_visible()
    browser.expects("status of 404")
    await page.goto(f"/welcome/{invitation}")
    await expect(page.get_by_role("heading", name="can't be used any more")).to_be_visible()


async def test_a_new_password_ends_all_other_sessions(stage: Stage, browser: Browser, page_of: OpenPage) -> None:
    await page_of(Role.REP, "/account")
    page = await page_of(Role.REP, "/account")
    await page.get_by_label("Your password now").fill(PASSWORD)
    await page.get_by_label("New password").fill(OTHER)
    await page.get_by_label("The new one once more").fill(OTHER)
    await page.get_by_role("button", name="Change it").click()
    await expect(page.get_by_text("signed out everywhere else")).to_be_visible()
    assert len(await stage.services.sessions.of("anna", stage.clock())) == 1


async def test_nobody_guesses_the_password_at_a_page_that_was_left_open(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.REP, "/account")
    await page.wait_for_function("window.did_handshake")
    for _ in range(5):
        assert await stage.services.accounts.begin_attempt("anna", await session_of(stage, "anna"), stage.clock())
    await page.get_by_label("Your password now").fill(PASSWORD)
    await page.get_by_label("New password").fill(OTHER)
    await page.get_by_label("The new one once more").fill(OTHER)
    await page.get_by_role("button", name="Change it").click()
    await expect(page.get_by_text("Too many attempts")).to_be_visible()


async def session_of(stage: Stage, colleague_id: str) -> str:
    (session,) = await stage.services.sessions.of(colleague_id, stage.clock())
    return str(session.id)


async def test_a_page_that_is_open_when_its_session_is_revoked_changes_nothing(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.REP, "/account")
    await page.get_by_role("button", name="Light or dark").click()
    await page.wait_for_function("window.socket && window.socket.connected")
    await page.get_by_label("Your password now").fill(PASSWORD)
    await page.get_by_label("New password").fill(OTHER)
    await page.get_by_label("The new one once more").fill(OTHER)
    before = await stage.services.accounts.password_hash("anna")
    await stage.services.sessions.revoke_all("anna", stage.clock())
    await page.get_by_role("button", name="Change it").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert await stage.services.accounts.password_hash("anna") == before


async def test_who_was_signed_out_elsewhere_is_told_so_and_comes_back_to_where_one_was(
    stage: Stage, page_of: OpenPage
) -> None:
    page = await page_of(Role.ADMIN, "/leads?stage=new&sort=newest")
    await expect(page.get_by_text("0 leads")).to_be_visible()
    await page.wait_for_function("window.socket && window.socket.connected")
    await stage.services.sessions.revoke_all("ada", stage.clock())
    await page.get_by_role("checkbox", name="Overdue").click()
    await expect(page.get_by_role("alert")).to_contain_text("You were signed out")
    await page.get_by_label("Email or short name").fill("ada")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Leads", level=1)).to_be_visible()
    await expect(page).to_have_url(re.compile(r"/console/leads\?stage=new&overdue=1&sort=newest$"))
    # Whoever signs out is told nothing of the kind.
    await page.get_by_role("button", name="Sign out", exact=True).first.click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)


class Caller:
    """Signs in without a browser, to say what browsers never would."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def sign_in(self, name: str, password: str, **more: str) -> httpx.Response:
        shown = await self.client.get("/sign-in")
        form = re.search(r'name="form" value="([^"]+)"', shown.text)
        assert form is not None
        fields = {"form": form[1], "name": name, "password": password, **more}
        return await self.client.post("/sign-in", data=fields, headers={"Origin": str(self.client.base_url)})


@pytest_asyncio.fixture
async def caller(stage: Stage) -> AsyncIterator[Caller]:
    async with httpx.AsyncClient(base_url=stage.url) as client:
        yield Caller(client)


async def test_guessing_is_throttled_for_a_name_and_not_for_others(stage: Stage, caller: Caller) -> None:
    statuses = [(await caller.sign_in("anna", "no idea at all")).status_code for _ in range(7)]
    assert statuses == [422] * 5 + [429] * 2
    assert (await caller.sign_in("anna", PASSWORD)).status_code == 429
    assert (await caller.sign_in("mia", PASSWORD)).status_code == 303
    caller.client.cookies.clear()
    stage.clock.move_by(timedelta(minutes=16))
    assert (await caller.sign_in("anna", PASSWORD)).status_code == 303


async def test_guesses_at_the_same_instant_are_counted_too(stage: Stage, caller: Caller) -> None:
    caller.client.timeout = httpx.Timeout(60)
    await caller.client.get("/sign-in")  # The forms that follow are shown to the same browser.
    answers = await asyncio.gather(*(caller.sign_in("anna", f"no idea at all {number}") for number in range(9)))
    assert sorted(answer.status_code for answer in answers) == [422] * 5 + [429] * 4
    assert (await caller.sign_in("mia", PASSWORD)).status_code == 303


async def test_an_unknown_name_is_answered_like_a_wrong_password(caller: Caller) -> None:
    unknown, wrong = await caller.sign_in("nobody", PASSWORD), await caller.sign_in("anna", "wrong wrong wrong")
    assert unknown.status_code == wrong.status_code == 422
    alert = re.compile(r'role="alert">([^<]+)<')
    assert (
        alert.findall(unknown.text) == alert.findall(wrong.text) == ["That name and password do not belong together."]
    )


async def test_a_name_with_a_character_that_cannot_be_stored_is_answered_too(caller: Caller) -> None:
    assert (await caller.sign_in("an\0na", "wrong wrong wrong")).status_code == 422


async def test_who_does_not_work_here_any_more_is_out_at_once(stage: Stage, caller: Caller) -> None:
    assert (await caller.sign_in("ben", PASSWORD)).status_code == 303
    html = {"Accept": "text/html"}
    assert (await caller.client.get("/console/account", headers=html)).status_code == 200
    await stage.services.people.deactivate("ben")
    assert (await caller.client.get("/console/account", headers=html)).status_code == 303
    assert (await caller.sign_in("ben", PASSWORD)).status_code == 422


async def test_a_form_from_elsewhere_signs_nobody_in(stage: Stage, caller: Caller) -> None:
    fields = {"name": "anna", "password": PASSWORD}
    strange = await caller.client.post("/sign-in", data=fields, headers={"Origin": "https://evil.example.com"})
    no_crumb = await caller.client.post("/sign-in", data={**fields, "form": "x"}, headers={"Origin": stage.url})
    assert (strange.status_code, no_crumb.status_code) == (403, 403)


@pytest.mark.parametrize(
    "target",
    [
        *("https://evil.example.com/", "//evil.example.com/", "/\\evil.example.com", "/a/x", "javascript:alert(1)"),
        *("http://[", "//[x", "http://a℀b/", "/console/\r\nX: y"),
    ],
)
async def test_signing_in_leads_to_no_other_website(caller: Caller, target: str) -> None:
    assert (await caller.client.get("/sign-in", params={"next": target})).status_code == 200
    answer = await caller.sign_in("anna", PASSWORD, next=target)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/")


async def test_a_session_ends_overnight_and_after_two_weeks(stage: Stage, caller: Caller) -> None:
    async def status() -> int:
        return (await caller.client.get("/console/account", headers={"Accept": "text/html"})).status_code

    await caller.sign_in("anna", PASSWORD)
    stage.clock.move_by(IDLE)
    assert await status() == 303
    await caller.sign_in("anna", PASSWORD)
    passed = timedelta()
    while passed + timedelta(hours=8) < LASTS:
        stage.clock.move_by(timedelta(hours=8))
        passed += timedelta(hours=8)
        assert await status() == 200
    stage.clock.move_by(timedelta(hours=8))
    assert await status() == 303


async def test_a_cookie_that_was_there_before_is_not_the_session(stage: Stage, caller: Caller) -> None:
    caller.client.cookies.set("followthrough", "chosen by somebody else", domain="127.0.0.1")
    answer = await caller.sign_in("anna", PASSWORD)
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("followthrough="))
    assert "chosen" not in cookie
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()


async def test_the_first_invitation_makes_an_admin_where_there_is_none(stage: Stage) -> None:
    accounts, now = stage.services.accounts, stage.clock()
    assert await accounts.has_admin()
    await stage.services.people.deactivate("ada")
    assert not await accounts.has_admin()
    first = await accounts.invite(None, "follow up", now)
    second = await accounts.invite(None, "follow up", now)
    with pytest.raises(InvitationSpent):
        await accounts.accept(first, "hash", now)
    assert await accounts.accept(second, "hash", now) == "admin"
    assert await accounts.has_admin()
    async with stage.engine.connect() as connection:
        role = await connection.scalar(select(ColleagueRow.role).where(ColleagueRow.id == "admin"))
    assert role == "admin"


async def test_the_first_admins_link_is_void_once_an_admin_can_sign_in(stage: Stage, caller: Caller) -> None:
    accounts, now = stage.services.accounts, stage.clock()
    known = await accounts.password_hash("ada")
    assert known is not None
    await accounts.forget_password("ada")
    link = f"/welcome/{await accounts.invite(None, 'follow up', now)}"
    assert (await caller.client.get(link)).status_code == 200
    await accounts.accept(await accounts.invite("ada", "follow invite", now), known, now)
    assert (await caller.client.get(link)).status_code == 404
    with pytest.raises(InvitationSpent):
        await accounts.accept(link.rpartition("/")[2], "another hash", now)
    assert await accounts.password_hash("ada") == known


async def test_the_first_admin_says_who_it_is(stage: Stage, browser: Browser) -> None:
    await stage.services.people.deactivate("ada")
    link = f"/welcome/{await stage.services.accounts.invite(None, 'follow up', stage.clock())}"
    page = await browser.page(stage.url)
    await page.goto(link)
    await expect(page.get_by_label("Your name")).to_be_focused()
    assert await faults(page) == []
    await page.get_by_label("Your name").fill("Rosa Lind")
    await page.get_by_label("Password", exact=True).fill("rosa rosa rosa")
    await page.get_by_label("The same once more").fill("rosa rosa rosa")
    browser.expects("status of 422")
    await page.get_by_role("button").click()
    await is_marked(page.get_by_label("Password", exact=True), "not made of your name or address")
    await expect(page.get_by_label("Your name")).to_have_value("Rosa Lind")
    await page.get_by_label("Your email address").fill("Rosa@Example.com")
    await page.get_by_label("Password", exact=True).fill(OTHER)
    await page.get_by_label("The same once more").fill(OTHER)
    await page.get_by_role("button").click()
    await expect(page.get_by_role("heading", name="Leads", level=1)).to_be_visible()
    await expect(page.get_by_text("Rosa Lind")).to_be_visible()
    known = await stage.services.accounts.called("rosa@example.com")
    assert known is not None
    assert known.colleague_id == "admin"


async def test_an_admin_who_is_known_already_is_let_in_by_name(stage: Stage, browser: Browser) -> None:
    await stage.services.accounts.forget_password("ada")
    page = await browser.page(stage.url)
    await page.goto(f"/welcome/{await stage.services.accounts.invite(None, 'follow up', stage.clock())}")
    await expect(page.get_by_role("heading", name="Welcome, Ada Admin")).to_be_visible()
    await expect(page.get_by_text("You sign in as ada")).to_be_visible()
    await expect(page.get_by_label("Your name")).to_have_count(0)


async def test_who_the_first_admin_is_must_make_sense(stage: Stage, caller: Caller) -> None:
    await stage.services.people.deactivate("ada")
    link = f"/welcome/{await stage.services.accounts.invite(None, 'follow up', stage.clock())}"
    form = re.search(r'name="form" value="([^"]+)"', (await caller.client.get(link)).text)
    assert form is not None
    for own in ({"own_name": ""}, {"own_name": "Rosa", "own_email": "rosa"}):
        fields = {"form": form[1], "password": OTHER, "again": OTHER, **own}
        answer = await caller.client.post(link, data=fields, headers={"Origin": stage.url})
        assert answer.status_code == 422
    assert not await stage.services.accounts.has_admin()


async def test_an_invitation_is_good_for_a_week_and_for_who_works_here(stage: Stage) -> None:
    accounts, now = stage.services.accounts, stage.clock()
    late = await accounts.invite("anna", "ada", now)
    gone = await accounts.invite("ben", "ada", now)
    assert (await accounts.invitation(late, now + timedelta(days=6))).colleague_id == "anna"
    await stage.services.people.deactivate("ben")
    for spent, at in ((late, now + timedelta(days=7)), (gone, now), ("made up", now)):
        with pytest.raises(InvitationSpent):
            await accounts.invitation(spent, at)


async def test_no_text_of_a_cookie_an_invitation_or_a_password_is_stored(stage: Stage, caller: Caller) -> None:
    invitation = await stage.services.accounts.invite("anna", "ada", stage.clock())
    await caller.sign_in("anna", PASSWORD)
    secrets = (PASSWORD, invitation, caller.client.cookies["followthrough"])
    async with stage.engine.connect() as connection:
        for table in ("accounts", "sessions", "invitations", "sign_in_attempts", "audit_entries"):
            rows = await connection.scalar(text(f"select coalesce(string_agg(t::text, ' '), '') from {table} as t"))
            assert not any(secret in rows for secret in secrets), table


async def test_changes_of_accounts_stand_in_the_audit_log(stage: Stage, page_of: OpenPage) -> None:
    await page_of(Role.REP, "/account")
    page = await page_of(Role.REP, "/account")
    await page.get_by_role("button", name="Sign out", exact=True).last.click()
    await expect(page.get_by_text("Signed out there.")).to_be_visible()
    async with stage.engine.connect() as connection:
        found = await connection.execute(
            select(AuditEntryRow.by, AuditEntryRow.via, AuditEntryRow.action, AuditEntryRow.outcome)
        )
        assert [tuple(row) for row in found] == [("anna", "console", "revoke_sessions", "done")]
        assert await connection.scalar(select(func.count()).select_from(AuditEntryRow)) == 1
