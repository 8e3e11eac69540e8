"""Whether workers ask for work: what Temporal remembers of those who poll a queue."""

from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

POLLS_WITHIN = timedelta(seconds=90)
"""A worker that lives asks for work again after a minute at the latest; the server remembers it for minutes more."""


async def last_polled(
    client: Client,
    queue: str,
    within: timedelta,
    kind: TaskQueueType.ValueType = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
) -> datetime | None:
    """When a worker last asked for work of a queue; None when nobody did lately.

    Args:
        within: how long to wait for Temporal's answer.

    Raises:
        RPCError: Temporal can't be reached.
    """
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    described = await client.workflow_service.describe_task_queue(request, timeout=within)
    return max((poller.last_access_time.ToDatetime(UTC) for poller in described.pollers), default=None)


def polls(last: datetime | None, now: datetime) -> bool:
    """Whether somebody who polled last at an instant still does; by the wall's clock."""
    return last is not None and now - last < POLLS_WITHIN
