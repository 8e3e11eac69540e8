"""What stays on the desk of Today, and what leaves it: drafts, slips in another window, what follows from a press."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import expect

from adapters.providers.local_outbox import LocalOutbox
from api.console.rep.today import TodayPage
from leads.model import Role
from tests.console.clockwork import Clockwork
from tests.console.conftest import OpenPage
from tests.console.prospect import Prospect
from tests.console.rep.conftest import Bench
from tests.console.rep.test_today import on_desk
from tests.console.stage import Stage


async def test_what_one_began_to_write_is_there_again_when_one_comes_back(bench: Bench, page_of: OpenPage) -> None:
    leads = await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("o")
    await page.keyboard.type("has two sons")
    await page.keyboard.press("Escape")
    await page.keyboard.press("e")
    await expect(page.get_by_label("Email", exact=True)).to_be_focused()
    await page.keyboard.type("We have it.")
    for key in ("Escape", "Escape", "j"):  # out of the field, out of the email, to the next lead
        await page.keyboard.press(key)
        await page.wait_for_timeout(320)
    await on_desk(page, "Bea Two")
    await expect(page.get_by_label("Note")).to_have_value("")
    await page.keyboard.press("k")
    await on_desk(page, "Ann One")
    await expect(page.get_by_label("Note")).to_have_value("has two sons")
    await page.keyboard.press("e")
    await expect(page.get_by_label("Email", exact=True)).to_have_value(
        "Hello Ann,\n\nWe have it.\n\nBest regards\nAnna Keller"
    )
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Voicemail").click()
    await on_desk(page, "Bea Two")
    assert (await bench.outcomes(leads))["Ann One"] == ("voicemail", "has two sons", "anna")


async def test_the_lead_of_a_slip_that_was_taken_back_in_another_window_is_open_again(
    bench: Bench, page_of: OpenPage
) -> None:
    await bench.calls("Ann One", "Bea Two")
    page, other = await page_of(Role.REP, "/today"), await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await on_desk(other, "Ann One")
    await page.keyboard.press("2")
    await on_desk(page, "Bea Two")
    await expect(other.get_by_text("Done already: voicemail, by you.")).to_be_visible()
    await page.keyboard.press("u")
    await on_desk(page, "Ann One")
    await expect(other.get_by_role("button", name="Voicemail")).to_be_visible()
    await expect(other.get_by_text("Done already")).to_have_count(0)


async def test_one_goes_on_after_an_email_that_answers(bench: Bench, page_of: OpenPage, stage: Stage) -> None:
    asked = "And where is my cat?"
    await bench.lead("Ann One", question=asked)
    stage.clock.move_by(timedelta(minutes=1))
    await bench.lead("Bea Two", question=asked)
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("e")
    await expect(page.get_by_label("Email", exact=True)).to_be_focused()
    await page.keyboard.type("We have it.")
    await page.keyboard.press("Control+Enter")
    await on_desk(page, "Bea Two")
    await expect(page.get_by_text("Ann One: email on its way")).to_be_visible()
    await page.wait_for_timeout(2500)  # in which the page looked at the queue again
    await expect(page.get_by_role("navigation", name="Queue").get_by_text("Ann One")).to_have_count(0)


async def test_what_follows_from_one_s_own_outcome_is_no_news(bench: Bench, page_of: OpenPage) -> None:
    await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("2")
    await on_desk(page, "Bea Two")
    again = page.get_by_role("navigation", name="Queue").get_by_role("button", name="Ann One")
    await expect(again.get_by_text("email: not reached by phone")).to_be_visible()
    await expect(page.get_by_text("New:")).to_have_count(0)


async def test_a_lead_is_put_on_the_desk_once_though_the_queue_changes_while_the_page_is_built(
    bench: Bench, page_of: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is drawn anew after the browser got the page would take a key that was pressed meanwhile with it."""
    drawn, reading, draw = [], TodayPage._read_queue, TodayPage._draw

    def counting(page: TodayPage, *given: Any) -> None:
        drawn.append(given)
        draw(page, *given)

    async def interrupted(page: TodayPage) -> None:
        await reading(page)
        if not drawn:
            monkeypatch.setattr(TodayPage, "_read_queue", reading)
            looks.append(asyncio.create_task(page.read_queue_anew()))
            await asyncio.sleep(0.2)

    looks: list[asyncio.Task[None]] = []
    monkeypatch.setattr(TodayPage, "_draw", counting)
    monkeypatch.setattr(TodayPage, "_read_queue", interrupted)
    await bench.calls("Ann One")
    await on_desk(await page_of(Role.REP, "/today"), "Ann One")
    await asyncio.gather(*looks)
    assert (len(looks), len(drawn)) == (1, 1)


async def test_a_note_that_was_begun_is_there_on_the_lead_s_own_page_and_back_again(
    bench: Bench, page_of: OpenPage
) -> None:
    await bench.calls("Ann One")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("o")
    await page.keyboard.type("has two")
    await page.keyboard.press("Escape")
    await page.keyboard.press("l")
    await page.wait_for_url("**/leads/*")
    await expect(page.get_by_label("Note")).to_have_value("has two")
    await page.get_by_label("Note").press_sequentially(" sons")
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await on_desk(page, "Ann One")
    await expect(page.get_by_label("Note")).to_have_value("has two sons")


async def test_an_email_instead_of_a_call_leads_on_once_it_is_out_and_is_no_trouble(
    bench: Bench, page_of: OpenPage, stage: Stage
) -> None:
    leads = await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("e")
    await expect(page.get_by_label("Email", exact=True)).to_be_focused()
    await page.keyboard.type("We have it.")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Ann One: email on its way")).to_be_visible()
    services = stage.services
    machine = Clockwork(services.cases, LocalOutbox(stage.engine, stage.clock), services.links, stage.clock)
    ann = leads["Ann One"]
    await Prospect(stage, machine, ann, "", ann).lets_pass(stage.clock())
    await on_desk(page, "Bea Two")
    await expect(page.get_by_text("Done already")).to_have_count(0)


async def test_the_next_lead_is_seen_from_its_name_on_however_far_one_had_scrolled(
    bench: Bench, page_of: OpenPage
) -> None:
    await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today", size=(1000, 420))
    await on_desk(page, "Ann One")
    await page.mouse.wheel(0, 3000)
    await page.wait_for_function("window.scrollY > 100")
    await page.keyboard.press("2")
    await on_desk(page, "Bea Two")
    await expect(page.get_by_role("region", name="Who").get_by_text("Bea Two")).to_be_in_viewport()


async def test_a_slip_is_taken_back_after_the_page_was_opened_anew(
    bench: Bench, page_of: OpenPage, stage: Stage
) -> None:
    leads = await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("2")
    await on_desk(page, "Bea Two")
    await page.reload()
    await expect(page.get_by_text("Ann One: task done")).to_be_visible()
    others = await page_of(Role.MANAGER, f"/leads/{leads['Ann One']}")
    await expect(others.get_by_text("Ann One: task done, by anna")).to_be_visible()
    await page.keyboard.press("u")
    await expect(page.get_by_text("Taken back: Ann One")).to_be_visible()
    assert (await bench.outcomes(leads))["Ann One"][0] is None
    await page.reload()
    await on_desk(page, "Ann One")
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)


async def test_escape_leaves_an_empty_field_and_what_it_was_asked_for_at_once(bench: Bench, page_of: OpenPage) -> None:
    await bench.calls("Ann One")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("m")
    await expect(page.get_by_label("When")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Voicemail")).to_be_visible()
