"""Mails to colleagues over REST: what was written to whom, and whether it went out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from adapters.db.staff_mails import StaffMailList
from api.problems import PROBLEMS
from api.rest.auth import AskedServices, token_of
from api.rest.models import StaffMailQuery

router = APIRouter(prefix="/api/staff-mails", tags=["reviews"], dependencies=[Depends(token_of)], responses=PROBLEMS)


@router.get("")
async def list_staff_mails(asked: Annotated[StaffMailQuery, Query()], services: AskedServices) -> StaffMailList:
    """The newest mails to colleagues: warnings, reviews, the policy."""
    return await services.staff_mails.all(state=asked.state, limit=asked.limit)
