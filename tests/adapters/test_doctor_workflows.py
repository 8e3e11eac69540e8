"""The check of workflows and of what they were told: missing, orphaned, failing, behind; races are no findings."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from cadences import commands
from leads.contract import CommandKind, workflow_id
from leads.liveness import ActivitySeen, FindingKind, WorkflowSeen
from tests.adapters.clinic import Clinic

K = FindingKind


async def test_a_missing_workflow_is_started(clinic: Clinic) -> None:
    lead_id = await clinic.asleep()
    del clinic.workflows.seen[workflow_id(lead_id)]

    found = await clinic.found_and_mended(K.WORKFLOW_MISSING)

    assert found[0].lead_id == lead_id
    assert clinic.workflows.plans[workflow_id(lead_id)] == await clinic.plan(lead_id)


async def test_a_workflow_that_the_visibility_store_does_not_list_yet_is_not_missing(clinic: Clinic) -> None:
    clinic.workflows.unlisted = {workflow_id(await clinic.asleep())}
    assert await clinic.kinds() == []


async def test_a_lead_that_is_being_captured_has_no_workflow_yet_and_that_is_well(clinic: Clinic) -> None:
    await clinic.captured(told=False)
    assert await clinic.kinds() == []


async def test_a_decision_that_commits_during_the_check_is_no_finding(clinic: Clinic) -> None:
    """The check waits for the row lock, and judges what was committed."""
    lead_id = await clinic.asleep()
    del clinic.workflows.seen[workflow_id(lead_id)]
    async with clinic.cases.open(lead_id, clinic.clock()) as opened:
        check = asyncio.create_task(clinic.kinds(repair=True))
        for _ in range(500):
            if await clinic.value("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"):
                break
            await asyncio.sleep(0.01)
        else:
            raise AssertionError("the check never waited for the lead")
        no = commands.record_answer(opened.case, answer="no", by="anna", note=None, now=clinic.clock())
        await opened.save(no, CommandKind.RECORD_ANSWER, told={"answer": "no"})
    assert await check == []


async def test_a_workflow_that_holds_an_older_plan_is_told_the_newest(clinic: Clinic) -> None:
    lead_id = await clinic.emailed()
    name = workflow_id(lead_id)
    older = clinic.workflows.plans[name].model_copy(update={"revision": 1})
    clinic.workflows.plans[name] = older
    clinic.clock.move_by(timedelta(days=1))

    (found,) = (await clinic.check())[1]
    assert (found.kind, found.lead_id) == (K.WORKFLOW_BEHIND, lead_id)
    (found,) = (await clinic.check(repair=True))[1]

    assert found.repaired
    assert clinic.workflows.plans[name] == await clinic.plan(lead_id)
    await clinic.act(lead_id)
    assert await clinic.kinds() == []


async def test_a_wake_that_nobody_saw_to_is_told_once_more(clinic: Clinic) -> None:
    lead_id = await clinic.emailed()
    clinic.clock.move_by(timedelta(days=1))
    assert await clinic.kinds() == [K.STUCK]
    before = await clinic.plan(lead_id)
    (found,) = (await clinic.check(repair=True))[1]
    assert found.repaired
    after = await clinic.plan(lead_id)
    assert after.revision == before.revision + 1
    assert clinic.workflows.plans[workflow_id(lead_id)] == after
    await clinic.act(lead_id)
    assert await clinic.kinds() == []


async def test_a_workflow_that_knows_more_than_the_database_takes_the_plan_all_the_same(clinic: Clinic) -> None:
    """As after the database was restored from a backup."""
    lead_id = await clinic.emailed()
    name = workflow_id(lead_id)
    clinic.workflows.plans[name] = clinic.workflows.plans[name].model_copy(update={"revision": 900})
    clinic.clock.move_by(timedelta(days=1))
    await clinic.check(repair=True)
    assert (await clinic.plan(lead_id)).revision == 901
    assert clinic.workflows.plans[name].revision == 901


async def test_a_wake_a_few_seconds_late_is_not_stuck(clinic: Clinic) -> None:
    lead_id = await clinic.emailed()
    wake = (await clinic.plan(lead_id)).wake
    assert wake is not None
    clinic.clock.move_to(wake.at + timedelta(minutes=4))
    assert await clinic.kinds() == []
    clinic.clock.move_by(timedelta(minutes=2))
    assert await clinic.kinds() == [K.STUCK]


@pytest.mark.parametrize(
    ("activity", "workers", "stuck", "said"),
    [
        (ActivitySeen("send_email", 1, None), True, False, ""),
        (ActivitySeen("send_email", 40, None), True, True, "attempt 40"),
        (ActivitySeen("send_email", 1, datetime(2026, 1, 1, tzinfo=UTC)), True, True, "attempt 1"),
        (None, False, True, "no worker"),
    ],
)
async def test_an_activity_at_work_is_left_alone_and_one_that_never_ends_is_for_a_person(
    clinic: Clinic, activity: ActivitySeen | None, workers: bool, stuck: bool, said: str
) -> None:
    name = workflow_id(await clinic.emailed())
    seen = replace(clinic.workflows.seen[name], activity=activity, workers=workers, task_attempt=1)
    clinic.workflows.seen[name] = seen
    clinic.clock.move_by(timedelta(days=1))
    if not stuck:
        assert await clinic.kinds(repair=True) == []
        return
    (found,) = await clinic.found_and_left(K.STUCK)
    assert said in found.wrong
    assert "was due Fri 20 Nov 2026 10:00 in New York, and" in found.wrong


async def test_a_failing_workflow_is_replaced_by_one_with_the_newest_plan(clinic: Clinic) -> None:
    name = workflow_id(await clinic.asleep())
    clinic.workflows.seen[name] = replace(clinic.workflows.seen[name], reported=True)
    await clinic.found_and_mended(K.WORKFLOW_FAILING)
    assert clinic.workflows.terminated == [name]
    assert clinic.workflows.seen[name].run_id != "run-1"


async def test_a_workflow_whose_lead_has_nothing_left_is_told_so(clinic: Clinic) -> None:
    lead_id = await clinic.answered("no")
    name = workflow_id(lead_id)
    clinic.workflows.seen[name] = WorkflowSeen(run_id="left over")
    clinic.workflows.plans[name] = clinic.workflows.plans[name].model_copy(update={"revision": 1})
    found = await clinic.found_and_mended(K.WORKFLOW_ORPHANED)
    assert found[0].lead_id == lead_id
    assert clinic.workflows.terminated == []


async def test_a_workflow_that_is_about_to_complete_is_no_orphan(clinic: Clinic) -> None:
    name = workflow_id(await clinic.answered("no"))
    clinic.workflows.seen[name] = WorkflowSeen(run_id="completes", task_attempt=1)
    assert await clinic.kinds() == []


@pytest.mark.parametrize("name", [workflow_id(uuid4()), "lead:nobody"])
async def test_a_workflow_without_a_lead_is_terminated(clinic: Clinic, name: str) -> None:
    await clinic.asleep()
    clinic.workflows.seen[name] = WorkflowSeen(run_id="orphan")
    found = await clinic.found_and_mended(K.WORKFLOW_ORPHANED)
    assert (found[0].lead_id, found[0].workflow_id) == (None, name)
    assert clinic.workflows.terminated == [name]


async def test_nothing_is_terminated_when_most_workflows_have_no_lead_here(clinic: Clinic) -> None:
    await clinic.asleep()
    for _ in range(11):
        clinic.workflows.seen[workflow_id(uuid4())] = WorkflowSeen(run_id="another company's")
    found = await clinic.found_and_left(*[K.WORKFLOW_ORPHANED] * 11)
    assert "is this the right database" in found[0].to_do
    assert clinic.workflows.terminated == []


async def test_a_command_that_was_not_told_is_told(clinic: Clinic) -> None:
    lead_id = await clinic.captured(told=False)
    clinic.clock.move_by(timedelta(seconds=59))
    assert await clinic.kinds() == []
    clinic.clock.move_by(timedelta(seconds=2))
    await clinic.found_and_mended(K.COMMAND_UNDELIVERED)
    assert workflow_id(lead_id) in clinic.workflows.seen
    assert (await clinic.plan(lead_id)).revision == 1  # telling decides nothing


async def test_a_workflow_that_runs_and_was_not_told_is_told(clinic: Clinic) -> None:
    lead_id = await clinic.asleep()
    async with clinic.cases.open(lead_id, clinic.clock()) as opened:
        await opened.save(opened.case, CommandKind.MESSAGE_REPORTED)
    clinic.clock.move_by(timedelta(seconds=61))
    await clinic.found_and_mended(K.COMMAND_UNDELIVERED)
    assert clinic.workflows.plans[workflow_id(lead_id)] == await clinic.plan(lead_id)


async def test_what_can_not_be_told_is_not_said_to_be_mended(clinic: Clinic) -> None:
    lead_id = await clinic.asleep()
    del clinic.workflows.seen[workflow_id(lead_id)]
    await clinic.sql("update leads set next_at = null where id = :id", id=lead_id)
    clinic.workflows.away = True
    _, found = await clinic.check(repair=True)
    assert [(one.kind, one.repaired) for one in found] == [(K.CONTRADICTION, True), (K.WORKFLOW_MISSING, False)]
