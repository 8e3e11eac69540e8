"""One change to many leads: rehearsed first, then carried out lead by lead, with a result for each.

Each lead is a transaction of its own, and its result is part of it. So a run may be stopped between any two leads, cut
off by a crash, or taken up by another process: what is done stays done, is never done again, and the rest is left. It
stops by itself when whoever asked for it must not do that any more; who lets it go on asks for the rest.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.access import Token
from adapters.db.bulk_runs import ITSELF, AuthorMayNot, BulkRunView, ItemState, NotWaiting
from adapters.db.cadences import UnknownCadence
from adapters.db.cases import LeadMerged, OpenCase, UnknownLead
from adapters.db.engine import is_trouble
from adapters.db.leads_in_flight import MOST_CHOSEN
from api.bulk_wishes import WISH, GoOn, SwitchCadence, Wish
from api.changes import standing, what_differs
from api.commands import LeadCommands
from api.console.permissions import MAY_DO, VIA, Action
from api.lead_changes import Decision, LeadChange
from api.problems import PerhapsStored, ValueRefused
from api.services import Services
from api.writes import Caller, Writes
from cadences.refusals import CommandRefused
from leads.capture import CaptureRefused

AT_ONCE = 4
"""So many leads at most are changed at the same moment by one process, so that everybody else's work goes on."""
_BATCH = 50
_LOOKS_EVERY = timedelta(seconds=1)
"""How often a process looks for runs that nobody works off."""
_RESTS_FOR = timedelta(seconds=5)
"""So long a process waits when the database is in trouble."""
_REFUSALS = (CommandRefused, ValueRefused, CaptureRefused)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would become of one lead."""

    lead_id: UUID
    refused: str | None
    """Why it would not be changed."""
    before: Mapping[str, Any] = field(default_factory=dict)
    """What is different now, in codes and ids."""
    after: Mapping[str, Any] = field(default_factory=dict)


class BulkCommands:
    """Does one thing to many leads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._commands = LeadCommands(services)
        self._writes = Writes(services)
        self._some = asyncio.Semaphore(AT_ONCE)

    async def rehearse(
        self, wish: Wish, lead_ids: Sequence[UUID], by: str, progress: Callable[[int], object] = lambda _: None
    ) -> list[Rehearsed]:
        """What would become of each lead, decided as it would be, with nothing stored.

        Args:
            by: who asks.
            progress: called with how many were looked at.

        Raises:
            ValueRefused: it could not be done to any lead.
        """
        change = await self._sound(wish, lead_ids)
        found: dict[UUID, Rehearsed] = {}

        async def one(lead_id: UUID) -> None:
            async with self._some:
                found[lead_id] = await self._rehearse(change, lead_id, by)
            progress(len(found))

        for start in range(0, len(lead_ids), _BATCH):
            async with asyncio.TaskGroup() as group:
                for lead_id in lead_ids[start : start + _BATCH]:
                    group.create_task(one(lead_id))
        return [found[lead_id] for lead_id in lead_ids]

    async def begin(
        self,
        wish: Wish | GoOn,
        lead_ids: Sequence[UUID],
        *,
        chosen: str,
        by: str,
        via: str,
        beside: Callable[[AsyncConnection, UUID, int], Awaitable[None]] | None = None,
    ) -> UUID:
        """Have it done to these leads, whoever looks on; the run's id.

        Args:
            chosen: how they were chosen, in words; nothing private.
            by: who asks.
            via: the door it came through.
            beside: writes more in the same transaction: of which run, and for how many leads.

        Raises:
            ValueRefused: it could not be done to any lead.
        """
        await self._sound(wish, lead_ids)
        now, asked = self._services.clock(), WISH.dump_python(wish, mode="json")
        run_id = await self._services.bulk_runs.begin(
            asked, lead_ids, chosen=chosen, by=by, via=via, now=now, beside=beside
        )
        log.info("a bulk run begins", run=str(run_id), kind=wish.kind, leads=len(lead_ids))
        return run_id

    async def work_off(self, run_id: UUID, progress: Callable[[], object] = lambda: None) -> None:
        """Change lead after lead until none is left, or somebody stops it; does nothing where another is at it.

        Args:
            progress: called after each lead.
        """
        runs = self._services.bulk_runs
        async with runs.alone(run_id) as alone:
            run = await runs.of(run_id) if alone else None
            if run is None:
                return
            apart = WISH.validate_python(run.wish).apart.total_seconds()
            while batch := await runs.waiting(run_id, _BATCH):
                async with asyncio.TaskGroup() as group:
                    for position, lead_id in batch:
                        group.create_task(self._item(run, position, lead_id, progress))
                        await asyncio.sleep(apart)
            if await runs.finish(run_id, self._services.clock()):
                log.info("a bulk run is over", run=str(run_id))

    async def _sound(self, wish: Wish | GoOn, lead_ids: Sequence[UUID]) -> LeadChange:
        """The change, if it could be made to any lead at all."""
        if not lead_ids:
            raise ValueRefused("leads", "no lead is chosen")
        if len(lead_ids) > MOST_CHOSEN:
            raise ValueRefused("leads", f"more than {MOST_CHOSEN:,} leads are chosen; narrow the filter")
        change = wish.change()
        if isinstance(wish, SwitchCadence) and wish.cadence not in await self._services.shelf.names():
            raise ValueRefused("cadence", f"no cadence {wish.cadence!r} was published")
        for name, colleague in change.colleagues.items():
            await self._writes.require_colleague(name, colleague)
        return change

    async def _rehearse(self, change: LeadChange, lead_id: UUID, by: str) -> Rehearsed:
        now = self._services.clock()
        try:
            async with self._services.cases.open(lead_id, now, follow=False) as file:
                decision = await change.decide(file, by, now)
                before, after = what_differs(standing(file.case), standing(decision.case))
        except (*_REFUSALS, UnknownLead, UnknownCadence) as refused:
            return Rehearsed(lead_id, reason_of(refused))
        return Rehearsed(lead_id, None, before, after)

    async def _item(self, run: BulkRunView, position: int, lead_id: UUID, progress: Callable[[], object]) -> None:
        async with self._some:
            try:
                await self._change(run, position, lead_id)
            except NotWaiting:
                return
            except AuthorMayNot:
                if await self._services.bulk_runs.stop(run.id, ITSELF, self._services.clock()):
                    log.warning("a bulk run stops, since its author may not any more", run=str(run.id), by=run.by)
                return
            except (*_REFUSALS, UnknownLead, UnknownCadence) as refused:
                await self._settle(run.id, position, ItemState.REFUSED, reason_of(refused))
            except Exception as failed:
                # Whatever is wrong with one lead must not keep the others from being changed. If it was the database,
                # writing this down fails as well, and the run rests. What committed all the same keeps its result.
                log.warning("a lead of a bulk run failed", lead_id=str(lead_id), error=type(failed).__name__)
                await self._settle(run.id, position, ItemState.FAILED, _failure(failed))
        progress()

    async def _change(self, run: BulkRunView, position: int, lead_id: UUID) -> None:
        roles = MAY_DO[Action.RUN_BULK] if run.via == VIA else None
        change, by = WISH.validate_python(run.wish).change(), Caller(Token(run.id, run.by), via=run.via)

        async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
            async def take(connection: AsyncConnection) -> None:
                await self._services.bulk_runs.require_author(connection, run.id, roles)
                await self._services.bulk_runs.take(connection, run.id, position, file.revision + 1, now)

            await file.beside(take)
            return await change.decide(file, who, now)

        taking = replace(change, decide=decide)
        try:
            await self._commands.change(lead_id, by, None, taking)
        except LeadMerged as merged:  # since it was chosen
            await self._commands.change(merged.into, by, None, taking)

    async def _settle(self, run_id: UUID, position: int, state: ItemState, said: str) -> None:
        await self._services.bulk_runs.settle(run_id, position, state, said, self._services.clock())


