"""One captured lead, its ledger and tasks, and the activity that sends its messages."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.messages import MessageActivities
from activities.tasks import TaskActivities
from adapters.db.cases import CaseStore
from adapters.db.rows import CommandRow, LeadRow, TaskRow, TouchRow
from cadences import commands
from cadences.case import Case
from leads.capture import NewLead
from leads.contract import STEP_TIMEOUT, CommandKind, Plan, StepInput
from tests.activities.senders import ScriptedSender
from tests.clocks import SettableClock
from tests.links import LINKS

PRIYA = NewLead(name="Priya", email="priya@example.com", phone="+12125550111", question="How much?", owner="anna")


class Desk:
    """One captured lead whose first email is due, and the activity that sends it."""

    def __init__(self, engine: AsyncEngine, cases: CaseStore, clock: SettableClock, lead_id: UUID) -> None:
        self.engine = engine
        self.cases = cases
        self.clock = clock
        self.lead_id = lead_id
        self.sender = ScriptedSender()
        self.activities = MessageActivities(cases, self.sender, self.sender, LINKS, clock)

    def tasks_activities(self) -> TaskActivities:
        return TaskActivities(self.cases, self.clock)

    async def retry(self, step: StepInput) -> Plan:
        """The next attempt, as Temporal makes it once the first one has timed out."""
        self.clock.move_by(STEP_TIMEOUT)
        return await self.activities.send_email(step)

    async def plan(self) -> Plan:
        async with self.engine.connect() as connection:
            return Plan.model_validate(await connection.scalar(select(LeadRow.plan).where(LeadRow.id == self.lead_id)))

    async def step(self) -> StepInput:
        """What the workflow would ask for now."""
        plan = await self.plan()
        assert plan.wake is not None
        return StepInput(
            lead_id=self.lead_id,
            enrollment_id=plan.enrollment_id,
            revision=plan.revision,
            kind=plan.wake.kind,
            step_id=plan.wake.step_id,
            occurrence=plan.wake.occurrence,
            asked_at=self.clock(),
        )

    async def touch(self) -> Any:
        async with self.engine.connect() as connection:
            found = await connection.execute(
                select(TouchRow.__table__).where(TouchRow.lead_id == self.lead_id, TouchRow.channel == "email")
            )
            return found.one_or_none()

    async def tasks(self) -> list[str]:
        async with self.engine.connect() as connection:
            found = await connection.execute(
                select(TaskRow.kind).where(TaskRow.lead_id == self.lead_id, TaskRow.state == "open")
            )
            return sorted(found.scalars())

    async def commands(self) -> list[str]:
        """The kinds of all commands of the lead, oldest first."""
        async with self.engine.connect() as connection:
            found = await connection.execute(
                select(CommandRow.kind).where(CommandRow.lead_id == self.lead_id).order_by(CommandRow.revision)
            )
            return list(found.scalars())

    async def say(self, kind: CommandKind, decide: Callable[[Case, datetime], Case]) -> None:
        async with self.cases.open(self.lead_id, self.clock()) as opened:
            await opened.save(decide(opened.case, self.clock()), kind, by="anna")

    async def say_no(self) -> None:
        await self.say(
            CommandKind.RECORD_ANSWER,
            lambda case, now: commands.record_answer(case, answer="no", by="anna", note=None, now=now),
        )
