"""Later releases of the workflow, good and bad ones, and a desk that scripts what the database decides for a lead."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from adapters.temporal import search_attributes
from leads.contract import (
    EMAIL_QUEUE,
    WORKFLOW,
    WORKFLOW_QUEUE,
    CommandKind,
    LeadState,
    Plan,
    StepInput,
    Told,
    Wake,
    WakeKind,
    workflow_id,
)
from workflows.lead_cadence import LeadCadence

REST = timedelta(milliseconds=7)
"""The command that the later release adds: a short rest before each step. No other timer is as long."""
REST_FIRST = "rest-before-a-step"


@workflow.defn(name=WORKFLOW, sandboxed=False)
class PatchedLead(LeadCadence):
    """The next release: it rests before each step, unless the run began without that."""

    @workflow.init
    def __init__(self, state: LeadState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: LeadState) -> str:
        return await super().run(state)

    async def _carry_out(self, wake: Wake) -> None:
        if workflow.patched(REST_FIRST):
            await workflow.sleep(REST)
        await super()._carry_out(wake)


@workflow.defn(name=WORKFLOW, sandboxed=False)
class DeprecatingLead(LeadCadence):
    """The release after that: no open run is older than the patch, so the old path is gone."""

    @workflow.init
    def __init__(self, state: LeadState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: LeadState) -> str:
        return await super().run(state)

    async def _carry_out(self, wake: Wake) -> None:
        workflow.deprecate_patch(REST_FIRST)
        await workflow.sleep(REST)
        await super()._carry_out(wake)


@workflow.defn(name=WORKFLOW, sandboxed=False)
class RestingLead(LeadCadence):
    """The rest without any patch: what is left once it is retired, and a careless change before that."""

    @workflow.init
    def __init__(self, state: LeadState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: LeadState) -> str:
        return await super().run(state)

    async def _carry_out(self, wake: Wake) -> None:
        await workflow.sleep(REST)
        await super()._carry_out(wake)


class LaterKind(StrEnum):
    """What a later release's workflow may be asked to have done."""

    SEND_EMAIL = "send_email"
    SEND_LETTER = "send_letter"


class LaterWake(Wake):
    """A wake as a later release knows it."""

    kind: LaterKind  # type: ignore[assignment]


class LaterPlan(Plan):
    """A plan that today's release may not be able to read."""

    wake: LaterWake | None


class LaterTold(Told):
    """What a later release tells of a command."""

    plan: LaterPlan


class LaterState(LeadState):
    """The state of a later release's workflow."""

    plan: LaterPlan


@workflow.defn(name=WORKFLOW, sandboxed=False)
class LetterWritingLead(LeadCadence):
    """A release with one more kind of wake, and the same commands else."""

    @workflow.init
    def __init__(self, state: LaterState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: LaterState) -> str:
        return await super().run(state)

    @workflow.signal(name=CommandKind.LEAD_REPLIED)
    def lead_replied(self, told: LaterTold) -> None:  # type: ignore[override]
        self._hear(told)

    @workflow.signal(name=CommandKind.MESSAGE_REPORTED)
    def message_reported(self, told: LaterTold) -> None:  # type: ignore[override]
        self._hear(told)

    async def _carry_out(self, wake: Wake) -> None:
        step = StepInput(
            lead_id=self._lead_id,
            enrollment_id=self._plan.enrollment_id,
            revision=self._plan.revision,
            kind=WakeKind.SEND_EMAIL,
            step_id=wake.step_id,
            occurrence=wake.occurrence,
            asked_at=workflow.now(),
        )
        plan = await workflow.execute_activity(
            wake.kind.value,
            step,
            result_type=LaterPlan,
            task_queue=EMAIL_QUEUE,
            start_to_close_timeout=timedelta(seconds=10),
        )
        self._adopt(plan)


