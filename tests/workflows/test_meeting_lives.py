"""Lives with a meeting in them: invited, nudged and called; accepted, held, and the plan goes on."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.rows import OutboxRow
from cadences.tasks import Outcome
from leads.meetings import Appointment, MeetingState
from tests.clocks import SettableClock
from tests.workflows.lives import Life, a_life
from tests.workflows.scenarios import PRIYA, START, accepts, finish

NEW_YORK = ZoneInfo("America/New_York")
NEXT_WEEK = Appointment(starts_at=START + timedelta(days=10), minutes=45, subject="Two ovens", place="1 Pier Road")
"""Thursday 2035-01-18, 10:00 in New York, and the Monday before it is a holiday."""


@pytest_asyncio.fixture
async def life(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> AsyncIterator[Life]:
    """Monday 10:00: the answer went out, and the first call has just ended with a meeting."""
    async with a_life(engine, cases, intake, clock) as life:
        await life.capture(PRIYA, START)
        await finish(life, Outcome.MEETING, meeting=NEXT_WEEK)
        yield life


async def outbox(engine: AsyncEngine) -> list[tuple[str, str, str]]:
    """When each message went out, its subject, and what its calendar file asks."""
    async with engine.connect() as connection:
        found = await connection.execute(
            select(OutboxRow.accepted_at, OutboxRow.subject, OutboxRow.calendar).order_by(OutboxRow.accepted_at)
        )
        return [
            (
                f"{row.accepted_at.astimezone(NEW_YORK):%a %d %b %H:%M}",
                row.subject,
                "" if row.calendar is None else row.calendar.partition("METHOD:")[2].partition("\r\n")[0],
            )
            for row in found
        ]


async def waiting(life: Life) -> list[tuple[str, str]]:
    """The open tasks, and when each was made."""
    return [(task.title, f"{task.created_at.astimezone(NEW_YORK):%a %d %b %H:%M}") for task in await life.open_tasks()]


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


async def test_nobody_answers_the_invitation(life: Life, engine: AsyncEngine) -> None:
    await life.until(new_york("2035-01-17 20:00"))
    invitation = "Invitation: Two ovens, Thu 18 Jan 10:00"
    (_, *about_it) = await outbox(engine)
    assert about_it == [
        ("Mon 08 Jan 10:00", invitation, "REQUEST"),
        ("Tue 09 Jan 10:00", invitation, "REQUEST"),
    ]
    assert await waiting(life) == [("call: has not answered the invitation", "Wed 10 Jan 10:00")]
    (task,) = await life.open_tasks()
    assert task.escalated_to == "mia"

    await life.until(new_york("2035-01-18 11:00"))
    assert await waiting(life) == [("how was the meeting?", "Thu 18 Jan 10:45")]
    await finish(life, Outcome.NO_SHOW)
    await life.until(new_york("2035-02-01 12:00"))
    # Three business days after Monday 10:00, moved by the ten days and 45 minutes of the meeting.
    assert (await outbox(engine))[3][0] == "Mon 22 Jan 09:00"


async def test_the_invitation_is_accepted_the_meeting_held_and_the_plan_goes_on(
    life: Life, engine: AsyncEngine
) -> None:
    await life.until(START + timedelta(hours=2))
    await accepts(life)
    await life.until(new_york("2035-01-18 10:30"))
    assert len(await outbox(engine)) == 2, "the answer and the invitation: the machine is quiet"
    assert await waiting(life) == []
    case = await life.case()
    assert [meeting.state for meeting in case.meetings] == [MeetingState.ACCEPTED]

    await life.until(new_york("2035-01-18 11:00"))
    assert await waiting(life) == [("how was the meeting?", "Thu 18 Jan 10:45")]
    await finish(life, Outcome.HELD)
    held = (await life.case()).enrollment.hold
    assert held is not None
    assert (held.reason, f"{held.until.astimezone(NEW_YORK):%a %d %b %H:%M}") == ("personal_touch", "Thu 25 Jan 10:45")

    await life.until(new_york("2035-02-28 12:00"))
    after = (await outbox(engine))[2:]
    assert after, "the plan went on by itself"
    assert all(not calendar for _, _, calendar in after)
    assert after[0][0] == "Mon 29 Jan 09:00"
