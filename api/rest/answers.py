"""Answers over REST: the questions that nobody has an answer to."""

from fastapi import APIRouter, Depends

from adapters.db.inquiries import Unanswered
from api.problems import PROBLEMS
from api.rest.auth import AskedServices, token_of

router = APIRouter(prefix="/api/answers", tags=["answers"], dependencies=[Depends(token_of)], responses=PROBLEMS)


@router.get("/unanswered")
async def list_unanswered(services: AskedServices) -> Unanswered:
    """What no answer of the library fitted, those that ask the same put together, the most frequent first."""
    return await services.inquiries.unanswered()
