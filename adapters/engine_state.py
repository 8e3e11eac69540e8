"""Both sides of one lead: what Temporal shows of its workflow, beside what the database holds."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.enums.v1 import PendingActivityState, TaskQueueType
from temporalio.api.failure.v1 import Failure
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.service import RPCError, RPCStatusCode

from adapters.clock import wall_clock
from adapters.db.engine import statement_by_statement
from adapters.db.rows import CommandRow, LeadRow
from adapters.doctor.workflows import REPORTED_PROBLEMS
from adapters.pollers import last_polled, polls
from adapters.temporal import LeadWorkflows
from leads.contract import WORKFLOW_QUEUE, Plan, Progress, workflow_id
from leads.engine import DatabaseSide, EngineSide, EngineState, PendingActivity, Untold

_ANSWER_WITHIN = timedelta(seconds=2)
_PROGRESS_WITHIN = timedelta(seconds=1)
"""A query costs a worker a replay; who looks at a page does not wait longer for it."""
_UNTOLD_SHOWN = 20
_STARTED = (
    PendingActivityState.PENDING_ACTIVITY_STATE_STARTED,
    PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED,
)


class EngineStates:
    """Asks both sides about leads, one at a time; it changes nothing."""

    def __init__(self, engine: AsyncEngine, client: Client, clock: Callable[[], datetime]) -> None:
        self._engine = statement_by_statement(engine)
        self._client = client
        self._clock = clock

    async def of(self, lead_id: UUID) -> EngineState | None:
        """How a lead stands with the engine; None when there is no such lead. Temporal being away is an answer."""
        database = await self._database(lead_id)  # first: what is told meanwhile may only make the engine newer
        if database is None:
            return None
        engine, trouble = None, None
        try:
            async with asyncio.timeout((3 * _ANSWER_WITHIN).total_seconds()):
                engine = await self._describe(lead_id)
        except (RPCError, RuntimeError, TimeoutError, OSError) as away:  # a lazy client can't connect: RuntimeError
            trouble = away.status.name.lower() if isinstance(away, RPCError) else type(away).__name__
        return EngineState(lead_id=lead_id, at=self._clock(), database=database, engine=engine, trouble=trouble)

    async def _database(self, lead_id: UUID) -> DatabaseSide | None:
        undelivered = (
            select(
                CommandRow.id,
                CommandRow.kind,
                CommandRow.revision,
                CommandRow.created_at.label("committed_at"),
                CommandRow.attempts,
                CommandRow.error,
            )
            .where(CommandRow.lead_id == lead_id, CommandRow.delivered_at.is_(None))
            .order_by(CommandRow.revision)
            .limit(_UNTOLD_SHOWN)
        )
        async with self._engine.connect() as connection:
            plan = await connection.scalar(select(LeadRow.plan).where(LeadRow.id == lead_id))
            if plan is None:
                return None
            untold = (await connection.execute(undelivered)).mappings()
            return DatabaseSide(plan=Plan.model_validate(plan), untold=tuple(Untold(**row) for row in untold))

    async def _describe(self, lead_id: UUID) -> EngineSide | None:
        handle = self._client.get_workflow_handle(workflow_id(lead_id))
        try:
            described = await handle.describe(rpc_timeout=_ANSWER_WITHIN)
        except RPCError as missing:
            if missing.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        polled_at = await last_polled(self._client, WORKFLOW_QUEUE, _ANSWER_WITHIN)
        side = _side(described, polled_at, await self._activities(described))
        if not side.is_running or side.is_failing or not side.has_workers:
            return side
        return replace(side, progress=await self._progress(lead_id))

    async def _activities(self, described: WorkflowExecutionDescription) -> tuple[PendingActivity, ...]:
        found = []
        for pending in described.raw_description.pending_activities:
            queue = pending.activity_options.task_queue.name or WORKFLOW_QUEUE
            kind = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
            polled_at = await last_polled(self._client, queue, _ANSWER_WITHIN, kind)
            found.append(_activity(pending, queue, polls(polled_at, wall_clock())))
        return tuple(found)

    async def _progress(self, lead_id: UUID) -> Progress | None:
        try:
            async with asyncio.timeout(_PROGRESS_WITHIN.total_seconds()):
                return await LeadWorkflows(self._client).progress(lead_id)
        except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError, TimeoutError):
            return None


def _side(
    described: WorkflowExecutionDescription, polled_at: datetime | None, activities: tuple[PendingActivity, ...]
) -> EngineSide:
    raw = described.raw_description
    return EngineSide(
        run_id=described.run_id,
        status=described.status.name.lower() if described.status is not None else "unknown",
        first_started_at=_instant(raw.workflow_extended_info.original_start_time),
        started_at=described.start_time,
        closed_at=described.close_time,
        history_length=described.history_length,
        task_attempt=raw.pending_workflow_task.attempt,
        reports_problems=REPORTED_PROBLEMS in described.search_attributes,
        activities=activities,
        has_workers=polls(polled_at, wall_clock()),
        last_polled_at=polled_at,
    )


def _activity(pending: Any, queue: str, has_workers: bool) -> PendingActivity:
    return PendingActivity(
        name=pending.activity_type.name,
        queue=queue,
        attempt=pending.attempt,
        is_started=pending.state in _STARTED,
        scheduled_at=_instant(pending.scheduled_time),
        started_at=_instant(pending.last_started_time),
        last_tried_at=_instant(pending.last_attempt_complete_time),
        next_try_at=_instant(pending.next_attempt_schedule_time),
        last_failure=_words(pending.last_failure) if pending.HasField("last_failure") else None,
        has_workers=has_workers,
    )


def _words(failure: Failure) -> str:
    """What failed, in one line; activities let nothing out that could be private."""
    said = failure.message.strip() or failure.application_failure_info.type or "it did not end in time"
    return said.splitlines()[0]


def _instant(stamp: Timestamp) -> datetime | None:
    return stamp.ToDatetime(UTC) if stamp.seconds else None
