"""One watch over the mails to colleagues, as the schedule starts it: send what waits."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from leads.contract import STAFF_MAIL_WATCH, STAFF_MAIL_WORKFLOW, WORKFLOW_QUEUE, StaffMailResult

WATCH_TIMEOUT = STAFF_MAIL_WATCH + timedelta(minutes=10)
HEARTBEAT_TIMEOUT = timedelta(minutes=1)
"""A worker that died is noticed after this long, and another one takes the watch."""
WATCH_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn(name=STAFF_MAIL_WORKFLOW)
class StaffMailing:
    """Sends what our own people are to know."""

    @workflow.run
    async def run(self) -> StaffMailResult:
        """Keep one watch."""
        result: StaffMailResult = await workflow.execute_activity(
            "send_staff_mails",
            result_type=StaffMailResult,
            task_queue=WORKFLOW_QUEUE,
            start_to_close_timeout=WATCH_TIMEOUT,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=WATCH_RETRY,
        )
        return result
