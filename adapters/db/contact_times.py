"""When leads answer: counted from the ledger and what came in, kept by hour of the week, and remembered for minutes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    Select,
    String,
    Subquery,
    Uuid,
    cast,
    column,
    extract,
    func,
    literal,
    null,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.reports.snapshot import snapshot
from adapters.db.rows import ContactPointRow, ContactTimeRow, InboundMessageRow, LeadRow, TouchRow, table_of
from cadences.tasks import TALKED_TO
from leads.best_time import HOURS_A_WEEK, ContactTimes
from leads.model import Channel, Company, ContactKind
from leads.replies import InboundKind
from leads.sending import TouchState
from leads.zones import clock_of

LOOK_BACK = timedelta(days=730)
"""Habits change; what is older says nothing."""
NEWEST = 50_000
"""So many calls, and replies, tell enough of each hour of the week; the newest tell most of today's habits."""
REMEMBERED = timedelta(minutes=10)
"""So long a process goes by what it read."""
_ZONES_KNOWN = table("pg_timezone_names", column("name", String))
_TIMES = table_of(ContactTimeRow)
_READ = select(_TIMES).order_by(_TIMES.c.hour)
_ROWS_AT_ONCE = 200
"""Between so many rows the worker sees to its other work."""


class ContactTimesBook:
    """Counts when leads answer, and tells what was counted last."""

    def __init__(self, engine: AsyncEngine, company: Company) -> None:
        self._engine = engine
        self._company = company

    async def learn(self, now: datetime) -> ContactTimes:
        """Count the newest calls and replies anew, of the last two years."""
        happened = _happened(now - LOOK_BACK)
        async with snapshot(self._engine) as connection:
            clocks = await self._clocks_by_phone(connection, happened)
            rows = (await connection.execute(_by_hour(happened, clocks, self._company.zone))).all()
        found = {row.hour: row for row in rows}
        calls, connected, replies = (
            tuple(getattr(found.get(hour), what, 0) for hour in range(HOURS_A_WEEK))
            for what in ("calls", "connected", "replies")
        )
        times = ContactTimes(calls, connected, replies, learnt_at=now)
        async with self._engine.begin() as connection:
            await connection.execute(_WRITE, _values(times, now))
        return times

    async def learnt(self) -> ContactTimes:
        """What was counted last."""
        async with self._engine.connect() as connection:
            return await _read(connection)

    async def _clocks_by_phone(self, connection: AsyncConnection, happened: Subquery) -> dict[UUID, str]:
        """The clocks of leads of which only a phone number says where they live, which no SQL knows."""
        rows = await connection.stream(_phones(happened), execution_options={"yield_per": _ROWS_AT_ONCE})
        return {row.id: clock_of(None, row.phone, self._company).key async for row in rows}


class RememberedTimes:
    """What was counted last, read again once it is minutes old."""

    def __init__(self) -> None:
        self._times = ContactTimes()
        self._read_at: datetime | None = None

    async def get(self, connection: AsyncConnection, now: datetime) -> ContactTimes:
        """What was counted last, as this process knows it."""
        if self._read_at is None or not self._read_at <= now < self._read_at + REMEMBERED:
            self._times, self._read_at = await _read(connection), now
        return self._times


async def _read(connection: AsyncConnection) -> ContactTimes:
    rows = (await connection.execute(_READ)).all()
    if not rows:
        return ContactTimes()
    return ContactTimes(
        calls=tuple(row.calls for row in rows),
        connected=tuple(row.connected for row in rows),
        replies=tuple(row.replies for row in rows),
        learnt_at=rows[0].learnt_at,
    )


def _upsert() -> Any:
    new = postgresql.insert(_TIMES)
    changed = {name: new.excluded[name] for name in ("calls", "connected", "replies", "learnt_at")}
    return new.on_conflict_do_update(index_elements=[_TIMES.c.hour], set_=changed)


_WRITE = _upsert()


