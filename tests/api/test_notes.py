"""Notes over REST: written down on the timeline, once per key, and without any other effect."""

from uuid import UUID

import httpx
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import AuditEntryRow, CommandRow, NoteRow
from tests.api.conftest import Capture
from tests.api.counted import what_counts
from tests.api.fakes import RecordingDelivery
from tests.api.test_commands import NOBODY, post
from tests.clocks import SettableClock

SHE_BAKES = "She bakes with rye.\nCall after four."


async def test_a_note_stands_on_the_timeline_and_changes_nothing(
    client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine, delivery: RecordingDelivery, clock: SettableClock
) -> None:
    lead = (await capture())["id"]
    before, told = await client.get(f"/api/leads/{lead}"), list(delivery.told)
    counted = await what_counts(engine, lead)
    note = await post(client, f"/api/leads/{lead}/notes", {"text": SHE_BAKES, "by": "anna"})
    assert (note["lead_id"], note["by"], note["text"]) == (lead, "anna", SHE_BAKES)
    shown = (await client.get(f"/api/leads/{lead}")).json()
    entry = next(one for one in shown["timeline"] if one["kind"] == "note")
    assert (entry["said"], entry["by"], entry["reference"]) == (SHE_BAKES, "anna", note["id"])
    assert shown["revision"] == before.json()["revision"]
    assert await what_counts(engine, lead) == counted
    assert delivery.told == told
    async with engine.connect() as connection:
        kinds = (await connection.execute(select(CommandRow.kind))).scalars().all()
        entry_row = (await connection.execute(select(AuditEntryRow.__table__))).mappings().one()
    assert list(kinds) == ["start"]
    assert (entry_row["action"], entry_row["by"], entry_row["lead_id"]) == ("add_note", "anna", UUID(lead))
    assert "rye" not in str(dict(entry_row))


async def test_a_note_is_written_once_per_key(client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine) -> None:
    path, key = f"/api/leads/{(await capture())['id']}/notes", {"Idempotency-Key": "n"}
    first = await client.post(path, json={"text": SHE_BAKES}, headers=key)
    again = await client.post(path, json={"text": SHE_BAKES}, headers=key)
    assert first.json() == again.json()
    assert first.json()["by"] == "website"
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(NoteRow)) == 1


async def test_a_note_without_words_or_of_a_stranger_is_refused(client: httpx.AsyncClient, capture: Capture) -> None:
    path = f"/api/leads/{(await capture())['id']}/notes"
    for body, field in (({"text": "  "}, "text"), ({}, "text"), ({"text": "x", "by": "nobody"}, "by")):
        assert (await post(client, path, body, 422))["errors"][0]["field"] == field
    assert (await client.post(f"/api/leads/{NOBODY}/notes", json={"text": "x"})).status_code == 404


async def test_a_slip_before_a_note_may_still_be_taken_back(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture())["id"]
    await post(client, f"/api/leads/{lead}/answer", {"answer": "no", "by": "anna"})
    await post(client, f"/api/leads/{lead}/notes", {"text": "Oh dear, wrong lead.", "by": "anna"})
    undone = await post(client, f"/api/leads/{lead}/undo", {"by": "anna"})
    assert undone["answer"] is None
