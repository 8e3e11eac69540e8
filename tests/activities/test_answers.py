"""From a captured question to the email that answers it, on the real database, with the real activities and outbox."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.messages import MessageActivities
from activities.tasks import TaskActivities
from adapters.db.absences import Absences
from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.dossier import Dossiers
from adapters.db.erasure import Erasure
from adapters.db.inquiries import Inquiries
from adapters.db.reading import Reading
from adapters.db.rows import ColleagueRow, InquiryRow, OutboxRow, TaskRow
from adapters.providers.local_outbox import LocalOutbox
from cadences import commands
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome
from leads.absences import Absence
from leads.answers_in_force import AnswersInForce
from leads.capture import NewLead
from leads.contract import CommandKind, WakeKind
from leads.model import Channel
from leads.playbook import Playbook
from runtime import sample
from tests.activities.desk import Desk
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.sample import COMPANY, KEY

Capture = Callable[..., Awaitable[Desk]]
NORA = "nora@example.com"


@pytest.fixture
def intake(engine: AsyncEngine, shelf: CadenceShelf, cases: CaseStore) -> LeadIntake:
    """Captures with the sample business's answers."""
    answers = AnswersInForce(lambda: Playbook().files("answers"))
    return LeadIntake(engine, shelf, cases, COMPANY, KEY, answers=answers)


