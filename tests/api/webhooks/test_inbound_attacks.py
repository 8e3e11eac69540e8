"""What hostile, crooked and repeated mails and texts must not do."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from adapters.db.rows import InboundMessageRow
from api.services import Services
from cadences.commands import not_now, record_answer
from cadences.refusals import CommandRefused
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome
from leads.contract import CommandKind
from leads.model import Channel
from tests.api.conftest import Capture, client_of
from tests.api.webhooks.conftest import EMAIL, PHONE, Desk, Twilio
from tests.api.webhooks.mails import LEADS, SECRET, Parse, Texts
from tests.links import LINKS


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, webhooks=replace(services.webhooks, sendgrid_inbound_secret=SECRET, lead_address=LEADS))


@pytest_asyncio.fixture
async def parse(services: Services) -> AsyncIterator[Parse]:
    async with client_of(services, None) as client:
        yield Parse(client)


@pytest_asyncio.fixture
async def reply_to(desk: Desk) -> str:
    return LINKS.reply_address(await desk.message())


CROOKED_IDS = ["<a\x00b@c.example>", "=?utf-8?q?<a=00b@c.example>?=", "=?utf-7?q?<a+2AA-b@c.example>?="]


@pytest.mark.parametrize("crooked", CROOKED_IDS)
async def test_an_id_that_no_database_can_keep_is_no_trouble_of_ours(parse: Parse, reply_to: str, crooked: str) -> None:
    assert (await parse.email("hello", to=reply_to, message_id=crooked)).status_code == 204
    strange = await parse.email(
        "hello", to="x@reply.example.com", sender="z@z.example.com", headers={"In-Reply-To": crooked}
    )
    assert strange.status_code == 204


async def test_a_mail_of_parts_within_parts_is_refused_before_it_is_read(parse: Parse, reply_to: str) -> None:
    nested = "".join(
        f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n' for level in range(200)
    )
    head = f"From: {EMAIL}\r\nTo: {reply_to}\r\nMessage-ID: <1@mail.example.com>\r\n"
    bomb = (head + nested + "\r\n" * 100_000).encode()
    assert (await parse.raw(bomb, to=reply_to)).status_code == 400


async def test_a_stop_from_an_address_that_we_never_wrote_to_closes_that_one_too(
    parse: Parse, desk: Desk, reply_to: str, services: Services
) -> None:
    await parse.email("unsubscribe", to=reply_to, sender="priya.private@other.example.com")
    assert (await desk.standing()).ended == "opted_out"
    assert await services.suppressions.of("priya.private@other.example.com")


async def test_whoever_writes_a_colleagues_address_into_a_mail_closes_no_task(
    parse: Parse, desk: Desk, reply_to: str
) -> None:
    await parse.email("how much?", to=reply_to)
    before = await desk.standing()
    assert "reply" in before.open_tasks
    forged = await parse.email("hi", to="anything@reply.example.com", sender="anna@example.com", header_to=EMAIL)
    assert forged.status_code == 204
    assert await desk.standing() == before


async def test_a_reply_that_points_to_two_leads_goes_when_one_of_them_is_erased(
    parse: Parse, desk: Desk, tom: Desk, reply_to: str, services: Services
) -> None:
    await parse.email("Priya Raman of Harbor Bakery asked me to answer", to=reply_to, sender="tom@example.com")
    await services.erasing.erase(desk.lead_id, "test", desk.clock())
    async with desk.engine.connect() as connection:
        assert list(await connection.execute(select(InboundMessageRow.text))) == []


async def test_an_opt_out_that_is_reported_again_after_start_closes_nothing(
    twilio: Twilio, provider: httpx.AsyncClient, desk: Desk
) -> None:
    texts, touch = Texts(provider), await desk.message(Channel.SMS)
    await twilio.status(touch, "undelivered", ErrorCode="21610")
    await texts.text("START")
    for _ in range(2):
        async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
            assert opened.case.lead.contact_for(Channel.SMS) is not None
        await twilio.status(touch, "undelivered", ErrorCode="21610")


async def _said_yes_and_stopped(desk: Desk, texts: Texts) -> None:
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        said = record_answer(opened.case, answer="yes", by="anna", note=None, now=desk.clock())
        await opened.save(said, CommandKind.RECORD_ANSWER, by="anna")
    await texts.text("STOP")


async def test_a_stop_after_a_yes_holds_for_a_new_address_of_the_same_person(
    provider: httpx.AsyncClient, desk: Desk, capture: Capture
) -> None:
    await _said_yes_and_stopped(desk, Texts(provider))
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        (task,) = opened.case.open_tasks
        lost = complete_task(opened.case, task_id=task.id, outcome=Outcome.LOST, by="anna", note=None, now=desk.clock())
        await opened.save(lost, CommandKind.COMPLETE_TASK, by="anna")
    await capture(phone=PHONE, email="new@other.example.com", question="and now?")
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        assert opened.case.enrollment.question_only
        assert opened.case.enrollment.next is None


async def test_a_stop_after_a_yes_is_not_undone_by_a_not_now(provider: httpx.AsyncClient, desk: Desk) -> None:
    await _said_yes_and_stopped(desk, Texts(provider))
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        later = await opened.cadence("not-now")
        with pytest.raises(CommandRefused):
            not_now(
                opened.case,
                until=desk.clock() + timedelta(days=30),
                cadence=later.cadence,
                version=later.version,
                by="link",
                note=None,
                now=desk.clock(),
            )
