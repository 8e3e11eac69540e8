"""SendGrid's Inbound Parse: replies, machines, colleagues' copies, strangers, and what does not pass the door."""

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import select, update
from structlog.testing import capture_logs

from adapters.db.inbound import InboundMessages
from adapters.db.reading import Reading
from adapters.db.rows import InboundMessageRow, InquiryRow, LeadRow, SuppressionRow, TaskRow, TouchRow
from api.inbound import Inbox
from api.services import Services
from api.webhooks import multipart
from api.webhooks.sendgrid_inbound import LONGEST_EMAIL
from cadences.case import Case
from tests.api.conftest import Capture, client_of
from tests.api.fakes import RecordingDelivery
from tests.api.webhooks.conftest import EMAIL, PHONE, Desk
from tests.api.webhooks.mails import BOUNDARY, INBOUND, LEADS, SECRET, Parse, form
from tests.links import LINKS
from tests.sample import COMPANY

STRANGER = "zoe@somewhere.example.com"
ANNA = "anna@example.com"
CURLY = "\N{LEFT DOUBLE QUOTATION MARK}fine\N{RIGHT DOUBLE QUOTATION MARK} \N{EN DASH} naïve?"
FORGED = "r+" + "a" * 42 + "@reply.example.com"
Over = Callable[..., AbstractAsyncContextManager[Parse]]


@pytest.fixture
def services(services: Services) -> Services:
    keys = replace(services.webhooks, sendgrid_inbound_secret=SECRET, lead_address=LEADS)
    return replace(services, webhooks=keys)


@pytest_asyncio.fixture
async def parse(services: Services) -> AsyncIterator[Parse]:
    async with client_of(services, None) as client:
        yield Parse(client)


@pytest.fixture
def over(services: Services) -> Over:
    """The same with other keys."""

    @asynccontextmanager
    async def with_keys(**keys: Any) -> AsyncIterator[Parse]:
        changed = replace(services, webhooks=replace(services.webhooks, **keys))
        async with client_of(changed, None) as client:
            yield Parse(client)

    return with_keys


@pytest_asyncio.fixture
async def reply_to(desk: Desk) -> str:
    """The reply address of a message to the lead."""
    return LINKS.reply_address(await desk.message())


async def case_of(desk: Desk) -> Case:
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        return opened.case


async def kept(desk: Desk) -> list[Any]:
    async with desk.engine.connect() as connection:
        wanted = select(InboundMessageRow.__table__).order_by(InboundMessageRow.received_at)
        return list(await connection.execute(wanted))


async def reply_texts(desk: Desk) -> list[str]:
    async with desk.engine.connect() as connection:
        wanted = select(TaskRow.text).where(TaskRow.lead_id == desk.lead_id, TaskRow.kind == "reply")
        return list((await connection.execute(wanted)).scalars())


# Replies.


async def test_a_reply_stops_the_machine_and_its_own_words_become_the_owners_task(
    parse: Parse, desk: Desk, reply_to: str, delivery: RecordingDelivery
) -> None:
    delivery.told.clear()
    quoted = "On Mon, Nov 16, 2026 at 9:00 AM Anna <r+x@reply.example.com> wrote:\n> Unsubscribe\n> Yes, let's talk"
    response = await parse.email(f"Tell me more, please.\n\n{quoted}", to=reply_to)
    assert (response.status_code, response.content) == (204, b"")
    case = await case_of(desk)
    (task,) = [one for one in case.open_tasks if one.kind == "reply"]
    assert (task.text, task.owner) == ("Tell me more, please.", case.lead.owner.id)
    assert task.due_at > desk.clock()
    assert case.enrollment.hold is not None
    assert (case.enrollment.hold.reason, case.first_human_at) == ("reply", None)
    assert delivery.told == [desk.lead_id]
    (row,) = await kept(desk)
    assert (row.lead_id, row.kind, row.external_id) == (desk.lead_id, "reply", "1@mail.example.com")
    assert LINKS.reply_address(row.touch_id) == reply_to


