"""Deliveries of other programs over REST: what became of each, and making a lead of one that failed."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from adapters.db.hook_deliveries import HookDeliveryList, NotReplayable
from api.hook_intake import HookIntake
from api.problems import PROBLEMS
from api.rest.auth import AskedServices, token_of
from api.rest.models import HookDeliveryQuery
from cadences.refusals import CommandRefused
from leads.hook_bodies import Unreadable

router = APIRouter(prefix="/api/hook-deliveries", tags=["leads"], dependencies=[Depends(token_of)], responses=PROBLEMS)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The lead that a delivery was made."""

    lead_id: UUID


@router.get("")
async def list_hook_deliveries(
    asked: Annotated[HookDeliveryQuery, Query()], services: AskedServices
) -> HookDeliveryList:
    """A page of deliveries, newest first: taken, or failed with what to do."""
    return await services.doors.deliveries.all(
        hook=asked.hook, state=asked.state, limit=asked.limit, cursor=asked.cursor
    )


@router.post("/{delivery_id}/replay")
async def replay_hook_delivery(delivery_id: UUID, services: AskedServices) -> Replayed:
    """Make a lead of a delivery that failed, as its hook reads it now."""
    try:
        return Replayed(await HookIntake(services).replay(delivery_id))
    except (NotReplayable, Unreadable) as why:
        raise CommandRefused("delivery", str(why)) from why
