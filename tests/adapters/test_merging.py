"""Two leads made one in the database: nothing is lost, nothing is sent twice, and every lead is followed up."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Uuid, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore, LeadMerged, UnknownLead
from adapters.db.dossier import Dossiers
from adapters.db.erasure import Erasure
from adapters.db.merging import MOVED, MergeDone, Merges
from adapters.db.rows import Base, LeadRow, table_of
from adapters.erasing import Erasing
from cadences.hearing import lead_opted_out, lead_replied
from cadences.tasks import Outcome
from leads.capture import NewLead
from leads.contract import CommandKind, StepInput, WakeKind, workflow_id
from leads.liveness import FindingKind
from leads.model import Channel, Ending
from leads.sending import OutcomeUnknown, SendRefused
from tests.activities.senders import Crash
from tests.adapters.clinic import Clinic
from tests.api.fakes import RecordingHistories
from tests.sample import KEY

_NOT_MOVED = {"erasures.lead_id", "lead_merges.merged_id", "audit_entries.lead_id", "slips.lead_id"}
"""Ids of leads that are gone, a log that is not rewritten, and what was recorded last: a merge makes it final."""


@pytest.fixture
def merges(engine: AsyncEngine, cases: CaseStore) -> Merges:
    return Merges(engine, cases)


@pytest.fixture
def merge(merges: Merges, clinic: Clinic) -> Callable[..., Awaitable[MergeDone]]:
    """Merge two leads and, unless the process dies before, tell their workflows."""

    async def merged(keep: UUID, other: UUID, *, told: bool = True) -> MergeDone:
        done = await merges.merge(keep, other, "mia", clinic.clock())
        if told:
            assert await clinic.delivery.deliver(keep)
        return done

    return merged


Merge = Callable[..., Awaitable[MergeDone]]


async def rows_of(engine: AsyncEngine, lead_id: UUID) -> dict[str, int]:
    """How many rows of each table belong to a lead."""
    async with engine.connect() as connection:
        return {
            column.table.name: int(
                await connection.scalar(select(func.count()).select_from(column.table).where(column == lead_id)) or 0
            )
            for column in MOVED
        }


async def touches(engine: AsyncEngine, lead_id: UUID) -> list[tuple[str, str]]:
    async with engine.connect() as connection:
        found = await connection.execute(
            text("select step_id, state from touches where lead_id = :id order by happened_at, step_id"),
            {"id": lead_id},
        )
        return [(row.step_id, row.state) for row in found]


async def dead_after_claim(clinic: Clinic, lead_id: UUID, event: str = "crash before") -> StepInput:
    """The process dies between the claim of a lead's first email and its record; the step that is asked for again."""
    step = await clinic.step(lead_id)
    clinic.sender.script = [event]
    with pytest.raises(Crash):
        await clinic.carry_out(step)
    return step


def test_every_column_that_says_whose_a_row_is_is_moved() -> None:
    leads = table_of(LeadRow)
    whose = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name == "lead_id"
        or any(key.column.table is leads for key in column.foreign_keys)
        or (table.name == "lead_merges" and isinstance(column.type, Uuid))
    }
    assert {f"{column.table.name}.{column.name}" for column in MOVED} == whose - _NOT_MOVED