async def test_the_timeline_tells_what_was_said_and_no_id_of_ours(parse: Parse, desk: Desk, reply_to: str) -> None:
    await parse.email("Tell me more, please.", to=reply_to)
    lead = await Reading(desk.engine).lead(desk.lead_id, COMPANY, desk.clock())
    assert lead is not None
    assert ("Replied", "Tell me more, please.") in [(entry.text, entry.said) for entry in lead.timeline]


@pytest.mark.parametrize("text", ["unsubscribe", "Please remove me from your mailing list.", "STOP", "opt-out"])
async def test_e5_a_reply_that_says_unsubscribe_completes_it(
    parse: Parse, desk: Desk, reply_to: str, text: str
) -> None:
    await parse.email(f"{text}\n\nPriya\nSent from my iPhone", to=reply_to)
    standing = await desk.standing()
    assert (standing.ended, standing.commands[-1], standing.suppressions) == ("opted_out", "lead_opted_out", 2)


async def test_e5_an_empty_mail_with_the_subject_unsubscribe_completes_it(
    parse: Parse, desk: Desk, reply_to: str
) -> None:
    await parse.email("", to=reply_to, subject="Re: how to unsubscribe")
    assert (await desk.standing()).ended is None
    await parse.email("", to=reply_to, subject="Unsubscribe")
    assert (await desk.standing()).ended == "opted_out"


@pytest.mark.parametrize("text", ["YES", "No.", "Yes, let's talk", "No, thank you", "cancel our meeting on Tuesday"])
async def test_no_reply_is_taken_for_a_yes_or_a_no(parse: Parse, desk: Desk, reply_to: str, text: str) -> None:
    await parse.email(text, to=reply_to)
    case = await case_of(desk)
    assert (case.enrollment.ended, [one.text for one in case.open_tasks if one.kind == "reply"]) == (None, [text])


