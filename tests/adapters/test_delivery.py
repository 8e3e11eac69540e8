"""Telling workflows: in order, again after a failure, and never a newer command before an older one."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.rows import CommandRow
from adapters.delivery import CommandDelivery
from cadences import commands
from leads.capture import NewLead
from leads.contract import CommandKind, Plan, Told
from tests.clocks import SettableClock


class Ears:
    """Workflows that hear what they are told, unless they can't be reached or refuse."""

    def __init__(self) -> None:
        self.heard: list[tuple[CommandKind, int]] = []
        self.away = False
        self.refuses: set[CommandKind] = set()
        self.stumbles_over: set[UUID] = set()
        self.told = 0
        self.slow = 0.0
        self.started_with: list[int] = []

    async def tell(self, kind: CommandKind, told: Told, newest: Plan) -> None:
        if self.away:
            raise RPCError("unreachable", RPCStatusCode.UNAVAILABLE, b"")
        self.told += 1
        await asyncio.sleep(self.slow)
        if told.lead_id in self.stumbles_over:
            raise ValueError("something nobody thought of")
        if kind in self.refuses:
            raise WorkflowUpdateFailedError(ApplicationError("the task is not open any more"))
        self.heard.append((kind, told.plan.revision))
        self.started_with.append(newest.revision)


@pytest_asyncio.fixture
async def lead_id(intake: LeadIntake, clock: SettableClock) -> UUID:
    return (await intake.capture(NewLead(email="a@example.com", question="?"), by="test", now=clock())).lead_id


async def hold(cases: CaseStore, lead_id: UUID, clock: SettableClock, days: int) -> None:
    async with cases.open(lead_id, clock()) as opened:
        until = clock() + timedelta(days=days)
        held = commands.hold(opened.case, until=until, reason="x", by="anna", now=clock())
        await opened.save(held, CommandKind.HOLD, told={"until": until})


async def test_commands_are_told_once_and_in_order(
    engine: AsyncEngine, cases: CaseStore, clock: SettableClock, lead_id: UUID
) -> None:
    ears = Ears()
    delivery = CommandDelivery(engine, ears, clock)
    await hold(cases, lead_id, clock, 1)
    await hold(cases, lead_id, clock, 2)

    assert await delivery.deliver(lead_id)
    assert await delivery.deliver(lead_id)

    assert ears.heard == [(CommandKind.START, 1), (CommandKind.HOLD, 2), (CommandKind.HOLD, 3)]


async def test_what_could_not_be_told_is_told_by_the_next_round(
    engine: AsyncEngine, cases: CaseStore, clock: SettableClock, lead_id: UUID
) -> None:
    ears = Ears()
    delivery = CommandDelivery(engine, ears, clock)
    ears.away = True
    assert not await delivery.deliver(lead_id)
    await hold(cases, lead_id, clock, 1)
    ears.away = False

    assert (await delivery.deliver_all()).delivered == 0  # a command this young is its caller's to deliver
    clock.move_by(timedelta(minutes=1))
    assert (await delivery.deliver_all()).delivered == 1

    assert ears.heard == [(CommandKind.START, 1), (CommandKind.HOLD, 2)]
    assert (await delivery.deliver_all()).delivered == 0


async def test_a_refused_command_is_not_told_for_ever_and_its_refusal_is_kept(
    engine: AsyncEngine, cases: CaseStore, clock: SettableClock, lead_id: UUID
) -> None:
    ears = Ears()
    ears.refuses = {CommandKind.HOLD}
    delivery = CommandDelivery(engine, ears, clock)
    await hold(cases, lead_id, clock, 1)
    assert await delivery.deliver(lead_id)
    async with engine.connect() as connection:
        row = (await connection.execute(select(CommandRow.__table__).where(CommandRow.kind == "hold"))).one()
    assert row.delivered_at is not None
    assert "not open" in row.error
    # Its plan is committed all the same, so the workflow hears of it as news.
    assert ears.heard[-1] == (CommandKind.MESSAGE_REPORTED, 2)


