"""Deliveries of other programs: signed, taken once, made leads, or kept with what to do and replayed."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import AlertRow, ConsentRow, HookDeliveryRow, LeadRow, TaskRow
from api.doors import doors_of
from api.services import Services
from api.webhooks.hooks import LONGEST_BODY
from leads.hook_signatures import HookKeys
from leads.playbook import Playbook
from tests.api.conftest import client_of
from tests.api.fakes import RecordingDelivery
from tests.clocks import SettableClock
from tests.links import LINKS

HOOK = """hook: tool
source: form tool
signature: {header: X-Signature, timestamp: {header: X-Time}}
id: id
fields:
  name: data.name
  email: data.email
  phone: data.phone
  question: data.question
consents:
  - {channel: sms, given: data.ok, words: Text me., page: data.page, address: data.ip}
"""
ANN = {"name": "Ann", "email": "ann@example.com", "question": "How much?"}
SECRET = HookKeys(LINKS.key.secret).of("tool")


async def rows(engine: AsyncEngine, table: Any) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(select(table.__table__))).all())


class Tool:
    """Another program that delivers to us."""

    def __init__(self, client: httpx.AsyncClient, clock: SettableClock) -> None:
        self.client = client
        self.clock = clock

    async def deliver(self, body: Any, hook: str = "tool", **headers: str) -> httpx.Response:
        """Sign as its own documentation would have it."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        stamp = str(int(self.clock().timestamp()))
        signature = hmac.new(SECRET.encode(), f"{stamp}.".encode() + data, hashlib.sha256).hexdigest()
        signed = {"X-Time": stamp, "X-Signature": signature, "Content-Type": "application/json", **headers}
        return await self.client.post(f"/hooks/{hook}", content=data, headers=signed)


@pytest.fixture
def with_hook(services: Services, tmp_path: Path, engine: AsyncEngine) -> Callable[..., Services]:
    """The services with a hook of the business's own."""

    def written(text: str = HOOK) -> Services:
        (tmp_path / "hooks").mkdir(exist_ok=True)
        (tmp_path / "hooks" / "tool.yaml").write_text(text)
        return replace(services, doors=doors_of(engine, Playbook(tmp_path)))

    return written


@pytest.fixture
async def tool(with_hook: Callable[[], Services], clock: SettableClock) -> AsyncIterator[Tool]:
    async with client_of(with_hook(), None) as client:
        yield Tool(client, clock)


