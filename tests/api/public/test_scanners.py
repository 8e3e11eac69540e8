"""Programs that open every link and press every button must not end a lead; decision 0012 says how they are told."""

import asyncio
from datetime import timedelta

import pytest
from bs4 import Tag

from api.public.presses import HIDDEN
from api.public.tickets import GREATEST_AGE, LEAST_AGE, Tickets
from tests.api.public.conftest import Browser, Page, Prospect, fields_of
from tests.clocks import SettableClock

ANSWERS = [("yes", "Yes, let's talk", "yes"), ("no", "No, thank you", "no")]


def links_of(prospect: Prospect) -> list[str]:
    """What an email holds: the three answers and unsubscribe."""
    return [*(prospect.answer(choice) for choice in ("yes", "later", "no")), prospect.unsubscribe]


def presses_of(page: Page) -> list[tuple[Tag, Tag | None]]:
    """Every button of every form, as they stand in the page, and each form without a button."""
    found: list[tuple[Tag, Tag | None]] = []
    for form in page.forms:
        found += [(form, button) for button in form.find_all("button") if isinstance(button, Tag)]
        found.append((form, None))
    return found


async def scan(browser: Browser, url: str, delay: timedelta, depth: int) -> None:
    """Open a page, and press everything on it, and on the pages that come back, `depth` levels deep."""
    await _scan(browser, await browser.open(url), delay, depth)


async def _scan(browser: Browser, page: Page, delay: timedelta, depth: int) -> None:
    for form, button in presses_of(page):
        browser.clock.move_by(delay)
        answer = await browser.submit(page, form, button, until="2027-03-01")
        if depth > 1:
            await _scan(browser, answer, delay, depth - 1)


@pytest.mark.parametrize(("seconds", "depth"), [(0, 1), (1, 1), (2, 1), (30, 1), (400, 1), (0, 2), (2, 2)])
async def test_a_scanner_that_presses_everything_ends_nothing(
    browser: Browser, prospect: Prospect, seconds: float, depth: int
) -> None:
    before = await prospect.standing()
    for url in links_of(prospect):
        await scan(browser, url, timedelta(seconds=seconds), depth)
    assert await prospect.standing() == before
    assert await prospect.commands() == []


async def test_a_scanner_that_presses_everything_at_once_answers_nothing(browser: Browser, prospect: Prospect) -> None:
    before = await prospect.standing()
    for url in (prospect.answer(choice) for choice in ("yes", "later", "no")):
        page = await browser.open(url)
        browser.clock.move_by(timedelta(seconds=1))
        await asyncio.gather(*(browser.submit(page, *press, until="2027-03-01") for press in presses_of(page)))
    assert await prospect.standing() == before


async def test_the_hidden_button_is_the_first_and_nobody_sees_it(browser: Browser, prospect: Prospect) -> None:
    for url in links_of(prospect):
        form = (await browser.open(url)).forms[0]
        [button] = form.find_all("button")
        assert (form["aria-hidden"], form["class"]) == ("true", ["hidden"])
        assert (button["tabindex"], button["value"]) == ("-1", HIDDEN)
        # It has a form of its own, so that Enter in a field of another form never presses it.
        assert form.find("input", {"type": ["date", "text"]}) is None


async def press_hidden(browser: Browser, page: Page) -> Page:
    button = page.forms[0].find("button")
    assert isinstance(button, Tag)
    return await browser.submit(page, page.forms[0], button)


@pytest.mark.parametrize(("choice", "label", "ended"), [*ANSWERS, ("", "Unsubscribe", "opted_out")])
async def test_the_hidden_button_voids_the_pages_shown_before_and_no_later_one(
    browser: Browser, prospect: Prospect, choice: str, label: str, ended: str
) -> None:
    url = prospect.answer(choice) if choice else prospect.unsubscribe
    before, other = await browser.open(url), await browser.open(prospect.answer())
    browser.clock.move_by(timedelta(seconds=9))
    after = await press_hidden(browser, other)
    assert (after.status, "Please press once more" in after.text) == (422, True)
    voided = await browser.press(before, label)
    assert (voided.status, "Please press once more" in voided.text) == (422, True)
    assert (await prospect.standing()).ended is None
    assert (await browser.press(voided, label)).status == 200
    assert (await prospect.standing()).ended == ended


