"""Merging over REST, and every old way to a merged lead: its address, its links, its messages, its webhooks."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest_asyncio
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.inbound import InboundMessage
from adapters.db.rows import CommandRow, ContactPointRow, InboundMessageRow, LeadMergeRow, TouchRow
from api.inbound import Inbox
from api.reports import ProviderReports
from api.services import Delivery, Services
from cadences.hearing import lead_opted_out
from leads.model import Channel, ContactKind
from leads.replies import InboundKind
from leads.sending import MessageReport, TouchState
from tests.api.conftest import Capture, client_of
from tests.api.fakes import RecordingDelivery, UnreachableDelivery
from tests.api.public.conftest import Browser
from tests.api.webhooks.conftest import Desk
from tests.clocks import SettableClock
from tests.links import LINKS

KEY = {"Idempotency-Key": "merge-1"}
OTHER = {"email": "p.raman@example.com", "phone": "+1 212 555 0122", "name": "P. Raman", "question": "How fast?"}


@dataclass
class Pair:
    """Two leads of one person, and a message that the second one got."""

    client: httpx.AsyncClient
    keep: UUID
    other: UUID
    touch: UUID

    async def merge(self, **more: Any) -> httpx.Response:
        return await self.client.post(f"/api/leads/{self.keep}/merge", json={"other": str(self.other), **more})

    async def kept(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.client.get(f"/api/leads/{self.keep}")).json()
        return found


@pytest_asyncio.fixture
async def pair(client: httpx.AsyncClient, capture: Capture, services: Services, engine: AsyncEngine) -> Pair:
    keep, other = UUID((await capture())["id"]), UUID((await capture(**OTHER))["id"])
    desk = Desk(engine, services.cases, services.clock, other)  # type: ignore[arg-type]
    return Pair(client, keep, other, await desk.message())


@pytest_asyncio.fixture
async def stranger(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A caller without a token of ours."""
    async with client_of(services, None) as client:
        yield client


async def count(engine: AsyncEngine, row: Any, *conditions: Any) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(row).where(*conditions)) or 0)


async def test_two_leads_become_one(pair: Pair, delivery: RecordingDelivery, engine: AsyncEngine) -> None:
    delivery.told.clear()
    answer = (await pair.merge(by="anna")).json()
    assert (answer["changed"], answer["merged"], answer["lead"]["lead_id"]) == (True, str(pair.other), str(pair.keep))
    assert answer["lead"]["told"] is True
    assert any("goes on" in line for line in answer["why"])
    assert delivery.told == [pair.keep]
    lead = await pair.kept()
    assert [point["value"] for point in lead["contacts"]] == [
        "priya@harbor-bakery.example.com",
        "+12125550111",
        "p.raman@example.com",
        "+12125550122",
    ]
    assert {one["ended"] for one in lead["enrollments"]} == {None, "merged"}
    assert any(entry["text"] == f"Merged with lead {pair.other}" for entry in lead["timeline"])
    assert await count(engine, LeadMergeRow) == 1


async def test_every_call_with_the_old_id_is_sent_on_to_the_kept_lead(pair: Pair) -> None:
    await pair.merge()
    shown = await pair.client.get(f"/api/leads/{pair.other}?x=1")
    assert (shown.status_code, shown.headers["Location"]) == (308, f"/api/leads/{pair.keep}?x=1")
    assert shown.headers["Content-Type"] == "application/problem+json"
    assert str(pair.keep) in shown.json()["detail"]
    touched = await pair.client.post(f"/api/leads/{pair.other}/touches", json={"channel": "call"})
    assert (touched.status_code, touched.headers["Location"]) == (308, f"/api/leads/{pair.keep}/touches")
    followed = await pair.client.post(f"/api/leads/{pair.other}/answer", json={"answer": "no"}, follow_redirects=True)
    assert (followed.status_code, followed.json()["lead_id"]) == (200, str(pair.keep))


async def test_merging_again_changes_nothing(pair: Pair, engine: AsyncEngine) -> None:
    await pair.merge()
    commands = await count(engine, CommandRow)
    again = await pair.merge()
    assert (again.status_code, again.json()["changed"], again.json()["why"]) == (200, False, [])
    assert await count(engine, CommandRow) == commands


