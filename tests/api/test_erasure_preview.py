"""What an erasure would take is counted before: exactly the rows that are gone after it."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cases import UnknownLead
from adapters.db.erasure_preview import ErasurePreview
from adapters.db.rows import Base
from tests.api.conftest import Capture
from tests.api.person import Person


async def rows(engine: AsyncEngine) -> dict[str, int]:
    async with engine.connect() as connection:
        return {
            table.name: int(await connection.scalar(select(func.count()).select_from(table)) or 0)
            for table in Base.metadata.sorted_tables
        }


async def test_what_it_says_is_what_goes(person: Person, engine: AsyncEngine, capture: Capture) -> None:
    await capture()
    before = await rows(engine)
    would = await ErasurePreview(engine).of(person.lead_id)
    assert await rows(engine) == before

    await person.erase()

    after = await rows(engine)
    gone = {name: count - after[name] for name, count in before.items() if count > after[name]}
    assert would.rows == gone
    assert {"leads", "touches", "outbox", "inbound_messages", "form_submissions", "hook_deliveries"} <= set(gone)
    assert (would.lead_id, would.contact_points, would.merged) == (person.lead_id, 2, ())


async def test_a_merged_leads_id_means_the_one_it_lives_on_in(
    person: Person, engine: AsyncEngine, capture: Capture
) -> None:
    kept, other = UUID((await capture(email="ann@example.com", phone="+12125550155"))["id"]), person.lead_id
    await person.post(f"/api/leads/{kept}/merge", {"other": str(other)}, key="merge")
    would = await ErasurePreview(engine).of(other)
    assert would == await ErasurePreview(engine).of(kept)
    assert (would.lead_id, would.merged, would.contact_points) == (kept, (other,), 4)
    before = await rows(engine)
    await person.erase()
    after = await rows(engine)
    assert would.rows == {name: count - after[name] for name, count in before.items() if count > after[name]}


async def test_there_is_nothing_to_say_of_a_stranger(engine: AsyncEngine) -> None:
    with pytest.raises(UnknownLead):
        await ErasurePreview(engine).of(uuid4())
