"""The cadence editor: marketing breaks, mends and publishes, alone and with somebody else at the same cadence."""

import asyncio
import re
from uuid import UUID

from playwright.async_api import WebSocketRoute, expect
from sqlalchemy import select

from adapters.db.rows import AuditEntryRow, CadenceDraftRow, CadenceRow, EnrollmentRow
from cadences.bundle import CadenceBundle
from cadences.drafts import draft_of
from leads.capture import NewConsent, NewLead
from leads.model import Channel, Role
from tests.console.marketing.conftest import Edit, leaves_unasked, stays_when_asked
from tests.console.marketing.lived import INBOUND
from tests.console.stage import Stage


async def captured(stage: Stage, **values: object) -> UUID:
    given = {"name": "Priya Raman", "company": "Harbor Bakery", "email": "priya@example.com", **values}
    return (await stage.services.intake.capture(NewLead(**given), by="test", now=stage.clock())).lead_id  # type: ignore[arg-type]


async def current(stage: Stage, name: str = "inbound-web") -> CadenceBundle:
    bundle = await stage.services.shelf.published(name)
    assert bundle is not None
    return bundle


async def versions_of(stage: Stage) -> dict[UUID, str]:
    async with stage.engine.connect() as connection:
        found = await connection.execute(select(EnrollmentRow.lead_id, EnrollmentRow.version))
        return {lead_id: version for lead_id, version in found}


async def drafts(stage: Stage) -> list[tuple[str, str]]:
    async with stage.engine.connect() as connection:
        found = await connection.execute(select(CadenceDraftRow.name, CadenceDraftRow.saved_by))
        return [(name, by) for name, by in found]


def reworded(words: str) -> CadenceBundle:
    draft = draft_of(INBOUND)
    return draft.with_file(draft.file, f"{draft.text}# {words}\n").bundle


async def test_marketing_breaks_mends_and_publishes_a_cadence(stage: Stage, edit: Edit) -> None:
    earlier = await captured(stage)
    desk = await edit()
    page = desk.page
    await expect(page.get_by_text("No problem found")).to_be_visible()
    await expect(desk.publish).to_be_disabled()
    await expect(desk.touches.nth(2)).to_contain_text("Wed 25 Nov 2026, 10:00 EST")

    # Broken: said at its line, and nothing can be published.
    await desk.replace("3 business days", "3 busy days")
    await expect(page.get_by_text("1 error", exact=True)).to_be_visible()
    problem = desk.problems.first
    await expect(problem).to_contain_text("inbound-web, line 21")
    await expect(problem).to_contain_text("'3 busy days' is no span of time")
    await expect(page.locator(".cm-line.ft-line-error")).to_contain_text("after: 3 busy days, email: checking-in")
    await expect(page.locator(".ft-mark-error")).to_have_text("3 busy days")
    await expect(page.get_by_text("This is what it did before the error.")).to_be_visible()
    await desk.saved()
    await expect(desk.publish).to_be_disabled()
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    # The list leads to the place.
    await page.keyboard.press("Control+End")
    await problem.click()
    await expect(desk.text).to_be_focused()
    await page.keyboard.type("5")
    await expect(problem).to_contain_text("'53 busy days' is no span of time")
    await page.keyboard.press("Backspace")

    # Mended, otherwise than it was: the preview follows, and so does the comparison.
    await desk.replace("3 busy days", "4 business days")
    await expect(page.get_by_text("No problem found")).to_be_visible()
    await expect(desk.touches.nth(2)).to_contain_text("Fri 27 Nov 2026, 10:00 EST")
    await expect(desk.publish).to_be_enabled()
    await desk.publish.click()
    dialog = page.get_by_role("dialog", name="Publish inbound-web?")
    await expect(dialog).to_contain_text("1 on their way keep the version they began with.")
    await expect(dialog.locator(".ft-changes del")).to_have_text(
        "3 business days after the first contact: email “checking-in”."
    )
    await expect(dialog.locator(".ft-changes ins")).to_have_text(
        "4 business days after the first contact: email “checking-in”."
    )
    await expect(dialog.locator("tr.ft-removed")).to_contain_text("after: 3 business days, email: checking-in")
    await expect(dialog.locator("tr.ft-added")).to_contain_text("after: 4 business days, email: checking-in")
    assert (await current(stage)).version == INBOUND.version

    await dialog.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("As published", exact=True)).to_be_visible()
    now = await current(stage)
    assert "after: 4 business days" in now.text
    assert await drafts(stage) == []
    later = await captured(stage, email="tom@example.com")
    assert await versions_of(stage) == {earlier: INBOUND.version, later: now.version}
    async with stage.engine.connect() as connection:
        entries = await connection.execute(select(AuditEntryRow.by, AuditEntryRow.action, AuditEntryRow.outcome))
        assert [tuple(entry) for entry in entries] == [
            ("mara", "save_draft", "done"),
            ("mara", "publish_cadence", "done"),
        ]


