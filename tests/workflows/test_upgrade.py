"""Leads across releases of the workflow: they go on by the code they began with, take newer code, and lose nothing."""

import asyncio
import contextlib
import gc
import sysconfig
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client, RPCError, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from adapters.temporal import LeadWorkflows, connect
from leads.contract import REFRESH_SIGNAL, CommandKind, SearchAttribute, Told
from tests.workflows.releases import (
    DeprecatingLead,
    Desk,
    LetterDesk,
    LetterWritingLead,
    PatchedLead,
    PostOffice,
    RestingLead,
    Run,
    release,
    runs_of,
)
from workflows.lead_cadence import TOUCHES_PER_RUN, LeadCadence

DEV_SERVER = Path(sysconfig.get_path("scripts")) / "temporal"
# The server reports a workflow whose tasks keep failing after five attempts, a minute or so; here after the first.
REPORT_AT_ONCE = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=1"
NON_DETERMINISM = "TMPRL1100"
A_MOMENT = timedelta(seconds=4)
YEARS = timedelta(days=3 * 365)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client() -> AsyncIterator[Client]:
    """A real server, with real timers and visibility."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(DEV_SERVER),
        dev_server_extra_args=["--dynamic-config-value", REPORT_AT_ONCE],
        search_attributes=[SearchAttributeKey.for_keyword(name.value) for name in SearchAttribute],
        data_converter=pydantic_data_converter,
    ) as env:
        yield env.client


async def becomes_true(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that the server or a worker does."""
    async with asyncio.timeout(40):
        while not await condition():
            await asyncio.sleep(0.02)


class Lead:
    """A lead of the desk, and its workflow."""

    def __init__(self, client: Client, desk: Desk, handle: WorkflowHandle[Any, Any]) -> None:
        self._client = client
        self.desk = desk
        self.handle = handle

    async def runs(self) -> list[Run]:
        return await runs_of(self._client, self.handle)

    async def has_made(self, touches: int) -> None:
        """Wait until so many touches were made, and the workflow sleeps again."""
        await becomes_true(lambda: self._sleeps_after(touches))

    async def has_begun(self, runs: int) -> None:
        """Wait until the workflow has had so many runs, and sleeps in the newest."""

        async def begun() -> bool:
            found = await self.runs()
            return len(found) >= runs and found[-1].sleeps

        await becomes_true(begun)

    async def has_listened(self) -> None:
        """Wait until the first run has done whatever it does on the signal that was sent."""

        async def listened() -> bool:
            return (await self.runs())[0].has_listened

        await becomes_true(listened)

    async def is_stuck(self) -> None:
        """Wait until a workflow task has failed."""

        async def failed() -> bool:
            return bool((await self.runs())[-1].failures)

        await becomes_true(failed)

    async def is_reported(self) -> bool:
        """Whether the server's visibility store names the lead among those whose tasks keep failing."""
        query = f"TemporalReportedProblems IS NOT NULL AND WorkflowId = '{self.handle.id}'"
        return (await self._client.count_workflows(query)).count == 1

    async def leave(self) -> None:
        """End what may still run, so that no later test finds it."""
        with contextlib.suppress(RPCError):
            await self.handle.terminate()

    async def wake(self) -> None:
        """Tell the sleeping lead that its next touch is due now."""
        following = self.desk.email(len(self.desk.made) + 1, datetime.now(UTC))
        await self.handle.signal(CommandKind.MESSAGE_REPORTED, self.desk.told(wake=following))

    async def refresh(self) -> None:
        await self.handle.signal(REFRESH_SIGNAL)

    async def has_a_story_told_once(self) -> None:
        """The story came to its end, every touch was made, and none twice."""
        async with asyncio.timeout(40):
            assert await self.handle.result() == "no"
        assert self.desk.made == list(range(1, self.desk.touches + 1))

    async def _sleeps_after(self, touches: int) -> bool:
        return len(self.desk.made) >= touches and (await self.runs())[-1].sleeps


FollowUp = Callable[..., Awaitable[Lead]]


@pytest_asyncio.fixture
async def follow_up(client: Client) -> AsyncIterator[FollowUp]:
    """Begins leads at desks that do their work until the test ends."""
    begun: list[Lead] = []
    async with AsyncExitStack() as working:

        async def begin(desk: Desk, *, works: bool = True) -> Lead:
            if works:
                await working.enter_async_context(desk.working(client))
            begun.append(Lead(client, desk, await desk.begin(client)))
            return begun[-1]

        yield begin
        for lead in begun:
            await lead.leave()


async def test_a_lead_goes_on_by_the_old_path_and_takes_the_new_one_with_its_next_run(
    client: Client, follow_up: FollowUp
) -> None:
    lead = await follow_up(Desk(touches=TOUCHES_PER_RUN + 2, waits={3: YEARS}))
    async with release(client, LeadCadence):
        await lead.has_made(2)
    async with release(client, PatchedLead):
        await lead.wake()
        await lead.has_a_story_told_once()
    old, new = await lead.runs()
    assert (old.steps, old.rests, old.is_patched) == (TOUCHES_PER_RUN, 0, False)
    assert (new.steps, new.rests, new.is_patched) == (2, 2, True)
    assert old.failures == new.failures == []


