"""Today, in a real browser: a day's work by keyboard, new work as it comes, and whoever was faster."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from api.commands import LeadCommands
from api.console.rep.today import TodayPage
from api.writes import ourselves
from cadences.tasks import Outcome
from leads.model import Role
from tests.console.accessibility import faults, too_wide
from tests.console.browser import NARROW
from tests.console.conftest import OpenPage
from tests.console.rep.conftest import Bench
from tests.console.stage import Stage

if TYPE_CHECKING:
    from playwright.async_api import Page

DAY = (
    ("Ann One", ("1",), "connected"),
    ("Bea Two", ("2",), "voicemail"),
    ("Cal Three", ("3",), "no answer"),
    ("Dan Four", ("4",), "wrong number"),
    ("Eve Five", ("b", "1"), "call back"),
    ("Fay Six", ("n", "3"), "not now"),
    ("Gus Seven", ("y",), "yes"),
    ("Hal Eight", ("x", "x"), "no"),
    ("Ida Nine", ("2",), "voicemail"),
    ("Joe Ten", ("3",), "no answer"),
)
"""Ten leads, the keys for each, and what is recorded."""


async def on_desk(page: "Page", name: str) -> None:
    """Wait until a lead is on the desk, and keys are heard."""
    await page.wait_for_function("window.did_handshake")
    await expect(page.get_by_role("region", name="Who").get_by_role("heading", name=name)).to_be_visible()


async def test_ten_calls_are_logged_without_touching_the_mouse(bench: Bench, page_of: OpenPage) -> None:
    leads = await bench.calls(*(name for name, *_ in DAY))
    page = await page_of(Role.REP, "/today")
    for name, keys, _ in DAY:
        await on_desk(page, name)
        for number, key in enumerate(keys):
            if number:
                await page.get_by_role("button", name="Back").wait_for()
                await page.wait_for_timeout(320)  # a second press of the same key must be meant
            await page.keyboard.press(key)
    await on_desk(page, "Gus Seven")  # who said yes, and is to be handed over
    still_wait = page.get_by_role("region", name="First answers").get_by_role("button")
    await expect(still_wait).to_contain_text(["Bea Two", "Cal Three", "Dan Four", "Ida Nine", "Joe Ten"])
    found = await bench.outcomes(leads)
    assert {name: how[0] for name, how in found.items()} == {name: outcome for name, _, outcome in DAY}
    assert {how[2] for how in found.values()} == {"anna"}
    assert sorted(await bench.completions()) == sorted(leads.values()), "each once"


async def test_the_note_goes_along_and_keys_are_letters_while_one_types(bench: Bench, page_of: OpenPage) -> None:
    leads = await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("o")
    await page.keyboard.type("yes, 12 ovens? jolly next")
    await expect(page.get_by_label("Note")).to_have_value("yes, 12 ovens? jolly next")
    await page.keyboard.press("Escape")
    await page.keyboard.press("2")
    await on_desk(page, "Bea Two")
    assert (await bench.outcomes(leads))["Ann One"] == ("voicemail", "yes, 12 ovens? jolly next", "anna")
    await expect(page.get_by_label("Note")).to_have_value("")


async def test_a_note_is_kept_by_itself(bench: Bench, page_of: OpenPage, stage: Stage) -> None:
    leads = await bench.calls("Ann One")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("o")
    await page.keyboard.type("has two sons")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".ft-timeline").get_by_text("has two sons")).to_be_visible()
    await expect(page.get_by_label("Note")).to_have_value("")
    lead = await stage.services.reading.lead(leads["Ann One"], stage.services.company, stage.clock())
    assert lead is not None
    notes = [(entry.said, entry.by) for entry in lead.timeline if entry.kind == "note"]
    assert notes == [("has two sons", "anna")]
    assert (await bench.outcomes(leads))["Ann One"][0] is None
    await page.keyboard.press("2")  # A key is an outcome again, not a letter of the next note.
    await expect(page.get_by_text("Ann One: Voicemail")).to_be_visible()
    assert (await bench.outcomes(leads))["Ann One"] == ("voicemail", None, "anna")


async def test_a_key_that_is_held_down_answers_for_one_lead_only(bench: Bench, page_of: OpenPage) -> None:
    leads = await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.down("1")
    await on_desk(page, "Bea Two")
    for _ in range(3):
        await page.keyboard.down("1")  # repeats, since it was never let go
    await page.wait_for_timeout(400)
    await page.keyboard.up("1")
    await on_desk(page, "Bea Two")
    assert [how[0] for how in (await bench.outcomes(leads)).values()] == ["connected", None]


async def test_a_second_press_by_mistake_is_not_meant_for_the_next_lead(bench: Bench, page_of: OpenPage) -> None:
    leads = await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    twice = """async () => {
        const press = () => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "1", bubbles: true }));
        press();
        const bea = () => document.querySelector(".ft-name").textContent.includes("Bea");
        while (!bea()) await new Promise(requestAnimationFrame);
        press();
    }"""
    await page.evaluate(twice)
    await page.wait_for_timeout(400)
    await on_desk(page, "Bea Two")
    assert [how[0] for how in (await bench.outcomes(leads)).values()] == ["connected", None]


async def test_a_no_is_asked_once_more_and_escape_takes_it_back(bench: Bench, page_of: OpenPage) -> None:
    leads = await bench.calls("Ann One")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("x")
    await expect(page.get_by_text("No means never")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Voicemail")).to_be_visible()
    assert (await bench.outcomes(leads))["Ann One"][0] is None


async def test_not_now_takes_any_day(bench: Bench, page_of: OpenPage, stage: Stage) -> None:
    leads = await bench.calls("Ann One")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("n")
    await page.get_by_label("Another day").fill("2027-03-15")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("All done for now")).to_be_visible()
    lead = await stage.services.reading.lead(leads["Ann One"], stage.services.company, stage.clock())
    assert lead is not None
    assert lead.next_touch is not None
    assert f"{lead.next_touch.local_at:%Y-%m-%d}" >= "2027-03-15"


async def test_new_work_appears_by_itself_and_takes_nothing_away_from_who_types(
    bench: Bench, page_of: OpenPage
) -> None:
    await bench.calls("Ann One")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("o")
    await page.keyboard.type("she wants")
    await bench.call("Zoe New")
    await expect(page.get_by_role("navigation", name="Queue").get_by_text("Zoe New")).to_be_visible()
    await expect(page.get_by_text("New: Zoe New")).to_be_visible()
    await page.keyboard.type(" two")
    await expect(page.get_by_label("Note")).to_have_value("she wants two")
    await on_desk(page, "Ann One")


async def test_a_page_whose_connection_broke_hears_what_it_missed(bench: Bench, page_of: OpenPage) -> None:
    page = await page_of(Role.REP, "/today")
    await expect(page.get_by_text("All done for now")).to_be_visible()
    await page.context.set_offline(True)
    await page.evaluate("window.socket.disconnect()")
    await bench.call("Zoe New")
    await page.wait_for_timeout(1500)
    await page.context.set_offline(False)
    await page.evaluate("window.socket.connect()")
    await on_desk(page, "Zoe New")


async def test_an_empty_desk_is_filled_by_the_first_work_that_comes(bench: Bench, page_of: OpenPage) -> None:
    page = await page_of(Role.REP, "/today")
    await expect(page.get_by_text("All done for now")).to_be_visible()
    await bench.call("Zoe New")
    await on_desk(page, "Zoe New")


async def test_who_asks_on_an_evening_waits_in_the_queue_before_the_call_opens(
    bench: Bench, page_of: OpenPage, stage: Stage
) -> None:
    """It is a Friday. The clock of its first answer runs, and one may write: the row says that one can't call."""
    stage.clock.move_by(timedelta(hours=10))
    lead = await bench.call("Ann One")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    row = page.get_by_role("region", name="First answers").get_by_role("button", name="Ann One")
    await expect(row).to_contain_text("no call before Mon 23 Nov 09:00")
    await expect(row.locator("time")).to_contain_text("left")
    await page.keyboard.press("e")
    await page.get_by_label("Email", exact=True).fill("It does.")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Ann One: email on its way")).to_be_visible()
    view = await stage.services.reading.lead(lead, stage.services.company, stage.clock())
    assert view is not None
    assert view.hold is not None, "the email is written, and the machine pauses for it"


