"""Our own people over REST: who is at work, and how much each has to do."""

from dataclasses import dataclass

from fastapi import APIRouter, Depends

from adapters.db.reps import RepView
from api.problems import PROBLEMS
from api.rest.auth import AskedServices, token_of

router = APIRouter(prefix="/api/reps", tags=["reps"], dependencies=[Depends(token_of)], responses=PROBLEMS)


@dataclass(frozen=True, slots=True)
class RepList:
    """Everybody, those who work here first."""

    items: list[RepView]


@router.get("")
async def list_reps(services: AskedServices) -> RepList:
    """Everybody: hours, share of new leads, who is at work now, and today's calls beside what is possible."""
    return RepList(await services.people.reps(services.company, services.clock()))
