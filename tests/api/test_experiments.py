"""Experiments over REST: counts, intervals and the verdict, for callers with a token."""

import httpx

from adapters.db.cadences import CadenceShelf
from cadences.bundle import CadenceBundle
from tests.clocks import SettableClock

TRYING = CadenceBundle(
    "trying",
    "cadence: trying\non_silence: {return_to: owner}\nsteps: [{email: a, variants: {short: b}}]\n",
    {"email/a.md": "---\nsubject: A\n---\nA", "email/b.md": "---\nsubject: B\n---\nB"},
)


async def test_an_experiment_without_anybody_is_too_early(
    client: httpx.AsyncClient, shelf: CadenceShelf, clock: SettableClock
) -> None:
    await shelf.publish(TRYING, clock())
    (found,) = (await client.get("/api/experiments")).json()
    assert (found["cadence"], found["step"], found["goal"], found["within_days"]) == ("trying", "a", "reply", 14)
    assert found["running"] is True
    assert found["judgement"]["verdict"] == "too early"
    assert found["judgement"]["text"] == "too early: 0 of 220"
    assert [arm["counts"]["name"] for arm in found["arms"]] == ["original", "short"]
    assert found["arms"][0]["reply_share"] is None


async def test_only_one_cadences_experiments(
    client: httpx.AsyncClient, shelf: CadenceShelf, clock: SettableClock
) -> None:
    await shelf.publish(TRYING, clock())
    assert (await client.get("/api/experiments", params={"cadence": "inbound-web"})).json() == []
    assert (await client.get("/api/experiments", params={"cadense": "x"})).status_code == 422


async def test_the_leads_behind_a_number_of_a_variant(
    client: httpx.AsyncClient, shelf: CadenceShelf, clock: SettableClock
) -> None:
    await shelf.publish(TRYING, clock())
    (found,) = (await client.get("/api/experiments")).json()
    asked = {"experiment": found["id"], "variant": "short", "figure": "replied"}
    answered = await client.get("/api/experiments/leads", params=asked)
    assert answered.json() == {"items": [], "total": 0, "next_cursor": None}
    refused = await client.get("/api/experiments/leads", params=asked | {"variant": "long"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "variant")
    assert (await client.get("/api/experiments/leads", params=asked | {"figure": "touches"})).status_code == 422
