"""Whether somebody's queue has changed, as the database tells it."""

from datetime import timedelta
from itertools import pairwise
from uuid import UUID, uuid4

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.queue_pulse import QueuePulse
from adapters.db.rows import TaskRow
from runtime.sample import LEADS
from tests.clocks import SettableClock

WHO = ("anna", "ben", "mia", "nobody")


async def task_of(engine: AsyncEngine, lead_id: UUID, clock: SettableClock) -> UUID:
    now, task_id = clock(), uuid4()
    values = {
        **{"id": task_id, "lead_id": lead_id, "kind": "call", "owner": "anna", "title": "call", "text": ""},
        **{"occurrence": 1, "created_at": now, "opens_at": now, "due_at": now, "state": "open"},
        **{"escalate_to": "manager", "escalations": 0},
    }
    async with engine.begin() as connection:
        await connection.execute(insert(TaskRow).values(values))
    return task_id


async def test_it_changes_with_a_new_lead_and_for_its_owner_only(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    pulse = QueuePulse(engine)
    assert await pulse.of(WHO) == {}
    await intake.capture(LEADS[0], by="test", now=clock())
    assert len(await pulse.of(WHO)) == 1


async def test_it_changes_with_all_that_puts_a_task_elsewhere_in_the_queue(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    pulse = QueuePulse(engine)
    captured = await intake.capture(LEADS[0], by="test", now=clock())
    task = await task_of(engine, captured.lead_id, clock)
    changes = (
        {"due_at": clock() + timedelta(hours=3)},
        {"opens_at": clock() - timedelta(hours=3)},
        {"escalated_to": "mia"},
        {"owner": "ben"},
        {"state": "done"},
    )
    seen = [await pulse.of(WHO)]
    for change in changes:
        async with engine.begin() as connection:
            await connection.execute(update(TaskRow).where(TaskRow.id == task).values(**change))
        seen.append(await pulse.of(WHO))
    assert all(before != after for before, after in pairwise(seen))
    assert seen[3].keys() >= {"anna", "mia"}
    assert await pulse.of(WHO) == seen[-1]