@pytest.fixture
def capture(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> Capture:
    """Capture a question (it is Friday, 10:00 in New York), and take a desk at its lead, with the local outbox."""

    async def captured(question: str | None, **more: Any) -> Desk:
        new = NewLead(**{"name": "Nora Lind", "email": NORA, "owner": "anna", "question": question, **more})
        desk = Desk(engine, cases, clock, (await intake.capture(new, by="test", now=clock())).lead_id)
        outbox = LocalOutbox(engine, clock)
        desk.activities = MessageActivities(cases, outbox, outbox, LINKS, clock)
        return desk

    return captured


async def sent(desk: Desk) -> str:
    """Send what is due, which is the first email, and read it in the outbox."""
    step = await desk.step()
    assert step.kind is WakeKind.SEND_EMAIL
    await desk.activities.send_email(step)
    async with desk.engine.connect() as connection:
        found = await connection.execute(
            select(OutboxRow.text, OutboxRow.html).where(OutboxRow.lead_id == desk.lead_id)
        )
        text, html = found.one()
    assert "Kind regards" in html
    return str(text)


async def open_tasks(desk: Desk) -> list[Any]:
    async with desk.engine.connect() as connection:
        found = await connection.execute(
            select(TaskRow.__table__).where(TaskRow.lead_id == desk.lead_id, TaskRow.state == "open")
        )
        return list(found.all())


async def inquiries(desk: Desk) -> list[Any]:
    async with desk.engine.connect() as connection:
        found = await connection.execute(
            select(InquiryRow.__table__).where(InquiryRow.lead_id == desk.lead_id).order_by(InquiryRow.asked_at)
        )
        return list(found.all())


async def test_the_readmes_question_is_answered_in_the_first_email(capture: Capture) -> None:
    desk = await capture("Do you deliver to Boston?")
    text = await sent(desk)
    assert "Where we deliver\n\nYes, we deliver to every address in the United States" in text
    assert "Delivery areas and days <https://www.example.com/delivery>" in text
    assert "Prices" not in text
    assert await open_tasks(desk) == []
    (asked,) = await inquiries(desk)
    assert ([found["id"] for found in asked.answers], asked.unanswered, asked.topic) == (
        ["delivery-area"],
        [],
        "delivery",
    )


async def test_several_questions_get_several_answers(capture: Capture) -> None:
    text = await sent(await capture(sample.LEADS[0].question))
    assert "single-phase 208 or 240 volts" in text
    assert "A one-deck oven is $4,900" in text


async def test_an_expert_who_is_away_is_not_waited_for(capture: Capture, engine: AsyncEngine) -> None:
    """It is Friday 20 November; the email would promise an answer by somebody who is back in a week."""
    away = Absence(first_day=date(2026, 11, 20), last_day=date(2026, 11, 27))
    await Absences(engine, COMPANY).add("ben", away, datetime(2026, 11, 20, 15, tzinfo=UTC))
    (task,) = await open_tasks(await capture("How long is the warranty? And can the oven be painted red?"))
    assert (task.kind, task.owner) == ("question", "anna")


async def test_some_are_answered_and_the_expert_has_the_rest(capture: Capture) -> None:
    desk = await capture("How long is the warranty? And can the oven be painted red?")
    (task,) = await open_tasks(desk)
    # Nothing comes near to paint, so it is the topic of the other question that names the expert.
    assert (task.kind, task.owner, task.due_at - task.created_at) == ("question", "ben", timedelta(minutes=30))
    assert "Left to answer:\n- can the oven be painted red?" in task.text
    text = await sent(desk)
    assert "3 years of warranty on parts" in text
    assert "answers you today before 10:30 am:\n\n> can the oven be painted red?" in text


async def test_none_is_answered_and_the_email_goes_out_at_once_with_a_time(capture: Capture) -> None:
    desk = await capture("Could you repair my dishwasher?")
    (task,) = await open_tasks(desk)
    assert (task.owner, task.text) == ("ben", "Could you repair my dishwasher?")
    text = await sent(desk)
    assert "the person here who knows this best answers you today before 10:30 am." in text
    assert "warranty" not in text


async def test_the_time_is_on_the_leads_own_clock(capture: Capture) -> None:
    text = await sent(await capture("Can the oven be painted red?", zone="America/Los_Angeles"))
    # It is 07:00 there, and 10:00 here, where the colleague is at work.
    assert "answers you today before 7:30 am" in text


async def test_without_a_question_nothing_is_looked_up(capture: Capture) -> None:
    desk = await capture(None)
    assert await open_tasks(desk) == []
    assert "what you would like to know" in await sent(desk)


async def test_an_expert_who_left_is_passed_over(engine: AsyncEngine, capture: Capture) -> None:
    async with engine.begin() as connection:
        await connection.execute(update(ColleagueRow).where(ColleagueRow.id == "ben").values(active=False))
    (task,) = await open_tasks(await capture("Could you repair my dishwasher?"))
    assert task.owner == "anna"  # service names ben, then anna


async def test_a_question_about_nothing_we_know_goes_to_the_owner(capture: Capture) -> None:
    (task,) = await open_tasks(await capture("Who won the game last night?", owner="mia"))
    assert task.owner == "mia"


async def test_what_was_found_stays_what_was_decided(
    engine: AsyncEngine, shelf: CadenceShelf, cases: CaseStore, capture: Capture
) -> None:
    desk = await capture("Do you deliver to Boston?")
    # The answers are changed, or gone, before the email goes out; this process never reads them anyway.
    (asked,) = await inquiries(desk)
    assert asked.answers[0]["text"].startswith("Yes, we deliver to every address")
    assert "Yes, we deliver to every address" in await sent(desk)


async def test_an_unanswered_question_is_escalated_and_then_holds_the_machine(
    capture: Capture, clock: SettableClock
) -> None:
    desk = await capture("Can the oven be painted red?")
    await sent(desk)
    await TaskActivities(desk.cases, clock).create_task(await desk.step())  # nobody can be called
    clock.move_by(timedelta(minutes=30))
    step = await desk.step()
    assert step.kind is WakeKind.SEE_TO_OVERDUE
    plan = await TaskActivities(desk.cases, clock).see_to_overdue(step)
    (task,) = [one for one in await open_tasks(desk) if one.kind == "question"]
    assert (task.escalated_to, plan.hold) == ("mia", "reply")


async def test_a_persons_answer_is_noted_at_the_question_and_shown(capture: Capture, clock: SettableClock) -> None:
    desk = await capture("Can the oven be painted red?")
    await sent(desk)
    clock.move_by(timedelta(minutes=20))
    (task,) = await open_tasks(desk)
    await desk.say(
        CommandKind.COMPLETE_TASK,
        lambda case, now: complete_task(
            case, task_id=task.id, outcome=Outcome.ANSWERED, by="ben", note="Yes, in any colour.", now=now
        ),
    )
    (asked,) = await inquiries(desk)
    assert (asked.answered_at, asked.answered_by, asked.answered_note) == (clock(), "ben", "Yes, in any colour.")
    view = await Reading(desk.engine).lead(desk.lead_id, COMPANY, clock())
    assert view is not None
    (question,) = view.questions
    assert (question.unanswered, question.answered_by) == (["Can the oven be painted red?"], "ben")


async def test_a_known_person_asking_anew_gets_a_suggestion_to_the_colleague_and_no_email(
    capture: Capture, clock: SettableClock
) -> None:
    desk = await capture("Do you deliver to Boston?")
    await sent(desk)
    clock.move_by(timedelta(minutes=5))
    await capture("How long is the warranty?")
    (task,) = [one for one in await open_tasks(desk) if one.kind == "question"]
    assert (task.owner, task.title) == ("anna", "answer the new question")
    assert "Suggested answer: Warranty\nEvery oven has 3 years" in task.text
    assert (await desk.plan()).hold == "reply"
    assert [[found["id"] for found in one.answers] for one in await inquiries(desk)] == [
        ["delivery-area"],
        ["warranty"],
    ]


async def test_after_a_no_the_answer_is_only_suggested(capture: Capture, clock: SettableClock) -> None:
    desk = await capture("Do you deliver to Boston?")
    await sent(desk)
    await desk.say_no()
    clock.move_by(timedelta(days=40))
    await capture("How long is the warranty?")
    (task,) = await open_tasks(desk)
    assert "Suggested answer: Warranty" in task.text
    assert (await desk.plan()).next_touch is None


async def test_who_comes_back_after_an_ending_is_answered_again(capture: Capture, clock: SettableClock) -> None:
    desk = await capture("Do you deliver to Boston?")
    await sent(desk)

    def won(case: Any, now: Any) -> Any:
        case = commands.record_answer(case, answer="yes", by="anna", note=None, now=now)
        (task,) = case.open_tasks
        return complete_task(case, task_id=task.id, outcome=Outcome.WON, by="anna", note=None, now=now)

    await desk.say(CommandKind.RECORD_ANSWER, won)
    clock.move_by(timedelta(days=40))
    await capture("How long is the warranty?")
    async with desk.cases.open(desk.lead_id, clock()) as opened:
        found = opened.case.lead.inquiry
    assert found is not None
    assert [answer.id for answer in found.answers] == ["warranty"]


async def test_answers_of_one_enrollment_are_not_those_of_the_next(capture: Capture, clock: SettableClock) -> None:
    desk = await capture("Do you deliver to Boston?")
    await sent(desk)

    async with desk.cases.open(desk.lead_id, clock()) as opened:
        later = await opened.cadence("not-now")
        case = commands.not_now(
            opened.case,
            until=clock() + timedelta(days=90),
            cadence=later.cadence,
            version=later.version,
            by="anna",
            note=None,
            now=clock(),
        )
        await opened.save(case, CommandKind.NOT_NOW, by="anna")
    async with desk.cases.open(desk.lead_id, clock()) as opened:
        assert opened.case.lead.inquiry is None


async def test_what_nobody_could_answer_is_reported_with_how_people_did(
    engine: AsyncEngine, capture: Capture, clock: SettableClock
) -> None:
    desk = await capture("Can the oven be painted red?")
    await desk.say(
        CommandKind.LOG_PERSONAL_TOUCH,
        lambda case, now: commands.log_personal_touch(
            case, channel=Channel.CALL, touched_at=now, by="ben", note="Any colour, for $200.", now=now
        ),
    )
    clock.move_by(timedelta(hours=1))
    second = await capture("Can an oven be painted in red?", email="olga@example.com")
    await capture("Do you sell flour?", email="paul@example.com")
    await capture("Do you deliver to Boston?", email="rita@example.com")

    found = await Inquiries(engine).unanswered()
    assert (found.messages, found.left_out) == (3, 0)
    red, flour = found.groups
    assert (red.question, red.count, red.answered, red.leads) == (
        "Can an oven be painted in red?",
        2,
        1,
        (second.lead_id, desk.lead_id),
    )
    assert [(given.by, given.note) for given in red.given] == [("ben", "Any colour, for $200.")]
    assert (flour.question, flour.count, flour.answered) == ("Do you sell flour?", 1, 0)

    uses = await Inquiries(engine).uses()
    assert {name: one.times for name, one in uses.items()} == {"delivery-area": 1}


async def test_all_of_it_is_shown_to_the_person_and_erased_with_it(
    engine: AsyncEngine, capture: Capture, clock: SettableClock
) -> None:
    desk = await capture("Do you deliver to Boston? And can the oven be painted red?")
    dossier = await Dossiers(engine, KEY).of(desk.lead_id, clock())
    assert dossier is not None
    (asked,) = dossier["inquiries"]
    assert asked["answers"][0]["id"] == "delivery-area"
    assert asked["unanswered"] == ["can the oven be painted red?"]
    await Erasure(engine, KEY).erase(desk.lead_id, "test", clock())
    assert await inquiries(desk) == []


async def test_two_leads_in_the_same_second_get_each_its_own_answer(capture: Capture) -> None:
    one = await capture("Do you deliver to Boston?")
    other = await capture("How long is the warranty?", email="olga@example.com")
    assert "Where we deliver" in await sent(one)
    text = await sent(other)
    assert "Warranty" in text
    assert "Where we deliver" not in text


async def test_a_lead_with_only_a_phone_has_the_answers_in_its_call(capture: Capture, clock: SettableClock) -> None:
    desk = await capture("Please call me about your service contract.", email=None, phone="+12125550111")
    step = await desk.step()
    assert step.kind is WakeKind.CREATE_CALL_TASK
    await TaskActivities(desk.cases, clock).create_call_task(step)
    (task,) = await open_tasks(desk)
    assert "The service contract is $360 a year" in task.text
