"""The shown business is worth looking at, the same each time, and one in which nobody is forgotten."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import LeadRow
from leads.contract import Plan
from tests.conftest import empty
from tests.console.conftest import Lived
from tests.console.snapshot import Snapshot
from tests.console.stage import START, Stage

_SHOWN = """
select l.name, l.company, l.stage, l.ended, l.owner_id, l.next_at,
       (select string_agg(concat_ws(' ', t.kind, t.state, t.outcome), ', ' order by t.created_at, t.kind)
        from tasks t where t.lead_id = l.id),
       (select count(*) from touches t where t.lead_id = l.id)
from leads l order by l.created_at, l.name, l.next_at
"""


async def rows(engine: AsyncEngine, statement: str) -> Sequence[Any]:
    async with engine.connect() as connection:
        return (await connection.execute(text(statement))).all()


async def test_everything_that_a_page_can_show_has_happened(busy_stage: Stage) -> None:
    async def counted(statement: str) -> dict[str, int]:
        return dict(Counter(row[0] for row in await rows(busy_stage.engine, statement)))

    tasks = await counted("select kind || ' ' || state from tasks")
    for kind in ("call", "reply", "question", "step", "unknown_send", "find_contact", "meeting"):
        assert tasks[f"{kind} open"], tasks
    assert tasks["call done"] >= 60
    assert tasks["call expired"]
    assert {"won", "lost", "new", "working", "qualified"} <= set(await counted("select stage from leads"))
    assert {"yes", "no", "opted_out", "unreachable"} <= set(await counted("select ended from leads"))
    assert {"manual", "reply", "personal_touch", "meeting", "provider"} <= set(
        await counted("select reason from holds")
    )
    assert {"sent", "failed", "unknown", "made", "refused"} <= set(await counted("select state from touches"))
    assert {"reply", "calendar", "auto_reply", "revocation"} <= set(await counted("select kind from inbound_messages"))
    assert {"invited", "accepted", "held", "no-show"} <= set(await counted("select state from meetings"))
    assert {"failed", "taken"} <= set(await counted("select state from hook_deliveries"))
    owners = await counted("select owner from tasks where state = 'open'")
    assert {"anna", "ben", "chloe", "paul", "eva"} <= set(owners)
    assert owners["anna"] >= 8
    for table in ("absences", "alerts", "answers", "audit_entries", "erasures", "inquiries", "lead_merges", "reviews"):
        assert await rows(busy_stage.engine, f"select 1 from {table}"), table


async def test_nobody_is_forgotten(busy_stage: Stage) -> None:
    """Whoever is followed up has an instant at which something happens, and none has gone by."""
    async with busy_stage.engine.connect() as connection:
        plans = await connection.execute(select(LeadRow.name, LeadRow.plan).where(LeadRow.ended.is_(None)))
        wakes = {name: Plan.model_validate(plan).wake for name, plan in plans}
    late = [name for name, wake in wakes.items() if wake is None or wake.at < START]
    assert len(wakes) > 50
    assert late == []


async def test_every_workflow_has_heard(busy_stage: Stage) -> None:
    assert await rows(busy_stage.engine, "select kind from commands where delivered_at is null") == []


async def test_it_is_the_same_each_time(theatre: Stage, lived: Lived, engine: AsyncEngine) -> None:
    await lived.snapshot.put_back(engine)
    before = await rows(engine, _SHOWN)
    await empty(engine)
    again = await theatre.fill()
    assert again.leads.keys() == lived.incidents.leads.keys()
    assert await rows(engine, _SHOWN) == before


async def test_a_snapshot_is_put_back_whole_and_can_be_gone_on_with(busy_stage: Stage) -> None:
    again = await Snapshot.of(busy_stage.engine)
    await empty(busy_stage.engine)
    assert await rows(busy_stage.engine, "select 1 from leads") == []
    await again.put_back(busy_stage.engine)
    kept = await Snapshot.of(busy_stage.engine)
    assert {name: len(rows) for name, rows in kept.rows.items()} == {n: len(r) for n, r in again.rows.items()}
    token = await busy_stage.services.tokens.create("another", START)
    assert await busy_stage.services.tokens.find(token) is not None


@pytest.mark.parametrize(
    "what", ["bounced", "unknown send", "on hold", "merged", "account trouble", "replied", "much to tell"]
)
async def test_what_happened_once_can_be_opened(busy_stage: Stage, lived: Lived, what: str) -> None:
    lead_id = lived.incidents.leads[what]
    assert [one.id for one in await busy_stage.services.reading.named([lead_id])] == [lead_id]
