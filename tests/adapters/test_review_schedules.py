"""The schedules of reviews and mails on a real Temporal: kept in step with the people, and firing."""

import asyncio
import sysconfig
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, ScheduleOverlapPolicy, ScheduleSpec, ScheduleUpdate, ScheduleUpdateInput
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from activities.reviews import ReviewActivities
from activities.staff_mails import StaffMailActivities
from adapters.clock import wall_clock
from adapters.db.cadences import CadenceShelf
from adapters.db.cases import CaseStore
from adapters.db.people import People
from adapters.db.reviews import Reviews
from adapters.db.staff_mails import StaffMails
from adapters.delivery import CommandDelivery
from adapters.providers.local_outbox import LocalOutbox
from adapters.review_schedules import ReviewSchedules, review_spec
from adapters.temporal import LeadWorkflows, ensure_staff_mail_schedule
from leads.contract import REVIEW_CATCH_UP, STAFF_MAIL_SCHEDULE, SchedulesResult
from leads.model import Colleague, Role
from leads.work_hours import WorkHours
from runtime.bootstrap import StaffActivities, activities_of
from runtime.worker import workers
from tests.links import LINKS
from tests.sample import COMPANY

MIA = Colleague("mia", "Mia Santos", role=Role.MANAGER)
INES = Colleague(
    "ines", "Ines", role=Role.MANAGER, zone="Europe/Madrid", hours=WorkHours.parse("mon,tue,thu 10:00-19:15")
)
NIGHT = replace(INES, id="night", hours=WorkHours(frozenset({4, 6}), time(12), time.max))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[WorkflowEnvironment]:
    async with await WorkflowEnvironment.start_local(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(Path(sysconfig.get_path("scripts")) / "temporal"),
        dev_server_log_level="error",
    ) as started:
        yield started


class Staff:
    """The managers of the moment."""

    def __init__(self, *people: Colleague) -> None:
        self.people = people

    async def __call__(self) -> tuple[Colleague, ...]:
        return self.people


async def listed(client: Client, wanted: set[str]) -> None:
    """Wait until the server's list shows these; it lags behind."""
    async with asyncio.timeout(30):
        while {one.id async for one in await client.list_schedules() if one.id.startswith("review:")} != wanted:
            await asyncio.sleep(0.05)


async def test_the_schedules_are_kept_in_step_with_the_people(server: WorkflowEnvironment) -> None:
    client, staff = server.client, Staff(MIA, INES, NIGHT)
    schedules = ReviewSchedules(client, staff, COMPANY)
    assert await schedules.ensure() == SchedulesResult(created=3)
    assert await schedules.ensure() == SchedulesResult()

    described = await client.get_schedule_handle("review:ines").describe()
    assert described.schedule.policy.overlap is ScheduleOverlapPolicy.BUFFER_ALL
    assert described.schedule.policy.catchup_window == REVIEW_CATCH_UP
    madrid = ZoneInfo("Europe/Madrid")
    fires = [at.astimezone(madrid) for at in described.info.next_action_times]
    assert len(fires) == 10
    assert {(at.weekday(), at.hour, at.minute) for at in fires} == {(0, 19, 15), (1, 19, 15), (3, 19, 15)}
    night = await client.get_schedule_handle("review:night").describe()
    fires = [at.astimezone(madrid) for at in night.info.next_action_times]
    assert {(at.weekday(), at.hour, at.minute) for at in fires} == {(5, 0, 0), (0, 0, 0)}

    # Ines moves to New York and works all days; Night leaves; somebody broke Mia's schedule.
    staff.people = (MIA, replace(INES, zone="America/New_York", hours=WorkHours.parse("mon-sun 09:00-18:00")))

    def broken(given: ScheduleUpdateInput) -> ScheduleUpdate:
        given.description.schedule.spec = ScheduleSpec(cron_expressions=["0 4 * * *"])
        return ScheduleUpdate(given.description.schedule)

    await client.get_schedule_handle("review:mia").update(broken)
    await listed(client, {"review:mia", "review:ines", "review:night"})
    assert await schedules.ensure() == SchedulesResult(changed=2, removed=1)
    await listed(client, {"review:mia", "review:ines"})
    assert await schedules.ensure() == SchedulesResult()
    new_york = ZoneInfo("America/New_York")
    described = await client.get_schedule_handle("review:ines").describe()
    fires = [at.astimezone(new_york) for at in described.info.next_action_times]
    assert {(at.hour, at.minute) for at in fires} == {(18, 0)}
    assert {at.weekday() for at in fires} == set(range(7))
    mia = (await client.get_schedule_handle("review:mia").describe()).info.next_action_times[0].astimezone(new_york)
    assert (mia.hour, mia.minute) == (17, 30)

    staff.people = ()
    assert await schedules.ensure() == SchedulesResult(removed=2)


