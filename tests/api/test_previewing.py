"""Previews for leads that there are: as if they came in now, and nothing is changed by looking."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cases import UnknownLead
from adapters.db.rows import LeadRow, TouchRow
from api.previewing import Asked, CadencePreview, answers_in
from api.services import Services
from cadences.bundle import CadenceBundle
from cadences.drafts import draft_of
from cadences.hearing import lead_opted_out
from cadences.library import shipped
from cadences.preview_messages import Written
from cadences.templating import TemplateMistake
from leads.answer_sheets import AnswerLibrary, AnswerSheet
from leads.answering import AnswerDesk
from leads.capture import NewConsent, NewLead
from leads.contract import CommandKind
from leads.model import Channel, LeadKind
from leads.sheets import sheet_of
from tests.clocks import SettableClock
from tests.leads.test_answer_lint import GOOD

INBOUND = next(bundle for bundle in shipped() if bundle.name == "inbound-web")
OUTBOUND = next(bundle for bundle in shipped() if bundle.name == "outbound-qualified")


@pytest.fixture
def previews(services: Services) -> CadencePreview:
    return CadencePreview(services)


async def captured(services: Services, clock: SettableClock, **values: object) -> UUID:
    given = {"name": "Kenji Mori", "email": "kenji@example.com", "zone": "Pacific/Honolulu", **values}
    return (await services.intake.capture(NewLead(**given), by="test", now=clock())).lead_id  # type: ignore[arg-type]


async def revisions(engine: AsyncEngine) -> list[int]:
    async with engine.connect() as connection:
        touches = await connection.scalar(select(func.count()).select_from(TouchRow))
        return [*(await connection.execute(select(LeadRow.revision))).scalars(), touches or 0]


async def test_a_lead_that_there_is_comes_in_now_on_its_own_clock(
    previews: CadencePreview, services: Services, engine: AsyncEngine, clock: SettableClock
) -> None:
    lead_id = await captured(services, clock, question="Do you deliver to Boston?")
    before = await revisions(engine)
    seen = await previews.play(INBOUND, str(lead_id))
    assert seen.touches[0].at == clock()
    assert f"{seen.touches[0].local:%H:%M %Z}" == "05:00 HST"
    assert [touch.step_id for touch in seen.touches[:3]] == ["answer-the-question", "first-call", "checking-in"]
    email = await previews.written(seen, 1)
    assert isinstance(email, Written)
    assert email.message is not None
    assert "Hi Kenji" in email.message.text
    # What the library says to the question is in the email, as it would be.
    assert "United States" in email.message.text
    assert await revisions(engine) == before


async def test_who_stopped_us_hears_nothing(previews: CadencePreview, services: Services, clock: SettableClock) -> None:
    lead_id = await captured(services, clock)
    async with services.cases.open(lead_id, clock()) as opened:
        stopped = lead_opted_out(opened.case, why="asked us to", now=clock())
        await opened.save(stopped, CommandKind.LEAD_OPTED_OUT)
    seen = await previews.play(INBOUND, str(lead_id))
    assert {touch.channel for touch in seen.touches} <= {Channel.TASK}


async def test_somebody_made_up_is_of_the_kind_that_the_cadence_is_for(previews: CadencePreview) -> None:
    seen = await previews.play(OUTBOUND, "complete")
    assert (seen.lead.kind, seen.is_meant_for) == (LeadKind.OUTBOUND, True)
    assert [touch.content for touch in seen.touches][:2] == ["introduction", "introduction-call"]


async def test_consents_and_words_of_an_edited_cadence_count(
    previews: CadencePreview, services: Services, clock: SettableClock
) -> None:
    phone = "+18085550115"
    consent = NewConsent(Channel.SMS, phone, "Yes, you may text me.", "form", "web form")
    lead_id = await captured(services, clock, phone=phone, consents=(consent,))
    draft = draft_of(INBOUND).with_file("templates/sms/quick-note.txt", "Aloha {{ first_name }}!")
    seen = await previews.play(draft.bundle, str(lead_id))
    number = next(touch.number for touch in seen.touches if touch.channel is Channel.SMS)
    text = await previews.written(seen, number)
    assert isinstance(text, Written)
    assert text.message is not None
    assert text.message.text == "Example Company: Aloha Kenji! Reply STOP to opt out."


async def test_a_template_that_fails_for_this_lead_is_said_with_its_line(
    previews: CadencePreview, services: Services, clock: SettableClock
) -> None:
    lead_id = await captured(services, clock)
    broken = {**INBOUND.templates, "email/answer-the-question.md": "---\nsubject: x\n---\nHi\n{{ company }}\n"}
    bundle = CadenceBundle(INBOUND.name, INBOUND.text, broken)
    mistake = await previews.written(await previews.play(bundle, str(lead_id)), 1)
    assert isinstance(mistake, TemplateMistake)
    assert (mistake.line, mistake.message) == (5, "this lead has no `company`, and it has no default")


async def test_a_lead_that_is_not_there_is_said_to_be_so(previews: CadencePreview) -> None:
    with pytest.raises(UnknownLead):
        await previews.play(INBOUND, str(uuid4()))


async def test_a_question_is_answered_by_a_library_that_is_not_in_force_yet(
    previews: CadencePreview, services: Services, clock: SettableClock
) -> None:
    lead_id = await captured(services, clock, question="Do you sell flour?", phone="+18085550115")
    sheet = sheet_of(AnswerSheet, GOOD.replace("Yes, to every address.", "Only to *Salem*."), "delivery.yaml")
    asked = Asked("Do you deliver to Boston?", AnswerDesk(AnswerLibrary((sheet,))))
    seen = await previews.play(INBOUND, str(lead_id), asked=asked, touches=3)
    said = {touch.step_id: answers_in(seen, touch) for touch in seen.touches}
    assert said == {"answer-the-question": True, "first-call": True, "checking-in": False}
    email = await previews.written(seen, 1)
    assert isinstance(email, Written)
    assert email.message is not None
    assert "> Do you deliver to Boston?" in email.message.text
    assert "Only to Salem." in email.message.text
    assert "Only to <em>Salem</em>." in email.message.html


async def test_cadences_for_people_who_ask_say_what_the_library_answers(
    previews: CadencePreview, services: Services, clock: SettableClock
) -> None:
    for bundle in shipped():
        await services.shelf.publish(bundle, clock())
    assert [bundle.name for bundle in await previews.answering()] == ["inbound-web"]
