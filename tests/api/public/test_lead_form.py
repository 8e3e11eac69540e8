"""The business's own forms as people and programs use them: shown, mended, thanked for, taken once, nobody lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.rows import AlertRow, ColleagueRow, ConsentRow, FormSubmissionRow, InboundMessageRow, LeadRow
from api.doors import doors_of
from api.form_intake import MOST_FROM_ONE, MOST_SUSPECTED, FormIntake, NotKept
from api.public.form_page import snippet
from api.services import Services
from leads.form_sheets import FormSheet
from leads.form_tokens import FormKeys
from leads.playbook import Playbook
from tests.api.conftest import client_of
from tests.api.fakes import RecordingDelivery
from tests.api.public.conftest import Browser, Page, fields_of
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.sample import COMPANY

FORM = f"{LINKS.base_url}/forms/contact"
ANN = {"name": "Ann Lee", "email": "Ann@Example.com", "question": "How much?"}
OWN = """form: contact
title: Ask us
source: our website
origins: [https://www.example.com]
redirect: https://www.example.com/thanks
privacy: https://www.example.com/privacy
fields:
  - {name: email, label: Email, required: true, hint: We answer there.}
  - {name: attributes.size, label: How many ovens?, choices: [one, "two & more"]}
  - {name: question, label: What would you like to know?}
consents:
  - {channel: email, words: "{company} may write to me."}
"""


async def rows(engine: AsyncEngine, table: Any) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(select(table.__table__))).all())


async def fill_in(browser: Browser, url: str = FORM, **written: str) -> Page:
    return await browser.press(await browser.open(url), "Send", **(written or ANN))


@pytest.fixture
def own_form(services: Services, tmp_path: Path, engine: AsyncEngine) -> Callable[[str], Services]:
    """The services with a form of the business's own."""

    def written(text: str = OWN) -> Services:
        (tmp_path / "forms").mkdir(exist_ok=True)
        (tmp_path / "forms" / "contact.yaml").write_text(text)
        return replace(services, doors=doors_of(engine, Playbook(tmp_path)))

    return written


@pytest.fixture
async def elsewhere(own_form: Callable[[], Services]) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on https://www.example.com, which holds a copy of the form."""
    async with client_of(own_form(), None) as client:
        client.headers.update({"Origin": "https://www.example.com", "Referer": "https://www.example.com/ask?x=1"})
        yield client


def copied(sheet: FormSheet) -> dict[str, str]:
    """What a browser posts of a copy in which nothing was written."""
    html = snippet(sheet, COMPANY, key=FormKeys(LINKS.key.secret).key(sheet.form), base_url=LINKS.base_url)
    form = BeautifulSoup(html, "html.parser").find("form")
    assert isinstance(form, Tag)
    assert (form["action"], form["method"]) == (FORM, "post")
    return fields_of(form, None)


# A person.


async def test_what_somebody_writes_becomes_a_lead_that_is_told(
    browser: Browser, engine: AsyncEngine, delivery: RecordingDelivery
) -> None:
    page = await fill_in(browser)
    assert (page.status, page.heading) == (200, "Thank you")
    assert [line.get_text() for line in page.soup.find_all(["h1", "p"])][:2] == [
        "Thank you",
        "Your message has arrived, and a person will answer it.",
    ]
    assert "a person will answer it" in page.text
    (lead,) = await rows(engine, LeadRow)
    assert (lead.name, lead.question, lead.source, lead.kind) == ("Ann Lee", "How much?", "contact form", "inbound")
    assert delivery.told == [lead.id]
    (submission,) = await rows(engine, FormSubmissionRow)
    assert (submission.lead_id, submission.suspected, submission.sent) == (lead.id, None, None)


async def test_a_consent_is_kept_word_for_word_with_time_address_and_page(
    browser: Browser, engine: AsyncEngine, clock: SettableClock
) -> None:
    page = await browser.open(FORM)
    box = page.soup.find("input", {"name": "consent.sms"})
    assert isinstance(box, Tag)
    assert not box.has_attr("checked")
    label = page.soup.find("label", {"for": box["id"]})
    assert label is not None
    await browser.press(page, "Send", **ANN, phone="(212) 555-0123", **{"consent.sms": "yes"})
    (consent,) = await rows(engine, ConsentRow)
    assert consent.wording == label.get_text(strip=True)
    assert consent.wording.startswith("Example Company may send me text messages")
    assert (consent.contact, consent.method, consent.address) == ("+12125550123", "checkbox", "127.0.0.1")
    assert (consent.source, consent.given_at) == (f"contact form: {FORM}", clock())


async def test_a_box_that_nobody_ticked_is_no_consent(browser: Browser, engine: AsyncEngine) -> None:
    await fill_in(browser, **ANN, phone="(212) 555-0123", **{"consent.sms": ""})
    assert await rows(engine, ConsentRow) == []
    assert len(await rows(engine, LeadRow)) == 1


async def test_what_is_to_be_mended_is_said_and_nothing_that_was_written_is_lost(
    browser: Browser, engine: AsyncEngine
) -> None:
    written = {"name": "Ann <b>", "email": "ann at example", "phone": "12", "question": "", "company": 'A "B" & C'}
    page = await fill_in(browser, **written, **{"consent.sms": "yes"})
    assert page.status == 422
    for name, value in written.items():
        field = page.soup.find(attrs={"name": name})
        assert isinstance(field, Tag)
        assert (field.get_text(strip=True) if field.name == "textarea" else field["value"]) == value
    box = page.soup.find("input", {"name": "consent.sms"})
    assert isinstance(box, Tag)
    assert box.has_attr("checked")
    for name, said in (
        ("email", "'ann at example' is no email address"),
        ("phone", "too short"),
        ("question", "Please fill this in."),
    ):
        field = page.soup.find(attrs={"name": name})
        assert isinstance(field, Tag)
        assert field["aria-invalid"] == "true"
        described = [page.soup.find(id=one) for one in str(field["aria-describedby"]).split()]
        assert any(said in one.get_text() for one in described if one is not None)
        assert page.soup.find("a", href=f"#{field['id']}") is not None
    assert await rows(engine, LeadRow) == []

    page = await browser.press(page, "Send", email="ann@example.com", phone="+1 212 555 0123", question="How much?")
    assert page.heading == "Thank you"
    (lead,) = await rows(engine, LeadRow)
    assert (lead.name, lead.company) == ("Ann <b>", 'A "B" & C')


async def test_pressing_twice_is_one_lead_and_one_question(browser: Browser, engine: AsyncEngine) -> None:
    page = await browser.open(FORM)
    first = await browser.press(page, "Send", **ANN)
    again = await browser.press(page, "Send", **ANN)
    assert first.heading == again.heading == "Thank you"
    assert len(await rows(engine, LeadRow)) == len(await rows(engine, FormSubmissionRow)) == 1


async def test_pressing_twice_in_the_same_moment_is_one_lead(
    browser: Browser, engine: AsyncEngine, clock: SettableClock
) -> None:
    page = await browser.open(FORM)
    clock.move_by(timedelta(seconds=20))
    posted = {**fields_of(page.forms[0], None), **ANN}
    answers = await asyncio.gather(*(browser.client.post(FORM, data=posted) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await rows(engine, LeadRow)) == 1


async def test_the_same_person_over_two_pages_in_the_same_moment_is_one_lead(
    browser: Browser, engine: AsyncEngine, clock: SettableClock
) -> None:
    pages = [await browser.open(FORM) for _ in range(5)]
    clock.move_by(timedelta(seconds=20))
    posted = [
        {**fields_of(page.forms[0], None), **ANN, "question": f"Question {number}"} for number, page in enumerate(pages)
    ]
    answers = await asyncio.gather(*(browser.client.post(FORM, data=one) for one in posted))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await rows(engine, LeadRow)) == 1
    assert len({one.lead_id for one in await rows(engine, FormSubmissionRow)}) == 1


async def test_who_goes_back_and_asks_something_else_is_not_lost(browser: Browser, engine: AsyncEngine) -> None:
    page = await browser.open(FORM)
    await browser.press(page, "Send", **ANN)
    other = await browser.press(page, "Send", **{**ANN, "question": "And how fast?"})
    assert (other.status, "please send it" in other.text) == (409, True)
    assert (await browser.press(other, "Send")).heading == "Thank you"
    (lead,) = await rows(engine, LeadRow)
    assert lead.question == "And how fast?"


async def test_a_page_that_lay_open_for_days_is_shown_once_more(
    browser: Browser, engine: AsyncEngine, clock: SettableClock
) -> None:
    page = await browser.open(FORM)
    late = await browser.press(page, "Send", after=timedelta(days=3), **ANN)
    assert (late.status, "lay open for long" in late.text) == (422, True)
    assert (await browser.press(late, "Send")).heading == "Thank you"
    assert len(await rows(engine, LeadRow)) == 1


async def test_words_without_a_contact_point_are_a_persons_task(
    own_form: Callable[[str], Services], clock: SettableClock, engine: AsyncEngine
) -> None:
    only_words = "form: contact\ntitle: Ask us\nsource: kiosk\nfields: [{name: question, label: What?}]\n"
    async with client_of(own_form(only_words), None) as client:
        page = await fill_in(Browser(client, clock), question="Hello?")
    assert page.heading == "Thank you"
    (lead,) = await rows(engine, LeadRow)
    assert (lead.ended, lead.question) == ("unreachable", "Hello?")


# A website that holds a copy.


async def test_a_copy_on_another_website_is_taken_and_leads_on_to_its_own_page(
    elsewhere: httpx.AsyncClient, own_form: Callable[[], Services], engine: AsyncEngine
) -> None:
    sheet = own_form().doors.forms.get("contact")
    assert sheet is not None
    posted = copied(sheet) | {"email": "ann@example.com", "attributes.size": "two & more", "consent.email": "yes"}
    for _ in range(2):
        sent = await elsewhere.post(FORM, data=posted)
        assert (sent.status_code, sent.headers["Location"]) == (303, "https://www.example.com/thanks")
    (lead,) = await rows(engine, LeadRow)
    assert (lead.source, lead.attributes) == ("our website", {"size": "two & more"})
    (consent,) = await rows(engine, ConsentRow)
    assert consent.source == "our website: https://www.example.com/ask?x=1"
    assert consent.wording == "Example Company may write to me."
    assert len(await rows(engine, FormSubmissionRow)) == 1


async def test_a_copy_says_what_is_to_be_mended_on_our_page(elsewhere: httpx.AsyncClient, own_form: Any) -> None:
    posted = copied(own_form().doors.forms.get("contact")) | {"email": "ann", "question": "Hello?"}
    page = Page(await elsewhere.post(FORM, data=posted))
    assert (page.status, "'ann' is no email address" in page.text) == (422, True)
    token = page.soup.find("input", {"name": "form_token"})
    assert isinstance(token, Tag)
    assert token["value"]


@pytest.mark.parametrize(
    ("headers", "changed"),
    [
        ({"Origin": "https://elsewhere.example.org"}, {}),
        ({"Origin": "https://www.example.com.evil.example"}, {}),
        ({"Origin": "https://["}, {}),
        ({}, {"form_key": "wrong"}),
        ({}, {"form_key": ""}),
    ],
)
async def test_a_form_that_is_not_ours_is_refused_with_all_that_was_written(
    elsewhere: httpx.AsyncClient, own_form: Any, engine: AsyncEngine, headers: dict[str, str], changed: dict[str, str]
) -> None:
    posted = copied(own_form().doors.forms.get("contact")) | {"email": "ann@example.com", "question": "Hello?"}
    page = Page(await elsewhere.post(FORM, data=posted | changed, headers=headers))
    assert (page.status, "not one of ours any more" in page.text) == (403, True)
    question = page.soup.find("textarea")
    assert isinstance(question, Tag)
    assert question.get_text(strip=True) == "Hello?"
    assert await rows(engine, FormSubmissionRow) == await rows(engine, LeadRow) == []


def test_a_copy_runs_no_script_and_loads_nothing(own_form: Callable[[], Services]) -> None:
    sheet = own_form().doors.forms.get("contact")
    assert sheet is not None
    soup = BeautifulSoup(snippet(sheet, COMPANY, key="k", base_url=LINKS.base_url), "html.parser")
    assert soup.find(["script", "link", "style", "img", "iframe"]) is None
    assert soup.find(attrs={"style": True}) is None
    for field in soup.find_all(["input", "select", "textarea"]):
        if field.get("type") != "hidden":
            assert soup.find("label", {"for": field["id"]}) is not None


# A program.


@pytest.mark.parametrize(
    ("charset", "name"), [("utf-7", b"A+2AA-nn"), ("unicode_escape", b"A\\ud800nn"), ("utf-16", b"Ann"), ("no", b"Ann")]
)
async def test_a_charset_of_the_callers_own_choice_breaks_nothing(
    browser: Browser, engine: AsyncEngine, charset: str, name: bytes
) -> None:
    page = await browser.open(FORM)
    written = fields_of(page.forms[0], None, **ANN)
    browser.clock.move_by(timedelta(seconds=20))
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (key.encode(), value)
        for key, value in {**{key: text.encode() for key, text in written.items()}, "name": name}.items()
    ]
    kind = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
    sent = Page(await browser.client.post(FORM, content=b"".join(parts) + b"--x--\r\n", headers=kind))
    assert sent.status in (200, 403)
    assert len(await rows(engine, LeadRow)) == (1 if sent.status == 200 else 0)


