"""The REST interface in front of a real database, with a delivery that is a fake and a clock that tests set."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.absences import Absences
from adapters.db.access import ApiTokens, IdempotencyKeys
from adapters.db.accounts import Accounts
from adapters.db.alerts import Alerts
from adapters.db.audit import SuppressionAudit
from adapters.db.audit_log import AuditLog
from adapters.db.audit_reading import AuditReading
from adapters.db.backlogs import Backlogs
from adapters.db.bulk_runs import BulkRuns
from adapters.db.cadence_drafts import CadenceDrafts
from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.checks import Checks
from adapters.db.contact_times import ContactTimesBook
from adapters.db.dossier import Dossiers
from adapters.db.erasure import Erasure
from adapters.db.erasure_preview import ErasurePreview
from adapters.db.experiments import Experiments
from adapters.db.inbound import InboundMessages
from adapters.db.inquiries import Inquiries
from adapters.db.lead_desks import LeadDesks
from adapters.db.leads_in_flight import LeadsInFlight
from adapters.db.lookalikes import Lookalikes
from adapters.db.merging import Merges
from adapters.db.outbox import Outbox
from adapters.db.ownership import Ownership
from adapters.db.people import People
from adapters.db.policies import Policies
from adapters.db.published_cadences import PublishedCadences
from adapters.db.queue_watch import QueueWatch
from adapters.db.reading import Reading
from adapters.db.reports.reports import Reports
from adapters.db.reviews import Reviews
from adapters.db.routing import Router
from adapters.db.sample_traces import SampleTraces
from adapters.db.senders import Senders
from adapters.db.sendings import Sendings
from adapters.db.sent_messages import SentMessages
from adapters.db.sessions import Sessions
from adapters.db.staff_mails import StaffMails
from adapters.db.suppressions import Suppressions
from adapters.db.work_queue import WorkQueues
from adapters.erasing import Erasing
from adapters.providers.checks.findings import Check
from api.app import create_app
from api.doctor import Doctor
from api.doors import doors_of
from api.providers import Providers
from api.sample_business import SampleBusiness
from api.services import Delivery, Services
from api.setup import Setup
from api.webhooks.keys import WebhookKeys
from leads.answers_in_force import AnswersInForce
from leads.playbook import Playbook
from leads.temporal_pages import TemporalPages
from runtime import sample
from runtime.channels import channel_uses
from runtime.settings import load_settings
from tests.api.fakes import HealthyChecker, NoEngine, RecordingDelivery, RecordingHistories
from tests.api.house import House
from tests.api.person import Person
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.sample import COMPANY, KEY

Capture = Callable[..., Awaitable[dict[str, Any]]]


async def everything_is_ready() -> dict[str, str]:
    return {"database": "ok", "temporal": "ok"}


async def nothing_follows() -> None:
    return None


async def nothing_to_look_up(*_: object) -> list[Check]:
    return []


LOCAL_USES = channel_uses(load_settings(env_file=None))


@pytest.fixture
def delivery() -> RecordingDelivery:
    return RecordingDelivery()


@pytest.fixture
def histories() -> RecordingHistories:
    return RecordingHistories()


@pytest.fixture
def services(
    engine: AsyncEngine,
    shelf: CadenceShelf,
    cases: CaseStore,
    intake: LeadIntake,
    delivery: RecordingDelivery,
    histories: RecordingHistories,
    clock: SettableClock,
) -> Services:
    return services_over(engine, shelf, cases, intake, delivery, histories, clock)


def services_over(
    engine: AsyncEngine,
    shelf: CadenceShelf,
    cases: CaseStore,
    intake: LeadIntake,
    delivery: Delivery,
    histories: RecordingHistories,
    clock: SettableClock,
) -> Services:
    """The services over a database, with a delivery, histories and a clock that are given."""
    return Services(
        cases=cases,
        intake=intake,
        backlogs=Backlogs(engine, shelf, COMPANY, KEY),
        merges=Merges(engine, cases),
        shelf=shelf,
        drafts=CadenceDrafts(engine, shelf),
        published=PublishedCadences(engine),
        answers=AnswersInForce(lambda: Playbook().files("answers")),
        delivery=delivery,
        engine=NoEngine(),
        temporal_pages=TemporalPages("http://temporal.example.com", "default"),
        reading=Reading(engine),
        in_flight=LeadsInFlight(engine),
        queues=WorkQueues(engine, shelf, COMPANY),
        desks=LeadDesks(engine, shelf, COMPANY),
        queue_watch=QueueWatch(engine),
        lookalikes=Lookalikes(engine),
        bulk_runs=BulkRuns(engine),
        outbox=Outbox(engine),
        tokens=ApiTokens(engine),
        accounts=Accounts(engine),
        sessions=Sessions(engine),
        audit_log=AuditLog(engine),
        audit_reading=AuditReading(engine),
        ownership=Ownership(engine),
        idempotency=IdempotencyKeys(engine),
        suppressions=Suppressions(engine, KEY),
        audit=SuppressionAudit(engine, KEY),
        erasing=Erasing(Erasure(engine, KEY), histories),
        erasure_preview=ErasurePreview(engine),
        dossiers=Dossiers(engine, KEY),
        inbound=InboundMessages(engine),
        people=People(engine),
        absences=Absences(engine, COMPANY),
        router=Router(engine, COMPANY),
        senders=Senders(engine, COMPANY),
        alerts=Alerts(engine),
        experiments=Experiments(engine, shelf),
        times=ContactTimesBook(engine, COMPANY),
        staff_mails=StaffMails(engine),
        inquiries=Inquiries(engine),
        reviews=Reviews(engine, COMPANY, LINKS),
        reports=Reports(engine, COMPANY),
        playbook=Playbook(),
        policies=Policies(engine, shelf, COMPANY, LINKS, Playbook()),
        doors=doors_of(engine, Playbook()),
        providers=Providers(LOCAL_USES, nothing_to_look_up, Senders(engine, COMPANY), Checks(engine), clock),
        sample=SampleBusiness(sample.COLLEAGUES, SampleTraces(engine, sample.POINTS)),
        sendings=Sendings(engine),
        sent_messages=SentMessages(engine),
        doctor=Doctor(HealthyChecker(), Checks(engine), clock),
        clock=clock,
        company=COMPANY,
        setup=Setup(),
        webhooks=WebhookKeys(),
        links=LINKS,
        people_changed=nothing_follows,
        readiness=everything_is_ready,
    )


@pytest_asyncio.fixture
async def token(services: Services, clock: SettableClock) -> str:
    return await services.tokens.create("website", clock())


def client_of(services: Services, token: str | None) -> httpx.AsyncClient:
    """A caller of the application over these services."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(services)), base_url="http://followthrough", headers=headers
    )


