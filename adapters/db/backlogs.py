"""Backlogs in the database: what is planned already, who is known already, and how far each file has come."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, any_, bindparam, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.colleague_documents import absent_since, colleague_document
from adapters.db.documents import read_colleague, read_enrollment, read_lead
from adapters.db.engine import statement_by_statement
from adapters.db.rows import (
    BacklogRow,
    ColleagueRow,
    ConsentRow,
    ContactPointRow,
    EnrollmentRow,
    LeadRow,
    TaskRow,
    table_of,
)
from adapters.db.suppressions import suppressed_channels
from cadences.bundle import CadenceBundle
from cadences.case import Case
from cadences.tasks import TaskKind, TaskState
from leads.model import Colleague, Company
from leads.suppression import SuppressionKey

_LOCK = 0x6261636B
"""The advisory lock of whoever paces a backlog."""
_SOME = 1000
_POINTS = table_of(ContactPointRow)
_VALUES = bindparam("contacts", type_=postgresql.ARRAY(Text))
_KNOWN = select(_POINTS.c.value).where(_POINTS.c.value == any_(_VALUES))


class AnotherBacklog(Exception):
    """Another backlog is being enrolled, so nobody can say which days are free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogView:
    """How far a file of old leads has come."""

    id: UUID
    file: str
    by: str
    created_at: datetime
    rows: int
    leads: int
    """Who came with it and is still there."""
    started: int
    """Of these, who is followed up by now."""
    last_start: datetime | None
    """When the last of them starts, or started."""


@dataclass(frozen=True, slots=True)
class OpenCalls:
    """Calls that are tasks already."""

    owner: str
    due_at: datetime
    calls: int