@asynccontextmanager
async def bulk_at_work(services: Services) -> AsyncIterator[None]:
    """Work off, in the background, whatever run is not over: new ones, and those that a crash left."""
    working = asyncio.create_task(_work_for_ever(services))
    try:
        yield
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def _work_for_ever(services: Services) -> None:
    bulk = BulkCommands(services)
    begun: dict[UUID, asyncio.Task[None]] = {}
    async with asyncio.TaskGroup() as group:
        while True:
            try:
                unfinished = await services.bulk_runs.unfinished()
            except Exception as trouble:
                if not is_trouble(trouble):
                    raise
                unfinished = []
            for run_id in unfinished:
                if run_id not in begun or begun[run_id].done():
                    begun[run_id] = group.create_task(_work_off(bulk, run_id))
            begun = {run_id: task for run_id, task in begun.items() if not task.done()}
            await asyncio.sleep(_LOOKS_EVERY.total_seconds())


async def _work_off(bulk: BulkCommands, run_id: UUID) -> None:
    """One run, as far as it comes; what goes wrong is tried again after a rest."""
    try:
        await bulk.work_off(run_id)
    except Exception as trouble:
        log.warning("a bulk run rests", run=str(run_id), error=type(trouble).__name__)
        await asyncio.sleep(_RESTS_FOR.total_seconds())


def reason_of(refused: Exception) -> str:
    """Why a lead is not changed, as a sentence."""
    match refused:
        case CommandRefused() | ValueRefused() | CaptureRefused():
            text = refused.message
        case LeadMerged():
            text = "it was merged into another lead"
        case UnknownCadence():
            text = f"no cadence {str(refused)!r} was published"
        case _:
            text = "there is no such lead any more"
    return f"{text[:1].upper()}{text[1:]}."


def _failure(failed: Exception) -> str:
    """What went wrong, without a word that may be private."""
    if isinstance(failed, PerhapsStored) or is_trouble(failed):
        return "The database was in trouble."
    return f"Something went wrong on our side ({type(failed).__name__})."
