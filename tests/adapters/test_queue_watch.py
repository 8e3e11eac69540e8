"""What changed in the queues: told once, also where commits overtake each other; with sessions and revisions."""

from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import event, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.accounts import Accounts
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.queue_watch import QueueWatch, Seen
from adapters.db.rows import TaskRow
from adapters.db.sessions import IDLE, Sessions
from cadences.progress import message_sent, task_created
from leads.capture import NewLead
from leads.model import Role
from tests.clocks import SettableClock


@pytest_asyncio.fixture
async def lead(intake: LeadIntake, clock: SettableClock) -> UUID:
    new = NewLead(email="ann@example.com", phone="+12125550123", name="Ann", question="How much?", owner="anna")
    return (await intake.capture(new, "test", clock())).lead_id


@pytest.fixture
def watch(engine: AsyncEngine) -> QueueWatch:
    return QueueWatch(engine)


async def add_task(connection: AsyncConnection, lead: UUID, clock: SettableClock) -> UUID:
    task_id = uuid4()
    await connection.execute(
        insert(TaskRow).values(
            **{"id": task_id, "lead_id": lead, "kind": "call", "owner": "anna", "title": "call", "text": ""},
            **{"occurrence": 1, "created_at": clock(), "opens_at": clock(), "due_at": clock(), "state": "open"},
            **{"escalate_to": "manager", "escalations": 0, "escalated_to": "mia"},
        )
    )
    return task_id


async def glance(watch: QueueWatch, clock: SettableClock) -> Seen:
    return await watch.look([], [], clock())


async def test_a_new_task_is_told_once_with_whose_it_is(
    watch: QueueWatch, engine: AsyncEngine, lead: UUID, clock: SettableClock
) -> None:
    assert (await glance(watch, clock)).tasks == ()
    async with engine.begin() as connection:
        task_id = await add_task(connection, lead, clock)
    (told,) = (await glance(watch, clock)).tasks
    assert (told.id, told.lead_id, told.owner, told.escalated_to) == (task_id, lead, "anna", "mia")
    assert (await glance(watch, clock)).tasks == ()
    async with engine.begin() as connection:
        await connection.execute(update(TaskRow).values(owner="ben"))
    (given_on,) = (await glance(watch, clock)).tasks
    assert (given_on.id, given_on.owner) == (task_id, "ben")


async def test_the_plans_own_work_is_told_too(
    watch: QueueWatch, cases: CaseStore, lead: UUID, clock: SettableClock
) -> None:
    async with cases.open(lead, clock()) as file:
        touch = file.case.enrollment.next
        assert touch is not None
        await file.save(task_created(message_sent(file.case, touch.step, clock()), clock(), "talk"))
    (told,) = (await glance(watch, clock)).tasks
    assert told.owner == "anna"


async def test_what_was_written_earlier_and_is_committed_later_comes_to_light(
    watch: QueueWatch, engine: AsyncEngine, lead: UUID, clock: SettableClock
) -> None:
    async with engine.connect() as slow, slow.begin() as transaction:
        late = await add_task(slow, lead, clock)
        async with engine.begin() as quick:
            early = await add_task(quick, lead, clock)
        assert [one.id for one in (await glance(watch, clock)).tasks] == [early]
        await transaction.commit()
    assert [one.id for one in (await glance(watch, clock)).tasks] == [late]
    assert (await glance(watch, clock)).tasks == ()


async def test_a_lead_that_is_looked_at_has_a_revision_until_it_is_gone(
    watch: QueueWatch, cases: CaseStore, lead: UUID, clock: SettableClock
) -> None:
    gone = uuid4()
    before = (await watch.look([lead, gone], [], clock())).revisions
    assert before.keys() == {lead}
    async with cases.open(lead, clock()) as file:
        touch = file.case.enrollment.next
        assert touch is not None
        await file.save(message_sent(file.case, touch.step, clock()))
    assert (await watch.look([lead], [], clock())).revisions == {lead: before[lead] + 1}


async def test_of_sessions_that_are_not_over_the_role_is_told(
    watch: QueueWatch, engine: AsyncEngine, shelf: object, clock: SettableClock
) -> None:
    accounts, sessions = Accounts(engine), Sessions(engine)
    for name in ("anna", "ben"):
        await accounts.set_password(name, "hash", clock())
        await sessions.begin(name, "password", "a test", clock())
    found = {one.colleague_id: one.id for one in await sessions.of(None, clock())}
    everybody = list(found.values())
    assert (await watch.look([], everybody, clock())).roles == dict.fromkeys(everybody, Role.REP)
    await sessions.revoke(found["anna"], clock())
    assert (await watch.look([], everybody, clock())).roles == {found["ben"]: Role.REP}
    clock.move_by(IDLE)
    assert (await watch.look([], everybody, clock())).roles == {}


async def test_a_look_is_one_query(watch: QueueWatch, engine: AsyncEngine, lead: UUID, clock: SettableClock) -> None:
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        await watch.look([lead] * 30, [uuid4()] * 30, clock())
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)
    assert len(asked) == 1
