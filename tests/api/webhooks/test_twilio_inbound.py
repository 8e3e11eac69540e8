"""Twilio's incoming texts: what each says, who is answered, repetitions, strangers, and what does not pass the door."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import httpx
import pytest
from sqlalchemy import delete, select
from structlog.testing import capture_logs

from adapters.db.inbound import InboundMessages
from adapters.db.rows import ConsentRow, InboundMessageRow, LeadRow, SuppressionRow, TaskRow
from api.services import Services
from leads.model import Channel
from tests.api.conftest import client_of
from tests.api.fakes import RecordingDelivery
from tests.api.webhooks.conftest import EMAIL, PHONE, TOKEN, Desk
from tests.api.webhooks.mails import TEXTS, Texts

STRANGER = "+12125550177"
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'
Over = Callable[..., AbstractAsyncContextManager[Texts]]


@pytest.fixture
def texts(provider: httpx.AsyncClient) -> Texts:
    return Texts(provider)


@pytest.fixture
def over(services: Services) -> Over:
    """The same with other keys."""

    @asynccontextmanager
    async def with_keys(**keys: Any) -> AsyncIterator[Texts]:
        changed = replace(services, webhooks=replace(services.webhooks, **keys))
        async with client_of(changed, None) as client:
            yield Texts(client)

    return with_keys


def answers(response: httpx.Response) -> list[str]:
    """The texts that Twilio is asked to send back."""
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/xml")
    root = ElementTree.fromstring(response.text)
    assert root.tag == "Response"
    return [one.text or "" for one in root.iter("Message")]


async def kept(desk: Desk) -> list[Any]:
    async with desk.engine.connect() as connection:
        wanted = select(InboundMessageRow.__table__).order_by(InboundMessageRow.external_id)
        return list(await connection.execute(wanted))


async def suppressed(desk: Desk) -> set[tuple[str, str]]:
    """What is in force on the company's own list: kind and channel."""
    async with desk.engine.connect() as connection:
        wanted = select(SuppressionRow.kind, SuppressionRow.channel).where(SuppressionRow.lifted_at.is_(None))
        return {(row.kind, row.channel) for row in await connection.execute(wanted)}


async def test_a_persons_text_stops_the_machine_and_becomes_the_owners_task(
    texts: Texts, desk: Desk, delivery: RecordingDelivery
) -> None:
    delivery.told.clear()
    response = await texts.text("Can you deliver on Saturdays?")
    assert response.text == EMPTY
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        case = opened.case
    (task,) = [one for one in case.open_tasks if one.kind == "reply"]
    assert task.text == "Can you deliver on Saturdays?"
    assert task.due_at > desk.clock()
    assert case.enrollment.hold is not None
    assert case.enrollment.hold.reason == "reply"
    assert delivery.told == [desk.lead_id]
    (row,) = await kept(desk)
    assert (row.lead_id, row.kind, row.sender, row.handled_at) == (desk.lead_id, "reply", PHONE, None)


@pytest.mark.parametrize(
    "text", ["Stop.", "OPT-OUT", "please stop texting me", " unsubscribe\n", "QUIT", "end", "Revoke"]
)
async def test_t4_a_revocation_ends_all_messages_on_every_channel(texts: Texts, desk: Desk, text: str) -> None:
    await texts.text(text)
    standing = await desk.standing()
    assert (standing.ended, standing.commands[-1], standing.open_tasks) == ("opted_out", "lead_opted_out", [])
    assert await suppressed(desk) == {("phone", "all"), ("email", "all")}


@pytest.mark.parametrize(
    "text",
    ["YES", "yes", "Y", "no", "No thanks", "I can't stop by today", "cancel our meeting on Tuesday", "End of March?"],
)
async def test_what_is_not_beyond_doubt_is_a_persons_reply_and_no_answer(texts: Texts, desk: Desk, text: str) -> None:
    await texts.text(text)
    standing = await desk.standing()
    assert (standing.ended, standing.commands[-1]) == (None, "lead_replied")
    assert "reply" in standing.open_tasks
    assert await suppressed(desk) == set()


async def test_t7_one_confirmation_for_the_first_revocation_and_none_for_the_next_or_a_replay(
    over: Over, desk: Desk
) -> None:
    async with over(twilio_answers_stop=False) as texts:
        first = texts.fields("STOP")
        (confirmation,) = answers(await texts.post(first, texts.sign(first)))
        assert confirmation.startswith("Example Company")
        assert len(confirmation) <= 160
        assert answers(await texts.post(first, texts.sign(first))) == []
        assert answers(await texts.text("STOP")) == []
        assert answers(await texts.text("stop texting me")) == []


