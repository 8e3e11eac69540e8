"""Single sign-on: whom the company's provider vouches for comes in, and nobody else does."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from joserfc.jwk import RSAKey
from playwright.async_api import expect

from adapters.openid_connect import OpenIdConnect
from api.console.single_sign_on import AWAY, REFUSED, STALE, UNKNOWN, UNVERIFIED
from leads.model import Colleague
from tests.console.browser import Browser
from tests.console.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, provided
from tests.console.stage import START, Stage


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[IdentityProvider]:
    async with provided() as provider:
        yield provider


@contextmanager
def signing_on_at(stage: Stage, url: str, secret: str | None = CLIENT_SECRET) -> Iterator[None]:
    """Let the stage have the provider at this address."""
    provider = OpenIdConnect(url, CLIENT_ID, secret)
    stage.app.state.services = replace(stage.services, single_sign_on=provider)
    yield
    stage.app.state.services = stage.services


@pytest.fixture
def connected(stage: Stage, provider: IdentityProvider) -> Iterator[Stage]:
    """The stage, with that provider."""
    with signing_on_at(stage, provider.url):
        yield stage


@pytest_asyncio.fixture
async def visitor(connected: Stage) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with cookies, that follows where it is sent."""
    async with httpx.AsyncClient(base_url=connected.url, follow_redirects=True, headers={"Accept": "text/html"}) as one:
        yield one


async def signed_in_as(stage: Stage, visitor: httpx.AsyncClient) -> str | None:
    """Whose session the browser has."""
    text = visitor.cookies.get("followthrough")
    person = await stage.services.sessions.find(text, stage.clock()) if text else None
    return person.id if person is not None else None


async def test_one_press_and_one_is_where_one_wanted_to_be(
    connected: Stage, provider: IdentityProvider, browser: Browser
) -> None:
    page = await browser.page(connected.url)
    await page.goto("/console/account")
    await page.get_by_role("link", name="Sign in with your company account").click()
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    await expect(page.get_by_text("Anna Keller")).to_be_visible()
    (session,) = await connected.services.sessions.of("anna", connected.clock())
    assert session.how == "single sign-on"
    (asked,) = provider.asked
    assert (asked["scope"], asked["response_type"]) == ("openid email", "code")
    assert asked["redirect_uri"] == f"{connected.url}/sign-in/single/back"


async def test_without_a_provider_there_is_only_the_password(stage: Stage) -> None:
    async with httpx.AsyncClient(base_url=stage.url) as visitor:
        assert "company account" not in (await visitor.get("/sign-in")).text
        assert (await visitor.get("/sign-in/single")).status_code == 404
        assert (await visitor.get("/sign-in/single/back?code=1&state=2")).status_code == 404


async def test_the_address_is_compared_as_people_write_it(
    connected: Stage, provider: IdentityProvider, visitor: httpx.AsyncClient
) -> None:
    provider.claims["email"] = "Anna@Example.COM"
    assert (await visitor.get("/sign-in/single")).status_code == 200
    assert await signed_in_as(connected, visitor) == "anna"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"email_verified": False}, UNVERIFIED),
        ({"email_verified": None}, UNVERIFIED),
        ({"email_verified": "maybe"}, UNVERIFIED),
        ({"email": "somebody@example.com"}, UNKNOWN),
        ({"email": "gone@example.com"}, UNKNOWN),
        ({"nonce": "another"}, REFUSED),
        ({"nonce": None}, REFUSED),
        ({"aud": "another"}, REFUSED),
        ({"iss": "https://another.example.com"}, REFUSED),
        ({"exp": 1_700_000_000}, REFUSED),
        ({"exp": None}, REFUSED),
        ({"sub": None}, REFUSED),
    ],
)
async def test_who_is_not_vouched_for_stays_outside(
    connected: Stage,
    provider: IdentityProvider,
    visitor: httpx.AsyncClient,
    claims: dict[str, Any],
    said: str,
) -> None:
    await connected.services.people.add([Colleague("gone", "Gone Long", "gone@example.com")], START)
    await connected.services.people.deactivate("gone")
    provider.lies = claims
    answer = await visitor.get("/sign-in/single?next=/console/account")
    assert (answer.status_code, said in answer.text.replace("&#39;", "'")) == (403, True)
    assert await signed_in_as(connected, visitor) is None
    # The page is the one to try it again on, and leads to the same place.
    assert 'name="next" value="/console/account"' in answer.text


async def test_a_deactivated_colleague_comes_in_neither_anew_nor_any_more(
    connected: Stage, visitor: httpx.AsyncClient
) -> None:
    await visitor.get("/sign-in/single")
    assert await signed_in_as(connected, visitor) == "anna"
    await connected.services.people.deactivate("anna")
    assert await signed_in_as(connected, visitor) is None
    assert UNKNOWN in (await visitor.get("/sign-in/single")).text


async def test_what_another_key_signed_is_not_believed(
    connected: Stage, provider: IdentityProvider, visitor: httpx.AsyncClient
) -> None:
    provider.shown_key = RSAKey.generate_key(2048, {"kid": "first"})
    answer = await visitor.get("/sign-in/single")
    assert (answer.status_code, REFUSED in answer.text) == (403, True)
    assert await signed_in_as(connected, visitor) is None


