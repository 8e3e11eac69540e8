"""The check of promise 1: each invariant of the database broken by hand, found, named, mended, and then well."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from adapters.db.checks import Checks
from adapters.doctor.check import LivenessCheck
from adapters.doctor.suspects import Suspects
from cadences import hearing
from cadences.enrollment import StepRef
from cadences.first_response import nobody_waits
from cadences.planning import plan
from cadences.tasks import Outcome, TaskKind
from leads.contract import CommandKind, workflow_id
from leads.liveness import Finding, FindingKind
from leads.sending import OutcomeUnknown, SendRefused
from tests.adapters.clinic import Clinic

K = FindingKind


async def test_leads_in_every_state_are_healthy(clinic: Clinic) -> None:
    await clinic.captured()
    await clinic.emailed()
    await clinic.waiting_for_a_call()
    await clinic.asleep()
    await clinic.hold(await clinic.emailed())
    await clinic.replied(await clinic.waiting_for_a_call())
    await clinic.answered("no")
    handing_over = await clinic.answered("yes")
    won = await clinic.answered("yes")
    await clinic.complete(won, Outcome.WON)
    await clinic.incomplete()
    await clinic.unreachable()
    given_up = await clinic.unreachable()
    await clinic.complete(given_up, Outcome.LOST)
    opted_out = await clinic.emailed()
    await clinic.say(
        opted_out,
        CommandKind.LEAD_OPTED_OUT,
        lambda case: hearing.lead_opted_out(case, why="stop", now=clinic.clock()),
    )
    stranger = await clinic.captured(question="Stop emailing me.")
    assert [task.kind for task in (await clinic.case(stranger)).open_tasks] == [TaskKind.REPLY]
    await clinic.act(stranger)
    unsure = await clinic.captured(question="Why do you spam me? How much is it?")
    assert (await clinic.plan(unsure)).hold == "reply"
    wrote_after_no = await clinic.answered("no")
    await clinic.replied(wrote_after_no)
    unknown = await clinic.emailed_with(OutcomeUnknown("nobody knows"))
    assert [task.kind for task in (await clinic.case(unknown)).open_tasks] == [TaskKind.UNKNOWN_SEND]
    needless = await clinic.emailed_with(OutcomeUnknown("nobody knows"))
    await clinic.answer(needless, "yes")
    refused = await clinic.emailed_with(SendRefused("busy"))
    assert (await clinic.plan(refused)).wake is not None
    escalated = await clinic.answered("yes")
    await clinic.act(escalated)
    await clinic.captured(told=False)

    # Whoever was overtaken by the clock of the others is due now: its workflow is at it.
    for lead_id in await _overdue(clinic):
        name = workflow_id(lead_id)
        clinic.workflows.seen[name] = replace(clinic.workflows.seen[name], task_attempt=1)
    result, found = await clinic.check()

    assert found == []
    assert result.leads == clinic.captures
    assert (await clinic.case(handing_over)).open_tasks


async def _overdue(clinic: Clinic) -> list[UUID]:
    rows = await clinic.value(
        "select array_agg(id) from leads where wake_at < :now and exists"
        " (select 1 from commands where lead_id = leads.id and delivered_at is not null)",
        now=clinic.clock(),
    )
    return list(rows or [])


# 1. Nothing ahead.


async def test_a_lead_with_nothing_ahead_is_planned_anew(clinic: Clinic) -> None:
    lead_id = await clinic.emailed()
    await clinic.asleep()
    await _take_everything(clinic, lead_id)

    found = await clinic.found_and_mended(K.NOTHING_AHEAD)

    assert found[0].lead_id == lead_id
    assert (await clinic.plan(lead_id)).wake is not None
    assert workflow_id(lead_id) in clinic.workflows.seen


async def _take_everything(clinic: Clinic, lead_id: UUID) -> None:
    """A decision of a faulty version: no plan, no task, saved in the usual way."""
    now = clinic.clock()
    async with clinic.cases.open(lead_id, now) as opened:
        broken = nobody_waits(opened.case.enrolled(next=None), now)
        for task in broken.open_tasks:
            broken = broken.with_task(replace(task, state="cancelled", closed_at=now))  # type: ignore[arg-type]
        await opened.save(broken, CommandKind.MESSAGE_REPORTED)
    assert await clinic.delivery.deliver(lead_id)
    assert workflow_id(lead_id) not in clinic.workflows.seen


@pytest.mark.parametrize(("ending", "kind"), [("yes", TaskKind.HAND_OVER), ("unreachable", TaskKind.FIND_CONTACT)])
async def test_an_ending_that_leaves_work_leaves_it_to_somebody(clinic: Clinic, ending: str, kind: TaskKind) -> None:
    lead_id = await (clinic.unreachable() if ending == "unreachable" else clinic.answered("yes"))
    await _take_everything(clinic, lead_id)

    await clinic.found_and_mended(K.NOTHING_AHEAD)

    (task,) = (await clinic.case(lead_id)).open_tasks
    assert (task.kind, task.title, task.owner) == (kind, "decide how to go on", "anna")
    assert task.escalate_at is not None


async def test_a_question_that_nobody_has_is_given_to_a_person_again(clinic: Clinic) -> None:
    lead_id = await clinic.answered("no")
    bundle_of = await clinic.case(lead_id)
    await clinic.say(
        lead_id,
        CommandKind.LEAD_ASKED_AGAIN,
        lambda case: hearing.came_again(
            case,
            cadence=bundle_of.cadence,
            version=bundle_of.enrollment.version,
            question="And in blue?",
            now=clinic.clock(),
        ),
    )
    await _take_everything(clinic, lead_id)

    await clinic.found_and_mended(K.NOTHING_AHEAD)

    assert [task.kind for task in (await clinic.case(lead_id)).open_tasks] == [TaskKind.QUESTION]


# 3. Contradictions.


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("wake_at", "null"),
        ("wake_at", "wake_at + interval '1 day'"),
        ("next_at", "null"),
        ("revision", "revision + 7"),
        ("revision", "0"),
        ("ended", "'no'"),
        ("ended_at", "created_at"),
        ("answer", "'yes'"),
        ("cadence", "'other'"),
        ("stage", "'won'"),
        ("owner_id", "'ben'"),
    ],
)
async def test_a_row_that_contradicts_its_plan_is_found_and_mended(clinic: Clinic, column: str, value: str) -> None:
    lead_id = await clinic.asleep()
    await clinic.asleep()
    await clinic.sql(f"update leads set {column} = {value} where id = :id", id=lead_id)
    (found,) = await clinic.found_and_mended(K.CONTRADICTION)
    assert column in found.wrong
    assert found.lead_id == lead_id


async def test_a_revision_that_ran_ahead_is_overtaken(clinic: Clinic) -> None:
    """A workflow may know the higher number already, and takes only what is higher still."""
    lead_id = await clinic.asleep()
    await clinic.sql("update leads set revision = 50 where id = :id", id=lead_id)
    await clinic.check(repair=True)
    assert (await clinic.plan(lead_id)).revision == 51


@pytest.mark.parametrize(
    "change",
    [
        "update leads set plan = null where id = :id",
        "update leads set plan = plan || '{\"unheard_of\": 1}' where id = :id",
        "update leads set plan = jsonb_set(plan, '{wake,at}', '\"sometime\"') where id = :id",
        "update leads set plan = jsonb_set(plan, '{wake}', 'null') where id = :id",
        "update leads set plan = jsonb_set(plan, '{open_tasks}', '\"none\"') where id = :id",
        "update enrollments set ended = 'no' where lead_id = :id",
        "delete from tasks where lead_id = :id",
        "update tasks set state = 'cancelled' where lead_id = :id",
        "update tasks set escalate_at = escalate_at - interval '1 minute' where lead_id = :id",
    ],
)
async def test_a_damaged_plan_is_written_anew(clinic: Clinic, change: str) -> None:
    lead_id = await clinic.waiting_for_a_call()
    await clinic.asleep()
    await clinic.sql(change, id=lead_id)

    assert K.CONTRADICTION in await clinic.kinds()
    assert all(one.repaired for one in (await clinic.check(repair=True))[1])

    assert await clinic.kinds() == []
    plan = await clinic.plan(lead_id)
    assert plan.wake is not None
    assert clinic.workflows.plans[workflow_id(lead_id)] == plan


async def test_an_enrollment_that_is_not_the_plans_is_left_to_a_person(clinic: Clinic) -> None:
    lead_id = await clinic.asleep()
    first = await clinic.value("select id from enrollments where lead_id = :id and ended is not null", id=lead_id)
    await clinic.sql("update leads set enrollment_id = :first where id = :id", first=first, id=lead_id)
    (found,) = await clinic.found_and_left(K.CONTRADICTION)
    assert "which of the two enrollments" in found.to_do


@pytest.mark.parametrize(
    "change",
    [
        "update leads set enrollment_id = gen_random_uuid() where id = :id",
        "update enrollments set progress = '{}' where lead_id = :id",
    ],
)
async def test_a_lead_that_can_not_be_read_is_named_and_keeps_nobody_else_from_being_checked(
    clinic: Clinic, change: str
) -> None:
    lead_id = await clinic.emailed()
    missing = await clinic.asleep()
    await clinic.sql(change, id=lead_id)
    del clinic.workflows.seen[workflow_id(missing)]
    _, found = await clinic.check(repair=True)
    assert {(one.kind, one.lead_id, one.repaired) for one in found} == {
        (K.UNREADABLE, lead_id, False),
        (K.WORKFLOW_MISSING, missing, True),
    }


# 10. Tasks.


@pytest.mark.parametrize("change", ["update colleagues set active = false where id = 'anna'", "nobody"])
async def test_a_task_of_somebody_who_left_goes_to_the_manager(clinic: Clinic, change: str) -> None:
    lead_id = await clinic.waiting_for_a_call()
    if change == "nobody":
        change = "update tasks set owner = 'nobody'"
    await clinic.sql(change)
    (found,) = await clinic.found_and_mended(K.OWNER_GONE)
    (task,) = (await clinic.case(lead_id)).open_tasks
    assert (task.id, task.owner) == (found.reference, "mia")


async def test_without_a_manager_it_is_left_to_a_person(clinic: Clinic) -> None:
    await clinic.waiting_for_a_call()
    await clinic.sql("update colleagues set active = false where id in ('anna', 'mia')")
    (found,) = await clinic.found_and_left(K.OWNER_GONE)
    assert "add an active manager" in found.to_do


async def test_a_task_left_open_by_a_no_is_cancelled(clinic: Clinic) -> None:
    lead_id = await clinic.answered("no")
    await clinic.sql("update tasks set state = 'open', escalate_at = null where lead_id = :id", id=lead_id)
    # The plan knows nothing of the task either.
    found = await clinic.found_and_mended(K.CONTRADICTION, K.TASK_AFTER_NO)
    assert found[1].lead_id == lead_id
    assert (await clinic.case(lead_id)).open_tasks == ()


# 7. First answers.


async def test_who_waits_for_an_answer_that_nobody_is_asked_for_is_given_somebody(clinic: Clinic) -> None:
    """As an older version left a lead after a call that nobody made; its neighbours wait as they should."""
    lead_id = await clinic.waiting_for_a_call()
    await clinic.waiting_for_a_call()
    await clinic.asleep()
    await _forgotten(clinic, lead_id)

    (found,) = await clinic.found_and_mended(K.ANSWER_OF_NOBODY)

    assert found.lead_id == lead_id
    (task,) = (await clinic.case(lead_id)).open_tasks
    assert (task.kind, task.owner, task.title) == (TaskKind.QUESTION, "anna", "email: not answered yet")
    assert task.due_at > clinic.clock()
    told = clinic.workflows.plans[workflow_id(lead_id)]
    assert told.open_tasks == (task.id,)


async def test_who_was_answered_or_waits_no_more_needs_nobody(clinic: Clinic) -> None:
    for change in ("answered_at = now(), answered_by = 'anna', how = 'call'", "moot_at = now()"):
        lead_id = await clinic.waiting_for_a_call()
        await _forgotten(clinic, lead_id)
        await clinic.sql(f"update first_responses set {change} where lead_id = :id", id=lead_id)
    assert await clinic.kinds() == []


async def _forgotten(clinic: Clinic, lead_id: UUID) -> None:
    """The plan goes on to its next email, and no task is open, though nobody has answered."""
    async with clinic.cases.open(lead_id, clinic.clock()) as opened:
        later = plan(opened.case.enrolled(next=None, done=StepRef("first-call")), clinic.clock())
        await opened.save(later, CommandKind.MESSAGE_REPORTED)
    await clinic.sql("update tasks set state = 'expired' where lead_id = :id", id=lead_id)
    await clinic.sql("update leads set plan = jsonb_set(plan, '{open_tasks}', '[]') where id = :id", id=lead_id)
    assert await clinic.delivery.deliver(lead_id)


# 11. Holds.


async def test_a_hold_without_an_owner_gets_the_leads(clinic: Clinic) -> None:
    lead_id = await clinic.emailed()
    await clinic.hold(lead_id)
    await clinic.sql(
        "update enrollments set progress = jsonb_set(progress, '{hold,owner}', '\"\"') where lead_id = :id", id=lead_id
    )
    await clinic.found_and_mended(K.HOLD_INCOMPLETE)
    hold = (await clinic.case(lead_id)).enrollment.hold
    assert hold is not None
    assert hold.owner == "anna"
    assert await clinic.value("select count(*) from holds where lifted_at is null and lead_id = :id", id=lead_id) == 1


async def test_a_hold_without_an_end_is_ended(clinic: Clinic) -> None:
    lead_id = await clinic.emailed()
    await clinic.hold(lead_id)
    await clinic.sql(
        "update enrollments set progress = jsonb_set(progress, '{hold,until}', 'null') where lead_id = :id", id=lead_id
    )
    await clinic.found_and_mended(K.HOLD_INCOMPLETE)
    assert (await clinic.case(lead_id)).enrollment.hold is None
    assert (await clinic.plan(lead_id)).hold is None


# All of it.


async def test_every_lead_is_looked_at_whatever_the_size_of_a_batch(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.doctor.suspects.BATCH", 2)
    missing = [await clinic.asleep() for _ in range(5)]
    clinic.workflows.seen.clear()
    shown: list[tuple[Any, ...]] = []
    found: list[Finding] = []
    doctor = LivenessCheck(
        Suspects(clinic.engine), clinic.examiner, clinic.workflows, Checks(clinic.engine), clinic.clock
    )
    result = await doctor.check(found.append, lambda *seen: shown.append(seen))
    assert (result.leads, result.found) == (5, 5)
    assert {one.lead_id for one in found} == set(missing)
    assert [seen[1:] for seen in shown if seen[0] == "leads"] == [(2, 5), (4, 5), (5, 5)]


async def test_a_finding_says_nothing_about_the_person(clinic: Clinic) -> None:
    lead_id = await clinic.waiting_for_a_call()
    await clinic.sql("update tasks set owner = 'nobody'")
    await clinic.sql("update leads set wake_at = null where id = :id", id=lead_id)
    for one in (await clinic.check())[1]:
        said = f"{one.wrong} {one.to_do} {one.subject}"
        assert "@" not in said
        assert "+1" not in said
        assert "How much" not in said