@pytest.fixture
async def admin(with_hook: Callable[[], Services], token: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(with_hook(), token) as client:
        yield client


async def test_a_delivery_becomes_a_lead_that_is_told(
    tool: Tool, engine: AsyncEngine, delivery: RecordingDelivery
) -> None:
    extra = {"phone": "(212) 555-0123", "ok": True, "page": "https://www.example.com/p", "ip": "203.0.113.7"}
    answer = await tool.deliver({"id": 7, "data": {**ANN, **extra}})
    assert (answer.status_code, answer.json()) == (200, {"state": "taken"})
    (lead,) = await rows(engine, LeadRow)
    assert (lead.name, lead.question, lead.source) == ("Ann", "How much?", "form tool")
    assert delivery.told == [lead.id]
    (consent,) = await rows(engine, ConsentRow)
    assert (consent.wording, consent.address) == ("Text me.", "203.0.113.7")
    assert consent.source == "form tool: https://www.example.com/p"
    (kept,) = await rows(engine, HookDeliveryRow)
    assert (kept.hook, kept.external_id, kept.state, kept.lead_id, kept.error) == ("tool", "7", "taken", lead.id, None)
    assert json.loads(kept.body)["data"]["name"] == "Ann"


@pytest.mark.parametrize(
    "headers",
    [{"X-Signature": ""}, {"X-Signature": "0" * 64}, {"X-Time": ""}, {"X-Time": "1"}],
)
async def test_what_is_not_signed_is_refused(tool: Tool, engine: AsyncEngine, headers: dict[str, str]) -> None:
    answer = await tool.deliver({"id": 7, "data": ANN}, **headers)
    assert (answer.status_code, answer.json()["detail"]) == (403, "the signature is missing or wrong")
    assert await rows(engine, HookDeliveryRow) == await rows(engine, LeadRow) == []


async def test_an_old_delivery_is_not_taken_from_somebody_who_kept_it(tool: Tool, clock: SettableClock) -> None:
    stamp = str(int(clock().timestamp()))
    clock.move_by(timedelta(minutes=6))
    assert (await tool.deliver({"id": 7, "data": ANN}, **{"X-Time": stamp})).status_code == 403


async def test_the_same_delivery_is_taken_once_also_in_the_same_moment(tool: Tool, engine: AsyncEngine) -> None:
    answers = await asyncio.gather(*(tool.deliver({"id": 7, "data": ANN}) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await rows(engine, LeadRow)) == len(await rows(engine, HookDeliveryRow)) == 1
    # What tells deliveries apart is the id: later words under the same one are not taken.
    await tool.deliver({"id": 7, "data": {**ANN, "question": "Other?"}})
    (lead,) = await rows(engine, LeadRow)
    assert lead.question == "How much?"


async def test_two_deliveries_of_one_person_in_the_same_moment_are_one_lead(tool: Tool, engine: AsyncEngine) -> None:
    bodies = [{"id": number, "data": {**ANN, "question": f"Question {number}"}} for number in range(6)]
    await asyncio.gather(*(tool.deliver(body) for body in bodies))
    (lead,) = await rows(engine, LeadRow)
    assert {one.lead_id for one in await rows(engine, HookDeliveryRow)} == {lead.id}
    assert len(await rows(engine, HookDeliveryRow)) == 6


async def test_without_an_id_the_body_tells_deliveries_apart(tool: Tool, engine: AsyncEngine) -> None:
    for body in ({"data": ANN}, {"data": ANN}, {"id": "x" * 300, "data": {"name": "Bob", "phone": "+12125550123"}}):
        assert (await tool.deliver(body)).status_code == 200
    assert [one.external_id[:7] for one in await rows(engine, HookDeliveryRow)] == ["sha256 ", "sha256 "]
    assert len(await rows(engine, LeadRow)) == 2


async def test_what_is_wrong_in_it_is_taken_as_a_persons_task(tool: Tool, engine: AsyncEngine) -> None:
    await tool.deliver({"id": 1, "data": {"name": "Ann", "email": "ann at example", "phone": "12"}})
    (lead,) = await rows(engine, LeadRow)
    (task,) = await rows(engine, TaskRow)
    assert (lead.ended, task.kind, task.title) == ("unreachable", "find_contact", "complete the lead")
    assert "- email: 'ann at example' is no email address" in task.text
    assert task.text.endswith("What came in:\nid: 1\ndata.name: Ann\ndata.email: ann at example\ndata.phone: 12")


async def test_what_can_not_be_read_is_kept_answered_and_replayed_once_the_hook_is_mended(
    tool: Tool, admin: httpx.AsyncClient, with_hook: Callable[[str], Services], engine: AsyncEngine
) -> None:
    for body in ({"id": 1, "person": ANN}, b"no json"):
        answer = await tool.deliver(body)
        assert (answer.status_code, answer.json()) == (200, {"state": "failed"})
    found = (await admin.get("/api/hook-deliveries", params={"state": "failed"})).json()
    assert found["total"] == 2
    wrong = {one["external_id"][:6]: one for one in found["items"]}
    assert "nothing of a person stands at any of: data.name" in wrong["1"]["error"]
    assert "the body is no JSON" in wrong["sha256"]["error"]
    assert json.loads(wrong["1"]["body"])["person"]["name"] == "Ann"
    (alert,) = await rows(engine, AlertRow)
    assert (alert.kind, alert.subject, alert.times) == ("playbook", "deliveries to hooks/tool.yaml", 2)

    replay = f"/api/hook-deliveries/{wrong['1']['id']}/replay"
    still = await admin.post(replay)
    assert (still.status_code, "nothing of a person stands" in still.text) == (409, True)
    with_hook(HOOK.replace("data.", "person."))
    done = await admin.post(replay)
    (lead,) = await rows(engine, LeadRow)
    assert (done.status_code, done.json(), lead.question) == (200, {"lead_id": str(lead.id)}, "How much?")
    again = await admin.post(replay)
    assert (again.status_code, f"it is lead {lead.id} already" in again.text) == (409, True)
    assert (await admin.get("/api/hook-deliveries", params={"state": "failed"})).json()["total"] == 1
    missing = await admin.post("/api/hook-deliveries/0d4f9a52-7d3c-4f62-a4f5-6fc3ab2b7b11/replay")
    assert (missing.status_code, "there is no such delivery" in missing.text) == (409, True)


async def test_what_failed_may_be_delivered_again(tool: Tool, engine: AsyncEngine) -> None:
    await tool.deliver({"id": 1})
    await tool.deliver({"id": 1, "data": ANN})
    (kept,) = await rows(engine, HookDeliveryRow)
    assert (kept.state, kept.error, kept.lead_id is None) == ("taken", None, False)


async def test_a_cadence_that_was_never_published_is_said_and_costs_nothing(
    with_hook: Callable[[str], Services], clock: SettableClock, engine: AsyncEngine
) -> None:
    async with client_of(with_hook(f"{HOOK}cadence: no-such\n"), None) as client:
        assert (await Tool(client, clock).deliver({"id": 1, "data": ANN})).json() == {"state": "failed"}
    (kept,) = await rows(engine, HookDeliveryRow)
    assert "no cadence 'no-such' was published" in kept.error


async def test_a_body_is_forgotten_after_a_month_and_what_it_was_is_still_known(
    tool: Tool, admin: httpx.AsyncClient, engine: AsyncEngine, clock: SettableClock
) -> None:
    await tool.deliver({"id": 1, "data": ANN})
    await tool.deliver({"id": 2})
    clock.move_by(timedelta(days=31))
    await tool.deliver({"id": 3, "data": {**ANN, "email": "bob@example.com"}})
    kept = {one.external_id: one for one in await rows(engine, HookDeliveryRow)}
    assert [kept[one].body is None for one in ("1", "2", "3")] == [True, True, False]
    assert kept["2"].error == ""
    refused = await admin.post(f"/api/hook-deliveries/{kept['2'].id}/replay")
    assert (refused.status_code, "was forgotten after 30 days" in refused.text) == (409, True)
    await tool.deliver({"id": 1, "data": {**ANN, "question": "Again?"}})
    assert len(await rows(engine, LeadRow)) == 2


async def test_a_hook_that_is_wrong_or_missing_says_so(
    with_hook: Callable[..., Services], clock: SettableClock, engine: AsyncEngine
) -> None:
    async with client_of(with_hook("hook: tool\n"), None) as client:
        tool = Tool(client, clock)
        broken, missing = await tool.deliver({}), await tool.deliver({}, hook="none")
        assert (broken.status_code, broken.headers["Retry-After"], missing.status_code) == (503, "600", 404)
        (alert,) = await rows(engine, AlertRow)
        assert (alert.kind, alert.subject, alert.resolved_at) == ("playbook", "hooks/tool.yaml", None)
        assert "`source` is missing" in alert.text
        with_hook()
        assert (await tool.deliver({"id": 1, "data": ANN})).json() == {"state": "taken"}
    (alert,) = await rows(engine, AlertRow)
    assert alert.resolved_at == clock()


async def test_a_body_that_is_too_long_is_refused(tool: Tool) -> None:
    assert (await tool.deliver(b"x" * (LONGEST_BODY + 1))).status_code == 413


async def test_what_the_database_can_not_keep_is_left_out(tool: Tool, engine: AsyncEngine) -> None:
    await tool.deliver(b'{"id": "a\\u0000\\ud800b", "data": {"name": "A\\u0000n\\ud800n", "email": "ann@example.com"}}')
    await tool.deliver(b'{"id": 2, "data": {"name": "B\xff", "email": "bob@example.com"}}')
    assert sorted(one.name for one in await rows(engine, LeadRow)) == ["Ann", "B\ufffd"]
    assert len(await rows(engine, HookDeliveryRow)) == 2
