"""When colleagues are away: entered by hand, or from files whose next import changes what the last one said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, delete, select, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.documents import read_colleague
from adapters.db.rows import AbsenceRow, ColleagueRow, LeadRow, TaskRow, table_of
from leads.absences import Absence, WhileAway
from leads.model import Colleague, Company
from leads.presence import clock_of
from leads.spans import wall_clock
from leads.staff import StaffRefused

BY_HAND = "follow reps"
"""The source of what was entered by hand."""
_LONGEST = timedelta(days=2 * 366)
_DAY = timedelta(days=1)
_ABSENCES = table_of(AbsenceRow)


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import changed."""

    added: int
    changed: int
    ended: int
    """Days off that the file does not have any more."""
    colleagues: tuple[str, ...]
    """Whose leads are concerned."""


class Absences:
    """The days off of everybody."""

    def __init__(self, engine: AsyncEngine, company: Company) -> None:
        self._engine = engine
        self._company = company

    async def add(self, colleague_id: str, absence: Absence, now: datetime) -> Colleague:
        """Enter days off by hand; the same days again change who covers and why.

        Raises:
            StaffRefused: there is no such colleague, or the days or the cover make no sense.
        """
        async with self._engine.begin() as connection:
            colleague = await _locked(connection, colleague_id)
            _require_sense(absence, self._today(colleague, now))
            await _require_cover(connection, colleague_id, absence.cover)
            external_id = f"{absence.first_day}/{absence.last_day}"
            await _write(connection, colleague_id, absence, BY_HAND, external_id, now)
        return colleague

    async def back(self, colleague_id: str, now: datetime) -> Absence:
        """Somebody is back: the absence in force ends with yesterday; with none in force the next one is called off.

        Raises:
            StaffRefused: there is no such colleague, or nothing to end.
        """
        async with self._engine.begin() as connection:
            colleague = await _locked(connection, colleague_id)
            today = self._today(colleague, now)
            coming = (
                select(_ABSENCES)
                .where(_ABSENCES.c.colleague_id == colleague_id, _ABSENCES.c.last_day >= today)
                .order_by(_ABSENCES.c.first_day, _ABSENCES.c.id)
            )
            rows = (await connection.execute(coming)).mappings().all()
            if not rows:
                raise StaffRefused(f"{colleague_id} is not away, and has no days off to come")
            in_force = [row for row in rows if row["first_day"] <= today]
            for row in in_force or rows[:1]:
                await _end(connection, row, today)
        return _absence((in_force or rows)[0])

    async def take(
        self, source: str, given: Mapping[str, Mapping[str, Absence]], everybody: bool, now: datetime
    ) -> Taken:
        """Take what a file says: new days off, changed ones, and the end of those that it does not have any more.

        Args:
            source: the file's name, which says which import it is.
            given: for each colleague, its absences by what the file calls each.
            everybody: the file is about all colleagues; else about those that it names only.

        Raises:
            StaffRefused: there is no such colleague, or a cover makes no sense; nothing is changed.
        """
        added = changed = ended = 0
        concerned: list[str] = []
        async with self._engine.begin() as connection:
            known = select(_ABSENCES.c.colleague_id).where(_ABSENCES.c.source == source).distinct()
            before = set((await connection.execute(known)).scalars()) if everybody else set()
            for colleague_id in sorted(before | set(given)):
                colleague = await _locked(connection, colleague_id)
                today = self._today(colleague, now)
                mine = (_ABSENCES.c.colleague_id == colleague_id, _ABSENCES.c.source == source)
                rows = (await connection.execute(select(_ABSENCES).where(*mine))).mappings().all()
                there = {row["external_id"]: row for row in rows}
                wanted = given.get(colleague_id, {})
                news = {key: one for key, one in wanted.items() if one.last_day >= today or key in there}
                news = {key: one for key, one in news.items() if key not in there or _absence(there[key]) != one}
                for key, absence in news.items():
                    await _require_cover(connection, colleague_id, absence.cover)
                    await _write(connection, colleague_id, absence, source, key, now)
                    added, changed = added + (key not in there), changed + (key in there)
                gone = [row for key, row in there.items() if key not in wanted and row["last_day"] >= today]
                for row in gone:
                    await _end(connection, row, today)
                ended += len(gone)
                if news or gone:
                    concerned.append(colleague_id)
        return Taken(added, changed, ended, tuple(concerned))

    async def leads_of(self, colleague_id: str) -> list[UUID]:
        """The leads whose plans an absence of this colleague may change."""
        owned = select(LeadRow.id).where(LeadRow.owner_id == colleague_id, LeadRow.ended.is_(None))
        is_open = TaskRow.state == "open"
        tasks = select(TaskRow.lead_id).where(TaskRow.owner == colleague_id, is_open)
        covered = select(TaskRow.lead_id).where(TaskRow.back_to == colleague_id, is_open)
        async with self._engine.connect() as connection:
            found = await connection.execute(union(owned.where(LeadRow.plan.is_not(None)), tasks, covered))
            return sorted(found.scalars())

    def _today(self, colleague: Colleague, now: datetime) -> date:
        return wall_clock(now, clock_of(colleague, self._company)).date()


