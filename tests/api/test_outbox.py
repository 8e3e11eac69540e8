"""The local outbox over REST."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.providers.local_outbox import LocalOutbox
from leads.model import Channel
from leads.sending import OutgoingMessage
from tests.api.conftest import Capture
from tests.clocks import SettableClock


async def test_messages_are_listed_newest_first(
    client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine, clock: SettableClock
) -> None:
    outbox = LocalOutbox(engine, clock)
    priya = (await capture())["id"]
    tom = (await capture(email="tom@example.com", phone="+12125550112"))["id"]
    for lead, text in ((priya, "one"), (tom, "two"), (priya, "three")):
        clock.move_by(timedelta(minutes=1))
        await outbox.send(
            OutgoingMessage(
                touch_id=uuid4(),
                lead_id=UUID(lead),
                channel=Channel.EMAIL,
                to="somebody@example.com",
                text=text,
                subject=f"Subject {text}",
            )
        )

    async def listed(**params: str) -> list[str]:
        response = await client.get("/api/outbox", params=params)
        assert response.status_code == 200, response.text
        return [one["text"] for one in response.json()["items"]]

    assert await listed() == ["three", "two", "one"]
    assert await listed(lead=priya) == ["three", "one"]
    about = OutgoingMessage(
        touch_id=uuid4(), lead_id=UUID(priya), channel=Channel.EMAIL, to="anna@example.com", text="warn", internal=True
    )
    await outbox.send(about)
    assert await listed(lead=priya) == ["three", "one"]
    assert (await client.get("/api/outbox")).json()["items"][-1]["internal"] is False
    assert "warn" in await listed()
    page = (await client.get("/api/outbox", params={"limit": "2"})).json()
    assert page["total"] == 4
    assert await listed(limit="2", cursor=page["next_cursor"]) == ["two", "one"]


async def test_a_bad_question_for_the_outbox_is_refused(client: httpx.AsyncClient) -> None:
    for params in ({"lead": "priya"}, {"limit": "many"}, {"cursor": "x"}, {"to": "me"}):
        response = await client.get("/api/outbox", params=params)
        assert response.status_code == 422
        assert response.json()["errors"][0]["field"] in params
