"""Bulk runs over REST: looked at before, begun once per key, followed, stopped, and with a result for each lead."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.bulk import BulkCommands
from api.commands import LeadCommands
from api.services import Services
from api.writes import ourselves
from leads.capture import NewLead

HOLD = {"kind": "hold", "until": "2026-12-24", "reason": "trade fair"}
OF_ANNA = {"owner": "anna"}
RUNS = "/api/bulk-runs"


@pytest_asyncio.fixture
async def leads(services: Services) -> list[UUID]:
    """Three leads of Anna's, the last of whom said no, and one of Ben's."""
    found = []
    for name, owner in (("Ann", "anna"), ("Bob", "anna"), ("Cid", "anna"), ("Dee", "ben")):
        new = NewLead(email=f"{name}@example.com", question="How much?", owner=owner, name=name, source="fair")
        found.append((await services.intake.capture(new, by="test", now=services.clock())).lead_id)
    await LeadCommands(services).record_answer(found[2], ourselves("anna"), None, answer="no", note=None)
    return found


async def sent(client: httpx.AsyncClient, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
    response = await client.post(f"{RUNS}{path}", json=body, headers=headers)
    assert response.status_code == status, response.text
    return response.json()


async def got(client: httpx.AsyncClient, path: str = "", **params: Any) -> Any:
    response = await client.get(f"{RUNS}{path}", params=params)
    assert response.status_code == 200, response.text
    return response.json()


async def rows(engine: AsyncEngine, statement: str) -> list[Any]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def test_a_rehearsal_says_what_would_become_of_each_lead_and_stores_nothing(
    client: httpx.AsyncClient, leads: list[UUID], engine: AsyncEngine
) -> None:
    body = {"wish": HOLD, "leads": {"ids": [str(one) for one in leads]}}
    found = await sent(client, "/rehearsal", body)
    assert (found["leads"], found["would_change"]) == (4, 3)
    assert found["refusals"] == [{"why": "The lead's cadence is not running (no).", "leads": 1}]
    assert [UUID(one["lead_id"]) for one in found["items"]] == leads
    assert found["items"][0]["after"]["held_until"] == "2026-12-24T05:00:00Z"
    assert await rows(engine, "select 1 from holds") == await rows(engine, "select 1 from bulk_runs") == []


async def test_a_run_is_begun_followed_and_has_a_result_for_each_lead(
    client: httpx.AsyncClient, services: Services, leads: list[UUID], engine: AsyncEngine
) -> None:
    body = {"wish": HOLD, "leads": OF_ANNA | {"course": "all"}, "by": "mia"}
    response = await client.post(RUNS, json=body)
    assert response.status_code == 202
    begun = response.json()
    assert (response.headers["Location"], begun["leads"]) == (f"{RUNS}/{begun['run']}", 3)
    run = await got(client, f"/{begun['run']}")
    assert (run["state"], run["settled"], run["leads"], run["counts"]["waiting"]) == ("running", 0, 3, 3)
    assert (run["words"], run["chosen"]) == ("Hold until Thu 24 Dec 2026", "owner anna, course all")

    await BulkCommands(services).work_off(UUID(begun["run"]))

    run = await got(client, f"/{begun['run']}")
    assert (run["state"], run["settled"], run["by"], run["via"]) == ("finished", 3, "mia", "rest")
    assert run["counts"] == {"waiting": 0, "done": 2, "refused": 1, "failed": 0}
    assert [one["id"] for one in await got(client)] == [begun["run"]]
    first = await got(client, f"/{begun['run']}/leads", limit=2)
    rest = await got(client, f"/{begun['run']}/leads", limit=2, cursor=first["next_cursor"])
    assert {UUID(one["lead_id"]) for one in first["items"] + rest["items"]} == set(leads[:3])
    assert (len(first["items"]), rest["next_cursor"]) == (2, None)
    (refused,) = (await got(client, f"/{begun['run']}/leads", state="refused"))["items"]
    assert (refused["name"], refused["said"]) == ("Cid", "The lead's cadence is not running (no).")
    written = "select \"by\", via, action, subject, outcome, after ->> 'leads' from audit_entries order by id"
    entries = await rows(engine, written)
    assert entries.count(("mia", "rest", "run_bulk", "hold", "done", "3")) == 1
    assert len([one for one in entries if one[:3] == ("mia", "rest", "hold")]) == 2


async def test_the_same_key_begins_one_run(client: httpx.AsyncClient, leads: list[UUID], engine: AsyncEngine) -> None:
    key = {"Idempotency-Key": "reassign-of-november"}
    refused = {"wish": {"kind": "reassign", "owner": "nobody"}, "leads": OF_ANNA}
    assert "no active colleague" in (await sent(client, "", refused, 422, **key))["detail"]
    body = {"wish": {"kind": "reassign", "owner": "ben"}, "leads": OF_ANNA}
    first, again = [await client.post(RUNS, json=body, headers=key) for _ in range(2)]
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replay"] == "true"
    assert first.headers["Location"] == again.headers["Location"] == f"{RUNS}/{first.json()['run']}"
    assert len(await rows(engine, "select 1 from bulk_runs")) == 1
    await sent(client, "", body | {"leads": {"owner": "mia"}}, 422, **key)


async def test_a_run_is_stopped_and_gone_on_with(
    client: httpx.AsyncClient, services: Services, leads: list[UUID], engine: AsyncEngine
) -> None:
    run = (await sent(client, "", {"wish": {"kind": "skip_step"}, "leads": OF_ANNA}, 202))["run"]
    stopped = await sent(client, f"/{run}/stop", {"by": "mia"})
    assert (stopped["state"], stopped["stopped_by"]) == ("stopped", "mia")
    assert await sent(client, f"/{run}/stop") == stopped
    await BulkCommands(services).work_off(UUID(run))
    assert (await got(client, f"/{run}"))["settled"] == 0
    assert (await sent(client, f"/{run}/go-on"))["state"] == "running"
    await BulkCommands(services).work_off(UUID(run))
    assert (await got(client, f"/{run}"))["state"] == "finished"
    assert (await sent(client, f"/{run}/retry"))["state"] == "finished"
    actions = [row[0] for row in await rows(engine, "select action from audit_entries where subject is not null")]
    assert actions == ["run_bulk", "stop_bulk", "run_bulk"]
    await sent(client, f"/{run}/stop", {"by": "nobody"}, 422)


@pytest.mark.parametrize("path", ["/stop", "/go-on", "/retry"])
async def test_a_run_that_is_not_there_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    found = await sent(client, f"/{uuid4()}{path}", None, 404)
    assert found["detail"] == "there is no such bulk run"
    for address in (f"{RUNS}/{uuid4()}", f"{RUNS}/{uuid4()}/leads"):
        assert (await client.get(address)).status_code == 404


@pytest.mark.parametrize(
    ("wish", "chosen", "said"),
    [
        (HOLD, {}, "one condition at least"),
        (HOLD, {"overdue": False, "owner": None}, "one condition at least"),
        (HOLD, {"ids": [str(uuid4())], "owner": "anna"}, "not by both"),
        (HOLD, {"ids": []}, "at least 1 item"),
        (HOLD, {"ids": [str(uuid4())]}, "none of these ids is a lead's"),
        (HOLD, {"ids": [str(uuid4())] * 1001}, "at most 1000 items"),
        (HOLD, {"ownr": "anna"}, "there is no such field"),
        (HOLD, {"q": "x"}, "at least 2 characters"),
        (HOLD, {"owner": "ben", "stage": "won"}, "no lead is chosen"),
        ({"kind": "hold", "until": "2020-01-01", "reason": "x"}, OF_ANNA, None),
        ({"kind": "hold", "until": "2026-12-24"}, OF_ANNA, "it is required"),
        ({"kind": "erase"}, OF_ANNA, "'hold', 'resume'"),
        ({"kind": "go_on", "provider": "twilio", "per_second": 1}, OF_ANNA, "'hold', 'resume'"),
        ({"kind": "switch_cadence", "cadence": "never"}, OF_ANNA, "no cadence 'never' was published"),
    ],
)
async def test_what_makes_no_sense_is_refused_before_anything_begins(
    client: httpx.AsyncClient, engine: AsyncEngine, leads: list[UUID], wish: Any, chosen: Any, said: str | None
) -> None:
    body = {"wish": wish, "leads": chosen}
    if said is None:  # It makes no sense for each lead, and each says so.
        found = await sent(client, "/rehearsal", body)
        assert (found["would_change"], found["refusals"][0]["leads"]) == (0, 2)
        return
    assert said in (await sent(client, "", body, 422))["detail"]
    assert await rows(engine, "select 1 from bulk_runs") == []


async def test_all_that_are_followed_up_are_chosen_by_saying_so(client: httpx.AsyncClient, leads: list[UUID]) -> None:
    for chosen, many in (
        ({"course": "running"}, 3),
        ({"course": "ended"}, 1),
        ({"ended": "no"}, 1),
        ({"q": "bob"}, 1),
        ({"source": "fair", "kind": "inbound", "on_hold": False, "stage": "new"}, 3),
        ({"next_before": "2030-01-01"}, 3),
        ({"overdue": True}, 0),
    ):
        body = {"wish": {"kind": "resume"}, "leads": chosen}
        if not many:
            await sent(client, "/rehearsal", body, 422)
            continue
        assert (await sent(client, "/rehearsal", body))["leads"] == many, chosen