async def test_t7_one_confirmation_though_the_same_stop_comes_many_times_at_once(over: Over, desk: Desk) -> None:
    async with over(twilio_answers_stop=False) as texts:
        stop = texts.fields("STOP")
        responses = await asyncio.gather(*(texts.post(stop, texts.sign(stop)) for _ in range(6)))
        assert sum(len(answers(response)) for response in responses) == 1
    assert (await desk.standing()).commands.count("lead_opted_out") == 1


async def test_t7_no_confirmation_where_twilio_answers_by_itself(texts: Texts, desk: Desk) -> None:
    for text in ("STOP", "HELP", "START"):
        assert (await texts.text(text)).text == EMPTY
    async with desk.engine.connect() as connection:
        assert (await connection.execute(select(TaskRow.id).where(TaskRow.kind == "reply"))).all() == []


@pytest.mark.parametrize(("said", "ended"), [("STOP", "opted_out"), ("HELP", None), ("START", None)])
async def test_what_twilio_took_the_text_for_counts_and_is_not_answered_again(
    over: Over, desk: Desk, said: str, ended: str | None
) -> None:
    async with over(twilio_answers_stop=False) as texts:
        response = await texts.text("arrête" if said == "STOP" else said, OptOutType=said)
        assert answers(response) == []
    assert (await desk.standing()).ended == ended


async def test_help_names_the_company_and_the_way_out_and_changes_nothing(over: Over, desk: Desk) -> None:
    before = await desk.standing()
    async with over(twilio_answers_stop=False) as texts:
        for sender in (PHONE, STRANGER):
            (answer,) = answers(await texts.text("Help", From=sender))
            assert "Example Company" in answer
            assert "STOP" in answer
    assert await desk.standing() == before
    assert [row.kind for row in await kept(desk)] == ["help", "help"]


async def test_start_reopens_texts_only_and_never_an_ended_cadence(texts: Texts, desk: Desk) -> None:
    await texts.text("STOP")
    await texts.text("START")
    assert (await desk.standing()).ended == "opted_out"
    assert await suppressed(desk) == {("phone", "call"), ("email", "all")}
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        lead = opened.case.lead
    assert lead.contact_for(Channel.SMS) is not None
    assert lead.contact_for(Channel.CALL) is None
    assert lead.contact_for(Channel.EMAIL) is None
    assert lead.consents_to(Channel.SMS)
    async with desk.engine.connect() as connection:
        (consent,) = await connection.execute(select(ConsentRow.__table__).where(ConsentRow.revoked_at.is_(None)))
    assert (consent.contact, consent.wording, consent.seller) == (PHONE, "START", "Example Company")
    await texts.text("STOP")
    assert await suppressed(desk) == {("phone", "call"), ("phone", "all"), ("email", "all")}


async def test_start_without_a_stop_before_changes_nothing(texts: Texts, desk: Desk) -> None:
    before = await desk.standing()
    await texts.text("START")
    assert await desk.standing() == before


async def test_t12_a_wrong_number_is_not_used_again_and_the_email_goes_on(texts: Texts, desk: Desk) -> None:
    await texts.text("Sorry, you have the wrong person.")
    standing = await desk.standing()
    assert (standing.lost, standing.ended, standing.commands[-1]) == ([PHONE], None, "contact_point_lost")
    assert await suppressed(desk) == set()


async def test_t12_a_wrong_number_that_asks_to_stop_is_on_the_companys_list_too(texts: Texts, desk: Desk) -> None:
    await texts.text("Wrong number. Stop texting me.")
    standing = await desk.standing()
    assert (standing.lost, standing.ended) == ([PHONE], None)
    assert await suppressed(desk) == {("phone", "all")}


async def test_a_text_that_comes_again_does_nothing(texts: Texts, desk: Desk, delivery: RecordingDelivery) -> None:
    fields = texts.fields("And on Sundays?")
    await texts.post(fields, texts.sign(fields))
    standing, told = await desk.standing(), list(delivery.told)
    changed = {**fields, "Body": "STOP"}
    for again in (fields, changed):
        assert (await texts.post(again, texts.sign(again))).status_code == 200
    assert (await desk.standing(), delivery.told, len(await kept(desk))) == (standing, told, 1)