async def test_under_a_key_it_is_done_once_and_answered_again(pair: Pair) -> None:
    path, body = f"/api/leads/{pair.keep}/merge", {"other": str(pair.other)}
    first = await pair.client.post(path, json=body, headers=KEY)
    again = await pair.client.post(path, json=body, headers=KEY)
    assert (first.json(), again.json()["changed"]) == (again.json(), True)
    assert again.headers["Idempotent-Replay"] == "true"


async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    pair: Pair, capture: Capture, engine: AsyncEngine
) -> None:
    third = (await capture(email="third@example.com", phone="+1 212 555 0133"))["id"]
    for path, body, status, said in (
        (pair.keep, {"other": str(pair.keep)}, 422, "other: that is this very lead"),
        (pair.keep, {"other": str(uuid4())}, 422, "other: there is no such lead"),
        (uuid4(), {"other": str(pair.other)}, 404, "there is no such lead"),
        (pair.keep, {"other": str(pair.other), "by": "nobody"}, 422, "by: there is no active colleague"),
        (pair.keep, {}, 422, "other: it is required"),
    ):
        refused = await pair.client.post(f"/api/leads/{path}/merge", json=body)
        assert (refused.status_code, said in refused.json()["detail"]) == (status, True), refused.text
    assert await count(engine, LeadMergeRow) == 0
    await pair.merge()
    elsewhere = await pair.client.post(f"/api/leads/{third}/merge", json={"other": str(pair.other)})
    assert (elsewhere.status_code, str(pair.keep) in elsewhere.json()["detail"]) == (409, True)
    gone = await pair.client.post(f"/api/leads/{pair.other}/merge", json={"other": third})
    assert (gone.status_code, gone.headers["Location"]) == (308, f"/api/leads/{pair.keep}/merge")


async def test_without_temporal_it_is_stored_and_said(
    pair: Pair, with_delivery: Callable[[Delivery], httpx.AsyncClient], engine: AsyncEngine
) -> None:
    async with with_delivery(UnreachableDelivery()) as client:
        answer = await client.post(f"/api/leads/{pair.keep}/merge", json={"other": str(pair.other)})
    assert answer.json()["lead"]["told"] is False
    undelivered = await count(engine, CommandRow, CommandRow.kind == "plan_changed", CommandRow.delivered_at.is_(None))
    assert undelivered == 2  # One for each workflow, both of the kept lead.


async def test_a_stop_through_an_old_link_stops_the_kept_lead(
    pair: Pair, stranger: httpx.AsyncClient, clock: SettableClock, delivery: RecordingDelivery
) -> None:
    await pair.merge()
    delivery.told.clear()
    browser = Browser(stranger, clock)
    page = await browser.open(LINKS.unsubscribe(pair.other, pair.touch))
    assert (await browser.press(page, "Unsubscribe")).status == 200
    lead = await pair.kept()
    assert lead["ended"] == "opted_out"
    assert all(point["suppressed"] for point in lead["contacts"])
    assert delivery.told == [pair.keep]


async def test_one_click_under_an_old_email_stops_the_kept_lead(pair: Pair, stranger: httpx.AsyncClient) -> None:
    await pair.merge()
    pressed = await stranger.post(LINKS.unsubscribe(pair.other, pair.touch), data={"List-Unsubscribe": "One-Click"})
    assert pressed.status_code == 200
    assert (await pair.kept())["ended"] == "opted_out"


async def test_an_answer_through_an_old_link_is_the_kept_leads(
    pair: Pair, stranger: httpx.AsyncClient, clock: SettableClock
) -> None:
    await pair.merge()
    browser = Browser(stranger, clock)
    page = await browser.open(LINKS.answer(pair.other, pair.touch, "no"))
    assert (await browser.press(page, "No, thank you")).status == 200
    assert (await pair.kept())["answer"] == "no"


