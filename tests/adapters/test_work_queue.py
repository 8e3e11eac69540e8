"""A colleague's queue from the real database: whose tasks stand in it, with their clocks and the law's hours."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlalchemy import event, insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.reports.clocks import read_clocks
from adapters.db.rows import ContactPointRow, TaskRow, TouchRow
from adapters.db.work_queue import MOST, WorkQueues
from cadences import commands
from cadences.calling import MayCall
from cadences.progress import message_sent, task_created
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskKind
from cadences.work_queue import Section, Upcoming, WorkQueue
from leads.capture import NewLead
from leads.contract import CommandKind
from leads.model import LeadKind
from tests.clocks import SettableClock
from tests.sample import COMPANY

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def queues(engine: AsyncEngine, shelf: CadenceShelf) -> WorkQueues:
    return WorkQueues(engine, shelf, COMPANY)


class Desk:
    """Adds leads and tasks, and looks at queues."""

    def __init__(self, engine: AsyncEngine, intake: LeadIntake, queues: WorkQueues, clock: SettableClock) -> None:
        self.engine, self.intake, self.queues, self.clock = engine, intake, queues, clock

    async def lead(self, name: str, owner: str = "anna", **values: Any) -> UUID:
        given = {"email": f"{name.lower()}@example.com", "phone": None, "kind": LeadKind.OUTBOUND, **values}
        return (await self.intake.capture(NewLead(name=name, owner=owner, **given), "test", self.clock())).lead_id

    async def task(self, lead_id: UUID, **values: Any) -> UUID:
        now, task_id = self.clock(), uuid4()
        given = {
            **{"id": task_id, "lead_id": lead_id, "kind": "call", "owner": "anna", "title": "call", "text": ""},
            **{"occurrence": 1, "created_at": now, "opens_at": now, "due_at": now + HOUR, "state": "open"},
            **{"escalate_to": "manager", "escalations": 0},
        }
        async with self.engine.begin() as connection:
            await connection.execute(insert(TaskRow).values({**given, **values}))
        return task_id

    async def queue(self, colleague: str = "anna") -> WorkQueue:
        now = self.clock()
        tomorrow = now.astimezone(NEW_YORK).replace(hour=0, minute=0) + timedelta(days=1)
        return await self.queues.of(colleague, now, tomorrow)

    async def seen(self, colleague: str = "anna") -> list[tuple[str | None, Section]]:
        return [(task.lead_name, section) for section, task in await self.queue(colleague)]


@pytest_asyncio.fixture
async def desk(engine: AsyncEngine, intake: LeadIntake, queues: WorkQueues, clock: SettableClock) -> Desk:
    return Desk(engine, intake, queues, clock)


async def test_a_queue_holds_what_is_mine_or_was_escalated_to_me_and_nothing_else(desk: Desk) -> None:
    ann, bob = await desk.lead("Ann"), await desk.lead("Bob")
    now = desk.clock()
    await desk.task(ann, title="mine", due_at=now + HOUR)
    await desk.task(bob, title="escalated", owner="ben", escalated_to="anna", due_at=now + 2 * HOUR)
    await desk.task(ann, title="both", escalated_to="anna", due_at=now + 3 * HOUR)
    await desk.task(ann, title="done", state="done")
    await desk.task(ann, title="another's", owner="ben")
    await desk.task(ann, title="tomorrow's", opens_at=now + 20 * HOUR, due_at=now + 30 * HOUR)
    queue = await desk.queue()
    assert [task.title for _, task in queue] == ["mine", "escalated", "both"]
    assert [(task.owner, task.owner_name) for _, task in queue][1] == ("ben", "Ben Okafor")
    assert [task.title for _, task in await desk.queue("mia")] == []


async def test_who_waits_for_a_first_answer_comes_first_with_the_clock(
    desk: Desk, cases: CaseStore, engine: AsyncEngine
) -> None:
    waiting = await desk.lead("Priya", kind=LeadKind.INBOUND, phone="+12125550123", question="Single-phase?")
    async with cases.open(waiting, desk.clock()) as file:
        touch = file.case.enrollment.next
        assert touch is not None
        await file.save(task_created(message_sent(file.case, touch.step, desk.clock()), desk.clock(), "talk"))
    replied = await desk.lead("Ray")
    await desk.task(replied, kind="reply", due_at=desk.clock() + MINUTE)
    await desk.task(replied, due_at=desk.clock() - HOUR)
    assert await desk.seen() == [
        ("Priya", Section.FIRST_RESPONSE),
        ("Ray", Section.REPLY),
        ("Ray", Section.OVERDUE),
    ]
    (_, first), *_ = await desk.queue()
    assert first.clock is not None
    assert first.clock.due_at == desk.clock() + 30 * MINUTE
    assert first.clock.warn_at == desk.clock() + 15 * MINUTE
    async with cases.open(waiting, desk.clock()) as file:
        case = commands.not_now(
            file.case,
            until=desk.clock() + timedelta(days=90),
            cadence=file.case.cadence,
            version=file.case.enrollment.version,
            by="anna",
            note=None,
            now=desk.clock(),
        )
        await file.save(case, CommandKind.NOT_NOW, by="anna", details={}, told={"until": desk.clock()})
    await desk.task(waiting, title="as agreed")
    assert ("Priya", Section.NOW) in await desk.seen()


async def test_a_first_answer_waits_in_the_queue_of_all_whom_it_concerns_until_its_call_opens(
    desk: Desk, cases: CaseStore
) -> None:
    """Asked on an evening: the call opens in the morning, and whoever it was escalated to sees the clock as well."""
    desk.clock.move_by(10 * HOUR)
    now = desk.clock()
    waiting = await desk.lead("Priya", kind=LeadKind.INBOUND, phone="+12125550123", question="Single-phase?")
    async with cases.open(waiting, now) as file:
        touch = file.case.enrollment.next
        assert touch is not None
        case = task_created(message_sent(file.case, touch.step, now), now, "talk")
        (call,) = case.open_tasks
        assert call.opens_at.astimezone(NEW_YORK).date() > now.astimezone(NEW_YORK).date()
        await file.save(case.with_task(replace(call, escalated_to="mia")))
    for number in range(MOST):
        await desk.task(await desk.lead(f"L{number}"), due_at=now + MINUTE)
        await desk.task(await desk.lead(f"M{number}"), owner="mia", due_at=now + MINUTE)
    for colleague in ("anna", "mia"):
        assert (await desk.seen(colleague))[0] == ("Priya", Section.FIRST_RESPONSE)
    assert await desk.seen("ben") == []


@pytest.mark.parametrize("outcome", [Outcome.VOICEMAIL, Outcome.NO_ANSWER, Outcome.CALL_BACK, Outcome.CONNECTED])
async def test_today_and_figures_tell_the_same_of_who_waits_for_a_first_answer(
    desk: Desk, cases: CaseStore, engine: AsyncEngine, outcome: Outcome
) -> None:
    """A voicemail is an attempt; who names a time to be called at was talked to, also if that is after the target."""
    now = desk.clock()
    waiting = await desk.lead("Priya", kind=LeadKind.INBOUND, phone="+12125550123", question="Single-phase?")
    async with cases.open(waiting, now) as file:
        touch = file.case.enrollment.next
        assert touch is not None
        await file.save(task_created(message_sent(file.case, touch.step, now), now, "talk"))
    for task in [one for _, one in await desk.queue() if one.kind is TaskKind.QUESTION]:
        await _completed(cases, waiting, task.id, Outcome.NOTHING_NEEDED, now)
    until = now + HOUR if outcome is Outcome.CALL_BACK else None
    (call,) = [one for _, one in await desk.queue()]
    await _completed(cases, waiting, call.id, outcome, now + MINUTE, until=until)
    desk.clock.move_by(2 * MINUTE)
    async with engine.connect() as connection:
        clocks = await read_clocks(connection, {}, desk.clock(), 10)
    figures = {clock.lead_id for clock in (*clocks.in_time.items, *clocks.late.items)}
    today = {task.lead_id for section, task in await desk.queue() if section is Section.FIRST_RESPONSE}
    assert figures == today == ({waiting} if outcome in (Outcome.VOICEMAIL, Outcome.NO_ANSWER) else set())


async def _completed(
    cases: CaseStore, lead_id: UUID, task_id: UUID, outcome: Outcome, at: datetime, **more: Any
) -> None:
    async with cases.open(lead_id, at) as file:
        case = complete_task(file.case, task_id=task_id, outcome=outcome, by="anna", note=None, now=at, **more)
        await file.save(case, CommandKind.COMPLETE_TASK, by="anna", details={}, told={"task_id": task_id, **more})


async def test_with_nothing_left_for_today_it_is_known_what_comes_next(desk: Desk, cases: CaseStore) -> None:
    """An email is no work of a rep's; what the plan will ask for is, and so is a task that opens another day."""
    now, ann, bob = desk.clock(), await desk.lead("Ann"), await desk.lead("Bob")
    assert (await desk.queue()).upcoming is None
    async with cases.open(ann, now) as file:
        touch = file.case.enrollment.next
        assert touch is not None
        case = message_sent(file.case, touch.step, now)
        await file.save(case)
    planned = case.enrollment.next
    assert planned is not None
    expected = Upcoming(planned.opens_at, planned.content, "Ann", None)
    assert ((await desk.queue()).upcoming, await desk.seen("ben")) == (expected, [])
    await desk.task(bob, opens_at=now + 20 * HOUR, due_at=now + 30 * HOUR, title="sooner")
    assert (await desk.queue()).upcoming == Upcoming(now + 20 * HOUR, "sooner", "Bob", None)


