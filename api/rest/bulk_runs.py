"""Bulk runs over REST: one thing done to many leads, looked at before, followed on its way, with a result for each."""

from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response

from api.bulk_door import ACCEPTED, BulkBegun, BulkDoor, BulkRehearsal
from api.problems import PROBLEMS, bulk_run_address
from api.rest.auth import AskedBy, AskedServices, token_of
from api.rest.bulk_models import BulkItems, BulkItemsQuery, BulkRunShown, BulkRunsQuery, BulkSent, LeadsChosen, shown
from api.rest.models import CommandSent
from api.services import Services

router = APIRouter(prefix="/api/bulk-runs", tags=["leads"], dependencies=[Depends(token_of)], responses=PROBLEMS)


async def _door_of(services: AskedServices) -> BulkDoor:
    # A coroutine although it waits for nothing: FastAPI would run a plain function in a thread of its own.
    return BulkDoor(services)


Asked = Annotated[BulkDoor, Depends(_door_of)]


@router.post("/rehearsal")
async def rehearse_bulk_run(sent: BulkSent, caller: AskedBy, door: Asked, services: AskedServices) -> BulkRehearsal:
    """Say what would become of each lead, decided as it would be; nothing is stored."""
    return await door.rehearse(sent.wish, await _chosen(door, services, sent.leads), caller, sent.by)


@router.post("", status_code=ACCEPTED)
async def begin_bulk_run(
    sent: BulkSent, response: Response, caller: AskedBy, door: Asked, services: AskedServices
) -> BulkBegun:
    """Hold, resume, skip, switch or reassign many leads; it goes on whoever looks, each lead with its own result."""
    lead_ids = await _chosen(door, services, sent.leads)
    begun = await door.begin(sent.wish, lead_ids, chosen=sent.leads.words, caller=caller, by=sent.by)
    response.headers["Location"] = bulk_run_address(begun.run)
    return begun


@router.get("")
async def list_bulk_runs(asked: Annotated[BulkRunsQuery, Query()], services: AskedServices) -> list[BulkRunShown]:
    """The newest runs, whichever door they came through."""
    return [shown(run) for run in await services.bulk_runs.recent(asked.limit)]


@router.get("/{run_id}")
async def show_bulk_run(run_id: UUID, door: Asked) -> BulkRunShown:
    """One run: how many leads have a result, and how many of which."""
    return shown(await door.run(run_id))


@router.get("/{run_id}/leads")
async def list_leads_of_bulk_run(
    run_id: UUID, asked: Annotated[BulkItemsQuery, Query()], door: Asked, services: AskedServices
) -> BulkItems:
    """What became of each lead: done, refused or failed and why, or still waiting."""
    await door.run(run_id)
    states, after = [] if asked.state is None else [asked.state], -1 if asked.cursor is None else asked.cursor
    found = await services.bulk_runs.items(run_id, states=states, limit=asked.limit + 1, after=after)
    page = found[: asked.limit]
    return BulkItems(page, page[-1].position if len(found) > asked.limit else None)


@router.post("/{run_id}/stop")
async def stop_bulk_run(run_id: UUID, caller: AskedBy, door: Asked, sent: CommandSent | None = None) -> BulkRunShown:
    """Let no further lead be changed; what is done stays done."""
    return shown(await door.stop(run_id, caller, sent.by if sent else None))


@router.post("/{run_id}/go-on")
async def go_on_with_bulk_run(
    run_id: UUID, caller: AskedBy, door: Asked, sent: CommandSent | None = None
) -> BulkRunShown:
    """Do the rest of a run that was stopped."""
    return shown(await door.go_on(run_id, caller, sent.by if sent else None))


@router.post("/{run_id}/retry")
async def retry_bulk_run(run_id: UUID, caller: AskedBy, door: Asked, sent: CommandSent | None = None) -> BulkRunShown:
    """Try the leads again with which something went wrong on our side."""
    return shown(await door.retry(run_id, caller, sent.by if sent else None))


async def _chosen(door: BulkDoor, services: Services, leads: LeadsChosen) -> list[UUID]:
    if leads.ids is not None:
        return list(dict.fromkeys(leads.ids))
    return await door.chosen(leads.as_filter(ZoneInfo(services.company.zone)))