async def test_a_raw_mail_in_another_charset_is_read(parse: Parse, desk: Desk, reply_to: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = f"Priya <{EMAIL}>", reply_to, "<raw@mail.example.com>"
    mail["Subject"] = "Re: Öfen"
    mail.set_content("Schöne Grüße \N{EN DASH} und wie teuer?", charset="windows-1252")
    mail.add_alternative("<p>never read</p>", subtype="html")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
    await parse.raw(mail, to=reply_to)
    assert await reply_texts(desk) == ["Schöne Grüße \N{EN DASH} und wie teuer?\n\nAttached: plan.pdf"]
    (row,) = await kept(desk)
    assert (row.subject, row.external_id) == ("Re: Öfen", "raw@mail.example.com")


async def test_fields_in_another_charset_and_html_only_are_read(parse: Parse, desk: Desk, reply_to: str) -> None:
    html = f"<style>p{{}}</style><p>{CURLY}</p><div class='gmail_quote'>On Monday Anna wrote: unsubscribe</div>"
    body = parse.body("", to=reply_to, html=html, charset="windows-1252")
    assert CURLY.encode("cp1252") in body
    await parse.post(body)
    assert await reply_texts(desk) == [CURLY]


async def test_the_message_that_is_answered_is_found_by_its_message_id(parse: Parse, desk: Desk, tom: Desk) -> None:
    touch_id = await tom.message()
    async with desk.engine.begin() as connection:
        named = update(TouchRow).where(TouchRow.id == touch_id).values(message_id="<abc@ismtpd.sendgrid.net>")
        await connection.execute(named)
    await parse.email(
        "Which one?",
        to="sales@reply.example.com",
        sender=STRANGER,
        headers={"In-Reply-To": "<abc@ismtpd.sendgrid.net>"},
    )
    assert await reply_texts(tom) == [f"From {STRANGER}:\nWhich one?"]
    assert await reply_texts(desk) == []


async def test_the_senders_address_comes_last(parse: Parse, desk: Desk) -> None:
    await parse.email("Which one?", to="sales@reply.example.com", sender=EMAIL.upper())
    assert await reply_texts(desk) == ["Which one?"]


async def test_what_points_to_two_leads_waits_for_a_person_but_a_stop_stops_both(
    parse: Parse, desk: Desk, tom: Desk, reply_to: str
) -> None:
    before = await desk.standing(), await tom.standing()
    await parse.email("Which one?", to=reply_to, sender="tom@example.com")
    assert (await desk.standing(), await tom.standing()) == before
    assert [row.lead_id for row in await kept(desk)] == [None]
    await parse.email("unsubscribe", to=reply_to, sender="tom@example.com")
    assert ((await desk.standing()).ended, (await tom.standing()).ended) == ("opted_out", "opted_out")


async def test_a_forged_token_is_kept_for_a_person_and_changes_nothing(parse: Parse, desk: Desk, reply_to: str) -> None:
    before = await desk.standing()
    flipped = reply_to.replace("@", "x@")
    other_domain = reply_to.replace("reply.example.com", "other.example.com")
    for number, to in enumerate((FORGED, flipped, f"r+@{LINKS.reply_domain}"), 1):
        assert (await parse.email("unsubscribe", to=to)).status_code == 204
        assert [(row.lead_id, row.handled_at) for row in await kept(desk)] == [(None, None)] * number
    assert await desk.standing() == before
    await parse.email("a token of another domain is no token", to=other_domain)
    assert await reply_texts(desk) == ["a token of another domain is no token"]


async def test_a_token_whose_letters_changed_case_is_ours(parse: Parse, desk: Desk, reply_to: str) -> None:
    local, _, domain = reply_to.partition("@")
    await parse.email("hm", to=f"{local.upper()}@{domain.upper()}", sender=STRANGER)
    assert await reply_texts(desk) == [f"From {STRANGER}:\nhm"]


async def test_an_email_that_comes_again_does_nothing(
    parse: Parse, desk: Desk, reply_to: str, delivery: RecordingDelivery
) -> None:
    body = parse.body("Which one?", to=reply_to)
    await parse.post(body)
    standing, told = await desk.standing(), list(delivery.told)
    desk.clock.move_by(timedelta(hours=5))
    await parse.post(body)
    await parse.post(parse.body("unsubscribe", to=reply_to, message_id="<1@mail.example.com>"))
    assert (await desk.standing(), delivery.told, len(await kept(desk))) == (standing, told, 1)


async def test_without_a_message_id_the_whole_mail_tells_whether_it_came_before(
    parse: Parse, desk: Desk, reply_to: str
) -> None:
    for text in ("Which one?", "Which one?", "And when?"):
        await parse.email(text, to=reply_to, message_id="")
    assert await reply_texts(desk) == ["Which one?\n\nAnd when?"]
    assert len(await kept(desk)) == 2


async def test_a_stop_and_a_reply_come_in_any_order(parse: Parse, desk: Desk, tom: Desk) -> None:
    stop, reply = "unsubscribe", "hm?"
    for one, sender, texts in ((desk, EMAIL, (stop, reply)), (tom, "tom@example.com", (reply, stop))):
        to = LINKS.reply_address(await one.message())
        for text in texts:
            await parse.email(text, to=to, sender=sender)
        assert (await one.standing()).ended == "opted_out"


# Machines.

AWAY = "I am out of the office and will return on Monday, November 30, 2026."
BACK = datetime(2026, 11, 30, 5, tzinfo=UTC)
SIGNS = {
    "Auto-Submitted": {"Auto-Submitted": "auto-replied"},
    "X-Autoreply": {"X-Autoreply": "yes"},
    "X-Autorespond": {"X-Autorespond": "1"},
    "X-Mail-Autoreply": {"X-Mail-Autoreply": "1"},
    "X-MS-Exchange-Inbox-Rules-Loop": {"X-MS-Exchange-Inbox-Rules-Loop": EMAIL},
    "multipart/report": {"Content-Type": "multipart/report; boundary=x"},
    "Precedence: auto_reply": {"Precedence": "auto_reply"},
    "two weak signs": {"Precedence": "bulk", "X-Auto-Response-Suppress": "All"},
}


@pytest.mark.parametrize("headers", SIGNS.values(), ids=SIGNS)
async def test_an_out_of_office_defers_to_its_date_and_is_no_reply(
    parse: Parse, desk: Desk, reply_to: str, headers: dict[str, str]
) -> None:
    await parse.email(AWAY, to=reply_to, headers=headers)
    case = await case_of(desk)
    assert case.enrollment.hold is not None
    assert (case.enrollment.hold.reason, case.enrollment.hold.until) == ("away", BACK)
    assert "reply" not in {one.kind for one in case.open_tasks}
    (row,) = await kept(desk)
    assert (row.kind, row.lead_id) == ("auto_reply", desk.lead_id)


async def test_a_null_return_path_is_a_machines(parse: Parse, desk: Desk, reply_to: str) -> None:
    await parse.email(AWAY, to=reply_to, return_path="")
    assert (await kept(desk))[0].kind == "auto_reply"


async def test_an_out_of_office_that_a_person_wrote_is_a_reply(parse: Parse, desk: Desk, reply_to: str) -> None:
    await parse.email(AWAY, to=reply_to, subject="Re: Anna is out of the office")
    assert await reply_texts(desk) == [AWAY]


async def test_who_writes_is_back_whatever_the_mailbox_said(parse: Parse, desk: Desk, reply_to: str) -> None:
    await parse.email(AWAY, to=reply_to, headers=SIGNS["Auto-Submitted"])
    await parse.email("Back early! Which one?", to=reply_to)
    case = await case_of(desk)
    assert case.enrollment.hold is not None
    assert case.enrollment.hold.reason == "reply"


@pytest.mark.parametrize("text", ["unsubscribe", "stop", "wrong person", "Back on 03/04/2027", "no longer here"])
async def test_an_auto_reply_without_a_clear_date_changes_nothing(
    parse: Parse, desk: Desk, reply_to: str, text: str
) -> None:
    before = await desk.standing()
    await parse.email(text, to=reply_to, headers=SIGNS["Auto-Submitted"])
    assert await desk.standing() == before
    assert [row.kind for row in await kept(desk)] == ["auto_reply"]


async def test_one_weak_sign_leaves_every_word_to_a_person(parse: Parse, desk: Desk, reply_to: str) -> None:
    await parse.email("unsubscribe", to=reply_to, headers={"Precedence": "bulk"})
    assert ((await desk.standing()).ended, await reply_texts(desk)) == (None, ["unsubscribe"])


async def test_an_auto_reply_that_only_its_sender_names_defers_nothing(parse: Parse, desk: Desk) -> None:
    before = await desk.standing()
    await parse.email(AWAY, to=LEADS, headers=SIGNS["Auto-Submitted"])
    assert await desk.standing() == before


def report(status: str, action: str = "failed", recipient: str = EMAIL) -> bytes:
    return (
        f"Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: {action}\r\n"
        f"Status: {status}\r\nDiagnostic-Code: smtp; 550 no such user\r\n"
    ).encode()


REPORT = {"Content-Type": "multipart/report; report-type=delivery-status; boundary=b"}


@pytest.mark.parametrize(
    ("told", "lost"),
    [
        (report("5.1.1"), [EMAIL]),
        (report("4.2.2"), []),
        (report("4.2.2", "delayed"), []),
        (report("5.1.1", "relayed"), []),
        (report("5.1.1", recipient="other@example.com"), []),
        (b"", []),
    ],
    ids=["hard", "soft", "delayed", "no failure", "another address", "no report"],
)
async def test_only_a_hard_bounce_of_the_leads_own_address_loses_it(
    parse: Parse, desk: Desk, reply_to: str, told: bytes, lost: list[str]
) -> None:
    files = [("status.dat", "message/delivery-status", told)]
    await parse.email(
        "It did not arrive", to=reply_to, sender="mailer-daemon@mx.example.com", headers=REPORT, files=files
    )
    standing = await desk.standing()
    assert (standing.lost, standing.ended) == (lost, None)
    assert await reply_texts(desk) == []


async def test_a_bounce_that_answers_no_message_of_ours_loses_nothing(parse: Parse, desk: Desk) -> None:
    before = await desk.standing()
    files = [("status.dat", "message/delivery-status", report("5.1.1"))]
    for sender in (EMAIL, "mailer-daemon@mx.example.com"):
        await parse.email("It did not arrive", to=LEADS, sender=sender, headers=REPORT, files=files)
    assert await desk.standing() == before


async def test_a_raw_bounce_is_read(parse: Parse, desk: Desk, reply_to: str) -> None:
    source = (
        b"From: Mailer <mailer-daemon@mx.example.com>\r\nMessage-ID: <b@mx.example.com>\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\n" + report("5.1.1") + b"\r\n--b--\r\n"
    )
    await parse.raw(source, to=reply_to, sender="")
    assert (await desk.standing()).lost == [EMAIL]


# Colleagues.


async def test_a_colleagues_copy_logs_a_personal_touch(parse: Parse, desk: Desk) -> None:
    copy = LINKS.copy_address("anna")
    body = parse.body(
        "As promised, the price list.", to=copy, sender=ANNA, header_to=f"Priya <{EMAIL}>", subject="Prices"
    )
    for _ in range(2):
        assert (await parse.post(body)).status_code == 204
    case = await case_of(desk)
    assert case.enrollment.hold is not None
    assert case.enrollment.hold.reason == "personal_touch"
    assert case.first_human_at == desk.clock()
    async with desk.engine.connect() as connection:
        (touch,) = await connection.execute(select(TouchRow.__table__).where(TouchRow.personal))
    assert (touch.by, touch.channel, touch.text) == ("anna", "email", "As promised, the price list.")
    assert [row.kind for row in await kept(desk)] == ["copy"]
    assert (await desk.standing()).commands[-1] == "log_personal_touch"


async def test_a_copy_from_another_address_or_with_a_forged_token_waits_for_a_person(parse: Parse, desk: Desk) -> None:
    before = await desk.standing()
    copy = LINKS.copy_address("anna")
    bens = copy.replace("anna-", "ben-")
    tried = ((copy, STRANGER), (copy, "ben@example.com"), (copy, EMAIL), (bens, ANNA), (bens, "ben@example.com"))
    for to, sender in tried:
        await parse.email("hello", to=to, sender=sender, header_to=EMAIL)
    assert await desk.standing() == before
    assert [(row.lead_id, row.handled_at) for row in await kept(desk)] == [(None, None)] * 5


async def test_a_copy_to_two_leads_is_a_touch_with_each_and_one_to_none_waits(
    parse: Parse, desk: Desk, tom: Desk
) -> None:
    copy = LINKS.copy_address("anna")
    await parse.email("hello both", to=copy, sender=ANNA, header_to=f"{EMAIL}, Tom <tom@example.com>")
    await parse.email("hello nobody", to=copy, sender=ANNA, header_to="x@example.org")
    for one in (desk, tom):
        assert (await one.standing()).commands[-1] == "log_personal_touch"
    assert sorted(row.lead_id is None for row in await kept(desk)) == [False, False, True]


async def test_a_colleague_who_answers_with_the_reply_address_in_copy_logs_a_touch_and_closes_the_reply(
    parse: Parse, desk: Desk, reply_to: str
) -> None:
    await parse.email("Which one?", to=reply_to)
    await parse.email("The big one.", to=reply_to, sender="Anna@example.com", header_to=f"{EMAIL}, {reply_to}")
    case = await case_of(desk)
    assert "reply" not in {one.kind for one in case.open_tasks}
    assert case.enrollment.hold is not None
    assert case.enrollment.hold.reason == "personal_touch"


async def test_a_colleagues_auto_reply_is_no_touch(parse: Parse, desk: Desk, reply_to: str) -> None:
    before = await desk.standing()
    await parse.email(AWAY, to=reply_to, sender=ANNA, headers=SIGNS["Auto-Submitted"])
    assert await desk.standing() == before


async def test_a_colleague_who_is_a_lead_answers_as_the_lead(parse: Parse, desk: Desk, capture: Capture) -> None:
    lead = Desk(desk.engine, desk.cases, desk.clock, UUID((await capture(email=ANNA, phone="+12125550113"))["id"]))
    await parse.email("trying it out", to=LINKS.reply_address(await lead.message()), sender=ANNA)
    assert await reply_texts(lead) == ["trying it out"]


# The address for leads.


async def leads_with(desk: Desk) -> list[Any]:
    async with desk.engine.connect() as connection:
        return list(await connection.execute(select(LeadRow.__table__).where(LeadRow.source == "email")))


async def test_a_stranger_who_writes_to_the_address_for_leads_is_a_new_lead(
    parse: Parse, desk: Desk, delivery: RecordingDelivery
) -> None:
    body = parse.body("Do your ovens run on gas?", to=LEADS, sender=STRANGER, subject="Ovens")
    for _ in range(2):
        await parse.post(body)
    (lead,) = await leads_with(desk)
    assert (lead.name, lead.kind, lead.question) == ("Priya Raman", "inbound", "Ovens\n\nDo your ovens run on gas?")
    assert lead.id in delivery.told
    (row,) = await kept(desk)
    assert (row.lead_id, row.kind) == (lead.id, "inquiry")


async def test_a_known_person_who_writes_there_joins_the_lead_and_is_answered(parse: Parse, desk: Desk) -> None:
    await parse.email("And do you deliver?", to=LEADS, subject="Delivery")
    case = await case_of(desk)
    assert "question" in {one.kind for one in case.open_tasks}
    assert await leads_with(desk) == []
    async with desk.engine.connect() as connection:
        asked = await connection.execute(select(InquiryRow.question).where(InquiryRow.source == "email"))
        assert list(asked.scalars()) == ["Delivery\n\nAnd do you deliver?"]


async def test_a_doubtful_mail_of_a_known_person_is_a_reply_there_too(parse: Parse, desk: Desk) -> None:
    await parse.email("hm?", to=LEADS, headers={"Precedence": "list"})
    assert await reply_texts(desk) == ["hm?"]


async def test_machines_and_doubtful_mails_never_become_leads(parse: Parse, desk: Desk) -> None:
    for headers in (*SIGNS.values(), {"Precedence": "list"}, REPORT):
        await parse.email("Buy now!", to=LEADS, sender=STRANGER, headers=headers)
    await parse.email("Buy now!", to=LEADS, sender=STRANGER, return_path="<>")
    assert await leads_with(desk) == []
    waiting = [row for row in await kept(desk) if row.handled_at is None]
    assert [row.kind for row in waiting] == ["reply"]


async def test_a_strangers_stop_there_makes_no_lead_and_is_kept_on_the_companys_list(parse: Parse, desk: Desk) -> None:
    await parse.email("unsubscribe", to=LEADS, sender=STRANGER)
    assert await leads_with(desk) == []
    async with desk.engine.connect() as connection:
        assert (await connection.execute(select(SuppressionRow.kind))).scalars().all() == ["email"]


async def test_without_an_address_for_leads_a_stranger_waits_for_a_person(over: Over, desk: Desk) -> None:
    async with over(lead_address=None) as parse:
        await parse.email("Do your ovens run on gas?", to=LEADS, sender=STRANGER)
    assert await leads_with(desk) == []
    assert [(row.lead_id, row.handled_at) for row in await kept(desk)] == [(None, None)]


async def test_a_sender_without_a_usable_address_waits_for_a_person(parse: Parse, desk: Desk) -> None:
    for sender in ("x", "a@b", "@", "\N{SNOWMAN}@example"):
        assert (await parse.email("hello", to=LEADS, sender=sender)).status_code == 204
    assert await leads_with(desk) == []


# A person sees to what fits no lead.


async def test_what_waits_is_matched_by_a_person_and_becomes_the_owners_task(
    parse: Parse, desk: Desk, services: Services
) -> None:
    await parse.email("Which one?", to=FORGED, sender=STRANGER)
    (waiting,), _ = await services.inbound.waiting()
    assert await Inbox(services).match(waiting, desk.lead_id, "anna")
    assert not await Inbox(services).match(waiting, desk.lead_id, "anna")
    assert await reply_texts(desk) == [f"From {STRANGER}:\nWhich one?"]
    (row,) = await kept(desk)
    assert (row.lead_id, row.handled_by) == (desk.lead_id, "anna")
    assert await services.inbound.waiting() == ([], 0)


# The door.


async def test_a_wrong_secret_finds_nothing(parse: Parse, over: Over, desk: Desk, reply_to: str) -> None:
    body = parse.body("Which one?", to=reply_to)
    for end in ("", "x", SECRET[:-1], SECRET + "x", SECRET.upper(), "%ff", "é"):
        assert (await parse.post(body, path=f"/webhooks/sendgrid/inbound/{end}")).status_code == 404, end
    for secret in (None, ""):
        async with over(sendgrid_inbound_secret=secret) as off:
            for path in (INBOUND, "/webhooks/sendgrid/inbound/", "/webhooks/sendgrid/inbound/None"):
                assert (await off.post(body, path=path)).status_code == 404
    assert await kept(desk) == []


async def test_where_a_key_is_set_every_mail_is_signed(
    services: Services, over: Over, desk: Desk, reply_to: str, signing_key: ec.EllipticCurvePrivateKey
) -> None:
    def signed(body: bytes, at: str = "1700000000") -> dict[str, str]:
        signature = base64.b64encode(signing_key.sign(at.encode() + body, ec.ECDSA(SHA256()))).decode()
        return {
            "X-Twilio-Email-Event-Webhook-Signature": signature,
            "X-Twilio-Email-Event-Webhook-Timestamp": at,
        }

    async with over(sendgrid_inbound_key=services.webhooks.sendgrid_event_key) as parse:
        body = parse.body("naïve?", to=reply_to, charset="windows-1252")
        good = signed(body)
        wrong = [
            {},
            signed(body + b" "),
            {**good, "X-Twilio-Email-Event-Webhook-Timestamp": "1700000001"},
            {**good, "X-Twilio-Email-Event-Webhook-Timestamp": ""},
            {**good, "X-Twilio-Email-Event-Webhook-Signature": "no base64!"},
            {**good, "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(b"x" * 70).decode()},
        ]
        for headers in wrong:
            assert (await parse.post(body, **headers)).status_code == 403
        assert await kept(desk) == []
        assert (await parse.post(body, **good)).status_code == 204
    assert await reply_texts(desk) == ["naïve?"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"text=hello",
        b"--xYzZY",
        b"--xYzZY--\r\n",
        b"--xYzZY\r\nbroken",
        b'--xYzZY\r\nContent-Disposition: form-data; name="text"\r\n\r\nhello',
        b"--other\r\n\r\n--other--",
        form([("text", b"no envelope")]),
        form([("envelope", b"no json"), ("from", b"a@example.com")]),
        form([("envelope", b"[]"), ("from", b"a@example.com")]),
        form([("envelope", b'{"to": []}'), ("from", b"a@example.com")]),
        form([("envelope", b'{"to": [1]}'), ("from", b"a@example.com")]),
        form([("envelope", b'{"to": ["a@example.com"]}')]),
        form([("envelope", b'{"to": ["a@example.com"]}'), ("email", b"")]),
        form([("envelope", b"[" * 100_000)]),
        form([(f"f{number}", b"") for number in range(multipart.MOST_PARTS + 1)]),
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_a_malformed_mail_is_refused(parse: Parse, desk: Desk, body: bytes) -> None:
    response = await parse.post(body)
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert await kept(desk) == []


@pytest.mark.parametrize(
    "source",
    [
        b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(3000)),
        b"Content-Type: message/rfc822\r\n\r\n" * 3000,
        b"From: " + b"(" * 100_000,
    ],
    ids=["parts", "mails", "comments"],
)
async def test_a_mail_that_is_nested_too_deep_is_refused(
    parse: Parse, desk: Desk, reply_to: str, source: bytes
) -> None:
    assert (
        await parse.raw(b"From: a@example.com\r\n" * (b"From" not in source) + source, to=reply_to)
    ).status_code == 400


async def test_another_content_type_is_refused(parse: Parse, desk: Desk, reply_to: str) -> None:
    body = parse.body("hello", to=reply_to)
    for kind in ("", "application/json", "multipart/form-data", "multipart/mixed; boundary=" + BOUNDARY, "\x00"):
        assert (await parse.client.post(INBOUND, content=body, headers={"Content-Type": kind})).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Subject": "=?nonsense?Q?=ff?="},
        {"Subject": "=?utf-8?B?!!!?="},
        {"References": "<" * 5000},
        {"Message-ID": "<" + "x" * 240 + "@example.com>"},
        {"Auto-Submitted": ""},
        {"To": "," * 5000},
        {"X-Odd": "\x7f"},
        {"From": "=?utf-8?q?=00?= <a@example.com>"},
    ],
    ids=lambda headers: next(iter(headers)),
)
async def test_odd_headers_are_taken(parse: Parse, desk: Desk, reply_to: str, headers: dict[str, str]) -> None:
    assert (await parse.email("hello\x00 there", to=reply_to, headers=headers)).status_code == 204
    (text,) = await reply_texts(desk)
    assert text.endswith("hello there")


