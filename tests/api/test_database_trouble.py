"""What callers hear when PostgreSQL is away, full or in trouble, at whatever moment it happens."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from structlog.testing import capture_logs

from adapters.db.access import IdempotencyKeys, RepeatableWrite
from adapters.db.engine import connect, is_trouble
from adapters.db.lead_views import LeadView
from adapters.db.reading import Reading
from adapters.db.rows import IdempotencyKeyRow, LeadRow, TouchRow
from api import writes
from api.services import Services
from leads.model import Company
from runtime.embedded.postgres import EmbeddedPostgres
from tests.api.conftest import Capture, client_of

NO_LEAD = "0d4f9a52-7d3c-4f62-a4f5-6fc3ab2b7b11"
KEY = {"Idempotency-Key": "order-4711"}
ANN = {"email": "ann@example.com"}
TOUCH = {"channel": "call", "note": "hello"}
Fail = Callable[[AsyncEngine], Awaitable[object]]


def sqlstate(code: str) -> Fail:
    """PostgreSQL itself reports this state, through the real driver."""

    async def fail(engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            await connection.execute(text(f"do $$ begin raise exception using errcode = '{code}'; end $$"))

    return fail


def statement(sql: str) -> Fail:
    async def fail(engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            await connection.execute(text(sql))

    return fail


def error(failure: Exception) -> Fail:
    async def fail(_: AsyncEngine) -> None:
        raise failure

    return fail


async def a_killed_connection(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("select pg_terminate_backend(pg_backend_pid())"))


async def no_such_database(engine: AsyncEngine) -> None:
    other = connect(engine.url.set(database="nowhere").render_as_string(hide_password=False))
    async with other.connect():
        pass


async def no_such_socket(engine: AsyncEngine) -> None:
    other = connect("postgresql+asyncpg://me@/x?host=/nowhere&port=5432")
    async with other.connect():
        pass


async def a_value_that_cannot_be_sent(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(select(LeadRow.id).where(LeadRow.revision == 2**80))


STATES = ("08006", "25006", "40001", "40P01", "53200", "53300", "57014", "57P03")
TROUBLE: dict[str, Fail] = {
    **{code: sqlstate(code) for code in STATES},
    "refused": error(ConnectionRefusedError()),
    "no route": error(OSError(113, "No route to host")),
    "too late": error(TimeoutError()),
    "pool exhausted": error(NoConnectionFree("QueuePool limit")),
    "killed": a_killed_connection,
    "no database": no_such_database,
    "no socket": no_such_socket,
}
MISTAKES: dict[str, Fail] = {
    "syntax": statement("selec 1"),
    "no table": statement("select 1 from nothing"),
    "constraint": sqlstate("23505"),
    "bytes": sqlstate("22021"),
    "corrupt": sqlstate("XX001"),
    "value": a_value_that_cannot_be_sent,
}


async def answer_when(fail: Fail, services: Services, token: str, engine: AsyncEngine) -> httpx.Response:
    class FailingReading(Reading):
        async def lead(self, lead_id: UUID, company: Company, now: datetime) -> LeadView | None:
            await fail(engine)
            return None

    async with client_of(replace(services, reading=FailingReading(engine)), token) as client:
        return await client.get(f"/api/leads/{NO_LEAD}")


@pytest.mark.parametrize("name", TROUBLE)
async def test_trouble_is_a_503(name: str, services: Services, token: str, engine: AsyncEngine) -> None:
    with capture_logs() as logs:
        response = await answer_when(TROUBLE[name], services, token, engine)
    assert response.status_code == 503, [logs, response.text]
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Retry-After"]
    assert "nothing was stored" in response.json()["detail"]
    (logged,) = [line for line in logs if line["event"] == "the database is in trouble"]
    assert name not in STATES or logged["sqlstate"] == name


@pytest.mark.parametrize("name", MISTAKES)
async def test_a_mistake_of_ours_is_an_incident(name: str, services: Services, token: str, engine: AsyncEngine) -> None:
    with capture_logs() as logs:
        response = await answer_when(MISTAKES[name], services, token, engine)
    assert response.status_code == 500
    assert response.json()["incident"] in {line.get("incident") for line in logs}


def test_what_is_no_error_of_the_database_is_no_trouble() -> None:
    assert not is_trouble(ValueError("x"))
    assert not is_trouble(KeyError("sqlstate"))


async def test_connections_that_the_server_closed_are_replaced(postgres: EmbeddedPostgres, engine: AsyncEngine) -> None:
    mine = connect(postgres.url("tests"))
    ids = text("select pg_backend_pid()")
    try:
        async with mine.connect() as one, mine.connect() as other:
            closed = [await one.scalar(ids), await other.scalar(ids)]
        async with engine.connect() as connection:
            await connection.execute(
                text("select pg_terminate_backend(pid, 5000) from unnest(cast(:ids as int[])) pid"), {"ids": closed}
            )
        await asyncio.sleep(0.2)  # the server has hung up; the driver hears of it when the loop turns
        async with mine.connect() as one, mine.connect() as other:
            assert {await one.scalar(ids), await other.scalar(ids)}.isdisjoint(closed)
    finally:
        await mine.dispose()


async def count(engine: AsyncEngine, table: Any) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(table)) or 0)


async def kill(engine: AsyncEngine, connection: AsyncConnection) -> None:
    """End a connection's backend, from another connection."""
    backend = await connection.scalar(text("select pg_backend_pid()"))
    async with engine.connect() as other:
        await other.execute(text("select pg_terminate_backend(:pid)"), {"pid": backend})


