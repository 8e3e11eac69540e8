"""What the audit log has, for tests to compare."""

from typing import Any

from sqlalchemy import select

from adapters.db.rows import AuditEntryRow
from tests.console.stage import Stage


async def entries(stage: Stage, action: str) -> list[dict[str, Any]]:
    """The entries of one kind, oldest first."""
    wanted = select(AuditEntryRow.__table__).where(AuditEntryRow.action == action).order_by(AuditEntryRow.id)
    async with stage.engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(wanted)).mappings()]
