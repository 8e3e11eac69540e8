"""The best times over REST: what calls and replies teach, by hour of the week."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Depends

from api.problems import PROBLEMS
from api.rest.auth import AskedServices, token_of
from leads.best_time import HourLearnt, learnt_hours, overall

router = APIRouter(prefix="/api/best-times", tags=["best times"], dependencies=[Depends(token_of)], responses=PROBLEMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BestTimesView:
    """What was learnt of when leads answer, each on its own clock."""

    learnt_at: datetime | None
    """When it was counted last; None when it never was."""
    calls: int
    connected: int
    replies: int
    share: float
    """Of all calls, how many connect."""
    hours: list[HourLearnt]
    """All 168 of the week, Monday's first hour first."""


@router.get("")
async def show_best_times(services: AskedServices) -> BestTimesView:
    """How likely a call connects in each hour of the week, and what that is learnt from."""
    times = await services.times.learnt()
    return BestTimesView(
        learnt_at=times.learnt_at,
        calls=sum(times.calls),
        connected=sum(times.connected),
        replies=sum(times.replies),
        share=overall(times),
        hours=learnt_hours(times),
    )
