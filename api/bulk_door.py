"""Bulk runs for who is at no page: programs over REST, and people at the command line."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.audit_log import Change, write_audit
from adapters.db.bulk_runs import BulkRunView
from adapters.db.leads_in_flight import MOST_CHOSEN, LeadFilter
from api.bulk import BulkCommands, Rehearsed
from api.bulk_wishes import Wish
from api.problems import UnknownBulkRun, ValueRefused
from api.services import Services
from api.writes import REFUSALS, Caller, Writes, watched_commit

SHOWN = 1_000
"""So many leads of a rehearsal are named, the first ones."""
ACCEPTED = 202
_RUN, _STOP = "run_bulk", "stop_bulk"
"""What the audit log calls it, whichever door it came through."""


@dataclass(frozen=True, slots=True)
class BulkBegun:
    """A run that has begun; what becomes of each lead is told by asking for it."""

    run: UUID
    """Its id."""
    leads: int
    """How many leads it is for; an id that is no lead's is not counted."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """Leads that would not be changed for the same reason."""

    why: str
    leads: int


@dataclass(frozen=True, slots=True)
class BulkRehearsal:
    """What would become of some leads; nothing of it was stored."""

    leads: int
    would_change: int
    refusals: list[Refusals]
    """The most frequent first."""
    items: list[Rehearsed]
    """The first thousand leads."""


_BEGUN: TypeAdapter[BulkBegun] = TypeAdapter(BulkBegun)


class BulkDoor:
    """Takes what callers want for many leads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._bulk = BulkCommands(services)
        self._writes = Writes(services)

    async def chosen(self, wanted: LeadFilter) -> list[UUID]:
        """The leads that match now; what matches later is not chosen.

        Raises:
            ValueRefused: they are more than one run may have.
        """
        found = await self._services.in_flight.chosen(wanted, self._services.clock())
        if len(found) > MOST_CHOSEN:
            raise ValueRefused("leads", f"more than {MOST_CHOSEN:,} leads match; narrow the conditions")
        return found

    async def rehearse(
        self,
        wish: Wish,
        lead_ids: Sequence[UUID],
        caller: Caller,
        by: str | None,
        progress: Callable[[int], object] = lambda _: None,
    ) -> BulkRehearsal:
        """What would become of each lead, decided as it would be, with nothing stored.

        Raises:
            ValueRefused: it could not be done to any lead.
        """
        await self._require(by)
        found = await self._bulk.rehearse(wish, lead_ids, by or caller.token.name, progress)
        refused = Counter(one.refused for one in found if one.refused is not None)
        refusals = [Refusals(why, count) for why, count in refused.most_common()]
        return BulkRehearsal(len(found), len(found) - refused.total(), refusals, found[:SHOWN])

    async def begin(
        self, wish: Wish, lead_ids: Sequence[UUID], *, chosen: str, caller: Caller, by: str | None
    ) -> BulkBegun:
        """Have it done to these leads, by whichever process works runs off.

        Args:
            chosen: how they were chosen, in words; nothing private.
            by: the colleague who wants it; the caller's own name when left out.

        Raises:
            ValueRefused: it could not be done to any lead.
        """
        services, write, now = self._services, caller.write, self._services.clock()
        who, begun = by or caller.token.name, list[BulkBegun]()
        if write is not None:
            await services.idempotency.begin(write, now)

        async def beside(connection: AsyncConnection, run_id: UUID, leads: int) -> None:
            if not leads:
                raise ValueRefused("leads", "none of these ids is a lead's")
            begun.append(BulkBegun(run_id, leads))
            became = {"run": str(run_id), "kind": wish.kind, "leads": leads}
            await write_audit(connection, _change(caller, who, _RUN, wish.kind, became), now)
            if write is not None:
                await services.idempotency.claim(connection, write, now)
                await services.idempotency.keep(connection, write, ACCEPTED, _BEGUN.dump_python(begun[0], mode="json"))
            commit.begun = True

        try:
            await self._require(by)
            async with watched_commit() as commit:
                await self._bulk.begin(wish, lead_ids, chosen=chosen, by=who, via=caller.via, beside=beside)
        except REFUSALS:
            await self._writes.let_go(write)
            raise
        return begun[0]

    async def run(self, run_id: UUID) -> BulkRunView:
        """A run, and how far it has come.

        Raises:
            UnknownBulkRun: there is none.
        """
        run = await self._services.bulk_runs.of(run_id)
        if run is None:
            raise UnknownBulkRun(run_id)
        return run

    async def stop(self, run_id: UUID, caller: Caller, by: str | None) -> BulkRunView:
        """Let no further lead be changed; one that is over, or stopped already, stays as it is.

        Raises:
            UnknownBulkRun: there is none.
        """
        who, runs = by or caller.token.name, self._services.bulk_runs
        return await self._steer(run_id, caller, by, _STOP, lambda now: runs.stop(run_id, who, now))

    async def go_on(self, run_id: UUID, caller: Caller, by: str | None) -> BulkRunView:
        """Do the rest of a run that was stopped; one that was not stays as it is.

        Raises:
            UnknownBulkRun: there is none.
        """
        who, runs = by or caller.token.name, self._services.bulk_runs
        return await self._steer(run_id, caller, by, _RUN, lambda _: runs.go_on(run_id, who, caller.via))

    async def retry(self, run_id: UUID, caller: Caller, by: str | None) -> BulkRunView:
        """Try the leads again that failed; what was refused stays refused.

        Raises:
            UnknownBulkRun: there is none.
        """
        return await self._steer(run_id, caller, by, _RUN, lambda _: self._services.bulk_runs.retry_failed(run_id))

    async def _steer(
        self, run_id: UUID, caller: Caller, by: str | None, action: str, work: Callable[[datetime], Awaitable[object]]
    ) -> BulkRunView:
        await self._require(by)
        await self.run(run_id)
        now = self._services.clock()
        if await work(now):
            who = by or caller.token.name
            await self._services.audit_log.begin(_change(caller, who, action, str(run_id)), now)
        return await self.run(run_id)

    async def _require(self, by: str | None) -> None:
        if by is not None:
            await self._writes.require_colleague("by", by)


def _change(caller: Caller, who: str, action: str, subject: str, after: dict[str, Any] | None = None) -> Change:
    return Change(by=who, via=caller.via, action=action, subject=subject, after=after)
