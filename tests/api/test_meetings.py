"""Meetings over REST: agreed on with a task or beside it, moved, called off, and never two at once."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cases import CaseStore
from adapters.db.rows import MeetingRow
from tests.api.conftest import Capture
from tests.api.test_commands import newest_command, post
from tests.api.test_tasks import with_call
from tests.clocks import SettableClock

TUESDAY = "2026-11-24T10:00:00-05:00"
MEETING = {"at": TUESDAY, "minutes": 45, "subject": "Two ovens", "place": "https://meet.example.com/x"}


async def arranged(client: httpx.AsyncClient, lead: str, **values: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/leads/{lead}/meetings", json={**MEETING, **values})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_call_ends_with_a_meeting(
    client: httpx.AsyncClient, capture: Capture, cases: CaseStore, clock: SettableClock, engine: AsyncEngine
) -> None:
    lead = (await capture(owner="anna"))["id"]
    task = await with_call(cases, lead, clock)
    path = f"/api/tasks/{task}/complete"
    done = await post(client, path, {"outcome": "meeting", "meeting": MEETING, "by": "anna"})
    (meeting,) = done["meetings"]
    assert (meeting["organizer"], meeting["state"], meeting["subject"]) == ("anna", "invited", "Two ovens")
    assert (meeting["local_at"], meeting["zone"]) == (TUESDAY, "America/New_York")
    assert (done["hold"]["reason"], done["hold"]["owner"]) == ("meeting", "anna")
    command = await newest_command(engine, lead)
    assert command.kind == "complete_task"
    shown = (await client.get(f"/api/leads/{lead}")).json()
    assert [one["id"] for one in shown["meetings"]] == [meeting["id"]]
    assert "Meeting agreed with Anna Keller: Two ovens" in [one["text"] for one in shown["timeline"]]
    assert shown["tasks"][0]["outcome"] == "meeting"


async def test_what_is_wrong_with_a_meeting_is_said_at_its_field(
    client: httpx.AsyncClient, capture: Capture, cases: CaseStore, clock: SettableClock
) -> None:
    lead = (await capture(owner="anna"))["id"]
    task = await with_call(cases, lead, clock)
    for body, field in (
        ({"outcome": "meeting"}, "meeting"),
        ({"outcome": "voicemail", "meeting": MEETING}, "meeting"),
        ({"outcome": "meeting", "meeting": {**MEETING, "at": "2026-11-19T10:00:00Z"}}, "meeting.at"),
        ({"outcome": "meeting", "meeting": {**MEETING, "subject": " "}}, "meeting.subject"),
        ({"outcome": "meeting", "meeting": {**MEETING, "minutes": 0}}, "meeting.minutes"),
        ({"outcome": "meeting", "meeting": {**MEETING, "organizer": "nobody"}}, "meeting.organizer"),
    ):
        answer = await client.post(f"/api/tasks/{task}/complete", json=body)
        assert answer.status_code == 422, answer.text
        assert field in answer.text
    assert (await client.get("/api/tasks")).json()["items"][0]["state"] == "open"


async def test_a_meeting_is_agreed_moved_and_called_off_beside_any_task(
    client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine
) -> None:
    lead = (await capture(owner="anna"))["id"]
    (meeting,) = (await arranged(client, lead, organizer="ben", by="mia"))["meetings"]
    assert (meeting["organizer_name"], meeting["asked_by"]) == ("Ben Okafor", "mia")
    assert (await newest_command(engine, lead)).kind == "plan_changed"
    path = f"/api/leads/{lead}/meetings/{meeting['id']}"
    moved = await client.put(path, json={"at": "2026-11-24T11:00:00-05:00"})
    assert moved.status_code == 200, moved.text
    (changed,) = moved.json()["meetings"]
    assert (changed["sequence"], changed["local_at"], changed["place"]) == (
        1,
        "2026-11-24T11:00:00-05:00",
        MEETING["place"],
    )
    assert changed["ends_at"] == "2026-11-24T16:45:00Z"
    again = await client.put(path, json={"at": "2026-11-24T11:00:00-05:00"})
    assert again.status_code == 409
    off = await client.delete(path, params={"by": "mia"})
    assert off.status_code == 200, off.text
    assert (off.json()["meetings"], off.json()["hold"]) == ([], None)
    assert (await client.delete(path)).status_code == 409
    shown = (await client.get(f"/api/leads/{lead}")).json()
    texts = [one["text"] for one in shown["timeline"]]
    assert "Meeting called off" in texts
    assert not [text for text in texts if text.startswith("Plan changed")]


async def test_nobody_is_in_two_meetings_at_once(client: httpx.AsyncClient, capture: Capture) -> None:
    first = (await capture(owner="anna"))["id"]
    second = (await capture(owner="anna", email="tom@example.com", phone="+12125550112"))["id"]
    (meeting,) = (await arranged(client, first))["meetings"]
    path = f"/api/leads/{second}/meetings"
    for at, status in (
        ("2026-11-24T10:44:00-05:00", 409),  # it lasts until 10:45
        ("2026-11-24T09:16:00-05:00", 409),  # 45 minutes from then reach into it
        ("2026-11-24T10:45:00-05:00", 200),
        ("2026-11-24T09:15:00-05:00", 200),
    ):
        answer = await client.post(path, json={**MEETING, "at": at})
        assert answer.status_code == status, (at, answer.text)
        if status == 409:
            assert "anna has another meeting at that time" in answer.text
    assert (await client.post(path, json={**MEETING, "organizer": "ben"})).status_code == 200
    await client.delete(f"/api/leads/{first}/meetings/{meeting['id']}")
    assert (await client.post(path, json=MEETING)).status_code == 200, "a meeting that is off takes no time"


async def test_of_two_who_agree_on_the_same_time_in_the_same_instant_one_gets_it(
    client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine
) -> None:
    leads = [
        (await capture(owner="anna", email=f"lead{number}@example.com", phone=f"+1212555013{number}"))["id"]
        for number in range(5)
    ]
    answers = await asyncio.gather(*(client.post(f"/api/leads/{lead}/meetings", json=MEETING) for lead in leads))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    async with engine.connect() as connection:
        assert len((await connection.execute(select(MeetingRow.id))).all()) == 1


async def test_a_repeated_request_agrees_once(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture(owner="anna"))["id"]
    path, headers = f"/api/leads/{lead}/meetings", {"Idempotency-Key": "meeting-1"}
    one, other = [await client.post(path, json=MEETING, headers=headers) for _ in range(2)]
    assert one.status_code == other.status_code == 200
    assert one.json()["meetings"] == other.json()["meetings"]


async def test_a_refused_meeting_may_be_tried_again_under_the_same_key(
    client: httpx.AsyncClient, capture: Capture, clock: SettableClock
) -> None:
    first = (await capture(owner="anna"))["id"]
    second = (await capture(owner="anna", email="tom@example.com", phone="+12125550112"))["id"]
    (meeting,) = (await arranged(client, first))["meetings"]
    path, headers = f"/api/leads/{second}/meetings", {"Idempotency-Key": "meeting-2"}
    assert (await client.post(path, json=MEETING, headers=headers)).status_code == 409
    clock.move_by(timedelta(minutes=1))
    await client.delete(f"/api/leads/{first}/meetings/{meeting['id']}")
    assert (await client.post(path, json=MEETING, headers=headers)).status_code == 200
