"""What came in and fits nowhere: deliveries replayed once their hook is mended, forms taken in, messages placed."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.async_api import expect
from sqlalchemy import select

from adapters.db.inbound import InboundMessage
from adapters.db.rows import InboundMessageRow, LeadRow, TaskRow
from leads.capture import NewLead
from leads.form_tokens import FormKeys, FormToken
from leads.hook_sheets import HOOKS
from leads.model import Channel, Role
from leads.playbook import Playbook
from leads.replies import InboundKind
from tests.console.admin.entries import entries
from tests.console.conftest import OpenPage
from tests.console.stage import Stage

HOOK = """hook: tool
source: form tool
signature: {header: X-Signature}
id: id
fields:
  email: data.email
  question: data.question
"""
Write = Callable[[str], None]


@pytest.fixture
def write_hook(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write the file of the hook `tool`, and let the application read its hooks there."""
    folder = tmp_path / HOOKS
    folder.mkdir()
    playbook = Playbook(tmp_path)
    monkeypatch.setattr(stage.services.doors.hooks, "_find", lambda: playbook.files(HOOKS))
    monkeypatch.setattr(stage.services.doors.hooks, "_held", {})

    def write(text: str) -> None:
        (folder / "tool.yaml").write_text(text)

    write(HOOK)
    return write


async def fail(stage: Stage, external_id: str, email: str | None, hook: str = "tool") -> None:
    person = {"email": email, "question": "How much?"} if email else {}
    body = json.dumps({"id": external_id, "person": person})
    error = "nothing of a person stands at any of: data.email. Fit `fields`, and replay it"
    await stage.services.doors.deliveries.fail(hook, external_id, body, error, stage.clock())


async def leads(stage: Stage) -> list[str | None]:
    async with stage.engine.connect() as connection:
        return list((await connection.execute(select(LeadRow.question).order_by(LeadRow.created_at))).scalars())


async def test_a_failed_delivery_is_looked_at_mended_and_replayed(
    stage: Stage, page_of: OpenPage, write_hook: Write
) -> None:
    await fail(stage, "41", "zoe@example.com")
    page = await page_of(Role.ADMIN, "/deliveries")
    await expect(page.get_by_role("tab", name="Deliveries of programs (1)")).to_have_attribute("aria-selected", "true")
    await page.get_by_role("button", name="Look at delivery 41").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text('"email": "zoe@example.com"')).to_be_visible()
    await expect(dialog.get_by_text("nothing of a person stands", exact=False)).to_be_visible()
    await dialog.get_by_role("button", name="Replay").click()
    await expect(page.get_by_text("failed again")).to_be_visible()
    assert await leads(stage) == []

    write_hook(HOOK.replace("data.", "person."))
    await page.get_by_role("button", name="Look at delivery 41").click()
    await page.get_by_role("dialog").get_by_role("button", name="Replay").click()
    await expect(page.get_by_text("taken", exact=True)).to_be_visible()
    assert await leads(stage) == ["How much?"]
    refused, done = await entries(stage, "replay_delivery")
    assert (refused["by"], refused["outcome"], done["outcome"]) == ("ada", "refused", "done")
    assert done["before"] == {"hook": "tool"}


async def test_many_are_replayed_each_with_its_result(stage: Stage, page_of: OpenPage, write_hook: Write) -> None:
    for number, email in enumerate(("ann@example.com", None, "bob@example.com"), start=1):
        await fail(stage, str(number), email)
    await fail(stage, "9", "other@example.com", hook="other")
    page = await page_of(Role.ADMIN, "/deliveries?tab=hooks")
    await page.get_by_label("Hook").click()
    await page.get_by_role("option", name="tool").click()
    await expect(page.get_by_role("row")).to_have_count(1 + 3)
    await page.get_by_role("button", name="Replay what is ticked").click()
    await expect(page.get_by_text("Tick the deliveries to replay first.")).to_be_visible()
    write_hook(HOOK.replace("data.", "person."))
    for number in (1, 2, 3):
        await page.get_by_role("checkbox", name=f"Replay delivery {number}").click()
    await page.get_by_role("button", name="Replay what is ticked").click()
    await expect(page.get_by_text("2 of 3 became leads.")).to_be_visible()
    await expect(page.get_by_text("taken", exact=True)).to_have_count(2)
    await expect(page.get_by_role("row").filter(has_text="failed again")).to_contain_text("nothing of a person")
    await page.get_by_role("button", name="Taken", exact=True).click()
    await expect(page.get_by_role("link", name="Its lead")).to_have_count(2)


async def test_a_hook_whose_file_is_wrong_is_said_with_its_line(
    stage: Stage, page_of: OpenPage, write_hook: Write
) -> None:
    write_hook(HOOK.replace("email:", "mail:"))
    page = await page_of(Role.ADMIN, "/deliveries?tab=hooks")
    await expect(page.get_by_role("alert")).to_contain_text("tool.yaml:6:3: error: 'mail' is no field")


