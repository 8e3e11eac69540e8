"""`follow inbox`, as a person types it, on the real database."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.form_submissions import FormSubmissions, Submission
from adapters.db.inbound import InboundMessage, InboundMessages
from adapters.db.people import People
from adapters.db.rows import ColleagueRow, InboundMessageRow, TaskRow
from leads.capture import NewLead
from leads.model import Channel
from leads.replies import InboundKind
from tests.clocks import SettableClock
from tests.runtime.conftest import Follow


def a_message(text: str = "Is [this] Anna?") -> InboundMessage:
    return InboundMessage(
        id=uuid4(),
        lead_id=None,
        channel=Channel.EMAIL,
        provider="sendgrid",
        external_id=str(uuid4()),
        sender="zoe@example.com",
        recipient="hello@reply.example.com",
        subject="Ovens",
        text=text,
        kind=InboundKind.REPLY,
        received_at=datetime(2026, 11, 20, 15, tzinfo=UTC),
    )


@pytest_asyncio.fixture
async def lead_id(intake: LeadIntake, clock: SettableClock) -> UUID:
    return (await intake.capture(NewLead(email="priya@example.com", question="How much?"), "tests", clock())).lead_id


async def test_a_form_that_was_suspected_in_vain_is_taken_as_a_lead(follow: Follow, engine: AsyncEngine) -> None:
    form_id, message = uuid4(), a_message()
    sent = {"fields": {"email": "zoe@example.com", "question": "Is it me?"}, "page": "page", "address": None}
    submission = Submission(
        id=form_id,
        form="contact",
        content="",
        address_digest="",
        received_at=message.received_at,
        suspected="too fast",
        sender="zoe@example.com",
        sent=sent,
    )
    of_form = replace(message, provider="form", external_id=str(form_id))
    await FormSubmissions(engine).suspect(submission, of_form)
    taken = await asyncio.to_thread(follow, "inbox", "take", str(message.id))
    assert (taken.exit_code, "taken; it is lead " in taken.output) == (0, True)
    assert "Is it me?" in (await asyncio.to_thread(follow, "lead", "zoe@example.com")).output
    async with engine.begin() as connection:
        await connection.execute(update(ColleagueRow).values(active=False))
    form_id, message = uuid4(), a_message()
    unlucky = replace(submission, id=form_id, sent=sent | {"fields": {"email": "max@example.com"}})
    of_form = replace(message, provider="form", external_id=str(form_id))
    await FormSubmissions(engine).suspect(unlucky, of_form)
    refused = await asyncio.to_thread(follow, "inbox", "take", str(message.id))
    assert (refused.exit_code, "there is nobody who could own the lead" in refused.output) == (1, True)
    other = a_message()
    assert await InboundMessages(engine).add(other)
    refused = await asyncio.to_thread(follow, "inbox", "take", str(other.id))
    assert (refused.exit_code, "is no form whose words are still kept" in refused.output) == (1, True)


async def test_what_waits_is_listed_matched_and_done(follow: Follow, engine: AsyncEngine, lead_id: UUID) -> None:
    messages, first, second = InboundMessages(engine), a_message(), a_message("spam")

    async def typed(*words: str) -> tuple[int, str]:
        ran = await asyncio.to_thread(follow, *words)
        return ran.exit_code, " ".join(ran.output.split())

    assert await typed("inbox") == (0, "nothing waits")
    for one in (first, second):
        assert await messages.add(one)
    code, shown = await typed("inbox")
    assert code == 0
    for part in ("zoe@example.com", "Is [this] Anna?", "spam", str(first.id)[:8]):
        assert part in shown
    assert (await typed("inbox", "match", "zzzz", str(lead_id)))[0] == 1
    assert (await typed("inbox", "match", str(first.id), "nobody@example.com"))[0] == 1
    assert (await typed("inbox", "match", str(first.id)[:8], "priya@example.com", "--by", "anna"))[0] == 0
    code, said = await typed("inbox", "match", str(first.id), str(lead_id))
    assert (code, said) == (1, f"follow: nothing called '{first.id}' waits")
    assert (await typed("inbox", "done", str(second.id), "--note", "an advertisement"))[0] == 0
    assert await typed("inbox") == (0, "nothing waits")
    async with engine.connect() as connection:
        rows = {row.id: row for row in await connection.execute(select(InboundMessageRow.__table__))}
        tasks = await connection.execute(
            select(TaskRow.text).where(TaskRow.lead_id == lead_id, TaskRow.kind == "reply")
        )
        assert list(tasks.scalars()) == ["From zoe@example.com:\nIs [this] Anna?"]
    assert (rows[first.id].lead_id, rows[first.id].handled_by) == (lead_id, "anna")
    assert (rows[second.id].lead_id, rows[second.id].note) == (None, "an advertisement")


async def test_each_colleague_s_copy_address_is_shown(
    follow: Follow, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = await asyncio.to_thread(follow, "inbox", "addresses")
    assert "FOLLOW_REPLY_DOMAIN is not set" in ran.output
    monkeypatch.setenv("FOLLOW_REPLY_DOMAIN", "reply.example.com")
    monkeypatch.setenv("FOLLOW_LEAD_ADDRESS", "hello@reply.example.com")
    ran = await asyncio.to_thread(follow, "inbox", "addresses")
    colleagues = [one.id for one in await People(engine).all()]
    assert len(colleagues) > 1
    for colleague_id in colleagues:
        assert f"b+{colleague_id}-" in ran.output
    assert "hello@reply.example.com" in ran.output
