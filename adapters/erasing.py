"""Erasing a lead everywhere: from the database first, which stops all, then its workflow and their histories."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from adapters.db.cases import LeadMerged, UnknownLead
from adapters.db.erasure import Erasure
from leads.contract import workflow_id

_ANSWER_WITHIN = timedelta(seconds=5)
_TOLD_WITHIN = timedelta(seconds=20)
"""A Temporal that does not answer by then is away."""
_LOOK_AGAIN_AFTER = timedelta(milliseconds=500)
log = structlog.get_logger()


class Histories(Protocol):
    """What Temporal remembers of leads."""

    async def forget(self, lead_id: UUID) -> None:
        """End a lead's workflow, and have all its runs deleted."""
        ...


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did."""

    suppressed: int
    """Contact points that are on the company's own list for it."""
    forgotten: bool
    """False: Temporal could not be told, so the workflow is still there, with ids only. Erasing it again ends it."""


class Erasing:
    """Erases leads. Done again for the same lead, it finishes what was left."""

    def __init__(self, erasure: Erasure, histories: Histories) -> None:
        self._erasure = erasure
        self._histories = histories

    async def erase(self, lead_id: UUID, by: str, now: datetime) -> Erased:
        """Erase a lead, by its id or by that of one that was merged into it.

        Raises:
            UnknownLead: there is no lead of this id, and never was one that was erased.
        """
        try:
            suppressed = await self._erasure.erase(lead_id, by, now)
        except LeadMerged as merged:
            return await self.erase(merged.into, by, now)
        except UnknownLead:
            if not await self._erasure.was_erased(lead_id):
                raise
            suppressed = 0
        forgotten = True
        for gone in (lead_id, *await self._erasure.erased_with(lead_id)):
            forgotten = await self._forget(gone) and forgotten
            # Whatever was at work for the lead when it was erased has ended by now, or finds that it is gone.
            await self._erasure.sweep(gone)
        log.info("lead erased", lead_id=str(lead_id), by=by, suppressed=suppressed, forgotten=forgotten)
        return Erased(suppressed, forgotten)

    async def _forget(self, lead_id: UUID) -> bool:
        try:
            async with asyncio.timeout(_TOLD_WITHIN.total_seconds()):
                await self._histories.forget(lead_id)
        except (RPCError, RuntimeError, TimeoutError) as away:
            log.warning("Temporal was not told of an erasure", lead_id=str(lead_id), error=type(away).__name__)
            return False
        return True


class TemporalHistories:
    """The leads' workflows in Temporal, of which each run has a history of its own."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def forget(self, lead_id: UUID) -> None:
        """End a lead's workflow, and have the server delete every run of it.

        A run that is open goes at once; those that have closed the server deletes within half a minute, by itself.

        Raises:
            RPCError: Temporal can't be reached, or this key may not delete.
        """
        name = workflow_id(lead_id)
        asked: set[str] = set()
        new = await self._runs(name)
        while new:
            for run_id in new:
                await self._delete(name, run_id)
            asked |= new
            # Somebody may have been telling it of something just now, which starts it anew.
            await asyncio.sleep(_LOOK_AGAIN_AFTER.total_seconds())
            new = await self._runs(name) - asked

    async def _runs(self, name: str) -> set[str]:
        """Every run that is there: those that the visibility store lists, and the newest, which it may not list yet."""
        listed = self._client.list_workflows(f"WorkflowId = '{name}'", rpc_timeout=_ANSWER_WITHIN)
        runs = {run.run_id async for run in listed}
        try:
            runs.add((await self._client.get_workflow_handle(name).describe(rpc_timeout=_ANSWER_WITHIN)).run_id)
        except RPCError as gone:
            if gone.status is not RPCStatusCode.NOT_FOUND:
                raise
        return runs

    async def _delete(self, name: str, run_id: str) -> None:
        request = DeleteWorkflowExecutionRequest(
            namespace=self._client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=name, run_id=run_id),
        )
        try:
            await self._client.workflow_service.delete_workflow_execution(request, timeout=_ANSWER_WITHIN)
        except RPCError as gone:
            if gone.status is not RPCStatusCode.NOT_FOUND:
                raise