async def test_a_first_answer_is_found_behind_any_number_of_overdue_calls(desk: Desk, engine: AsyncEngine) -> None:
    old, now = await desk.lead("Old"), desk.clock()
    for number in range(MOST + 20):
        await desk.task(old, due_at=now - timedelta(days=9) + number * MINUTE)
    new = await desk.lead("New", kind=LeadKind.INBOUND, phone="+12125550123", question="Single-phase?")
    await desk.task(new, due_at=now + 29 * MINUTE)
    await desk.task(old, kind="hand_over", due_at=now + 2 * HOUR)
    seen = await desk.seen()
    assert seen[0] == ("New", Section.FIRST_RESPONSE)
    assert ("Old", Section.HAND_OVER) in seen
    assert len(seen) >= MOST


@pytest.mark.parametrize(
    ("phone", "may", "section"),
    [
        ("+12125550123", MayCall.YES, Section.NOW),
        ("+13105550123", MayCall.NOT_NOW, Section.LATER),  # seven in the morning in Los Angeles
        ("+13035550123", MayCall.OUT_OF_HOURS, Section.NOW),  # eight in Denver, and the cadence begins at nine
        (None, MayCall.NEVER, Section.NOW),
    ],
)
async def test_the_leads_own_clock_and_the_law_are_asked(
    desk: Desk, phone: str | None, may: MayCall, section: Section
) -> None:
    await desk.task(await desk.lead("Lee", phone=phone))
    ((placed, task),) = await desk.queue()
    assert (task.calling.may, placed) == (may, section)
    assert task.calling.number == phone


