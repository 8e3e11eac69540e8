"""Cadences that are being edited: kept at each pause, so that nothing is lost, and never saved over unseen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.audit_log import Change, write_audit
from adapters.db.cadences import CadenceShelf
from adapters.db.rows import CadenceDraftRow, table_of
from cadences.bundle import CadenceBundle
from cadences.drafts import Draft

_DRAFTS = table_of(CadenceDraftRow)


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A draft as it was saved last."""

    draft: Draft
    based_on: str | None
    """The version that it was begun with; None for a cadence that was never published."""
    revision: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DraftSeen:
    """That there is a draft, for lists."""

    name: str
    by: str
    at: datetime


class DraftMoved(Exception):
    """Somebody else saved, published or dropped the draft since it was read.

    Attributes:
        now: the draft as it is; None when there is none any more.
    """

    def __init__(self, now: SavedDraft | None) -> None:
        super().__init__("the draft is not the one that was read")
        self.now = now


class CadenceDrafts:
    """The drafts, one for each cadence."""

    def __init__(self, engine: AsyncEngine, shelf: CadenceShelf) -> None:
        self._engine = engine
        self._shelf = shelf

    async def all(self) -> list[DraftSeen]:
        """What is being edited, by name."""
        columns = (_DRAFTS.c.name, _DRAFTS.c.saved_by, _DRAFTS.c.saved_at)
        async with self._engine.connect() as connection:
            found = await connection.execute(select(*columns).order_by(_DRAFTS.c.name))
            return [DraftSeen(*row) for row in found]

    async def get(self, name: str) -> SavedDraft | None:
        """The draft of a cadence, if it is being edited."""
        async with self._engine.connect() as connection:
            return await _read(connection, name)

    async def save(
        self, draft: Draft, *, based_on: str | None, over: int | None, by: Change, now: datetime
    ) -> SavedDraft:
        """Keep a draft.

        Args:
            based_on: the version that it was begun with; None for a cadence that was never published.
            over: the revision that was read; None where there was no draft.
            by: who saves it. Written into the audit log when a draft begins, or passes to somebody else: not at each
                of the many times that one person saves it.

        Raises:
            DraftMoved: there is another revision by now; nothing was saved.
        """
        values: dict[str, Any] = {
            "based_on": based_on,
            "text": draft.text,
            "templates": dict(draft.templates),
            "saved_by": by.by,
            "saved_at": now,
        }
        async with self._engine.begin() as connection:
            before = await _read(connection, draft.name, lock=True)
            if (before.revision if before is not None else None) != over:
                raise DraftMoved(before)
            revision = (over or 0) + 1
            if before is None:
                begun = postgresql.insert(_DRAFTS).values(name=draft.name, revision=revision, **values)
                made = await connection.execute(begun.on_conflict_do_nothing().returning(_DRAFTS.c.name))
                if made.first() is None:  # Somebody began one in this very moment.
                    raise DraftMoved(await _read(connection, draft.name))
            else:
                saved = update(_DRAFTS).where(_DRAFTS.c.name == draft.name)
                await connection.execute(saved.values(revision=revision, **values))
            if before is None or before.by != by.by:
                await write_audit(connection, by, now)
        return SavedDraft(draft, based_on, revision, by.by, now)

    async def drop(self, name: str, revision: int) -> None:
        """Forget a draft.

        Raises:
            DraftMoved: there is another revision by now; it stays.
        """
        async with self._engine.begin() as connection:
            await _forget(connection, name, revision)

    async def publish(self, saved: SavedDraft, bundle: CadenceBundle, now: datetime) -> bool:
        """Make a draft what new enrollments take, and forget the draft; True when another content was current.

        Args:
            saved: the draft as it was read and checked.
            bundle: what it publishes.

        Raises:
            DraftMoved: it was saved again since; nothing was published.
            PublishedMeanwhile: another version than the one it was begun with is current; nothing was published.
        """
        async with self._engine.begin() as connection:
            await _forget(connection, saved.draft.name, saved.revision)
            return await self._shelf.publish_over(connection, bundle, now, over=saved.based_on)


async def _forget(connection: AsyncConnection, name: str, revision: int) -> None:
    gone = delete(_DRAFTS).where(_DRAFTS.c.name == name, _DRAFTS.c.revision == revision).returning(_DRAFTS.c.name)
    if (await connection.execute(gone)).first() is None:
        raise DraftMoved(await _read(connection, name))


async def _read(connection: AsyncConnection, name: str, *, lock: bool = False) -> SavedDraft | None:
    wanted = select(_DRAFTS).where(_DRAFTS.c.name == name)
    found = await connection.execute(wanted.with_for_update() if lock else wanted)
    row = found.mappings().one_or_none()
    return None if row is None else _saved(row)


def _saved(row: RowMapping) -> SavedDraft:
    templates: Mapping[str, str] = row["templates"]
    draft = Draft(row["name"], row["text"], templates)
    return SavedDraft(draft, row["based_on"], row["revision"], row["saved_by"], row["saved_at"])