async def message(stage: Stage, sender: str = "zoe@example.com", text: str = "Is it me?") -> UUID:
    message = InboundMessage(
        id=uuid4(),
        lead_id=None,
        channel=Channel.EMAIL,
        provider="sendgrid",
        external_id=f"{uuid4()}",
        sender=sender,
        recipient="hello@example.com",
        subject="Hello",
        text=text,
        kind=InboundKind.UNKNOWN,
        received_at=stage.clock(),
    )
    await stage.services.inbound.add(message)
    return message.id


async def handled(stage: Stage, message_id: UUID) -> tuple[str | None, str | None, UUID | None]:
    async with stage.engine.connect() as connection:
        row = InboundMessageRow
        found = await connection.execute(select(row.handled_by, row.note, row.lead_id).where(row.id == message_id))
        handled_by, note, lead_id = found.one()
        return handled_by, note, lead_id


async def test_a_manager_gives_a_message_to_the_lead_it_is_from(stage: Stage, page_of: OpenPage) -> None:
    new = NewLead(email="ann@example.com", name="Ann Lee", company="Lee & Co", question="How much?", owner="anna")
    lead_id = (await stage.services.intake.capture(new, "test", stage.clock())).lead_id
    one = await message(stage, text='It is <img src=x onerror="alert(1)"> me.\nAnn')
    page = await page_of(Role.MANAGER, "/deliveries")
    await expect(page.get_by_role("tab")).to_have_count(2)
    card = page.get_by_role("article", name="From zoe@example.com")
    await expect(card.get_by_text('<img src=x onerror="alert(1)">')).to_be_visible()
    await card.get_by_role("button", name="Give it to a lead").click()
    await page.get_by_label("Find a lead").fill("lee &")
    await page.get_by_role("button", name="It is theirs: Ann Lee").click()
    await expect(page.get_by_text("Ann Lee · Lee & Co has replied; the owner has a task.")).to_be_visible()
    await expect(page.get_by_role("article")).to_have_count(0)
    assert await handled(stage, one) == ("mia", "matched by a person", lead_id)
    async with stage.engine.connect() as connection:
        kinds = (await connection.execute(select(TaskRow.kind).where(TaskRow.lead_id == lead_id))).scalars().all()
    assert "reply" in kinds
    (entry,) = await entries(stage, "take_in")
    assert (entry["by"], entry["lead_id"], entry["subject"]) == ("mia", lead_id, f"message {one}")


async def test_a_message_is_put_aside_once(stage: Stage, page_of: OpenPage) -> None:
    one = await message(stage)
    page, late = await page_of(Role.ADMIN, "/deliveries"), await page_of(Role.MANAGER, "/deliveries")
    await expect(late.get_by_role("article")).to_have_count(1)
    await page.get_by_role("button", name="Put aside").click()
    await page.get_by_label("What was done").fill("an advertisement")
    await page.get_by_role("dialog").get_by_role("button", name="Put aside").click()
    await expect(page.get_by_role("article")).to_have_count(0)
    assert await handled(stage, one) == ("ada", "an advertisement", None)
    await late.get_by_role("button", name="Put aside").click()
    await late.get_by_role("dialog").get_by_role("button", name="Put aside").click()
    await expect(late.get_by_text("Somebody saw to it meanwhile.")).to_be_visible()


async def test_a_form_that_was_suspected_becomes_the_lead_that_it_is(stage: Stage, page_of: OpenPage) -> None:
    keys, now = FormKeys(stage.services.links.key.secret), stage.clock()
    token = keys.token("contact", FormToken(uuid4(), now - timedelta(seconds=1)))
    form = {"name": "Ann", "email": "ann@example.com", "question": "Do you deliver?", "homepage": ""}
    form |= {"form_key": keys.key("contact"), "form_token": token}
    async with httpx.AsyncClient(base_url=stage.url) as client:
        assert (await client.post("/forms/contact", data=form)).is_success
    assert await leads(stage) == []
    page = await page_of(Role.MANAGER, "/deliveries")
    await expect(page.get_by_role("tab", name="Suspected forms (1)")).to_have_attribute("aria-selected", "true")
    await expect(page.get_by_text("perhaps a program:", exact=False)).to_be_visible()
    await page.get_by_role("button", name="It is a person").click()
    await expect(page.get_by_text("Taken: it is a lead now, and is followed up.")).to_be_visible()
    assert await leads(stage) == ["Do you deliver?"]


async def test_with_nothing_waiting_it_says_so(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.ADMIN, "/deliveries")
    await expect(page.get_by_text("Every message has its lead.")).to_be_visible()
    await page.get_by_role("tab", name="Suspected forms").click()
    await expect(page.get_by_text("No form looks as if a program had sent it.")).to_be_visible()
    await page.get_by_role("tab", name="Deliveries of programs").click()
    await expect(page.get_by_text("Every delivery could be read.")).to_be_visible()
