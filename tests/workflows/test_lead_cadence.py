"""The workflow's own part: it refuses what makes no sense, hears each command once, and keeps the newest plan."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowUpdateFailedError
from temporalio.common import SearchAttributeKey

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.temporal import LeadWorkflows
from api import lead_changes
from cadences import commands
from leads.contract import Acknowledged, CommandKind, Plan, SearchAttribute, Told
from tests.clocks import SettableClock
from tests.workflows.lives import Life, a_life
from tests.workflows.scenarios import START, answer, begin, silent_for_a_year
from workflows.lead_cadence import COMMANDS_PER_RUN


@pytest_asyncio.fixture
async def life(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> AsyncIterator[Life]:
    async with a_life(engine, cases, intake, clock) as life:
        yield life


async def plan_of(life: Life) -> Plan:
    return (await LeadWorkflows(life.client).progress(life.lead_id)).plan


async def told(life: Life, revision: int = 1, **ids: Any) -> Told:
    """What would be told of a command that followed on the workflow's plan."""
    plan = await plan_of(life)
    return Told(
        command_id=uuid4(),
        lead_id=life.lead_id,
        said_at=life.clock(),
        plan=plan.model_copy(update={"revision": plan.revision + revision}),
        **ids,
    )


async def update(life: Life, kind: CommandKind, payload: Told) -> Acknowledged:
    return await life.handle.execute_update(kind.value, payload, result_type=Acknowledged)


BAD = {
    "a touch without its time": (CommandKind.LOG_PERSONAL_TOUCH, {}),
    "a touch in the future": (CommandKind.LOG_PERSONAL_TOUCH, {"touched_at": START + timedelta(days=99)}),
    "an answer that is none": (CommandKind.RECORD_ANSWER, {"answer": "maybe"}),
    "not now without a date": (CommandKind.NOT_NOW, {}),
    "not now until yesterday": (CommandKind.NOT_NOW, {"until": START - timedelta(days=1)}),
    "a hold without an end": (CommandKind.HOLD, {}),
    "a resume without a hold": (CommandKind.RESUME, {}),
    "a step that is not next": (CommandKind.SKIP_STEP, {"step_id": "case-study"}),
    "the same owner": (CommandKind.REASSIGN, {"owner": "anna"}),
    "a task that is not open": (CommandKind.COMPLETE_TASK, {"task_id": UUID(int=9)}),
}


@pytest.mark.parametrize("case", list(BAD))
async def test_what_makes_no_sense_is_refused_and_leaves_no_trace(life: Life, case: str) -> None:
    kind, ids = BAD[case]
    await begin(life)
    before = await plan_of(life)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await update(life, kind, await told(life, **ids))
    assert str(refused.value.cause)
    assert await plan_of(life) == before
    assert "workflowExecutionUpdateAccepted" not in (await life.history()).to_json()


async def test_a_command_for_another_lead_is_refused(life: Life) -> None:
    await begin(life)
    payload = (await told(life, until=START + timedelta(days=5))).model_copy(update={"lead_id": UUID(int=7)})
    with pytest.raises(WorkflowUpdateFailedError):
        await update(life, CommandKind.HOLD, payload)


async def test_a_command_is_heard_once_however_often_it_is_told(life: Life) -> None:
    await begin(life)
    payload = await told(life, until=START + timedelta(days=5))
    first = await update(life, CommandKind.HOLD, payload)
    again = await update(life, CommandKind.HOLD, payload)
    assert not first.repeated
    assert again.repeated
    assert again.revision == first.revision


async def test_the_newest_plan_wins_in_whatever_order_plans_arrive(life: Life) -> None:
    await begin(life)
    old = await told(life, revision=5)
    new = await told(life, revision=6)
    await life.handle.signal(CommandKind.LEAD_REPLIED.value, new)
    await life.handle.signal(CommandKind.LEAD_REPLIED.value, old)
    assert (await plan_of(life)).revision == new.plan.revision


async def test_what_skips_a_number_is_taken_since_older_news_is_still_on_its_way(life: Life) -> None:
    """A resume whose hold has not been told yet makes sense: the database has seen both."""
    await begin(life)
    taken = await update(life, CommandKind.RESUME, await told(life, revision=2))
    assert taken.revision == (await plan_of(life)).revision


