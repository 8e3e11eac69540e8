"""Leads over REST: captured, listed, shown."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import CommandRow, ConsentRow, ContactPointRow, InquiryRow, LeadRow
from api.services import Delivery
from tests.api.conftest import Capture
from tests.api.fakes import BrokenDelivery, RecordingDelivery, UnreachableDelivery
from tests.clocks import SettableClock

ANN = {"email": "Ann.Lee@Example.com", "phone": "(212) 555-0123", "question": "What does it cost?"}


def cursor_of(instant: str) -> str:
    """A cursor as a page gives it out, but with this instant."""
    return b64encode(json.dumps([instant, "0d4f9a52-7d3c-4f62-a4f5-6fc3ab2b7b11"]).encode()).decode().rstrip("=")


async def rows(engine: AsyncEngine, table: Any) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(table)) or 0)


async def test_a_new_lead_is_stored_normalised_and_its_workflow_told(
    client: httpx.AsyncClient, engine: AsyncEngine, delivery: RecordingDelivery
) -> None:
    response = await client.post("/api/leads", json=ANN)
    assert response.status_code == 201
    answer = response.json()
    assert answer["created"] is answer["enrolled"] is answer["told"] is True
    assert answer["temporal"] == f"lead:{answer['id']}"
    assert response.headers["Location"] == f"/api/leads/{answer['id']}"
    assert delivery.told == [UUID(answer["id"])]
    async with engine.connect() as connection:
        values = (await connection.execute(select(ContactPointRow.value).order_by(ContactPointRow.kind))).scalars()
        assert list(values) == ["ann.lee@example.com", "+12125550123"]


async def test_the_same_person_again_adds_to_the_lead(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    first = (await client.post("/api/leads", json=ANN)).json()
    again = await client.post(
        "/api/leads", json={"email": "ANN.LEE@example.com", "name": "Ann Lee", "question": "And how fast is it?"}
    )
    assert again.status_code == 200
    assert again.json()["id"] == first["id"]
    assert again.json()["created"] is False
    assert await rows(engine, LeadRow) == 1
    shown = (await client.get(f"/api/leads/{first['id']}")).json()
    assert shown["name"] == "Ann Lee"
    assert {one["question"] for one in shown["questions"]} == {"What does it cost?", "And how fast is it?"}


async def test_the_very_same_again_changes_nothing(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await client.post("/api/leads", json=ANN)
    before = [await rows(engine, table) for table in (LeadRow, InquiryRow, ConsentRow, CommandRow)]
    assert (await client.post("/api/leads", json=ANN)).status_code == 200
    assert [await rows(engine, table) for table in (LeadRow, InquiryRow, ConsentRow, CommandRow)] == before


async def test_a_lead_is_stored_although_temporal_is_away(
    with_delivery: Callable[[Delivery], httpx.AsyncClient], engine: AsyncEngine
) -> None:
    async with with_delivery(UnreachableDelivery()) as client:
        response = await client.post("/api/leads", json=ANN)
    assert response.status_code == 201
    assert response.json()["told"] is False
    async with with_delivery(BrokenDelivery()) as client:
        response = await client.post("/api/leads", json={"email": "bob@example.com"})
    assert response.status_code == 201
    assert response.json()["told"] is False
    assert await rows(engine, LeadRow) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "ann@example.com", "colour": "blue"}, "colour"),
        ({"email": "ann@example.com", "zone": "America/New York"}, "zone"),
        ({"phone": "+1 555 010 0199"}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"email": "ann at example.com"}, "email"),
        ({"source": "fair", "kind": "inbound", "zone": "America/New_York"}, "email"),
        ({"email": "ann at example.com", "name": "Ann", "question": "How much?"}, "email"),
        ({"email": "  "}, "email"),
        ({"email": "ann@example.com", "cadence": "no-such"}, "cadence"),
        ({"email": "ann@example.com", "owner": "nobody"}, "owner"),
        ({"email": "ann@example.com", "generated_by": "nobody"}, "generated_by"),
        ({"email": "ann@example.com", "kind": "sideways"}, "kind"),
        ({"email": "ann@example.com", "country": "Atlantis"}, "country"),
        ({"email": "ann@example.com", "cost": "-1"}, "cost"),
        ({"email": "ann@example.com", "cost": "NaN"}, "cost"),
        ({"email": "ann@example.com", "cost": "1.005"}, "cost"),
        ({"email": "ann@example.com", "question": "x" * 10_001}, "question"),
        ({"email": "ann@example.com", "name": "x" * 201}, "name"),
        ({"email": "ann@example.com", "name": ["Ann"]}, "name"),
        ({"email": "ann@example.com", "attributes": {"Größe": "4"}}, "attributes"),
        ({"email": "ann@example.com", "attributes": {"size": 4}}, "attributes.size"),
        (
            {"email": "ann@example.com", "consents": [{"channel": "sms", "wording": "ok", "method": "form"}]},
            "consents",
        ),
        (
            {
                "email": "ann@example.com",
                "consents": [{"channel": "email", "contact": "bob@example.com", "wording": "ok", "method": "form"}],
            },
            "consents",
        ),
        ({"email": "ann@example.com", "consents": [{"channel": "email"}]}, "consents.0.wording"),
    ],
)
async def test_a_bad_lead_is_refused_with_its_field_and_nothing_is_stored(
    client: httpx.AsyncClient, engine: AsyncEngine, body: dict[str, Any], field: str
) -> None:
    response = await client.post("/api/leads", json=body)
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert field in {one["field"] for one in problem["errors"]}, problem
    assert problem["status"] == 422
    assert await rows(engine, LeadRow) == 0


async def test_an_unknown_cadence_is_refused_for_a_known_person_too(client: httpx.AsyncClient) -> None:
    await client.post("/api/leads", json=ANN)
    response = await client.post("/api/leads", json={**ANN, "cadence": "no-such"})
    assert response.status_code == 422
    assert response.json()["errors"] == [{"field": "cadence", "message": "no cadence 'no-such' was published"}]


async def test_consents_are_for_the_leads_own_contact_points(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    sms = {"channel": "sms", "wording": "Yes, text me.", "method": "checkbox"}
    await client.post("/api/leads", json={**ANN, "consents": [sms], "source": "fair"})
    async with engine.connect() as connection:
        row = (await connection.execute(select(ConsentRow.__table__))).mappings().one()
    assert (row["channel"], row["contact"], row["source"]) == ("sms", "+12125550123", "fair")


async def test_invisible_characters_never_reach_the_database(client: httpx.AsyncClient) -> None:
    body = '{"email": "ann@example.com", "name": "Ann\\u0000 \\ud800 Lee\\r\\nBcc: x", "question": "a\\u0007\\nb"}'
    response = await client.post("/api/leads", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 201
    shown = (await client.get(f"/api/leads/{response.json()['id']}")).json()
    assert shown["name"] == "Ann Lee Bcc: x"
    assert shown["question"] == "a\nb"


async def test_leads_are_listed_newest_first_in_pages(
    client: httpx.AsyncClient, capture: Capture, clock: SettableClock
) -> None:
    ids = []
    for number in range(5):
        ids.append((await capture(email=f"lead{number}@example.com", phone=None))["id"])
    seen: list[str] = []
    cursor: dict[str, str] = {}
    pages = 0
    while True:
        page = (await client.get("/api/leads", params={"limit": "2", **cursor})).json()
        assert page["total"] == 5
        seen += [one["id"] for one in page["items"]]
        pages += 1
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert pages == 3
    assert sorted(seen) == sorted(ids)
    assert len(set(seen)) == 5


async def test_leads_are_filtered(client: httpx.AsyncClient, capture: Capture) -> None:
    priya = (await capture(owner="anna"))["id"]
    tom = (
        await capture(
            email="tom@whitfield.example.com", phone="+13125550112", name="Tom", company="50% off_ Ltd", owner="ben"
        )
    )["id"]
    await client.post(f"/api/leads/{tom}/answer", json={"answer": "no"})

    async def found(**params: str) -> list[str]:
        response = await client.get("/api/leads", params=params)
        assert response.status_code == 200, response.text
        page = response.json()
        assert page["total"] == len(page["items"])
        return [one["id"] for one in page["items"]]

    assert await found(stage="lost") == [tom]
    assert await found(owner="anna") == [priya]
    assert await found(cadence="inbound-web", owner="ben") == [tom]
    assert await found(cadence="not-now") == []
    assert await found(q="BAKERY") == [priya]
    assert await found(q="312555") == [tom]
    assert await found(q="0% off_") == [tom]
    assert await found(q="y_") == []
    assert await found(q="priya@harbor") == [priya]
    for nothing in ("", " ", "\0"):
        assert set(await found(q=nothing)) == set(await found(owner=nothing)) == {tom, priya}


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"stage": "asleep"}, "stage"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"cursor": "abc"}, "cursor"),
        ({"cursor": "eyJhIjoxfQ"}, "cursor"),
        ({"q": "x"}, "q"),
        ({"q": " x\0 "}, "q"),
        ({"q": "x" * 101}, "q"),
        ({"cursor": cursor_of("0001-01-01T00:00:00+14:00")}, "cursor"),
        ({"cursor": cursor_of("9999-12-31T23:59:59-14:00")}, "cursor"),
        ({"colour": "blue"}, "colour"),
    ],
)
async def test_a_bad_query_is_refused_with_its_field(
    client: httpx.AsyncClient, params: dict[str, str], field: str
) -> None:
    response = await client.get("/api/leads", params=params)
    assert response.status_code == 422
    assert field in {one["field"] for one in response.json()["errors"]}


async def test_a_lead_is_shown_with_its_next_touch_and_why(client: httpx.AsyncClient, capture: Capture) -> None:
    captured = await capture()
    response = await client.get(f"/api/leads/{captured['id']}")
    assert response.status_code == 200
    lead = response.json()
    touch = lead["next_touch"]
    assert (touch["step"], touch["channel"]) == ("answer-the-question", "email")
    assert touch["at"] == "2026-11-20T15:00:00Z"
    assert touch["local_at"] == "2026-11-20T10:00:00-05:00"
    assert touch["zone"] == "America/New_York"
    assert [reason["rule"] for reason in touch["reasons"]]
    assert all(reason["text"] for reason in touch["reasons"])
    assert lead["stage"] == "new"
    assert lead["hold"] is lead["answer"] is None
    assert lead["temporal"] == f"lead:{captured['id']}"
    assert lead["first_response"]["state"] == "waiting"
    assert {one["value"] for one in lead["contacts"]} == {"priya@harbor-bakery.example.com", "+12125550111"}
    assert [entry["kind"] for entry in lead["timeline"]].count("captured") == 1
    assert lead["truncated"] is False
    listed = (await client.get("/api/leads")).json()["items"][0]
    assert listed["email"] == "priya@harbor-bakery.example.com"
    assert listed["next_step"] == "answer-the-question"


async def test_an_unknown_lead_is_not_found(client: httpx.AsyncClient) -> None:
    for lead_id in ("0d4f9a52-7d3c-4f62-a4f5-6fc3ab2b7b11", "no-id"):
        response = await client.get(f"/api/leads/{lead_id}")
        assert response.status_code == 404
        assert response.headers["Content-Type"] == "application/problem+json"


async def test_T9_what_the_gate_asks_for_comes_with_the_lead(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    known = {
        "region": "texas",
        "purchased_at": "2026-03-01T09:00:00-06:00",
        "dnc_listed": False,
        "dnc_checked_at": "2026-11-01T00:00:00Z",
    }
    assert (await client.post("/api/leads", json={**ANN, **known})).status_code == 201
    async with engine.connect() as connection:
        lead = (await connection.execute(select(LeadRow.region, LeadRow.purchased_at))).one()
        phone = select(ContactPointRow.dnc_listed, ContactPointRow.dnc_checked_at)
        point = (await connection.execute(phone.where(ContactPointRow.kind == "phone"))).one()
    assert (lead.region, lead.purchased_at) == ("TX", datetime(2026, 3, 1, 15, tzinfo=UTC))
    assert (point.dnc_listed, point.dnc_checked_at) == (False, datetime(2026, 11, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"region": "London"}, "region"),
        ({"purchased_at": "2026-03-01"}, "purchased_at"),
        ({"purchased_at": "2036-03-01T00:00:00Z"}, "purchased_at"),
        ({"dnc_listed": "perhaps"}, "dnc_listed"),
        ({"dnc_checked_at": "2026-11-01T00:00:00Z"}, "dnc_checked_at"),
    ],
)
async def test_what_the_gate_can_not_use_is_refused_by_name(
    client: httpx.AsyncClient, engine: AsyncEngine, wrong: dict[str, Any], field: str
) -> None:
    response = await client.post("/api/leads", json={**ANN, **wrong})
    assert (response.status_code, [one["field"] for one in response.json()["errors"]]) == (422, [field])
    assert await rows(engine, LeadRow) == 0
