"""When to call, over REST: a wish that is stated, kept and shown, and what was learnt of all."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.services import Services
from tests.api.conftest import Capture
from tests.clocks import SettableClock


async def test_a_wish_is_kept_as_it_was_last_said(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture(email="ann@example.com", reach="Tue 14:00-17:00"))["id"]
    assert (await client.get(f"/api/leads/{lead}")).json()["reach"] == "tue 14:00-17:00"
    await capture(email="ann@example.com", reach="mon,wed 09:00-12:00")
    assert (await client.get(f"/api/leads/{lead}")).json()["reach"] == "mon,wed 09:00-12:00"
    await capture(email="ann@example.com", reach=" ")
    assert (await client.get(f"/api/leads/{lead}")).json()["reach"] == "mon,wed 09:00-12:00"


@pytest.mark.parametrize("text", ["Tuesdays after two", "tue", "tue 17:00-14:00"])
async def test_a_wish_that_cannot_be_read_is_refused_with_an_example(client: httpx.AsyncClient, text: str) -> None:
    refused = await client.post("/api/leads", json={"email": "ann@example.com", "reach": text})
    assert refused.status_code == 422
    (problem,) = refused.json()["errors"]
    assert problem["field"] == "reach"
    assert "write them like" in problem["message"]


async def test_what_was_learnt_is_shown_for_every_hour_of_the_week(
    client: httpx.AsyncClient, services: Services, clock: SettableClock, engine: AsyncEngine
) -> None:
    before = (await client.get("/api/best-times")).json()
    assert (before["learnt_at"], before["calls"], before["share"]) == (None, 0, 0.2)
    await services.times.learn(clock())
    after = (await client.get("/api/best-times")).json()
    assert after["learnt_at"] == "2026-11-20T15:00:00Z"
    assert len(after["hours"]) == 168
    assert after["hours"][34] == {
        "weekday": 1, "hour": 10, "calls": 0, "connected": 0, "replies": 0, "expected": 0.2,
    }  # fmt: skip
