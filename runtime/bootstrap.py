"""The composition root: the one place where adapters meet the ports, and settings become values."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from activities import ports
from activities.delivery import DeliveryActivities
from activities.learning import LearningActivities
from activities.liveness import LivenessActivities
from activities.messages import MessageActivities
from activities.reports import ReportActivities
from activities.reviews import ReviewActivities
from activities.staff_mails import StaffMailActivities
from activities.tasks import TaskActivities
from adapters import temporal
from adapters.clock import wall_clock
from adapters.db.audit import SuppressionAudit
from adapters.db.backlogs import Backlogs
from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.checks import Checks
from adapters.db.contact_times import ContactTimesBook
from adapters.db.dossier import Dossiers
from adapters.db.engine import connect
from adapters.db.erasure import Erasure
from adapters.db.merging import Merges
from adapters.db.people import People
from adapters.db.policies import Policies
from adapters.db.reports.reports import Reports
from adapters.db.reviews import Reviews
from adapters.db.routing import Router
from adapters.db.staff_mails import StaffMails
from adapters.db.suppressions import Suppressions
from adapters.delivery import CommandDelivery
from adapters.doctor.check import LivenessCheck
from adapters.doctor.one_lead import LeadExaminer
from adapters.doctor.suspects import Suspects
from adapters.doctor.workflows import WorkflowsSeen
from adapters.providers.local_outbox import LocalOutbox
from adapters.review_schedules import ReviewSchedules
from cadences.rules import RulesUnreadable, shipped_rules
from leads.answers_in_force import AnswersInForce
from leads.contract import TWILIO_STATUS
from leads.links import Links
from leads.model import Company
from leads.playbook import Playbook
from leads.suppression import SuppressionKey
from leads.tokens import TokenKey
from leads.work_hours import WorkHours
from runtime import setting_values
from runtime.answers import answers_of
from runtime.embedded.errors import StartError
from runtime.settings import Settings, signing_secret

_LISTENS_WITHIN = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Foundation:
    """What every program of ours stands on."""

    settings: Settings
    engine: AsyncEngine
    company: Company
    shelf: CadenceShelf
    cases: CaseStore
    intake: LeadIntake
    backlogs: Backlogs
    router: Router
    merges: Merges
    people: People
    times: ContactTimesBook
    suppressions: Suppressions
    audit: SuppressionAudit
    erasure: Erasure
    dossiers: Dossiers
    links: Links
    answers: AnswersInForce
    clock: ports.Clock


def company_of(settings: Settings) -> Company:
    """Us, as the settings say."""
    return Company(
        name=settings.company_name,
        zone=settings.company_zone,
        country=settings.company_country,
        postal_address=settings.company_postal_address,
        phone=settings.company_phone or "",
        sender_name=settings.sender_name or settings.company_name,
        sender_email=settings.sender_email,
        hours=WorkHours.parse(settings.company_hours, settings.company_country),
        currency=settings.company_currency or setting_values.currency_of(settings.company_country),
    )


def links_of(settings: Settings) -> Links:
    """What makes links and reply addresses, signed with this installation's secret."""
    key = TokenKey(signing_secret(settings).get_secret_value().encode())
    return Links(base_url=settings.base_url, key=key, reply_domain=settings.reply_domain)


@asynccontextmanager
async def open_foundation(settings: Settings) -> AsyncIterator[Foundation]:
    """The database and what is read and written there.

    Raises:
        StartError: no database is named, or the contact rules can't be read; its message says what to do.
    """
    url = settings.asyncpg_url
    if url is None:
        raise StartError("no database is running here: start everything with `follow up`, or set FOLLOW_DATABASE_URL")
    try:
        shipped_rules()
    except RulesUnreadable as mistake:
        raise StartError(f"the contact rules can't be read: {mistake}") from mistake
    engine = connect(url)
    company = company_of(settings)
    key = SuppressionKey(signing_secret(settings).get_secret_value().encode())
    shelf = CadenceShelf(engine)
    router = Router(engine, company, Playbook(settings.playbook_dir))
    cases = CaseStore(engine, shelf, company, key, router)
    answers = answers_of(settings)
    try:
        yield Foundation(
            settings=settings,
            engine=engine,
            company=company,
            shelf=shelf,
            cases=cases,
            backlogs=Backlogs(engine, shelf, company, key),
            intake=LeadIntake(engine, shelf, cases, company, key, router, answers),
            router=router,
            merges=Merges(engine, cases),
            people=People(engine),
            times=ContactTimesBook(engine, company),
            suppressions=Suppressions(engine, key),
            audit=SuppressionAudit(engine, key),
            erasure=Erasure(engine, key),
            dossiers=Dossiers(engine, key),
            links=links_of(settings),
            answers=answers,
            clock=wall_clock,
        )
    finally:
        await engine.dispose()


async def connect_temporal(settings: Settings, *, lazy: bool = False, must_listen: bool = False) -> Client:
    """Temporal, as the settings say.

    Args:
        lazy: connect at the first call, so that a program starts although Temporal is away.
        must_listen: fail at once when nobody listens there; else that is tried for a quarter of a minute.

    Raises:
        StartError: none is named, or it can't be reached.
    """
    if settings.temporal_address is None:
        raise StartError(
            "no Temporal is running here: start everything with `follow up`, or set FOLLOW_TEMPORAL_ADDRESS"
        )
    if must_listen:
        await _require_listener(settings.temporal_address)
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


