"""One check of everything, as the schedule starts it: is every lead followed up?"""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from leads.contract import LIVENESS_WORKFLOW, WORKFLOW_QUEUE, LivenessResult

CHECK_TIMEOUT = timedelta(hours=6)
"""A million leads take minutes; as long as this it takes only when most of them are to be mended."""
HEARTBEAT_TIMEOUT = timedelta(minutes=2)
CHECK_RETRY = RetryPolicy(initial_interval=timedelta(seconds=10), maximum_interval=timedelta(minutes=5))


@workflow.defn(name=LIVENESS_WORKFLOW)
class LivenessCheck:
    """Proves promise 1 over the whole database, and mends what it does not hold for."""

    @workflow.run
    async def run(self) -> LivenessResult:
        """Check once."""
        result: LivenessResult = await workflow.execute_activity(
            "check_liveness",
            result_type=LivenessResult,
            task_queue=WORKFLOW_QUEUE,
            start_to_close_timeout=CHECK_TIMEOUT,
            schedule_to_close_timeout=2 * CHECK_TIMEOUT,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=CHECK_RETRY,
        )
        return result
