"""The follow-up policy over REST, and who has acknowledged it."""

from dataclasses import dataclass

from fastapi import APIRouter, Depends, HTTPException

from adapters.db.policies import Acknowledgements
from api.problems import PROBLEMS
from api.rest.auth import AskedServices, token_of
from leads.sheets import SheetError

router = APIRouter(prefix="/api/policy", tags=["policy"], dependencies=[Depends(token_of)], responses=PROBLEMS)


@dataclass(frozen=True, slots=True)
class PolicyView:
    """The policy in force."""

    version: str
    text: str
    """Markdown."""


@router.get("")
async def get_policy(services: AskedServices) -> PolicyView:
    """The policy in force, made from what is configured at this moment."""
    try:
        policy = await services.policies.current(services.clock())
    except SheetError as mistake:
        raise HTTPException(503, str(mistake)) from mistake
    return PolicyView(policy.version, policy.text)


@router.get("/acknowledgements")
async def list_acknowledgements(services: AskedServices) -> Acknowledgements:
    """Who has acknowledged the version in force, and who has not."""
    try:
        return await services.policies.acknowledgements(services.clock())
    except SheetError as mistake:
        raise HTTPException(503, str(mistake)) from mistake
