"""What callers change of a lead: done at most once per idempotency key, under its row lock, with an audit entry."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.access import RepeatableWrite, Token
from adapters.db.audit_log import Change, write_audit
from adapters.db.cadences import UnknownCadence
from adapters.db.cases import OpenCase, UnknownLead
from adapters.db.engine import is_trouble
from api.changes import standing, what_differs
from api.problems import PerhapsStored, ValueRefused
from api.services import Services
from cadences.refusals import CommandRefused
from leads.capture import CaptureRefused

KEEP_WITHIN = timedelta(seconds=2)
"""So long a caller waits for its answer to be kept anew with what the workflow heard."""
REFUSALS = (CommandRefused, ValueRefused, CaptureRefused, UnknownLead, UnknownCadence)
"""Nothing was done: the caller may correct what it sent, and send it again under the same key."""
_NOBODYS = UUID(int=0)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and under which key."""

    token: Token
    write: RepeatableWrite | None = None
    via: str = "rest"
    """The door, for the audit log."""
    session_id: UUID | None = None
    """Of the console."""

    @property
    def is_at_a_page(self) -> bool:
        """Whether a person sits at a page and waits, and not a program."""
        return self.session_id is not None


def ourselves(name: str) -> Caller:
    """Somebody at this installation's own doors and command line, who needs no token."""
    return Caller(Token(_NOBODYS, name), via="command line")


@dataclass(slots=True)
class Commit:
    """How far a transaction has come."""

    begun: bool = False
    """All is written; what is left is the commit."""


@asynccontextmanager
async def watched_commit() -> AsyncIterator[Commit]:
    """Tell trouble during a commit, after which nobody knows, from trouble before it, when nothing was stored."""
    commit = Commit()
    try:
        yield commit
    except Exception as error:
        if commit.begun and is_trouble(error):
            raise PerhapsStored from error
        raise


@dataclass(slots=True)
class OpenLead:
    """A lead in an open transaction, for one caller's change."""

    file: OpenCase
    who: str
    """Who changes it: a colleague's id, or the token's name."""
    now: datetime
    _caller: Caller
    _services: Services
    _commit: Commit
    _before: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self._before = standing(self.file.case)

    async def done(self, action: str, body: Mapping[str, Any]) -> None:
        """Write down what was done, and the answer to it; nothing may be written after this.

        Args:
            action: what the audit log calls it.
            body: the answer.
        """
        was, became = what_differs(self._before, standing(self.file.case))
        change = Change(
            by=self.who,
            via=self._caller.via,
            session_id=self._caller.session_id,
            action=action,
            lead_id=self.file.case.lead.id,
            before=was,
            after=became,
        )
        write = self._caller.write

        async def keep(connection: AsyncConnection) -> None:
            await write_audit(connection, change, self.now)
            if write is not None:
                await self._services.idempotency.keep(connection, write, 200, body)

        await self.file.beside(keep)
        self._commit.begun = True


class Writes:
    """Opens leads for callers' changes."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @asynccontextmanager
    async def open(
        self,
        lead_id: UUID,
        caller: Caller,
        by: str | None,
        *,
        contacts: Sequence[str] = (),
        colleagues: Mapping[str, str] | None = None,
    ) -> AsyncIterator[OpenLead]:
        """The lead, under its row lock; the transaction commits when the block ends well.

        Args:
            by: the colleague who changes it; the caller's own name when left out.
            contacts: contact points that are to be added.
            colleagues: who is named by which field, and must exist.

        Raises:
            AlreadyAnswered: it was done before under the caller's key.
            UnknownLead: there is no such lead.
            LeadMerged: it lives on in another.
        """
        services, write, now = self._services, caller.write, self._services.clock()
        keys = services.idempotency
        if write is not None:
            await keys.begin(write, now)
        try:
            named = {**(colleagues or {}), **({"by": by} if by is not None else {})}
            for field_name, colleague in named.items():
                await self.require_colleague(field_name, colleague)
            opening = services.cases.open(lead_id, now, contacts=contacts, follow=False)
            async with watched_commit() as commit, opening as file:
                if write is not None:
                    await file.beside(lambda connection: keys.claim(connection, write, now))
                yield OpenLead(file, by or caller.token.name, now, caller, services, commit)
        except REFUSALS:
            await self.let_go(write)
            raise

    async def require_colleague(self, field_name: str, colleague: str) -> None:
        """
        Raises:
            ValueRefused: nobody of this id works here.
        """
        if not await self._services.reading.is_colleague(colleague):
            raise ValueRefused(field_name, f"there is no active colleague {colleague!r}")

    async def keep_anew(self, write: RepeatableWrite | None, status: int, body: dict[str, Any], now: datetime) -> None:
        """Keep what the caller is told now; what fails here leaves the answer that committed with the work."""
        if write is None:
            return
        try:
            async with asyncio.timeout(KEEP_WITHIN.total_seconds()):
                await self._services.idempotency.finish(write, status, body, now)
        except Exception as error:
            log.warning("an answer was not kept anew", error=type(error).__name__)

    async def let_go(self, write: RepeatableWrite | None) -> None:
        """Free the caller's key, since nothing was done under it."""
        if write is not None:
            await self._services.idempotency.let_go(write)
