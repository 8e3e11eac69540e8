"""Capture: one person is one lead, whatever comes in, in whatever order, and nobody asks in vain."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.alerts import Alert, AlertKind, Alerts
from adapters.db.cadences import CadenceShelf, UnknownCadence
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.rows import CommandRow, EnrollmentRow, InquiryRow, LeadRow
from cadences import commands, hearing
from cadences.case import Case
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskKind
from leads.answers_in_force import AnswersInForce
from leads.capture import CaptureRefused, NewConsent, NewLead
from leads.contract import CommandKind
from leads.model import Channel, Ending, LeadKind, Stage
from tests.clocks import SettableClock
from tests.leads.test_answer_lint import GOOD
from tests.sample import COMPANY, KEY

PHONE = "+12125550111"
PRIYA = NewLead(name="Priya", email="priya@example.com", question="How much?", owner="anna")


async def count(engine: AsyncEngine, table: Any) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


async def case_of(cases: CaseStore, lead_id: UUID, clock: SettableClock) -> Case:
    async with cases.open(lead_id, clock()) as opened:
        return opened.case


async def say_no(cases: CaseStore, lead_id: UUID, clock: SettableClock) -> None:
    async with cases.open(lead_id, clock()) as opened:
        no = commands.record_answer(opened.case, answer="no", by="anna", note=None, now=clock())
        await opened.save(no, CommandKind.RECORD_ANSWER)


async def test_the_same_person_again_with_nothing_new_changes_nothing(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    first = await intake.capture(PRIYA, by="test", now=clock())
    second = await intake.capture(PRIYA, by="test", now=clock())
    assert (second.lead_id, second.created, second.enrolled) == (first.lead_id, False, False)
    assert [await count(engine, table) for table in (LeadRow, InquiryRow, CommandRow)] == [1, 1, 1]


async def test_ten_captures_of_one_person_at_once_make_one_lead(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    captured = await asyncio.gather(*(intake.capture(PRIYA, by="test", now=clock()) for _ in range(10)))
    assert len({one.lead_id for one in captured}) == 1
    assert sum(one.created for one in captured) == 1
    assert await count(engine, LeadRow) == 1


async def test_a_new_question_of_an_active_lead_holds_for_a_person(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    first = await intake.capture(PRIYA, by="test", now=clock())
    clock.move_by(timedelta(hours=1))
    again = NewLead(email="priya@example.com", question="And how fast?")
    await intake.capture(again, by="test", now=clock())

    case = await case_of(cases, first.lead_id, clock)
    assert case.lead.question == "And how fast?"
    assert TaskKind.QUESTION in {task.kind for task in case.open_tasks}
    assert case.enrollment.hold is not None


async def test_a_phone_and_a_consent_that_come_later_are_added_and_planned_with(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    first = await intake.capture(PRIYA, by="test", now=clock())
    more = NewLead(
        email="priya@example.com",
        phone=PHONE,
        company="Bakery",
        consents=(NewConsent(Channel.SMS, PHONE, "You may.", "checkbox", "form"),),
    )
    again = await intake.capture(more, by="test", now=clock())
    assert not again.created
    lead = (await case_of(cases, first.lead_id, clock)).lead
    assert lead.phone == PHONE
    assert lead.company == "Bakery"
    assert lead.consents_to(Channel.SMS)


async def test_after_a_no_only_the_question_is_answered_by_a_person(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    first = await intake.capture(PRIYA, by="test", now=clock())
    await say_no(cases, first.lead_id, clock)
    clock.move_by(timedelta(days=40))
    again = await intake.capture(NewLead(email="priya@example.com", question="Still open?"), by="test", now=clock())

    assert again.enrolled
    case = await case_of(cases, first.lead_id, clock)
    assert case.enrollment.question_only
    assert case.enrollment.next is None
    (task,) = case.open_tasks
    assert (task.kind, task.owner) == (TaskKind.QUESTION, "anna")

    async with cases.open(first.lead_id, clock()) as opened:
        answered = complete_task(
            opened.case, task_id=task.id, outcome=Outcome.ANSWERED, by="anna", note=None, now=clock()
        )
        await opened.save(answered, CommandKind.COMPLETE_TASK)
    case = await case_of(cases, first.lead_id, clock)
    assert case.enrollment.ended is Ending.ANSWERED
    assert not case.open_tasks


async def test_prospecting_never_begins_anew_after_a_no(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    first = await intake.capture(PRIYA, by="test", now=clock())
    await say_no(cases, first.lead_id, clock)
    found = NewLead(kind=LeadKind.OUTBOUND, email="priya@example.com", phone=PHONE, name="P.")
    again = await intake.capture(found, by="test", now=clock())
    assert not again.enrolled
    assert await count(engine, EnrollmentRow) == 1
    assert (await case_of(cases, first.lead_id, clock)).enrollment.ended is Ending.NO


async def test_after_a_won_hand_over_a_new_question_begins_anew(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    first = await intake.capture(PRIYA, by="test", now=clock())
    async with cases.open(first.lead_id, clock()) as opened:
        yes = commands.record_answer(opened.case, answer="yes", by="anna", note=None, now=clock())
        won = complete_task(yes, task_id=yes.open_tasks[0].id, outcome=Outcome.WON, by="anna", note=None, now=clock())
        await opened.save(won, CommandKind.COMPLETE_TASK)
    clock.move_by(timedelta(days=300))
    again = await intake.capture(NewLead(email="priya@example.com", question="One more?"), by="test", now=clock())
    assert again.enrolled
    case = await case_of(cases, first.lead_id, clock)
    assert case.lead.stage is Stage.NEW
    assert case.enrollment.next is not None
    assert case.enrollment.next.step.step_id == "answer-the-question"


async def test_a_question_during_the_hand_over_goes_to_its_owner(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    first = await intake.capture(PRIYA, by="test", now=clock())
    async with cases.open(first.lead_id, clock()) as opened:
        yes = commands.record_answer(opened.case, answer="yes", by="anna", note=None, now=clock())
        await opened.save(yes, CommandKind.RECORD_ANSWER)
    again = await intake.capture(NewLead(email="priya@example.com", question="When?"), by="test", now=clock())
    assert not again.enrolled
    case = await case_of(cases, first.lead_id, clock)
    assert {task.kind for task in case.open_tasks} == {TaskKind.HAND_OVER, TaskKind.QUESTION}


async def test_a_suppressed_address_is_never_used_again_under_any_lead(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    first = await intake.capture(PRIYA, by="test", now=clock())
    async with cases.open(first.lead_id, clock()) as opened:
        out = hearing.lead_opted_out(opened.case, why="STOP", now=clock())
        await opened.save(out, CommandKind.LEAD_OPTED_OUT)
    # The lead itself is gone (erased, say); the list still knows the address.
    async with engine.begin() as connection:
        await connection.execute(delete(LeadRow).where(LeadRow.id == first.lead_id))
    with pytest.raises(CaptureRefused, match="stopped all messages"):
        await intake.capture(NewLead(kind=LeadKind.OUTBOUND, email="priya@example.com"), by="test", now=clock())
    again = await intake.capture(PRIYA, by="test", now=clock())
    case = await case_of(cases, again.lead_id, clock)
    assert case.enrollment.question_only
    assert case.enrollment.next is None


async def test_who_stopped_us_and_was_erased_is_not_reached_by_another_number(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    first = await intake.capture(PRIYA, by="test", now=clock())
    async with cases.open(first.lead_id, clock()) as opened:
        out = hearing.lead_opted_out(opened.case, why="STOP", now=clock())
        await opened.save(out, CommandKind.LEAD_OPTED_OUT)
    async with engine.begin() as connection:
        await connection.execute(delete(LeadRow).where(LeadRow.id == first.lead_id))
    with pytest.raises(CaptureRefused, match="stopped all messages"):
        await intake.capture(replace(PRIYA, phone=PHONE, kind=LeadKind.OUTBOUND), by="test", now=clock())
    again = await intake.capture(replace(PRIYA, phone=PHONE), by="test", now=clock())
    case = await case_of(cases, again.lead_id, clock)
    assert (case.enrollment.question_only, case.enrollment.next) == (True, None)
    assert [task.kind for task in case.open_tasks] == [TaskKind.QUESTION]


async def test_leads_go_to_the_reps_in_turn(cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> None:
    owners = []
    for number in range(4):
        clock.move_by(timedelta(seconds=1))
        captured = await intake.capture(NewLead(email=f"{number}@example.com"), by="test", now=clock())
        owners.append((await case_of(cases, captured.lead_id, clock)).lead.owner.id)
    assert owners == ["anna", "ben", "anna", "ben"]


async def test_what_can_not_be_stored_stores_nothing(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    with pytest.raises(CaptureRefused, match="an email address, a phone number or words"):
        await intake.capture(NewLead(source="fair"), by="test", now=clock())
    with pytest.raises(UnknownCadence):
        await intake.capture(NewLead(email="a@example.com", cadence="no-such"), by="test", now=clock())
    with pytest.raises(CaptureRefused, match="no active colleague"):
        await intake.capture(NewLead(email="a@example.com", owner="zoe"), by="test", now=clock())
    assert await count(engine, LeadRow) == 0


async def lost(cases: CaseStore, lead_id: UUID, clock: SettableClock) -> None:
    """The lead said yes, and its hand-over was closed without an order."""
    async with cases.open(lead_id, clock()) as opened:
        yes = commands.record_answer(opened.case, answer="yes", by="anna", note=None, now=clock())
        gone = complete_task(yes, task_id=yes.open_tasks[0].id, outcome=Outcome.LOST, by="anna", note=None, now=clock())
        await opened.save(gone, CommandKind.COMPLETE_TASK)


async def test_the_same_words_a_week_later_are_a_new_question(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    """Asked by the person; a file that has them once more asks nothing."""
    first = await intake.capture(PRIYA, by="test", now=clock())
    for days, new, kinds in (
        (6, PRIYA, set()),
        (2, replace(PRIYA, asked_now=False), set()),
        (0, PRIYA, {TaskKind.QUESTION}),
    ):
        clock.move_by(timedelta(days=days))
        assert not (await intake.capture(new, by="test", now=clock())).enrolled
        case = await case_of(cases, first.lead_id, clock)
        assert {task.kind for task in case.open_tasks} == kinds


async def test_the_same_words_again_after_an_ending_are_a_new_question(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    first = await intake.capture(PRIYA, by="test", now=clock())
    await lost(cases, first.lead_id, clock)
    clock.move_by(timedelta(days=400))
    assert (await intake.capture(PRIYA, by="test", now=clock())).enrolled
    assert not (await intake.capture(PRIYA, by="test", now=clock())).enrolled


async def test_who_comes_in_again_without_a_question_is_not_ignored(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    first = await intake.capture(PRIYA, by="test", now=clock())
    await say_no(cases, first.lead_id, clock)
    clock.move_by(timedelta(days=400))
    assert (await intake.capture(NewLead(email="priya@example.com"), by="test", now=clock())).enrolled
    assert (await case_of(cases, first.lead_id, clock)).enrollment.question_only


async def test_a_file_that_is_run_again_asks_nothing_anew(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    row = replace(PRIYA, asked_now=False)
    first = await intake.capture(row, by="enroll", now=clock())
    await say_no(cases, first.lead_id, clock)
    clock.move_by(timedelta(days=400))
    for again in (row, replace(row, phone=PHONE)):
        assert not (await intake.capture(again, by="enroll", now=clock())).enrolled
    assert await count(engine, EnrollmentRow) == 1
    assert (await case_of(cases, first.lead_id, clock)).lead.phone == PHONE


async def test_answers_that_can_not_be_used_alert_an_admin_until_they_are_mended(
    engine: AsyncEngine, shelf: CadenceShelf, cases: CaseStore, clock: SettableClock, tmp_path: Path
) -> None:
    file = tmp_path / "delivery.yaml"
    file.write_text("topic:\n")
    intake = LeadIntake(engine, shelf, cases, COMPANY, KEY, answers=AnswersInForce(lambda: [file]))

    async def asked(name: str) -> list[Alert]:
        await intake.capture(NewLead(email=f"{name}@example.com", question="Where to?"), by="test", now=clock())
        return await Alerts(engine).all()

    (alert,) = await asked("nora")
    assert (alert.kind, alert.subject) == (AlertKind.PLAYBOOK, "answers")
    assert f"{file}:1:1: error: `topic` is missing" in alert.text
    file.write_text(GOOD)
    assert await asked("olga") == []