async def test_everything_that_belonged_to_the_one_is_the_others(
    clinic: Clinic, engine: AsyncEngine, merge: Merge
) -> None:
    keep, other = await clinic.waiting_for_a_call(), await clinic.waiting_for_a_call()
    for lead_id in (keep, other):
        await clinic.hold(lead_id)
        await clinic.replied(lead_id)
    async with engine.begin() as connection:
        for lead_id in (keep, other):
            values = {"id": lead_id, "text": str(lead_id), "who": "anna" if lead_id == keep else "ben"}
            for statement in (
                "insert into consents (lead_id, channel, contact, wording, method, source, given_at) "
                "values (:id, 'sms', :text, 'yes', 'form', 'web', now())",
                "insert into answers (lead_id, enrollment_id, answer, by, said_at) "
                "values (:id, :id, 'yes', 'x', now())",
                "insert into inbound_messages (id, lead_id, channel, provider, external_id, sender, recipient, text, "
                "kind, received_at) values (:id, :id, 'email', 'x', :text, 'a', 'b', 'c', 'reply', now())",
                "insert into outbox (touch_id, lead_id, channel, recipient, sender, text, accepted_at) "
                "values (:id, :id, 'email', 'a', 'b', 'c', now())",
                "insert into form_submissions (id, form, content, address_digest, received_at, lead_id) "
                "values (:id, 'x', 'y', 'z', now(), :id)",
                "insert into hook_deliveries (id, hook, external_id, received_at, state, lead_id) "
                "values (:id, 'x', :text, now(), 'taken', :id)",
                "insert into meetings (id, lead_id, enrollment_id, organizer, organizer_name, asked_by, agreed_at, "
                "starts_at, ends_at, subject, place, state, sequence, changed_at, refusals, told) "
                "values (:id, :id, :id, :who, 'x', 'x', now(), '2020-01-01', '2020-01-02', 'x', 'x', 'held', 0, "
                "now(), 0, 0)",
                "insert into personal_emails (id, lead_id, enrollment_id, by, sender, sender_name, reply_to, subject, "
                "text, written_at, follows, state, refusals, why) "
                "values (:id, :id, :id, 'anna', '', '', '', 'x', 'y', now(), '', 'sent', 0, '')",
                "insert into notes (id, lead_id, by, text, written_at) values (:id, :id, 'x', 'y', now())",
                "insert into bulk_runs (id, wish, chosen, total, by, via, asked_at) "
                "values (:id, '{}', 'x', 1, 'x', 'x', now())",
                "insert into bulk_items (run_id, position, lead_id) values (:id, 1, :id)",
                "insert into staff_mails (id, colleague_id, kind, subject, text, lead_id, created_at) "
                "values (:id, 'mia', 'x', 'y', 'z', :id, now())",
            ):
                await connection.execute(text(statement), values)
    before, theirs = await rows_of(engine, keep), await rows_of(engine, other)
    unheard_of = {"lead_merges"}
    assert {name for name, many in theirs.items() if not many} <= unheard_of
    clinic.clock.move_by(timedelta(minutes=1))

    await merge(keep, other)

    after = await rows_of(engine, keep)
    for name in before.keys() - {"commands", "first_responses", "holds", *unheard_of}:
        assert after[name] == before[name] + theirs[name], name
    assert after["commands"] == before["commands"] + theirs["commands"] + 2  # The merge, told to both workflows.
    assert after["first_responses"] == 1  # Of two questions that nobody answered, the earlier one's clock.
    assert after["holds"] >= before["holds"] + theirs["holds"]
    assert after["lead_merges"] == 1
    assert set((await rows_of(engine, other)).values()) == {0}
    assert await clinic.value("select count(*) from leads") == 1
    assert (await clinic.check())[1] == []


STATES: dict[str, Callable[[Clinic], Awaitable[UUID]]] = {
    "captured": lambda clinic: clinic.captured(),
    "emailed": lambda clinic: clinic.emailed(),
    "called": lambda clinic: clinic.waiting_for_a_call(),
    "asleep": lambda clinic: clinic.asleep(),
    "said yes": lambda clinic: clinic.answered("yes"),
    "said no": lambda clinic: clinic.answered("no"),
    "unreachable": lambda clinic: clinic.unreachable(),
    "wrote": lambda clinic: _wrote(clinic),
    "held": lambda clinic: _held(clinic),
    "stopped": lambda clinic: _stopped(clinic),
    "won": lambda clinic: _won(clinic),
    "asked after a no": lambda clinic: _asked_after_a_no(clinic),
    "unknown send": lambda clinic: clinic.emailed_with(OutcomeUnknown("lost")),
    "refused send": lambda clinic: clinic.emailed_with(SendRefused("try later", retry_after=timedelta(hours=1))),
}


async def _wrote(clinic: Clinic) -> UUID:
    lead_id = await clinic.waiting_for_a_call()
    await clinic.replied(lead_id)
    return lead_id


async def _held(clinic: Clinic) -> UUID:
    lead_id = await clinic.emailed()
    await clinic.hold(lead_id)
    return lead_id