def _values(times: ContactTimes, now: datetime) -> list[dict[str, Any]]:
    counts = enumerate(zip(times.calls, times.connected, times.replies, strict=True))
    return [
        {"hour": hour, "calls": calls, "connected": connected, "replies": replies, "learnt_at": now}
        for hour, (calls, connected, replies) in counts
    ]


def _happened(since: datetime) -> Subquery:
    """The newest calls and replies, from their indexes alone."""
    calls, replies = (select(newest) for newest in (_calls(since), _replies(since)))
    return union_all(calls, replies).subquery("happened")


def _calls(since: datetime) -> Subquery:
    """Calls of the plan: of a personal touch only those are logged that came to something."""
    at = TouchRow.happened_at
    return (
        select(TouchRow.lead_id, at.label("at"), literal("call").label("what"), TouchRow.outcome)
        .where(
            TouchRow.channel == Channel.CALL.value,
            TouchRow.state == TouchState.MADE,
            ~TouchRow.personal,
            TouchRow.outcome.is_not(None),
            at > since,
        )
        .order_by(at.desc(), TouchRow.lead_id)
        .limit(NEWEST)
        .subquery("calls")
    )


def _replies(since: datetime) -> Subquery:
    at, lead_id = InboundMessageRow.received_at, InboundMessageRow.lead_id
    return (
        select(lead_id, at.label("at"), literal("reply").label("what"), cast(null(), String).label("outcome"))
        .where(InboundMessageRow.kind == InboundKind.REPLY, lead_id.is_not(None), at > since)
        .order_by(at.desc(), lead_id)
        .limit(NEWEST)
        .subquery("replies")
    )


def _phones(happened: Subquery) -> "Select[UUID, str]":
    """The number that says where a lead lives that has stated no zone."""
    newest_of = select(happened.c.lead_id)
    return (
        select(LeadRow.id, ContactPointRow.value.label("phone"))
        .ext(postgresql.distinct_on(LeadRow.id))
        .join(ContactPointRow, ContactPointRow.lead_id == LeadRow.id)
        .where(
            LeadRow.id.in_(newest_of),
            LeadRow.zone.is_(None),
            ContactPointRow.kind == ContactKind.PHONE.value,
            ContactPointRow.lost.is_(None),
            ContactPointRow.suppressed.is_(False),
        )
        .order_by(LeadRow.id, ContactPointRow.id)
    )


def _by_hour(happened: Subquery, clocks: Mapping[UUID, str], company_zone: str) -> Select[Any, Any, Any, Any]:
    """How calls and replies went in each hour of the week, each on its lead's own clock.

    Args:
        clocks: of leads that have stated no zone.
    """
    by_phone = (
        func.unnest(literal([*clocks], ARRAY(Uuid)), literal([*clocks.values()], ARRAY(String)))
        .table_valued(column("lead_id", Uuid), column("zone", String), name="by_phone")
        .render_derived()
    )
    # PostgreSQL may have older data than we, and refuses a zone that it does not know: the company's then does.
    known = select(_ZONES_KNOWN.c.name).cte("known").prefix_with("materialized")
    local = func.timezone(func.coalesce(known.c.name, company_zone), happened.c.at)
    on_its_clock = (
        select(((extract("isodow", local) - 1) * 24 + extract("hour", local)).label("hour"), happened)
        .join(LeadRow, LeadRow.id == happened.c.lead_id)
        .outerjoin(by_phone, by_phone.c.lead_id == LeadRow.id)
        .outerjoin(known, known.c.name == func.coalesce(LeadRow.zone, by_phone.c.zone))
        .subquery("on_its_clock")
    )
    hour, is_call = cast(on_its_clock.c.hour, Integer), on_its_clock.c.what == "call"
    return select(
        hour.label("hour"),
        func.count().filter(is_call).label("calls"),
        func.count().filter(is_call, on_its_clock.c.outcome.in_(TALKED_TO)).label("connected"),
        func.count().filter(~is_call).label("replies"),
    ).group_by(hour)
