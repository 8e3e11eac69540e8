"""One refresh of what the reports have counted ahead of time, as the schedule starts it."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from leads.contract import REPORTS_EVERY, REPORTS_WORKFLOW, WORKFLOW_QUEUE

REFRESH_TIMEOUT = timedelta(minutes=10)
"""Ten million touches take a minute or two."""
REFRESH_RETRY = RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=1))


@workflow.defn(name=REPORTS_WORKFLOW)
class ReportRefresh:
    """Counts the weeks that are over."""

    @workflow.run
    async def run(self) -> None:
        """Count once; what does not come through until the next one is due is left to that."""
        await workflow.execute_activity(
            "refresh_reports",
            task_queue=WORKFLOW_QUEUE,
            start_to_close_timeout=REFRESH_TIMEOUT,
            schedule_to_close_timeout=REFRESH_TIMEOUT + REPORTS_EVERY,
            retry_policy=REFRESH_RETRY,
        )
