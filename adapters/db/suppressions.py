"""The company's own list: contact points that must not be used again, as keyed hashes that outlive the lead.

Nothing deletes its rows (contact-rules.md, T10: survives erasure, re-import and merge, ten years and longer). Who opens
a contact point again lifts its row, which stays as the record of both.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, any_, bindparam, func, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.rows import ContactPointRow, SuppressionRow, table_of
from leads.model import Channel, ContactKind
from leads.suppression import SuppressionKey

ALL = "all"
"""In place of a channel: every one of them."""
CHANNELS_OF = {
    ContactKind.EMAIL: frozenset({Channel.EMAIL}),
    ContactKind.PHONE: frozenset({Channel.SMS, Channel.CALL}),
}
"""The channels that use a contact point of each kind."""
_FINGERPRINT_OF = "followthrough"
_SOME = 500
_LIST, _POINTS = table_of(SuppressionRow), table_of(ContactPointRow)
_DIGESTS = bindparam("digests", type_=postgresql.ARRAY(Text))
_NEW = postgresql.insert(_LIST)
_SUPPRESS = _NEW.on_conflict_do_update(
    index_elements=[_LIST.c.digest, _LIST.c.channel],
    set_={name: _NEW.excluded[name] for name in ("why", "by", "created_at", "lifted_at", "lifted_by", "lifted_why")},
    # What is in force already keeps its date: it is what the contact was stopped by.
    where=_LIST.c.lifted_at.is_not(None),
)
_IN_FORCE = select(_LIST.c.digest, _LIST.c.channel).where(_LIST.c.digest == any_(_DIGESTS), _LIST.c.lifted_at.is_(None))
_VALUES = bindparam("contacts", type_=postgresql.ARRAY(Text))
_QUEUE_UP = select(func.pg_advisory_xact_lock(func.hashtextextended(func.unnest(_VALUES).column_valued("contact"), 0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One line of the list."""

    digest: str
    kind: ContactKind
    channel: Channel | None
    """None: on every channel."""
    why: str
    by: str
    created_at: datetime
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    lifted_why: str | None = None

    @property
    def in_force(self) -> bool:
        return self.lifted_at is None


def kind_of(contact: str) -> ContactKind:
    """What a normalised contact point is."""
    return ContactKind.EMAIL if "@" in contact else ContactKind.PHONE


async def queue_up(connection: AsyncConnection, contacts: Iterable[str]) -> None:
    """Whoever looks for, or adds, the same contact points goes one after the other until its transaction ends."""
    await connection.execute(_QUEUE_UP, {"contacts": sorted(contacts)})


async def suppress(connection: AsyncConnection, entries: Sequence[Suppression]) -> None:
    """Put contact points on the list, in an open transaction; what is in force already stays as it is."""
    if entries:
        # In one order, so that two lists that come at once wait for each other instead of for ever.
        in_order = sorted(map(_values, entries), key=lambda values: (values["digest"], values["channel"]))
        await connection.execute(_SUPPRESS, in_order)


async def suppressed_channels(
    connection: AsyncConnection, key: SuppressionKey, contacts: Iterable[str]
) -> dict[str, frozenset[str]]:
    """For each contact point on the list: its channels, or `ALL`."""
    digests = {key.digest(contact): contact for contact in contacts}
    found: dict[str, set[str]] = {}
    for digest, channel in await connection.execute(_IN_FORCE, {"digests": list(digests)}):
        found.setdefault(digests[digest], set()).add(channel)
    return {contact: frozenset(channels) for contact, channels in found.items()}


async def reopen(
    connection: AsyncConnection,
    key: SuppressionKey,
    contact: str,
    channel: Channel | None,
    *,
    by: str,
    why: str,
    now: datetime,
) -> frozenset[str]:
    """Lift what stands against a contact point on one channel, or on all; the other channels stay closed.

    Returns:
        What is in force afterwards: channels, or `ALL`.
    """
    digest, kind = key.digest(contact), kind_of(contact)
    before = (await suppressed_channels(connection, key, [contact])).get(contact, frozenset())
    lifted = before if channel is None else before & {ALL, channel.value}
    if not lifted:
        return before
    await connection.execute(
        update(_LIST)
        .where(_LIST.c.digest == digest, _LIST.c.channel.in_(lifted), _LIST.c.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=by, lifted_why=why)
    )
    if ALL not in lifted or channel is None:
        return before - lifted
    others = CHANNELS_OF[kind] - {channel}
    left = Suppression(digest=digest, kind=kind, channel=None, why="opened on another channel", by=by, created_at=now)
    await suppress(connection, [replace(left, channel=other) for other in sorted(others)])
    return (before - lifted) | {other.value for other in others}