class LostAtTheCommit(IdempotencyKeys):
    """The connection is lost when all is written, so that the commit is what fails."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self._killer = engine

    async def keep(self, connection: AsyncConnection, write: RepeatableWrite, status: int, body: Any) -> None:
        await super().keep(connection, write, status, body)
        await kill(self._killer, connection)


class LostBeforeTheWork(IdempotencyKeys):
    """The connection is lost when the work begins."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self._killer = engine

    async def claim(self, connection: AsyncConnection, write: RepeatableWrite, now: datetime) -> None:
        await super().claim(connection, write, now)
        await kill(self._killer, connection)


class NotKept(IdempotencyKeys):
    """The connection is lost after the commit."""

    async def finish(self, write: RepeatableWrite, status: int, body: Any, now: Any) -> None:
        raise ConnectionResetError


class KeptTooSlowly(IdempotencyKeys):
    """The database takes what comes after the commit, and never answers."""

    async def finish(self, write: RepeatableWrite, status: int, body: Any, now: Any) -> None:
        await asyncio.sleep(3600)


async def test_a_commit_that_is_lost_may_have_stored(
    services: Services, token: str, client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine
) -> None:
    path = f"/api/leads/{(await capture())['id']}/touches"
    async with client_of(replace(services, idempotency=LostAtTheCommit(engine)), token) as losing:
        for url, body in ((path, TOUCH), ("/api/leads", ANN)):
            response = await losing.post(url, json=body, headers={"Idempotency-Key": url})
            assert response.status_code == 503
            assert response.headers["Retry-After"]
            assert "may have been stored" in response.json()["detail"]
            assert "send it again under the same Idempotency-Key" in response.json()["detail"]
            assert "nothing was stored" not in response.text
    assert (await client.post(path, json=TOUCH, headers={"Idempotency-Key": path})).status_code == 200
    assert (await client.post("/api/leads", json=ANN, headers={"Idempotency-Key": "/api/leads"})).status_code == 201
    assert (await count(engine, TouchRow), await count(engine, LeadRow)) == (1, 2)


@contextmanager
def commits_that_are_lost(engine: AsyncEngine) -> Iterator[None]:
    def lose(_: object) -> None:
        raise ConnectionResetError

    event.listen(engine.sync_engine, "commit", lose)
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "commit", lose)


async def test_a_lost_commit_without_a_key_asks_the_caller_to_look(
    client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine
) -> None:
    path = f"/api/leads/{(await capture())['id']}/touches"
    for url, body in ((path, TOUCH), ("/api/leads", {**ANN, "owner": "anna"})):
        with commits_that_are_lost(engine):
            response = await client.post(url, json=body)
        assert response.status_code == 503
        assert "may have been stored; look before you send it again" in response.json()["detail"]
    for headers in (KEY, {}):  # the commit of the key, and of whose turn it is: before the work
        with commits_that_are_lost(engine):
            response = await client.post("/api/leads", json=ANN, headers=headers)
        assert "nothing was stored" in response.json()["detail"]


async def test_trouble_before_the_commit_stored_nothing(
    services: Services, token: str, client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine
) -> None:
    path = f"/api/leads/{(await capture())['id']}/touches"
    async with client_of(replace(services, idempotency=LostBeforeTheWork(engine)), token) as losing:
        for url, body in ((path, TOUCH), ("/api/leads", ANN)):
            response = await losing.post(url, json=body, headers={"Idempotency-Key": url})
            assert response.status_code == 503
            assert "nothing was stored" in response.json()["detail"]
    assert (await count(engine, TouchRow), await count(engine, LeadRow)) == (0, 1)
    assert (await client.post(path, json=TOUCH, headers={"Idempotency-Key": path})).status_code == 200


@pytest.mark.parametrize("keys", [NotKept, KeptTooSlowly])
async def test_what_fails_after_the_commit_is_no_failure(
    keys: type[IdempotencyKeys],
    services: Services,
    token: str,
    client: httpx.AsyncClient,
    capture: Capture,
    engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writes, "KEEP_WITHIN", writes.KEEP_WITHIN / 20)
    path = f"/api/leads/{(await capture())['id']}/touches"
    async with client_of(replace(services, idempotency=keys(engine)), token) as losing:
        for url, body, status in ((path, TOUCH, 200), ("/api/leads", ANN, 201)):
            headers = {"Idempotency-Key": url}
            with capture_logs() as logs:
                first = await losing.post(url, json=body, headers=headers)
            assert (first.status_code, first.json()["told"]) == (status, True)
            assert "an answer was not kept anew" in {line["event"] for line in logs}
            again = await client.post(url, json=body, headers=headers)
            assert (again.status_code, again.headers["Idempotent-Replay"]) == (status, "true")
            assert again.json() == {**first.json(), "told": False}
    assert await count(engine, TouchRow) == 1
    assert await count(engine, IdempotencyKeyRow) == 2