async def _locked(connection: AsyncConnection, colleague_id: str) -> Colleague:
    """The colleague; whoever else changes the same one's days off waits."""
    asked = select(ColleagueRow.__table__).where(ColleagueRow.id == colleague_id).with_for_update(key_share=True)
    row = (await connection.execute(asked)).mappings().one_or_none()
    if row is None:
        raise StaffRefused(f"there is no colleague {colleague_id!r}; `follow reps` shows who there is")
    return read_colleague(row)


async def _require_cover(connection: AsyncConnection, colleague_id: str, cover: str | None) -> None:
    if cover == colleague_id:
        raise StaffRefused(f"{colleague_id} can't cover for {colleague_id}", "cover")
    if cover is not None:
        there = select(ColleagueRow.id).where(ColleagueRow.id == cover, ColleagueRow.active)
        if await connection.scalar(there) is None:
            raise StaffRefused(f"there is no active colleague {cover!r} who could cover", "cover")


def _require_sense(absence: Absence, today: date) -> None:
    if absence.last_day < absence.first_day:
        said = f"{absence.last_day} comes before {absence.first_day}; the last day away is meant"
        raise StaffRefused(said, "last_day")
    if absence.last_day < today:
        raise StaffRefused(f"{absence.last_day} is over already", "last_day")
    if absence.last_day - absence.first_day > _LONGEST:
        said = "that is longer than two years; `follow reps deactivate` is for who works here no more"
        raise StaffRefused(said, "last_day")


async def _write(
    connection: AsyncConnection, colleague_id: str, absence: Absence, source: str, external_id: str, now: datetime
) -> None:
    values = {
        "first_day": absence.first_day,
        "last_day": absence.last_day,
        "policy": absence.policy.value,
        "cover_id": absence.cover,
        "reason": absence.reason,
    }
    new = insert(_ABSENCES).values(
        colleague_id=colleague_id, source=source, external_id=external_id, created_at=now, **values
    )
    same = [_ABSENCES.c.colleague_id, _ABSENCES.c.source, _ABSENCES.c.external_id]
    await connection.execute(new.on_conflict_do_update(index_elements=same, set_=values))


async def _end(connection: AsyncConnection, row: RowMapping, today: date) -> None:
    """It ends with yesterday; what would not have begun by then never was."""
    this = _ABSENCES.c.id == row["id"]
    if row["first_day"] < today:
        await connection.execute(update(_ABSENCES).where(this).values(last_day=today - _DAY))
    else:
        await connection.execute(delete(_ABSENCES).where(this))


def _absence(row: RowMapping) -> Absence:
    return Absence(
        first_day=row["first_day"],
        last_day=row["last_day"],
        policy=WhileAway(row["policy"]),
        cover=row["cover_id"],
        reason=row["reason"],
    )