class Suppressions:
    """The company's own list."""

    def __init__(self, engine: AsyncEngine, key: SuppressionKey) -> None:
        self._engine = engine
        self._key = key

    @property
    def fingerprint(self) -> str:
        """What tells that two lists were hashed with the same secret; it tells nothing about the secret."""
        return self._key.digest(_FINGERPRINT_OF)[:12]

    def digest(self, contact: str) -> str:
        """The hash under which a normalised contact point is on the list."""
        return self._key.digest(contact)

    def entry(self, contact: str, channel: Channel | None, *, why: str, by: str, now: datetime) -> Suppression:
        """A new line for a normalised contact point."""
        digest = self._key.digest(contact)
        return Suppression(digest=digest, kind=kind_of(contact), channel=channel, why=why, by=by, created_at=now)

    async def of(self, contact: str) -> list[Suppression]:
        """Everything on the list about a contact point, oldest first; also what was lifted."""
        wanted = select(_LIST).where(_LIST.c.digest == self._key.digest(contact)).order_by(_LIST.c.created_at)
        async with self._engine.connect() as connection:
            return [_read(row) for row in (await connection.execute(wanted)).mappings()]

    async def all(self) -> AsyncIterator[Suppression]:
        """The whole list, oldest first, also what was lifted."""
        async with self._engine.connect() as connection:
            found = await connection.stream(select(_LIST).order_by(_LIST.c.created_at, _LIST.c.digest, _LIST.c.channel))
            async for row in found.mappings():
                yield _read(row)

    async def newest(self, limit: int = 20) -> list[Suppression]:
        """The newest lines that are in force: when, why and by whom, of nobody knows what."""
        asked = select(_LIST).where(_LIST.c.lifted_at.is_(None)).order_by(_LIST.c.created_at.desc(), _LIST.c.digest)
        async with self._engine.connect() as connection:
            return [_read(row) for row in (await connection.execute(asked.limit(limit))).mappings()]

    async def counts(self) -> dict[ContactKind, int]:
        """How many addresses, and how many numbers, the list keeps closed on some channel."""
        asked = select(_LIST.c.kind, func.count(_LIST.c.digest.distinct())).where(_LIST.c.lifted_at.is_(None))
        async with self._engine.connect() as connection:
            counted = {kind: number for kind, number in await connection.execute(asked.group_by(_LIST.c.kind))}
        return {kind: counted.get(kind.value, 0) for kind in ContactKind}

    async def leads_of(self, contacts: Sequence[str]) -> dict[str, UUID]:
        """Whose contact points these are."""
        async with self._engine.connect() as connection:
            return await _leads_of(connection, contacts)

    async def leads_of_digests(self, digests: Sequence[str]) -> dict[str, tuple[UUID, str]]:
        """Whose contact points these hashes are of, and which: every contact point is hashed to find out."""
        wanted, found = set(digests), dict[str, tuple[UUID, str]]()
        async with self._engine.connect() as connection:
            points = await connection.stream(select(_POINTS.c.lead_id, _POINTS.c.value))
            async for lead_id, value in points:
                if (digest := self._key.digest(value)) in wanted:
                    found[digest] = lead_id, value
        return found

    async def add_strangers(self, entries: Mapping[str, Sequence[Suppression]]) -> dict[str, UUID]:
        """Put contact points on the list that belong to no lead.

        Returns:
            Those that do belong to one by now; of them nothing was written.
        """
        contacts, of_leads = sorted(entries), dict[str, UUID]()
        for start in range(0, len(contacts), _SOME):
            some = contacts[start : start + _SOME]
            async with self._engine.begin() as connection:
                # A capture of the same contact point comes before us and is seen, or after us and sees the list.
                await queue_up(connection, some)
                known = await _leads_of(connection, some)
                await suppress(
                    connection, [one for contact in some if contact not in known for one in entries[contact]]
                )
            of_leads |= known
        return of_leads

    async def add_digests(self, entries: Sequence[Suppression]) -> None:
        """Put lines on the list whose contact points nobody here knows."""
        for start in range(0, len(entries), _SOME):
            async with self._engine.begin() as connection:
                await suppress(connection, entries[start : start + _SOME])

    async def reopen(
        self, connection: AsyncConnection, contact: str, channel: Channel | None, *, by: str, why: str, now: datetime
    ) -> frozenset[str]:
        """Lift what stands against a contact point, and let its lead's row say so; the caller holds the lead's lock.

        Returns:
            What is in force afterwards: channels, or `ALL`.
        """
        left = await reopen(connection, self._key, contact, channel, by=by, why=why, now=now)
        await connection.execute(
            update(_POINTS)
            .where(_POINTS.c.kind == kind_of(contact).value, _POINTS.c.value == contact)
            .values(suppressed=ALL in left, suppressed_on=sorted(left - {ALL}))
        )
        return left

    async def reopen_stranger(
        self, contact: str, channel: Channel | None, *, by: str, why: str, now: datetime
    ) -> UUID | None:
        """Lift what stands against a contact point of no lead; if it belongs to one, that lead, and nothing is done."""
        async with self._engine.begin() as connection:
            await queue_up(connection, [contact])
            if lead_id := (await _leads_of(connection, [contact])).get(contact):
                return lead_id
            await reopen(connection, self._key, contact, channel, by=by, why=why, now=now)
        return None


async def _leads_of(connection: AsyncConnection, contacts: Sequence[str]) -> dict[str, UUID]:
    wanted = select(_POINTS.c.value, _POINTS.c.lead_id).where(_POINTS.c.value == any_(_VALUES))
    return {value: lead_id for value, lead_id in await connection.execute(wanted, {"contacts": list(contacts)})}


def _values(entry: Suppression) -> dict[str, Any]:
    return {
        "digest": entry.digest,
        "channel": entry.channel.value if entry.channel else ALL,
        "kind": entry.kind.value,
        "why": entry.why,
        "by": entry.by,
        "created_at": entry.created_at,
        "lifted_at": entry.lifted_at,
        "lifted_by": entry.lifted_by,
        "lifted_why": entry.lifted_why,
    }


def _read(row: Mapping[Any, Any]) -> Suppression:
    channel = None if row["channel"] == ALL else Channel(row["channel"])
    return Suppression(**{**row, "kind": ContactKind(row["kind"]), "channel": channel})