async def test_who_was_called_in_vain_still_waits_for_a_first_answer(bench: Bench, page_of: OpenPage) -> None:
    """A voicemail is an attempt: the clock runs, and an email is the next thing to do."""
    await bench.calls("Ann One")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("2")
    row = page.get_by_role("region", name="First answers").get_by_role("button", name="Ann One")
    await expect(row).to_contain_text("email: not reached by phone")
    await expect(row.locator("time")).to_contain_text("left")
    await row.click()
    await expect(page.get_by_role("heading", name="email: not reached by phone")).to_be_visible()
    await page.wait_for_timeout(320)
    await page.keyboard.press("e")
    await expect(page.get_by_label("Email", exact=True)).to_be_visible()


async def test_when_all_is_done_it_says_what_comes_next_also_on_another_day(bench: Bench, page_of: OpenPage) -> None:
    await bench.calls("Ann One")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("b")
    await page.get_by_role("button", name="Monday").click()
    await expect(page.get_by_text("All done for now")).to_be_visible()
    await expect(page.get_by_text("Ann One is next, Mon 23 Nov 09:00 (call: first call).")).to_be_visible()


async def test_who_is_slower_is_told_and_records_nothing(bench: Bench, page_of: OpenPage, stage: Stage) -> None:
    leads = await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("o")
    await page.keyboard.type("my words")
    await complete(stage, bench, leads["Ann One"], "ben")
    await expect(page.get_by_text("Done already: voicemail, by ben.")).to_be_visible()
    await expect(page.get_by_label("Note")).to_have_value("my words")
    await page.keyboard.press("Escape")
    await page.keyboard.press("1")
    await page.keyboard.press("j")  # Ann still waits for a first answer, now in writing.
    await expect(page.get_by_role("heading", name="email: not reached by phone")).to_be_visible()
    await page.keyboard.press("j")
    await on_desk(page, "Bea Two")
    assert (await bench.outcomes(leads))["Ann One"] == ("voicemail", None, "ben")


