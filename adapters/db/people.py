"""Colleagues: who can own leads and tasks."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.colleague_documents import colleague_document
from adapters.db.documents import colleague_values, read_colleague
from adapters.db.reps import RepView, read_reps
from adapters.db.rows import ColleagueRow, LeadRow, table_of
from leads.model import Colleague, Company
from leads.staff import StaffRefused, described


class People:
    """The company's own people."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, colleagues: Iterable[Colleague], now: datetime) -> list[str]:
        """Add those who are not known yet; known ones stay as they are.

        Returns:
            The ids of those who were added.
        """
        added: list[str] = []
        async with self._engine.begin() as connection:
            for colleague in colleagues:
                found = await connection.execute(
                    insert(ColleagueRow)
                    .values(**{**colleague_values(colleague), "takes_leads_since": now}, created_at=now)
                    .on_conflict_do_nothing()
                    .returning(ColleagueRow.id)
                )
                added += found.scalars()
        return added

    async def change(self, colleague_id: str, texts: Mapping[str, str], country: str, now: datetime) -> Colleague:
        """Change what is known of somebody; what is not named stays, and so does everything that is planned already.

        Args:
            texts: fields of `Colleague`, as they are written; an empty one takes a value back.
            country: whose phone numbers may lack their country code.

        Raises:
            StaffRefused: there is no such colleague, or one of the values can't be used.
        """
        async with self._engine.begin() as connection:
            before = await _locked(connection, colleague_id)
            colleague = described(before, texts, country)
            if colleague.weight and not before.weight:
                colleague = replace(colleague, takes_leads_since=now)
            await _write(connection, colleague_id, **colleague_values(colleague))
        return colleague

    async def deactivate(self, colleague_id: str) -> None:
        """Give somebody nothing new any more; what the colleague has stays until it is given to others.

        Raises:
            StaffRefused: there is no such colleague, or nobody would be left.
        """
        async with self._engine.begin() as connection:
            await _locked(connection, colleague_id)
            others = select(ColleagueRow.id).where(ColleagueRow.active, ColleagueRow.id != colleague_id)
            # Locked, so that two who are the last ones do not both go at once.
            if not (await connection.execute(others.with_for_update(key_share=True))).all():
                raise StaffRefused(f"{colleague_id} is the last one who works here; add somebody first")
            await _write(connection, colleague_id, active=False)

    async def activate(self, colleague_id: str, now: datetime) -> None:
        """Somebody works here again.

        Raises:
            StaffRefused: there is no such colleague.
        """
        async with self._engine.begin() as connection:
            await _locked(connection, colleague_id)
            await _write(connection, colleague_id, active=True, takes_leads_since=now)

    async def all(self) -> list[Colleague]:
        """Everybody, in the order they were added."""
        async with self._engine.connect() as connection:
            return await everybody(connection)

    async def reps(self, company: Company, now: datetime) -> list[RepView]:
        """Everybody, with who is at work now and how much each has to do; those who work here first."""
        async with self._engine.connect() as connection:
            return await read_reps(connection, company, now)

    async def nothing_here_yet(self) -> bool:
        """Whether the database holds no leads and no colleagues: a newcomer's first start."""
        async with self._engine.connect() as connection:
            leads = await connection.scalar(select(func.count()).select_from(select(LeadRow.id).limit(1).subquery()))
            people = await connection.scalar(
                select(func.count()).select_from(select(ColleagueRow.id).limit(1).subquery())
            )
        return not leads and not people


async def everybody(connection: AsyncConnection) -> list[Colleague]:
    """Everybody, in the order they were added; without their absences."""
    found = await connection.execute(select(ColleagueRow.__table__).order_by(ColleagueRow.created_at, ColleagueRow.id))
    return [read_colleague(row) for row in found.mappings()]


async def everybody_away(connection: AsyncConnection, since: date) -> list[Colleague]:
    """Everybody with their absences, in the order they were added.

    Args:
        since: absences whose last day lies before it are left out.
    """
    people = table_of(ColleagueRow)
    asked = select(colleague_document(people)).order_by(people.c.created_at, people.c.id)
    found = await connection.execute(asked, {"absent_since": since})
    return [read_colleague(row) for row in found.scalars()]


async def _locked(connection: AsyncConnection, colleague_id: str) -> Colleague:
    found = await connection.execute(
        select(ColleagueRow.__table__).where(ColleagueRow.id == colleague_id).with_for_update(key_share=True)
    )
    row = found.mappings().one_or_none()
    if row is None:
        raise StaffRefused(f"there is no colleague {colleague_id!r}; `follow reps` shows who there is")
    return read_colleague(row)


async def _write(connection: AsyncConnection, colleague_id: str, **changes: object) -> None:
    await connection.execute(update(ColleagueRow).where(ColleagueRow.id == colleague_id).values(**changes))