async def test_a_lead_that_ended_can_be_told_more_without_being_a_special_case(life: Life) -> None:
    await begin(life)
    await answer(life, "no")
    await life.handle.result()
    news = (await told_of_the_ended(life)).model_copy(update={"owner": "ben"})
    await LeadWorkflows(life.client).tell(CommandKind.REASSIGN, news, news.plan)
    assert await life.handle.result() == "no"


async def test_a_no_that_was_a_slip_is_taken_back_and_the_ended_workflow_starts_again(life: Life) -> None:
    await begin(life)
    due = (await plan_of(life)).wake
    now = life.clock()
    async with life.cases.open(life.lead_id, now) as opened:
        no = commands.record_answer(opened.case, answer="no", by="anna", note=None, now=now)
        await opened.save(no, CommandKind.RECORD_ANSWER, by="anna", told={"answer": "no"}, may_be_slip=True)
    assert await life.delivery.deliver(life.lead_id)
    assert await life.handle.result() == "no"
    ended = (await life.handle.describe()).run_id
    change = lead_changes.undo()
    async with life.cases.open(life.lead_id, now) as opened:
        decision = await change.decide(opened, "anna", now)
        plan = await opened.save(decision.case, change.kind, by="anna", details=decision.details)
    assert await life.delivery.deliver(life.lead_id)
    assert (await life.handle.describe()).run_id != ended
    assert await plan_of(life) == plan
    assert plan.wake == due


async def told_of_the_ended(life: Life) -> Told:
    async with life.cases.open(life.lead_id, life.clock()) as opened:
        plan = opened.plan.model_copy(update={"revision": opened.plan.revision + 1})
    return Told(command_id=uuid4(), lead_id=life.lead_id, said_at=life.clock(), plan=plan)


async def test_histories_stay_short_and_hold_ids_only(life: Life) -> None:
    await silent_for_a_year(life)
    history = (await life.history()).to_json()
    assert history.count('"eventId"') < 160
    for private in ("Priya", "priya@", "2125550111", "ovens"):
        assert private not in history


async def test_a_touch_costs_one_timer_and_one_activity(life: Life) -> None:
    await begin(life)
    await answer(life, "no")
    await life.handle.result()
    history = (await life.history()).to_json()
    # One email and one call task: two activities, the wait for the call's due time, and no upsert until the no.
    assert history.count("EVENT_TYPE_ACTIVITY_TASK_SCHEDULED") == 2
    assert history.count("EVENT_TYPE_TIMER_STARTED") == 1
    assert history.count("EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES") == 1


async def test_search_attributes_stay_true_across_continue_as_new(life: Life) -> None:
    await begin(life)
    plan = await plan_of(life)
    for number in range(1, COMMANDS_PER_RUN + 1):
        owner = "ben" if number == COMMANDS_PER_RUN else "anna"
        newer = plan.model_copy(update={"revision": plan.revision + 100 + number, "owner": owner})
        news = Told(command_id=uuid4(), lead_id=life.lead_id, said_at=life.clock(), plan=newer)
        await life.handle.signal(CommandKind.MESSAGE_REPORTED.value, news)
    # The test server loses a query whose run continues as new meanwhile (the real one does not), so look first.
    while (description := await life.handle.describe()).run_id == life.first_run:
        await asyncio.sleep(0.05)
    assert (await plan_of(life)).owner == "ben"
    owner_key = SearchAttributeKey.for_keyword(SearchAttribute.OWNER.value)
    assert description.typed_search_attributes.get(owner_key) == "ben"


async def details_of(life: Life) -> str:
    """What Temporal's UI shows of the workflow."""
    metadata = await life.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return str(metadata.current_details)


async def test_temporals_ui_says_what_comes_next_and_when_the_machine_acts(life: Life) -> None:
    await begin(life)
    waiting = await details_of(life)
    assert "**inbound-web** version " in waiting
    assert "next: call first-call, 2035-01-08 15:00 UTC, due 2035-01-08 15:30 UTC" in waiting
    assert "the machine acts: warn of first response, 2035-01-08 15:15 UTC" in waiting

    until = START + timedelta(days=2)
    await life.say(
        CommandKind.HOLD,
        lambda case, now: commands.hold(case, until=until, reason="fair", by="anna", now=now),
        until=until,
    )
    assert "on hold (manual) until 2035-01-10 15:00 UTC" in await details_of(life)
    assert "Priya" not in waiting
