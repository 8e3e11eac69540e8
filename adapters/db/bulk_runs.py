"""Bulk runs in the database: what is to be done to which leads, how far it has come, and what became of each lead.

A lead is marked as done in the transaction of its change, so that a crash leaves either both or neither, and nothing is
done twice however often a run is taken up again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    DateTime,
    Integer,
    Select,
    Uuid,
    bindparam,
    case,
    column,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.engine import statement_by_statement
from adapters.db.rows import BulkItemRow, BulkRunRow, ColleagueRow, LeadRow, table_of
from leads.model import Role

_RUNS, _ITEMS = table_of(BulkRunRow), table_of(BulkItemRow)
_LOCK_SPACE = 0x62756C6B
"""The advisory locks of whoever works a run off; the second key is the run's."""

_RUN = bindparam("run", type_=Uuid())
_WAITS = (
    _ITEMS.c.run_id == _RUN,
    _ITEMS.c.position == bindparam("at_position", type_=Integer()),
    _ITEMS.c.state == "waiting",
)
_NOW = bindparam("now", type_=DateTime(timezone=True))
_TAKE = (
    update(_ITEMS)
    .where(*_WAITS, exists().where(_RUNS.c.id == _RUN, _RUNS.c.stopped_at.is_(None)))
    .values(state="done", said=None, revision=bindparam("new_revision", type_=Integer()), at=_NOW)
)
_SETTLE = update(_ITEMS).where(*_WAITS).values(state=bindparam("new_state"), said=bindparam("words"), at=_NOW)
_FINISH = (
    update(_RUNS)
    .where(
        _RUNS.c.id == _RUN,
        _RUNS.c.finished_at.is_(None),
        _RUNS.c.stopped_at.is_(None),
        ~exists().where(_ITEMS.c.run_id == _RUN, _ITEMS.c.state == "waiting"),
    )
    .values(finished_at=_NOW)
)


ITSELF = "followthrough"
"""Who stopped a run whose author may not any more."""


class ItemState(StrEnum):
    """What became of a lead."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    """It makes no sense for the lead as it stood; nothing changed."""
    FAILED = "failed"
    """Something went wrong on our side; nothing changed, and it may be tried again."""


class NotWaiting(Exception):
    """The lead has its result already, or somebody stopped the run."""


class AuthorMayNot(Exception):
    """Whoever asked for the run works here no more, or must not do that any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRunView:
    """A run, and how far it has come."""

    id: UUID
    wish: dict[str, Any]
    chosen: str
    total: int
    by: str
    by_name: str
    via: str
    asked_at: datetime
    stopped_at: datetime | None
    stopped_by: str | None
    finished_at: datetime | None
    counts: Mapping[ItemState, int]

    @property
    def has_ended(self) -> bool:
        return self.finished_at is not None

    @property
    def is_stopped(self) -> bool:
        return self.stopped_at is not None and self.finished_at is None

    @property
    def has_lost_its_author(self) -> bool:
        """Whether it stopped by itself, since whoever asked for it may not any more."""
        return self.is_stopped and self.stopped_by == ITSELF

    @property
    def is_running(self) -> bool:
        return self.finished_at is None and self.stopped_at is None

    @property
    def settled(self) -> int:
        """How many leads have their result."""
        return sum(count for state, count in self.counts.items() if state is not ItemState.WAITING)

    @property
    def gone(self) -> int:
        """How many leads were erased since."""
        return self.total - sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkItemView:
    """A lead of a run."""

    position: int
    lead_id: UUID
    name: str | None
    company: str | None
    state: ItemState
    said: str | None
    at: datetime | None