async def test_a_draft_survives_that_the_page_is_loaded_again(stage: Stage, edit: Edit) -> None:
    desk = await edit()
    await desk.write("# before the reload")
    await desk.saved()
    await desk.page.reload()
    await expect(desk.text).to_contain_text("# before the reload")
    await expect(desk.page.get_by_text("Draft saved by Mara Market")).to_be_visible()
    assert (await current(stage)).version == INBOUND.version


async def test_the_last_keystrokes_before_the_window_closes_are_kept(stage: Stage, edit: Edit) -> None:
    desk = await edit()
    await desk.write("# the last words")
    await expect(desk.page.get_by_text("Not saved yet")).to_be_visible()
    await desk.page.close()
    again = await edit()
    await expect(again.page.get_by_text("Draft saved by Mara Market")).to_be_visible()
    await expect(again.text).to_contain_text("# the last words")


async def test_of_two_at_the_same_cadence_neither_saves_over_the_other_unseen(stage: Stage, edit: Edit) -> None:
    mara, ada = await edit(), await edit(who=Role.ADMIN)
    await mara.write("# by Mara")
    await mara.saved()
    await ada.write("# by Ada")
    news = ada.page.get_by_role("alert").filter(has_text="Mara Market saved this draft")
    await expect(news).to_contain_text("Yours is not saved.")
    await expect(ada.publish).to_be_disabled()
    saved = await stage.services.drafts.get("inbound-web")
    assert saved is not None
    assert (saved.by, "# by Ada" in saved.draft.text) == ("mara", False)

    await news.get_by_role("button", name="Keep mine").click()
    await expect(ada.page.get_by_text("Draft saved by Ada Admin")).to_be_visible()
    # Mara is told although she does nothing.
    hers = mara.page.get_by_role("alert").filter(has_text="Ada Admin saved this draft")
    await hers.get_by_role("button", name="Take theirs").click()
    await expect(mara.text).to_contain_text("# by Ada")
    await expect(mara.text).not_to_contain_text("# by Mara")
    await expect(mara.page.get_by_text("Draft saved by Ada Admin")).to_be_visible()
    assert await drafts(stage) == [("inbound-web", "ada")]


async def test_whose_text_is_disputed_is_asked_before_leaving_it_and_nobody_else_is(stage: Stage, edit: Edit) -> None:
    mara, ada = await edit(), await edit(who=Role.ADMIN)
    await mara.write("# by Mara")
    await mara.saved()
    await ada.write("# by Ada")
    news = ada.page.get_by_role("alert").filter(has_text="Mara Market saved this draft")
    await expect(news).to_be_visible()
    await stays_when_asked(ada.page, "Cadences")
    await expect(ada.text).to_contain_text("# by Ada")
    await news.get_by_role("button", name="Take theirs").click()
    await expect(ada.page.get_by_text("Draft saved by Mara Market")).to_be_visible()
    await leaves_unasked(ada.page, "Cadences")
    # A text that is merely not saved yet is saved by leaving.
    await mara.write(" and more")
    await expect(mara.page.get_by_text("Not saved yet")).to_be_visible()
    await leaves_unasked(mara.page, "Cadences")
    again = await edit()
    await expect(again.text).to_contain_text("# by Mara and more")


