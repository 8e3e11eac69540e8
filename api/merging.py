"""Two leads found to be one person: merged in one transaction, and both workflows told after its commit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.cases import LeadMerged, UnknownLead
from adapters.db.merging import MergeDone
from api.commands import CommandDone, command_done
from api.problems import ValueRefused
from api.services import Services
from api.telling import tell
from api.writes import Caller, Writes, watched_commit
from cadences.refusals import CommandRefused

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadsMerged:
    """The answer to a merge."""

    lead: CommandDone
    """How the kept lead stands now."""
    merged: UUID
    """The id that stands for the kept lead from now on."""
    changed: bool
    """False: they were one already."""
    why: list[str]
    """What goes on, what ended, and why."""


_MERGED: TypeAdapter[LeadsMerged] = TypeAdapter(LeadsMerged)


class LeadMerging:
    """Merges leads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._writes = Writes(services)

    async def merge(
        self, keep_id: UUID, other_id: UUID, caller: Caller, by: str | None, *, rehearse: bool = False
    ) -> LeadsMerged:
        """Make one lead of two.

        Args:
            by: the colleague who found out; the caller's own name when left out.
            rehearse: only say what would come of it.

        Raises:
            UnknownLead: there is no lead to keep.
            LeadMerged: the lead to keep lives on in another.
            ValueRefused: there is no other lead.
            CommandRefused: the other lead lives on in a third one.
        """
        services, write, now = self._services, caller.write, self._services.clock()
        keys, who = services.idempotency, by or caller.token.name
        if keep_id == other_id:
            raise ValueRefused("other", "that is this very lead; name the other one")
        if write is not None:
            await keys.begin(write, now)

        async def claim(connection: AsyncConnection) -> None:
            if write is not None:
                await keys.claim(connection, write, now)

        async def keep(connection: AsyncConnection, done: MergeDone) -> None:
            if write is not None:
                await keys.keep(connection, write, 200, _body(_answer(done, other_id, now=now, told=False)))
            commit.begun = True

        try:
            if by is not None:
                await self._writes.require_colleague("by", by)
            async with watched_commit() as commit:
                done = await services.merges.merge(
                    keep_id, other_id, who, now, rehearse=rehearse, first=claim, last=keep
                )
        except (UnknownLead, ValueRefused) as refused:
            await self._writes.let_go(write)
            raise _about_other(refused, other_id) from refused
        if rehearse or done.merged is None:
            return _answer(done, other_id, now=now, told=False)
        log.info("leads merged", lead_id=str(keep_id), merged=str(other_id), by=who, revision=done.plan.revision)
        told = await tell(services.delivery.deliver, keep_id)
        answer = _answer(done, other_id, now=now, told=told)
        if told:
            await self._writes.keep_anew(write, 200, _body(answer), now)
        return answer


def _about_other(refused: Exception, other_id: UUID) -> Exception:
    """What is wrong with the other lead, as a mistake in the field that names it."""
    match refused:
        case LeadMerged(lead_id=lead_id, into=into) if lead_id == other_id:
            return CommandRefused("other", f"that lead was merged into lead {into}; merge that one")
        case UnknownLead() if str(refused) == str(other_id):
            return ValueRefused("other", "there is no such lead")
    return refused


def _answer(done: MergeDone, other_id: UUID, *, now: datetime, told: bool) -> LeadsMerged:
    return LeadsMerged(
        lead=command_done(done.opened.case, done.plan, now, told=told),
        merged=other_id,
        changed=done.merged is not None,
        why=list(done.merged.why) if done.merged is not None else [],
    )


def _body(answer: LeadsMerged) -> dict[str, Any]:
    body: dict[str, Any] = _MERGED.dump_python(answer, mode="json")
    return body
