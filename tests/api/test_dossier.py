"""A dossier: everything that any table has of a person."""

from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.dossier import Dossiers
from adapters.db.rows import Base
from leads.contract import workflow_id
from tests.api.person import EMAIL, MARK, PHONE, Person
from tests.sample import KEY

OF_NO_LEAD = {"inbound_messages": 2, "form_submissions": 1, "hook_deliveries": 1}
"""What the person sent and no lead was found for: an email, a form that looked like a program's, a hook's delivery."""


async def test_a_dossier_has_every_table_and_everything_in_it(person: Person, engine: AsyncEngine) -> None:
    dossier = await Dossiers(engine, KEY).of(person.lead_id, person.services.clock())
    assert dossier is not None
    assert dossier["workflow"] == workflow_id(person.lead_id)
    assert dossier["lead"]["name"] == f"{MARK} Raman"
    with_lead = {table.name for table in Base.metadata.sorted_tables if "lead_id" in table.columns}
    assert with_lead <= dossier.keys()
    for name in with_lead - {"erasures"}:
        assert dossier[name], name
        async with engine.connect() as connection:
            theirs = text(f'select count(*) from "{name}" where lead_id = :id')
            of_lead = await connection.scalar(theirs, {"id": person.lead_id})
        assert len(dossier[name]) == of_lead + OF_NO_LEAD.get(name, 0), name
    assert {one["contact"] for one in dossier["suppressions"]} == {EMAIL, PHONE}
    keys = {"capture", "hold", "touch", "task", "owner", "answer", "meeting", "note", "email"}
    assert {one["key"] for one in dossier["idempotency_keys"]} == keys
    assert await Dossiers(engine, KEY).of(uuid4(), person.services.clock()) is None
