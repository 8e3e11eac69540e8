"""What every request passes: tokens, limits, problem documents; and whether we are alive and ready."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import Message
from structlog.testing import capture_logs

from adapters.db.lead_views import LeadView
from adapters.db.reading import Reading
from adapters.db.rows import LeadRow
from api.app import create_app
from api.middleware import LONGEST_BODY
from api.services import Services
from leads.model import Company
from tests.api.conftest import Capture, client_of
from tests.clocks import SettableClock

NO_LEAD = "0d4f9a52-7d3c-4f62-a4f5-6fc3ab2b7b11"
PROTECTED = [
    ("POST", "/api/leads"),
    ("GET", "/api/leads"),
    ("GET", f"/api/leads/{NO_LEAD}"),
    *(
        ("POST", f"/api/leads/{NO_LEAD}/{command}")
        for command in (
            *("touches", "answer", "not-now", "hold", "resume", "skip", "cadence", "owner", "contacts", "merge"),
            *("undo", "notes", "emails"),
        )
    ),
    ("POST", f"/api/leads/{NO_LEAD}/meetings"),
    ("PUT", f"/api/leads/{NO_LEAD}/meetings/{NO_LEAD}"),
    ("DELETE", f"/api/leads/{NO_LEAD}/meetings/{NO_LEAD}"),
    ("POST", "/api/bulk-runs"),
    ("POST", "/api/bulk-runs/rehearsal"),
    ("GET", "/api/bulk-runs"),
    ("GET", f"/api/bulk-runs/{NO_LEAD}"),
    ("GET", f"/api/bulk-runs/{NO_LEAD}/leads"),
    *(("POST", f"/api/bulk-runs/{NO_LEAD}/{command}") for command in ("stop", "go-on", "retry")),
    ("GET", "/api/tasks"),
    ("POST", f"/api/tasks/{NO_LEAD}/complete"),
    ("GET", "/api/reps"),
    ("GET", "/api/backlogs"),
    ("GET", "/api/reports/figures"),
    ("GET", "/api/reports/response-times"),
    ("GET", "/api/reports/steps"),
    ("GET", "/api/reports/costs"),
    ("GET", "/api/reports/leads"),
    ("GET", "/api/reports/first-responses"),
    ("GET", "/api/reports/funnel"),
    ("GET", "/api/lead-map"),
    ("GET", "/api/experiments"),
    ("GET", "/api/experiments/leads"),
    ("GET", "/api/best-times"),
    ("GET", "/api/staff-mails"),
    ("GET", "/api/answers/unanswered"),
    ("GET", "/api/reviews/{day}"),
    ("GET", "/api/policy"),
    ("GET", "/api/policy/acknowledgements"),
    ("GET", "/api/hook-deliveries"),
    ("POST", f"/api/hook-deliveries/{NO_LEAD}/replay"),
    ("GET", "/api/outbox"),
]


async def leads(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(select(func.count(LeadRow.id))) or 0)


@pytest.mark.parametrize(("method", "path"), PROTECTED)
async def test_nothing_is_answered_without_a_token(services: Services, method: str, path: str) -> None:
    for wrong in (None, "ft_wrong", "other", "ft_\xe9"):
        async with client_of(services, None) as stranger:
            headers = {} if wrong is None else {b"Authorization": f"Bearer {wrong}".encode("latin-1")}
            response = await stranger.request(method, path, headers=headers, json={} if method == "POST" else None)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.headers["Content-Type"] == "application/problem+json"


async def test_a_revoked_token_opens_nothing(
    services: Services, client: httpx.AsyncClient, clock: SettableClock
) -> None:
    assert (await client.get("/api/leads")).status_code == 200
    assert await services.tokens.revoke("website", clock()) == 1
    assert (await client.get("/api/leads")).status_code == 401


async def test_the_openapi_document_needs_no_token_and_names_every_call(services: Services) -> None:
    async with client_of(services, None) as stranger:
        response = await stranger.get("/api/openapi.json")
        assert (await stranger.get("/api/docs")).status_code == 404
        assert (await stranger.get("/docs")).status_code == 404
        assert (await stranger.get("/redoc")).status_code == 404
    assert response.status_code == 200
    document = response.json()
    named = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert {(method, path.replace(NO_LEAD, "{id}")) for method, path in PROTECTED} | {
        ("GET", "/healthz"),
        ("GET", "/readyz"),
    } == {(method, re.sub(r"\{[a-z]+_id\}", "{id}", path)) for method, path in named}
    refusal = document["paths"]["/api/leads"]["post"]["responses"]["422"]
    assert refusal["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert "Problem" in document["components"]["schemas"]
    text = json.dumps(document)
    assert all(f'"{ref}"' in text for ref in ("FieldError", "LeadView"))


async def test_an_address_that_is_none_and_a_method_that_is_none(client: httpx.AsyncClient) -> None:
    missing = await client.get("/api/nothing")
    assert (missing.status_code, missing.json()["title"]) == (404, "Not Found")
    wrong = await client.delete("/api/leads")
    assert wrong.status_code == 405
    assert "POST" in wrong.headers["Allow"] or "GET" in wrong.headers["Allow"]
    for response in (missing, wrong):
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json()["type"] == "about:blank"
        assert response.json()["detail"]


async def test_an_over_long_body_is_refused_announced_or_not(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    body = json.dumps({"email": "ann@example.com", "attributes": {"x": "y" * LONGEST_BODY}}).encode()
    headers = {"Content-Type": "application/json"}

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]

    for content in (body, chunks()):
        response = await client.post("/api/leads", content=content, headers=headers)
        assert response.status_code == 413
        assert response.headers["Content-Type"] == "application/problem+json"
    assert await leads(engine) == 0


async def test_a_body_of_just_the_limit_is_read(client: httpx.AsyncClient) -> None:
    body = b'{"email": "ann@example.com"}'.ljust(LONGEST_BODY)
    response = await client.post("/api/leads", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 201


@pytest.mark.parametrize("sent", [[], [b'{"step": "some-oth'], [b"{}", b""]])
async def test_a_request_that_breaks_off_does_nothing(
    services: Services, token: str, capture: Capture, client: httpx.AsyncClient, sent: list[bytes]
) -> None:
    path = f"/api/leads/{(await capture())['id']}"
    before = (await client.get(path)).json()
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in sent]
    answered: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"{path}/skip",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")],
    }
    await create_app(services)(scope, receive, send)
    assert answered == []
    assert (await client.get(path)).json() == before


async def test_a_body_that_is_no_json_is_refused(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    form = await client.post("/api/leads", data={"email": "ann@example.com"})
    assert form.status_code == 415
    broken = await client.post("/api/leads", content=b'{"email": ', headers={"Content-Type": "application/json"})
    assert broken.status_code == 400
    bytes_of_none = await client.post("/api/leads", content=b"\xff\xfe", headers={"Content-Type": "application/json"})
    assert bytes_of_none.status_code == 400
    a_list = await client.post("/api/leads", json=[1])
    assert a_list.status_code == 422
    nothing = await client.post("/api/leads")
    assert nothing.status_code == 422
    for response in (form, broken, bytes_of_none, a_list, nothing):
        assert response.headers["Content-Type"] == "application/problem+json"
    assert await leads(engine) == 0


async def test_a_failure_tells_only_an_incident(services: Services, token: str, engine: AsyncEngine) -> None:
    class FailingReading(Reading):
        async def lead(self, lead_id: UUID, company: Company, now: datetime) -> LeadView | None:
            raise ZeroDivisionError("Priya Raman, +12125550111")

    with capture_logs() as logs:
        async with client_of(replace(services, reading=FailingReading(engine)), token) as client:
            response = await client.get(f"/api/leads/{NO_LEAD}")
    assert response.status_code == 500
    problem = response.json()
    assert "Priya" not in response.text
    assert "ZeroDivision" not in response.text
    logged = next(line for line in logs if line.get("incident") == problem["incident"])
    assert logged["error"] == "ZeroDivisionError"
    assert "Priya" not in str(logs)


async def test_an_absent_database_is_a_503(services: Services, token: str, engine: AsyncEngine) -> None:
    class AbsentReading(Reading):
        async def lead(self, lead_id: UUID, company: Company, now: datetime) -> LeadView | None:
            raise ConnectionRefusedError

    async with client_of(replace(services, reading=AbsentReading(engine)), token) as client:
        response = await client.get(f"/api/leads/{NO_LEAD}")
    assert response.status_code == 503
    assert response.headers["Retry-After"]


async def test_log_lines_never_name_a_lead(capture: Capture, client: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        lead = await capture()
        await client.post(f"/api/leads/{lead['id']}/touches", json={"channel": "call", "note": "likes rye"})
    assert {line["lead_id"] for line in logs} == {lead["id"]}
    for private in ("Priya", "harbor-bakery", "2125550111", "ovens", "rye"):
        assert private not in str(logs)


async def test_we_live_and_are_ready(services: Services) -> None:
    async with client_of(services, None) as anybody:
        assert (await anybody.get("/healthz")).json() == {"status": "ok"}
        ready = await anybody.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "parts": {"database": "ok", "temporal": "ok"}}


async def test_readiness_says_which_part_is_not_ready(services: Services) -> None:
    async def temporal_is_away() -> dict[str, str]:
        return {"database": "ok", "temporal": "can't be reached"}

    async with client_of(replace(services, readiness=temporal_is_away), None) as anybody:
        response = await anybody.get("/readyz")
        assert (await anybody.get("/healthz")).status_code == 200
    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["parts"] == {"database": "ok", "temporal": "can't be reached"}
    assert "temporal: can't be reached" in response.json()["detail"]
