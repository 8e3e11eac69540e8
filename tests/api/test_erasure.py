"""Erasure: after it nothing of the person is in any table, answer or log line, and what comes late changes nothing."""

import asyncio
import gc
import sys
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import JSON, String, Table, func, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from activities.messages import MessageActivities
from adapters.db.access import RepeatableWrite
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore, UnknownLead
from adapters.db.dossier import OF_A_LEAD, Dossiers
from adapters.db.erasure import Erasure
from adapters.db.rows import (
    AuditEntryRow,
    ErasureRow,
    IdempotencyKeyRow,
    InboundMessageRow,
    LeadRow,
    OutboxRow,
    SuppressionRow,
    table_of,
)
from adapters.erasing import Erasing
from adapters.providers.local_outbox import LocalOutbox
from api.reports import ProviderReports
from api.services import Services
from leads.capture import NewLead
from leads.sending import MessageReport, OutgoingMessage, Receipt, TouchState
from tests.api.conftest import Capture
from tests.api.fakes import RecordingHistories
from tests.api.person import EMAIL, MARK, Person
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.sample import KEY

FLOORS = {"activities", "adapters", "api", "cadences", "leads", "runtime", "workflows"}
PRIVATE = (MARK, "2125550187")
# What an erasure leaves says that it happened, never about whom; it is compared with the rest.
LEFT = (table_of(ErasureRow), table_of(AuditEntryRow))
FILLED = tuple(table for table in (table_of(LeadRow), *OF_A_LEAD) if table not in LEFT)

WORDLESS = {"enrollments", "first_responses", "stage_changes", "bulk_items"}
"""They say when and who of us, and hold none of the person's words (a hold's note does, while it holds)."""
RECOGNISED_BY = {
    ("contact_points", "value"),
    ("inbound_messages", "sender"),
    ("form_submissions", "sender"),
    ("hook_deliveries", "body"),
}
"""They hold the mark already."""


async def fill_by_hand(engine: AsyncEngine) -> None:
    """Put the mark into every text and document that no way above fills, so that no column escapes the test."""
    async with engine.begin() as connection:
        for table in FILLED:
            values: dict[str, Any] = {}
            for column in _told(table):
                if isinstance(column.type, JSON):
                    values[column.name] = literal({"said": MARK}, column.type)
                else:
                    values[column.name] = literal(MARK) + func.coalesce(column, "")
            values = {name: value for name, value in values.items() if (table.name, name) not in RECOGNISED_BY}
            await connection.execute(update(table).values(values))


def _told(table: Table) -> list[Any]:
    """The columns that can hold somebody's words."""
    return [
        column
        for column in table.columns
        if isinstance(column.type, String | JSON) and not column.primary_key and not column.foreign_keys
    ]


async def found(engine: AsyncEngine) -> list[str]:
    """Every table that holds something private; `pg_tables`, so that none is overlooked."""
    async with engine.connect() as connection:
        names = await connection.execute(text("select tablename from pg_tables where schemaname = 'public'"))
        return [
            name
            for name in sorted(names.scalars())
            for private in PRIVATE
            if await connection.scalar(text(f"select count(*) from \"{name}\" t where t::text ilike '%{private}%'"))
        ]


async def unfilled(engine: AsyncEngine) -> list[str]:
    missing = []
    async with engine.connect() as connection:
        for table in FILLED:
            for column in _told(table):
                has = select(func.count()).where(func.position(literal(MARK).op("in")(column.cast(String))) > 0)
                if not await connection.scalar(has):
                    missing.append(f"{table.name}.{column.name}")
    return missing


async def test_nothing_of_the_person_is_left_in_any_table(person: Person, engine: AsyncEngine) -> None:
    by_real_ways = set(await found(engine))
    others = {"idempotency_keys", "suppressions"}
    assert by_real_ways >= {table.name for table in FILLED} - WORDLESS | others
    await fill_by_hand(engine)
    assert await unfilled(engine) == []

    await person.erase()

    assert await found(engine) == []
    assert [table.name for table in FILLED if await person.value(select(func.count()).select_from(table))] == []
    assert await person.value(select(ErasureRow.lead_id)) == person.lead_id
    why = select(func.array_agg(SuppressionRow.why))
    assert await person.value(why) == ["erased", "erased"]


