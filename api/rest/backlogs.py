"""Backlogs over REST: how far each file of old leads has come."""

from fastapi import APIRouter, Depends

from adapters.db.backlogs import BacklogView
from api.problems import PROBLEMS
from api.rest.auth import AskedServices, token_of

router = APIRouter(prefix="/api/backlogs", tags=["leads"], dependencies=[Depends(token_of)], responses=PROBLEMS)


@router.get("")
async def list_backlogs(services: AskedServices) -> list[BacklogView]:
    """Every backlog, newest first: its file, who enrolled it, how many leads have started, and when the last will."""
    return await services.backlogs.all(services.clock())
