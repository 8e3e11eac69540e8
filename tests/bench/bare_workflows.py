"""Bare Temporal: a timer and an activity that does nothing, ten times; what the engine is compared with."""

from datetime import timedelta

from temporalio import workflow

TICK = timedelta(milliseconds=1)


@workflow.defn
class BareTouches:
    """So many touches in one run."""

    @workflow.run
    async def run(self, touches: int) -> None:
        """Wait and touch, to the end."""
        for _ in range(touches):
            await workflow.sleep(TICK)
            await workflow.execute_activity("touch", start_to_close_timeout=timedelta(seconds=30))


@workflow.defn
class BareColdTouches:
    """So many touches, each in a run of its own."""

    @workflow.run
    async def run(self, touches: int) -> None:
        """Wait, touch, and continue as new while touches are left."""
        await workflow.sleep(TICK)
        await workflow.execute_activity("touch", start_to_close_timeout=timedelta(seconds=30))
        if touches > 1:
            workflow.continue_as_new(touches - 1)
