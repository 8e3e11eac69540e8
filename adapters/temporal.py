"""Temporal as the application sees it: start a lead's workflow, tell it what was committed, ask where it stands."""

from datetime import timedelta
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

from leads.contract import (
    DELIVERY_SCHEDULE,
    DELIVERY_WATCH,
    DELIVERY_WORKFLOW,
    PROGRESS_QUERY,
    SIGNALS,
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
        await self._client.execute_update_with_start_workflow(
            kind.value,
            told,
            start_workflow_operation=start,
            id=str(told.command_id),
            result_type=Acknowledged,
        )


async def ensure_delivery_schedule(client: Client) -> bool:
    """Have Temporal keep watch over what a crash left untold, from now on.

    Returns:
        True when there was no such watch: this Temporal never worked for us.
    """
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(DELIVERY_WORKFLOW, id=DELIVERY_SCHEDULE, task_queue=WORKFLOW_QUEUE),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=DELIVERY_WATCH)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=timedelta(minutes=1)),
    )
    try:
        await client.create_schedule(DELIVERY_SCHEDULE, schedule, trigger_immediately=True)
        return True
    except ScheduleAlreadyRunningError:
        handle = client.get_schedule_handle(DELIVERY_SCHEDULE)
        await handle.update(lambda _: ScheduleUpdate(schedule))
        return False