async def _stopped(clinic: Clinic) -> UUID:
    lead_id = await clinic.emailed()
    await clinic.say(
        lead_id, CommandKind.LEAD_OPTED_OUT, lambda case: lead_opted_out(case, why="asked", now=clinic.clock())
    )
    return lead_id


async def _won(clinic: Clinic) -> UUID:
    lead_id = await clinic.answered("yes")
    await clinic.complete(lead_id, Outcome.WON)
    return lead_id


async def _asked_after_a_no(clinic: Clinic) -> UUID:
    lead_id = await clinic.answered("no")
    await clinic.say(
        lead_id,
        CommandKind.LEAD_REPLIED,
        lambda case: lead_replied(case, text="One more thing", channel=Channel.EMAIL, now=clinic.clock()),
    )
    return lead_id


@pytest.mark.parametrize("keep", STATES)
async def test_a_merged_lead_is_followed_up_whatever_the_two_were(clinic: Clinic, merge: Merge, keep: str) -> None:
    for other in STATES:
        first, second = await STATES[keep](clinic), await STATES[other](clinic)
        await merge(first, second)
        assert workflow_id(second) not in clinic.workflows.seen, f"{keep} and {other}"
        # What was planned for before the clock went on for others is late; that is not the merge's.
        found = [one for one in (await clinic.check())[1] if one.kind is not FindingKind.STUCK]
        assert found == [], f"{keep} and {other}"
        await clinic.sql("truncate leads cascade")
        clinic.workflows.seen.clear()
        clinic.workflows.plans.clear()


async def test_the_kept_workflow_goes_on_and_the_merged_one_completes(clinic: Clinic, merge: Merge) -> None:
    keep, other = await clinic.captured(), await clinic.waiting_for_a_call()
    done = await merge(keep, other)
    assert set(clinic.workflows.seen) == {workflow_id(keep)}
    assert clinic.workflows.plans[workflow_id(keep)] == done.plan
    farewell = clinic.workflows.plans[workflow_id(other)]
    assert (farewell.wake, farewell.ended, farewell.open_tasks) == (None, Ending.MERGED.value, ())
    # The enrollment that came further goes on, under the kept lead's own workflow.
    assert done.plan.enrollment_id == farewell.enrollment_id
    assert done.plan.wake is not None


async def test_the_kept_leads_own_address_stays_the_first_whichever_came_first(clinic: Clinic, merge: Merge) -> None:
    other, keep = await clinic.captured(), await clinic.captured()
    await merge(keep, other)
    lead = (await clinic.case(keep)).lead
    assert (lead.email, lead.phone) == ("lead2@example.com", "+12125550102")
    assert [point.value for point in lead.contacts] == [
        "lead2@example.com",
        "+12125550102",
        "lead1@example.com",
        "+12125550101",
    ]


async def test_a_crash_before_the_telling_is_mended_by_the_schedule(clinic: Clinic, merge: Merge) -> None:
    keep, other = await clinic.captured(), await clinic.captured()
    await merge(keep, other, told=False)
    assert set(clinic.workflows.seen) == {workflow_id(keep), workflow_id(other)}
    clinic.clock.move_by(timedelta(seconds=11))
    result = await clinic.delivery.deliver_all()
    assert (result.delivered, result.failed) == (1, 0)
    assert set(clinic.workflows.seen) == {workflow_id(keep)}
    assert [one for one in (await clinic.check())[1] if one.kind is not FindingKind.STUCK] == []


async def test_a_crash_before_the_telling_is_mended_by_the_doctor(clinic: Clinic, merge: Merge) -> None:
    keep, other = await clinic.waiting_for_a_call(), await clinic.waiting_for_a_call()
    await merge(keep, other, told=False)
    clinic.clock.move_by(timedelta(minutes=2))
    assert await clinic.kinds() == [FindingKind.COMMAND_UNDELIVERED, FindingKind.WORKFLOW_ORPHANED]
    assert await clinic.kinds(repair=True) == [FindingKind.COMMAND_UNDELIVERED]
    assert await clinic.kinds() == []
    assert clinic.workflows.terminated == []  # It was told, and has completed by itself.
    assert set(clinic.workflows.seen) == {workflow_id(keep)}