@pytest.mark.parametrize(
    ("after", "written", "why"),
    [
        (1.0, {}, "it was filled in within 1.0 seconds"),
        (20.0, {"homepage": "https://spam.example"}, "the field that no person sees was filled in"),
        (20.0, {"form_token": "123-456.abc"}, "its token is not one of ours"),
        (20.0, {"form_token": ""}, "no website of yours vouches for it"),
    ],
)
async def test_what_a_program_seems_to_have_sent_is_thanked_for_and_waits_for_a_person(
    browser: Browser, services: Services, engine: AsyncEngine, after: float, written: dict[str, str], why: str
) -> None:
    page = await browser.open(FORM)
    thanked = await browser.press(page, "Send", after=timedelta(seconds=after), **{**ANN, **written})
    assert (thanked.status, thanked.heading) == (200, "Thank you")
    assert await rows(engine, LeadRow) == []
    (waiting,), total = await services.inbound.waiting()
    assert (waiting.sender, waiting.recipient, total) == ("ann@example.com", "form contact", 1)
    assert waiting.subject == f"perhaps a program: {why}"
    assert "What would you like to know?: How much?" in waiting.text


async def test_a_form_that_was_suspected_in_vain_becomes_the_lead_that_it_is(
    browser: Browser, services: Services, engine: AsyncEngine, clock: SettableClock
) -> None:
    await browser.press(
        await browser.open(FORM),
        "Send",
        after=timedelta(seconds=1),
        **ANN,
        phone="+12125550123",
        **{"consent.sms": "yes"},
    )
    (waiting,), _ = await services.inbound.waiting()
    sent_at = clock()
    clock.move_by(timedelta(days=5))
    lead_id = await FormIntake(services).trust(waiting, "mia")
    (lead,) = await rows(engine, LeadRow)
    assert (lead.id, lead.question) == (lead_id, "How much?")
    (consent,) = await rows(engine, ConsentRow)
    assert (consent.contact, consent.address, consent.given_at) == ("+12125550123", "127.0.0.1", sent_at)
    (message,) = await rows(engine, InboundMessageRow)
    assert (message.lead_id, message.handled_by) == (lead_id, "mia")
    (submission,) = await rows(engine, FormSubmissionRow)
    assert (submission.lead_id, submission.sent, submission.sender) == (lead_id, None, None)
    with pytest.raises(NotKept):
        await FormIntake(services).trust(waiting, "mia")