async def test_a_provider_may_change_its_keys(
    connected: Stage, provider: IdentityProvider, visitor: httpx.AsyncClient
) -> None:
    await visitor.get("/sign-in/single")
    visitor.cookies.clear()
    provider.new_key("second")
    await visitor.get("/sign-in/single")
    assert await signed_in_as(connected, visitor) == "anna"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"state": "another"}, STALE),
        ({"code": "another"}, REFUSED),
        ({"code": "", "error": "access_denied"}, REFUSED),
    ],
)
async def test_a_way_back_that_is_not_ours_leads_nowhere(
    connected: Stage, provider: IdentityProvider, visitor: httpx.AsyncClient, answers: dict[str, str], said: str
) -> None:
    provider.answers = answers
    answer = await visitor.get("/sign-in/single")
    assert (answer.status_code, said in answer.text) == (403, True)
    assert await signed_in_as(connected, visitor) is None


async def test_a_way_back_works_in_the_browser_where_it_began_and_once(
    connected: Stage, visitor: httpx.AsyncClient
) -> None:
    begun = await visitor.get("/sign-in/single", follow_redirects=False)
    sent_back = await visitor.get(begun.headers["Location"], follow_redirects=False)
    link = sent_back.headers["Location"]
    async with httpx.AsyncClient(base_url=connected.url) as another:
        assert STALE in (await another.get(link)).text
    await visitor.get(link)
    assert await signed_in_as(connected, visitor) == "anna"
    assert STALE in (await visitor.get(link)).text


async def test_the_way_back_can_be_made_by_nobody_else(connected: Stage, visitor: httpx.AsyncClient) -> None:
    begun = await visitor.get("/sign-in/single", follow_redirects=False)
    state = parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0]
    kept = visitor.cookies["followthrough_begun"]
    visitor.cookies.clear()
    forged = re.sub(r"^.", lambda first: "J" if first[0] != "J" else "K", kept)
    answer = await visitor.get(
        f"/sign-in/single/back?state={state}&code=1", headers={"Cookie": f"followthrough_begun={forged}"}
    )
    assert (answer.status_code, STALE in answer.text) == (403, True)


async def test_one_is_led_on_within_the_console_only(connected: Stage, visitor: httpx.AsyncClient) -> None:
    for wanted in ("https://evil.example.com/", "//evil.example.com/", "/console/../a"):
        begun = await visitor.get("/sign-in/single", params={"next": wanted}, follow_redirects=False)
        back = await visitor.get(begun.headers["Location"], follow_redirects=False)
        assert (
            (await visitor.get(back.headers["Location"], follow_redirects=False))
            .headers["Location"]
            .startswith("/console/")
        )


async def test_an_address_that_the_token_lacks_is_asked_for(
    connected: Stage, provider: IdentityProvider, visitor: httpx.AsyncClient
) -> None:
    provider.lies = {"email": None, "email_verified": None}
    provider.userinfo = {"sub": "subject-1", "email": "ben@example.com", "email_verified": True}
    await visitor.get("/sign-in/single")
    assert await signed_in_as(connected, visitor) == "ben"


async def test_what_is_told_of_somebody_else_is_not_taken(
    connected: Stage, provider: IdentityProvider, visitor: httpx.AsyncClient
) -> None:
    provider.lies = {"email": None, "email_verified": None}
    provider.userinfo = {"sub": "subject-2", "email": "ada@example.com", "email_verified": True}
    assert REFUSED in (await visitor.get("/sign-in/single")).text
    assert await signed_in_as(connected, visitor) is None


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token"])
async def test_a_provider_that_is_down_is_said_and_the_password_still_works(
    connected: Stage, provider: IdentityProvider, visitor: httpx.AsyncClient, path: str
) -> None:
    provider.away = {path}
    answer = await visitor.get("/sign-in/single?next=/console/account")
    assert answer.status_code == 503
    assert AWAY.replace("'", "&#39;") in answer.text
    assert 'name="password"' in answer.text
    provider.away = set()
    await visitor.get("/sign-in/single")
    assert await signed_in_as(connected, visitor) == "anna"


async def test_nobody_at_the_address_is_said_too(stage: Stage) -> None:
    with signing_on_at(stage, "http://127.0.0.1:1"):
        async with httpx.AsyncClient(base_url=stage.url) as visitor:
            assert (await visitor.get("/sign-in/single")).status_code == 503


@pytest.mark.parametrize("metadata", [{"issuer": "https://another.example.com"}, {"authorization_endpoint": None}])
async def test_a_provider_that_is_another_one_is_none(
    connected: Stage, provider: IdentityProvider, visitor: httpx.AsyncClient, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    assert (await visitor.get("/sign-in/single")).status_code == 503


@pytest.mark.parametrize(("takes", "secret"), [("client_secret_post", CLIENT_SECRET), ("none", None)])
async def test_we_say_who_we_are_as_the_provider_takes_it(
    stage: Stage, provider: IdentityProvider, takes: str, secret: str | None
) -> None:
    provider.takes = takes
    with signing_on_at(stage, provider.url, secret):
        async with httpx.AsyncClient(base_url=stage.url, follow_redirects=True) as visitor:
            await visitor.get("/sign-in/single")
            assert await signed_in_as(stage, visitor) == "anna"


async def test_one_takes_a_quarter_of_an_hour_at_most(connected: Stage, visitor: httpx.AsyncClient) -> None:
    begun = await visitor.get("/sign-in/single", follow_redirects=False)
    (cookie,) = [line for line in begun.headers.get_list("Set-Cookie") if "followthrough_begun=" in line]
    assert f"Max-Age={int(timedelta(minutes=15).total_seconds())}" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
