"""Temporal's side under test: shorter time-outs on what is asked of it, and triggers inside the workflow's handlers."""

from typing import Any

from temporalio import workflow
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.client import OutboundInterceptor, StartWorkflowInput, StartWorkflowUpdateWithStartInput, WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.worker import (
    ActivityInboundInterceptor,
    ContinueAsNewInput,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from leads.contract import WORKFLOW
from tests.faults.pace import RETRY_FIRST, RETRY_MOST, WATCH_HEARTBEAT, WORKFLOW_TASK_TIMEOUT
from tests.faults.trigger import Trigger


class HurriedClient(ClientInterceptor):
    """Starts workflows whose tasks go to another worker soon after one has died with them."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Go around every call of the client."""
        return _HurriedCalls(next)


class _HurriedCalls(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        input.task_timeout = WORKFLOW_TASK_TIMEOUT
        return await super().start_workflow(input)

    async def start_update_with_start_workflow(self, input: StartWorkflowUpdateWithStartInput) -> Any:
        input.start_workflow_input.task_timeout = WORKFLOW_TASK_TIMEOUT
        return await super().start_update_with_start_workflow(input)


class _Ending(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, trigger: Trigger) -> None:
        super().__init__(next)
        self._trigger = trigger

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        finally:
            if self._trigger.stood_still:
                self._trigger.stood_still = False
                self._trigger.note(WENT_TO_ITS_END)


WENT_TO_ITS_END = "an activity that stood still went to its end"


class WatchedWorkflows(Interceptor):
    """Puts triggers into a lead's workflow: inside each update and signal, and around continue-as-new."""

    def __init__(self, trigger: Trigger) -> None:
        self._trigger = trigger

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Say when an activity that stood still has done what it still does."""
        return _Ending(next, self._trigger)

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor] | None:
        """A class that knows the trigger; the sandbox gives it no arguments of ours."""
        trigger = self._trigger

        def reached(point: str) -> None:
            # What is replayed has happened; only the first time is an instant at which to die.
            if not workflow.unsafe.is_replaying():
                with workflow.unsafe.sandbox_unrestricted():
                    trigger.reached(point)

        class Outbound(WorkflowOutboundInterceptor):
            def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
                input.retry_policy = RetryPolicy(initial_interval=RETRY_FIRST, maximum_interval=RETRY_MOST)
                if input.heartbeat_timeout is not None:
                    input.heartbeat_timeout = WATCH_HEARTBEAT
                return super().start_activity(input)

            def continue_as_new(self, input: ContinueAsNewInput) -> Any:
                reached("continuing as new")
                super().continue_as_new(input)

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

            async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
                info = workflow.info()
                if info.workflow_type == WORKFLOW and info.continued_run_id is not None:
                    reached("continued as new")
                return await super().execute_workflow(input)

            async def handle_signal(self, input: HandleSignalInput) -> None:
                reached(f"{input.signal}: hearing")
                await super().handle_signal(input)
                reached(f"{input.signal}: heard")

            async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
                reached(f"{input.update}: hearing")
                answer = await super().handle_update_handler(input)
                reached(f"{input.update}: heard")
                return answer

        return Inbound