async def test_what_somebody_published_meanwhile_is_looked_at_first(stage: Stage, edit: Edit) -> None:
    desk = await edit()
    await desk.write("# mine")
    await desk.saved()
    await expect(desk.publish).to_be_enabled()
    await desk.publish.click()
    dialog = desk.page.get_by_role("dialog", name="Publish inbound-web?")
    await expect(dialog).to_be_visible()
    await stage.services.shelf.publish(reworded("theirs"), stage.clock())
    await dialog.get_by_role("button", name="Publish").click()
    await expect(desk.page.get_by_text("Somebody else was faster; nothing was published.")).to_be_visible()
    assert (await current(stage)).version == reworded("theirs").version
    await expect(desk.publish).to_be_disabled()

    news = desk.page.get_by_role("alert").filter(has_text="Another version was published")
    await news.get_by_role("button", name="Go on with this text").click()
    changes = desk.page.get_by_role("dialog", name="What changes in inbound-web")
    await expect(changes.locator("tr.ft-removed")).to_contain_text("# theirs")
    await expect(changes.locator("tr.ft-added")).to_contain_text("# mine")
    await changes.get_by_role("button", name="Close").click()
    await desk.publish.click()
    await dialog.get_by_role("button", name="Publish").click()
    await expect(desk.page.get_by_text("As published", exact=True)).to_be_visible()
    assert "# mine" in (await current(stage)).text


async def test_a_draft_is_dropped_and_what_is_published_stands_there_again(stage: Stage, edit: Edit) -> None:
    desk = await edit()
    await desk.write("# not worth it")
    await desk.saved()
    await desk.page.get_by_role("button", name="Drop draft").click()
    await desk.page.get_by_role("dialog").get_by_role("button", name="Drop it").click()
    await expect(desk.page.get_by_text("As published", exact=True)).to_be_visible()
    await expect(desk.text).not_to_contain_text("not worth it")
    assert await drafts(stage) == []