async def test_both_press_in_the_same_second(
    bench: Bench, page_of: OpenPage, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page has not heard of it yet: the database says no, and the rep is told."""

    async def deaf(_: TodayPage) -> None:
        return None

    for heard in ("read_queue_anew", "read_lead_anew"):
        monkeypatch.setattr(TodayPage, heard, deaf)
    leads = await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await complete(stage, bench, leads["Ann One"], "ben")
    await page.keyboard.press("1")
    await expect(page.get_by_text("Done already: voicemail, by ben.")).to_be_visible()
    await expect(page.get_by_text("not open any more")).to_have_count(0)
    assert (await bench.outcomes(leads))["Ann One"] == ("voicemail", None, "ben")
    assert await bench.completions() == [leads["Ann One"]]


async def complete(stage: Stage, bench: Bench, lead_id: object, by: str) -> None:
    """Somebody else completes a lead's call."""
    now = stage.clock()
    (task,) = (await stage.services.reading.tasks(now, lead_id=lead_id, kind="call")).items  # type: ignore[arg-type]
    await LeadCommands(stage.services).complete_task(
        task.id, ourselves("test"), by, outcome=Outcome.VOICEMAIL, until=None, note=None
    )


async def test_a_slip_is_taken_back_by_one_key_and_its_lead_is_on_the_desk_again(
    bench: Bench, page_of: OpenPage
) -> None:
    leads = await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("x")
    await page.get_by_role("button", name="Yes, they said no").click()
    await on_desk(page, "Bea Two")
    await expect(page.get_by_text("14:5")).to_be_visible()  # minutes and seconds in which it may be done
    await page.keyboard.press("u")
    await on_desk(page, "Ann One")
    await expect(page.get_by_text("Taken back: Ann One: No")).to_be_visible()
    assert (await bench.outcomes(leads))["Ann One"][0] is None
    await page.keyboard.press("1")
    await on_desk(page, "Bea Two")
    assert (await bench.outcomes(leads))["Ann One"] == ("connected", None, "anna")


async def test_a_slip_that_something_followed_on_stays_and_why_is_said(
    bench: Bench, page_of: OpenPage, stage: Stage
) -> None:
    leads = await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("2")
    await on_desk(page, "Bea Two")
    await LeadCommands(stage.services).hold(
        leads["Ann One"], ourselves("test"), "mia", until=stage.clock() + timedelta(days=9), reason="trade fair"
    )
    await page.keyboard.press("u")
    await expect(page.get_by_text("only what was recorded last can be taken back")).to_be_visible()
    assert (await bench.outcomes(leads))["Ann One"][0] == "voicemail"


async def test_j_and_k_move_through_the_queue(bench: Bench, page_of: OpenPage) -> None:
    await bench.calls("Ann One", "Bea Two", "Cal Three")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    for key, name in (("j", "Bea Two"), ("j", "Cal Three"), ("j", "Cal Three"), ("k", "Bea Two")):
        await page.keyboard.press(key)
        await on_desk(page, name)


async def test_a_lead_without_a_way_to_reach_it_gets_one(bench: Bench, page_of: OpenPage, stage: Stage) -> None:
    lead_id = await bench.lead("Ann One", email=None, phone=None, words="Ann One called")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("p")
    await page.get_by_label("Phone").fill("212 555 0199")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("link", name="Call +1 212-555-0199")).to_be_visible()
    lead = await stage.services.reading.lead(lead_id, stage.services.company, stage.clock())
    assert lead is not None
    assert [point.value for point in lead.contacts] == ["+12125550199"]


