"""What is at hand for one lead: the library's words to its newest question, and whether it may be called."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.lead_desks import LeadDesks
from cadences.calling import MayCall
from leads.answers_in_force import AnswersInForce
from leads.capture import NewLead
from leads.playbook import Playbook
from tests.clocks import SettableClock
from tests.sample import COMPANY, KEY


@pytest.fixture
def desks(engine: AsyncEngine, shelf: CadenceShelf) -> LeadDesks:
    return LeadDesks(engine, shelf, COMPANY)


@pytest.fixture
def answering_intake(engine: AsyncEngine, shelf: CadenceShelf, cases: CaseStore) -> LeadIntake:
    """Questions are held against the shipped library."""
    answers = AnswersInForce(lambda: Playbook().files("answers"))
    return LeadIntake(engine, shelf, cases, COMPANY, KEY, answers=answers)


async def asked(intake: LeadIntake, question: str | None, clock: SettableClock) -> UUID:
    new = NewLead(email="ann@example.com", phone="+12125550123", name="Ann", question=question, owner="anna")
    return (await intake.capture(new, "test", clock())).lead_id


async def test_the_librarys_answer_to_the_newest_question_is_at_hand(
    desks: LeadDesks, answering_intake: LeadIntake, clock: SettableClock
) -> None:
    lead = await asked(answering_intake, "Where is my cat?", clock)
    first = await desks.of(lead, clock())
    assert first is not None
    assert (first.suggested, first.unanswered) == ((), ("Where is my cat?",))
    await asked(answering_intake, "Do your ovens run on single-phase power? Where is my cat?", clock)
    at_hand = await desks.of(lead, clock())
    assert at_hand is not None
    (answer,) = at_hand.suggested
    assert "single-phase" in answer.text
    assert at_hand.unanswered == ("Where is my cat?",)
    assert (at_hand.calling.may, at_hand.calling.number) == (MayCall.YES, "+12125550123")


async def test_a_lead_that_asked_nothing_has_no_suggestions(
    desks: LeadDesks, intake: LeadIntake, clock: SettableClock
) -> None:
    at_hand = await desks.of(await asked(intake, None, clock), clock())
    assert at_hand is not None
    assert (at_hand.suggested, at_hand.unanswered) == ((), ())


async def test_of_no_lead_nothing_is_at_hand(desks: LeadDesks, clock: SettableClock) -> None:
    assert await desks.of(uuid4(), clock()) is None
