"""Our own people over REST."""

from typing import Any

import httpx

from adapters.db.people import People
from api.services import Services
from tests.api.conftest import Capture
from tests.api.fakes import RecordingDelivery
from tests.clocks import SettableClock


async def test_everybody_is_listed_with_todays_work(
    client: httpx.AsyncClient, services: Services, capture: Capture, clock: SettableClock, delivery: RecordingDelivery
) -> None:
    await capture(owner="anna")
    await services.people.change(
        "ben", {"zone": "Asia/Tokyo", "weight": "2", "first_response": "4 hours"}, "US", clock()
    )
    answer = await client.get("/api/reps")
    assert answer.status_code == 200
    people: dict[str, dict[str, Any]] = {one["id"]: one for one in answer.json()["items"]}
    assert list(people) == ["anna", "ben", "mia"]
    assert people["anna"]["leads"] == 1
    assert people["anna"]["at_work"] is True
    assert people["anna"]["hours"] == "mon-fri 09:00-17:30"
    assert (people["ben"]["weight"], people["ben"]["first_response"]) == (2, "4 hours")
    # Friday 10:00 in New York is Saturday in Tokyo.
    assert people["ben"]["at_work"] is False
    assert people["ben"]["at_work_from"] == "2026-11-23T00:00:00Z"
    assert people["mia"]["calls_per_day"] == 30


async def test_people_are_shown_to_token_holders_only(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/reps", headers={"Authorization": ""})).status_code == 401


async def test_who_left_comes_last(client: httpx.AsyncClient, services: Services) -> None:
    people: People = services.people
    await people.deactivate("anna")
    items = (await client.get("/api/reps")).json()["items"]
    assert [one["id"] for one in items] == ["ben", "mia", "anna"]
    assert (items[2]["active"], items[2]["at_work"], items[2]["at_work_from"]) == (False, False, None)