class BulkRuns:
    """Keeps runs and the results of their leads."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._each = statement_by_statement(engine)

    async def begin(
        self,
        wish: Mapping[str, Any],
        lead_ids: Sequence[UUID],
        *,
        chosen: str,
        by: str,
        via: str,
        now: datetime,
        beside: Callable[[AsyncConnection, UUID, int], Awaitable[None]] | None = None,
    ) -> UUID:
        """Write down what is to be done to which leads, in this order; it begins by itself.

        Args:
            wish: what is to be done, as JSON.
            chosen: how the leads were chosen, in words; nothing private.
            beside: writes more in the same transaction: of which run, and for how many leads.
        """
        run_id = uuid4()
        every = func.unnest(literal(list(lead_ids), ARRAY(Uuid)))
        wanted = every.table_valued(column("lead_id", Uuid), with_ordinality="position", name="wanted").render_derived()
        there = (
            select(literal(run_id, Uuid), wanted.c.position, wanted.c.lead_id)
            .join(LeadRow, LeadRow.id == wanted.c.lead_id)
            .where(LeadRow.plan.is_not(None))
        )
        async with self._engine.begin() as connection:
            run = {"id": run_id, "wish": dict(wish), "chosen": chosen, "by": by, "via": via, "asked_at": now}
            await connection.execute(insert(_RUNS).values(run | {"total": 0}))
            written = await connection.execute(insert(_ITEMS).from_select(["run_id", "position", "lead_id"], there))
            await connection.execute(update(_RUNS).where(_RUNS.c.id == run_id).values(total=written.rowcount))
            if beside is not None:
                await beside(connection, run_id, written.rowcount)
        return run_id

    async def of(self, run_id: UUID) -> BulkRunView | None:
        """A run and how far it has come; None when there is none."""
        async with self._each.connect() as connection:
            return next(iter(await _views(connection, select(_RUNS).where(_RUNS.c.id == run_id))), None)

    async def recent(self, limit: int = 10) -> list[BulkRunView]:
        """The newest runs."""
        newest = select(_RUNS).order_by(_RUNS.c.asked_at.desc(), _RUNS.c.id).limit(limit)
        async with self._each.connect() as connection:
            return await _views(connection, newest)

    async def items(
        self, run_id: UUID, *, states: Collection[ItemState] = (), limit: int = 100, after: int = -1
    ) -> list[BulkItemView]:
        """Some leads of a run, in the order in which they were chosen.

        Args:
            states: only those in one of these states.
            after: only those behind this position.
        """
        wanted = (
            select(_ITEMS, LeadRow.name, LeadRow.company)
            .join(LeadRow, LeadRow.id == _ITEMS.c.lead_id)
            .where(_ITEMS.c.run_id == run_id, _ITEMS.c.position > after)
            .order_by(_ITEMS.c.position)
            .limit(limit)
        )
        if states:
            wanted = wanted.where(_ITEMS.c.state.in_(states))
        async with self._each.connect() as connection:
            found = (await connection.execute(wanted)).mappings().all()
        names = BulkItemView.__dataclass_fields__
        return [
            BulkItemView(**{name: row[name] for name in names} | {"state": ItemState(row["state"])}) for row in found
        ]

    async def unfinished(self) -> list[UUID]:
        """Runs that nobody stopped and that are not over, the oldest first."""
        wanted = select(_RUNS.c.id).where(_RUNS.c.finished_at.is_(None), _RUNS.c.stopped_at.is_(None))
        async with self._each.connect() as connection:
            return list((await connection.execute(wanted.order_by(_RUNS.c.asked_at, _RUNS.c.id))).scalars())

    @asynccontextmanager
    async def alone(self, run_id: UUID) -> AsyncIterator[bool]:
        """Keep other processes from the same run meanwhile; False: one is at it already.

        It ends with the process at the latest. It only saves work: a lead is changed once in any case.
        """
        key = int.from_bytes(run_id.bytes[:4], signed=True)
        async with self._each.connect() as connection:
            if not await connection.scalar(select(func.pg_try_advisory_lock(_LOCK_SPACE, key))):
                yield False
                return
            try:
                yield True
            finally:
                await connection.execute(select(func.pg_advisory_unlock(_LOCK_SPACE, key)))

    async def waiting(self, run_id: UUID, limit: int) -> list[tuple[int, UUID]]:
        """The next leads of a run that have no result yet, and their positions; none when it was stopped."""
        wanted = (
            select(_ITEMS.c.position, _ITEMS.c.lead_id)
            .join(_RUNS, _RUNS.c.id == _ITEMS.c.run_id)
            .where(_RUNS.c.id == run_id, _RUNS.c.stopped_at.is_(None), _ITEMS.c.state == ItemState.WAITING.value)
            .order_by(_ITEMS.c.position)
            .limit(limit)
        )
        async with self._each.connect() as connection:
            return [(position, lead_id) for position, lead_id in await connection.execute(wanted)]

    async def take(
        self, connection: AsyncConnection, run_id: UUID, position: int, revision: int, now: datetime
    ) -> None:
        """Mark a lead as done in the transaction of its change, before it is decided.

        Args:
            revision: of the decision that is about to be made.

        Raises:
            NotWaiting: it has its result, or the run was stopped; nothing may be changed then.
        """
        values = {"run": run_id, "at_position": position, "new_revision": revision, "now": now}
        if not (await connection.execute(_TAKE, values)).rowcount:
            raise NotWaiting

    async def require_author(self, connection: AsyncConnection, run_id: UUID, roles: Collection[Role] | None) -> None:
        """See, in the transaction of a lead's change, whether whoever asked for the run still may.

        Args:
            roles: who may do it through the run's door; None: whoever works here, and any token.

        Raises:
            AuthorMayNot: the author works here no more, or has another role by now.
        """
        asked = select(ColleagueRow.active, ColleagueRow.role).join(_RUNS, _RUNS.c.by == ColleagueRow.id)
        author = (await connection.execute(asked.where(_RUNS.c.id == run_id))).one_or_none()
        known = author is not None or roles is None
        if not known or (author and not (author.active and (roles is None or Role(author.role) in roles))):
            raise AuthorMayNot

    async def settle(self, run_id: UUID, position: int, state: ItemState, said: str, now: datetime) -> None:
        """Write down why a lead was not changed; one that has its result keeps it."""
        values = {"run": run_id, "at_position": position, "new_state": state.value, "words": said, "now": now}
        async with self._each.connect() as connection:
            await connection.execute(_SETTLE, values)

    async def finish(self, run_id: UUID, now: datetime) -> bool:
        """Close a run that has nothing left to do; False when something is left."""
        async with self._each.connect() as connection:
            return bool((await connection.execute(_FINISH, {"run": run_id, "now": now})).rowcount)

    async def stop(self, run_id: UUID, by: str, now: datetime) -> bool:
        """Let no further lead of a run be changed; False when it is over or stopped already."""
        running = (_RUNS.c.id == run_id, _RUNS.c.finished_at.is_(None), _RUNS.c.stopped_at.is_(None))
        async with self._each.connect() as connection:
            stopped = update(_RUNS).where(*running).values(stopped_at=now, stopped_by=by)
            return bool((await connection.execute(stopped)).rowcount)

    async def go_on(self, run_id: UUID, by: str, via: str) -> bool:
        """Take up a stopped run again; False when it is not stopped.

        Args:
            by: whose run it is from now on, where it had lost its author.
            via: the door that came through.
        """
        stopped = (_RUNS.c.id == run_id, _RUNS.c.finished_at.is_(None), _RUNS.c.stopped_at.is_not(None))
        lost = _RUNS.c.stopped_by == ITSELF
        whose = {"by": case((lost, by), else_=_RUNS.c.by), "via": case((lost, via), else_=_RUNS.c.via)}
        async with self._each.connect() as connection:
            taken_up = update(_RUNS).where(*stopped).values(stopped_at=None, stopped_by=None, **whose)
            return bool((await connection.execute(taken_up)).rowcount)

    async def retry_failed(self, run_id: UUID) -> int:
        """Let the leads that failed wait for another try; how many those are."""
        failed = (_ITEMS.c.run_id == run_id, _ITEMS.c.state == ItemState.FAILED.value)
        async with self._engine.begin() as connection:
            again = update(_ITEMS).where(*failed).values(state=ItemState.WAITING.value, said=None, at=None)
            count = (await connection.execute(again)).rowcount
            if count:
                opened = update(_RUNS).where(_RUNS.c.id == run_id)
                await connection.execute(opened.values(finished_at=None, stopped_at=None, stopped_by=None))
        return count


async def _views(connection: AsyncConnection, runs: Select[*tuple[Any, ...]]) -> list[BulkRunView]:
    by_name = func.coalesce(ColleagueRow.name, _RUNS.c.by).label("by_name")
    named = runs.add_columns(by_name).outerjoin_from(_RUNS, ColleagueRow, ColleagueRow.id == _RUNS.c.by)
    found = (await connection.execute(named)).mappings().all()
    counted = (
        select(_ITEMS.c.run_id, _ITEMS.c.state, func.count())
        .where(_ITEMS.c.run_id.in_([row["id"] for row in found]))
        .group_by(_ITEMS.c.run_id, _ITEMS.c.state)
    )
    counts: dict[UUID, dict[ItemState, int]] = {row["id"]: dict.fromkeys(ItemState, 0) for row in found}
    for run_id, state, count in await connection.execute(counted):
        counts[run_id][ItemState(state)] = count
    names = [name for name in BulkRunView.__dataclass_fields__ if name != "counts"]
    return [BulkRunView(**{name: row[name] for name in names}, counts=counts[row["id"]]) for row in found]


def _item(row: Mapping[Any, Any]) -> BulkItemView:
    values = {name: row[name] for name in BulkItemView.__dataclass_fields__}
    return BulkItemView(**{**values, "state": ItemState(row["state"])})
