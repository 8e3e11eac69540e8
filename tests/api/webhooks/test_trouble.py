"""Reports while PostgreSQL or Temporal is away, or one lead is at fault: nothing is lost, and nothing done twice."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import Message
from structlog.testing import capture_logs

from adapters.db.cases import CaseStore, OpenCase, UnknownLead
from adapters.db.reading import Reading
from api import telling
from api.app import create_app
from api.services import Delivery, Services
from tests.api.conftest import client_of
from tests.api.fakes import BrokenDelivery, HangingDelivery, RecordingDelivery, UnreachableDelivery
from tests.api.webhooks.conftest import EVENTS, STATUS, Desk, SendGrid, Twilio, event


class FailingCases(CaseStore):
    """Opens the cases of all leads but one."""

    def __init__(self, cases: CaseStore, lead_id: UUID, failure: Exception) -> None:
        self._cases = cases
        self._lead_id = lead_id
        self._failure = failure

    @asynccontextmanager
    async def open(self, lead_id: UUID, now: datetime) -> AsyncIterator[OpenCase]:
        if lead_id == self._lead_id:
            raise self._failure
        async with self._cases.open(lead_id, now) as opened:
            yield opened


class AbsentReading(Reading):
    async def leads_of_touches(self, touch_ids: Any) -> dict[UUID, UUID]:
        raise ConnectionRefusedError


Over = Callable[[Services], AbstractAsyncContextManager[tuple[SendGrid, Twilio]]]


@pytest.fixture
def over(signing_key: ec.EllipticCurvePrivateKey) -> Over:
    """Both providers, in front of other services."""

    @asynccontextmanager
    async def providers(services: Services) -> AsyncIterator[tuple[SendGrid, Twilio]]:
        async with client_of(services, None) as client:
            yield SendGrid(client, signing_key), Twilio(client)

    return providers


async def test_an_absent_database_has_the_provider_come_again(
    services: Services, over: Over, desk: Desk, engine: AsyncEngine
) -> None:
    touch = await desk.message()
    with capture_logs() as logs:
        async with over(replace(services, reading=AbsentReading(engine))) as (sendgrid, twilio):
            answers = [await sendgrid.events(event(touch, "delivered")), await twilio.status(touch, "delivered")]
    for response in answers:
        assert response.status_code == 503
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.headers["Retry-After"]
        assert "nothing is done twice" in response.json()["detail"]
    assert [line["error"] for line in logs] == ["ConnectionRefusedError"] * 2
    assert await desk.state(touch) == "sent"


async def test_a_batch_that_broke_off_in_trouble_is_taken_once_when_it_comes_again(
    services: Services, over: Over, sendgrid: SendGrid, desk: Desk, tom: Desk, delivery: RecordingDelivery
) -> None:
    mine, theirs = await desk.message(), await tom.message()
    batch = [event(mine, "spamreport", timestamp=1), event(theirs, "spamreport", timestamp=2)]
    delivery.told.clear()
    cases = FailingCases(services.cases, tom.lead_id, ConnectionResetError())
    async with over(replace(services, cases=cases)) as (troubled, _):
        assert (await troubled.events(*batch)).status_code == 503
    assert delivery.told == [desk.lead_id]  # a stop that was committed is told, whatever came after it
    first = await desk.standing()
    assert (first.ended, (await tom.standing()).ended) == ("opted_out", None)
    assert (await sendgrid.events(*batch)).status_code == 204
    assert (await desk.standing()).revision == first.revision
    assert (await tom.standing()).ended == "opted_out"
    assert delivery.told == [desk.lead_id, tom.lead_id]


async def test_one_lead_at_fault_keeps_no_other_from_being_heard(
    services: Services, over: Over, desk: Desk, tom: Desk
) -> None:
    mine, theirs = await desk.message(), await tom.message()
    cases = FailingCases(services.cases, desk.lead_id, ZeroDivisionError("priya@harbor-bakery.example.com"))
    with capture_logs() as logs:
        async with over(replace(services, cases=cases)) as (sendgrid, _):
            response = await sendgrid.events(
                event(mine, "delivered", timestamp=1), event(theirs, "bounce", timestamp=2)
            )
    assert response.status_code == 500
    assert await tom.state(theirs) == "failed"
    assert {line["event"] for line in logs} == {"reports could not be taken", "a request failed"}
    assert "harbor" not in str(logs)


async def test_a_lead_that_is_erased_meanwhile_is_nothing(
    services: Services, over: Over, desk: Desk, tom: Desk
) -> None:
    mine, theirs = await desk.message(), await tom.message()
    cases = FailingCases(services.cases, desk.lead_id, UnknownLead(str(desk.lead_id)))
    with capture_logs() as logs:
        async with over(replace(services, cases=cases)) as (sendgrid, _):
            response = await sendgrid.events(event(mine, "bounce"), event(theirs, "delivered"))
    assert response.status_code == 204
    assert await tom.state(theirs) == "delivered"
    (line,) = logs
    assert (line["reports"], line["unknown"]) == (1, 1)


@pytest.mark.parametrize("absent", [UnreachableDelivery, BrokenDelivery, HangingDelivery])
async def test_a_stop_is_committed_though_nobody_could_be_told(
    absent: Callable[[], Delivery], services: Services, over: Over, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "TELL_WITHIN", telling.TELL_WITHIN / 20)
    touch = await desk.message()
    async with over(replace(services, delivery=absent())) as (sendgrid, _):
        assert (await sendgrid.events(event(touch, "spamreport"))).status_code == 204
    standing = await desk.standing()
    assert (standing.ended, standing.commands[-1]) == ("opted_out", "lead_opted_out")


@pytest.mark.parametrize("path", [EVENTS, STATUS])
@pytest.mark.parametrize("sent", [[], [b"[{"], [b"[]", b""]])
async def test_a_request_that_breaks_off_does_nothing(services: Services, path: str, sent: list[bytes]) -> None:
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in sent]
    answered: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": []}
    with capture_logs() as logs:
        await create_app(services)(scope, receive, send)
    assert logs == []
    assert answered[0]["status"] == 400


async def test_the_webhooks_take_posts_only(provider: httpx.AsyncClient) -> None:
    for path in (EVENTS, STATUS):
        assert [(await provider.request(method, path)).status_code for method in ("GET", "PUT", "DELETE")] == [405] * 3
