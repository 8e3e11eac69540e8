"""The company's own list as people write it: contact points are put on it, one or a file of them, or opened again.

What is decided about a living lead is committed with it under the lead's row lock, and told to its workflow.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.cases import UnknownLead
from adapters.db.suppressions import ALL, Suppression, kind_of, suppress
from api.named_contacts import normal_contact
from api.services import Services
from api.telling import tell_all
from cadences.case import Case
from cadences.suppressing import contact_suppressed, reopened
from leads.contract import CommandKind
from leads.model import Channel, ContactKind

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Listed:
    """A line that comes onto the list, and whose contact point it is if that is known."""

    entry: Suppression
    contact: str | None
    """Normalised; None where only the hash is known."""


class NotListed(Exception):
    """The contact point is not on the list, or not on that channel."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What is known of an address or a number."""

    contact: str
    """In the one spelling under which it is kept."""
    kind: ContactKind
    lines: tuple[Suppression, ...]
    """Its lines on the list, oldest first; also what was lifted."""
    lead_id: UUID | None
    """Whose it is, if it is a lead's."""

    @property
    def in_force(self) -> tuple[Suppression, ...]:
        return tuple(line for line in self.lines if line.in_force)


class SuppressionList:
    """Reads and writes the list."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._list = services.suppressions

    async def look_up(self, text: str) -> LookedUp:
        """What is known of one address or number; the list holds hashes, so that nothing else can be searched for.

        Args:
            text: as a person types it.

        Raises:
            CaptureRefused: it is neither an address nor a number.
        """
        contact = normal_contact(text, self._services.company.country)
        lines, of_leads = await self._list.of(contact), await self._list.leads_of([contact])
        return LookedUp(contact, kind_of(contact), tuple(lines), of_leads.get(contact))

    async def add(self, contact: str, channel: Channel | None, *, why: str, by: str) -> bool:
        """Put a contact point on the list; what stands there already changes nothing.

        Args:
            channel: None for every channel, which stops its lead altogether.

        Returns:
            Whether a lead changed.
        """
        entry = self._list.entry(contact, channel, why=why, by=by, now=self._services.clock())
        return bool(await self.add_all([Listed(entry, contact)], by=by))

    async def add_all(
        self, lines: Sequence[Listed], *, by: str, progress: Callable[[int], object] = lambda _: None
    ) -> int:
        """Put many on the list. Stopped at any point, it is continued by doing it again.

        Args:
            progress: called with the number of contact points that were written since the last call.

        Returns:
            How many leads changed.
        """
        of_contact: dict[str, list[Suppression]] = {}
        for line in await self._recognised(lines, progress):
            if line.contact is not None:
                of_contact.setdefault(line.contact, []).append(line.entry)
        changed: list[UUID] = []
        # Twice, since a lead may be erased while we write; then its contact points are nobody's.
        while of_contact:
            of_leads = await self._list.add_strangers(of_contact)
            progress(len(of_contact) - len(of_leads))
            theirs: dict[UUID, dict[str, list[Suppression]]] = {}
            for contact, lead_id in of_leads.items():
                theirs.setdefault(lead_id, {})[contact] = of_contact[contact]
            of_contact = {}
            for lead_id, entries in theirs.items():
                try:
                    if await self._close(lead_id, entries, by):
                        changed.append(lead_id)
                    progress(len(entries))
                except UnknownLead:
                    of_contact |= entries
        await tell_all(self._services.delivery.deliver, changed)
        return len(changed)

    async def reopen(self, contact: str, channel: Channel | None, *, why: str, by: str) -> bool:
        """Lift what stands against a contact point; the list remembers when, by whom and why.

        Nobody is enrolled again by it: a cadence that ended stays ended, and consents stay revoked.

        Args:
            channel: None for every channel.

        Returns:
            Whether it is a lead's.

        Raises:
            NotListed: there is nothing to lift.
        """
        listed = [one for one in await self._list.of(contact) if one.in_force]
        if not any(channel is None or one.channel in (None, channel) for one in listed):
            raise NotListed
        now = self._services.clock()
        lead_id = await self._list.reopen_stranger(contact, channel, by=by, why=why, now=now)
        if lead_id is not None:
            await self._open(lead_id, contact, channel, why=why, by=by)
            await tell_all(self._services.delivery.deliver, [lead_id])
        # Never silently: the list keeps why, which may name somebody and stays out of the log.
        on = channel.value if channel else ALL
        log.warning("a suppression was lifted", digest=listed[0].digest[:12], channel=on, by=by)
        return lead_id is not None

    async def _recognised(self, lines: Sequence[Listed], progress: Callable[[int], object]) -> list[Listed]:
        """The same lines, with the contact points of our leads; hashes that are nobody's are written at once."""
        hashes = [line.entry for line in lines if line.contact is None]
        if not hashes:
            return list(lines)
        ours = await self._list.leads_of_digests([entry.digest for entry in hashes])
        strangers = [entry for entry in hashes if entry.digest not in ours]
        await self._list.add_digests(strangers)
        progress(len(strangers))
        return [
            replace(line, contact=ours[line.entry.digest][1])
            if line.contact is None and line.entry.digest in ours
            else line
            for line in lines
        ]

    async def _close(self, lead_id: UUID, entries: Mapping[str, Sequence[Suppression]], by: str) -> bool:
        """Close a lead's contact points; True when that changed it."""
        now = self._services.clock()
        async with self._services.cases.open(lead_id, now) as opened:

            async def write(connection: AsyncConnection) -> None:
                await suppress(connection, [one for some in entries.values() for one in some])

            await opened.beside(write)
            case = opened.case
            in_force = [(contact, one) for contact, some in entries.items() for one in some if one.in_force]
            for contact, one in in_force:
                case = contact_suppressed(case, contact=contact, channel=one.channel, why=one.why, now=now)
            if case == opened.case:
                return False
            details = {"why": in_force[0][1].why, "channel": _channels(in_force)}
            plan = await opened.save(case, CommandKind.LEAD_OPTED_OUT, by=by, details=details)
        log.info("a contact point was suppressed", lead_id=str(lead_id), by=by, revision=plan.revision)
        return True

    async def _open(self, lead_id: UUID, contact: str, channel: Channel | None, *, why: str, by: str) -> None:
        now = self._services.clock()
        async with self._services.cases.open(lead_id, now) as opened:
            left: frozenset[str] = frozenset()

            async def lift(connection: AsyncConnection) -> None:
                nonlocal left
                left = await self._list.reopen(connection, contact, channel, by=by, why=why, now=now)

            await opened.beside(lift)
            case = reopened(_with_open(opened.case, contact, left), now)
            details = {"why": why, "opened": channel.value if channel else ALL}
            await opened.save(case, CommandKind.LEAD_ASKED_AGAIN, by=by, details=details)


def _with_open(case: Case, contact: str, left: frozenset[str]) -> Case:
    on = frozenset(Channel(name) for name in left - {ALL})
    points = tuple(
        replace(point, suppressed=ALL in left, suppressed_on=on) if point.value == contact else point
        for point in case.lead.contacts
    )
    return replace(case, lead=replace(case.lead, contacts=points))


def _channels(entries: Sequence[tuple[str, Suppression]]) -> str:
    return ", ".join(sorted({one.channel.value if one.channel else ALL for _, one in entries}))
