"""The composition root: the one place where adapters meet the ports, and settings become values."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from activities import ports
from activities.delivery import DeliveryActivities
from activities.messages import MessageActivities
from activities.tasks import TaskActivities
from adapters import temporal
from adapters.clock import wall_clock
from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.engine import connect
from adapters.db.people import People
from adapters.delivery import CommandDelivery
from adapters.providers.local_outbox import LocalOutbox
from leads.model import Company
from leads.suppression import SuppressionKey
from runtime.embedded.errors import StartError
from runtime.settings import Settings, signing_secret


@dataclass(frozen=True, slots=True)
class Foundation:
    """What every program of ours stands on."""

    settings: Settings
    engine: AsyncEngine
    company: Company
    shelf: CadenceShelf
    cases: CaseStore
    intake: LeadIntake
    people: People
    clock: ports.Clock


def company_of(settings: Settings) -> Company:
    """Us, as the settings say."""
    return Company(
        name=settings.company_name,
        zone=settings.company_zone,
        country=settings.company_country,
        postal_address=settings.company_postal_address,
        phone=settings.company_phone or "",
        sender_name=settings.sender_name,
        sender_email=settings.sender_email,
    )


@asynccontextmanager
async def open_foundation(settings: Settings) -> AsyncIterator[Foundation]:
    """The database and what is read and written there.

    Raises:
        StartError: no database is named; its message says what to do.
    """
    url = settings.asyncpg_url
    if url is None:
        raise StartError("no database is running here: start everything with `follow up`, or set FOLLOW_DATABASE_URL")
    engine = connect(url)
    company = company_of(settings)
    key = SuppressionKey(signing_secret(settings).get_secret_value().encode())
    shelf = CadenceShelf(engine)
    cases = CaseStore(engine, shelf, company, key)
    try:
        yield Foundation(
            settings=settings,
            engine=engine,
            company=company,
            shelf=shelf,
            cases=cases,
            intake=LeadIntake(engine, shelf, cases, company, key),
            people=People(engine),
            clock=wall_clock,
        )
    finally:
        await engine.dispose()


async def connect_temporal(settings: Settings, *, lazy: bool = False) -> Client:
    """Temporal, as the settings say.

    Args:
        lazy: connect at the first call, so that a program starts although Temporal is away.

    Raises:
        StartError: none is named, or it can't be reached.
    """
    if settings.temporal_address is None:
        raise StartError(
            "no Temporal is running here: start everything with `follow up`, or set FOLLOW_TEMPORAL_ADDRESS"
        )
    key = settings.temporal_api_key.get_secret_value() if settings.temporal_api_key else None
    try:
        return await temporal.connect(
            settings.temporal_address,
            settings.temporal_namespace,
            api_key=key,
            tls=settings.temporal_tls,
            lazy=lazy,
        )
    except RuntimeError as unreachable:
        raise StartError(f"Temporal can't be reached at {settings.temporal_address}: {unreachable}") from unreachable


def delivery_of(foundation: Foundation, client: Client) -> CommandDelivery:
    """What tells workflows of commands."""
    return CommandDelivery(foundation.engine, temporal.LeadWorkflows(client), foundation.clock)


@dataclass(frozen=True, slots=True)
class Activities:
    """Every activity, wired."""

    messages: MessageActivities
    tasks: TaskActivities
    delivery: DeliveryActivities


def activities_of(
    *,
    cases: ports.CaseStore,
    email: ports.MessageSender,
    sms: ports.MessageSender,
    delivery: ports.CommandDelivery,
    clock: ports.Clock,
    redeliver_every: timedelta = timedelta(seconds=10),
) -> Activities:
    """The activities over anything that fits the ports; mypy checks here that our adapters do."""
    return Activities(
        messages=MessageActivities(cases, email, sms, clock),
        tasks=TaskActivities(cases, clock),
        delivery=DeliveryActivities(delivery, redeliver_every),
    )


def wired_activities(foundation: Foundation, client: Client) -> Activities:
    """The activities over our own adapters."""
    outbox = LocalOutbox(foundation.engine, foundation.clock)
    return activities_of(
        cases=foundation.cases,
        email=outbox,
        sms=outbox,
        delivery=delivery_of(foundation, client),
        clock=foundation.clock,
        redeliver_every=foundation.settings.redeliver_every,
    )
