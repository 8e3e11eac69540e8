"""Drafts are kept, never saved over unseen, and published only as they were read."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.audit_log import Change
from adapters.db.cadence_drafts import CadenceDrafts, DraftMoved, SavedDraft
from adapters.db.cadences import CadenceShelf, PublishedMeanwhile
from adapters.db.rows import AuditEntryRow, CadenceVersionRow
from cadences.bundle import CadenceBundle
from cadences.drafts import Draft, draft_of, new_draft
from cadences.library import shipped
from tests.clocks import SettableClock

NOT_NOW = next(bundle for bundle in shipped() if bundle.name == "not-now")
BEGUN = draft_of(NOT_NOW)


def reworded(word: str) -> Draft:
    return replace(BEGUN, text=f"{BEGUN.text}# {word}\n")


def by(who: str) -> Change:
    return Change(by=who, via="console", action="save_draft", subject=BEGUN.name)


@pytest.fixture
def drafts(engine: AsyncEngine, shelf: CadenceShelf) -> CadenceDrafts:
    return CadenceDrafts(engine, shelf)


async def begin(drafts: CadenceDrafts, clock: SettableClock, word: str = "first") -> SavedDraft:
    return await drafts.save(reworded(word), based_on=NOT_NOW.version, over=None, by=by("mo"), now=clock())


async def current(shelf: CadenceShelf) -> CadenceBundle:
    found = await shelf.published("not-now")
    assert found is not None
    return found


async def test_a_draft_is_there_as_it_was_saved(drafts: CadenceDrafts, clock: SettableClock) -> None:
    assert await drafts.get("not-now") is None
    saved = await begin(drafts, clock)
    found = await drafts.get("not-now")
    assert found == saved
    assert found.draft.files == reworded("first").files
    assert (found.by, found.at, found.based_on, found.revision) == ("mo", clock(), NOT_NOW.version, 1)
    assert [(one.name, one.by) for one in await drafts.all()] == [("not-now", "mo")]


async def test_templates_that_no_step_names_are_kept_too(drafts: CadenceDrafts, clock: SettableClock) -> None:
    draft = BEGUN.with_file("templates/call/later.md", "# Later\n")
    await drafts.save(draft, based_on=NOT_NOW.version, over=None, by=by("mo"), now=clock())
    found = await drafts.get("not-now")
    assert found is not None
    assert found.draft.templates["call/later.md"] == "# Later\n"


async def test_saving_over_what_was_not_seen_is_refused_and_shows_it(
    drafts: CadenceDrafts, clock: SettableClock
) -> None:
    first = await begin(drafts, clock)
    clock.move_by(timedelta(minutes=1))
    theirs = await drafts.save(
        reworded("theirs"), based_on=NOT_NOW.version, over=first.revision, by=by("zoe"), now=clock()
    )
    for over in (None, first.revision, 7):
        with pytest.raises(DraftMoved) as moved:
            await drafts.save(reworded("mine"), based_on=NOT_NOW.version, over=over, by=by("mo"), now=clock())
        assert moved.value.now == theirs
    # Whoever has seen it may.
    await drafts.save(reworded("mine"), based_on=NOT_NOW.version, over=theirs.revision, by=by("mo"), now=clock())


async def test_of_two_who_begin_at_once_one_is_refused(drafts: CadenceDrafts, clock: SettableClock) -> None:
    tried = await asyncio.gather(*(begin(drafts, clock, word) for word in "abcdef"), return_exceptions=True)
    assert sum(isinstance(one, SavedDraft) for one in tried) == 1
    assert sum(isinstance(one, DraftMoved) for one in tried) == 5


async def test_of_many_who_save_over_the_same_one_is_kept(drafts: CadenceDrafts, clock: SettableClock) -> None:
    first = await begin(drafts, clock)
    tried = await asyncio.gather(
        *(
            drafts.save(reworded(word), based_on=NOT_NOW.version, over=first.revision, by=by("mo"), now=clock())
            for word in "abcdef"
        ),
        return_exceptions=True,
    )
    (kept,) = [one for one in tried if isinstance(one, SavedDraft)]
    assert await drafts.get("not-now") == kept


async def test_the_audit_log_has_who_began_and_who_went_on_but_not_each_pause(
    drafts: CadenceDrafts, engine: AsyncEngine, clock: SettableClock
) -> None:
    saved = await begin(drafts, clock)
    for who in ("mo", "mo", "zoe", "zoe", "mo"):
        saved = await drafts.save(reworded(who), based_on=NOT_NOW.version, over=saved.revision, by=by(who), now=clock())
    async with engine.connect() as connection:
        found = await connection.execute(select(AuditEntryRow.by).order_by(AuditEntryRow.id))
        assert found.scalars().all() == ["mo", "zoe", "mo"]


async def test_publishing_makes_it_current_and_the_draft_is_gone(
    drafts: CadenceDrafts, shelf: CadenceShelf, clock: SettableClock
) -> None:
    saved = await begin(drafts, clock)
    assert await drafts.publish(saved, saved.draft.bundle, clock())
    assert await current(shelf) == saved.draft.bundle
    assert await drafts.get("not-now") is None


async def test_the_same_text_publishes_nothing(
    drafts: CadenceDrafts, shelf: CadenceShelf, engine: AsyncEngine, clock: SettableClock
) -> None:
    saved = await drafts.save(BEGUN, based_on=NOT_NOW.version, over=None, by=by("mo"), now=clock())
    assert not await drafts.publish(saved, saved.draft.bundle, clock())
    async with engine.connect() as connection:
        versions = await connection.execute(
            select(CadenceVersionRow.version).where(CadenceVersionRow.name == "not-now")
        )
        assert versions.scalars().all() == [NOT_NOW.version]
    assert await drafts.get("not-now") is None


async def test_what_somebody_published_meanwhile_is_not_published_over(
    drafts: CadenceDrafts, shelf: CadenceShelf, clock: SettableClock
) -> None:
    saved = await begin(drafts, clock)
    await shelf.publish(reworded("theirs").bundle, clock())
    with pytest.raises(PublishedMeanwhile) as meanwhile:
        await drafts.publish(saved, saved.draft.bundle, clock())
    assert meanwhile.value.version == reworded("theirs").bundle.version
    assert await current(shelf) == reworded("theirs").bundle
    assert await drafts.get("not-now") == saved
    # Nor is what was refused there for anybody to find.
    assert await shelf.find("not-now", saved.draft.bundle.version) is None


async def test_what_was_saved_since_it_was_checked_is_not_published(
    drafts: CadenceDrafts, shelf: CadenceShelf, clock: SettableClock
) -> None:
    checked = await begin(drafts, clock)
    newer = await drafts.save(
        reworded("more"), based_on=NOT_NOW.version, over=checked.revision, by=by("zoe"), now=clock()
    )
    with pytest.raises(DraftMoved) as moved:
        await drafts.publish(checked, checked.draft.bundle, clock())
    assert moved.value.now == newer
    assert await current(shelf) == NOT_NOW


async def test_a_new_cadence_is_published_once(
    drafts: CadenceDrafts, shelf: CadenceShelf, clock: SettableClock
) -> None:
    new = new_draft("price-list")
    saved = await drafts.save(new, based_on=None, over=None, by=by("mo"), now=clock())
    assert await drafts.publish(saved, new.bundle, clock())
    assert "price-list" in await shelf.names()
    again = await drafts.save(new, based_on=None, over=None, by=by("mo"), now=clock())
    with pytest.raises(PublishedMeanwhile):
        await drafts.publish(again, new.bundle, clock())


async def test_a_draft_is_dropped_only_as_it_was_read(drafts: CadenceDrafts, clock: SettableClock) -> None:
    saved = await begin(drafts, clock)
    with pytest.raises(DraftMoved):
        await drafts.drop("not-now", saved.revision + 1)
    await drafts.drop("not-now", saved.revision)
    assert await drafts.get("not-now") is None
    with pytest.raises(DraftMoved) as moved:
        await drafts.drop("not-now", saved.revision)
    assert moved.value.now is None