async def test_the_editor_works_by_keyboard_and_can_be_left_by_it(stage: Stage, edit: Edit) -> None:
    desk = await edit()
    page = desk.page
    await expect(page.get_by_text("Esc, then Tab leaves the editor.")).to_be_visible()
    await expect(desk.text).to_have_attribute("aria-describedby", "editor-help")
    await desk.write("# typed")
    await page.keyboard.press("Control+s")
    await desk.saved()
    await expect(desk.publish).to_be_enabled()
    await page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog", name="Publish inbound-web?")
    await expect(dialog.get_by_role("button", name="Publish")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    assert (await current(stage)).version == INBOUND.version

    await desk.text.focus()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Tab")
    await expect(desk.text).not_to_be_focused()
    assert "\t" not in await desk.text.inner_text()
    # The keys work wherever the focus is.
    await page.keyboard.press("Control+Enter")
    await expect(dialog).to_be_visible()


async def test_templates_are_added_renamed_and_removed(stage: Stage, edit: Edit) -> None:
    desk = await edit("not-now")
    page = desk.page
    await page.get_by_role("button", name="Add a template").click()
    await page.get_by_role("menuitem", name="Text").click()
    ask = page.get_by_role("dialog", name="New template: text")
    await ask.get_by_label("Name").fill("Quick Note")
    await ask.get_by_role("button", name="Add").click()
    await expect(ask.get_by_text("use small letters, digits and hyphens")).to_be_visible()
    await ask.get_by_label("Name").fill("quick-note")
    await page.keyboard.press("Enter")
    tab = page.get_by_role("tab", name="quick-note, text, 1 warning")
    await expect(tab).to_have_attribute("aria-selected", "true")
    await expect(desk.problems.first).to_contain_text("no step names this template")

    await desk.open("not-now")
    await desk.replace("steps:", "steps:\n  - {sms: quick-note, if: sms consent}")
    await expect(page.get_by_text("No problem found")).to_be_visible()

    await desk.open("quick-note")
    await page.get_by_role("button", name="Rename or remove").click()
    await page.get_by_role("menuitem", name="Rename").click()
    ask = page.get_by_role("dialog", name="Rename quick-note")
    await ask.get_by_label("Name").fill("short-note")
    await ask.get_by_role("button", name="Rename").click()
    await expect(page.get_by_role("tab", name="short-note, text")).to_be_visible()
    await expect(page.get_by_text("No problem found")).to_be_visible()
    await desk.open("not-now")
    await expect(desk.text).to_contain_text("- {sms: short-note, if: sms consent}")

    await desk.open("short-note")
    await page.get_by_role("button", name="Rename or remove").click()
    await page.get_by_role("menuitem", name="Remove").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(desk.problems.first).to_contain_text("the template templates/sms/short-note.txt is missing")
    await expect(page.get_by_role("tab", name="short-note")).to_have_count(0)
    await expect(page.get_by_role("button", name="Rename or remove")).to_be_disabled()


async def test_a_mistake_in_a_template_leads_into_its_file(stage: Stage, edit: Edit) -> None:
    desk = await edit()
    await desk.open("checking-in")
    await desk.write("Dear {{ frist_name }},")
    await expect(desk.problems.first).to_contain_text("no field is called frist_name")
    await desk.open("inbound-web")
    await desk.problems.first.click()
    await expect(desk.page.get_by_role("tab", name="checking-in, email, 1 error")).to_have_attribute(
        "aria-selected", "true"
    )
    await expect(desk.text).to_be_focused()
    await expect(desk.page.locator(".ft-mark-error:visible")).to_have_text("frist_name")


async def test_of_a_slip_the_whole_value_is_underlined_and_what_was_meant_is_said(stage: Stage, edit: Edit) -> None:
    desk = await edit()
    await desk.replace("3 business days", "3 bussiness days")
    await expect(desk.page.locator(".ft-mark-error:visible")).to_have_text("3 bussiness days")
    await expect(desk.problems.first).to_contain_text('did you mean "3 business days"?')
    await desk.replace("3 bussiness days, email: checking-in", "3 business days, email: cheking-in")
    await expect(desk.page.locator(".ft-mark-error:visible")).to_have_text("cheking-in")
    await expect(desk.problems.first).to_contain_text("did you mean checking-in?")


async def test_how_many_errors_there_are_stands_where_one_sees_it(stage: Stage, edit: Edit) -> None:
    desk = await edit(size=(1280, 800))
    page = desk.page
    await expect(page.get_by_text("No problem found")).to_be_visible()
    to_errors = page.get_by_role("button", name=re.compile("error"))
    await expect(to_errors.filter(visible=True)).to_have_count(0)
    await desk.replace("3 business days", "3 bussiness days")
    await desk.write("nonsense: 1")
    go = page.get_by_role("button", name="2 errors: go to the first")
    await expect(go).to_be_in_viewport()
    await go.click()
    await expect(desk.text).to_be_focused()
    await expect(page.locator(".cm-activeLine:visible")).to_contain_text("3 bussiness days")
    await desk.replace("3 bussiness days", "3 business days")
    await expect(page.get_by_role("button", name="1 error: go to it")).to_be_in_viewport()
    # From another file, too.
    await desk.open("checking-in")
    await page.get_by_role("button", name="1 error: go to it").click()
    await expect(page.locator(".cm-activeLine:visible")).to_contain_text("nonsense")


async def test_messages_are_shown_as_the_chosen_lead_would_get_them(stage: Stage, edit: Edit) -> None:
    phone = "+18085550115"
    consent = NewConsent(Channel.SMS, phone, "Yes, you may text me.", "form", "web form")
    await captured(
        stage, name="Kenji Mori", zone="Pacific/Honolulu", phone=phone, consents=(consent,), question="Where to?"
    )
    desk = await edit()
    page = desk.page
    message = page.get_by_role("region", name="The message")
    await expect(message).to_contain_text("maria@example.com")
    await page.get_by_label("For", exact=True).click()
    await page.get_by_role("option", name="Kenji Mori, Harbor Bakery").click()
    await expect(desk.touches.first).to_contain_text("Fri 20 Nov 2026, 05:00 HST")
    await expect(message).to_contain_text("priya@example.com")
    # Html, in a frame in which nothing runs.
    frame = message.locator("iframe")
    await expect(frame).to_have_attribute("sandbox", "")
    await expect(frame.content_frame.get_by_text("Hi Kenji,")).to_be_visible()
    await message.get_by_role("tab", name="As text").click()
    await expect(message.get_by_text("> Where to?")).to_be_visible()

    # The preview follows the file that is written.
    await desk.open("quick-note")
    await expect(message.get_by_role("heading", name="The text")).to_be_visible()
    await expect(message.get_by_text("1 segment, $0.0079 to send", exact=True)).to_be_visible()
    await expect(message).to_contain_text("in GSM-7")
    await desk.write("Grüße, and a ✓ to you")
    await expect(message.get_by_text("3 segments, $0.0237 to send", exact=True)).to_be_visible()
    await expect(message).to_contain_text("in UCS-2")
    await expect(desk.problems.first).to_contain_text("makes the whole text UCS-2")
    await desk.touches.filter(has_text="call first-call").click()
    await expect(message.get_by_text("Hello Kenji Mori")).to_be_visible()


async def test_any_lead_is_found_for_a_preview_and_who_is_not_there_is_said(stage: Stage, edit: Edit) -> None:
    lead_id = await captured(stage, cadence="not-now", name="Tom Whitfield")
    desk = await edit()
    field = desk.page.get_by_label("or another lead: its email, number or id")
    await field.fill("nobody@example.com")
    await field.press("Enter")
    await expect(desk.page.get_by_text("No lead is found by this.")).to_be_visible()
    await field.fill("priya@example.com")
    await field.press("Enter")
    await expect(desk.page.get_by_role("region", name="The message")).to_contain_text("priya@example.com")
    case = await stage.services.cases.look(lead_id, stage.clock())
    assert case.cadence.name == "not-now"


async def test_a_new_cadence_is_begun_and_published(stage: Stage, edit: Edit, page_of: object) -> None:
    desk = await edit("price-list")
    await expect(desk.page.get_by_text("New, not saved yet")).to_be_visible()
    assert await drafts(stage) == []
    await expect(desk.publish).to_be_enabled()
    await desk.publish.click()
    dialog = desk.page.get_by_role("dialog", name="Publish price-list?")
    await expect(dialog.locator("tr.ft-removed")).to_have_count(0)
    await dialog.get_by_role("button", name="Publish").click()
    await expect(desk.page.get_by_text("As published", exact=True)).to_be_visible()
    async with stage.engine.connect() as connection:
        names = (await connection.execute(select(CadenceRow.name))).scalars().all()
    assert "price-list" in names


async def test_who_types_on_over_a_slow_line_loses_no_keystroke(stage: Stage, edit: Edit) -> None:
    desk = await edit()

    def late(route: WebSocketRoute) -> None:
        """What the server says arrives half a second later."""
        server, loop = route.connect_to_server(), asyncio.get_running_loop()
        route.on_message(server.send)
        server.on_message(lambda message: loop.call_later(0.5, route.send, message) and None)

    await desk.page.route_web_socket(re.compile("socket.io"), late)
    await desk.page.reload()
    await expect(desk.text).to_have_attribute("contenteditable", "true")
    words = "nonsense: somebody writes a long line without ever looking up"
    await desk.write("\n")
    for number, character in enumerate(words):
        await desk.page.keyboard.type(character)
        # A pause now and then, so that what a check found comes back into the middle of a word.
        await desk.page.wait_for_timeout(450 if number % 8 == 0 else 40)
    await expect(desk.problems.first).to_contain_text("unknown key nonsense")
    await expect(desk.text).to_contain_text(words)
    await expect(desk.page.locator(".ft-mark-error")).to_have_text("nonsense")
    await desk.saved()
    saved = await stage.services.drafts.get("inbound-web")
    assert saved is not None
    assert saved.draft.text.endswith(words)
