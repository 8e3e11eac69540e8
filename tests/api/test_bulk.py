"""One change to many leads: rehearsed, carried out once each, stopped, cut off, and taken up again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.bulk_runs import BulkRuns, BulkRunView, ItemState, NotWaiting
from adapters.db.cases import OpenCase
from api import bulk as bulk_module
from api.bulk import BulkCommands, bulk_at_work
from api.bulk_wishes import WISH, Hold, Reassign, Resume, SkipStep, SwitchCadence, Wish
from api.commands import LeadCommands
from api.problems import ValueRefused
from api.services import Services
from api.writes import ourselves
from leads.capture import NewLead
from leads.model import Colleague, Role
from tests.api.fakes import RecordingDelivery
from tests.clocks import SettableClock

FAIR = Hold(until=date(2026, 12, 24), reason="trade fair")
W, D, R, F = ItemState.WAITING, ItemState.DONE, ItemState.REFUSED, ItemState.FAILED


@pytest.fixture
def bulk(services: Services) -> BulkCommands:
    return BulkCommands(services)


@pytest_asyncio.fixture
async def leads(services: Services) -> list[UUID]:
    """Nine leads, of which the fourth said no."""
    found = []
    for number in range(9):
        new = NewLead(email=f"lead{number}@example.com", question="How much?", owner="anna", name=f"Lead {number}")
        found.append((await services.intake.capture(new, by="test", now=services.clock())).lead_id)
    await LeadCommands(services).record_answer(found[3], ourselves("anna"), None, answer="no", note=None)
    return found


async def begun(bulk: BulkCommands, wish: Wish, leads: Sequence[UUID]) -> UUID:
    return await bulk.begin(wish, leads, chosen="stage new", by="mia", via="console")


async def seen(services: Services, run_id: UUID) -> BulkRunView:
    run = await services.bulk_runs.of(run_id)
    assert run is not None
    return run


async def rows(engine: AsyncEngine, statement: str, **values: Any) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(text(statement), values)).all())


async def holds(engine: AsyncEngine) -> list[UUID]:
    """Whose holds there are, in force or not, one for each hold that was placed."""
    return [row.lead_id for row in await rows(engine, "select lead_id from holds order by lead_id")]


async def test_a_rehearsal_says_what_would_become_of_each_lead_and_changes_nothing(
    bulk: BulkCommands, leads: list[UUID], engine: AsyncEngine, clock: SettableClock
) -> None:
    before = await rows(engine, "select id, revision from leads order by id")
    looked_at: list[int] = []
    found = await bulk.rehearse(FAIR, [*leads, uuid4()], "mia", looked_at.append)

    assert [one.lead_id for one in found[:-1]] == leads
    changed = [one for one in found if one.refused is None]
    assert [one.lead_id for one in changed] == [*leads[:3], *leads[4:]]
    assert changed[0].before["held_until"] is None
    assert changed[0].after["held_until"] == datetime.fromisoformat("2026-12-24T00:00:00-05:00")
    assert changed[0].after["next_at"] > changed[0].before["next_at"]
    assert found[3].refused == "The lead's cadence is not running (no)."
    assert found[-1].refused == "There is no such lead any more."
    assert sorted(looked_at) == list(range(1, 11))
    assert await rows(engine, "select id, revision from leads order by id") == before
    assert await holds(engine) == []


async def test_each_lead_is_changed_once_with_a_result_of_its_own(
    bulk: BulkCommands, services: Services, leads: list[UUID], engine: AsyncEngine, delivery: RecordingDelivery
) -> None:
    told_before = len(delivery.told)
    run_id = await begun(bulk, FAIR, leads)
    run = await seen(services, run_id)
    assert (run.total, run.settled, run.is_running) == (9, 0, True)

    await bulk.work_off(run_id)

    run = await seen(services, run_id)
    assert run.counts == {W: 0, D: 8, R: 1, F: 0}
    assert (run.has_ended, run.is_running, run.gone) == (True, False, 0)
    assert await holds(engine) == sorted([*leads[:3], *leads[4:]])
    items = await services.bulk_runs.items(run_id)
    assert [item.lead_id for item in items] == leads
    assert [item.name for item in items][:2] == ["Lead 0", "Lead 1"]
    (refused,) = await services.bulk_runs.items(run_id, states=[R])
    assert (refused.lead_id, refused.said) == (leads[3], "The lead's cadence is not running (no).")
    assert len(delivery.told) == told_before + 8

    revisions = await rows(
        engine,
        "select i.lead_id from bulk_items i join commands c on c.lead_id = i.lead_id and c.revision = i.revision "
        "where c.kind = 'hold' and c.by = 'mia' and i.state = 'done'",
    )
    assert len(revisions) == 8


async def test_every_change_is_in_the_audit_log_under_who_asked_for_the_run(
    bulk: BulkCommands, leads: list[UUID], engine: AsyncEngine
) -> None:
    await bulk.work_off(await begun(bulk, Reassign(owner="ben"), leads[:2]))
    entries = await rows(
        engine,
        "select lead_id, \"by\", via, before, after from audit_entries where action = 'reassign' order by lead_id",
    )
    assert [entry.lead_id for entry in entries] == sorted(leads[:2])
    assert {(entry.by, entry.via, entry.before["owner"], entry.after["owner"]) for entry in entries} == {
        ("mia", "console", "anna", "ben")
    }


@pytest.mark.parametrize(
    ("wish", "column", "value"),
    [
        (FAIR, "plan ->> 'hold'", "manual"),
        (SkipStep(), "(select progress -> 'done' ->> 'step_id' from enrollments e where e.id = enrollment_id)", None),
        (SwitchCadence(cadence="outbound-qualified"), "cadence", "outbound-qualified"),
        (Reassign(owner="ben", note="Anna is away"), "owner_id", "ben"),
    ],
)
async def test_everything_that_can_be_wished_for_can_be_done(
    bulk: BulkCommands, services: Services, leads: list[UUID], engine: AsyncEngine, wish: Wish, column: str, value: Any
) -> None:
    first = await rows(engine, "select plan ->> 'next_step' as step from leads where id = :id", id=leads[0])
    await bulk.work_off(await begun(bulk, wish, leads[:2]))
    changed = await rows(engine, f"select {column} as now from leads where id = any(:ids)", ids=leads[:2])
    assert {row.now for row in changed} == {value or first[0].step}


async def test_what_was_held_is_resumed_and_a_second_time_refused(
    bulk: BulkCommands, services: Services, leads: list[UUID], engine: AsyncEngine
) -> None:
    await bulk.work_off(await begun(bulk, FAIR, leads))
    resumed, again = await begun(bulk, Resume(), leads), await begun(bulk, Resume(), leads)
    await bulk.work_off(resumed)
    await bulk.work_off(again)
    assert (await seen(services, resumed)).counts == {W: 0, D: 8, R: 1, F: 0}
    assert (await seen(services, again)).counts == {W: 0, D: 0, R: 9, F: 0}
    assert await rows(engine, "select 1 from leads where plan ->> 'hold' is not null") == []


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Reassign(owner="nobody"), "owner"),
        (Reassign(owner=" "), "owner"),
        (SwitchCadence(cadence="never-published"), "cadence"),
        (Hold(until=date(2026, 12, 24), reason="\n"), "reason"),
        (Hold(until=date(2026, 12, 24), reason="x" * 5000), "reason"),
    ],
)
async def test_what_could_be_done_to_no_lead_is_refused_before_anything_begins(
    bulk: BulkCommands, services: Services, leads: list[UUID], wish: Wish, field: str
) -> None:
    for attempt in (bulk.rehearse(wish, leads, "mia"), begun(bulk, wish, leads)):
        with pytest.raises(ValueRefused) as refused:
            await attempt
        assert refused.value.field == field
    assert await services.bulk_runs.recent() == []


async def test_no_lead_or_too_many_are_refused(bulk: BulkCommands) -> None:
    for lead_ids in ([], [UUID(int=number) for number in range(10_001)]):
        with pytest.raises(ValueRefused, match="leads"):
            await begun(bulk, Resume(), lead_ids)


async def test_a_wish_is_kept_as_it_was_wished() -> None:
    for wish in (FAIR, Resume(), SkipStep(), SwitchCadence(cadence="x"), Reassign(owner="ben", note=None)):
        assert WISH.validate_python(WISH.dump_python(wish, mode="json")) == wish
    assert FAIR.words == "Hold until Thu 24 Dec 2026"


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():
            await asyncio.sleep(0.02)


async def test_a_run_that_was_cut_off_is_taken_up_and_nothing_is_done_twice(
    services: Services, leads: list[UUID], engine: AsyncEngine
) -> None:
    first = BulkCommands(services)
    run_id = await begun(first, FAIR, leads)
    done = 0

    def crash_after_three() -> None:
        nonlocal done
        done += 1
        if done == 3:
            raise MemoryError

    with pytest.raises(ExceptionGroup):
        await first.work_off(run_id, crash_after_three)
    run = await seen(services, run_id)
    assert run.is_running
    assert 3 <= run.settled < 9

    await BulkCommands(services).work_off(run_id)  # another process

    assert (await seen(services, run_id)).counts == {W: 0, D: 8, R: 1, F: 0}
    assert await holds(engine) == sorted([*leads[:3], *leads[4:]])
    commands = await rows(engine, "select count(*) as many from commands where kind = 'hold'")
    assert commands[0].many == 8


async def test_a_process_that_is_cancelled_leaves_the_rest_to_the_next(
    services: Services, leads: list[UUID], engine: AsyncEngine
) -> None:
    run_id = await begun(BulkCommands(services), FAIR, leads)
    dying = asyncio.create_task(BulkCommands(services).work_off(run_id))

    async def some_are_done() -> bool:
        return (await seen(services, run_id)).settled >= 2

    await until(some_are_done)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    async with bulk_at_work(services):

        async def is_over() -> bool:
            return (await seen(services, run_id)).has_ended

        await until(is_over)
    assert (await seen(services, run_id)).counts == {W: 0, D: 8, R: 1, F: 0}
    assert await holds(engine) == sorted([*leads[:3], *leads[4:]])


async def test_two_processes_at_the_same_run_do_nothing_twice(
    services: Services, leads: list[UUID], engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def both(*_: object) -> AsyncIterator[bool]:
        yield True  # as if the lock had been lost with its connection

    monkeypatch.setattr(BulkRuns, "alone", both)
    run_id = await begun(BulkCommands(services), FAIR, leads)
    await asyncio.gather(*(BulkCommands(services).work_off(run_id) for _ in range(3)))
    assert (await seen(services, run_id)).counts == {W: 0, D: 8, R: 1, F: 0}
    commands = await rows(engine, "select count(*) as many from commands where kind = 'hold'")
    assert commands[0].many == 8


async def test_a_run_that_another_process_is_at_is_left_to_it(
    services: Services, bulk: BulkCommands, leads: list[UUID]
) -> None:
    run_id = await begun(bulk, FAIR, leads)
    async with services.bulk_runs.alone(run_id) as alone:
        assert alone
        await bulk.work_off(run_id)
    assert (await seen(services, run_id)).settled == 0
    await bulk.work_off(run_id)
    assert (await seen(services, run_id)).has_ended


async def test_a_stopped_run_changes_no_further_lead_until_somebody_goes_on(
    services: Services, bulk: BulkCommands, leads: list[UUID], engine: AsyncEngine, clock: SettableClock
) -> None:
    run_id = await begun(bulk, FAIR, leads)
    stopping: list[asyncio.Task[bool]] = []

    def stop_after_the_first() -> None:
        if not stopping:
            stopping.append(asyncio.ensure_future(services.bulk_runs.stop(run_id, "mia", clock())))

    await bulk.work_off(run_id, stop_after_the_first)

    assert await stopping[0]
    run = await seen(services, run_id)
    assert run.is_stopped
    assert (run.stopped_by, run.has_ended) == ("mia", False)
    assert 0 < run.settled < 9
    settled = run.settled
    await bulk.work_off(run_id)
    assert (await seen(services, run_id)).settled == settled
    assert await services.bulk_runs.unfinished() == []

    assert await services.bulk_runs.go_on(run_id, "ada", "command line")
    assert await services.bulk_runs.unfinished() == [run_id]
    assert (await seen(services, run_id)).by == "mia", "it is still hers, who asked for it"
    await bulk.work_off(run_id)
    assert (await seen(services, run_id)).counts == {W: 0, D: 8, R: 1, F: 0}
    assert len(await holds(engine)) == 8
    assert not await services.bulk_runs.stop(run_id, "mia", clock())
    assert not await services.bulk_runs.go_on(run_id, "mia", "console")


@pytest.mark.parametrize("change", ["role = 'rep'", "active = false"])
async def test_a_run_stops_when_its_author_may_not_any_more_and_is_whose_who_lets_it_go_on(
    services: Services,
    bulk: BulkCommands,
    leads: list[UUID],
    engine: AsyncEngine,
    clock: SettableClock,
    change: str,
) -> None:
    run_id = await begun(bulk, FAIR, leads)
    changing: list[asyncio.Task[None]] = []

    async def demote() -> None:
        async with engine.begin() as connection:
            await connection.execute(text(f"update colleagues set {change} where id = 'mia'"))

    def demote_after_the_first() -> None:
        if not changing:
            changing.append(asyncio.ensure_future(demote()))

    await bulk.work_off(run_id, demote_after_the_first)

    await changing[0]
    run = await seen(services, run_id)
    assert (run.is_stopped, run.has_lost_its_author, run.stopped_by) == (True, True, "followthrough")
    assert 0 < run.settled < 9
    held = len(await holds(engine))
    assert await services.bulk_runs.unfinished() == []

    assert await services.bulk_runs.go_on(run_id, "mia", "console")
    await bulk.work_off(run_id)
    assert (await seen(services, run_id)).has_lost_its_author, "she still may not"
    assert len(await holds(engine)) == held

    await services.people.add([Colleague("ada", "Ada", role=Role.ADMIN)], clock())
    assert await services.bulk_runs.go_on(run_id, "ada", "console")
    await bulk.work_off(run_id)
    run = await seen(services, run_id)
    assert (run.by, run.counts) == ("ada", {W: 0, D: 8, R: 1, F: 0})
    by = await rows(engine, "select \"by\", count(*) from audit_entries where action = 'hold' group by 1 order by 1")
    assert [tuple(one) for one in by] == [("ada", 8 - held), ("mia", held)]


async def test_through_other_doors_any_role_may_as_long_as_the_author_works_here(
    services: Services, bulk: BulkCommands, leads: list[UUID], engine: AsyncEngine
) -> None:
    for by in ("anna", "crm"):
        run_id = await bulk.begin(SkipStep(), leads[:2], chosen="two", by=by, via="api")
        await bulk.work_off(run_id)
        assert (await seen(services, run_id)).counts[D] == 2
    run_id = await bulk.begin(SkipStep(), leads[:2], chosen="two", by="anna", via="api")
    async with engine.begin() as connection:
        await connection.execute(text("update colleagues set active = false where id = 'anna'"))
    await bulk.work_off(run_id)
    assert (await seen(services, run_id)).has_lost_its_author


async def test_after_a_stop_commits_no_lead_that_was_fetched_before_is_changed(
    services: Services, bulk: BulkCommands, leads: list[UUID], engine: AsyncEngine, clock: SettableClock
) -> None:
    run_id = await begun(bulk, FAIR, leads)
    (position, lead_id), *_ = await services.bulk_runs.waiting(run_id, 50)
    await services.bulk_runs.stop(run_id, "mia", clock())
    async with services.cases.open(lead_id, clock()) as opened:

        async def take(connection: AsyncConnection) -> None:
            await services.bulk_runs.take(connection, run_id, position, 2, clock())

        with pytest.raises(NotWaiting):
            await opened.beside(take)


class BrokenFor:
    """A store of cases that fails for some leads, so often."""

    def __init__(self, services: Services, failures: dict[UUID, list[Exception]]) -> None:
        self._cases = services.cases
        self._failures = failures

    @asynccontextmanager
    async def open(self, lead_id: UUID, *given: Any, **named: Any) -> AsyncIterator[OpenCase]:
        async with self._cases.open(lead_id, *given, **named) as opened:
            yield opened
            if self._failures.get(lead_id):
                raise self._failures[lead_id].pop()  # at the end, so that all was written and is undone


async def test_what_goes_wrong_with_one_lead_is_said_there_and_may_be_tried_again(
    services: Services, leads: list[UUID], engine: AsyncEngine
) -> None:
    broken = BrokenFor(services, {leads[1]: [KeyError("a secret")], leads[5]: [ConnectionResetError()]})
    bulk = BulkCommands(replace(services, cases=broken))  # type: ignore[arg-type]
    run_id = await begun(bulk, FAIR, leads)
    await bulk.work_off(run_id)

    run = await seen(services, run_id)
    assert run.counts == {W: 0, D: 6, R: 1, F: 2}
    assert run.has_ended
    failed = {item.lead_id: item.said for item in await services.bulk_runs.items(run_id, states=[F])}
    assert failed == {
        leads[1]: "Something went wrong on our side (KeyError).",
        leads[5]: "The database was in trouble.",
    }
    assert not {leads[1], leads[5]} & set(await holds(engine))

    assert await services.bulk_runs.retry_failed(run_id) == 2
    assert (await seen(services, run_id)).is_running
    await bulk.work_off(run_id)
    assert (await seen(services, run_id)).counts == {W: 0, D: 8, R: 1, F: 0}
    assert len(await holds(engine)) == 8
    assert await services.bulk_runs.retry_failed(run_id) == 0
    assert (await seen(services, run_id)).has_ended


class AwayAtFirst(BulkRuns):
    """A database that is away when a result is to be written, and then comes back."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.left = 3

    async def settle(self, *given: Any) -> None:
        if self.left:
            self.left -= 1
            raise ConnectionRefusedError
        await super().settle(*given)


