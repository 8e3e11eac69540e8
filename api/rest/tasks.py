"""Tasks over REST: what there is to do, and saying how it went."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from adapters.db.views import TaskPage
from api.commands import CommandDone
from api.problems import PROBLEMS
from api.rest.auth import AskedBy, AskedCommands, AskedServices, token_of
from api.rest.models import CompletionSent, TaskQuery

router = APIRouter(prefix="/api/tasks", tags=["tasks"], dependencies=[Depends(token_of)], responses=PROBLEMS)


@router.get("")
async def list_tasks(asked: Annotated[TaskQuery, Query()], services: AskedServices) -> TaskPage:
    """A page of tasks: open ones by due time, all others newest first."""
    return await services.reading.tasks(
        services.clock(),
        lead_id=asked.lead,
        owner=asked.owner,
        state=asked.state,
        kind=asked.kind.value if asked.kind else None,
        limit=asked.limit,
        cursor=asked.cursor,
    )


@router.post("/{task_id}/complete")
async def complete_task(task_id: UUID, sent: CompletionSent, caller: AskedBy, commands: AskedCommands) -> CommandDone:
    """Say how a task ended; that drives what comes next for its lead."""
    return await commands.complete_task(
        task_id,
        caller,
        sent.by,
        outcome=sent.outcome,
        until=sent.until,
        note=sent.note,
        no_contact=sent.no_contact,
        meeting=sent.meeting.as_appointment() if sent.meeting else None,
        organizer=sent.meeting.organizer if sent.meeting else None,
    )