class Backlogs:
    """Files of old leads that are enrolled at a pace."""

    def __init__(self, engine: AsyncEngine, shelf: CadenceShelf, company: Company, key: SuppressionKey) -> None:
        self._engine = engine
        self._each = statement_by_statement(engine)
        self._shelf = shelf
        self._company = company
        self._key = key

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Keep others from pacing a backlog meanwhile, who would take the same days.

        Raises:
            AnotherBacklog: somebody is at it.
        """
        async with self._each.connect() as connection:
            if not await connection.scalar(select(func.pg_try_advisory_lock(_LOCK))):
                raise AnotherBacklog
            try:
                yield
            finally:
                await connection.execute(select(func.pg_advisory_unlock(_LOCK)))

    async def people(self, now: datetime) -> list[Colleague]:
        """Everybody who works here, with the days away to come, in the order they came."""
        people = table_of(ColleagueRow)
        wanted = select(colleague_document(people)).where(people.c.active).order_by(people.c.created_at, people.c.id)
        async with self._each.connect() as connection:
            found = await connection.execute(wanted, {"absent_since": absent_since(now)})
            return [read_colleague(document) for document in found.scalars()]

    async def known(self, contacts: Iterable[str]) -> set[str]:
        """Which of these contact points belong to a lead."""
        found: set[str] = set()
        async with self._each.connect() as connection:
            for some in _pieces(contacts):
                found |= set((await connection.execute(_KNOWN, {"contacts": some})).scalars())
        return found

    async def closed(self, contacts: Iterable[str]) -> dict[str, frozenset[str]]:
        """What the company's own list says of contact points: channels, or `ALL`."""
        found: dict[str, frozenset[str]] = {}
        async with self._each.connect() as connection:
            for some in _pieces(contacts):
                found |= await suppressed_channels(connection, self._key, some)
        return found

    async def current(self, names: Iterable[str]) -> dict[str, CadenceBundle]:
        """The version of each cadence that new enrollments take.

        Raises:
            UnknownCadence: one was never published.
        """
        async with self._each.connect() as connection:
            return {name: await self._shelf.current(connection, name) for name in names}

    async def open_calls(self) -> list[OpenCalls]:
        """The calls that somebody has as a task, by whose they are and when they are due."""
        wanted = (
            select(TaskRow.owner, TaskRow.due_at, func.count())
            .where(TaskRow.state == TaskState.OPEN.value, TaskRow.kind == TaskKind.CALL.value)
            .group_by(TaskRow.owner, TaskRow.due_at)
        )
        async with self._each.connect() as connection:
            return [OpenCalls(*row) for row in await connection.execute(wanted)]

    async def followed_up(self) -> AsyncIterator[Case]:
        """Every lead that is being followed up, or will be: how far it came in which cadence, without its tasks."""
        async with self._engine.connect() as connection:
            versions = select(EnrollmentRow.version).join(LeadRow, LeadRow.enrollment_id == EnrollmentRow.id)
            running = (await connection.execute(versions.where(LeadRow.ended.is_(None)).distinct())).scalars().all()
            bundles = {version: await self._shelf.version(connection, version) for version in running}
            async with connection.stream(_followed_up()) as rows:
                async for row in rows.mappings():
                    enrollment = read_enrollment(row["enrollment"])
                    if (bundle := bundles.get(enrollment.version)) is None:
                        continue  # It began after we looked.
                    lead = read_lead(row, row["owner"], None, row["contacts"], row["consents"])
                    yield Case(
                        lead=lead,
                        company=self._company,
                        cadence=bundle.cadence,
                        enrollment=enrollment,
                        manager=lead.owner.id,
                    )

    async def begin(self, backlog_id: UUID, file: str, rows: int, by: str, now: datetime) -> None:
        """Note that a file is enrolled; done again, it stays as it was."""
        values = {"id": backlog_id, "file": file, "rows": rows, "by": by, "created_at": now}
        async with self._engine.begin() as connection:
            await connection.execute(postgresql.insert(BacklogRow).values(values).on_conflict_do_nothing())

    async def all(self, now: datetime) -> list[BacklogView]:
        """Every backlog, newest first, and how far it has come."""
        began = func.min(EnrollmentRow.started_at)
        of_leads = (
            select(
                LeadRow.backlog_id,
                began.label("began"),
                func.max(EnrollmentRow.started_at)
                .filter(EnrollmentRow.progress["paced"].as_boolean())
                .label("paced_at"),
            )
            .join(EnrollmentRow, EnrollmentRow.lead_id == LeadRow.id)
            .where(LeadRow.backlog_id.is_not(None))
            .group_by(LeadRow.id)
            .subquery()
        )
        wanted = (
            select(
                BacklogRow.__table__,
                func.count(of_leads.c.backlog_id).label("leads"),
                func.count().filter(of_leads.c.began <= now).label("started"),
                func.max(of_leads.c.paced_at).label("last_start"),
            )
            .outerjoin(of_leads, of_leads.c.backlog_id == BacklogRow.id)
            .group_by(BacklogRow.id)
            .order_by(BacklogRow.created_at.desc(), BacklogRow.id)
        )
        async with self._each.connect() as connection:
            return [BacklogView(**row) for row in (await connection.execute(wanted)).mappings()]


def _followed_up() -> Any:
    def rows_of(table: Any) -> Any:
        rows = func.jsonb_agg(postgresql.aggregate_order_by(func.to_jsonb(table_of(table).table_valued()), table.id))
        return select(rows).where(table.lead_id == LeadRow.id).correlate(LeadRow).scalar_subquery()

    owner = table_of(ColleagueRow)
    return (
        select(
            LeadRow.__table__,
            func.to_jsonb(owner.table_valued()).label("owner"),
            EnrollmentRow.progress.label("enrollment"),
            rows_of(ContactPointRow).label("contacts"),
            rows_of(ConsentRow).label("consents"),
        )
        .join(EnrollmentRow, EnrollmentRow.id == LeadRow.enrollment_id)
        .join(owner, owner.c.id == LeadRow.owner_id)
        .where(LeadRow.ended.is_(None))
    )


def _pieces(contacts: Iterable[str]) -> Iterable[Sequence[str]]:
    every = sorted(set(contacts))
    return (every[start : start + _SOME] for start in range(0, len(every), _SOME))
