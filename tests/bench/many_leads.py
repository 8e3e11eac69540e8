"""A database as it is after years: 200,000 leads with ten touches each, copied in SQL from leads that really lived.

The documents (plan, progress) and texts are those of the real leads with the ids replaced, so rows are as wide as in
production. Columns that are not named here are copied as they are, so a new column needs no change here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.people import People
from adapters.db.rows import Base
from leads.model import Colleague
from tests.bench.engine_side import capture_untold, touch
from tests.bench.first_message import first_leads
from tests.bench.options import Options
from tests.bench.plans import BURST
from tests.bench.rounds import Load
from tests.bench.stage import Installation, until

REPS = 40
TOUCHES = 10
_OPEN_EVERY = 10
"""Every so many leads one has an open task; every lead has one that was done."""
_CHUNK = 20_000

_LEAD = "md5('lead' || i)::uuid"
_ENROLLMENT = "md5('enrollment' || i)::uuid"
_OWNER = f"'rep' || i % {REPS}"
_AGO = "((60 + i % 1000) * interval '1 day' + (i * 37 % 86400) * interval '1 second')"
_IDS_REPLACED = (
    "replace(replace(t.{0}::text, cast(:lead as text), {1}::text), cast(:enrollment as text), {2}::text)::jsonb"
)


def _document(column: str) -> str:
    return _IDS_REPLACED.format(column, _LEAD, _ENROLLMENT)


_OWN = {"lead_id": _LEAD}
_LEADS = {
    "id": _LEAD,
    "name": "(array['Priya','Tom','Hannah','Kenji','Sofia','Marcus'])[1 + i % 6] || ' Person' || i",
    "company": "'Company ' || i % 5000",
    "enrollment_id": _ENROLLMENT,
    "owner_id": _OWNER,
    "created_at": f"t.created_at - {_AGO}",
    "next_at": f"t.next_at - {_AGO} / 4",
    "wake_at": f"t.wake_at - {_AGO} / 4",
    "plan": _document("plan"),
}
_ENROLLMENTS = _OWN | {"id": _ENROLLMENT, "started_at": f"t.started_at - {_AGO}", "progress": _document("progress")}
_TOUCHES = _OWN | {
    "id": "md5(t.id::text || i)::uuid",
    "enrollment_id": _ENROLLMENT,
    "happened_at": f"t.happened_at - {_AGO} + (ascii(right(t.step_id, 1)) - 48) * interval '6 days'",
    "settled_at": f"t.settled_at - {_AGO} + (ascii(right(t.step_id, 1)) - 48) * interval '6 days'",
    "contact": "'lead' || i || '@example.com'",
    "provider_message_id": "'outbox-' || md5(t.id::text || i)",
}
_COMMANDS = _OWN | {
    "id": "md5('command' || i)::uuid",
    "created_at": f"t.created_at - {_AGO}",
    "told": _document("told"),
}
_TASKS = _OWN | {
    "enrollment_id": _ENROLLMENT,
    "owner": _OWNER,
    "escalated_to": "null",
    "created_at": f"t.created_at - {_AGO}",
}
_DONE_TASKS = _TASKS | {
    "id": "md5('done' || i)::uuid",
    "state": "'done'",
    "outcome": "'connected'",
    "closed_by": _OWNER,
    "due_at": f"t.due_at - {_AGO}",
    "closed_at": f"t.created_at - {_AGO} + interval '1 hour'",
}
_OPEN_TASKS = _TASKS | {
    "id": "md5('open' || i)::uuid",
    "due_at": "t.due_at + (i / 10 % 4000 - 1000) * interval '1 minute'",
}
_CONTACTS = _OWN | {"value": "'lead' || i || '@example.com'", "created_at": f"t.created_at - {_AGO}"}
_INQUIRIES = _OWN | {"asked_at": f"t.asked_at - {_AGO}"}


@dataclass(frozen=True, slots=True)
class _Copy:
    table: str
    values: Mapping[str, str]
    of_called: bool = False
    """From the lead that waits for a call, not from the one that got ten emails."""
    every: int = 1


_COPIES = (
    _Copy("leads", _LEADS),
    _Copy("contact_points", _CONTACTS),
    _Copy("inquiries", _INQUIRIES),
    _Copy("enrollments", _ENROLLMENTS),
    _Copy("touches", _TOUCHES),
    _Copy("commands", _COMMANDS),
    _Copy("tasks", _DONE_TASKS, of_called=True),
    _Copy("tasks", _OPEN_TASKS, of_called=True, every=_OPEN_EVERY),
)


def lead_number(number: int) -> UUID:
    """The id of a copied lead, from 1 on."""
    return UUID(hashlib.md5(f"lead{number}".encode(), usedforsecurity=False).hexdigest())


def _insert(copy: _Copy) -> str:
    """Copy a template's rows for the leads from :first to :last."""
    columns = [column.name for column in Base.metadata.tables[copy.table].columns if column.identity is None]
    expressions = [copy.values.get(name, f't."{name}"') for name in columns]
    named = ", ".join(f'"{name}"' for name in columns)
    template = f"t.{'id' if copy.table == 'leads' else 'lead_id'} = cast(cast(:lead as text) as uuid)"
    return (
        f"insert into {copy.table} ({named})\n"
        f"select {', '.join(expressions)}\n"
        f"from {copy.table} as t cross join generate_series(cast(:first as bigint), :last, {copy.every}) as i\n"
        f"where {template}"
    )


