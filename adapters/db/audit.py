"""An independent look at promise 5: was anything claimed for a contact point after it came onto the company's own list?

It trusts nothing that the gate reads: it hashes the addresses and numbers in the ledger itself, and compares instants.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Uuid, and_, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import CommandRow, SuppressionRow, TouchRow, table_of
from adapters.db.suppressions import ALL
from cadences.contact_rules import opt_out_deadline
from leads.contract import CommandKind
from leads.suppression import SuppressionKey

_PAGE = 2000
_COMMANDS = table_of(CommandRow)
_BY_LINK = "link"
_SAID = (
    select(_COMMANDS.c.kind)
    .where(
        _COMMANDS.c.lead_id == bindparam("lead_id", type_=Uuid()),
        _COMMANDS.c.created_at > bindparam("since", type_=DateTime(timezone=True)),
        _COMMANDS.c.created_at <= bindparam("until", type_=DateTime(timezone=True)),
        or_(
            _COMMANDS.c.kind.in_([CommandKind.LEAD_OPTED_OUT.value, CommandKind.LEAD_REPLIED.value]),
            and_(
                _COMMANDS.c.kind.in_([CommandKind.START.value, CommandKind.LEAD_ASKED_AGAIN.value]),
                _COMMANDS.c.details.has_key("source"),
            ),
            and_(
                _COMMANDS.c.kind == CommandKind.RECORD_ANSWER.value,
                _COMMANDS.c.by == _BY_LINK,
                _COMMANDS.c.details["answer"].astext == "yes",
            ),
        ),
    )
    .order_by(_COMMANDS.c.revision.desc())
    .limit(1)
)
"""What the person itself said last: that it stops us, or that it asks for us."""


@dataclass(frozen=True, slots=True)
class LateClaim:
    """A message that was claimed although its contact point was on the list."""

    touch_id: UUID
    lead_id: UUID
    channel: str
    claimed_at: datetime
    suppressed_at: datetime
    state: str
    unlawful: bool
    """Claimed after the days that the law leaves for an opt-out, too (E1); ours takes effect at once."""


@dataclass(frozen=True, slots=True)
class _Closed:
    since: datetime
    until: datetime | None


class SuppressionAudit:
    """Compares the ledger with the company's own list."""

    def __init__(self, engine: AsyncEngine, key: SuppressionKey) -> None:
        self._engine = engine
        self._key = key

    async def late_claims(self) -> AsyncIterator[LateClaim]:
        """Every claim of a contact point that was on the list when it was made, oldest first.

        An opt-out reads its clock before it waits for the lead's lock, so one that came in the very moment of a claim
        may seem older, by milliseconds, than a claim which it found made.
        """
        async with self._engine.connect() as connection:
            closed: dict[tuple[str, str], _Closed] = {}
            listed = SuppressionRow.digest, SuppressionRow.channel, SuppressionRow.created_at, SuppressionRow.lifted_at
            async for digest, channel, since, until in await connection.stream(select(*listed)):
                closed[digest, channel] = _Closed(since, until)
            if not closed:
                return
            earliest = min(one.since for one in closed.values())
            claims = await connection.stream(
                select(
                    TouchRow.id,
                    TouchRow.lead_id,
                    TouchRow.channel,
                    TouchRow.happened_at,
                    TouchRow.state,
                    TouchRow.contact,
                    TouchRow.personal,
                )
                # Only what was claimed names whom it went to; what a human did names nobody.
                .where(TouchRow.contact.is_not(None), TouchRow.happened_at > earliest)
                .order_by(TouchRow.happened_at)
                .execution_options(yield_per=_PAGE)
            )
            async for touch_id, lead_id, channel, claimed_at, state, contact, personal in claims:
                digest = self._key.digest(contact or "")
                against = [one for on in (ALL, channel) if (one := closed.get((digest, on))) and _held(one, claimed_at)]
                if against:
                    since = min(one.since for one in against)
                    if personal and await self._was_asked_for(lead_id, since, claimed_at):
                        continue
                    late = claimed_at.date() > opt_out_deadline(since.date())
                    yield LateClaim(touch_id, lead_id, channel, claimed_at, since, state, late)

    async def _was_asked_for(self, lead_id: UUID, since: datetime, claimed_at: datetime) -> bool:
        """Whether the person asked for what a colleague wrote: after its stop, and after any other stop before that."""
        async with self._engine.connect() as connection:
            said = await connection.execute(_SAID, {"lead_id": lead_id, "since": since, "until": claimed_at})
            last = said.first()
        return last is not None and last.kind != CommandKind.LEAD_OPTED_OUT.value


def _held(closed: _Closed, claimed_at: datetime) -> bool:
    return closed.since < claimed_at and (closed.until is None or claimed_at < closed.until)
