"""T4: whoever asks us to stop is heard through every door by which people write to us."""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import ContactPointRow, LeadRow, TaskRow
from adapters.db.suppressions import ALL, suppressed_channels
from api.services import Services
from leads.contract import Plan
from leads.form_tokens import FormKeys, FormToken
from leads.hook_signatures import HookKeys
from tests.sample import KEY

STOP = "Stop emailing me. Remove me from your list please."
UNSURE = "Why do you keep emailing me? I have told you to remove me from your list, but what does a second oven cost?"
MARIA, PHONE = "maria@example.com", "+12125550143"
Door = Callable[[str], Awaitable[None]]


@pytest.fixture(params=["rest", "form", "hook"])
def write(request: pytest.FixtureRequest, client: httpx.AsyncClient, services: Services) -> Door:
    """Somebody writes to us, through one of the doors."""

    async def by_rest(words: str) -> None:
        assert (await client.post("/api/leads", json={"email": MARIA, "phone": PHONE, "question": words})).is_success

    async def by_form(words: str) -> None:
        keys = FormKeys(services.links.key.secret)
        token = keys.token("contact", FormToken(uuid4(), services.clock() - timedelta(minutes=1)))
        form = {"name": "Maria", "email": MARIA, "phone": PHONE, "question": words, "homepage": ""}
        sent = await client.post("/forms/contact", data={**form, "form_key": keys.key("contact"), "form_token": token})
        assert sent.is_success

    async def by_hook(words: str) -> None:
        told = {"email": MARIA, "phone": PHONE, "message": words}
        body = json.dumps({"event": {"id": str(uuid4())}, "data": told}).encode()
        secret = HookKeys(services.links.key.secret).of("example")
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Signature": f"sha256={signature}", "Content-Type": "application/json"}
        assert (await client.post("/hooks/example", content=body, headers=headers)).is_success

    doors: dict[str, Door] = {"rest": by_rest, "form": by_form, "hook": by_hook}
    return doors[request.param]


async def rows(engine: AsyncEngine, wanted: Any) -> list[Any]:
    async with engine.connect() as connection:
        return list(await connection.execute(wanted))


async def the_lead(engine: AsyncEngine) -> UUID:
    (row,) = await rows(engine, select(LeadRow.id))
    return UUID(str(row.id))


async def plan_of(engine: AsyncEngine) -> Plan:
    (row,) = await rows(engine, select(LeadRow.plan))
    return Plan.model_validate(row.plan)


async def open_tasks(engine: AsyncEngine) -> list[Any]:
    return await rows(engine, select(TaskRow.__table__).where(TaskRow.state == "open"))


async def is_closed(engine: AsyncEngine) -> bool:
    """Whether everything about Maria is closed, with the lead and on the company's own list."""
    async with engine.connect() as connection:
        listed = await suppressed_channels(connection, KEY, [MARIA, PHONE])
    points = await rows(engine, select(ContactPointRow.value, ContactPointRow.suppressed))
    return listed == {MARIA: {ALL}, PHONE: {ALL}} and {tuple(one) for one in points} == {(MARIA, True), (PHONE, True)}


async def test_t4_a_known_lead_is_opted_out_on_all_channels(
    write: Door, engine: AsyncEngine, client: httpx.AsyncClient
) -> None:
    assert (await client.post("/api/leads", json={"email": MARIA, "question": "How much?"})).status_code == 201
    await write(STOP)
    plan = await plan_of(engine)
    assert (plan.ended, plan.wake, await open_tasks(engine)) == ("opted_out", None, [])
    assert await is_closed(engine), "the number that came with it, too"
    shown = (await client.get(f"/api/leads/{await the_lead(engine)}")).json()
    assert STOP in json.dumps(shown["timeline"]), "what was written is kept"
    await write(STOP)
    assert (await plan_of(engine)).revision == plan.revision


async def test_t4_a_stranger_is_kept_as_stopped_and_a_person_reads_it(write: Door, engine: AsyncEngine) -> None:
    await write(STOP)
    plan = await plan_of(engine)
    assert (plan.ended, plan.next_step) == ("opted_out", None)
    assert await is_closed(engine)
    (task,) = await open_tasks(engine)
    assert (task.kind, task.text, task.contact) == ("reply", STOP, None)


async def test_nobody_answers_a_stranger_who_only_asked_us_to_stop(
    engine: AsyncEngine, client: httpx.AsyncClient
) -> None:
    await client.post("/api/leads", json={"email": MARIA, "question": STOP, "owner": "anna"})
    (task,) = await open_tasks(engine)
    email = {"by": "anna", "subject": "Sorry", "text": "But why?", "reply_to_task": str(task.id)}
    refused = await client.post(f"/api/leads/{await the_lead(engine)}/emails", json=email)
    assert (refused.status_code, "suppression list" in refused.json()["detail"]) == (409, True)
    done = await client.post(f"/api/tasks/{task.id}/complete", json={"outcome": "nothing needed", "by": "anna"})
    assert done.status_code == 200
    assert (done.json()["ended"], await open_tasks(engine)) == ("opted_out", [])


@pytest.mark.parametrize("known", [None, "running", "said no"])
async def test_t4_words_that_may_mean_it_wait_for_a_person(
    write: Door, engine: AsyncEngine, client: httpx.AsyncClient, known: str | None
) -> None:
    if known == "running":
        assert (await client.post("/api/leads", json={"email": MARIA, "question": "How much?"})).status_code == 201
    elif known == "said no":
        assert (await client.post("/api/leads", json={"email": MARIA, "question": "How much?"})).status_code == 201
        lead = await the_lead(engine)
        assert (await client.post(f"/api/leads/{lead}/answer", json={"answer": "no"})).status_code == 200
    await write(UNSURE)
    plan, tasks = await plan_of(engine), await open_tasks(engine)
    assert all(UNSURE in task.text for task in tasks if task.kind in ("reply", "question"))
    assert {task.kind for task in tasks} & {"reply", "question"}
    assert plan.hold == "reply" or known == "said no", "after a no there is nothing to hold"
    async with engine.connect() as connection:
        assert await suppressed_channels(connection, KEY, [MARIA, PHONE]) == {}


async def test_an_outbound_lead_s_question_is_nobody_s_wish(engine: AsyncEngine, client: httpx.AsyncClient) -> None:
    found = {"email": MARIA, "question": "stop", "kind": "outbound"}
    assert (await client.post("/api/leads", json=found)).status_code == 201
    assert (await plan_of(engine)).ended is None
