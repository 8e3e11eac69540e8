"""The reading side: pages, one lead, and counts, from the real database."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import event, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db import lead_reading
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.outbox import Outbox
from adapters.db.paging import BadCursor
from adapters.db.reading import Reading
from adapters.db.rows import TaskRow, TouchRow
from cadences import commands
from cadences.progress import message_sent, task_created
from leads.capture import NewLead
from leads.contract import CommandKind
from leads.model import Channel
from tests.clocks import SettableClock
from tests.sample import COMPANY


@pytest.fixture
def reading(engine: AsyncEngine) -> Reading:
    return Reading(engine)


@pytest_asyncio.fixture
async def lead(intake: LeadIntake, clock: SettableClock) -> UUID:
    new = NewLead(email="ann@example.com", phone="+12125550123", name="Ann Lee", question="How much?", owner="anna")
    return (await intake.capture(new, "test", clock())).lead_id


async def add_touches(engine: AsyncEngine, lead: UUID, at: datetime, number: int) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            insert(TouchRow),
            [
                {
                    "id": uuid4(),
                    "lead_id": lead,
                    "channel": "email",
                    "state": "sent",
                    "step_id": "checking-in",
                    "enrollment_id": uuid4(),
                    "occurrence": 1,
                    "happened_at": at - timedelta(hours=n),
                }
                for n in range(number)
            ],
        )


async def add_tasks(engine: AsyncEngine, lead: UUID, at: datetime, states: Sequence[str]) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            insert(TaskRow),
            [
                {
                    "id": uuid4(),
                    "lead_id": lead,
                    "kind": "call",
                    "owner": "anna",
                    "title": f"{state} {number}",
                    "text": "",
                    "occurrence": 1,
                    "created_at": at,
                    "opens_at": at,
                    "due_at": at + timedelta(hours=number),
                    "escalate_to": "manager",
                    "escalations": 0,
                    "state": state,
                }
                for number, state in enumerate(states)
            ],
        )


async def test_one_lead_takes_a_fixed_number_of_queries(
    engine: AsyncEngine, reading: Reading, lead: UUID, clock: SettableClock
) -> None:
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        await reading.lead(lead, COMPANY, clock())
        few = len(asked)
        await add_touches(engine, lead, clock(), 50)
        await add_tasks(engine, lead, clock(), ["done"] * 50)
        asked.clear()
        await reading.lead(lead, COMPANY, clock())
        assert len(asked) == few <= 20
        asked.clear()
        await reading.leads(q="ann")
        await reading.tasks(clock(), state="all")
        assert len(asked) == 4, asked
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def test_long_histories_are_cut_to_the_newest_with_a_flag(
    engine: AsyncEngine, reading: Reading, lead: UUID, clock: SettableClock
) -> None:
    view = await reading.lead(lead, COMPANY, clock())
    assert view is not None
    assert view.truncated is False
    await add_touches(engine, lead, clock(), lead_reading.NEWEST + 1)
    view = await reading.lead(lead, COMPANY, clock())
    assert view is not None
    assert view.truncated is True
    assert len(view.touches) == len(view.timeline) == lead_reading.NEWEST
    assert view.touches[0].happened_at == clock()
    assert view.timeline[-1].at > clock() - timedelta(hours=lead_reading.NEWEST)


async def test_an_unknown_lead_or_task_is_none(reading: Reading, clock: SettableClock) -> None:
    assert await reading.lead(uuid4(), COMPANY, clock()) is None
    assert await reading.task(uuid4(), clock()) is None


async def test_a_lead_shows_its_task_its_hold_and_its_clock(
    reading: Reading, cases: CaseStore, lead: UUID, clock: SettableClock
) -> None:
    async with cases.open(lead, clock()) as file:
        touch = file.case.enrollment.next
        assert touch is not None
        await file.save(task_created(message_sent(file.case, touch.step, clock()), clock(), "talk"))
        until = clock() + timedelta(days=30)
        held = commands.hold(file.case, until=until, reason="fair", by="mia", now=clock())
        await file.save(held, CommandKind.HOLD, by="mia", details={}, told={"until": until})
    view = await reading.lead(lead, COMPANY, clock())
    assert view is not None
    assert [task.step for task in view.open_tasks] == ["first-call"]
    assert view.next_touch is not None
    assert view.next_touch.task_id == view.open_tasks[0].id
    assert view.hold is not None
    assert (view.hold.owner, view.hold.note) == ("mia", "fair")
    assert (view.zone, view.stated_zone) == ("America/New_York", None)
    clock.move_to(until)
    later = await reading.lead(lead, COMPANY, clock())
    assert later is not None
    assert later.hold is None
    assert later.open_tasks[0].overdue is True


async def test_instants_in_what_happened_are_on_the_leads_clock_which_is_named(
    reading: Reading, cases: CaseStore, lead: UUID, clock: SettableClock
) -> None:
    """04:30 UTC on the 4th is still the 3rd where the lead is; whoever reads it may be elsewhere again."""
    until = datetime(2026, 12, 4, 4, 30, tzinfo=UTC)
    async with cases.open(lead, clock()) as file:
        held = commands.hold(file.case, until=until, reason="fair", by="mia", now=clock())
        await file.save(held, CommandKind.HOLD, by="mia", details={}, told={"until": until})
    async with cases.open(lead, clock()) as file:
        details = {"until": until, "note": "after the fair"}
        told_too = {"until": until, "cadence": file.case.cadence.name}
        await file.save(file.case, CommandKind.NOT_NOW, by="mia", details=details, told=told_too)
    view = await reading.lead(lead, COMPANY, clock())
    assert view is not None
    told = {entry.kind: (entry.text, entry.said) for entry in view.timeline}
    there = "Thu 3 Dec 2026 23:30 in New York"
    assert told["hold"] == (f"Paused until {there}: manual", "fair")
    assert told["command"] == (f"Not now: after the fair, until {there}", None)
    assert [entry.text for entry in view.timeline if "UTC" in entry.text or "+00:00" in entry.text] == []


async def test_pages_of_every_task_come_newest_due_first_without_gaps(
    engine: AsyncEngine, reading: Reading, lead: UUID, clock: SettableClock
) -> None:
    await add_tasks(engine, lead, clock(), ["open", "done", "expired", "cancelled"] * 5)
    titles: list[str] = []
    cursor = None
    while True:
        page = await reading.tasks(clock(), state="all", owner="anna", limit=3, cursor=cursor)
        assert page.total == 20
        titles += [task.title for task in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [int(title.split()[1]) for title in titles] == list(range(19, -1, -1))
    done = await reading.tasks(clock(), state="done")
    assert {task.state for task in done.items} == {"done"}
    assert done.total == 5


async def test_leads_are_named_in_the_order_in_which_they_are_asked_for(
    reading: Reading, intake: LeadIntake, lead: UUID, clock: SettableClock
) -> None:
    bob = (await intake.capture(NewLead(email="bob@example.com", name="Bob", owner="ben"), "test", clock())).lead_id
    named = await reading.named([bob, uuid4(), lead])
    assert [(one.id, one.name, one.email, one.owner) for one in named] == [
        (bob, "Bob", "bob@example.com", "ben"),
        (lead, "Ann Lee", "ann@example.com", "anna"),
    ]
    assert await reading.named([]) == []


async def test_leads_that_come_in_between_do_not_disturb_the_pages(
    reading: Reading, intake: LeadIntake, clock: SettableClock
) -> None:
    ids = []
    for number in range(4):
        clock.move_by(timedelta(seconds=1))
        new = NewLead(email=f"lead{number}@example.com")
        ids.append((await intake.capture(new, "test", clock())).lead_id)
    first = await reading.leads(limit=2)
    clock.move_by(timedelta(seconds=1))
    await intake.capture(NewLead(email="late@example.com"), "test", clock())
    second = await reading.leads(limit=2, cursor=first.next_cursor)
    assert [one.id for one in (*first.items, *second.items)] == ids[::-1]
    assert second.next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "WzEsMl0", "bnVsbA", "WyIyMDI2LTExLTIwIiwgIngiXQ", "é"])
async def test_a_cursor_that_no_page_gave_out_is_refused(reading: Reading, cursor: str) -> None:
    with pytest.raises(BadCursor, match="next_cursor"):
        await reading.leads(cursor=cursor)


EARLIEST, LATEST = "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999"


def cursor_of(instant: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([instant, str(uuid4())]).encode()).decode().rstrip("=")


@pytest.mark.parametrize("instant", [EARLIEST, f"{EARLIEST}+00:01", f"{LATEST}-00:01", "2026-11-20T10:00:00-05:00"])
async def test_a_cursor_in_another_zone_than_pages_give_out_is_refused(
    engine: AsyncEngine, reading: Reading, clock: SettableClock, instant: str
) -> None:
    cursor = cursor_of(instant)
    for page in (
        reading.leads(cursor=cursor),
        reading.leads(q="ann", cursor=cursor),
        reading.tasks(clock(), cursor=cursor),
        Outbox(engine).page(cursor=cursor),
    ):
        with pytest.raises(BadCursor, match="next_cursor"):
            await page


@pytest.mark.parametrize(("instant", "before"), [(f"{EARLIEST}+00:00", 0), (f"{LATEST}+00:00", 1)])
async def test_a_cursor_at_the_calendars_end_pages_on_from_there(
    engine: AsyncEngine, reading: Reading, lead: UUID, clock: SettableClock, instant: str, before: int
) -> None:
    cursor = cursor_of(instant)
    assert len((await reading.leads(cursor=cursor)).items) == before
    assert len((await reading.leads(q="ann", cursor=cursor)).items) == before
    assert (await reading.tasks(clock(), state="all", cursor=cursor)).items == []
    assert (await Outbox(engine).page(cursor=cursor)).items == []


async def test_tasks_of_one_lead(
    engine: AsyncEngine, reading: Reading, intake: LeadIntake, lead: UUID, clock: SettableClock
) -> None:
    other = (await intake.capture(NewLead(email="bob@example.com"), "test", clock())).lead_id
    await add_tasks(engine, lead, clock(), ["open", "done", "open"])
    await add_tasks(engine, other, clock(), ["open"])
    page = await reading.tasks(clock(), lead_id=lead, limit=1)
    assert ([one.lead_id for one in page.items], page.total) == ([lead], 2)
    every = await reading.tasks(clock(), lead_id=lead, state="all", owner="anna")
    assert ({one.lead_id for one in every.items}, every.total) == ({lead}, 3)
    assert (await reading.tasks(clock(), lead_id=uuid4())).total == 0


async def test_a_lead_is_found_by_id_beginning_or_address(reading: Reading, lead: UUID) -> None:
    for text in (str(lead), str(lead).upper(), lead.hex, lead.hex[:8], str(lead)[:13], "Ann@Example.com"):
        assert await reading.find_leads(text) == [lead]
    for text in ("", lead.hex[:3], "zzzz", "bob@example.com", "@", lead.hex + "0", "ann", "+12125550188", "+", "+1"):
        assert await reading.find_leads(text) == []


async def test_a_lead_with_a_phone_only_is_found_by_its_number(
    reading: Reading, intake: LeadIntake, clock: SettableClock
) -> None:
    lead_id = (await intake.capture(NewLead(phone="+12125550188"), "test", clock())).lead_id
    for text in ("+12125550188", "+1 (212) 555-0188"):
        assert await reading.find_leads(text) == [lead_id]


async def test_the_status_counts(
    engine: AsyncEngine, reading: Reading, lead: UUID, clock: SettableClock, cases: CaseStore
) -> None:
    await add_touches(engine, lead, clock(), 3)
    await add_tasks(engine, lead, clock() - timedelta(hours=1), ["open", "open", "done"])
    status = await reading.status(clock())
    assert status.leads_by_stage == {"new": 1}
    assert status.leads_by_cadence == {"inbound-web": 1}
    assert (status.open_tasks, status.overdue_tasks) == (2, 1)
    assert status.touches_by_state == {"sent": 3}
    assert (status.due_within_hour, status.due_within_day) == (1, 1)
    assert status.undelivered_commands == 1
    async with cases.open(lead, clock()) as file:
        said_no = commands.record_answer(file.case, answer="no", by="anna", note=None, now=clock())
        await file.save(said_no, CommandKind.RECORD_ANSWER, told={"answer": "no"})
    status = await reading.status(clock())
    assert (status.due_within_hour, status.undelivered_commands) == (0, 2)


async def test_an_empty_database_has_empty_pages(reading: Reading, engine: AsyncEngine, clock: SettableClock) -> None:
    assert (await reading.leads()).items == []
    assert (await reading.tasks(clock(), state="all")).total == 0
    assert (await Outbox(engine).page()).next_cursor is None
    status = await reading.status(clock())
    assert (status.leads_by_stage, status.open_tasks) == ({}, 0)


async def test_channels_of_the_ledger_are_all_shown(
    reading: Reading, cases: CaseStore, lead: UUID, clock: SettableClock
) -> None:
    for channel in Channel:
        clock.move_by(timedelta(minutes=1))
        async with cases.open(lead, clock()) as file:
            case = commands.log_personal_touch(
                file.case, channel=channel, touched_at=clock(), by="anna", note="hi", now=clock()
            )
            await file.save(case)
    view = await reading.lead(lead, COMPANY, clock())
    assert view is not None
    assert [touch.channel for touch in view.touches] == [channel.value for channel in reversed(Channel)]


async def test_a_search_pages_alike_whether_it_finds_few_or_many(
    reading: Reading, intake: LeadIntake, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        clock.move_by(timedelta(seconds=1))
        await intake.capture(NewLead(email=f"lead{number}@example.com", name=f"Person {number % 2}"), "test", clock())

    async def found(q: str) -> tuple[list[UUID], int, bool]:
        ids: list[UUID] = []
        cursor = None
        while True:
            page = await reading.leads(q=q, limit=2, cursor=cursor)
            ids += [one.id for one in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return ids, page.total, page.total_exact

    few = await found("person 0")
    assert (len(few[0]), few[1], few[2]) == (4, 4, True)
    monkeypatch.setattr("adapters.db.reading.COUNTED", 3)
    assert await found("person 0") == (few[0], 3, False)
    every = await reading.leads()
    assert (len(every.items), every.total, every.total_exact) == (7, 3, False)