async def _require_listener(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(_LISTENS_WITHIN.total_seconds()):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except OSError as nobody:  # A time-out is one, too.
        raise StartError(
            f"Temporal does not answer at {address}: is `follow up` running in this folder, and with these settings?"
        ) from nobody
    writer.close()


def delivery_of(foundation: Foundation, client: Client) -> CommandDelivery:
    """What tells workflows of commands."""
    return CommandDelivery(foundation.engine, temporal.LeadWorkflows(client), foundation.clock)


def doctor_of(foundation: Foundation, client: Client) -> LivenessCheck:
    """What checks that every lead is followed up, and mends what is not."""
    engine, clock, seen = foundation.engine, foundation.clock, WorkflowsSeen(client)
    examiner = LeadExaminer(engine, foundation.cases, delivery_of(foundation, client), seen, clock)
    return LivenessCheck(Suspects(engine), examiner, seen, Checks(engine), clock)


@dataclass(frozen=True, slots=True)
class StaffActivities:
    """The activities for our own people."""

    mails: StaffMailActivities
    reviews: ReviewActivities


@dataclass(frozen=True, slots=True)
class Activities:
    """Every activity, wired."""

    messages: MessageActivities
    tasks: TaskActivities
    delivery: DeliveryActivities
    liveness: LivenessActivities | None
    """None where only leads are followed, as in most tests."""
    staff: StaffActivities | None = None
    learning: LearningActivities | None = None
    reports: ReportActivities | None = None


def activities_of(
    *,
    cases: ports.CaseStore,
    email: ports.MessageSender,
    sms: ports.MessageSender,
    links: Links,
    delivery: ports.CommandDelivery,
    clock: ports.Clock,
    redeliver_every: timedelta = timedelta(seconds=10),
    liveness: ports.LivenessChecker | None = None,
    staff: StaffActivities | None = None,
    times: ports.ContactTimesBook | None = None,
    reports: ports.Reports | None = None,
) -> Activities:
    """The activities over anything that fits the ports; mypy checks here that our adapters do."""
    return Activities(
        messages=MessageActivities(cases, email, sms, links, clock),
        tasks=TaskActivities(cases, clock),
        delivery=DeliveryActivities(delivery, redeliver_every),
        liveness=LivenessActivities(liveness) if liveness is not None else None,
        staff=staff,
        learning=LearningActivities(times, clock) if times is not None else None,
        reports=ReportActivities(reports, clock) if reports is not None else None,
    )


def reviews_of(foundation: Foundation) -> Reviews:
    """The managers' daily reviews."""
    return Reviews(foundation.engine, foundation.company, foundation.links)


def policies_of(foundation: Foundation) -> Policies:
    """The written follow-up policy."""
    playbook = Playbook(foundation.settings.playbook_dir)
    return Policies(foundation.engine, foundation.shelf, foundation.company, foundation.links, playbook)


def review_schedules_of(foundation: Foundation, client: Client) -> ReviewSchedules:
    """When each manager's review is written."""
    return ReviewSchedules(client, reviews_of(foundation).managers, foundation.company)


def staff_activities_of(foundation: Foundation, client: Client, email: ports.MessageSender) -> StaffActivities:
    """The activities for our own people, over our own adapters."""
    mails, company, clock = StaffMails(foundation.engine), foundation.company, foundation.clock
    every = foundation.settings.redeliver_every
    return StaffActivities(
        mails=StaffMailActivities(mails, email, company, foundation.links, clock, every),
        reviews=ReviewActivities(reviews_of(foundation), review_schedules_of(foundation, client), clock),
    )


@dataclass(frozen=True, slots=True)
class Senders:
    """Who sends what."""

    email: ports.MessageSender
    sms: ports.MessageSender


@contextmanager
def open_senders(foundation: Foundation) -> Iterator[Senders]:
    """The providers that the settings name; without an account, messages go to the local outbox."""
    settings = foundation.settings
    outbox = LocalOutbox(foundation.engine, foundation.clock)
    email: ports.MessageSender = outbox
    sms: ports.MessageSender = outbox
    with ExitStack() as opened:
        # Each client library is loaded only where it is used; together they take 40 MB.
        if settings.sendgrid_api_key is not None:
            from adapters.providers.sendgrid import SendGridEmail

            email = opened.enter_context(
                closing(
                    SendGridEmail(
                        settings.sendgrid_api_key.get_secret_value(),
                        url=settings.sendgrid_url,
                        max_workers=settings.worker_max_activities,
                    )
                )
            )
        if settings.twilio_account_sid is not None and settings.twilio_auth_token is not None:
            from adapters.providers.twilio import TwilioSms

            sms = opened.enter_context(
                closing(
                    TwilioSms(
                        settings.twilio_account_sid,
                        settings.twilio_auth_token.get_secret_value(),
                        sender=settings.twilio_sender,
                        messaging_service_sid=settings.twilio_messaging_service_sid,
                        # Without a public address nobody could call back.
                        status_callback=f"{settings.public_url}{TWILIO_STATUS}" if settings.public_url else None,
                        url=settings.twilio_url,
                        max_workers=settings.worker_max_activities,
                    )
                )
            )
        yield Senders(email, sms)


def wired_activities(foundation: Foundation, client: Client, senders: Senders) -> Activities:
    """The activities over our own adapters."""
    return activities_of(
        cases=foundation.cases,
        email=senders.email,
        sms=senders.sms,
        links=foundation.links,
        delivery=delivery_of(foundation, client),
        clock=foundation.clock,
        redeliver_every=foundation.settings.redeliver_every,
        liveness=doctor_of(foundation, client),
        staff=staff_activities_of(foundation, client, senders.email),
        times=foundation.times,
        reports=Reports(foundation.engine, foundation.company),
    )