async def test_a_number_that_must_not_be_called_and_a_states_cap_are_known(desk: Desk, engine: AsyncEngine) -> None:
    listed = await desk.lead("Listed", phone="+12125550124")
    capped = await desk.lead("Capped", phone="+13055550125")
    async with engine.begin() as connection:
        await connection.execute(
            update(ContactPointRow)
            .where(ContactPointRow.lead_id == listed, ContactPointRow.kind == "phone")
            .values(dnc_listed=True, dnc_checked_at=desk.clock())
        )
        for minutes in (1, 2, 3):
            await connection.execute(
                insert(TouchRow).values(
                    **{"id": uuid4(), "lead_id": capped, "channel": "call", "state": "made", "personal": False},
                    happened_at=desk.clock() - minutes * MINUTE,
                )
            )
    await desk.task(listed)
    await desk.task(capped)
    found = {task.lead_name: task.calling for _, task in await desk.queue()}
    assert "Do-Not-Call" in found["Listed"].why
    assert "Capped" not in found, "its first lawful instant is tomorrow"


async def test_who_said_yes_is_urgent_until_sales_took_it_over_and_then_an_order_like_others(
    desk: Desk, cases: CaseStore
) -> None:
    """Said on an evening, so that the hand-over is due another day."""
    await desk.task(await desk.lead("Ann"), due_at=desk.clock() + HOUR)
    ray = await desk.lead("Ray")
    desk.clock.move_by(10 * HOUR)
    async with cases.open(ray, desk.clock()) as file:
        said = commands.record_answer(file.case, answer="yes", by="the lead", note=None, now=desk.clock())
        await file.save(said, CommandKind.RECORD_ANSWER, by="the lead", details={}, told={"answer": "yes"})
    assert (await desk.seen())[0] == ("Ray", Section.HAND_OVER)
    async with cases.open(ray, desk.clock()) as file:
        (task,) = file.case.open_tasks
        accepted = complete_task(
            file.case, task_id=task.id, outcome=Outcome.ACCEPTED, by="anna", note=None, now=desk.clock()
        )
        await file.save(accepted, CommandKind.COMPLETE_TASK, by="anna", details={}, told={"task_id": task.id})
    assert ("Ray", Section.NOW) in await desk.seen()


async def test_a_stand_in_sees_whose_task_it_is(desk: Desk) -> None:
    await desk.task(await desk.lead("Ann", owner="ben"), back_to="ben")
    ((_, task),) = await desk.queue()
    assert (task.back_to, task.kind) == ("ben", TaskKind.CALL)


async def test_a_queue_takes_one_query_however_long_it_is(desk: Desk, engine: AsyncEngine) -> None:
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    for number in range(30):
        await desk.task(await desk.lead(f"L{number}"))
    await desk.queue()
    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        assert len(await desk.queue()) == 30
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)
    assert len(asked) == 1


async def test_a_changed_task_is_marked_as_changed(desk: Desk, cases: CaseStore, engine: AsyncEngine) -> None:
    """Also where an open one is only given to somebody else."""
    lead = await desk.lead("Ann")
    task = await desk.task(lead)
    before = await _changed_at(engine, task)
    async with cases.open(lead, desk.clock()) as file:
        ben = await file.colleague("ben")
        case = commands.reassign(file.case, owner=ben, by="mia", now=desk.clock())
        await file.save(case, CommandKind.REASSIGN, by="mia", details={}, told={"owner": "ben"})
    assert await _changed_at(engine, task) > before


async def _changed_at(engine: AsyncEngine, task_id: UUID) -> datetime:
    async with engine.connect() as connection:
        row = (await connection.execute(TaskRow.__table__.select().where(TaskRow.id == task_id))).one()
    changed_at: datetime = row.changed_at
    return changed_at