async def test_a_suspected_form_whose_cadence_was_never_published_is_taken_all_the_same(
    own_form: Callable[[str], Services], clock: SettableClock, engine: AsyncEngine
) -> None:
    services = own_form(f"{OWN}cadence: no-such\n")
    async with client_of(services, None) as client:
        await fill_in(Browser(client, clock), email="ann@example.com", homepage="x")
    (waiting,), _ = await services.inbound.waiting()
    lead_id = await FormIntake(services).trust(waiting, "mia")
    assert [lead.id for lead in await rows(engine, LeadRow)] == [lead_id]


async def test_one_address_may_not_send_without_end(
    browser: Browser, engine: AsyncEngine, clock: SettableClock
) -> None:
    for number in range(MOST_FROM_ONE):
        await fill_in(browser, **{**ANN, "email": f"ann{number}@example.com"})
    busy = await fill_in(browser, **{**ANN, "email": "late@example.com"})
    assert (busy.status, busy.headers["Retry-After"]) == (429, "600")
    assert "Please wait ten minutes" in busy.text
    assert len(await rows(engine, LeadRow)) == MOST_FROM_ONE
    clock.move_by(timedelta(minutes=10))
    assert (await browser.press(busy, "Send")).heading == "Thank you"


async def test_what_programs_send_from_everywhere_is_bounded_too(
    browser: Browser, engine: AsyncEngine, clock: SettableClock
) -> None:
    async with engine.begin() as connection:
        for number in range(MOST_SUSPECTED):
            await connection.execute(
                FormSubmissionRow.__table__.insert().values(  # type: ignore[attr-defined]
                    id=func.gen_random_uuid(),
                    form="contact",
                    content=str(number),
                    address_digest=str(number),
                    received_at=clock(),
                    suspected="x",
                )
            )
    page = await browser.open(FORM)
    assert (await browser.press(page, "Send", **ANN, homepage="x")).status == 429
    assert (await browser.press(page, "Send", **ANN)).heading == "Thank you"


