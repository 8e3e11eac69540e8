"""Tasks over REST: listed by urgency, and completed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cases import CaseStore
from cadences.progress import message_sent, task_created
from leads.contract import Told
from tests.api.conftest import Capture
from tests.api.test_commands import newest_command, post
from tests.clocks import SettableClock


async def with_call(cases: CaseStore, lead: str, clock: SettableClock) -> str:
    """The lead after its first email went out and its first call became a task; the task's id."""
    async with cases.open(UUID(lead), clock()) as file:
        touch = file.case.enrollment.next
        assert touch is not None
        case = message_sent(file.case, touch.step, clock())
        await file.save(task_created(case, clock(), "Ask about the ovens."))
        return str(file.case.open_tasks[0].id)


async def test_open_tasks_are_listed_most_urgent_first(
    client: httpx.AsyncClient, capture: Capture, cases: CaseStore, clock: SettableClock
) -> None:
    first = await with_call(cases, (await capture(owner="anna"))["id"], clock)
    clock.move_by(timedelta(minutes=10))
    second = await with_call(
        cases, (await capture(email="tom@example.com", phone="+12125550112", owner="ben"))["id"], clock
    )

    async def listed(**params: str) -> list[str]:
        response = await client.get("/api/tasks", params=params)
        assert response.status_code == 200, response.text
        assert response.json()["total"] >= len(response.json()["items"])
        return [one["id"] for one in response.json()["items"]]

    assert await listed() == [first, second]
    assert await listed(owner="ben") == [second]
    assert await listed(kind="call", state="open") == [first, second]
    assert await listed(kind="reply") == []
    tasks = (await client.get("/api/tasks")).json()["items"]
    for task in tasks:
        assert await listed(lead=task["lead_id"]) == [task["id"]]
    assert await listed(lead=tasks[0]["lead_id"], owner="ben") == []
    assert await listed(lead=tasks[0]["id"]) == []
    assert await listed(state="overdue") == []
    assert await listed(state="done") == []
    page = (await client.get("/api/tasks", params={"limit": "1"})).json()
    assert (page["total"], [one["id"] for one in page["items"]]) == (2, [first])
    assert await listed(limit="1", cursor=page["next_cursor"]) == [second]
    assert await listed(state="all") == [second, first]
    task = page["items"][0]
    assert (task["lead_name"], task["lead_company"], task["text"]) == (
        "Priya Raman",
        "Harbor Bakery",
        "Ask about the ovens.",
    )
    assert "voicemail" in task["outcomes"]
    clock.move_to(datetime.fromisoformat(task["due_at"]) + timedelta(seconds=1))
    assert await listed(state="overdue") == [first]
    assert (await client.get("/api/tasks")).json()["items"][0]["overdue"] is True


@pytest.mark.parametrize(
    ("params", "field"),
    [({"state": "late"}, "state"), ({"kind": "nap"}, "kind"), ({"lead": "anna"}, "lead"), ({"who": "anna"}, "who")],
)
async def test_a_bad_question_for_tasks_is_refused(
    client: httpx.AsyncClient, params: dict[str, str], field: str
) -> None:
    response = await client.get("/api/tasks", params=params)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


async def test_a_completed_call_moves_the_plan_on(
    client: httpx.AsyncClient, capture: Capture, cases: CaseStore, clock: SettableClock, engine: AsyncEngine
) -> None:
    lead = (await capture(owner="anna"))["id"]
    task = await with_call(cases, lead, clock)
    done = await post(client, f"/api/tasks/{task}/complete", {"outcome": "voicemail", "by": "anna"})
    assert done["lead_id"] == lead
    assert done["next_touch"]["step"] == "checking-in"
    (still,) = (await client.get("/api/tasks", params={"lead": lead})).json()["items"]
    assert [(still["id"], still["kind"])] == [(one, "question") for one in done["open_tasks"]], "it waits for an answer"
    told = Told.model_validate((await newest_command(engine, lead))["told"])
    assert str(told.task_id) == task
    finished = (await client.get("/api/tasks", params={"state": "done"})).json()["items"][0]
    assert (finished["outcome"], finished["closed_by"], finished["outcomes"]) == ("voicemail", "anna", [])
    problem = await post(client, f"/api/tasks/{task}/complete", {"outcome": "voicemail"}, 409)
    assert problem["errors"][0]["field"] == "task"


async def test_a_call_that_ends_with_not_now_sleeps(
    client: httpx.AsyncClient, capture: Capture, cases: CaseStore, clock: SettableClock, engine: AsyncEngine
) -> None:
    lead = (await capture())["id"]
    task = await with_call(cases, lead, clock)
    await post(client, f"/api/tasks/{task}/complete", {"outcome": "not now", "until": "2027-03-01"})
    shown = (await client.get(f"/api/leads/{lead}")).json()
    assert shown["cadence"] == "not-now"
    told = Told.model_validate((await newest_command(engine, lead))["told"])
    assert told.until == datetime(2027, 3, 1, 5, tzinfo=UTC)


async def test_a_call_back_comes_back_when_the_person_asked(
    client: httpx.AsyncClient, capture: Capture, cases: CaseStore, clock: SettableClock
) -> None:
    lead = (await capture())["id"]
    task = await with_call(cases, lead, clock)
    at = "2026-11-23T16:00:00-05:00"
    done = await post(client, f"/api/tasks/{task}/complete", {"outcome": "call back", "until": at})
    assert len(done["open_tasks"]) == 1
    assert done["next_touch"]["at"] == "2026-11-23T21:00:00Z"


async def test_a_call_that_ends_with_no_ends_everything(
    client: httpx.AsyncClient, capture: Capture, cases: CaseStore, clock: SettableClock
) -> None:
    lead = (await capture())["id"]
    task = await with_call(cases, lead, clock)
    done = await post(client, f"/api/tasks/{task}/complete", {"outcome": "no", "note": "never"})
    assert (done["answer"], done["stage"], done["open_tasks"]) == ("no", "lost", [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"outcome": "won"}, "outcome"),
        ({"outcome": "fine"}, "outcome"),
        ({}, "outcome"),
        ({"outcome": "call back"}, "until"),
        ({"outcome": "voicemail", "until": "2027-03-01"}, "until"),
        ({"outcome": "not now", "until": "2020-03-01"}, "until"),
        ({"outcome": "voicemail", "by": "nobody"}, "by"),
    ],
)
async def test_a_bad_completion_is_refused_and_the_task_stays_open(
    client: httpx.AsyncClient,
    capture: Capture,
    cases: CaseStore,
    clock: SettableClock,
    body: dict[str, Any],
    field: str,
) -> None:
    task = await with_call(cases, (await capture())["id"], clock)
    problem = await post(client, f"/api/tasks/{task}/complete", body, 422)
    assert field in {one["field"] for one in problem["errors"]}
    assert [one["id"] for one in (await client.get("/api/tasks")).json()["items"]] == [task]
