"""`follow worker`: runs workflows and activities until it is told to stop."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.worker import Interceptor, UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from leads.contract import EMAIL_QUEUE, SMS_QUEUE, WORKFLOW_QUEUE
from runtime.bootstrap import (
    Activities,
    StaffActivities,
    connect_temporal,
    open_foundation,
    open_senders,
    wired_activities,
)
from runtime.channels import channels
from runtime.discreet_errors import DiscreetErrors
from runtime.settings import Settings
from workflows.command_delivery import CommandDelivery
from workflows.daily_review import DailyReview
from workflows.lead_cadence import LeadCadence
from workflows.learning import Learning
from workflows.liveness_check import LivenessCheck
from workflows.report_refresh import ReportRefresh
from workflows.staff_mailing import StaffMailing

log = structlog.get_logger()

_SANDBOX = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules(
        "pydantic", "pydantic_core", "annotated_types", "leads"
    )
)
FINISH_WITHIN = timedelta(seconds=15)
"""How long begun activities may go on after the worker was told to stop."""
STICKY_TIMEOUT = timedelta(seconds=10)
"""How long a workflow's task waits for the worker that has it in memory, before any worker takes it."""
DEFAULT_ACTIVITIES = 20
DEFAULT_WORKFLOWS = 500


def workers(
    client: Client,
    activities: Activities,
    *,
    max_activities: int = DEFAULT_ACTIVITIES,
    max_workflows: int = DEFAULT_WORKFLOWS,
    emails_per_second: float | None = None,
    texts_per_second: float | None = None,
    sandboxed: bool = False,
    sticky_timeout: timedelta = STICKY_TIMEOUT,
    interceptors: Sequence[Interceptor] = (),
) -> list[Worker]:
    """One worker for workflows and database work, and one for each channel's sends.

    Args:
        emails_per_second: that all workers together begin at most; the Temporal server sees to it.
        texts_per_second: the same for texts.
    """
    common: dict[str, Any] = {
        "max_concurrent_activities": max_activities,
        "interceptors": [DiscreetErrors(), *interceptors],
        "graceful_shutdown_timeout": FINISH_WITHIN,
    }
    return [
        Worker(
            client,
            task_queue=WORKFLOW_QUEUE,
            workflows=[LeadCadence, CommandDelivery, LivenessCheck, StaffMailing, DailyReview, Learning, ReportRefresh],
            activities=[
                activities.tasks.create_call_task,
                activities.tasks.create_task,
                activities.tasks.see_to_overdue,
                activities.messages.look_up_send,
                activities.delivery.deliver_commands,
                *([activities.liveness.check_liveness] if activities.liveness else []),
                *(_of_staff(activities.staff) if activities.staff else []),
                *([activities.learning.learn_contact_times] if activities.learning else []),
                *([activities.reports.refresh_reports] if activities.reports else []),
            ],
            workflow_runner=_SANDBOX if sandboxed else UnsandboxedWorkflowRunner(),
            max_cached_workflows=max_workflows,
            sticky_queue_schedule_to_start_timeout=sticky_timeout,
            **common,
        ),
        Worker(
            client,
            task_queue=EMAIL_QUEUE,
            activities=[
                activities.messages.send_email,
                activities.messages.send_invitation,
                activities.messages.send_personal_email,
            ],
            max_task_queue_activities_per_second=emails_per_second,
            **common,
        ),
        Worker(
            client,
            task_queue=SMS_QUEUE,
            activities=[activities.messages.send_sms],
            max_task_queue_activities_per_second=texts_per_second,
            **common,
        ),
    ]


def _of_staff(staff: StaffActivities) -> list[Any]:
    return [staff.mails.send_staff_mails, staff.reviews.write_review, staff.reviews.keep_review_schedules]


async def run_worker(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM, then finish the activities that have begun.

    Raises:
        StartError: the database or Temporal is not named or can't be reached.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with open_foundation(settings) as foundation:
        client = await connect_temporal(settings)
        async with AsyncExitStack() as running:
            senders = running.enter_context(open_senders(foundation))
            for worker in workers(
                client,
                wired_activities(foundation, client, senders),
                max_activities=settings.worker_max_activities,
                max_workflows=settings.worker_max_workflows,
                emails_per_second=settings.email_per_second,
                texts_per_second=settings.sms_per_second,
            ):
                await running.enter_async_context(worker)
            log.info("the worker is at work", **channels(settings))
            await stop.wait()
            log.info("the worker stops")
