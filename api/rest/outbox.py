"""The local outbox over REST: every message that would have gone out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from adapters.db.views import OutboxPage
from api.problems import PROBLEMS
from api.rest.auth import AskedServices, token_of
from api.rest.models import OutboxQuery

router = APIRouter(prefix="/api/outbox", tags=["outbox"], dependencies=[Depends(token_of)], responses=PROBLEMS)


@router.get("")
async def list_outbox(asked: Annotated[OutboxQuery, Query()], services: AskedServices) -> OutboxPage:
    """A page of the local outbox, newest first."""
    return await services.outbox.page(lead_id=asked.lead, limit=asked.limit, cursor=asked.cursor)
