"""Published versions: immutable, found by content, and what somebody published stays when a release comes."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.rows import CadenceRow, CadenceVersionRow
from cadences.bundle import CadenceBundle
from cadences.library import shipped
from leads.capture import NewLead
from tests.clocks import SettableClock

NOT_NOW = next(bundle for bundle in shipped() if bundle.name == "not-now")


def reworded(word: str) -> CadenceBundle:
    return CadenceBundle(NOT_NOW.name, f"{NOT_NOW.text}# {word}\n", NOT_NOW.templates)


async def versions(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(CadenceVersionRow)) or 0


async def current(engine: AsyncEngine) -> str | None:
    async with engine.connect() as connection:
        return await connection.scalar(select(CadenceRow.version).where(CadenceRow.name == "not-now"))


async def test_publishing_the_same_text_again_changes_nothing(
    engine: AsyncEngine, shelf: CadenceShelf, clock: SettableClock
) -> None:
    before = await versions(engine)
    assert not await shelf.publish(NOT_NOW, clock())
    assert await versions(engine) == before


async def test_a_change_is_a_new_version_and_the_old_one_stays(
    engine: AsyncEngine, shelf: CadenceShelf, clock: SettableClock
) -> None:
    before = await versions(engine)
    assert await shelf.publish(reworded("a"), clock())
    assert await versions(engine) == before + 1
    assert await current(engine) == reworded("a").version
    assert await shelf.publish(NOT_NOW, clock())
    assert await versions(engine) == before + 1
    assert await current(engine) == NOT_NOW.version


async def test_a_restart_does_not_undo_what_somebody_published(
    engine: AsyncEngine, shelf: CadenceShelf, clock: SettableClock
) -> None:
    await shelf.publish(reworded("ours"), clock())
    assert not await shelf.publish_shipped(NOT_NOW, clock())
    assert await current(engine) == reworded("ours").version
    assert await shelf.publish_shipped(reworded("the next release"), clock())
    assert await current(engine) == reworded("the next release").version


async def test_a_lead_on_its_way_keeps_its_version(
    shelf: CadenceShelf, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    lead = await intake.capture(NewLead(email="a@example.com", cadence="not-now"), by="test", now=clock())
    await shelf.publish(reworded("later"), clock())
    async with cases.open(lead.lead_id, clock()) as opened:
        assert opened.bundle.version == NOT_NOW.version
        assert opened.case.enrollment.version == NOT_NOW.version
