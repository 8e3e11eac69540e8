"""Leads without a usable contact point: stored whole, known again by their words, completed by a person."""

import asyncio
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.rows import ContactPointRow, EnrollmentRow, LeadRow
from cadences.incomplete import contacts_found
from cadences.refusals import CommandRefused
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskKind
from leads.capture import NewLead
from leads.contract import CommandKind
from leads.model import ContactKind, Ending, Stage
from leads.normalising import new_lead
from tests.adapters.clinic import Clinic
from tests.clocks import SettableClock

WORDS = new_lead(region="US", name="Ann", question="How much?", owner="anna")
FROM_A_FILE = NewLead(name="Ann", words="name: Ann\nHandy: 0171 23", asked_now=False, owner="anna")


async def leads(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(LeadRow)) or 0)


async def close(cases: CaseStore, lead_id: UUID, clock: SettableClock) -> None:
    async with cases.open(lead_id, clock()) as opened:
        (task,) = opened.case.open_tasks
        lost = complete_task(opened.case, task_id=task.id, outcome=Outcome.LOST, by="anna", note=None, now=clock())
        await opened.save(lost, CommandKind.COMPLETE_TASK)


async def test_words_are_enough_for_a_lead(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    captured = await intake.capture(WORDS, by="test", now=clock())
    assert (captured.created, captured.enrolled, captured.incomplete) == (True, False, True)
    async with cases.open(captured.lead_id, clock()) as opened:
        case, plan = opened.case, opened.plan
    (task,) = case.open_tasks
    assert (case.enrollment.ended, case.lead.stage, case.lead.contacts) == (Ending.UNREACHABLE, Stage.NEW, ())
    assert (task.kind, task.text.endswith("name: Ann\nquestion: How much?")) == (TaskKind.FIND_CONTACT, True)
    assert plan.wake is not None
    async with engine.connect() as connection:
        row = (await connection.execute(select(LeadRow.ended, LeadRow.ended_at, LeadRow.wake_at))).one()
        assert tuple(row) == ("unreachable", clock(), plan.wake.at)
        assert await connection.scalar(select(EnrollmentRow.ended)) == "unreachable"


async def test_the_very_same_words_at_once_make_one_lead(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    captured = await asyncio.gather(*(intake.capture(WORDS, by="test", now=clock()) for _ in range(8)))
    assert len({one.lead_id for one in captured}) == 1
    assert sum(one.created for one in captured) == 1
    other = await intake.capture(new_lead(region="US", name="Ann", question="How fast?"), by="test", now=clock())
    assert other.created
    assert await leads(engine) == 2


async def test_the_same_words_after_the_lead_was_closed_are_a_lead_again_but_for_a_file(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    for new, made in ((WORDS, True), (FROM_A_FILE, False)):
        first = await intake.capture(new, by="test", now=clock())
        await close(cases, first.lead_id, clock)
        again = await intake.capture(new, by="test", now=clock())
        assert again.created is made
    assert await leads(engine) == 3


async def test_an_incomplete_lead_is_no_finding_of_the_doctor_from_the_first_day_to_the_last(clinic: Clinic) -> None:
    first = await clinic.incomplete()
    second = await clinic.incomplete()
    assert (await clinic.check())[1] == []
    await clinic.act(first)
    await clinic.act(second)
    assert [task.escalations for task in (await clinic.case(first)).open_tasks] == [1]
    await clinic.find_contact(first, "ann@example.com")
    await clinic.complete(first, Outcome.DONE)
    await clinic.complete(second, Outcome.LOST)
    assert (await clinic.check())[1] == []
    assert (await clinic.plan(first)).next_touch == "email answer-the-question"
    assert (await clinic.plan(second)).wake is None


async def test_somebody_found_an_address_while_the_person_comes_in_with_it(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    """Whichever comes first, nobody fails for the other, and the address is one lead's."""

    async def add(lead_id: UUID, email: str) -> bool:
        try:
            async with cases.open(lead_id, clock(), contacts=[email]) as opened:
                points = await opened.found_points([(ContactKind.EMAIL, email)])
                await opened.save(contacts_found(opened.case, points, clock()), CommandKind.PLAN_CHANGED)
        except CommandRefused:
            return False
        return True

    for number in range(10):
        email = f"ann{number}@example.com"
        waiting = await intake.capture(NewLead(name=f"Ann {number}", words=email), by="test", now=clock())
        clock.move_by(timedelta(minutes=1))
        added, captured = await asyncio.gather(
            add(waiting.lead_id, email), intake.capture(NewLead(email=email), by="test", now=clock())
        )
        assert captured.created is not added
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(ContactPointRow)) == 10