@pytest_asyncio.fixture
async def client(services: Services, token: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(services, token) as client:
        yield client


@pytest.fixture
def with_delivery(services: Services, token: str) -> Callable[[Delivery], httpx.AsyncClient]:
    """A caller of the application over another delivery."""
    return lambda delivery: client_of(replace(services, delivery=delivery), token)


@pytest.fixture
def capture(client: httpx.AsyncClient) -> Capture:
    """Capture a lead over REST; what is given replaces the sample's values."""

    async def captured(**values: Any) -> dict[str, Any]:
        body = {
            "email": "priya@harbor-bakery.example.com",
            "phone": "+1 212 555 0111",
            "name": "Priya Raman",
            "company": "Harbor Bakery",
            "question": "Do your ovens run on single-phase power?",
            "source": "web form",
            "zone": "America/New_York",
        }
        response = await client.post("/api/leads", json={**body, **values})
        assert response.status_code in (200, 201), response.text
        answer: dict[str, Any] = response.json()
        return answer

    return captured


@pytest_asyncio.fixture
async def person(services: Services, engine: AsyncEngine, client: httpx.AsyncClient) -> Person:
    """Somebody of whom every table has something to tell."""
    one = Person(services, engine, client)
    await one.live()
    return one


@pytest.fixture
def house(
    client: httpx.AsyncClient, engine: AsyncEngine, cases: CaseStore, services: Services, clock: SettableClock
) -> House:
    """One lead, and all that may happen to it."""
    return House(client, engine, cases, services, clock)
