"""Leads in every state, workflows that run in memory, and a doctor to examine both."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from activities.messages import MessageActivities
from activities.tasks import TaskActivities
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.checks import Checks
from adapters.db.rows import LeadRow
from adapters.delivery import CommandDelivery
from adapters.doctor.check import AllWorkflows, LivenessCheck
from adapters.doctor.one_lead import LeadExaminer
from adapters.doctor.suspects import Suspects
from adapters.doctor.workflows import WorkflowsSeen
from adapters.temporal import LeadWorkflows
from cadences import commands, hearing
from cadences.case import Case
from cadences.incomplete import contacts_found
from cadences.library import shipped
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskKind
from leads.capture import NewLead
from leads.contract import CommandKind, LivenessResult, Plan, StepInput, Told, WakeKind, workflow_id
from leads.liveness import Finding, FindingKind, WorkflowSeen
from leads.model import Channel, ContactKind, ContactPoint
from leads.sending import SendError
from tests.activities.senders import ScriptedSender
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.quiet import nobody_is_warned

LATER = next(bundle for bundle in shipped() if bundle.name == "not-now")


class WorkflowsInMemory:
    """Workflows that keep the newest plan they are told, and complete when it has no wake."""

    def __init__(self) -> None:
        self.seen: dict[str, WorkflowSeen] = {}
        self.plans: dict[str, Plan] = {}
        self.unlisted: set[str] = set()
        """Running, and not in the visibility store yet."""
        self.terminated: list[str] = []
        self.away = False
        self._runs = 0

    def adopt(self, lead_id: UUID, plan: Plan) -> None:
        """What an activity's result, a start or a telling does."""
        name = workflow_id(lead_id)
        held = self.plans.get(name)
        if held is not None and name in self.seen and held.revision >= plan.revision:
            return
        self.plans[name] = plan
        if plan.wake is None:
            self.seen.pop(name, None)
        elif name not in self.seen:
            self._runs += 1
            self.seen[name] = WorkflowSeen(run_id=f"run-{self._runs}")

    async def tell(self, kind: CommandKind, told: Told, newest: Plan) -> None:
        if self.away:
            raise ConnectionError("nobody there")
        self.adopt(told.lead_id, newest)

    async def running(self) -> AsyncIterator[str]:
        for name in list(self.seen):
            if name not in self.unlisted:
                yield name

    async def failing(self) -> list[str]:
        return [name for name, seen in self.seen.items() if seen.reported]

    async def look(self, workflow_id: str, *, ask: bool) -> WorkflowSeen | None:
        seen = self.seen.get(workflow_id)
        if seen is None or not ask:
            return seen
        return replace(seen, revision=self.plans[workflow_id].revision)

    async def terminate(self, workflow_id: str, run_id: str | None, reason: str) -> None:
        assert self.seen[workflow_id].run_id == run_id
        del self.seen[workflow_id]
        self.terminated.append(workflow_id)