async def test_a_run_rests_while_the_database_is_away_and_goes_on_by_itself(
    services: Services, leads: list[UUID], engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_module, "_RESTS_FOR", timedelta(0))
    monkeypatch.setattr(bulk_module, "_LOOKS_EVERY", timedelta(milliseconds=20))
    away = AwayAtFirst(engine)
    run_id = await begun(BulkCommands(services), FAIR, leads)
    async with bulk_at_work(replace(services, bulk_runs=away)):

        async def is_over() -> bool:
            return (await seen(services, run_id)).has_ended

        await until(is_over)
    assert away.left == 0
    assert (await seen(services, run_id)).counts == {W: 0, D: 8, R: 1, F: 0}
    assert len(await holds(engine)) == 8


async def test_a_lead_that_was_merged_meanwhile_is_changed_as_the_one_it_lives_on_in(
    services: Services, bulk: BulkCommands, leads: list[UUID], engine: AsyncEngine, clock: SettableClock
) -> None:
    run_id = await begun(bulk, FAIR, leads[:2])
    await services.merges.merge(leads[8], leads[0], "mia", clock())
    await bulk.work_off(run_id)
    assert (await seen(services, run_id)).counts == {W: 0, D: 2, R: 0, F: 0}
    assert await holds(engine) == sorted([leads[8], leads[1]])


async def test_a_lead_that_was_erased_meanwhile_is_gone_from_the_run(
    services: Services, bulk: BulkCommands, leads: list[UUID], engine: AsyncEngine
) -> None:
    run_id = await begun(bulk, FAIR, leads[:3])
    await services.erasing.erase(leads[0], "ada", services.clock())
    await bulk.work_off(run_id)
    run = await seen(services, run_id)
    assert (run.total, run.gone, run.counts[D], run.has_ended) == (3, 1, 2, True)


async def test_the_newest_runs_are_listed_first(
    services: Services, bulk: BulkCommands, leads: list[UUID], clock: SettableClock
) -> None:
    older = await begun(bulk, FAIR, leads)
    clock.move_by(timedelta(minutes=1))
    newer = await begun(bulk, Resume(), leads[:1])
    assert [run.id for run in await services.bulk_runs.recent()] == [newer, older]
    assert [run.id for run in await services.bulk_runs.recent(1)] == [newer]
    assert await services.bulk_runs.of(uuid4()) is None
    assert await services.bulk_runs.unfinished() == [older, newer]
