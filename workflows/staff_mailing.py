"""One watch over what our own people are to get, as the schedule starts it: their reviews' schedules, their mails."""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from leads.contract import STAFF_MAIL_WATCH, STAFF_MAIL_WORKFLOW, WORKFLOW_QUEUE, SchedulesResult, StaffMailResult

WATCH_TIMEOUT = STAFF_MAIL_WATCH + timedelta(minutes=10)
SCHEDULES_TIMEOUT = timedelta(minutes=2)
HEARTBEAT_TIMEOUT = timedelta(minutes=1)
"""A worker that died is noticed after this long, and another one takes the watch."""
WATCH_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn(name=STAFF_MAIL_WORKFLOW)
class StaffMailing:
    """Sends what our own people are to know."""

    @workflow.run
    async def run(self) -> StaffMailResult:
        """See that each manager has a schedule, and keep one watch."""
        with suppress(ActivityError):  # The next watch tries again; no mail waits for it.
            await workflow.execute_activity(
                "keep_review_schedules",
                result_type=SchedulesResult,
                task_queue=WORKFLOW_QUEUE,
                schedule_to_close_timeout=SCHEDULES_TIMEOUT,
                retry_policy=WATCH_RETRY,
            )
        result: StaffMailResult = await workflow.execute_activity(
            "send_staff_mails",
            result_type=StaffMailResult,
            task_queue=WORKFLOW_QUEUE,
            start_to_close_timeout=WATCH_TIMEOUT,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=WATCH_RETRY,
        )
        return result
