"""What is known of published cadences: their versions, who published them, and how many leads are on their way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.engine import statement_by_statement
from adapters.db.rows import AuditEntryRow, CadenceRow, CadenceVersionRow, EnrollmentRow, LeadRow, table_of

PUBLISH = "publish_cadence"
"""What the audit log calls it."""
_ENTRIES = table_of(AuditEntryRow)


@dataclass(frozen=True, slots=True)
class CadenceSeen:
    """A cadence in a list."""

    name: str
    version: str
    """The one that new leads take."""
    changed_at: datetime
    """When it became so."""
    versions: int
    in_flight: int
    """Leads on their way in any of its versions."""
    in_flight_now: int
    """Of these, in the current one."""


@dataclass(frozen=True, slots=True)
class VersionSeen:
    """A published version."""

    version: str
    published_at: datetime
    by: str | None
    """Who published it; None where it came with Followthrough, or nobody knows."""
    is_current: bool
    in_flight: int


@dataclass(frozen=True, slots=True)
class LeadInIt:
    """A lead of a cadence, to be chosen for a preview."""

    id: UUID
    name: str | None
    company: str | None


class PublishedCadences:
    """Reads about published cadences; it changes nothing."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = statement_by_statement(engine)

    async def all(self) -> list[CadenceSeen]:
        """Every cadence, by name."""
        versions = (
            select(CadenceVersionRow.name, func.array_agg(CadenceVersionRow.version).label("versions"))
            .group_by(CadenceVersionRow.name)
            .subquery()
        )
        wanted = select(CadenceRow.name, CadenceRow.version, CadenceRow.changed_at, versions.c.versions)
        wanted = wanted.join(versions, versions.c.name == CadenceRow.name).order_by(CadenceRow.name)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
            counts = await _in_flight(connection)
        return [
            CadenceSeen(
                row.name,
                row.version,
                row.changed_at,
                len(row.versions),
                sum(counts.get(version, 0) for version in row.versions),
                counts.get(row.version, 0),
            )
            for row in rows
        ]

    async def versions(self, name: str) -> list[VersionSeen]:
        """Every version of a cadence, the current one first and then the newest."""
        wanted = (
            select(CadenceVersionRow.version, CadenceVersionRow.published_at, CadenceRow.version.label("current"))
            .outerjoin(CadenceRow, CadenceRow.version == CadenceVersionRow.version)
            .where(CadenceVersionRow.name == name)
            .order_by(CadenceRow.version.is_(None), CadenceVersionRow.published_at.desc(), CadenceVersionRow.version)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
            counts = await _in_flight(connection)
            publishers = await _publishers(connection, name)
        return [
            VersionSeen(
                row.version,
                row.published_at,
                publishers.get(row.version),
                row.current is not None,
                counts.get(row.version, 0),
            )
            for row in rows
        ]

    async def newest_leads(self, name: str, limit: int) -> list[LeadInIt]:
        """The leads that came into a cadence last, as far as they are there."""
        wanted = select(LeadRow.id, LeadRow.name, LeadRow.company).where(LeadRow.cadence == name)
        async with self._engine.connect() as connection:
            found = await connection.execute(wanted.order_by(LeadRow.created_at.desc()).limit(limit))
            return [LeadInIt(*row) for row in found]


async def _in_flight(connection: AsyncConnection) -> Mapping[str, int]:
    """Leads on their way in each version; from an index alone."""
    counted = select(EnrollmentRow.version, func.count()).where(EnrollmentRow.ended.is_(None))
    return {version: count for version, count in await connection.execute(counted.group_by(EnrollmentRow.version))}


async def _publishers(connection: AsyncConnection, name: str) -> Mapping[str, str]:
    """Who first published each version, as the audit log has it."""
    version = _ENTRIES.c.after["version"].astext
    entries = select(version, _ENTRIES.c.by).where(
        _ENTRIES.c.action == PUBLISH, _ENTRIES.c.subject == name, _ENTRIES.c.outcome == "done"
    )
    found = await connection.execute(entries.order_by(_ENTRIES.c.id.desc()))
    return {version: by for version, by in found if version is not None}
