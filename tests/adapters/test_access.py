"""Tokens and idempotency keys at rest."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.access import (
    KEYS_KEPT,
    AlreadyAnswered,
    ApiTokens,
    IdempotencyKeys,
    KeyReused,
    RepeatableWrite,
    StillRunning,
    request_digest,
)
from adapters.db.rows import ApiTokenRow, IdempotencyKeyRow
from tests.clocks import SettableClock

WRITE = RepeatableWrite("key", uuid4(), request_digest("POST", "/api/leads", b"{}"))
OTHER = RepeatableWrite("key", WRITE.token_id, request_digest("POST", "/api/leads", b"{ }"))


async def kept_rows(engine: AsyncEngine, table: Any) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(select(table.__table__))).mappings())


async def test_a_token_is_kept_as_a_digest_only(engine: AsyncEngine, clock: SettableClock) -> None:
    tokens = ApiTokens(engine)
    text = await tokens.create("crm", clock())
    assert text.startswith("ft_")
    assert len(text) >= 3 + 43
    row = (await kept_rows(engine, ApiTokenRow))[0]
    assert text not in str(row)
    assert row["digest"] == hashlib.sha256(text.encode()).hexdigest()
    found = await tokens.find(text)
    assert found is not None
    assert (found.id, found.name) == (row["id"], "crm")
    assert await tokens.create("crm", clock()) != text


@pytest.mark.parametrize("text", ["", "ft_", "ft_wrong", "crm", "ft_\udc80"])
async def test_an_unknown_token_is_none(engine: AsyncEngine, clock: SettableClock, text: str) -> None:
    tokens = ApiTokens(engine)
    real = await tokens.create("crm", clock())
    assert await tokens.find(text) is None
    assert await tokens.find(real[:-1]) is None
    assert await tokens.find(real.upper()) is None


async def test_a_revoked_token_is_none(engine: AsyncEngine, clock: SettableClock) -> None:
    tokens = ApiTokens(engine)
    text, other = await tokens.create("crm", clock()), await tokens.create("web", clock())
    assert await tokens.revoke("crm", clock()) == 1
    assert await tokens.revoke("crm", clock()) == 0
    assert await tokens.find(text) is None
    assert await tokens.find(other) is not None


async def test_the_answer_is_kept_with_the_work_or_not_at_all(engine: AsyncEngine, clock: SettableClock) -> None:
    keys = IdempotencyKeys(engine)
    await keys.begin(WRITE, clock())

    async def killed() -> None:
        async with engine.begin() as connection:
            await keys.claim(connection, WRITE, clock())
            await keys.keep(connection, WRITE, 200, {"n": 1})
            raise SystemError("killed")

    with pytest.raises(SystemError):
        await killed()
    await keys.begin(WRITE, clock())
    async with engine.begin() as connection:
        await keys.claim(connection, WRITE, clock())
        await keys.keep(connection, WRITE, 200, {"n": 2})
    with pytest.raises(AlreadyAnswered) as answered:
        await keys.begin(WRITE, clock())
    assert (answered.value.status, answered.value.body) == (200, {"n": 2})


async def test_a_claimed_key_is_running_until_its_transaction_ends(engine: AsyncEngine, clock: SettableClock) -> None:
    keys = IdempotencyKeys(engine)
    await keys.begin(WRITE, clock())
    async with engine.begin() as connection:
        await keys.claim(connection, WRITE, clock())
        with pytest.raises(StillRunning):
            await keys.begin(WRITE, clock())
        await keys.keep(connection, WRITE, 200, {})
        with pytest.raises(StillRunning):
            await keys.begin(WRITE, clock())
    with pytest.raises(AlreadyAnswered):
        await keys.begin(WRITE, clock())


async def test_of_two_that_both_began_only_one_works(engine: AsyncEngine, clock: SettableClock) -> None:
    keys = IdempotencyKeys(engine)
    worked = []

    async def work(number: int) -> None:
        async with engine.begin() as connection:
            await keys.claim(connection, WRITE, clock())
            worked.append(number)
            await keys.keep(connection, WRITE, 200, {"by": number})

    await keys.begin(WRITE, clock())
    await keys.begin(WRITE, clock())
    ends = await asyncio.gather(work(1), work(2), return_exceptions=True)
    assert len(worked) == 1
    assert [type(end) for end in ends].count(AlreadyAnswered) == 1


async def test_another_request_under_the_key_is_refused(engine: AsyncEngine, clock: SettableClock) -> None:
    keys = IdempotencyKeys(engine)
    await keys.begin(WRITE, clock())
    with pytest.raises(KeyReused):
        await keys.begin(OTHER, clock())
    async with engine.begin() as connection:
        with pytest.raises(KeyReused):
            await keys.claim(connection, OTHER, clock())
    await keys.let_go(OTHER)
    with pytest.raises(KeyReused):
        await keys.begin(OTHER, clock())
    await keys.let_go(WRITE)
    await keys.begin(OTHER, clock())


async def test_a_key_let_go_by_one_can_be_claimed_by_another_that_began(
    engine: AsyncEngine, clock: SettableClock
) -> None:
    keys = IdempotencyKeys(engine)
    await keys.begin(WRITE, clock())
    await keys.let_go(WRITE)
    async with engine.begin() as connection:
        await keys.claim(connection, WRITE, clock())
        await keys.keep(connection, WRITE, 201, {})
    await keys.let_go(WRITE)
    with pytest.raises(AlreadyAnswered):
        await keys.begin(WRITE, clock())


async def test_an_answer_is_amended_under_its_own_request_only(engine: AsyncEngine, clock: SettableClock) -> None:
    keys = IdempotencyKeys(engine)
    await keys.finish(WRITE, 200, {"told": False}, clock())
    await keys.finish(WRITE, 200, {"told": True}, clock())
    await keys.finish(OTHER, 500, {"told": None}, clock())
    row = (await kept_rows(engine, IdempotencyKeyRow))[0]
    assert (row["status"], row["body"]) == (200, {"told": True})


async def test_old_keys_are_taken_anew_and_removed(engine: AsyncEngine, clock: SettableClock) -> None:
    keys = IdempotencyKeys(engine)
    for number in range(5):
        await keys.finish(RepeatableWrite(str(number), WRITE.token_id, "digest"), 200, {}, clock())
    await keys.finish(WRITE, 200, {}, clock())
    clock.move_by(KEYS_KEPT + timedelta(seconds=1))
    await keys.begin(OTHER, clock())
    await keys.begin(RepeatableWrite("fresh", WRITE.token_id, "digest"), clock())
    assert {row["key"] for row in await kept_rows(engine, IdempotencyKeyRow)} == {"key", "fresh"}


async def test_one_token_of_several_with_a_name_is_revoked_by_its_id(engine: AsyncEngine, clock: SettableClock) -> None:
    tokens = ApiTokens(engine)
    old = await tokens.create("crm", clock())
    clock.move_by(timedelta(hours=1))
    new = await tokens.create("crm", clock())
    newest, oldest = await tokens.all()
    assert (newest.created_at - oldest.created_at, newest.revoked_at) == (timedelta(hours=1), None)
    assert await tokens.revoke_one(newest.id, clock())
    assert not await tokens.revoke_one(newest.id, clock())
    assert await tokens.find(new) is None
    assert await tokens.find(old) is not None
    assert [(one.id, one.revoked_at) for one in await tokens.all()] == [(oldest.id, None), (newest.id, clock())]
