"""The managers' daily reviews over REST."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query

from adapters.db.reviews import NoSuchReview, ReviewView
from api.problems import PROBLEMS
from api.rest.auth import AskedServices, token_of
from api.rest.models import ReviewQuery

router = APIRouter(prefix="/api/reviews", tags=["reviews"], dependencies=[Depends(token_of)], responses=PROBLEMS)


@router.get("/{day}")
async def get_review(day: date, asked: Annotated[ReviewQuery, Query()], services: AskedServices) -> ReviewView:
    """A manager's review of a day, as it was mailed; of today before the end of the day, how it would look now."""
    try:
        return await services.reviews.read(asked.manager, day, services.clock())
    except NoSuchReview as missing:
        raise HTTPException(404, str(missing)) from missing