async def test_what_was_not_told_of_the_merged_lead_starts_no_workflow_of_it(clinic: Clinic, merge: Merge) -> None:
    keep, other = await clinic.captured(), await clinic.captured(told=False)
    await merge(keep, other)
    assert set(clinic.workflows.seen) == {workflow_id(keep)}
    assert await clinic.value("select count(*) from commands where delivered_at is null") == 0


async def test_a_wake_of_the_merged_lead_does_nothing_and_says_that_it_is_over(clinic: Clinic, merge: Merge) -> None:
    keep, other = await clinic.waiting_for_a_call(), await clinic.captured()
    email = await clinic.step(other)
    call = email.model_copy(update={"kind": WakeKind.CREATE_CALL_TASK})
    overdue = email.model_copy(update={"kind": WakeKind.SEE_TO_OVERDUE})
    done = await merge(keep, other, told=False)
    sent = clinic.sender.delivered.total()
    for step in (email, call, overdue):
        plan = await clinic.carry_out(step)
        assert (plan.wake, plan.ended) == (None, "merged")
        assert plan.revision > step.revision
    assert clinic.sender.delivered.total() == sent
    assert await clinic.plan(keep) == done.plan


@pytest.mark.parametrize("goes_on", [True, False])
async def test_merged_while_its_message_is_with_the_provider_it_is_sent_once_and_recorded(
    clinic: Clinic, engine: AsyncEngine, merge: Merge, goes_on: bool
) -> None:
    keep = await clinic.unreachable() if goes_on else await clinic.waiting_for_a_call()
    other = await clinic.captured()
    step = await clinic.step(other)
    send = clinic.sender.send

    async def merged_meanwhile(message: Any) -> Any:
        await merge(keep, other)
        return await send(message)

    clinic.sender.send = merged_meanwhile  # type: ignore[method-assign]
    plan = await clinic.carry_out(step)
    clinic.sender.send = send  # type: ignore[method-assign]
    assert (plan.wake, plan.ended) == (None, "merged")
    assert ("answer-the-question", "sent") in await touches(engine, keep)
    case = await clinic.case(keep)
    assert (case.enrollment.id == step.enrollment_id) is goes_on
    if goes_on:
        assert case.enrollment.done is not None  # The plan went on with it.
        assert case.enrollment.done.step_id == "answer-the-question"
    assert set(clinic.sender.delivered.values()) == {1}


@pytest.mark.parametrize(("event", "sent"), [("crash before", 0), ("crash after", 1)])
async def test_merged_while_a_claim_is_out_the_retry_of_the_merged_lead_settles_it(
    clinic: Clinic, engine: AsyncEngine, merge: Merge, event: str, sent: int
) -> None:
    clinic.sender.knows = True
    keep, other = await clinic.waiting_for_a_call(), await clinic.captured()
    before = clinic.sender.delivered.total()
    step = await dead_after_claim(clinic, other, event)
    await merge(keep, other)
    clinic.clock.move_by(timedelta(minutes=1))
    plan = await clinic.carry_out(step)
    assert (plan.wake, plan.ended) == (None, "merged")
    assert clinic.sender.delivered.total() - before == sent
    states = [state for step_id, state in await touches(engine, keep) if step_id == "answer-the-question"]
    assert sorted(states) == ["failed" if event == "crash before" else "sent", "sent"]
    assert (await clinic.check())[1] == []


@pytest.mark.parametrize("event", ["crash before", "crash after"])
async def test_a_claim_of_the_enrollment_that_goes_on_is_settled_once_by_either_workflow(
    clinic: Clinic, engine: AsyncEngine, merge: Merge, event: str
) -> None:
    clinic.sender.knows = True
    other = await clinic.captured()
    old = await dead_after_claim(clinic, other, event)
    keep = await clinic.unreachable()  # So that the other one's enrollment goes on.
    await merge(keep, other)
    clinic.clock.move_by(timedelta(minutes=1))
    new = await clinic.step(keep)
    assert new.enrollment_id == old.enrollment_id
    for step in (new, old, old, await clinic.step(keep)):
        await clinic.carry_out(step)
    if event == "crash before":
        await clinic.act(keep)
    assert set(clinic.sender.delivered.values()) == {1}
    assert await touches(engine, keep) == [("answer-the-question", "sent")]


