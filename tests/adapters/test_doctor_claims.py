"""The check of the ledger: claims that nobody settles any more, and unknown sends that nobody finds out about."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from cadences import commands, hearing
from cadences.tasks import TaskKind
from leads.clocks import on_clock
from leads.contract import CommandKind, workflow_id
from leads.liveness import FindingKind
from leads.sending import OutcomeUnknown, SendRefused
from tests.activities.senders import Crash
from tests.adapters.clinic import Clinic

K = FindingKind


async def interrupted(clinic: Clinic) -> UUID:
    """A lead whose first email was claimed by a process that died, and whose workflow is lost."""
    lead_id = await clinic.captured()
    clinic.sender.script = ["crash before"]
    with pytest.raises(Crash):
        await clinic.act(lead_id)
    return lead_id


async def test_a_claim_that_the_plan_waits_for_is_settled_by_its_step(clinic: Clinic) -> None:
    lead_id = await interrupted(clinic)
    del clinic.workflows.seen[workflow_id(lead_id)]
    clinic.clock.move_by(timedelta(minutes=9))
    assert K.CLAIM_OPEN not in await clinic.kinds()
    clinic.clock.move_by(timedelta(minutes=2))
    _, (claim, workflow) = await clinic.check()
    assert (claim.kind, workflow.kind) == (K.CLAIM_OPEN, K.WORKFLOW_MISSING)
    since = on_clock(clinic.clock() - timedelta(minutes=11), ZoneInfo("America/New_York"))
    assert f"was claimed {since}," in claim.wrong
    assert f"its next wake is {since}," in workflow.wrong, "both are told on the company's clock"

    await clinic.check(repair=True)
    assert workflow_id(lead_id) in clinic.workflows.seen
    assert await clinic.value("select state from touches where lead_id = :id", id=lead_id) == "claimed"
    await clinic.act(lead_id)

    assert await clinic.value("select state from touches where lead_id = :id", id=lead_id) == "unknown"
    assert await clinic.kinds() == []


async def test_a_claim_that_no_plan_waits_for_becomes_unknown_and_somebodys_task(clinic: Clinic) -> None:
    lead_id = await interrupted(clinic)
    await clinic.hold(lead_id)
    await clinic.say(
        lead_id,
        CommandKind.SKIP_STEP,
        lambda case: commands.skip_step(case, step_id=None, by="anna", now=clinic.clock()),
        step_id=(await clinic.plan(lead_id)).next_step,
    )
    clinic.clock.move_by(timedelta(minutes=11))

    (found,) = await clinic.found_and_mended(K.CLAIM_OPEN)

    assert found.reference == await clinic.value("select id from touches where lead_id = :id", id=lead_id)
    assert await clinic.value("select state from touches where lead_id = :id", id=lead_id) == "unknown"
    tasks = (await clinic.case(lead_id)).open_tasks
    assert {(task.kind, task.owner) for task in tasks} == {(TaskKind.QUESTION, "anna"), (TaskKind.UNKNOWN_SEND, "anna")}


async def test_a_claim_whose_step_was_put_off_is_not_left_open_until_then(clinic: Clinic) -> None:
    lead_id = await interrupted(clinic)
    await clinic.hold(lead_id)
    clinic.clock.move_by(timedelta(minutes=11))
    await clinic.found_and_mended(K.CLAIM_OPEN)
    assert (await clinic.case(lead_id)).enrollment.done is not None


async def test_a_claim_of_a_lead_that_said_no_is_recorded_and_nobody_is_bothered(clinic: Clinic) -> None:
    lead_id = await interrupted(clinic)
    await clinic.answer(lead_id, "no")
    clinic.clock.move_by(timedelta(minutes=11))
    await clinic.found_and_mended(K.CLAIM_OPEN)
    assert await clinic.value("select state from touches where lead_id = :id", id=lead_id) == "unknown"
    assert (await clinic.case(lead_id)).open_tasks == ()
    await _look_closer(clinic, lead_id)
    before = await clinic.case(lead_id)
    await clinic.say(
        lead_id,
        CommandKind.LEAD_ASKED_AGAIN,
        lambda case: hearing.came_again(
            case, cadence=before.cadence, version=before.enrollment.version, question="And in blue?", now=clinic.clock()
        ),
    )
    await _look_closer(clinic, lead_id)  # it asked again; what was unknown before its no stays so


async def _look_closer(clinic: Clinic, lead_id: UUID) -> None:
    """Something else is wrong with the lead, and nothing but that is found."""
    await clinic.sql("update leads set next_at = created_at where id = :id", id=lead_id)
    await clinic.found_and_mended(K.CONTRADICTION)


async def test_a_task_to_find_out_that_a_yes_made_needless_is_not_made_again(clinic: Clinic) -> None:
    lead_id = await clinic.emailed_with(OutcomeUnknown("nobody knows"))
    await clinic.answer(lead_id, "yes")
    await _look_closer(clinic, lead_id)


async def test_a_refused_claim_that_nobody_will_try_again_is_failed(clinic: Clinic) -> None:
    lead_id = await clinic.emailed_with(SendRefused("busy", "429"))
    assert await clinic.kinds() == []
    await clinic.answer(lead_id, "no")
    assert await clinic.kinds() == [], "whoever gives a step up, says so in the ledger"
    await clinic.sql("update touches set state = 'refused' where lead_id = :id", id=lead_id)
    await clinic.found_and_mended(K.CLAIM_ABANDONED)
    row = await clinic.value("select state || ' ' || error from touches where lead_id = :id", id=lead_id)
    assert row == "failed 429 busy"


@pytest.mark.parametrize("change", ["delete from tasks", "update tasks set state = 'done', look_up_at = null"])
async def test_an_unknown_send_that_nobody_finds_out_about_becomes_a_task(clinic: Clinic, change: str) -> None:
    lead_id = await clinic.emailed_with(OutcomeUnknown("nobody knows"))
    await clinic.sql(f"{change} where lead_id = :id and kind = 'unknown_send'", id=lead_id)
    # The plan named the task, too.
    await clinic.found_and_mended(K.CONTRADICTION, K.SEND_UNKNOWN)
    assert TaskKind.UNKNOWN_SEND in [task.kind for task in (await clinic.case(lead_id)).open_tasks]
