"""A first response that is about to be missed: warned of, escalated or handed over, and written down."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.tasks import TaskActivities
from adapters.db.absences import Absences
from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.people import People
from adapters.db.rows import FirstResponseRow, LeadRow, StaffMailRow, StageChangeRow, TouchRow
from cadences.bundle import CadenceBundle
from cadences.commands import log_personal_touch
from cadences.library import shipped
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome
from leads.absences import Absence, WhileAway
from leads.contract import CommandKind, WakeKind
from leads.model import Channel, Colleague, Role
from tests.activities.desk import PRIYA, Desk
from tests.clocks import SettableClock
from tests.sample import COMPANY

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def desk(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> Desk:
    """A lead that asked at 10:00 on a Friday, its email out and its call in Anna's list."""
    return await _asked(engine, cases, intake, clock)


async def _asked(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> Desk:
    captured = await intake.capture(PRIYA, by="web", now=clock())
    desk = Desk(engine, cases, clock, captured.lead_id)
    await desk.activities.send_email(await desk.step())
    await desk.tasks_activities().create_call_task(await desk.step())
    return desk


async def _rows(desk: Desk, row: Any, order: Any) -> list[Any]:
    async with desk.engine.connect() as connection:
        return list(await connection.execute(select(row.__table__).where(row.lead_id == desk.lead_id).order_by(order)))


async def _see_to(desk: Desk) -> None:
    """Time goes on to what is due next, which is no touch."""
    plan = await desk.plan()
    assert plan.wake is not None
    assert plan.wake.kind is WakeKind.SEE_TO_OVERDUE
    desk.clock.move_to(plan.wake.at)
    await TaskActivities(desk.cases, desk.clock).see_to_overdue(await desk.step())


async def test_owner_and_manager_get_mail_once_and_the_clock_is_written_down(desk: Desk) -> None:
    asked = desk.clock()
    await _see_to(desk)
    await _see_to(desk)
    mails = await _rows(desk, StaffMailRow, StaffMailRow.created_at)
    assert [(one.colleague_id, one.created_at - asked, one.state) for one in mails] == [
        ("anna", 15 * MINUTE, "waiting"),
        ("mia", 20 * MINUTE, "waiting"),
    ]
    assert mails[0].subject == "First answer due Fri 10:30: Priya"
    (row,) = await _rows(desk, FirstResponseRow, FirstResponseRow.asked_at)
    assert (row.asked_at, row.due_at, row.machine_at) == (asked, asked + 30 * MINUTE, asked)
    assert (row.warned_at, row.escalated_at) == (asked + 15 * MINUTE, asked + 20 * MINUTE)
    assert (row.warn_at, row.act_at, row.answered_at, row.owner_id) == (None, None, None, "anna")


async def test_a_call_that_connects_is_the_answer_and_a_voicemail_before_it_an_attempt(desk: Desk) -> None:
    asked = desk.clock()
    desk.clock.move_by(4 * MINUTE)
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        task = opened.case.open_tasks[0]
        case = complete_task(
            opened.case, task_id=task.id, outcome=Outcome.VOICEMAIL, by="anna", note=None, now=desk.clock()
        )
        await opened.save(case, CommandKind.COMPLETE_TASK, by="anna", details={"outcome": "voicemail"})
    desk.clock.move_by(5 * MINUTE)
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        case = log_personal_touch(
            opened.case, channel=Channel.CALL, touched_at=desk.clock(), by="ben", note=None, now=desk.clock()
        )
        await opened.save(case, CommandKind.LOG_PERSONAL_TOUCH, by="ben")
    (row,) = await _rows(desk, FirstResponseRow, FirstResponseRow.asked_at)
    assert (row.attempts, row.attempted_at) == (1, asked + 4 * MINUTE)
    assert (row.answered_at, row.answered_by, row.how) == (asked + 9 * MINUTE, "ben", "call")
    assert (row.business_seconds, row.warn_at, row.act_at) == (540, None, None)


async def test_the_ledger_says_what_each_touch_was_made_from_and_which_contact_it_was(desk: Desk) -> None:
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        task = opened.case.open_tasks[0]
        case = complete_task(
            opened.case, task_id=task.id, outcome=Outcome.NO_ANSWER, by="anna", note=None, now=desk.clock()
        )
        version = case.enrollment.version
        await opened.save(case, CommandKind.COMPLETE_TASK, by="anna", details={"outcome": "no answer"})
    email, call = await _rows(desk, TouchRow, TouchRow.contact_number)
    assert (email.template, email.version, email.contact_number, email.owner_id) == (
        "answer-the-question",
        version,
        1,
        "anna",
    )
    assert (call.template, call.version, call.contact_number, call.owner_id) == ("first-call", version, 2, "anna")


async def test_stages_are_kept_with_who_and_when(desk: Desk) -> None:
    asked = desk.clock()
    desk.clock.move_by(MINUTE)
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        task = opened.case.open_tasks[0]
        case = complete_task(opened.case, task_id=task.id, outcome=Outcome.YES, by="anna", note=None, now=desk.clock())
        await opened.save(case, CommandKind.COMPLETE_TASK, by="anna", details={"outcome": "yes"})
    stages = await _rows(desk, StageChangeRow, StageChangeRow.id)
    assert [(one.stage, one.by, one.at - asked, one.why, one.owner_id) for one in stages] == [
        ("new", "web", 0 * MINUTE, None, "anna"),
        ("qualified", "anna", MINUTE, "yes", "anna"),
    ]


async def test_another_rep_takes_over_where_the_cadence_wants_it(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, shelf: CadenceShelf, clock: SettableClock
) -> None:
    web = next(bundle for bundle in shipped() if bundle.name == "inbound-web")
    text = web.text.replace("{within: 30 minutes,", "{within: 30 minutes, before_missed: reassign,")
    assert text != web.text
    await shelf.publish(CadenceBundle(web.name, text, web.templates), clock())
    desk = await _asked(engine, cases, intake, clock)
    await _see_to(desk)
    await _see_to(desk)
    async with engine.connect() as connection:
        assert await connection.scalar(select(LeadRow.owner_id).where(LeadRow.id == desk.lead_id)) == "ben"
    mails = await _rows(desk, StaffMailRow, StaffMailRow.created_at)
    assert sorted(one.colleague_id for one in mails) == ["anna", "anna", "ben"]
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        assert [task.owner for task in opened.case.open_tasks] == ["ben"]


async def test_while_the_manager_is_away_the_next_one_is_told(desk: Desk) -> None:
    await People(desk.engine).add([Colleague("noor", "Noor", "noor@example.com", role=Role.MANAGER)], desk.clock())
    today = desk.clock().date()
    away = Absence(first_day=today, last_day=today, policy=WhileAway.HOLD)
    await Absences(desk.engine, COMPANY).add("mia", away, desk.clock())
    await _see_to(desk)
    await _see_to(desk)
    mails = await _rows(desk, StaffMailRow, StaffMailRow.created_at)
    assert [one.colleague_id for one in mails] == ["anna", "noor"]
