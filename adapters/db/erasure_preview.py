"""What an erasure would take, counted before anybody erases: the same rows by the same conditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.cases import UnknownLead
from adapters.db.dossier import OF_A_LEAD
from adapters.db.erasure import answers_to, contacts_of, copies_for, is_from, tells_of
from adapters.db.merge_records import merge_of, merged_into
from adapters.db.rows import (
    AuditEntryRow,
    BulkItemRow,
    BulkRunRow,
    ErasureRow,
    FormSubmissionRow,
    HookDeliveryRow,
    InboundMessageRow,
    LeadMergeRow,
    LeadRow,
    OutboxRow,
    table_of,
)

_KEPT = (table_of(AuditEntryRow), table_of(ErasureRow))
"""They name the lead and nothing about the person, and stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldErase:
    """What an erasure would take."""

    lead_id: UUID
    """The lead that goes; of an id that was merged, the one it lives on in."""
    rows: Mapping[str, int]
    """How many rows of each table go, by its name; tables without any are left out."""
    contact_points: int
    """Addresses and numbers that would be on the company's own list for it, as hashes."""
    merged: tuple[UUID, ...]
    """Leads that had been merged into it, and are erased with it."""


class ErasurePreview:
    """Counts, and changes nothing."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, lead_id: UUID) -> WouldErase:
        """What erasing this lead would take, all of it as it stands at one instant.

        Raises:
            UnknownLead: there is no lead of this id.
        """
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            merge = await merge_of(connection, lead_id)
            lead_id = merge.into_id if merge is not None else lead_id
            if await connection.scalar(select(LeadRow.id).where(LeadRow.id == lead_id)) is None:
                raise UnknownLead(str(lead_id))
            contacts, merged = await contacts_of(connection, lead_id), await merged_into(connection, lead_id)
            rows: dict[str, int] = {}
            for table, theirs in _theirs(lead_id, merged, contacts).items():
                if counted := await _count(connection, table, theirs):
                    rows[table.name] = counted
        return WouldErase(lead_id=lead_id, rows=rows, contact_points=len(contacts), merged=tuple(merged))


def _theirs(lead_id: UUID, merged: list[UUID], contacts: list[str]) -> dict[Table, ColumnElement[bool]]:
    """Which rows of each table go."""
    leads, messages, outbox = table_of(LeadRow), table_of(InboundMessageRow), table_of(OutboxRow)
    forms, deliveries, merges = table_of(FormSubmissionRow), table_of(HookDeliveryRow), table_of(LeadMergeRow)
    found: dict[Table, ColumnElement[bool]] = {leads: leads.c.id == lead_id, merges: merges.c.into_id == lead_id}
    found |= {table: table.c.lead_id == lead_id for table in OF_A_LEAD if table not in _KEPT}
    found[messages] = or_(found[messages], answers_to(lead_id), is_from(contacts))
    found[forms] = or_(found[forms], is_from(contacts, FormSubmissionRow.sender))
    found[deliveries] = or_(found[deliveries], tells_of(contacts))
    # A run that was for this lead alone; one of many leads stays.
    runs, items = table_of(BulkRunRow), table_of(BulkItemRow)
    in_it = exists().where(items.c.run_id == runs.c.id, items.c.lead_id == lead_id)
    found[runs] = and_(in_it, ~exists().where(items.c.run_id == runs.c.id, items.c.lead_id != lead_id))
    found[outbox] = or_(*(copies_for(one) for one in (lead_id, *merged)))
    return found


async def _count(connection: AsyncConnection, table: Table, theirs: ColumnElement[bool]) -> int:
    return int(await connection.scalar(select(func.count()).select_from(table).where(theirs)) or 0)
