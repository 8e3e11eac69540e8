"""Published cadence versions: immutable by content hash, and cached for ever since they never change."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.rows import CadenceRow, CadenceVersionRow
from cadences.bundle import CadenceBundle


class UnknownCadence(LookupError):
    """No cadence of this name was published."""


class PublishedMeanwhile(Exception):
    """Another version is current than the one that was edited.

    Attributes:
        version: the current one; None when the cadence was never published.
    """

    def __init__(self, version: str | None) -> None:
        super().__init__("another version was published meanwhile")
        self.version = version


class CadenceShelf:
    """Where published cadences stand."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._versions: dict[str, CadenceBundle] = {}

    async def publish(self, bundle: CadenceBundle, now: datetime) -> bool:
        """Make the bundle what new enrollments take; True when another content was current until now.

        Publishing the same text again changes nothing. The caller has checked the bundle.
        """
        async with self._engine.begin() as connection:
            await self._keep(connection, bundle, now)
            return await self._make_current(connection, bundle, now)

    async def publish_over(
        self, connection: AsyncConnection, bundle: CadenceBundle, now: datetime, *, over: str | None
    ) -> bool:
        """Publish in a transaction what was edited; True when another content was current until now.

        Args:
            over: the version that was edited; None for a cadence that was never published.

        Raises:
            PublishedMeanwhile: another one is current. The transaction is to be undone.
        """
        await self._keep(connection, bundle, now)
        if over is None:
            begun = insert(CadenceRow).values(name=bundle.name, version=bundle.version, changed_at=now)
            made = await connection.execute(begun.on_conflict_do_nothing().returning(CadenceRow.name))
            if made.first() is not None:
                return True
        current = select(CadenceRow.version).where(CadenceRow.name == bundle.name).with_for_update()
        found: str | None = await connection.scalar(current)
        if found != over:
            raise PublishedMeanwhile(found)
        return await self._make_current(connection, bundle, now)

    async def publish_shipped(self, bundle: CadenceBundle, now: datetime) -> bool:
        """Publish a cadence that came with the program, unless this content was here before.

        So a new release brings its own wording, and what somebody published over it since stays.
        """
        async with self._engine.begin() as connection:
            return await self._keep(connection, bundle, now) and await self._make_current(connection, bundle, now)

    async def _keep(self, connection: AsyncConnection, bundle: CadenceBundle, now: datetime) -> bool:
        """Store the version; True when it is new."""
        added = await connection.execute(
            insert(CadenceVersionRow)
            .values(
                version=bundle.version,
                name=bundle.name,
                source=bundle.text,
                templates=dict(bundle.templates),
                published_at=now,
            )
            .on_conflict_do_nothing()
            .returning(CadenceVersionRow.version)
        )
        return added.first() is not None

    async def _make_current(self, connection: AsyncConnection, bundle: CadenceBundle, now: datetime) -> bool:
        changed = await connection.execute(
            insert(CadenceRow)
            .values(name=bundle.name, version=bundle.version, changed_at=now)
            .on_conflict_do_update(
                index_elements=[CadenceRow.name],
                set_={"version": bundle.version, "changed_at": now},
                where=CadenceRow.version != bundle.version,
            )
            .returning(CadenceRow.name)
        )
        return changed.first() is not None

    async def names(self) -> Sequence[str]:
        """The names of all published cadences."""
        async with self._engine.connect() as connection:
            return (await connection.execute(select(CadenceRow.name).order_by(CadenceRow.name))).scalars().all()

    async def published(self, name: str) -> CadenceBundle | None:
        """The version that new enrollments of a cadence take; None when it was never published."""
        async with self._engine.connect() as connection:
            try:
                return await self.current(connection, name)
            except UnknownCadence:
                return None

    async def find(self, name: str, version: str) -> CadenceBundle | None:
        """A version of a cadence; None when there is none."""
        wanted = select(CadenceVersionRow.version)
        wanted = wanted.where(CadenceVersionRow.name == name, CadenceVersionRow.version == version)
        async with self._engine.connect() as connection:
            found = await connection.scalar(wanted)
            return None if found is None else await self.version(connection, found)

    async def all_current(self, connection: AsyncConnection) -> list[CadenceBundle]:
        """What new enrollments take, by name."""
        found = await connection.execute(select(CadenceRow.version).order_by(CadenceRow.name))
        return [await self.version(connection, version) for version in found.scalars().all()]

    async def current(self, connection: AsyncConnection, name: str) -> CadenceBundle:
        """The version that new enrollments take.

        Raises:
            UnknownCadence: no cadence of this name was published.
        """
        found = await connection.execute(select(CadenceRow.version).where(CadenceRow.name == name))
        version = found.scalar_one_or_none()
        if version is None:
            raise UnknownCadence(name)
        return await self.version(connection, version)

    async def version(self, connection: AsyncConnection, version: str) -> CadenceBundle:
        """The bundle of a pinned version."""
        bundle = self._versions.get(version)
        if bundle is None:
            row = (
                await connection.execute(
                    select(CadenceVersionRow.name, CadenceVersionRow.source, CadenceVersionRow.templates).where(
                        CadenceVersionRow.version == version
                    )
                )
            ).one()
            bundle = _bundle(row.name, row.source, tuple(sorted(row.templates.items())))
            self._versions[version] = bundle
        return bundle


@lru_cache(maxsize=256)
def _bundle(name: str, source: str, templates: tuple[tuple[str, str], ...]) -> CadenceBundle:
    return CadenceBundle(name=name, text=source, templates=dict(templates))
