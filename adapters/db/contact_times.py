"""When leads answer: counted from the ledger and what came in, kept by hour of the week, and remembered for minutes."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, literal, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.rows import ContactPointRow, ContactTimeRow, InboundMessageRow, LeadRow, TouchRow, table_of
from cadences.case import TALKED_TO
from leads.best_time import HOURS_A_WEEK, ContactTimes, hour_of_week
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
        since = now - LOOK_BACK
        async with self._engine.connect() as connection:
            calls = await self._hours(connection, _calls(since))
            replies = await self._hours(connection, _replies(since))
        times = ContactTimes(
            calls=_by_hour(calls, True, False),
            connected=_by_hour(calls, True),
            replies=_by_hour(replies, True),
            learnt_at=now,
        )
        async with self._engine.begin() as connection:
            await connection.execute(_WRITE, _values(times, now))
        return times

    async def learnt(self) -> ContactTimes:
        """What was counted last."""
        async with self._engine.connect() as connection:
            return await _read(connection)

    async def _hours(self, connection: AsyncConnection, query: Select[Any]) -> Counter[tuple[int, bool]]:
        """How often something happened in each hour of the week, on each lead's own clock, and whether it went well.

        A lead's clock may follow from its phone number, which no SQL knows.
        """
        found: Counter[tuple[int, bool]] = Counter()
        rows = await connection.stream(query, execution_options={"yield_per": _ROWS_AT_ONCE})
        async for row in rows:
            zone = clock_of(row.zone, row.phone, self._company)
            found[hour_of_week(row.at, zone), row.well] += 1
        return found


def _by_hour(found: Counter[tuple[int, bool]], *wanted: bool) -> tuple[int, ...]:
    return tuple(sum(found[hour, well] for well in wanted) for hour in range(HOURS_A_WEEK))


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


def _calls(since: datetime) -> Select[Any]:
    """Calls of the plan: of a personal touch only those are logged that came to something."""
    well, at = TouchRow.outcome.in_(TALKED_TO), TouchRow.happened_at
    made = select(TouchRow.lead_id, at.label("at"), well.label("well")).where(
        TouchRow.channel == Channel.CALL.value,
        TouchRow.state == TouchState.MADE,
        TouchRow.personal.is_(False),
        TouchRow.outcome.is_not(None),
        at > since,
    )
    return _with_clock(made.order_by(at.desc()))


def _replies(since: datetime) -> Select[Any]:
    at = InboundMessageRow.received_at
    written = select(InboundMessageRow.lead_id, at.label("at"), literal(True).label("well")).where(
        InboundMessageRow.kind == InboundKind.REPLY, InboundMessageRow.lead_id.is_not(None), at > since
    )
    return _with_clock(written.order_by(at.desc()))


def _with_clock(happened: Any) -> Select[Any]:
    """The newest of what happened to leads, beside what each lead's clock follows from."""
    newest = happened.limit(NEWEST).subquery()
    phone = (
        select(ContactPointRow.value)
        .where(
            ContactPointRow.lead_id == LeadRow.id,
            ContactPointRow.kind == ContactKind.PHONE.value,
            ContactPointRow.lost.is_(None),
            ContactPointRow.suppressed.is_(False),
        )
        .order_by(ContactPointRow.id)
        .limit(1)
        .scalar_subquery()
    )
    needed = case((LeadRow.zone.is_(None), phone))
    return select(newest.c.at, newest.c.well, LeadRow.zone, needed.label("phone")).join(
        LeadRow, LeadRow.id == newest.c.lead_id
    )
