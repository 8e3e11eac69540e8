"""What a page works with: who is signed in, what there is to work with, and the one way to make a change.

The browser is never believed: at every change the session is read anew, and role and ownership are asked on the server.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from adapters.db.access import Token
from adapters.db.audit_log import Change, Outcome
from adapters.db.sessions import Person
from api.commands import LeadCommands
from api.console.live import Live
from api.console.permissions import VIA, WRITTEN_WITH_THE_CHANGE, Action, may_do, sees_all_leads
from api.console.refusals import NotAllowed as NotAllowed
from api.console.refusals import SignedOut as SignedOut
from api.console.unsaid import Drafts
from api.services import Services
from api.writes import Caller

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(slots=True)
class Desk:
    """A page's view of the house, for one person."""

    services: Services
    person: Person
    """As of the last time the database was asked."""
    live: Live
    """Tells open pages of what happened elsewhere."""
    drafts: Drafts = field(default_factory=Drafts)
    """What was begun to be written on any page."""

    @property
    def commands(self) -> LeadCommands:
        """What carries out commands to leads."""
        return LeadCommands(self.services)

    @property
    def zone(self) -> ZoneInfo:
        """The clock by which the person reads times."""
        return ZoneInfo(self.person.zone or self.services.company.zone)

    @property
    def sees_all(self) -> bool:
        """Whether the person sees every lead."""
        return sees_all_leads(self.person.role)

    async def still_here(self) -> Person:
        """Who is signed in, asked anew.

        Raises:
            SignedOut: nobody is, any more.
        """
        person = await self.services.sessions.still(self.person.session_id, self.services.clock())
        if person is None:
            raise SignedOut
        self.person = person
        return person

    async def require_lead(self, lead_id: UUID) -> None:
        """Let only those go on whose business a lead is.

        Raises:
            NotAllowed: it is somebody else's, or there is none.
        """
        if self.sees_all:
            return
        if not await self.services.ownership.concerns(lead_id, self.person.id):
            raise NotAllowed("This lead is not one of yours. Its owner or a manager can reassign it to you.")

    async def require(self, action: Action) -> Person:
        """Let only those go on who may make a change; who that is, asked anew.

        Raises:
            SignedOut: the session is over.
            NotAllowed: it is not for this person to do.
        """
        person = await self.still_here()
        if not may_do(person.role, action):
            log.warning("an action was refused", by=person.id, action=action.value)
            raise NotAllowed(f"As {person.role.value} you can't do this. Ask an admin if you should.")
        return person

    async def do(
        self,
        action: Action,
        work: Callable[[Caller], Awaitable[T]],
        *,
        lead_id: UUID | None = None,
        subject: str | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        became: Callable[[T], Mapping[str, Any]] | None = None,
        about: Callable[[T], UUID] | None = None,
    ) -> T:
        """Make a change, if this person may, and write down who did what.

        Args:
            action: what it is.
            work: does it; it gets the caller that commands are given with.
            lead_id: the lead it is about; only those whose business it is may go on.
            subject: what it is about if that is no lead: an id or a name of ours, no private data.
            before: how things stand; codes and ids only.
            after: how they are to stand.
            became: how they stand then, told from what the work returns.
            about: the lead it is about, told from what the work returns, where nobody knows it before.

        Raises:
            SignedOut: the session is over.
            NotAllowed: it is not for this person to do.
        """
        person = await self.require(action)
        if lead_id is not None:
            await self.require_lead(lead_id)
        caller = Caller(Token(person.session_id, person.id), via=VIA, session_id=person.session_id)
        if action in WRITTEN_WITH_THE_CHANGE:
            return await work(caller)
        log_, change = self.services.audit_log, self._change(action, lead_id, subject, before, after)
        entry = await log_.begin(change, self.services.clock())
        try:
            done = await work(caller)
        except Exception:
            await log_.finish(entry, Outcome.REFUSED)
            raise
        now_so, lead = became(done) if became is not None else None, about(done) if about is not None else None
        await log_.finish(entry, Outcome.DONE, now_so, lead_id=lead)
        return done

    def _change(
        self,
        action: Action,
        lead_id: UUID | None,
        subject: str | None,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
    ) -> Change:
        return Change(
            by=self.person.id,
            via=VIA,
            session_id=self.person.session_id,
            action=action.value,
            lead_id=lead_id,
            subject=subject,
            before=before,
            after=after,
            outcome=Outcome.BEGUN,
        )
