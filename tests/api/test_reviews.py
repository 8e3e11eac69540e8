"""Reviews over REST."""

from datetime import UTC, datetime

import httpx

from api.services import Services
from tests.api.conftest import Capture
from tests.clocks import SettableClock

CLOSE = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)


async def test_a_review_is_shown_with_names_that_are_looked_up(
    client: httpx.AsyncClient, services: Services, capture: Capture, clock: SettableClock
) -> None:
    lead = (await capture(owner="anna"))["id"]
    clock.move_to(CLOSE)
    await services.reviews.write("mia", CLOSE)

    response = await client.get("/api/reviews/2026-11-20", params={"manager": "mia"})

    assert response.status_code == 200, response.text
    view = response.json()
    assert view["made_at"] == "2026-11-20T22:30:00Z"
    anna = next(rep for rep in view["review"]["reps"] if rep["rep"] == "anna")
    assert [item["lead_id"] for item in anna["new_leads"]["items"]] == [lead]
    assert "Priya" not in str(view["review"])
    url = f"https://follow.example.com/console/leads/{lead}"
    assert view["leads"] == {lead: {"name": "Priya Raman · Harbor Bakery", "url": url}}
    assert view["people"]["anna"] == "Anna Keller"


async def test_what_can_not_be_shown_is_said(client: httpx.AsyncClient) -> None:
    missing = await client.get("/api/reviews/2026-11-17")
    assert missing.status_code == 404
    assert "what happened then stands in the next one" in missing.json()["detail"]
    assert (await client.get("/api/reviews/2026-11-20", params={"manager": "ghost"})).status_code == 404
    assert (await client.get("/api/reviews/yesterday")).status_code in (404, 422)
    assert (await client.get("/api/reviews/2026-11-20", headers={"Authorization": ""})).status_code == 401