async def test_a_refresh_brings_a_sleeping_lead_under_todays_code(client: Client, follow_up: FollowUp) -> None:
    lead = await follow_up(Desk(touches=3, waits={2: A_MOMENT}))
    async with release(client, LeadCadence):
        await lead.has_made(1)
    async with release(client, PatchedLead):
        await lead.refresh()
        await lead.has_a_story_told_once()
    old, new = await lead.runs()
    assert (old.steps, old.rests) == (1, 0)
    assert (new.steps, new.rests) == (2, 2)


async def test_a_lead_lives_through_the_whole_life_of_a_patch(client: Client, follow_up: FollowUp) -> None:
    lead = await follow_up(Desk(touches=5, waits=dict.fromkeys(range(2, 6), YEARS)))
    async with release(client, LeadCadence):
        await lead.has_made(1)
    for number, shape in enumerate((PatchedLead, DeprecatingLead, RestingLead), 2):
        async with release(client, shape):
            await lead.refresh()
            await lead.has_begun(number)
            await lead.wake()
            await lead.has_made(number)
    async with release(client, RestingLead):
        await lead.wake()
        await lead.has_a_story_told_once()
    runs = await lead.runs()
    assert [run.failures for run in runs] == [[], [], [], []]
    assert [run.rests for run in runs] == [0, 1, 1, 2]
    assert [run.is_patched for run in runs] == [False, True, True, False]


async def test_a_patch_that_is_removed_before_leads_were_refreshed_stops_them_until_it_is_back(
    client: Client, follow_up: FollowUp
) -> None:
    lead = await follow_up(Desk(touches=3, waits={2: YEARS}))
    async with release(client, PatchedLead):
        await lead.has_made(1)
    async with release(client, RestingLead):
        await lead.wake()
        await lead.is_stuck()
    async with release(client, PatchedLead):
        await lead.has_a_story_told_once()


async def test_a_careless_change_stops_the_lead_is_reported_and_heals_with_good_code(
    client: Client, follow_up: FollowUp
) -> None:
    lead = await follow_up(Desk(touches=3, waits={2: YEARS}))
    async with release(client, LeadCadence):
        await lead.has_made(1)
    assert not await lead.is_reported()
    async with release(client, RestingLead):
        await lead.wake()
        await lead.is_stuck()
        await becomes_true(lead.is_reported)
    assert NON_DETERMINISM in (await lead.runs())[-1].failures[0]
    assert lead.desk.made == [1]
    async with release(client, LeadCadence):
        await lead.has_a_story_told_once()
    assert not await lead.is_reported()


async def test_while_both_releases_run_an_old_worker_leaves_patched_leads_to_the_new_ones(
    client: Client, follow_up: FollowUp
) -> None:
    lead = await follow_up(Desk(touches=3, waits={2: YEARS}))
    async with release(client, PatchedLead):
        await lead.has_made(1)
    async with release(client, LeadCadence):
        await lead.wake()
        await lead.is_stuck()
        # A second connection, since one connection takes one release's worker only.
        newer = await connect(client.service_client.config.target_host, client.namespace)
        async with release(newer, PatchedLead):
            await lead.has_a_story_told_once()


async def test_an_old_worker_leaves_a_wake_that_it_cannot_read_to_the_new_ones(
    client: Client, follow_up: FollowUp
) -> None:
    lead = await follow_up(LetterDesk(touches=4))
    async with release(client, LeadCadence):
        await lead.is_stuck()
    assert "Failed decoding" in (await lead.runs())[-1].failures[0]
    assert lead.desk.made == [1]
    async with release(client, LetterWritingLead):
        await lead.has_a_story_told_once()


@pytest.mark.parametrize("kind", [CommandKind.LEAD_REPLIED, CommandKind.REASSIGN], ids=["a signal", "an update"])
async def test_an_old_worker_leaves_news_that_it_cannot_read_to_the_new_ones(
    client: Client, follow_up: FollowUp, kind: CommandKind
) -> None:
    workflows = LeadWorkflows(client)
    lead = await follow_up(PostOffice(touches=3, waits={2: YEARS}))
    plan = lead.desk.plan
    async with release(client, LeadCadence):
        await lead.has_made(1)
        news = lead.desk.told_of_a_letter()
        try:
            await workflows.tell(kind, news, plan)
        except WorkflowUpdateFailedError:
            await workflows.tell(CommandKind.MESSAGE_REPORTED, news, plan)  # as the delivery does
        await lead.is_stuck()
    async with release(client, LetterWritingLead):
        await lead.has_a_story_told_once()