class Desk:
    """What the database decides for one lead: emails, one after the other, each made once, and then the end.

    Args:
        touches: after so many the lead's story ends.
        waits: how long the lead sleeps before a touch, by its number; the others are due at once.
    """

    def __init__(self, *, touches: int, waits: Mapping[int, timedelta] | None = None) -> None:
        self.lead_id = uuid4()
        self.made: list[int] = []
        """The touches made, by number, in order."""
        self.made_at: list[datetime] = []
        """When they were made."""
        self.touches = touches
        self.at_work = asyncio.Event()
        """Set while a send is under way."""
        self.may_send = asyncio.Event()
        self.may_send.set()
        self._waits = waits or {}
        self.plan = Plan(
            revision=1,
            enrollment_id=UUID(int=1),
            cadence="inbound-web",
            version="1",
            owner="anna",
            stage="new",
            wake=self.email(1, datetime.now(UTC) + self._waits.get(1, timedelta(0))),
        )

    def email(self, number: int, at: datetime) -> Wake:
        """A touch of the plan."""
        return Wake(kind=WakeKind.SEND_EMAIL, at=at, step_id="checking-in", occurrence=number, summary="email")

    def decide(self, **changes: Any) -> Plan:
        """Commit a new plan."""
        self.plan = self.plan.model_copy(update={"revision": self.plan.revision + 1, **changes})
        return self.plan

    def told(self, **changes: Any) -> Told:
        """What the workflow is told of a command, once its plan is committed."""
        plan = self.decide(**changes)
        return Told(command_id=uuid4(), lead_id=self.lead_id, said_at=datetime.now(UTC), plan=plan)

    @activity.defn(name="send_email")
    async def send_email(self, step: StepInput) -> Plan:
        """Send, and plan what comes next; under an old plan nothing is sent."""
        if step.revision != self.plan.revision:
            return self.plan
        self.at_work.set()
        await self.may_send.wait()
        self.at_work.clear()
        now = datetime.now(UTC)
        self.made.append(step.occurrence)
        self.made_at.append(now)
        if step.occurrence == self.touches:
            return self.decide(wake=None, ended="no")
        following = step.occurrence + 1
        return self.decide(wake=self.email(following, now + self._waits.get(following, timedelta(0))))

    @property
    def activities(self) -> list[Callable[..., Any]]:
        return [self.send_email]

    async def begin(self, client: Client) -> WorkflowHandle[Any, Any]:
        """Start the lead's workflow."""
        return await client.start_workflow(
            WORKFLOW,
            LeadState(lead_id=self.lead_id, plan=self.plan),
            id=workflow_id(self.lead_id),
            task_queue=WORKFLOW_QUEUE,
            search_attributes=search_attributes(self.plan),
            task_timeout=timedelta(seconds=1),  # after a failed task the server waits for it before it asks again
        )

    @asynccontextmanager
    async def working(self, client: Client) -> AsyncIterator[None]:
        """Have the activities done."""
        async with Worker(client, task_queue=EMAIL_QUEUE, activities=self.activities):
            yield


class PostOffice(Desk):
    """A desk of a later release, which can have letters sent."""

    @activity.defn(name="send_letter")
    async def send_letter(self, step: StepInput) -> Plan:
        """Send a letter, and plan an email."""
        return await super().send_email(step)

    @property
    def activities(self) -> list[Callable[..., Any]]:
        return [self.send_email, self.send_letter]

    def told_of_a_letter(self) -> LaterTold:
        """What the workflow is told once it was decided that the next touch is a letter, due now."""
        told = self.told(wake=self.email(len(self.made) + 1, datetime.now(UTC)))
        return LaterTold(**dict(told) | {"plan": with_a_letter(told.plan)})


class LetterDesk(PostOffice):
    """A desk that plans a letter after each email."""

    @activity.defn(name="send_email")
    async def send_email(self, step: StepInput) -> Plan:
        """Send, and plan a letter."""
        plan = await super().send_email(step)
        return plan if plan.wake is None else with_a_letter(plan)

    @activity.defn(name="send_letter")
    async def send_letter(self, step: StepInput) -> Plan:
        """Send a letter, and plan an email."""
        return await Desk.send_email(self, step)


def with_a_letter(plan: Plan) -> LaterPlan:
    """The plan with a letter in place of its email."""
    assert plan.wake is not None
    letter = LaterWake(**plan.wake.model_dump() | {"kind": LaterKind.SEND_LETTER})
    return LaterPlan(**dict(plan) | {"wake": letter})


def release(client: Client, shape: type[LeadCadence]) -> Worker:
    """A worker of one release. It caches nothing, so that each task replays the run, as after years of sleep."""
    return Worker(
        client,
        task_queue=WORKFLOW_QUEUE,
        workflows=[shape],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=0,
    )


class Run:
    """One run of a lead's workflow, as its history tells it."""

    def __init__(self, events: list[HistoryEvent]) -> None:
        self._events = events

    def count(self, kind: EventType.ValueType) -> int:
        return sum(event.event_type == kind for event in self._events)

    @property
    def steps(self) -> int:
        """Activities asked for."""
        return self.count(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)

    @property
    def rests(self) -> int:
        """How often the later release's rest was taken."""
        return sum(
            event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta() == REST
            for event in self._events
            if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED
        )

    @property
    def is_patched(self) -> bool:
        """Whether the run began, or went on, under the patch."""
        return self.count(EventType.EVENT_TYPE_MARKER_RECORDED) > 0

    @property
    def sleeps(self) -> bool:
        """Whether nothing happens until a timer fires or something is said."""
        return self._events[-1].event_type == EventType.EVENT_TYPE_TIMER_STARTED

    @property
    def has_listened(self) -> bool:
        """Whether a workflow task was done after a signal came."""
        kinds = [event.event_type for event in self._events]
        signal = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
        return signal in kinds and EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED in kinds[kinds.index(signal) :]

    @property
    def wakes_at(self) -> datetime:
        """When the timer fires that was set last."""
        timer = next(event for event in reversed(self._events) if event.HasField("timer_started_event_attributes"))
        set_at = timer.event_time.ToDatetime(UTC)
        return set_at + timer.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()

    @property
    def failures(self) -> list[str]:
        """What kept workflow tasks from being done."""
        return [
            event.workflow_task_failed_event_attributes.failure.message
            for event in self._events
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        ]

    @property
    def next_run(self) -> str:
        return self._events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id


async def runs_of(client: Client, handle: WorkflowHandle[Any, Any]) -> list[Run]:
    """The lead's runs, from its first to its present one."""
    runs, run_id = [], handle.first_execution_run_id
    while run_id:
        history = await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        runs.append(Run(list(history.events)))
        run_id = runs[-1].next_run
    return runs
