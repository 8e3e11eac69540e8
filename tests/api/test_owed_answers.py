"""Whose the first answer to a question is, while the lead goes from hand to hand."""

from datetime import timedelta
from typing import Any
from uuid import UUID

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


async def test_who_can_only_be_called_is_called_again_which_ends_as_a_call_does(house: House) -> None:
    await house.captured(email=None, consents=[])
    while not (calls := await house.tasks("call")):
        await house.act()
    await house.complete(calls[0], "no answer")
    again = await asked_for(house)
    assert (again["title"], again["contact"]) == ("call again: not reached before", "+12125550111")
    assert {"connected", "voicemail", "no answer", "wrong number", "call back", "answered", "nothing needed"} < set(
        again["outcomes"]
    )
    house.clock.move_by(timedelta(minutes=10))
    await house.complete(UUID(again["id"]), "voicemail")
    third = await asked_for(house)
    assert third["id"] != again["id"]
    house.clock.move_by(timedelta(minutes=20))
    await house.complete(UUID(third["id"]), "connected")
    assert await house.tasks("question") == []
    assert await answered(house) == [("anna", "anna", 1800)]
    calls_made = [one for one in (await house.shown())["touches"] if one["channel"] == "call"]
    assert sorted(one["outcome"] for one in calls_made) == ["connected", "no answer", "voicemail"]


async def asked_for(house: House) -> dict[str, Any]:
    """The one task by which somebody is asked for the first answer."""
    listed = (await house.client.get("/api/tasks", params={"lead": house.lead})).json()["items"]
    (task,) = [one for one in listed if one["kind"] == "question"]
    return dict(task)
