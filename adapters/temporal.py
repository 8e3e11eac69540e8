"""Temporal as the application sees it: start a lead's workflow, tell it what was committed, ask where it stands."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    WithStartWorkflowOperation,
    WorkflowExecution,
)
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from leads.contract import (
    DELIVERY_SCHEDULE,
    DELIVERY_WATCH,
    DELIVERY_WORKFLOW,
    LEARNING_EVERY,
    LEARNING_SCHEDULE,
    LEARNING_WORKFLOW,
    LIVENESS_EVERY,
    LIVENESS_SCHEDULE,
    LIVENESS_WORKFLOW,
    PROGRESS_QUERY,
    REFRESH_SIGNAL,
    REPORTS_EVERY,
    REPORTS_SCHEDULE,
    REPORTS_WORKFLOW,
    SIGNALS,
    STAFF_MAIL_SCHEDULE,
    STAFF_MAIL_WATCH,
    STAFF_MAIL_WORKFLOW,
    WORKFLOW,
    WORKFLOW_QUEUE,
    Acknowledged,
    CommandKind,
    LeadState,
    Plan,
    Progress,
    SearchAttribute,
    Told,
    workflow_id,
)

_REFRESHED_AT_ONCE = 16
"""So many runs at most are told at the same time that newer code is there."""


async def connect(
    address: str, namespace: str, *, api_key: str | None = None, tls: bool = False, lazy: bool = False
) -> Client:
    """A client that speaks our payloads; a lazy one connects at its first call.

    Raises:
        RuntimeError: the server can't be reached.
    """
    return await Client.connect(
        address,
        namespace=namespace,
        data_converter=pydantic_data_converter,
        api_key=api_key,
        tls=tls or api_key is not None,
        lazy=lazy,
    )


def search_attributes(plan: Plan) -> TypedSearchAttributes:
    """What a lead's workflow is found by."""
    values = (plan.cadence, plan.version, plan.owner, plan.stage)
    return TypedSearchAttributes(
        [
            SearchAttributePair(SearchAttributeKey.for_keyword(name.value), value)
            for name, value in zip(SearchAttribute, values, strict=True)
        ]
    )


class LeadWorkflows:
    """The workflows of all leads."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def tell(self, kind: CommandKind, told: Told, newest: Plan) -> None:
        """Start the lead's workflow where there is none, and tell it.

        Telling the same command again is harmless: the workflow knows its id.

        Args:
            newest: the plan in force, with which a workflow starts that does not run.

        Raises:
            temporalio.service.RPCError: Temporal can't be reached or refuses; tell it again later.
            temporalio.client.WorkflowUpdateFailedError: the workflow's validator refuses; telling again is useless.
        """
        if kind is CommandKind.START:
            await self._start(told, newest)
        elif kind in SIGNALS:
            await self._client.start_workflow(
                WORKFLOW,
                LeadState(lead_id=told.lead_id, plan=newest),
                id=workflow_id(told.lead_id),
                task_queue=WORKFLOW_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                search_attributes=search_attributes(newest),
                static_summary=newest.cadence,
                start_signal=kind.value,
                start_signal_args=[told],
            )
        else:
            await self._update(kind, told, newest)

    async def progress(self, lead_id: UUID) -> Progress:
        """Where the workflow of a lead stands."""
        handle = self._client.get_workflow_handle(workflow_id(lead_id))
        progress: Progress = await handle.query(PROGRESS_QUERY, result_type=Progress)
        return progress

    async def count_runs(self, begun_before: datetime) -> int:
        """How many leads' present runs began before an instant, and so may remember what code did then."""
        return (await self._client.count_workflows(_runs(begun_before))).count

    async def refresh_all(
        self, begun_before: datetime, *, per_second: float, progress: Callable[[int], object] = lambda _: None
    ) -> int:
        """Ask every run that began before an instant to continue as new, so that its lead takes today's code.

        Stopped midway and called again with the same instant, it goes on with those that are left. The pages and the
        pace are ours, since a batch operation of the server (1.32) ignores the rate that it is given.

        Args:
            begun_before: now, or when the last worker of the older code stopped.
            per_second: how many leads at most are asked in a second; each costs the workers a replay.
            progress: called with the number of leads asked since the last call.

        Returns:
            How many leads were asked; who ended or continued as new by themselves meanwhile are not counted.

        Raises:
            temporalio.service.RPCError: Temporal can't be reached or refuses.
        """
        asked = 0
        loop = asyncio.get_running_loop()
        at_once = max(1, min(_REFRESHED_AT_ONCE, int(per_second)))
        some: list[WorkflowExecution] = []

        async def ask() -> int:
            begun = loop.time()
            told = sum(await asyncio.gather(*map(self._refresh, some)))
            progress(len(some))
            await asyncio.sleep(max(0.0, begun + len(some) / per_second - loop.time()))
            some.clear()
            return told

        async for run in self._client.list_workflows(_runs(begun_before)):
            some.append(run)
            if len(some) == at_once:
                asked += await ask()
        return asked + await ask()

    async def _refresh(self, run: WorkflowExecution) -> bool:
        """Ask one run, and not a newer one of the same lead, which has today's code already."""
        try:
            await self._client.get_workflow_handle(run.id, run_id=run.run_id).signal(REFRESH_SIGNAL)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def _start(self, told: Told, newest: Plan) -> None:
        try:
            await self._client.start_workflow(
                WORKFLOW,
                LeadState(lead_id=told.lead_id, plan=newest, heard=(told.command_id,)),
                id=workflow_id(told.lead_id),
                task_queue=WORKFLOW_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                search_attributes=search_attributes(newest),
                static_summary=newest.cadence,
            )
        except WorkflowAlreadyStartedError:
            return

    async def _update(self, kind: CommandKind, told: Told, newest: Plan) -> None:
        start: WithStartWorkflowOperation[Any, str] = WithStartWorkflowOperation(
            WORKFLOW,
            LeadState(lead_id=told.lead_id, plan=newest),
            id=workflow_id(told.lead_id),
            task_queue=WORKFLOW_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=search_attributes(newest),
            static_summary=newest.cadence,
        )
        try:
            await self._client.execute_update_with_start_workflow(
                kind.value,
                told,
                start_workflow_operation=start,
                id=str(told.command_id),
                result_type=Acknowledged,
            )
        except RPCError:
            # The same failure stands in the operation's future, and asyncio complains of one that nobody looked at.
            with suppress(RPCError, WorkflowAlreadyStartedError):
                await start.workflow_handle()
            raise


