"""Writing the managers' daily reviews, and keeping their schedules in step with the people."""

import structlog
from temporalio import activity

from activities.ports import Clock, Reviews, ReviewSchedules
from leads.contract import ReviewInput, ReviewResult, SchedulesResult

log = structlog.get_logger()


class ReviewActivities:
    """What the schedules of the reviews ask for."""

    def __init__(self, reviews: Reviews, schedules: ReviewSchedules, clock: Clock) -> None:
        self._reviews = reviews
        self._schedules = schedules
        self._clock = clock

    @activity.defn
    async def write_review(self, asked: ReviewInput) -> ReviewResult:
        """Write one manager's review of one day; the same day again changes nothing."""
        day, written = await self._reviews.write(
            asked.manager_id, self._clock(), day=asked.day, asked_at=asked.asked_at
        )
        if written:
            log.info("a review was written", manager=asked.manager_id, day=str(day))
        return ReviewResult(day=day, written=written)

    @activity.defn
    async def keep_review_schedules(self) -> SchedulesResult:
        """Mend the schedules that are missing, wrong, or nobody's any more."""
        mended = await self._schedules.ensure()
        if mended != SchedulesResult():
            log.info("schedules of reviews were mended", **mended.model_dump())
        return mended
