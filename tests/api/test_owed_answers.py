"""Whose the first answer to a question is, while the lead goes from hand to hand."""

from datetime import timedelta

from sqlalchemy import func, select

from adapters.db.rows import FirstResponseRow
from tests.api.house import House


async def test_who_gets_a_lead_that_waits_for_an_answer_owes_it(house: House) -> None:
    """The clock goes with the lead, comes back with it, and stays with who answered."""
    await house.waiting_for_a_call()
    assert await whose(house) == {"anna": 1}
    await house.record("owner", owner="ben", by="mia")
    assert await whose(house) == {"ben": 1}
    await house.undo(by="mia")
    assert await whose(house) == {"anna": 1}
    await house.record("owner", owner="ben", by="mia")
    house.clock.move_by(timedelta(minutes=30))
    await house.record("touches", channel="call", by="ben")
    await house.record("owner", owner="anna", by="mia")
    assert await whose(house) == {}
    assert await answered(house) == [("ben", "ben", 1800)]
    # An earlier call that is logged only now was made while the question was Ben's.
    earlier = (house.clock() - timedelta(minutes=20)).isoformat()
    await house.record("touches", channel="call", at=earlier, by="ben")
    assert await answered(house) == [("ben", "ben", 600)]


async def test_who_waits_no_more_is_still_whose_they_were(house: House) -> None:
    await house.waiting_for_a_call()
    await house.record("answer", answer="no")
    await house.record("owner", owner="ben", by="mia")
    assert [owner for owner, *_ in await answered(house)] == ["anna"]


async def whose(house: House) -> dict[str, int]:
    """How many people wait for a first answer of whom."""
    found = {}
    for rep in ("anna", "ben"):
        waiting = (await house.client.get("/api/reports/first-responses", params={"rep": rep})).json()
        if total := waiting["in_time"]["total"] + waiting["late"]["total"]:
            found[rep] = total
    return found


async def answered(house: House) -> list[tuple[str, str | None, float | None]]:
    """Whose each question is, who answered it, and after how many seconds."""
    seconds = func.extract("epoch", FirstResponseRow.answered_at - FirstResponseRow.asked_at)
    async with house.engine.connect() as connection:
        asked = select(FirstResponseRow.owner_id, FirstResponseRow.answered_by, seconds)
        return [
            (owner, by, None if took is None else float(took)) for owner, by, took in await connection.execute(asked)
        ]