async def test_a_program_that_presses_everything_is_noted_at_the_message(
    pair: Pair, stranger: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await pair.merge()
    await stranger.post(LINKS.answer(pair.other, pair.touch), data={"answer": "other"})
    async with engine.connect() as connection:
        assert await connection.scalar(select(TouchRow.scanned_at).where(TouchRow.id == pair.touch)) is not None


def a_reply(pair: Pair, lead_id: UUID, services: Services) -> InboundMessage:
    return InboundMessage(
        id=uuid4(),
        lead_id=lead_id,
        touch_id=pair.touch,
        channel=Channel.EMAIL,
        provider="sendgrid",
        external_id=str(uuid4()),
        sender="p.raman@example.com",
        recipient="hello@example.com",
        text="Please stop writing to me.",
        kind=InboundKind.REVOCATION,
        received_at=services.clock(),
    )


async def test_a_reply_to_an_old_address_is_the_kept_leads(pair: Pair, services: Services) -> None:
    await pair.merge()
    whose = await services.inbound.whose(ContactKind.EMAIL, "p.raman@example.com", touch_id=pair.touch)
    assert (whose.lead_id, whose.ambiguous) == (pair.keep, False)


async def test_a_reply_that_was_matched_before_the_merge_is_taken_after_it(
    pair: Pair, services: Services, engine: AsyncEngine
) -> None:
    message = a_reply(pair, pair.other, services)
    await pair.merge()
    taken = await Inbox(services).take_news(
        message, lambda case, now: lead_opted_out(case, why="asked to stop", now=now)
    )
    assert (taken.first, taken.changed) == (True, True)
    assert (await pair.kept())["ended"] == "opted_out"
    assert await count(engine, InboundMessageRow, InboundMessageRow.lead_id == pair.keep) == 1


async def test_a_report_of_an_old_message_is_the_kept_leads(pair: Pair, services: Services) -> None:
    await pair.merge()
    found = {"state": TouchState.FAILED, "provider": "sendgrid", "message_id": "x", "code": "bounce 5.1.1"}
    report = MessageReport(touch_id=pair.touch, contact_dead=True, **found)  # type: ignore[arg-type]
    assert (await ProviderReports(services).take([report])).changed == 1
    lost = [point["value"] for point in (await pair.kept())["contacts"] if point["lost"]]
    assert len(lost) == 1


async def test_the_same_person_again_joins_the_kept_lead(pair: Pair, capture: Capture, engine: AsyncEngine) -> None:
    await pair.merge()
    again = await capture(**{**OTHER, "question": "And on Sundays?"})
    assert (again["id"], again["created"]) == (str(pair.keep), False)
    assert await count(engine, ContactPointRow) == 4


async def test_a_task_of_the_merged_lead_is_completed_as_before(pair: Pair, services: Services) -> None:
    await pair.client.post(f"/api/leads/{pair.other}/answer", json={"answer": "yes"})
    await pair.merge()
    [task] = (await pair.kept())["open_tasks"]
    done = await pair.client.post(f"/api/tasks/{task['id']}/complete", json={"outcome": "won"})
    assert (done.status_code, done.json()["lead_id"], done.json()["stage"]) == (200, str(pair.keep), "won")


async def test_it_is_found_by_its_old_id(pair: Pair, services: Services) -> None:
    await pair.merge()
    assert await services.reading.find_leads(str(pair.other)[:8]) == [pair.keep]
    assert await services.reading.find_leads("p.raman@example.com") == [pair.keep]


async def test_erased_it_is_gone_under_both_ids(
    pair: Pair, services: Services, stranger: httpx.AsyncClient, clock: SettableClock
) -> None:
    await pair.merge()
    await services.erasing.erase(pair.keep, "mia", clock())
    for lead_id in (pair.keep, pair.other):
        assert (await pair.client.get(f"/api/leads/{lead_id}")).status_code == 404
    # The law wants an old link to work for weeks; nothing is left that could be written to.
    clock.move_by(timedelta(days=60))
    pressed = await stranger.post(LINKS.unsubscribe(pair.other, pair.touch), data={"List-Unsubscribe": "One-Click"})
    assert pressed.status_code == 200
    assert "merged" not in json.dumps((await pair.client.get("/api/leads")).json())
