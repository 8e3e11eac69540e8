"""Everything that the database knows of one person, table by table, for whoever may ask to see it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Text, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.erasure import is_from, tells_of
from adapters.db.merge_records import merge_of, merged_into
from adapters.db.rows import (
    Base,
    ContactPointRow,
    FormSubmissionRow,
    HookDeliveryRow,
    IdempotencyKeyRow,
    InboundMessageRow,
    LeadMergeRow,
    LeadRow,
    SuppressionRow,
    TouchRow,
    table_of,
)
from leads.contract import workflow_id
from leads.suppression import SuppressionKey

_LEADS, _POINTS, _LIST = table_of(LeadRow), table_of(ContactPointRow), table_of(SuppressionRow)
OF_A_LEAD = tuple(table for table in Base.metadata.sorted_tables if "lead_id" in table.columns)
"""Every table whose rows belong to a lead, so that a new one is never forgotten."""


class Dossiers:
    """Reads people's dossiers."""

    def __init__(self, engine: AsyncEngine, key: SuppressionKey) -> None:
        self._engine = engine
        self._key = key

    async def of(self, lead_id: UUID, now: datetime) -> dict[str, Any] | None:
        """Everything about a lead, as JSON: the rows of each table under its name; None when there is no such lead.

        A merged lead's id means the one that it lives on in.

        All of it as it stood at one instant.
        """
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            merge = await merge_of(connection, lead_id)
            lead_id = merge.into_id if merge is not None else lead_id
            lead = await _rows(connection, _LEADS, _LEADS.c.id == lead_id)
            if not lead:
                return None
            found: dict[str, Any] = {
                "lead_id": str(lead_id),
                "read_at": now.isoformat(),
                "workflow": workflow_id(lead_id),
                "lead": lead[0],
            }
            merges = table_of(LeadMergeRow)
            found[merges.name] = await _rows(connection, merges, merges.c.into_id == lead_id)
            ids = [lead_id, *await merged_into(connection, lead_id)]
            for table in OF_A_LEAD:
                found[table.name] = await _rows(connection, table, table.c.lead_id.in_(ids))
            contacts = {self._key.digest(point["value"]): point["value"] for point in found[_POINTS.name]}
            answers = InboundMessageRow.touch_id.in_(select(TouchRow.id).where(TouchRow.lead_id == lead_id))
            unmatched = (InboundMessageRow.lead_id.is_(None), or_(is_from(list(contacts.values())), answers))
            found["inbound_messages"] += await _rows(connection, table_of(InboundMessageRow), *unmatched)
            of_sender = is_from(list(contacts.values()), FormSubmissionRow.sender)
            found["form_submissions"] += await _rows(connection, table_of(FormSubmissionRow), of_sender)
            told = tells_of(list(contacts.values()))
            found["hook_deliveries"] += await _rows(connection, table_of(HookDeliveryRow), told)
            listed = await _rows(connection, _LIST, _LIST.c.digest.in_(list(contacts)))
            found["suppressions"] = [{"contact": contacts[line["digest"]], **line} for line in listed]
            mentioned = or_(*(cast(IdempotencyKeyRow.body, Text).contains(str(one)) for one in ids))
            found["idempotency_keys"] = await _rows(connection, table_of(IdempotencyKeyRow), mentioned)
        return found


async def _rows(connection: AsyncConnection, table: Table, *conditions: ColumnElement[bool]) -> list[dict[str, Any]]:
    """The rows as JSON, in the order in which they were written where that can be told."""
    order = [table.c[name] for name in ("created_at", "happened_at", "id") if name in table.columns]
    wanted = select(func.to_jsonb(table.table_valued())).where(*conditions).order_by(*order)
    return list((await connection.execute(wanted)).scalars())