def _runs(begun_before: datetime) -> str:
    """The leads' open runs that began before an instant, as Temporal's visibility store is asked for them."""
    return f"WorkflowType = '{WORKFLOW}' AND ExecutionStatus = 'Running' AND StartTime < '{begun_before.isoformat()}'"


async def ensure_delivery_schedule(client: Client) -> bool:
    """Have Temporal keep watch over what a crash left untold, from now on.

    Returns:
        True when there was no such watch: this Temporal never worked for us.
    """
    return await _ensure_schedule(
        client, DELIVERY_SCHEDULE, _watch(DELIVERY_WORKFLOW, DELIVERY_SCHEDULE, DELIVERY_WATCH)
    )


async def ensure_staff_mail_schedule(client: Client) -> bool:
    """Have Temporal keep watch over the mails to colleagues, from now on; True when there was no such watch."""
    watch = _watch(STAFF_MAIL_WORKFLOW, STAFF_MAIL_SCHEDULE, STAFF_MAIL_WATCH)
    return await _ensure_schedule(client, STAFF_MAIL_SCHEDULE, watch)


async def ensure_liveness_schedule(client: Client) -> bool:
    """Have Temporal check every hour that every lead is followed up; True when there was no such schedule."""
    regular = _regular(LIVENESS_WORKFLOW, LIVENESS_SCHEDULE, LIVENESS_EVERY)
    return await _ensure_schedule(client, LIVENESS_SCHEDULE, regular, at_once=False)


async def ensure_reports_schedule(client: Client) -> bool:
    """Have Temporal refresh what reports count ahead of time; True when there was no such schedule."""
    regular = _regular(REPORTS_WORKFLOW, REPORTS_SCHEDULE, REPORTS_EVERY)
    return await _ensure_schedule(client, REPORTS_SCHEDULE, regular, at_once=False)


async def ensure_learning_schedule(client: Client) -> bool:
    """Have Temporal count every day what calls and replies teach; True when there was no such schedule."""
    regular = _regular(LEARNING_WORKFLOW, LEARNING_SCHEDULE, LEARNING_EVERY, catch_up=timedelta(hours=12))
    return await _ensure_schedule(client, LEARNING_SCHEDULE, regular)


def _watch(workflow: str, name: str, lasts: timedelta) -> Schedule:
    """One long watch after the other, without a gap."""
    return _every(workflow, name, lasts, ScheduleOverlapPolicy.BUFFER_ONE, timedelta(minutes=1))


def _regular(workflow: str, name: str, every: timedelta, *, catch_up: timedelta = timedelta(minutes=1)) -> Schedule:
    """Again and again; one that is still at it has the rest in hand."""
    return _every(workflow, name, every, ScheduleOverlapPolicy.SKIP, catch_up)


def _every(workflow: str, name: str, every: timedelta, overlap: ScheduleOverlapPolicy, catch_up: timedelta) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(workflow, id=name, task_queue=WORKFLOW_QUEUE),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=overlap, catchup_window=catch_up),
    )


async def _ensure_schedule(client: Client, name: str, schedule: Schedule, *, at_once: bool = True) -> bool:
    try:
        await client.create_schedule(name, schedule, trigger_immediately=at_once)
        return True
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(name).update(lambda _: ScheduleUpdate(schedule))
        return False
