"""Colleagues: who can own leads and tasks."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.documents import read_colleague
from adapters.db.rows import ColleagueRow, LeadRow
from leads.model import Colleague


class People:
    """The company's own people."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, colleagues: Iterable[Colleague], now: datetime) -> None:
        """Add those who are not known yet; known ones stay as they are."""
        async with self._engine.begin() as connection:
            for colleague in colleagues:
                await connection.execute(
                    insert(ColleagueRow)
                    .values(
                        id=colleague.id,
                        name=colleague.name,
                        email=colleague.email,
                        phone=colleague.phone,
                        role=colleague.role,
                        created_at=now,
                    )
                    .on_conflict_do_nothing()
                )

    async def all(self) -> list[Colleague]:
        """Everybody, in the order they were added."""
        async with self._engine.connect() as connection:
            found = await connection.execute(
                select(ColleagueRow.__table__).order_by(ColleagueRow.created_at, ColleagueRow.id)
            )
            return [read_colleague(row) for row in found.mappings()]

    async def nothing_here_yet(self) -> bool:
        """Whether the database holds no leads and no colleagues: a newcomer's first start."""
        async with self._engine.connect() as connection:
            leads = await connection.scalar(select(func.count()).select_from(select(LeadRow.id).limit(1).subquery()))
            people = await connection.scalar(
                select(func.count()).select_from(select(ColleagueRow.id).limit(1).subquery())
            )
        return not leads and not people