async def test_the_audit_log_keeps_who_changed_an_erased_lead_and_not_how(person: Person) -> None:
    entries = table_of(AuditEntryRow)
    before = await person.value(select(func.count()).where(entries.c.lead_id == person.lead_id))
    told = select(func.count()).where(entries.c.after.is_not(None))
    assert await person.value(told)

    await person.erase()

    assert await person.value(select(func.count()).where(entries.c.lead_id == person.lead_id)) == before
    assert not await person.value(told.where(entries.c.lead_id == person.lead_id))


async def test_the_database_forgets_in_one_transaction(person: Person, engine: AsyncEngine) -> None:
    await Erasure(engine, KEY).erase(person.lead_id, "test", person.services.clock())
    assert await found(engine) == []


class WritingMeanwhile:
    """While Temporal is told, somebody ends what was begun before: a copy and an answer are written."""

    def __init__(self, engine: AsyncEngine, answer: dict[str, Any]) -> None:
        self._engine = engine
        self._answer = answer

    async def forget(self, lead_id: UUID) -> None:
        async with self._engine.begin() as connection:
            values = {"touch_id": uuid4(), "lead_id": lead_id, "channel": "email", "recipient": EMAIL, "sender": "us"}
            values |= {"text": MARK, "accepted_at": self._answer["created_at"]}
            await connection.execute(table_of(OutboxRow).insert().values(values))
            answer = {**self._answer, "key": "late", "status": 200, "body": {"lead_id": str(lead_id), "note": MARK}}
            await connection.execute(table_of(IdempotencyKeyRow).insert().values(answer))


