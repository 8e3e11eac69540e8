"""One round of redelivery, as the schedule starts it: tell workflows what a crash left untold."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from leads.contract import DELIVERY_WORKFLOW, WORKFLOW_QUEUE, DeliveryResult

ROUND_TIMEOUT = timedelta(minutes=5)
ONE_TRY = RetryPolicy(maximum_attempts=1)
"""The next round is the retry."""


@workflow.defn(name=DELIVERY_WORKFLOW)
class CommandDelivery:
    """Delivers what was committed and not yet told."""

    @workflow.run
    async def run(self) -> DeliveryResult:
        """Deliver one round."""
        result: DeliveryResult = await workflow.execute_activity(
            "deliver_commands",
            result_type=DeliveryResult,
            task_queue=WORKFLOW_QUEUE,
            start_to_close_timeout=ROUND_TIMEOUT,
            retry_policy=ONE_TRY,
        )
        return result
