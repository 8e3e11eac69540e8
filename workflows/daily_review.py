"""One manager's review of one day, as the manager's schedule starts it."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from leads.contract import REVIEW_WORKFLOW, WORKFLOW_QUEUE, ReviewInput, ReviewResult

WRITE_TIMEOUT = timedelta(minutes=2)
WRITE_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))
_SCHEDULED_FOR = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
"""When the schedule meant it to start, whatever kept it from starting then."""


@workflow.defn(name=REVIEW_WORKFLOW)
class DailyReview:
    """Writes the review of the working day that was over when its schedule asked."""

    @workflow.run
    async def run(self, manager_id: str) -> ReviewResult:
        """Write it once."""
        info = workflow.info()
        asked_at = info.typed_search_attributes.get(_SCHEDULED_FOR) or info.start_time
        result: ReviewResult = await workflow.execute_activity(
            "write_review",
            ReviewInput(manager_id=manager_id, asked_at=asked_at),
            result_type=ReviewResult,
            task_queue=WORKFLOW_QUEUE,
            start_to_close_timeout=WRITE_TIMEOUT,
            retry_policy=WRITE_RETRY,
        )
        return result
