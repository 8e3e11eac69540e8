"""Writes under a key: done once, however often they are sent, and whatever crashes in between."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.access import IdempotencyKeys, RepeatableWrite
from adapters.db.rows import CommandRow, IdempotencyKeyRow, LeadRow, TouchRow
from api.services import Delivery, Services
from tests.api.conftest import Capture, client_of
from tests.api.fakes import RecordingDelivery, UnreachableDelivery
from tests.clocks import SettableClock

KEY = {"Idempotency-Key": "order-4711"}
ANN = {"email": "ann@example.com", "question": "What does it cost?"}
TOUCH = {"channel": "call", "note": "hello"}


async def count(engine: AsyncEngine, table: Any) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(table)) or 0)


async def test_the_same_capture_is_answered_again(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    first = await client.post("/api/leads", json=ANN, headers=KEY)
    again = await client.post("/api/leads", json=ANN, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.headers["Location"] == first.headers["Location"] == f"/api/leads/{first.json()['id']}"
    assert await count(engine, CommandRow) == 1


async def test_a_capture_of_a_known_person_is_answered_again(client: httpx.AsyncClient) -> None:
    await client.post("/api/leads", json=ANN)
    first, again = [await client.post("/api/leads", json=ANN, headers=KEY) for _ in range(2)]
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Location"] == first.headers["Location"]


async def test_a_note_that_is_answered_again_is_taken_for_no_lead(client: httpx.AsyncClient, capture: Capture) -> None:
    path = f"/api/leads/{(await capture())['id']}/notes"
    first, again = [await client.post(path, json={"text": "Rang the bell."}, headers=KEY) for _ in range(2)]
    assert again.json() == first.json()
    assert (again.headers["Idempotent-Replay"], "Location" in again.headers) == ("true", "Location" in first.headers)


async def test_the_same_command_is_answered_again(
    client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine, delivery: RecordingDelivery
) -> None:
    path = f"/api/leads/{(await capture())['id']}/touches"
    first = await client.post(path, json=TOUCH, headers=KEY)
    again = await client.post(path, json=TOUCH, headers=KEY)
    assert again.json() == first.json()
    assert again.json()["told"] is True
    assert again.headers["Idempotent-Replay"] == "true"
    assert "Location" not in again.headers
    assert await count(engine, TouchRow) == 1
    assert len(delivery.told) == 2


async def test_an_answer_that_can_only_be_given_once_is_replayed(client: httpx.AsyncClient, capture: Capture) -> None:
    path = f"/api/leads/{(await capture())['id']}/answer"
    answers = [await client.post(path, json={"answer": "no"}, headers=KEY) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert (await client.post(path, json={"answer": "no"})).status_code == 409


async def test_every_write_takes_a_key(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture(owner="anna"))["id"]
    for number, (command, body) in enumerate(
        [
            ("hold", {"until": "2026-12-01", "reason": "fair"}),
            ("resume", {}),
            ("skip", {}),
            ("owner", {"owner": "ben"}),
            ("cadence", {"cadence": "outbound-qualified"}),
            ("touches", TOUCH),
            ("not-now", {"until": "2027-03-01"}),
            ("answer", {"answer": "yes"}),
        ]
    ):
        headers = {"Idempotency-Key": f"key-{number}"}
        first = await client.post(f"/api/leads/{lead}/{command}", json=body, headers=headers)
        again = await client.post(f"/api/leads/{lead}/{command}", json=body, headers=headers)
        assert first.status_code == 200, first.text
        assert (again.json(), again.headers["Idempotent-Replay"]) == (first.json(), "true")
    task = (await client.get("/api/tasks")).json()["items"][0]["id"]
    for replayed in (None, "true"):
        done = await client.post(f"/api/tasks/{task}/complete", json={"outcome": "won"}, headers=KEY)
        assert (done.status_code, done.headers.get("Idempotent-Replay")) == (200, replayed)


async def test_a_key_with_another_request_is_refused(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture())["id"]
    assert (await client.post(f"/api/leads/{lead}/touches", json=TOUCH, headers=KEY)).status_code == 200
    for path, body in (
        (f"/api/leads/{lead}/touches", {"channel": "email"}),
        (f"/api/leads/{lead}/answer", {"answer": "no"}),
        ("/api/leads", ANN),
    ):
        response = await client.post(path, json=body, headers=KEY)
        assert response.status_code == 422
        assert response.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_keys_belong_to_their_token(
    client: httpx.AsyncClient, services: Services, engine: AsyncEngine, clock: SettableClock
) -> None:
    await client.post("/api/leads", json=ANN, headers=KEY)
    other = await services.tokens.create("crm", clock())
    async with client_of(services, other) as stranger:
        response = await stranger.post("/api/leads", json={"email": "bob@example.com"}, headers=KEY)
    assert response.status_code == 201
    assert await count(engine, LeadRow) == 2


async def test_a_refused_request_frees_its_key(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    refused = await client.post("/api/leads", json={**ANN, "cadence": "no-such"}, headers=KEY)
    assert refused.status_code == 422
    assert await count(engine, IdempotencyKeyRow) == 0
    assert (await client.post("/api/leads", json=ANN, headers=KEY)).status_code == 201


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "é"])
async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient, key: str) -> None:
    response = await client.post("/api/leads", json=ANN, headers={b"Idempotency-Key": key.encode("latin-1")})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"].lower() == "idempotency-key"


async def test_requests_at_once_do_the_work_once(
    client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine
) -> None:
    path = f"/api/leads/{(await capture())['id']}/touches"
    answers = await asyncio.gather(*(client.post(path, json=TOUCH, headers=KEY) for _ in range(10)))
    assert {one.status_code for one in answers} <= {200, 409}
    done = [one.json() for one in answers if one.status_code == 200]
    assert done
    assert {one["revision"] for one in done} == {2}
    assert await count(engine, TouchRow) == 1


async def test_captures_at_once_make_one_lead(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    answers = await asyncio.gather(*(client.post("/api/leads", json=ANN, headers=KEY) for _ in range(10)))
    assert {one.status_code for one in answers} <= {201, 409}
    assert len({one.json()["id"] for one in answers if one.status_code == 201}) == 1
    assert await count(engine, LeadRow) == 1
    assert await count(engine, CommandRow) == 1


class SlowKeys(IdempotencyKeys):
    """Work under a key stops, with the key claimed, until a test lets it go on."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.claimed = asyncio.Event()
        self.go_on = asyncio.Event()

    async def claim(self, connection: AsyncConnection, write: RepeatableWrite, now: datetime) -> None:
        await super().claim(connection, write, now)
        self.claimed.set()
        await self.go_on.wait()


