"""One count of when leads answer, as the schedule starts it."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from leads.contract import LEARNING_WORKFLOW, WORKFLOW_QUEUE, LearningResult

COUNT_TIMEOUT = timedelta(minutes=15)
"""A million calls are counted in well under a minute."""
COUNT_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=10), maximum_interval=timedelta(minutes=5), maximum_attempts=10
)
"""What fails so often waits for the next day: older counts do as well."""


@workflow.defn(name=LEARNING_WORKFLOW)
class Learning:
    """Learns when leads pick up and write."""

    @workflow.run
    async def run(self) -> LearningResult:
        """Count once."""
        result: LearningResult = await workflow.execute_activity(
            "learn_contact_times",
            result_type=LearningResult,
            task_queue=WORKFLOW_QUEUE,
            start_to_close_timeout=COUNT_TIMEOUT,
            retry_policy=COUNT_RETRY,
        )
        return result
