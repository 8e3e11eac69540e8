"""The learning schedule's workflow counts once, through our own worker."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.learning import LearningActivities
from adapters.clock import wall_clock
from adapters.db.contact_times import ContactTimesBook
from leads.contract import LEARNING_WORKFLOW, WORKFLOW_QUEUE, LearningResult
from tests.sample import COMPANY
from tests.workflows.lives import TEST_SERVER
from workflows.learning import Learning


async def test_it_counts_once(engine: AsyncEngine) -> None:
    book = ContactTimesBook(engine, COMPANY)
    activities = LearningActivities(book, wall_clock)
    async with (
        await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=str(TEST_SERVER), data_converter=pydantic_data_converter
        ) as env,
        Worker(
            env.client,
            task_queue=WORKFLOW_QUEUE,
            workflows=[Learning],
            activities=[activities.learn_contact_times],
        ),
    ):
        run = env.client.execute_workflow(
            LEARNING_WORKFLOW, id="learning", task_queue=WORKFLOW_QUEUE, result_type=LearningResult
        )
        assert await asyncio.wait_for(run, 60) == LearningResult(calls=0, replies=0)
    assert (await book.learnt()).learnt_at is not None