async def test_a_paused_schedule_stays_paused(server: WorkflowEnvironment) -> None:
    staff = Staff(replace(MIA, id="max"))
    schedules = ReviewSchedules(server.client, staff, COMPANY)
    await schedules.ensure()
    handle = server.client.get_schedule_handle("review:max")
    await handle.pause(note="on leave")
    staff.people = (replace(MIA, id="max", hours=WorkHours(closes=time(16))),)
    assert (await schedules.ensure()).changed == 1
    assert (await handle.describe()).schedule.state.paused
    staff.people = ()
    await listed(server.client, {"review:max"})
    await schedules.ensure()


def test_both_sides_of_a_clock_change_are_half_past_five() -> None:
    """The spec names the zone and the clock time; the server does the rest."""
    spec = review_spec(MIA, COMPANY)
    assert spec.time_zone_name == "America/New_York"
    (calendar,) = spec.calendars
    assert [one.start for one in calendar.day_of_week] == [1, 2, 3, 4, 5]  # From Sunday on, as Temporal counts.
    assert (calendar.hour[0].start, calendar.minute[0].start, calendar.second[0].start) == (17, 30, 0)


async def test_a_schedule_that_fires_writes_the_review_and_has_it_mailed(
    server: WorkflowEnvironment, engine: AsyncEngine, shelf: CadenceShelf, cases: CaseStore
) -> None:
    client, moment = server.client, timedelta(milliseconds=50)
    async with engine.begin() as connection:
        # Works at every hour of every day, so that some day is always over.
        await connection.execute(text("update colleagues set hours = 'mon-sun 00:00-24:00' where id = 'mia'"))
    people, outbox = People(engine), LocalOutbox(engine, wall_clock)
    reviews = Reviews(engine, COMPANY, LINKS)
    schedules = ReviewSchedules(client, reviews.managers, COMPANY)
    activities = activities_of(
        cases=cases,
        email=outbox,
        sms=outbox,
        links=LINKS,
        delivery=CommandDelivery(engine, LeadWorkflows(client), wall_clock),
        clock=wall_clock,
        staff=StaffActivities(
            mails=StaffMailActivities(StaffMails(engine), outbox, COMPANY, LINKS, wall_clock, moment),
            reviews=ReviewActivities(reviews, schedules, wall_clock),
        ),
    )
    async with AsyncExitStack() as running:
        for worker in workers(client, activities):
            await running.enter_async_context(worker)
        assert await ensure_staff_mail_schedule(client)
        assert not await ensure_staff_mail_schedule(client)
        # The watch itself sees to the managers' schedules.
        await listed(client, {"review:mia"})
        handle = client.get_schedule_handle("review:mia")
        await handle.trigger(overlap=ScheduleOverlapPolicy.ALLOW_ALL)
        async with asyncio.timeout(30):
            while not (sent := await mailed(engine)):
                await asyncio.sleep(0.05)
        await client.get_schedule_handle(STAFF_MAIL_SCHEDULE).delete()
        await handle.delete()
        async for run in client.list_workflows("ExecutionStatus = 'Running'"):
            await client.get_workflow_handle(run.id).terminate()
    (mail,) = sent
    yesterday = (datetime.now(UTC) - timedelta(days=1)).astimezone(ZoneInfo("America/New_York")).date()
    assert mail == ("mia@example.com", f"Review of {yesterday:%a %d %b %Y}: nothing missed")
    assert len(await people.all()) == 3


async def mailed(engine: AsyncEngine) -> list[tuple[str, str]]:
    async with engine.connect() as connection:
        found = await connection.execute(text("select recipient, subject from outbox where internal"))
        return [(row.recipient, row.subject) for row in found]
