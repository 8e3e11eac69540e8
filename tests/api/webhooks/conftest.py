"""Providers that sign what they post, one lead with messages in the ledger, and what became of both."""

import base64
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from adapters.db.cases import CaseStore
from adapters.db.rows import CommandRow, LeadRow, SuppressionRow, TaskRow, TouchRow
from api.services import Services
from api.webhooks.keys import WebhookKeys
from leads.model import Channel
from leads.sending import Claim, TouchState
from tests.api.conftest import Capture, client_of
from tests.clocks import SettableClock

EVENTS = "/webhooks/sendgrid/events"
STATUS = "/webhooks/twilio/status"
PUBLIC = "https://follow.example.com/base"
TOKEN = "an auth token of tests"
SID = "SM" + "0a" * 16
EMAIL = "priya@harbor-bakery.example.com"
PHONE = "+12125550111"


class SendGrid:
    """Posts batches of events, signed as SendGrid signs them."""

    def __init__(self, client: httpx.AsyncClient, key: ec.EllipticCurvePrivateKey) -> None:
        self.client = client
        self._key = key

    def sign(self, body: bytes, sent_at: str = "1700000000") -> dict[str, str]:
        signature = self._key.sign(sent_at.encode() + body, ec.ECDSA(SHA256()))
        return {
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": sent_at,
            "Content-Type": "application/json",
        }

    async def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return await self.client.post(EVENTS, content=body, headers=self.sign(body) if headers is None else headers)

    async def events(self, *events: object) -> httpx.Response:
        # As SendGrid writes it, with the line end that is signed too.
        return await self.post(json.dumps(events, separators=(",", ":")).encode() + b"\r\n")


class Twilio:
    """Posts status callbacks, signed as Twilio signs them: for the public address, with the auth token."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    def sign(self, fields: Iterable[tuple[str, str]], query: str) -> dict[str, str]:
        form = ImmutableMultiDict(list(fields))
        url = f"{PUBLIC}{STATUS}" + (f"?{query}" if query else "")
        return {
            "X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, form),
            "Content-Type": "application/x-www-form-urlencoded",
        }

    async def post(self, body: bytes, query: str, headers: Mapping[str, str]) -> httpx.Response:
        return await self.client.post(f"{STATUS}?{query}" if query else STATUS, content=body, headers=headers)

    async def fields(self, *fields: tuple[str, str], query: str) -> httpx.Response:
        return await self.post(urlencode(fields).encode(), query, self.sign(fields, query))

    async def status(self, touch: object, status: str, **more: str) -> httpx.Response:
        fields = {"MessageSid": SID, "AccountSid": "AC" + "0" * 32, "To": PHONE, "From": "+12125550100", "Body": ""}
        return await self.fields(*{**fields, "MessageStatus": status, **more}.items(), query=f"touch={touch}")


@dataclass(frozen=True)
class Standing:
    """How a lead stands: everything that a report may change, apart from the ledger."""

    revision: int
    ended: str | None
    commands: list[str]
    lost: list[str]
    suppressions: int
    open_tasks: list[str]


class Desk:
    """One lead, and the messages in its ledger."""

    def __init__(self, engine: AsyncEngine, cases: CaseStore, clock: SettableClock, lead_id: UUID) -> None:
        self.engine = engine
        self.cases = cases
        self.clock = clock
        self.lead_id = lead_id

    async def message(self, channel: Channel = Channel.EMAIL, state: TouchState = TouchState.SENT) -> UUID:
        """A message that was claimed and settled, as an earlier step of the plan."""
        touch_id = uuid4()
        async with self.cases.open(self.lead_id, self.clock()) as opened:
            await opened.claim(
                Claim(
                    touch_id=touch_id,
                    enrollment_id=opened.case.enrollment.id,
                    step_id=f"step-{touch_id}",
                    occurrence=1,
                    channel=channel,
                    contact=EMAIL if channel is Channel.EMAIL else PHONE,
                    subject=None,
                    text="hello",
                    claimed_at=self.clock(),
                    provider="scripted",
                )
            )
            if state is not TouchState.CLAIMED:
                await opened.settle(touch_id, state)
        return touch_id

    async def touch(self, touch_id: UUID) -> Any:
        async with self.engine.connect() as connection:
            return (await connection.execute(select(TouchRow.__table__).where(TouchRow.id == touch_id))).one()

    async def state(self, touch_id: UUID) -> str:
        return str((await self.touch(touch_id)).state)

    async def standing(self) -> Standing:
        async with self.cases.open(self.lead_id, self.clock()) as opened:
            case, plan = opened.case, opened.plan
        async with self.engine.connect() as connection:
            row = (await connection.execute(select(LeadRow.revision).where(LeadRow.id == self.lead_id))).one()
            assert row.revision == plan.revision
            kinds = select(CommandRow.kind).where(CommandRow.lead_id == self.lead_id).order_by(CommandRow.revision)
            tasks = select(TaskRow.kind).where(TaskRow.lead_id == self.lead_id, TaskRow.state == "open")
            return Standing(
                revision=plan.revision,
                ended=plan.ended,
                commands=list((await connection.execute(kinds)).scalars()),
                lost=[point.value for point in case.lead.contacts if point.lost is not None],
                suppressions=int(await connection.scalar(select(func.count(SuppressionRow.digest))) or 0),
                open_tasks=sorted((await connection.execute(tasks)).scalars()),
            )


def event(touch: object, name: str, **more: object) -> dict[str, object]:
    """An event as SendGrid posts it: with the address, and our custom argument among its own fields."""
    return {
        "email": EMAIL,
        "timestamp": 1700000000,
        "smtp-id": "<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>",
        "event": name,
        "sg_event_id": f"event-{name}",
        "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",
        "followthrough_touch": str(touch),
        **more,
    }


@pytest.fixture(scope="session")
def signing_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def services(services: Services, signing_key: ec.EllipticCurvePrivateKey) -> Services:
    public = signing_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    keys = WebhookKeys(sendgrid_event_key=base64.b64encode(public).decode(), twilio_auth_token=TOKEN, base_url=PUBLIC)
    return replace(services, webhooks=keys)


@pytest_asyncio.fixture
async def provider(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A caller without a token of ours; providers have none."""
    async with client_of(services, None) as client:
        yield client


@pytest.fixture
def sendgrid(provider: httpx.AsyncClient, signing_key: ec.EllipticCurvePrivateKey) -> SendGrid:
    return SendGrid(provider, signing_key)


@pytest.fixture
def twilio(provider: httpx.AsyncClient) -> Twilio:
    return Twilio(provider)


@pytest_asyncio.fixture
async def desk(engine: AsyncEngine, cases: CaseStore, clock: SettableClock, capture: Capture) -> Desk:
    return Desk(engine, cases, clock, UUID((await capture(email=EMAIL, phone=PHONE))["id"]))


@pytest_asyncio.fixture
async def tom(desk: Desk, capture: Capture) -> Desk:
    """Another lead."""
    captured = await capture(email="tom@example.com", phone="+12125550112")
    return Desk(desk.engine, desk.cases, desk.clock, UUID(captured["id"]))