async def test_what_the_merged_leads_retry_learns_late_does_not_take_the_kept_ones_claim(
    clinic: Clinic, engine: AsyncEngine, merge: Merge
) -> None:
    clinic.sender.knows = True
    other = await clinic.captured()
    old = await dead_after_claim(clinic, other)
    keep = await clinic.unreachable()  # So that the other one's enrollment goes on.
    await merge(keep, other)
    clinic.clock.move_by(timedelta(minutes=1))
    find = clinic.sender.find

    async def slowly(message: Any, since: Any) -> Any:
        # Meanwhile the kept lead's workflow finds the same, claims the step anew, and is at it.
        clinic.sender.find = find  # type: ignore[method-assign]
        found = await find(message, since)
        await clinic.carry_out(await clinic.step(keep))
        clinic.clock.move_by(timedelta(seconds=1))
        await dead_after_claim(clinic, keep)
        return found

    clinic.sender.find = slowly  # type: ignore[method-assign]
    assert (await clinic.carry_out(old)).ended == "merged"
    assert await touches(engine, keep) == [("answer-the-question", "claimed")]
    clinic.clock.move_by(timedelta(minutes=1))
    await clinic.carry_out(await clinic.step(keep))
    await clinic.act(keep)
    assert set(clinic.sender.delivered.values()) == {1}


async def test_a_claim_whose_workflow_is_gone_becomes_a_persons_task(
    clinic: Clinic, engine: AsyncEngine, merge: Merge
) -> None:
    keep, other = await clinic.waiting_for_a_call(), await clinic.captured()
    await dead_after_claim(clinic, other)
    await merge(keep, other)
    clinic.clock.move_by(timedelta(minutes=11))
    kinds = {one.kind for one in (await clinic.check(repair=True))[1]}
    assert FindingKind.CLAIM_OPEN in kinds
    assert ("answer-the-question", "unknown") in await touches(engine, keep)
    assert "unknown_send" in {task.kind for task in (await clinic.case(keep)).open_tasks}


async def test_a_refused_message_of_the_enrollment_that_ends_is_not_tried_again(
    clinic: Clinic, engine: AsyncEngine, merge: Merge
) -> None:
    keep = await clinic.waiting_for_a_call()
    other = await clinic.emailed_with(SendRefused("later", retry_after=timedelta(hours=1)))
    await merge(keep, other)
    assert ("answer-the-question", "failed") in await touches(engine, keep)


async def test_an_unknown_message_is_still_looked_up(clinic: Clinic, engine: AsyncEngine, merge: Merge) -> None:
    keep, other = await clinic.asleep(), await clinic.emailed_with(OutcomeUnknown("lost"))
    await clinic.sql("update tasks set look_up_at = :at where kind = 'unknown_send'", at=clinic.clock())
    await merge(keep, other)
    clinic.sender.knows = True
    clinic.clock.move_by(timedelta(minutes=1))
    plan = await clinic.plan(keep)
    assert plan.wake is not None
    assert plan.wake.kind is WakeKind.LOOK_UP_SEND
    await clinic.act(keep)
    assert await touches(engine, keep) == [("answer-the-question", "failed")]


async def test_done_again_it_changes_nothing(clinic: Clinic, merge: Merge) -> None:
    keep, other = await clinic.captured(), await clinic.captured()
    plan = (await merge(keep, other)).plan
    again = await merge(keep, other)
    assert (again.merged, again.plan) == (None, plan)


async def test_a_rehearsal_changes_nothing(clinic: Clinic, merges: Merges) -> None:
    keep, other = await clinic.captured(), await clinic.waiting_for_a_call()
    plans = [await clinic.plan(lead_id) for lead_id in (keep, other)]
    done = await merges.merge(keep, other, "mia", clinic.clock(), rehearse=True)
    assert done.merged is not None
    assert done.merged.why
    assert [await clinic.plan(lead_id) for lead_id in (keep, other)] == plans
    assert await clinic.value("select count(*) from lead_merges") == 0