async def fill(engine: Installation, leads: int, options: Options) -> dict[str, Any]:
    """Fill the database with copies; its sizes.

    The worker and the web must run, for the leads that are copied.
    """
    foundation = engine.foundation
    await add_reps(foundation.people, foundation.clock())
    (emailed,) = await capture_untold(engine, "template", 1, BURST)
    async with engine.worker() as worker:
        await touch(engine, worker, [emailed], Load(1, TOUCHES, 500))
        (called,) = await first_leads(engine, 1)
        await _tasks_exist(engine, called)
    before = await _sizes(engine)
    for first in range(1, leads + 1, _CHUNK):
        last = min(first + _CHUNK - 1, leads)
        await copy_leads(foundation.engine, emailed, called, first, last)
        options.say(f"{last:,} of {leads:,} leads are in the database")
    async with foundation.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("vacuum analyze"))
    after = await _sizes(engine)
    counts = {name: await engine.scalar(f"select count(*) from {name}") for name in ("leads", "touches", "tasks")}
    sizes = {name: (after[name] - before.get(name, 0)) / leads for name in after}
    return {
        "rows": counts,
        "bytes_per_lead": round(sum(sizes.values())),
        "bytes_per_lead_by_table": {name: round(size) for name, size in sizes.items() if size >= 1},
    }


async def add_reps(people: People, now: datetime) -> None:
    """The colleagues who own the copied leads."""
    await people.add([Colleague(f"rep{number}", f"Rep Number{number}") for number in range(REPS)], now)


async def copy_leads(engine: AsyncEngine, emailed: UUID, called: UUID, first: int, last: int) -> None:
    """Copy the leads from number `first` to `last`, in one transaction.

    Args:
        emailed: the lead whose touches and all else is copied.
        called: the lead whose one task is copied, as done and as open.
    """
    async with engine.begin() as connection:
        await connection.execute(text("set local session_replication_role = replica"))  # what we insert is consistent
        for copy in _COPIES:
            lead = called if copy.of_called else emailed
            found = text("select enrollment_id from leads where id = :lead")
            enrollment = await connection.scalar(found, {"lead": lead})
            values = {"lead": str(lead), "enrollment": str(enrollment), "first": first, "last": last}
            statement = _insert(copy)
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            await connection.execute(text(statement), used)


async def _tasks_exist(engine: Installation, lead: UUID) -> None:
    async def created() -> bool:
        return bool(await engine.scalar("select count(*) from tasks where lead_id = :lead", lead=lead))

    await until(created, timedelta(seconds=30), "the call's task")


async def _sizes(engine: Installation) -> dict[str, int]:
    statement = "select relname, pg_total_relation_size(relid) as size from pg_statio_user_tables"
    async with engine.foundation.engine.connect() as connection:
        return {row.relname: int(row.size) for row in await connection.execute(text(statement))}