async def test_one_lead_that_can_not_be_told_keeps_no_other_from_being_told(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock, lead_id: UUID
) -> None:
    ears = Ears()
    ears.stumbles_over = {lead_id}
    other = await intake.capture(NewLead(email="b@example.com", question="?"), by="test", now=clock())
    clock.move_by(timedelta(minutes=1))

    result = await CommandDelivery(engine, ears, clock).deliver_all()

    assert (result.delivered, result.failed) == (1, 1)
    assert ears.heard == [(CommandKind.START, 1)]
    assert other.lead_id != lead_id


async def test_a_temporal_that_lost_its_memory_is_told_of_every_lead_again(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock, lead_id: UUID
) -> None:
    ears = Ears()
    delivery = CommandDelivery(engine, ears, clock)
    ended = await intake.capture(NewLead(email="b@example.com", question="?"), by="test", now=clock())
    async with cases.open(ended.lead_id, clock()) as opened:
        no = commands.record_answer(opened.case, answer="no", by="anna", note=None, now=clock())
        await opened.save(no, CommandKind.RECORD_ANSWER, told={"answer": "no"})
    await hold(cases, lead_id, clock, 1)
    for lead in (lead_id, ended.lead_id):
        await delivery.deliver(lead)
    ears.heard.clear()

    assert await delivery.announce_all() == 1
    clock.move_by(timedelta(minutes=1))
    await delivery.deliver_all()

    assert ears.heard == [(CommandKind.START, 2)]


async def test_many_callers_at_once_tell_each_command_once(
    engine: AsyncEngine, cases: CaseStore, clock: SettableClock, lead_id: UUID
) -> None:
    ears = Ears()
    ears.slow = 0.01
    delivery = CommandDelivery(engine, ears, clock)
    for days in range(1, 6):
        await hold(cases, lead_id, clock, days)
    assert all(await asyncio.gather(*(delivery.deliver(lead_id) for _ in range(10))))
    assert ears.told == 6


async def test_a_workflow_that_does_not_run_starts_with_the_newest_plan(
    engine: AsyncEngine, cases: CaseStore, clock: SettableClock, lead_id: UUID
) -> None:
    ears = Ears()
    await hold(cases, lead_id, clock, 1)
    await CommandDelivery(engine, ears, clock).deliver(lead_id)
    assert ears.started_with == [2, 2]


async def test_a_workflow_that_does_not_answer_holds_nobody_up(
    engine: AsyncEngine,
    intake: LeadIntake,
    clock: SettableClock,
    lead_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("adapters.delivery._TELL_WITHIN", timedelta(milliseconds=50))
    ears = Ears()
    ears.slow = 60
    delivery = CommandDelivery(engine, ears, clock)
    assert not await asyncio.wait_for(delivery.deliver(lead_id), 5)
    async with engine.connect() as connection:
        row = (await connection.execute(select(CommandRow.__table__))).one()
    assert (row.delivered_at, row.attempts, row.error) == (None, 1, "TimeoutError")


class SlowEars(Ears):
    """Hears one lead at a time, slowly, and knows how many were telling at once."""

    def __init__(self) -> None:
        super().__init__()
        self.at_once = self.most_at_once = 0

    async def tell(self, kind: CommandKind, told: Told, newest: Plan) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.01)
        await super().tell(kind, told, newest)
        self.at_once -= 1


async def test_leads_that_come_in_numbers_are_begun_in_turn(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    ears = SlowEars()
    delivery = CommandDelivery(engine, ears, clock)
    new = [NewLead(name="Priya", email=f"priya-{number}@example.com") for number in range(12)]
    leads = [(await intake.capture(lead, by="test", now=clock())).lead_id for lead in new]
    assert all(await asyncio.gather(*(delivery.begin(lead_id) for lead_id in leads)))
    assert (len(ears.heard), ears.most_at_once) == (12, 2)
