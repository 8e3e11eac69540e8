"""One watch of redelivery, as the schedule starts it: tell workflows what a crash left untold."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from leads.contract import DELIVERY_WATCH, DELIVERY_WORKFLOW, WORKFLOW_QUEUE, DeliveryResult

WATCH_TIMEOUT = DELIVERY_WATCH + timedelta(minutes=10)
HEARTBEAT_TIMEOUT = timedelta(minutes=1)
"""A worker that died is noticed after this long, and another one takes the watch."""
WATCH_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn(name=DELIVERY_WORKFLOW)
class CommandDelivery:
    """Delivers what was committed and not yet told."""

    @workflow.run
    async def run(self) -> DeliveryResult:
        """Keep one watch."""
        result: DeliveryResult = await workflow.execute_activity(
            "deliver_commands",
            result_type=DeliveryResult,
            task_queue=WORKFLOW_QUEUE,
            start_to_close_timeout=WATCH_TIMEOUT,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=WATCH_RETRY,
        )
        return result
