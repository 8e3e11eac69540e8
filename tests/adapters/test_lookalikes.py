"""Known leads found while somebody types, by a number, an address, a company's domain or words, from real indexes."""

from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.lookalikes import MOST, Lookalikes
from leads.capture import NewLead
from leads.lookalikes import wanted
from tests.clocks import SettableClock

Seen = list[tuple[str | None, str]]
LEADS = (
    NewLead(name="Priya Raman", company="Harbor Bakery", phone="+12125550123", email="priya@harbor-bakery.com"),
    NewLead(name="Tom Harbor", company="O'Brien & Sons", phone="+12125550177", email="tom@gmail.com"),
    NewLead(name="Hannah Priyanka", company="Ovens_100%", email="h@harbor-bakery.com"),
)


@pytest_asyncio.fixture
async def lookalikes(engine: AsyncEngine, intake: LeadIntake, clock: SettableClock) -> Lookalikes:
    for lead in LEADS:
        await intake.capture(lead, "test", clock())
    return Lookalikes(engine)


async def seen(lookalikes: Lookalikes, **typed: str) -> Seen:
    return [(one.name, one.likeness.value) for one in await lookalikes.of(wanted(region="US", **typed))]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"phone": "212 555 0123"}, [("Priya Raman", "same phone")]),
        ({"phone": "212 555 017"}, [("Tom Harbor", "phone begins so")]),
        (
            {"email": "PRIYA@harbor-bakery.com"},
            [("Priya Raman", "same email"), ("Hannah Priyanka", "company's domain")],
        ),
        ({"email": "tom"}, [("Tom Harbor", "email begins so")]),
        ({"email": "t_m"}, []),
        ({"name": "ram pri"}, [("Priya Raman", "name")]),
        ({"company": "o'bri"}, [("Tom Harbor", "company")]),
        ({"company": "ovens_100%"}, [("Hannah Priyanka", "company")]),
        ({"company": "Harbour Bakers Inc."}, [("Priya Raman", "a company like it")]),
        ({"company": "Harbor Bakery LLC"}, [("Priya Raman", "company")]),
        ({"name": "Pria Ramman"}, [("Priya Raman", "a name like it")]),
        ({"name": "nobody"}, []),
        ({"name": "'':* | !x"}, []),
    ],
)
async def test_a_lead_is_found_by_what_was_typed(lookalikes: Lookalikes, typed: dict[str, str], expected: Any) -> None:
    assert await seen(lookalikes, **typed) == expected


async def test_the_surest_reason_counts_and_comes_first(lookalikes: Lookalikes) -> None:
    found = await seen(lookalikes, phone="2125550123", email="x@harbor-bakery.com", name="Priya", company="Harbor")
    assert found[0] == ("Priya Raman", "same phone")
    assert [name for name, _ in found].count("Priya Raman") == 1
    both = await seen(lookalikes, name="Priya", company="Harbor")
    assert both[0] == ("Priya Raman", "name and company")


async def test_it_tells_whose_it_is_and_how_it_stands_and_no_more(lookalikes: Lookalikes) -> None:
    (one,) = await lookalikes.of(wanted(name="Raman", region="US"))
    assert (one.name, one.company, one.stage) == ("Priya Raman", "Harbor Bakery", "new")
    assert one.owner_name in {"Anna Keller", "Ben Okafor"}
    assert set(type(one).__dataclass_fields__) == {
        *("id", "name", "company", "owner", "owner_name", "stage", "likeness"),
    }


async def test_a_few_are_enough(lookalikes: Lookalikes, intake: LeadIntake, clock: SettableClock) -> None:
    for number in range(MOST + 3):
        await intake.capture(NewLead(name="Zoe Many", email=f"zoe{number}@example.com"), "test", clock())
    assert len(await seen(lookalikes, name="zoe")) == MOST


async def test_each_search_goes_by_an_index(lookalikes: Lookalikes, engine: AsyncEngine) -> None:
    """Small tables are read whole, whatever indexes they have, so the planner is forbidden to.

    PostgreSQL 18 may skip through the kinds in the index of all contact points instead, where statistics say so.
    """
    searches = {
        (
            "ix_leads_words",
        ): "select id from leads where lead_words(name, company) @@ to_tsquery('simple', '''zoe'':*')",
        (
            "ix_contact_points_value_begins",
            "uq_contact_points_kind_value",
        ): "select lead_id from contact_points where value like '+1212555%'",
    }
    async with engine.connect() as connection:
        await connection.execute(text("set local enable_seqscan = off"))
        for indexes, search in searches.items():
            plan = "\n".join((await connection.execute(text(f"explain {search}"))).scalars())
            assert any(index in plan for index in indexes)
            assert "Index Cond" in plan