class Clinic:
    """A database with leads in it, their workflows, and the doctor."""

    def __init__(
        self,
        engine: AsyncEngine,
        cases: CaseStore,
        intake: LeadIntake,
        clock: SettableClock,
        client: Client | None = None,
    ) -> None:
        """With a client, the workflows are Temporal's own; else they run in memory."""
        self.engine = engine
        self.cases = cases
        self.clock = clock
        self.sender = ScriptedSender(knows=False)
        self.workflows = WorkflowsInMemory()
        self.delivery = CommandDelivery(engine, LeadWorkflows(client) if client else self.workflows, clock)
        self._seen: AllWorkflows = WorkflowsSeen(client) if client else self.workflows
        self._intake = intake
        self._messages = MessageActivities(cases, self.sender, self.sender, LINKS, clock)
        self._tasks = TaskActivities(cases, clock)
        self.captures = 0
        self.examiner = LeadExaminer(engine, cases, self.delivery, self._seen, clock)

    async def check(self, *, repair: bool = False) -> tuple[LivenessResult, list[Finding]]:
        """One check of everything."""
        found: list[Finding] = []
        doctor = LivenessCheck(Suspects(self.engine), self.examiner, self._seen, Checks(self.engine), self.clock)
        result = await doctor.check(found.append, repair=repair)
        assert (result.found, result.mended) == (len(found), sum(one.repaired for one in found))
        return result, found

    async def kinds(self, *, repair: bool = False) -> list[FindingKind]:
        return [one.kind for one in (await self.check(repair=repair))[1]]

    async def found_and_mended(self, *kinds: FindingKind) -> list[Finding]:
        """They are found, repaired, and gone at the second check."""
        result, found = await self.check()
        assert [one.kind for one in found] == list(kinds)
        assert result.mended == 0
        result, found = await self.check(repair=True)
        assert [(one.kind, one.repaired) for one in found] == [(kind, True) for kind in kinds]
        assert (await self.check())[1] == []
        return found

    async def found_and_left(self, *kinds: FindingKind) -> list[Finding]:
        """They are found, and stay, since only a person can mend them."""
        _, found = await self.check(repair=True)
        assert [(one.kind, one.repairable, one.repaired) for one in found] == [(kind, False, False) for kind in kinds]
        assert await self.kinds() == list(kinds)
        return found

    async def captured(self, *, told: bool = True, **given: Any) -> UUID:
        """A lead whose first email is due at once."""
        self.captures += 1
        new = NewLead(
            email=f"lead{self.captures}@example.com",
            phone=f"+121255501{self.captures:02}",
            owner="anna",
            **{"question": "How much?", **given},
        )
        lead_id = (await self._intake.capture(new, by="test", now=self.clock())).lead_id
        await nobody_is_warned(self.engine)
        if told:
            assert await self.delivery.deliver(lead_id)
        return lead_id

    async def emailed(self) -> UUID:
        """A lead whose call task is still to be created."""
        lead_id = await self.captured()
        await self.act(lead_id)
        return lead_id

    async def waiting_for_a_call(self) -> UUID:
        """A lead whose call task is open."""
        lead_id = await self.emailed()
        await self.act(lead_id)
        assert (await self.case(lead_id)).open_tasks
        return lead_id

    async def asleep(self) -> UUID:
        """A lead whose next touch is years ahead, and who has no task."""
        lead_id = await self.captured()
        until = self.clock() + timedelta(days=900)

        def later(case: Case) -> Case:
            now = self.clock()
            return commands.not_now(
                case, until=until, cadence=LATER.cadence, version=LATER.version, by="anna", note=None, now=now
            )

        await self.say(lead_id, CommandKind.NOT_NOW, later, until=until)
        return lead_id

    async def answered(self, answer: str) -> UUID:
        lead_id = await self.waiting_for_a_call()
        await self.answer(lead_id, answer)
        return lead_id

    async def answer(self, lead_id: UUID, answer: str) -> None:
        def decide(case: Case) -> Case:
            return commands.record_answer(case, answer=answer, by="anna", note=None, now=self.clock())

        await self.say(lead_id, CommandKind.RECORD_ANSWER, decide, answer=answer)

    async def incomplete(self) -> UUID:
        """A lead that came in without a contact point."""
        self.captures += 1
        new = NewLead(name=f"Nobody {self.captures}", words=f"name: Nobody {self.captures}", owner="anna")
        lead_id = (await self._intake.capture(new, by="test", now=self.clock())).lead_id
        assert await self.delivery.deliver(lead_id)
        return lead_id

    async def find_contact(self, lead_id: UUID, email: str) -> None:
        point = ContactPoint(ContactKind.EMAIL, email)
        await self.say(lead_id, CommandKind.PLAN_CHANGED, lambda case: contacts_found(case, [point], self.clock()))

    async def unreachable(self) -> UUID:
        lead_id = await self.captured()
        for point in (await self.case(lead_id)).lead.contacts:
            await self.say(
                lead_id,
                CommandKind.CONTACT_POINT_LOST,
                lambda case, value=point.value: hearing.contact_point_lost(  # type: ignore[misc]
                    case, contact=value, why="bounce", now=self.clock()
                ),
            )
        assert [task.kind for task in (await self.case(lead_id)).open_tasks] == [TaskKind.FIND_CONTACT]
        return lead_id

    async def emailed_with(self, error: SendError) -> UUID:
        """A lead whose first email ended so."""
        self.sender.script = [error]
        lead_id = await self.captured()
        await self.act(lead_id)
        return lead_id

    async def hold(self, lead_id: UUID, days: int = 30) -> None:
        until = self.clock() + timedelta(days=days)
        await self.say(
            lead_id,
            CommandKind.HOLD,
            lambda case: commands.hold(case, until=until, reason="asked", by="anna", now=self.clock()),
            until=until,
        )

    async def replied(self, lead_id: UUID) -> None:
        await self.say(
            lead_id,
            CommandKind.LEAD_REPLIED,
            lambda case: hearing.lead_replied(case, text="Hello?", channel=Channel.EMAIL, now=self.clock()),
        )

    async def complete(self, lead_id: UUID, outcome: Outcome) -> None:
        task = (await self.case(lead_id)).open_tasks[0]
        await self.say(
            lead_id,
            CommandKind.COMPLETE_TASK,
            lambda case: complete_task(case, task_id=task.id, outcome=outcome, by="anna", note=None, now=self.clock()),
            task_id=task.id,
        )

    async def say(self, lead_id: UUID, kind: CommandKind, decide: Callable[[Case], Case], **told: Any) -> Plan:
        """Commit a command and tell the workflow, as the API does."""
        async with self.cases.open(lead_id, self.clock()) as opened:
            plan = await opened.save(decide(opened.case), kind, by="anna", told=told)
        assert await self.delivery.deliver(lead_id)
        return plan

    async def act(self, lead_id: UUID) -> Plan:
        """The lead's wake is due, and its activity does the work."""
        wake = (await self.plan(lead_id)).wake
        assert wake is not None
        self.clock.move_to(max(wake.at, self.clock()))
        plan = await self.carry_out(await self.step(lead_id))
        self.workflows.adopt(lead_id, plan)
        return plan

    async def step(self, lead_id: UUID) -> StepInput:
        plan = await self.plan(lead_id)
        assert plan.wake is not None
        return StepInput(
            lead_id=lead_id,
            enrollment_id=plan.enrollment_id,
            revision=plan.revision,
            kind=plan.wake.kind,
            step_id=plan.wake.step_id,
            occurrence=plan.wake.occurrence,
            asked_at=self.clock(),
        )

    async def carry_out(self, step: StepInput) -> Plan:
        """What the activity of a step does, whoever asks for it."""
        match step.kind:
            case WakeKind.SEND_EMAIL:
                return await self._messages.send_email(step)
            case WakeKind.CREATE_CALL_TASK:
                return await self._tasks.create_call_task(step)
            case WakeKind.SEE_TO_OVERDUE:
                return await self._tasks.see_to_overdue(step)
            case WakeKind.LOOK_UP_SEND:
                return await self._messages.look_up_send(step)
        raise AssertionError(f"no test needs {step.kind}")

    async def case(self, lead_id: UUID) -> Case:
        async with self.cases.open(lead_id, self.clock()) as opened:
            return opened.case

    async def plan(self, lead_id: UUID) -> Plan:
        async with self.engine.connect() as connection:
            return Plan.model_validate(await connection.scalar(select(LeadRow.plan).where(LeadRow.id == lead_id)))

    async def sql(self, statement: str, **values: Any) -> None:
        """What somebody did to the database by hand."""
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), values)

    async def value(self, statement: str, **values: Any) -> Any:
        async with self.engine.connect() as connection:
            return await connection.scalar(text(statement), values)