async def test_what_was_being_written_meanwhile_is_swept_up(person: Person, engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        row = (await connection.execute(text("select * from idempotency_keys where key = 'hold'"))).mappings().one()
    erasing = Erasing(Erasure(engine, KEY), WritingMeanwhile(engine, dict(row)))
    assert (await erasing.erase(person.lead_id, "test", person.services.clock())).forgotten
    assert await found(engine) == []


def remembered() -> str:
    """Everything that caches of our own code hold, as text."""
    held = []
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in FLOORS:
            caches = [one for one in vars(module).values() if hasattr(one, "cache_info")]
            held += [repr(kept) for cache in caches for kept in gc.get_referents(cache) if isinstance(kept, dict)]
            held += [
                repr([entry, gc.get_referents(entry)])
                for cache in caches
                for kept in gc.get_referents(cache)
                if isinstance(kept, dict)
                for entry in kept.values()
            ]
    return "".join(held)


async def test_no_cache_of_templates_holds_anybodys_words(person: Person) -> None:
    await person.erase()
    caches = remembered()
    assert "inbound-web" in caches
    assert MARK not in caches


async def test_other_people_keep_everything(person: Person, engine: AsyncEngine, capture: Capture) -> None:
    other = UUID((await capture())["id"])
    dossiers = Dossiers(engine, KEY)
    now = person.services.clock()
    before = await dossiers.of(other, now)
    async with engine.begin() as connection:
        # Written by somebody whose address only contains the other one.
        await connection.execute(
            update(InboundMessageRow).where(InboundMessageRow.lead_id.is_(None)).values(sender=f"x{EMAIL}")
        )
    await person.erase()
    assert await dossiers.of(other, now) == before
    assert await person.value(select(func.count()).select_from(InboundMessageRow)) == 2


async def test_its_workflow_is_to_be_forgotten_and_erasing_again_is_no_error(
    person: Person, histories: RecordingHistories, services: Services, clock: SettableClock
) -> None:
    await person.erase()
    await person.erase()
    assert histories.forgotten == [person.lead_id] * 2
    with pytest.raises(UnknownLead):
        await services.erasing.erase(uuid4(), "test", clock())


async def test_a_write_that_is_sent_again_under_its_key_is_told_and_not_done_again(
    person: Person, engine: AsyncEngine
) -> None:
    await person.erase()
    for path, body, key in (
        ("/api/leads", person.captured, "capture"),
        (f"/api/leads/{person.lead_id}/hold", {"until": "2027-03-01", "reason": f"{MARK} is away"}, "hold"),
    ):
        again = await person.client.post(path, json=body, headers={"Idempotency-Key": key})
        assert (again.status_code, again.json()["detail"]) == (410, "the lead was erased")
        assert again.headers["content-type"] == "application/problem+json"
    assert await person.value(select(func.count()).select_from(LeadRow)) == 0
    gone = await person.client.get(f"/api/leads/{person.lead_id}")
    assert gone.status_code == 404


async def test_an_answer_that_is_kept_late_does_not_come_back(person: Person, engine: AsyncEngine) -> None:
    """The web keeps an answer anew once the workflow has heard; the lead may be erased in between."""
    async with engine.connect() as connection:
        row = (await connection.execute(text("select * from idempotency_keys where key = 'hold'"))).one()
    await person.erase()
    write = RepeatableWrite(row.key, row.token_id, row.request_digest)
    await person.services.idempotency.finish(write, 200, row.body, person.services.clock())
    assert await found(engine) == []


async def test_reports_and_steps_that_come_late_change_nothing(person: Person, engine: AsyncEngine) -> None:
    report = MessageReport(
        touch_id=person.touch_id,
        state=TouchState.FAILED,
        provider="test",
        message_id="test-1",
        code="bounce",
        contact_dead=True,
    )
    await person.erase()
    taken = await ProviderReports(person.services).take([report])
    assert (taken.reports, taken.unknown, taken.changed) == (0, 1, 0)
    assert await found(engine) == []


class ErasedMeanwhile(LocalOutbox):
    """The lead is erased while a message to it is handed over."""

    def __init__(self, person: Person, *, before: bool) -> None:
        super().__init__(person.engine, person.services.clock)
        self._person = person
        self._before = before

    async def send(self, message: OutgoingMessage) -> Receipt:
        if self._before:
            await self._person.erase()
        receipt = await super().send(message)
        if not self._before:
            await self._person.erase()
        return receipt


@pytest.mark.parametrize("before", [True, False])
async def test_a_message_on_its_way_leaves_no_copy(
    services: Services, engine: AsyncEngine, client: httpx.AsyncClient, before: bool
) -> None:
    person = Person(services, engine, client)
    answer = await person.post("/api/leads", person.captured, key="capture")
    person.lead_id = UUID(answer.json()["id"])
    step = await person.step()
    outbox = ErasedMeanwhile(person, before=before)
    activities = MessageActivities(services.cases, outbox, outbox, LINKS, services.clock)
    for _ in range(2):  # and Temporal would try again, had the workflow not gone
        with pytest.raises(UnknownLead):
            await activities.send_email(step)
    assert await found(engine) == []


async def test_who_is_captured_while_being_erased_comes_in_anew(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    new = NewLead(email=EMAIL, name=MARK, question="?", owner="anna")
    first = await intake.capture(new, by="test", now=clock())
    async with engine.begin() as connection:
        await connection.execute(select(LeadRow.id).where(LeadRow.id == first.lead_id).with_for_update())
        waiting = asyncio.create_task(intake.capture(new, by="test", now=clock()))
        async with asyncio.timeout(10):
            while not await connection.scalar(text("select count(*) from pg_locks where not granted")):
                await asyncio.sleep(0.01)
        erasure = asyncio.create_task(Erasure(engine, KEY).erase(first.lead_id, "test", clock()))
        await connection.execute(text("delete from leads where id = :id"), {"id": first.lead_id})
    again = await waiting
    assert (again.created, again.lead_id != first.lead_id) == (True, True)
    with pytest.raises(UnknownLead):
        await erasure


async def test_no_log_line_names_anybody(person: Person) -> None:
    with capture_logs() as logs:
        await person.erase()
    assert [line["event"] for line in logs] == ["lead erased"]
    assert not any(private in str(logs) for private in PRIVATE)