async def test_a_request_that_is_being_worked_on_is_a_conflict(
    client: httpx.AsyncClient, services: Services, token: str, capture: Capture, engine: AsyncEngine
) -> None:
    path = f"/api/leads/{(await capture())['id']}/touches"
    keys = SlowKeys(engine)
    async with asyncio.timeout(20), client_of(replace(services, idempotency=keys), token) as slow:
        first = asyncio.create_task(slow.post(path, json=TOUCH, headers=KEY))
        await keys.claimed.wait()
        second = await client.post(path, json=TOUCH, headers=KEY)
        assert second.status_code == 409
        assert second.headers["Retry-After"] == "1"
        keys.go_on.set()
        assert (await first).status_code == 200
    third = await client.post(path, json=TOUCH, headers=KEY)
    assert third.headers["Idempotent-Replay"] == "true"
    assert await count(engine, TouchRow) == 1


class CrashBeforeCommit(IdempotencyKeys):
    """The process dies right before the work commits."""

    async def keep(self, connection: AsyncConnection, write: RepeatableWrite, status: int, body: Any) -> None:
        await super().keep(connection, write, status, body)
        raise SystemError("killed")


class Killed(BaseException):
    """The process is gone: nothing catches this, and nobody gets an answer."""


class CrashAfterCommit(IdempotencyKeys):
    """The process dies right after the work has committed, before anything else is written."""

    async def finish(self, write: RepeatableWrite, status: int, body: Any, now: Any) -> None:
        raise Killed


async def test_a_crash_before_the_commit_leaves_nothing_and_the_repetition_does_the_work(
    client: httpx.AsyncClient, services: Services, token: str, capture: Capture, engine: AsyncEngine
) -> None:
    path = f"/api/leads/{(await capture())['id']}/touches"
    async with client_of(replace(services, idempotency=CrashBeforeCommit(engine)), token) as dying:
        assert (await dying.post(path, json=TOUCH, headers=KEY)).status_code == 500
    assert await count(engine, TouchRow) == 0
    again = await client.post(path, json=TOUCH, headers=KEY)
    assert again.status_code == 200
    assert "Idempotent-Replay" not in again.headers
    assert await count(engine, TouchRow) == 1


async def test_a_crash_after_the_commit_leaves_the_answer_too(
    client: httpx.AsyncClient, services: Services, token: str, capture: Capture, engine: AsyncEngine
) -> None:
    path = f"/api/leads/{(await capture())['id']}/touches"
    async with client_of(replace(services, idempotency=CrashAfterCommit(engine)), token) as dying:
        with pytest.raises(Killed):
            await dying.post(path, json=TOUCH, headers=KEY)
    again = await client.post(path, json=TOUCH, headers=KEY)
    assert (again.status_code, again.headers["Idempotent-Replay"]) == (200, "true")
    assert await count(engine, TouchRow) == 1


async def test_a_crash_after_a_capture_does_not_make_it_twice(
    client: httpx.AsyncClient, services: Services, token: str, engine: AsyncEngine
) -> None:
    async with client_of(replace(services, idempotency=CrashAfterCommit(engine)), token) as dying:
        with pytest.raises(Killed):
            await dying.post("/api/leads", json=ANN, headers=KEY)
    again = await client.post("/api/leads", json=ANN, headers=KEY)
    assert again.status_code == 201
    assert again.json()["created"] is True
    assert await count(engine, LeadRow) == 1
    assert await count(engine, CommandRow) == 1


async def test_a_lost_telling_is_replayed_as_it_was(
    with_delivery: Callable[[Delivery], httpx.AsyncClient], client: httpx.AsyncClient, capture: Capture
) -> None:
    path = f"/api/leads/{(await capture())['id']}/touches"
    async with with_delivery(UnreachableDelivery()) as lonely:
        first = await lonely.post(path, json=TOUCH, headers=KEY)
    again = await client.post(path, json=TOUCH, headers=KEY)
    assert first.json()["told"] is again.json()["told"] is False


async def test_keys_are_forgotten_after_a_week(
    client: httpx.AsyncClient, capture: Capture, clock: SettableClock, engine: AsyncEngine
) -> None:
    path = f"/api/leads/{(await capture())['id']}/touches"
    await client.post(path, json=TOUCH, headers=KEY)
    clock.move_by(timedelta(days=6, hours=23))
    assert (await client.post(path, json=TOUCH, headers=KEY)).headers["Idempotent-Replay"] == "true"
    clock.move_by(timedelta(hours=2))
    await client.post(path, json=TOUCH, headers={"Idempotency-Key": "another"})
    assert await count(engine, IdempotencyKeyRow) == 1
    clock.move_by(timedelta(minutes=1))
    assert "Idempotent-Replay" not in (await client.post(path, json=TOUCH, headers=KEY)).headers
    assert await count(engine, TouchRow) == 3
