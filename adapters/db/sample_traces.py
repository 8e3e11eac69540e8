"""What the sample business brought into the database, told apart from everything that came in besides."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import CommandRow, ContactPointRow, LeadMergeRow, LeadRow, TaskRow
from leads.contract import CommandKind

BY = "sample"
"""Who captures the sample's leads."""
_OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleLead:
    """A lead that the sample brought and that is still here."""

    id: UUID
    name: str
    why_it_stays: str | None
    """What of it is not the sample's; None: it is the sample's altogether."""


class SampleTraces:
    """Finds what the sample brought.

    A lead is the sample's when the sample captured it and it still has one of the sample's addresses or numbers: a
    token of somebody's may be called `sample`, too.
    """

    def __init__(self, engine: AsyncEngine, points: Collection[str]) -> None:
        """
        Args:
            points: the sample's addresses and numbers, as they are stored.
        """
        self._engine = engine
        self._points = list(points)

    async def leads(self) -> list[SampleLead]:
        """The sample's leads, in the order in which they came in."""
        points = select(ContactPointRow.id).where(ContactPointRow.lead_id == LeadRow.id)
        begun = select(CommandRow.id).where(
            CommandRow.lead_id == LeadRow.id, CommandRow.kind == CommandKind.START.value, CommandRow.by == BY
        )
        merged = exists().where(LeadMergeRow.into_id == LeadRow.id)
        added = points.where(ContactPointRow.value.not_in(self._points)).exists()
        wanted = (
            select(LeadRow.id, func.coalesce(LeadRow.name, LeadRow.company, ""), merged, added)
            .where(begun.exists(), points.where(ContactPointRow.value.in_(self._points)).exists())
            .order_by(LeadRow.created_at, LeadRow.id)
        )
        async with self._engine.connect() as connection:
            found = await connection.execute(wanted)
        return [SampleLead(id=id_, name=name, why_it_stays=_why(*facts)) for id_, name, *facts in found]

    async def left_with(self, colleagues: Sequence[str], besides: Collection[UUID]) -> Mapping[str, int]:
        """How many leads each of these colleagues owns or has an open task of, by the colleague's id; none: left out.

        Args:
            besides: leads that do not count.
        """
        owns = select(LeadRow.owner_id.label("colleague"), LeadRow.id.label("lead")).where(LeadRow.ended.is_(None))
        works = select(TaskRow.owner, TaskRow.lead_id).where(TaskRow.state == _OPEN)
        both = owns.union(works).subquery()
        wanted = (
            select(both.c.colleague, func.count())
            .where(both.c.colleague.in_(colleagues), both.c.lead.not_in(besides))
            .group_by(both.c.colleague)
        )
        async with self._engine.connect() as connection:
            return {colleague: count for colleague, count in await connection.execute(wanted)}


def _why(merged: bool, added: bool) -> str | None:
    if merged:
        return "another lead was merged into it"
    return "an address or number of yours was added to it" if added else None