async def test_a_charset_that_is_none_or_slow_is_not_used(parse: Parse, desk: Desk, reply_to: str) -> None:
    for number, charset in enumerate(
        (b'{"text": "punycode"}', b'{"text": "hex"}', b'{"text": 5}', b"x", b'{"text": "utf-16"}')
    ):
        fields = [
            ("envelope", f'{{"to": ["{reply_to}"], "from": "{EMAIL}"}}'.encode()),
            ("from", EMAIL.encode()),
            ("text", b"caf\xe9 -" + b"a" * 3000),
            ("headers", f"Message-ID: <{number}@x>".encode()),
            ("charsets", charset),
        ]
        assert (await parse.post(form(fields))).status_code == 204


async def test_a_mail_that_is_too_long_is_refused(parse: Parse, desk: Desk, reply_to: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(LONGEST_EMAIL // 1_000_000 + 2):
            yield b"x" * 1_000_000

    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    assert (await parse.client.post(INBOUND, content=chunks(), headers=kind)).status_code == 413


class AbsentMessages(InboundMessages):
    async def whose(self, *args: Any, **more: Any) -> Any:
        raise ConnectionRefusedError


async def test_an_absent_database_has_sendgrid_come_again(services: Services, desk: Desk, reply_to: str) -> None:
    async with client_of(replace(services, inbound=AbsentMessages(desk.engine)), None) as client:
        response = await Parse(client).email("Which one?", to=reply_to)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


async def test_no_log_line_holds_an_address_or_a_word(parse: Parse, desk: Desk, reply_to: str) -> None:
    with capture_logs() as logs:
        await parse.email("My cat is called Mittens", to=reply_to, subject="Mittens")
        await parse.email("My cat is called Mittens", to=LEADS, sender=STRANGER)
        await parse.email("My cat is called Mittens", to=FORGED, sender=STRANGER)
        await parse.post(b"Mittens")
    assert "an incoming message was taken" in {line["event"] for line in logs}
    for private in ("Mittens", EMAIL, STRANGER, PHONE, SECRET, reply_to.partition("@")[0]):
        assert private not in str(logs)