async def test_what_was_taken_is_forgotten_after_two_days_and_what_is_suspected_after_a_month(
    browser: Browser, engine: AsyncEngine, clock: SettableClock
) -> None:
    await fill_in(browser)
    await fill_in(browser, **ANN, homepage="x")
    clock.move_by(timedelta(days=3))
    await fill_in(browser, **{**ANN, "email": "bob@example.com"})
    assert sorted(one.suspected is None for one in await rows(engine, FormSubmissionRow)) == [False, True]
    clock.move_by(timedelta(days=31))
    await fill_in(browser, **{**ANN, "email": "carl@example.com"})
    assert [one.suspected for one in await rows(engine, FormSubmissionRow)] == [None]


# When something is wrong with us.


async def test_a_form_whose_file_became_wrong_is_taken_as_it_was_and_an_admin_is_told(
    own_form: Callable[..., Services], clock: SettableClock, engine: AsyncEngine
) -> None:
    async with client_of(own_form(), None) as client:
        browser = Browser(client, clock)
        page = await browser.open(FORM)
        own_form(OWN.replace("title:", "titel:"))
        assert (await browser.press(page, "Send", email="ann@example.com")).status == 303
    (alert,) = await rows(engine, AlertRow)
    assert (alert.subject, "unknown key `titel`" in alert.text) == ("forms/contact.yaml", True)