async def test_a_contact_beside_the_plan_is_logged(bench: Bench, page_of: OpenPage, stage: Stage) -> None:
    leads = await bench.calls("Ann One")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("t")
    await page.keyboard.press("1")
    await expect(page.get_by_text("Ann One: logged: call")).to_be_visible()
    lead = await stage.services.reading.lead(leads["Ann One"], stage.services.company, stage.clock())
    assert lead is not None
    assert ("call", True, "anna") in [(touch.channel, touch.personal, touch.by) for touch in lead.touches]
    assert lead.hold is not None


async def test_whether_one_may_call_is_said_with_the_reason_and_the_lead_s_time(
    bench: Bench, page_of: OpenPage
) -> None:
    await bench.call("Ann One")
    await bench.call("Lee West", phone="+13035550123", zone="America/Denver")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    who = page.get_by_role("region", name="Who")
    await expect(who.get_by_text("May be called now until 17:30 there")).to_be_visible()
    dial = who.get_by_role("link", name="Call +1 212-555-")
    assert (await dial.get_attribute("href") or "").startswith("tel:+1212555")
    await page.get_by_role("navigation", name="Queue").get_by_role("button", name="Lee West").click()
    await on_desk(page, "Lee West")
    await expect(who.get_by_text("Out of hours there: only if asked to")).to_be_visible()
    await expect(who.get_by_text("in Denver is outside 09:00-17:30")).to_be_visible()
    await expect(who.get_by_text("Fri 08:02")).to_be_visible()


async def test_every_key_is_listed_behind_the_question_mark(bench: Bench, page_of: OpenPage) -> None:
    await bench.calls("Ann One")
    page = await page_of(Role.REP, "/today")
    await on_desk(page, "Ann One")
    await page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="All keys")
    await expect(dialog.get_by_text("not now, until …")).to_be_visible()
    await page.keyboard.press("1")  # says nothing of the lead behind it
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    assert await bench.completions() == []


async def test_nothing_grave_is_wrong_and_it_fits_in_both_themes(busy_stage: Stage, page_of: OpenPage) -> None:
    for options in ({"dark": False}, {"dark": True}, {"size": NARROW}):
        page = await page_of(Role.REP, "/today", **options)
        await expect(page.get_by_role("region", name="Who")).to_be_visible()
        await page.wait_for_function("window.did_handshake")
        assert await faults(page) == []
        assert await too_wide(page) == []
        await page.keyboard.press("n")
        await expect(page.get_by_label("Another day")).to_be_visible()
        assert await faults(page) == []


async def test_on_a_telephone_the_queue_is_folded_away_until_it_is_wanted(bench: Bench, page_of: OpenPage) -> None:
    await bench.calls("Ann One", "Bea Two")
    page = await page_of(Role.REP, "/today", size=NARROW)
    await on_desk(page, "Ann One")
    row = page.get_by_role("button", name="Bea Two")
    await expect(row).to_be_hidden()
    await page.get_by_role("button", name="2 to do").click()
    await row.click()
    await on_desk(page, "Bea Two")
    await expect(row).to_be_hidden()
    await page.get_by_role("button", name="Voicemail").click()
    await expect(page.get_by_text("Bea Two: Voicemail")).to_be_visible()
