"""The workflows of all leads as the check sees them: which run, which fail, what one of them is at, and its end."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.service import RPCError, RPCStatusCode

from adapters.pollers import last_polled, polls
from leads.contract import PROGRESS_QUERY, WORKFLOW, WORKFLOW_QUEUE, Progress
from leads.liveness import ActivitySeen, WorkflowSeen

REPORTED_PROBLEMS = "TemporalReportedProblems"
"""The search attribute by which Temporal marks workflows whose tasks keep failing."""
_RUNNING = f"WorkflowType = '{WORKFLOW}' AND ExecutionStatus = 'Running'"
_PAGE = 1000
_ANSWER_WITHIN = timedelta(seconds=5)
_WORKERS_KNOWN_FOR = timedelta(seconds=10)


class WorkflowsSeen:
    """Looks at workflows through Temporal's own eyes."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._workers = (datetime.min.replace(tzinfo=UTC), False)

    async def running(self) -> AsyncIterator[str]:
        """The ids of the leads' workflows that run, as Temporal's visibility store has them."""
        async for listed in self._client.list_workflows(_RUNNING, page_size=_PAGE):
            yield listed.id

    async def failing(self) -> list[str]:
        """The ids of those whose workflow tasks keep failing; none where the server does not report it."""
        try:
            found = self._client.list_workflows(f"{_RUNNING} AND {REPORTED_PROBLEMS} IS NOT NULL", page_size=_PAGE)
            return [listed.id async for listed in found]
        except RPCError as unsupported:
            if unsupported.status is RPCStatusCode.INVALID_ARGUMENT:
                return []
            raise

    async def look(self, workflow_id: str, *, ask: bool) -> WorkflowSeen | None:
        """The running workflow of this id; None when none runs.

        Args:
            ask: whether to ask it for its plan, too, which costs its worker a replay.

        Raises:
            RPCError: Temporal can't be reached.
        """
        handle = self._client.get_workflow_handle(workflow_id)
        try:
            described = await handle.describe(rpc_timeout=_ANSWER_WITHIN)
        except RPCError as missing:
            if missing.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        if described.status is not WorkflowExecutionStatus.RUNNING:
            return None
        raw = described.raw_description
        seen = WorkflowSeen(
            run_id=described.run_id,
            task_attempt=raw.pending_workflow_task.attempt,
            reported=REPORTED_PROBLEMS in described.search_attributes,
            activity=_activity(raw.pending_activities[0]) if raw.pending_activities else None,
        )
        if seen.is_failing:
            return seen
        if seen.task_attempt or ask:
            seen = replace(seen, workers=await self._has_workers())
        if ask and seen.workers:
            seen = replace(seen, revision=await self._revision(workflow_id))
        return seen

    async def terminate(self, workflow_id: str, run_id: str | None, reason: str) -> None:
        """End a workflow's run, wherever it is; one that has ended already is fine."""
        try:
            await self._client.get_workflow_handle(workflow_id, run_id=run_id).terminate(
                reason=reason, rpc_timeout=_ANSWER_WITHIN
            )
        except RPCError as ended:
            if ended.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def _revision(self, workflow_id: str) -> int | None:
        handle = self._client.get_workflow_handle(workflow_id)
        try:
            progress: Progress = await handle.query(PROGRESS_QUERY, result_type=Progress, rpc_timeout=_ANSWER_WITHIN)
        except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError):
            return None
        return progress.plan.revision

    async def _has_workers(self) -> bool:
        asked_at, answer = self._workers
        now = datetime.now(UTC)
        if now - asked_at > _WORKERS_KNOWN_FOR:
            answer = polls(await last_polled(self._client, WORKFLOW_QUEUE, _ANSWER_WITHIN), now)
            self._workers = now, answer
        return answer


def _activity(pending: Any) -> ActivitySeen:
    started = pending.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
    since = _instant(pending.last_started_time) if started else _instant(pending.scheduled_time)
    return ActivitySeen(pending.activity_type.name, pending.attempt, since)


def _instant(stamp: Timestamp) -> datetime | None:
    return stamp.ToDatetime(UTC) if stamp.seconds else None