async def test_a_form_that_is_wrong_or_missing_says_so(
    own_form: Callable[[str], Services], clock: SettableClock
) -> None:
    async with client_of(own_form("form: contact\n"), None) as client:
        broken, missing = await client.get(FORM), await client.get(f"{LINKS.base_url}/forms/none")
        posted = await client.post(FORM, data=ANN)
    assert (broken.status_code, broken.headers["Retry-After"], posted.status_code) == (503, "600", 503)
    assert "This page is being mended" in broken.text
    assert (missing.status_code, "There is no such page" in missing.text) == (404, True)


async def test_a_cadence_that_was_never_published_costs_no_lead(
    own_form: Callable[[str], Services], clock: SettableClock, engine: AsyncEngine
) -> None:
    async with client_of(own_form(f"{OWN}cadence: no-such\n"), None) as client:
        page = await fill_in(Browser(client, clock), email="ann@example.com")
    assert page.status == 303
    (lead,) = await rows(engine, LeadRow)
    assert lead.cadence == "inbound-web"


async def test_a_lead_that_nobody_could_own_waits_in_the_inbox(
    browser: Browser, services: Services, engine: AsyncEngine, shelf: CadenceShelf
) -> None:
    async with engine.begin() as connection:
        await connection.execute(ColleagueRow.__table__.update().values(active=False))  # type: ignore[attr-defined]
    assert (await fill_in(browser)).heading == "Thank you"
    (waiting,), _ = await services.inbound.waiting()
    assert "could not be stored" in (waiting.subject or "")


