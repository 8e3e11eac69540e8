"""What people command over REST: happy, refused, and told after the commit."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.access import Token
from adapters.db.rows import AnswerRow, CommandRow, HoldRow, LeadRow, TouchRow
from api import telling
from api.commands import LeadCommands
from api.services import Delivery, Services
from api.writes import Caller
from leads.contract import Told
from tests.api.conftest import Capture
from tests.api.fakes import HangingDelivery, RecordingDelivery, UnreachableDelivery
from tests.clocks import SettableClock

NOBODY = "0d4f9a52-7d3c-4f62-a4f5-6fc3ab2b7b11"
EVERY_COMMAND: list[tuple[str, dict[str, Any]]] = [
    ("touches", {"channel": "call"}),
    ("answer", {"answer": "no"}),
    ("not-now", {"until": "2027-03-01"}),
    ("hold", {"until": "2026-12-01", "reason": "trade fair"}),
    ("resume", {}),
    ("skip", {}),
    ("cadence", {"cadence": "outbound-qualified"}),
    ("owner", {"owner": "ben"}),
]


async def newest_command(engine: AsyncEngine, lead_id: str) -> Any:
    async with engine.connect() as connection:
        found = await connection.execute(
            select(CommandRow.__table__)
            .where(CommandRow.lead_id == UUID(lead_id))
            .order_by(CommandRow.revision.desc())
            .limit(1)
        )
        return found.mappings().one()


async def stored(engine: AsyncEngine, table: Any) -> Any:
    async with engine.connect() as connection:
        return (await connection.execute(select(table.__table__))).mappings().all()


async def post(client: httpx.AsyncClient, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    response = await client.post(path, json=body)
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_a_personal_touch_pauses_the_cadence(
    client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine, delivery: RecordingDelivery
) -> None:
    lead = (await capture())["id"]
    before = (await client.get(f"/api/leads/{lead}")).json()["next_touch"]
    done = await post(
        client, f"/api/leads/{lead}/touches", {"channel": "call", "note": "Met her at the fair.", "by": "anna"}
    )
    assert done["told"] is True
    assert done["hold"]["reason"] == "personal_touch"
    assert done["hold"]["owner"] == "anna"
    assert done["next_touch"]["at"] > before["at"]
    assert delivery.told == [UUID(lead), UUID(lead)]
    touch = (await stored(engine, TouchRow))[0]
    assert (touch["personal"], touch["by"], touch["text"]) == (True, "anna", "Met her at the fair.")
    command = await newest_command(engine, lead)
    assert command["by"] == "anna"
    told = Told.model_validate(command["told"])
    assert told.touch_id == touch["id"]
    assert "fair" not in str(command["told"])
    assert command["details"]["note"] == "Met her at the fair."


async def test_a_touch_of_yesterday_counts_from_yesterday(
    client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine
) -> None:
    lead = (await capture())["id"]
    await post(client, f"/api/leads/{lead}/touches", {"channel": "email", "at": "2026-11-19T10:00:00-05:00"})
    assert (await stored(engine, TouchRow))[0]["happened_at"] == datetime(2026, 11, 19, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channel": "call", "at": "2026-11-19T10:00:00"}, "at"),
        ({"channel": "call", "at": "yesterday"}, "at"),
        ({"channel": "call", "at": 1763650800}, "at"),
        ({"channel": "call", "at": "2026-11-21T10:00:00Z"}, "at"),
        ({"channel": "call", "at": "1999-11-21T10:00:00Z"}, "at"),
        ({"channel": "call", "at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"channel": "smoke"}, "channel"),
        ({}, "channel"),
        ({"channel": "call", "by": "nobody"}, "by"),
        ({"channel": "call", "mood": "good"}, "mood"),
    ],
)
async def test_a_bad_touch_is_refused_and_nothing_is_stored(
    client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine, body: dict[str, Any], field: str
) -> None:
    lead = (await capture())["id"]
    problem = await post(client, f"/api/leads/{lead}/touches", body, 422)
    assert field in {one["field"] for one in problem["errors"]}
    assert await stored(engine, TouchRow) == []
    assert (await newest_command(engine, lead))["kind"] == "start"


async def test_a_naive_instant_is_refused_in_words_that_help(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture())["id"]
    problem = await post(client, f"/api/leads/{lead}/hold", {"until": "2026-12-01T10:00:00", "reason": "fair"}, 422)
    assert "offset" in problem["detail"]


async def test_a_no_ends_everything(client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine) -> None:
    lead = (await capture())["id"]
    done = await post(client, f"/api/leads/{lead}/answer", {"answer": "no", "note": "Bought elsewhere."})
    assert (done["answer"], done["ended"], done["stage"]) == ("no", "no", "lost")
    assert done["next_touch"] is None
    assert done["open_tasks"] == []
    answer = (await stored(engine, AnswerRow))[0]
    assert (answer["answer"], answer["by"], answer["note"]) == ("no", "website", "Bought elsewhere.")
    told = Told.model_validate((await newest_command(engine, lead))["told"])
    assert (told.answer, told.plan.wake) == ("no", None)


async def test_a_yes_leaves_the_hand_over(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture(owner="ben"))["id"]
    done = await post(client, f"/api/leads/{lead}/answer", {"answer": "yes"})
    assert done["stage"] == "qualified"
    shown = (await client.get(f"/api/leads/{lead}")).json()
    assert [(task["kind"], task["owner"]) for task in shown["open_tasks"]] == [("hand_over", "ben")]
    assert shown["open_tasks"][0]["outcomes"] == ["no", "not now", "accepted", "won", "lost", "meeting"]


async def test_a_second_no_is_a_conflict(client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine) -> None:
    lead = (await capture())["id"]
    await post(client, f"/api/leads/{lead}/answer", {"answer": "no"})
    problem = await post(client, f"/api/leads/{lead}/answer", {"answer": "no"}, 409)
    assert problem["errors"][0]["field"] == "answer"
    assert len(await stored(engine, AnswerRow)) == 1
    await post(client, f"/api/leads/{lead}/answer", {"answer": "maybe"}, 422)


async def test_not_now_sleeps_until_the_date_on_the_leads_own_clock(
    client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine
) -> None:
    lead = (await capture(zone="Pacific/Honolulu", phone=None))["id"]
    done = await post(client, f"/api/leads/{lead}/not-now", {"until": "2027-03-01"})
    assert done["ended"] is None
    told = Told.model_validate((await newest_command(engine, lead))["told"])
    assert told.until == datetime(2027, 3, 1, 10, tzinfo=UTC)
    assert told.plan.cadence == told.cadence == "not-now"
    assert done["next_touch"]["local_at"] >= "2027-03-01T00:00:00-10:00"


@pytest.mark.parametrize(
    "until", ["2026-11-20", "2026-11-20T14:59:00Z", "2050-01-01", "2027-02-30", "9999-12-31", "soon", 7]
)
async def test_not_now_with_a_wrong_date_is_refused(client: httpx.AsyncClient, capture: Capture, until: object) -> None:
    lead = (await capture())["id"]
    problem = await post(client, f"/api/leads/{lead}/not-now", {"until": until}, 422)
    assert problem["errors"][0]["field"] == "until"


async def test_not_now_after_a_no_is_a_conflict(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture())["id"]
    await post(client, f"/api/leads/{lead}/answer", {"answer": "no"})
    await post(client, f"/api/leads/{lead}/not-now", {"until": "2027-03-01"}, 409)


async def test_a_hold_pauses_and_a_resume_ends_it(
    client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine, clock: SettableClock
) -> None:
    lead = (await capture())["id"]
    done = await post(client, f"/api/leads/{lead}/hold", {"until": "2026-12-01T09:00:00-05:00", "reason": "on leave"})
    assert done["hold"]["until"] == "2026-12-01T14:00:00Z"
    assert done["next_touch"]["at"] >= "2026-12-01T14:00:00Z"
    clock.move_by(timedelta(hours=1))
    done = await post(client, f"/api/leads/{lead}/resume", {"by": "mia"})
    assert done["hold"] is None
    hold = (await stored(engine, HoldRow))[0]
    assert (hold["note"], hold["lifted_at"]) == ("on leave", clock())


async def test_a_hold_needs_a_reason_and_a_lead_that_runs(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture())["id"]
    for body in ({"until": "2026-12-01"}, {"until": "2026-12-01", "reason": " "}):
        problem = await post(client, f"/api/leads/{lead}/hold", body, 422)
        assert problem["errors"][0]["field"] == "reason"
    await post(client, f"/api/leads/{lead}/answer", {"answer": "no"})
    await post(client, f"/api/leads/{lead}/hold", {"until": "2026-12-01", "reason": "x"}, 409)


async def test_resume_without_a_hold_is_a_conflict(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture())["id"]
    problem = await post(client, f"/api/leads/{lead}/resume", {}, 409)
    assert problem["errors"][0]["field"] == "hold"


async def test_resume_takes_no_body_at_all(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture())["id"]
    await post(client, f"/api/leads/{lead}/hold", {"until": "2026-12-01", "reason": "fair"})
    assert (await client.post(f"/api/leads/{lead}/resume")).status_code == 200


async def test_the_next_step_is_skipped(client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine) -> None:
    lead = (await capture())["id"]
    done = await post(client, f"/api/leads/{lead}/skip", {"step": "answer-the-question"})
    assert done["next_touch"]["step"] == "first-call"
    assert (await newest_command(engine, lead))["told"]["step_id"] == "answer-the-question"


async def test_only_the_next_step_can_be_skipped(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture())["id"]
    problem = await post(client, f"/api/leads/{lead}/skip", {"step": "first-call"}, 409)
    assert problem["errors"][0]["field"] == "step"


async def test_another_cadence_takes_over(client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine) -> None:
    lead = (await capture())["id"]
    await post(client, f"/api/leads/{lead}/cadence", {"cadence": "outbound-qualified"})
    shown = (await client.get(f"/api/leads/{lead}")).json()
    assert shown["cadence"] == "outbound-qualified"
    assert {one["cadence"]: one["ended"] for one in shown["enrollments"]} == {
        "inbound-web": "switched",
        "outbound-qualified": None,
    }


async def test_an_unknown_cadence_is_refused(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture())["id"]
    problem = await post(client, f"/api/leads/{lead}/cadence", {"cadence": "no-such"}, 422)
    assert problem["errors"][0]["field"] == "cadence"


async def test_another_colleague_gets_the_lead(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture(owner="anna"))["id"]
    await post(client, f"/api/leads/{lead}/owner", {"owner": "ben"})
    assert (await client.get(f"/api/leads/{lead}")).json()["owner_name"] == "Ben Okafor"


async def test_an_owner_that_is_unknown_or_the_same_is_refused(client: httpx.AsyncClient, capture: Capture) -> None:
    lead = (await capture(owner="anna"))["id"]
    problem = await post(client, f"/api/leads/{lead}/owner", {"owner": "nobody"}, 422)
    assert problem["errors"][0]["field"] == "owner"
    await post(client, f"/api/leads/{lead}/owner", {"owner": "anna"}, 409)


@pytest.mark.parametrize(("command", "body"), EVERY_COMMAND)
async def test_a_command_to_an_unknown_lead_is_not_found(
    client: httpx.AsyncClient, shelf: object, command: str, body: dict[str, Any]
) -> None:
    await post(client, f"/api/leads/{NOBODY}/{command}", body, 404)


@pytest.mark.parametrize(("command", "body"), EVERY_COMMAND)
async def test_a_command_stands_although_temporal_is_away(
    client: httpx.AsyncClient,
    with_delivery: Callable[[Delivery], httpx.AsyncClient],
    capture: Capture,
    engine: AsyncEngine,
    command: str,
    body: dict[str, Any],
) -> None:
    lead = (await capture(owner="anna"))["id"]
    if command == "resume":
        await post(client, f"/api/leads/{lead}/hold", {"until": "2026-12-01", "reason": "fair"})
    async with with_delivery(UnreachableDelivery()) as lonely:
        done = await post(lonely, f"/api/leads/{lead}/{command}", body)
    assert done["told"] is False
    row = await newest_command(engine, lead)
    assert (row["revision"], row["delivered_at"]) == (done["revision"], None)
    Told.model_validate(row["told"])


async def test_a_caller_does_not_wait_long_for_a_workflow_that_hangs(
    with_delivery: Callable[[Delivery], httpx.AsyncClient], capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = (await capture())["id"]
    monkeypatch.setattr(telling, "TELL_WITHIN", timedelta(milliseconds=50))
    async with asyncio.timeout(5), with_delivery(HangingDelivery()) as client:
        done = await post(client, f"/api/leads/{lead}/answer", {"answer": "no"})
    assert (done["told"], done["ended"]) == (False, "no")


async def test_who_works_at_a_page_waits_less_than_a_program(
    services: Services, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_id = UUID((await capture())["id"])
    monkeypatch.setattr(telling, "TELL_WITHIN", timedelta(hours=1))
    commands = LeadCommands(replace(services, delivery=HangingDelivery()))
    async with asyncio.timeout(5):
        done = await commands.record_answer(
            lead_id, Caller(Token(uuid4(), "anna"), via="console", session_id=uuid4()), "anna", answer="no", note=None
        )
    assert (done.told, done.ended) == (False, "no")


async def test_commands_at_once_go_one_after_the_other(
    client: httpx.AsyncClient, capture: Capture, engine: AsyncEngine
) -> None:
    lead = (await capture(owner="anna"))["id"]
    answers = await asyncio.gather(
        *(client.post(f"/api/leads/{lead}/touches", json={"channel": "call", "note": str(n)}) for n in range(12))
    )
    assert [one.status_code for one in answers] == [200] * 12
    assert sorted(one.json()["revision"] for one in answers) == list(range(2, 14))
    async with engine.connect() as connection:
        assert await connection.scalar(select(LeadRow.revision).where(LeadRow.id == UUID(lead))) == 13


async def test_the_timeline_tells_what_happened(
    client: httpx.AsyncClient, capture: Capture, clock: SettableClock
) -> None:
    lead = (await capture(owner="anna"))["id"]
    for command, body in (
        ("hold", {"until": "2026-12-01", "reason": "fair"}),
        ("owner", {"owner": "ben"}),
        ("touches", {"channel": "call", "note": "hello"}),
        ("answer", {"answer": "yes", "note": "great"}),
    ):
        clock.move_by(timedelta(minutes=1))
        await post(client, f"/api/leads/{lead}/{command}", body)
    shown = (await client.get(f"/api/leads/{lead}")).json()
    kinds = [entry["kind"] for entry in shown["timeline"]]
    instants = [entry["at"] for entry in shown["timeline"]]
    assert instants == sorted(instants, reverse=True)
    assert {"captured", "question", "enrollment", "hold", "assignment", "touch", "answer", "task"} <= set(kinds)
    given = [(entry["text"], entry["said"]) for entry in shown["timeline"] if entry["kind"] == "assignment"]
    assert given[0] == ("Given to Ben Okafor", "reassigned by website")
    assert shown["first_response"]["state"] == "in time"
    assert shown["first_response"]["seconds"] == 180.0
    assert len(shown["commands"]) == 5


async def test_what_happened_at_one_instant_stands_in_the_order_in_which_it_followed(
    client: httpx.AsyncClient, capture: Capture, clock: SettableClock
) -> None:
    consent = {"channel": "sms", "wording": "You may text me.", "method": "checkbox"}
    lead = (await capture(owner="anna", phone="+12125550111", consents=[consent]))["id"]
    captured_at = clock()
    clock.move_by(timedelta(minutes=1))
    await post(client, f"/api/leads/{lead}/answer", {"answer": "yes", "note": "great"})
    clock.move_by(timedelta(minutes=1))
    timeline = (await client.get(f"/api/leads/{lead}")).json()["timeline"]
    at_once = [entry["text"] for entry in timeline if datetime.fromisoformat(entry["at"]) == captured_at]
    assert at_once == [
        "The cadence inbound-web begins",
        "Agreed to texts: checkbox",
        "Asked",
        "Given to Anna Keller",
        "Came in: inbound, web form",
    ]
    assert [entry["text"] for entry in timeline if datetime.fromisoformat(entry["at"]) > captured_at] == [
        "To do for Anna Keller: take over: said yes",
        "The cadence inbound-web ended: yes",
        "Now qualified (yes)",
        "Said yes",
    ]


async def test_an_unknown_task_or_lead_id_that_is_none_is_not_found(client: httpx.AsyncClient) -> None:
    await post(client, f"/api/tasks/{uuid4()}/complete", {"outcome": "done"}, 404)
    await post(client, "/api/leads/none/answer", {"answer": "no"}, 404)