async def test_two_merges_the_other_way_round_at_once_make_one_lead(clinic: Clinic, merges: Merges) -> None:
    one, two = await clinic.captured(), await clinic.captured()
    ended = await asyncio.gather(
        *(merges.merge(keep, other, "mia", clinic.clock()) for keep, other in ((one, two), (two, one)) * 3),
        return_exceptions=True,
    )
    assert all(isinstance(each, MergeDone | LeadMerged) for each in ended), ended
    assert await clinic.value("select count(*) from leads") == 1


async def test_whoever_comes_in_meanwhile_joins_the_kept_lead(
    clinic: Clinic, engine: AsyncEngine, merges: Merges, intake: LeadIntake
) -> None:
    keep, other = await clinic.captured(), await clinic.captured()
    new = NewLead(email="lead2@example.com", question="And how fast?")
    coming: list[asyncio.Task[Any]] = []

    async def comes_in(connection: AsyncConnection, done: MergeDone) -> None:
        coming.append(asyncio.create_task(intake.capture(new, by="test", now=clinic.clock())))
        waits = text(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        async with engine.connect() as watching:
            while not await watching.scalar(waits):
                await watching.rollback()
                assert not coming[0].done()

    await merges.merge(keep, other, "mia", clinic.clock(), last=comes_in)
    captured = await coming[0]
    assert (captured.lead_id, captured.created) == (keep, False)
    assert (await clinic.case(keep)).lead.question == "And how fast?"


async def test_the_id_of_a_merged_lead_opens_the_kept_one(clinic: Clinic, cases: CaseStore, merge: Merge) -> None:
    keep, other, third = await clinic.captured(), await clinic.captured(), await clinic.captured()
    await merge(keep, other)
    await merge(third, keep)
    for lead_id in (other, keep):
        async with cases.open(lead_id, clinic.clock()) as opened:
            assert opened.case.lead.id == third
        with pytest.raises(LeadMerged) as merged:
            async with cases.open(lead_id, clinic.clock(), follow=False):
                raise AssertionError("it is no lead any more")
        assert merged.value.into == third
    assert await clinic.value("select count(*) from lead_merges where into_id = :id", id=third) == 2
    assert {point.value for point in (await clinic.case(other)).lead.contacts} >= {"lead1@example.com"}


async def test_erasing_it_erases_every_trace_of_the_merge_and_keeps_what_was_stopped(
    clinic: Clinic, engine: AsyncEngine, merge: Merge, cases: CaseStore
) -> None:
    keep, other = await clinic.captured(), await _stopped(clinic)
    await merge(keep, other)
    histories = RecordingHistories()
    erasing = Erasing(Erasure(engine, KEY), histories)
    erased = await erasing.erase(other, "mia", clinic.clock())  # By its old id, too.
    assert erased.suppressed == 4
    assert sorted(histories.forgotten) == sorted([keep, other])
    assert await clinic.value("select count(*) from leads") == 0
    assert await clinic.value("select count(*) from lead_merges") == 0
    assert await clinic.value("select count(*) from suppressions where lifted_at is null") == 4
    for lead_id in (keep, other):
        with pytest.raises(UnknownLead):
            async with cases.open(lead_id, clinic.clock()):
                raise AssertionError("it is erased")
    # Done again it finishes what was left, for both.
    histories.forgotten.clear()
    assert (await erasing.erase(keep, "mia", clinic.clock())).suppressed == 0
    assert sorted(histories.forgotten) == sorted([keep, other])
    assert (await erasing.erase(other, "mia", clinic.clock())).suppressed == 0


async def test_the_dossier_tells_of_the_merge(clinic: Clinic, engine: AsyncEngine, merge: Merge) -> None:
    keep, other = await clinic.captured(), await clinic.captured()
    await merge(keep, other)
    dossier = await Dossiers(engine, KEY).of(other, clinic.clock())
    assert dossier is not None
    assert dossier["lead"]["id"] == str(keep)
    assert [row["merged_id"] for row in dossier["lead_merges"]] == [str(other)]
    assert len(dossier["contact_points"]) == 4