async def test_a_stop_and_a_reply_come_in_any_order(texts: Texts, desk: Desk, tom: Desk) -> None:
    stop, reply = texts.fields("STOP"), texts.fields("What does it cost?")
    for fields in (stop, reply):
        await texts.post(fields, texts.sign(fields))
    for fields in (reply, stop):
        theirs = {**fields, "From": "+12125550112", "MessageSid": fields["MessageSid"][:-1] + "f" + fields["Body"][0]}
        await texts.post(theirs, texts.sign(theirs))
    assert [(await one.standing()).ended for one in (desk, tom)] == ["opted_out"] * 2


async def test_a_strangers_text_waits_for_a_person(texts: Texts, desk: Desk, services: Services) -> None:
    before = await desk.standing()
    await texts.text("Who is this?", From=STRANGER)
    (waiting,), total = await services.inbound.waiting()
    assert (waiting.text, waiting.lead_id, total) == ("Who is this?", None, 1)
    assert await desk.standing() == before


async def test_a_strangers_stop_is_kept_on_the_companys_list(texts: Texts, desk: Desk, services: Services) -> None:
    fields = texts.fields("stop", From=STRANGER)
    await texts.post(fields, texts.sign(fields))
    assert await suppressed(desk) == {("phone", "all")}
    assert await services.inbound.waiting() == ([], 0)
    await texts.text("START", From=STRANGER)
    await texts.post(fields, texts.sign(fields))
    assert await suppressed(desk) == {("phone", "call")}


async def test_a_short_code_and_odd_values_are_taken(texts: Texts, desk: Desk) -> None:
    for more in ({"From": "12345"}, {"From": "whatsapp:+12125550111"}, {"NumMedia": "x"}, {"NumMedia": "9" * 50}):
        assert (await texts.text("hm\x00?", **more)).status_code == 200, more
    await texts.text("", NumMedia="2")
    assert any("2 attachments" in row.text for row in await kept(desk))


async def test_erasing_a_lead_takes_its_messages_along(texts: Texts, desk: Desk) -> None:
    await texts.text("Call me Priya")
    async with desk.engine.begin() as connection:
        await connection.execute(delete(LeadRow).where(LeadRow.id == desk.lead_id))
    assert await kept(desk) == []


async def test_an_unsigned_text_does_nothing(texts: Texts, desk: Desk) -> None:
    fields, other = texts.fields("STOP"), texts.fields("hello")
    for signature in (None, "", "x", texts.sign(other), texts.sign(fields).lower()):
        assert (await texts.post(fields, signature)).status_code == 403
    assert (await texts.post(fields, texts.sign(fields), query="a=b")).status_code == 403
    assert (await kept(desk), (await desk.standing()).ended) == ([], None)
    assert (await texts.post(fields, texts.sign(fields, "a=b"), query="a=b")).status_code == 200
    assert (await desk.standing()).ended == "opted_out"


async def test_a_malformed_text_is_refused(texts: Texts, desk: Desk) -> None:
    for more in ({"MessageSid": ""}, {"From": ""}, {"MessageSid": "S" * 101}, {"From": "9" * 101}):
        assert (await texts.text("STOP", **more)).status_code == 400, more
    assert (await texts.text("x" * 70_000)).status_code == 413
    assert await kept(desk) == []


async def test_without_its_key_the_webhook_is_off(over: Over, desk: Desk) -> None:
    for token in (None, ""):
        async with over(twilio_auth_token=token) as texts:
            fields = texts.fields("STOP")
            assert (await texts.post(fields, texts.sign(fields))).status_code == 404
    assert (await desk.standing()).ended is None


class AbsentMessages(InboundMessages):
    async def whose(self, *args: Any, **more: Any) -> Any:
        raise ConnectionRefusedError


async def test_an_absent_database_has_twilio_come_again(services: Services, desk: Desk) -> None:
    async with client_of(replace(services, inbound=AbsentMessages(desk.engine)), None) as client:
        response = await Texts(client).text("STOP")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


async def test_no_log_line_holds_a_number_or_a_word(texts: Texts, desk: Desk) -> None:
    with capture_logs() as logs:
        await texts.text("My cat is called Mittens")
        await texts.text("My cat is called Mittens", From=STRANGER)
        await texts.post(texts.fields("x"), "y")
    assert "an incoming message was taken" in {line["event"] for line in logs}
    for private in ("Mittens", PHONE, STRANGER, TOKEN, EMAIL):
        assert private not in str(logs)
    assert [UUID(line["lead_id"]) for line in logs if line.get("lead_id")]


def test_the_address_is_what_the_documentation_names() -> None:
    assert TEXTS == "/webhooks/twilio/inbound"