async def test_a_refresh_during_a_step_waits_for_its_end(client: Client, follow_up: FollowUp) -> None:
    workflows = LeadWorkflows(client)
    lead = await follow_up(Desk(touches=3))
    lead.desk.may_send.clear()
    async with release(client, LeadCadence):
        await lead.desk.at_work.wait()
        await lead.refresh()
        await lead.has_listened()
        assert (await workflows.progress(lead.desk.lead_id)).waiting is False
        lead.desk.may_send.set()
        await lead.has_a_story_told_once()
    old, new = await lead.runs()
    assert (old.steps, new.steps) == (1, 2)


async def test_a_refresh_keeps_the_wait_and_its_end(client: Client, follow_up: FollowUp) -> None:
    lead = await follow_up(Desk(touches=2, waits={2: YEARS}))
    async with release(client, LeadCadence):
        await lead.has_made(1)
        due = lead.desk.plan.wake
        assert due is not None
        for number in (2, 3):
            await lead.refresh()
            await lead.has_begun(number)
    runs = await lead.runs()
    assert [run.steps for run in runs] == [1, 0, 0]
    assert abs(runs[-1].wakes_at - due.at) < timedelta(minutes=1)


async def test_what_is_told_at_the_moment_of_a_refresh_is_heard_once(client: Client, follow_up: FollowUp) -> None:
    lead = await follow_up(Desk(touches=2, waits={2: YEARS}))
    workflows = LeadWorkflows(client)

    async def tell(kind: CommandKind, told: Told) -> None:
        # A caller whose update meets the end of a run tells it again, by the same id, as the delivery does.
        while True:
            with contextlib.suppress(RPCError):
                return await workflows.tell(kind, told, told.plan)
            # The SDK leaves a future behind that nobody awaits. It complains of that when it is collected, which
            # Python 3.11 does not survive while it parses a module (gh-106905): so now.
            gc.collect()
            await asyncio.sleep(0.02)

    async with release(client, LeadCadence):
        await lead.has_made(1)
        told = [lead.desk.told() for _ in range(24)]
        signal, update = CommandKind.LEAD_REPLIED, CommandKind.REASSIGN
        async with asyncio.TaskGroup() as group:
            for number, news in enumerate(told):
                if number % 4 == 0:
                    group.create_task(lead.refresh())
                group.create_task(tell(signal if number % 2 else update, news))
        runs = len(await lead.runs())
        await lead.refresh()
        await lead.has_begun(runs + 1)
        again = await lead.handle.execute_update(update.value, told[0])
        assert again["repeated"]
        progress = await workflows.progress(lead.desk.lead_id)
        assert progress.plan == lead.desk.plan

        await lead.wake()
        await lead.has_a_story_told_once()


async def sleeping_leads(client: Client, follow_up: FollowUp, number: int) -> list[Lead]:
    """So many leads that sleep for years, once the visibility store knows no others."""
    leads = [await follow_up(Desk(touches=1, waits={1: YEARS}), works=False) for _ in range(number)]
    now = datetime.now(UTC)

    async def visible() -> bool:
        return await LeadWorkflows(client).count_runs(now) == number

    await becomes_true(visible)
    return leads


async def test_every_run_that_began_before_is_refreshed_and_no_other(client: Client, follow_up: FollowUp) -> None:
    workflows = LeadWorkflows(client)
    leads = await sleeping_leads(client, follow_up, 5)
    before = datetime.now(UTC)
    later = await follow_up(Desk(touches=1, waits={1: YEARS}), works=False)
    seen: list[int] = []

    assert await workflows.refresh_all(before, per_second=1000, progress=seen.append) == 5
    assert sum(seen) == 5
    assert await workflows.count_runs(before) == 5  # nobody works yet

    async with release(client, LeadCadence):

        async def all_renewed() -> bool:
            return await workflows.count_runs(before) == 0

        await becomes_true(all_renewed)
        assert [len(await lead.runs()) for lead in [*leads, later]] == [2, 2, 2, 2, 2, 1]
        assert await workflows.refresh_all(before, per_second=1000) == 0


async def test_leads_are_refreshed_at_the_pace_asked_for_and_who_renewed_meanwhile_is_left_alone(
    client: Client, follow_up: FollowUp
) -> None:
    leads = await sleeping_leads(client, follow_up, 3)
    some_are_asked = asyncio.Event()
    began = time.monotonic()
    async with release(client, LeadCadence):
        refreshing = asyncio.create_task(
            LeadWorkflows(client).refresh_all(datetime.now(UTC), per_second=1, progress=lambda _: some_are_asked.set())
        )
        await some_are_asked.wait()
        await leads[0].refresh()  # the newest are asked first, so its turn comes in two seconds
        assert await refreshing == 2
        assert time.monotonic() - began >= 2
        for lead in leads:
            await lead.has_begun(2)
        assert [len(await lead.runs()) for lead in leads] == [2, 2, 2]
