"""Unsubscribing: one page, one press, the mailbox's own button, and for as long as somebody keeps the email."""

from datetime import timedelta
from urllib.parse import quote, urlencode

import httpx
import pytest
from sqlalchemy import delete

from adapters.db.rows import LeadRow
from tests.api.fakes import RecordingDelivery
from tests.api.public.conftest import Browser, Prospect
from tests.api.webhooks.conftest import EMAIL, PHONE
from tests.links import LINKS

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def one_click(stranger: httpx.AsyncClient, url: str, encoding: str = "urlencoded") -> httpx.Response:
    """What a mailbox posts: no cookies, no ticket, nothing else."""
    if encoding == "multipart":
        return await stranger.post(url, files={name: (None, value) for name, value in ONE_CLICK.items()})
    return await stranger.post(url, data=ONE_CLICK)


async def usable(prospect: Prospect) -> list[str]:
    async with prospect.desk.cases.open(prospect.lead_id, prospect.desk.clock()) as opened:
        return [point.value for point in opened.case.lead.contacts if point.usable]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_u4_opening_a_hundred_times_changes_nothing(
    stranger: httpx.AsyncClient, prospect: Prospect, method: str
) -> None:
    before = await prospect.standing()
    for _ in range(100):
        assert (await stranger.request(method, prospect.unsubscribe)).status_code == 200
    assert await prospect.standing() == before
    assert await usable(prospect) == [EMAIL, PHONE]


async def test_e5_one_page_and_one_press_stop_everything(
    browser: Browser, prospect: Prospect, delivery: RecordingDelivery
) -> None:
    delivery.told.clear()
    page = await browser.open(prospect.unsubscribe)
    assert (page.status, page.heading) == (200, "Unsubscribe")
    assert page.soup.find("input", {"type": ["text", "email", "password"]}) is None, "nothing to fill in"
    done = await browser.press(page, "Unsubscribe")
    assert (done.status, done.heading) == (200, "You are unsubscribed")
    standing = await prospect.standing()
    assert (standing.ended, standing.open_tasks, standing.suppressions) == ("opted_out", [], 2)
    assert await usable(prospect) == []
    [command] = await prospect.commands()
    assert (command.kind, command.by) == ("lead_opted_out", "link")
    assert command.details == {"why": "unsubscribed by link", "touch_id": str(prospect.touch_id)}
    assert delivery.told == [prospect.lead_id]


async def test_opened_again_it_says_that_one_is_unsubscribed_until_one_asks_for_something(
    browser: Browser, prospect: Prospect
) -> None:
    await browser.press(await browser.open(prospect.unsubscribe), "Unsubscribe")
    before = await prospect.standing()
    again = await browser.open(prospect.unsubscribe)
    assert (again.status, again.heading, again.forms) == (200, "You are unsubscribed", [])
    assert await prospect.standing() == before
    await browser.press(await browser.open(prospect.answer("yes")), "Yes, let's talk")
    asked = await browser.open(prospect.unsubscribe)
    assert asked.heading == "Unsubscribe"
    assert (await browser.press(asked, "Unsubscribe")).heading == "You are unsubscribed"
    assert (await browser.open(prospect.unsubscribe)).forms == []


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
async def test_u3_one_click_works_at_once_and_twice_is_once(
    stranger: httpx.AsyncClient, prospect: Prospect, encoding: str
) -> None:
    first = await one_click(stranger, prospect.unsubscribe, encoding)
    assert first.status_code == 200
    assert len(first.content) < 100
    assert not first.has_redirect_location
    assert "Set-Cookie" not in first.headers
    standing = await prospect.standing()
    assert (standing.ended, standing.suppressions) == ("opted_out", 2)
    second = await one_click(stranger, prospect.unsubscribe, encoding)
    assert second.status_code == 200
    assert await prospect.standing() == standing
    [command] = await prospect.commands()
    assert command.details["why"] == "unsubscribed in the mailbox"


async def test_u3_any_flipped_byte_is_refused_and_changes_nothing(
    stranger: httpx.AsyncClient, prospect: Prospect
) -> None:
    before = await prospect.standing()
    path = prospect.unsubscribe.removeprefix(LINKS.base_url)
    for at in range(len("/u/"), len(path)):
        for bit in (1, 32):
            flipped = f"{path[:at]}{quote(chr(ord(path[at]) ^ bit))}{path[at + 1 :]}"
            response = await one_click(stranger, flipped)
            assert 400 <= response.status_code < 500, flipped
    assert await prospect.standing() == before


@pytest.mark.parametrize(
    "body",
    [
        "List-Unsubscribe=one-click",
        "list-unsubscribe=One-Click",
        "List-Unsubscribe=One-Click&List-Unsubscribe=One-Click",
        "List-Unsubscribe=One-Click&answer=unsubscribe",
        "answer=unsubscribe",
        "",
    ],
)
async def test_only_the_exact_body_of_rfc_8058_needs_no_ticket(
    stranger: httpx.AsyncClient, prospect: Prospect, body: str
) -> None:
    before = await prospect.standing()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await stranger.post(prospect.unsubscribe, content=body, headers=form)).status_code == 422
    assert await prospect.standing() == before


@pytest.mark.parametrize("later", [timedelta(days=60), timedelta(days=3 * 366)])
async def test_e4_a_link_works_as_long_as_the_email_is_kept(
    browser: Browser, prospect: Prospect, later: timedelta
) -> None:
    browser.clock.move_by(later)
    await browser.press(await browser.open(prospect.unsubscribe), "Unsubscribe")
    assert await usable(prospect) == []
    assert (await one_click(browser.client, prospect.unsubscribe)).status_code == 200


async def test_e4_a_link_works_after_the_lead_was_erased(browser: Browser, prospect: Prospect) -> None:
    async with prospect.desk.engine.begin() as connection:
        await connection.execute(delete(LeadRow).where(LeadRow.id == prospect.lead_id))
    browser.clock.move_by(timedelta(days=60))
    page = await browser.press(await browser.open(prospect.unsubscribe), "Unsubscribe")
    assert (page.status, page.heading) == (200, "You are unsubscribed")
    assert (await one_click(browser.client, prospect.unsubscribe)).status_code == 200


async def test_who_said_no_may_still_unsubscribe(browser: Browser, prospect: Prospect) -> None:
    await browser.press(await browser.open(prospect.answer("no")), "No, thank you")
    await one_click(browser.client, prospect.unsubscribe)
    assert (await prospect.standing()).ended == "no"
    assert await usable(prospect) == []


async def test_one_click_that_is_a_long_body_is_cut_off(stranger: httpx.AsyncClient, prospect: Prospect) -> None:
    body = urlencode(ONE_CLICK) + "&" * 20_000
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await stranger.post(prospect.unsubscribe, content=body, headers=form)).status_code == 413
    assert (await prospect.standing()).ended is None


async def test_an_answer_link_does_not_unsubscribe(stranger: httpx.AsyncClient, prospect: Prospect) -> None:
    assert (await one_click(stranger, prospect.answer())).status_code == 422
    assert (await one_click(stranger, prospect.answer().replace("/a/", "/u/"))).status_code == 404
    assert (await prospect.standing()).ended is None


@pytest.mark.parametrize("end", ["broken", "{token}x", "{token}/no"])
async def test_a_link_that_we_did_not_make_is_no_page(browser: Browser, prospect: Prospect, end: str) -> None:
    token = prospect.unsubscribe.rpartition("/")[2]
    response = await browser.client.get(f"{LINKS.base_url}/u/{end.format(token=token)}")
    assert response.status_code == 404
