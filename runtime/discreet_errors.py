"""Keeps private data out of Temporal: an activity's unexpected error leaves as its type and place, nothing else.

A database's error quotes the row it refused, and Temporal keeps the last failure of an activity in its history.
"""

import traceback
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

log = structlog.get_logger()


class DiscreetErrors(Interceptor):
    """Goes around every activity of a worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap one activity."""
        return _Discreet(next)


class _Discreet(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except (ApplicationError, CancelledError):
            raise
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            name = f"{type(error).__module__}.{type(error).__qualname__}"
            info = activity.info()
            log.error(
                "an activity failed",
                activity=info.activity_type,
                workflow=info.workflow_id,
                attempt=info.attempt,
                error=name,
                file=place.filename,
                line=place.lineno,
            )
            raise ApplicationError(f"{name} at line {place.lineno} of {place.name}", type=name) from None