async def test_a_scanner_on_one_email_does_not_hinder_another(browser: Browser, prospect: Prospect) -> None:
    other = Prospect(prospect.desk, await prospect.desk.message())
    of_other = await browser.open(other.unsubscribe)
    browser.clock.move_by(timedelta(seconds=9))
    await press_hidden(browser, await browser.open(prospect.unsubscribe))
    assert (await browser.press(of_other, "Unsubscribe")).status == 200


async def test_a_mailbox_is_heard_even_while_a_scanner_is_at_work(browser: Browser, prospect: Prospect) -> None:
    await press_hidden(browser, await browser.open(prospect.unsubscribe))
    await browser.client.post(prospect.unsubscribe, data={"List-Unsubscribe": "One-Click"})
    assert (await prospect.standing()).ended == "opted_out"


async def test_a_stop_is_taken_however_fast_it_is_pressed(browser: Browser, prospect: Prospect) -> None:
    page = await browser.press(await browser.open(prospect.unsubscribe), "Unsubscribe", timedelta(microseconds=1))
    assert (page.status, page.heading) == (200, "You are unsubscribed")
    assert (await prospect.standing()).ended == "opted_out"


@pytest.mark.parametrize(("choice", "label", "ended"), ANSWERS)
async def test_a_press_that_is_too_fast_is_asked_for_once_more(
    browser: Browser, prospect: Prospect, choice: str, label: str, ended: str
) -> None:
    page = await browser.open(prospect.answer(choice))
    fast = await browser.press(page, label, LEAST_AGE - timedelta(microseconds=1))
    assert fast.status == 422
    assert "Please press once more" in fast.text
    assert (await prospect.standing()).ended is None
    assert (await browser.press(fast, label, LEAST_AGE)).status == 200
    assert (await prospect.standing()).ended == ended


async def test_a_page_left_open_for_days_is_asked_for_once_more(browser: Browser, prospect: Prospect) -> None:
    page = await browser.open(prospect.answer("no"))
    stale = await browser.press(page, "No, thank you", GREATEST_AGE + timedelta(seconds=1))
    assert stale.status == 422
    assert (await browser.press(stale, "No, thank you")).status == 200


@pytest.mark.parametrize("ticket", ["", "x", "1.x", "of another page", "twice"])
async def test_only_a_ticket_of_the_very_page_counts(browser: Browser, prospect: Prospect, ticket: str) -> None:
    page, other = await browser.open(prospect.answer("no")), await browser.open(prospect.unsubscribe)
    browser.clock.move_by(timedelta(seconds=4))
    fields = fields_of(page.forms[-1], page.button("No, thank you"))
    stolen = fields_of(other.forms[-1], None)["ticket"]
    given: str | list[str] = {"of another page": stolen, "twice": [fields["ticket"]] * 2}.get(ticket, ticket)
    response = await browser.client.post(prospect.answer("no"), data={**fields, "ticket": given})
    assert response.status_code == 422
    assert (await prospect.standing()).ended is None


async def test_two_answers_in_one_press_are_none(browser: Browser, prospect: Prospect) -> None:
    page = await browser.open(prospect.answer())
    browser.clock.move_by(timedelta(seconds=4))
    ticket = fields_of(page.forms[-1], None)["ticket"]
    response = await browser.client.post(prospect.answer(), data={"ticket": ticket, "answer": ["yes", "no"]})
    assert response.status_code == 422
    assert (await prospect.standing()).ended is None


def test_a_ticket_is_good_from_the_first_to_the_last_instant(clock: SettableClock) -> None:
    tickets, made_at = Tickets(b"secret"), clock()
    ticket = tickets.make("page", made_at)
    tick = timedelta(microseconds=1)
    ages = {LEAST_AGE - tick: False, LEAST_AGE: True, GREATEST_AGE: True, GREATEST_AGE + tick: False, -tick: False}
    assert {age: tickets.shown_at("page", ticket, made_at + age) == made_at for age in ages} == ages
    assert tickets.shown_at("another page", ticket, made_at + LEAST_AGE) is None
    assert Tickets(b"another secret").shown_at("page", ticket, made_at + LEAST_AGE) is None