async def test_a_body_that_is_no_form_or_too_long_is_refused(browser: Browser) -> None:
    assert (await browser.client.post(FORM, content=b"x=1", headers={"Content-Type": "text/plain"})).status_code == 403
    many = {f"f{number}": "x" for number in range(200)}
    assert (await browser.client.post(FORM, data=many)).status_code == 403
    assert (await browser.client.post(FORM, data={"question": "x" * 300_000})).status_code == 413


async def test_what_can_not_be_stored_is_left_out(browser: Browser, engine: AsyncEngine) -> None:
    await fill_in(browser, **{**ANN, "name": "An\0n", "question": "How\0 much?"})
    await fill_in(browser, **{**ANN, "email": "b\0ob@example.com", "homepage": "\0x"})
    (lead,) = await rows(engine, LeadRow)
    assert (lead.name, lead.question) == ("Ann", "How much?")


# The page.


async def test_the_page_lets_nothing_in_and_leads_only_where_it_says(
    own_form: Callable[[], Services], browser: Browser
) -> None:
    page = await browser.open(FORM)
    assert "form-action 'self';" in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.soup.find(["script", "link", "img", "iframe"]) is None
    assert page.soup.find(attrs={"style": True}) is None
    async with client_of(own_form(), None) as client:
        own = Page(await client.get(FORM))
    # Browsers ask the policy of the page with the form where a redirect leads to.
    assert "form-action 'self' https://www.example.com;" in own.headers["Content-Security-Policy"]
    privacy = own.soup.find("a", href="https://www.example.com/privacy")
    assert privacy is not None


async def test_the_page_is_for_everybody(browser: Browser, own_form: Callable[[], Services]) -> None:
    async with client_of(own_form(), None) as client:
        for page in (await browser.open(FORM), Page(await client.get(FORM))):
            assert len(page.soup.find_all("h1")) == 1
            identifiers = [str(each["id"]) for each in page.soup.find_all(id=True)]
            assert len(identifiers) == len(set(identifiers))
            for field in page.soup.find_all(["input", "select", "textarea"]):
                if field.get("type") == "hidden":
                    continue
                assert page.soup.find("label", {"for": field["id"]}) is not None
                for described in str(field.get("aria-describedby", "")).split():
                    assert described in identifiers
            honeypot = page.soup.find("input", {"name": "homepage"})
            assert isinstance(honeypot, Tag)
            assert (honeypot["tabindex"], honeypot["autocomplete"]) == ("-1", "off")
            parent = honeypot.find_parent("div")
            assert isinstance(parent, Tag)
            assert parent["aria-hidden"] == "true"
            email = page.soup.find("input", {"name": "email"})
            assert isinstance(email, Tag)
            assert (email["type"], email["autocomplete"], email.has_attr("required")) == ("email", "email", True)


async def test_opening_the_page_changes_nothing(browser: Browser, engine: AsyncEngine) -> None:
    await browser.open(FORM)
    assert (await browser.client.head(FORM)).status_code == 200
    assert await rows(engine, FormSubmissionRow) == []
