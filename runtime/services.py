"""What the web and the command line work with, wired; and which of its parts are ready."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from adapters.db.absences import Absences
from adapters.db.access import ApiTokens, IdempotencyKeys
from adapters.db.accounts import Accounts
from adapters.db.alerts import Alerts
from adapters.db.audit_log import AuditLog
from adapters.db.audit_reading import AuditReading
from adapters.db.bulk_runs import BulkRuns
from adapters.db.cadence_drafts import CadenceDrafts
from adapters.db.checks import Checks
from adapters.db.engine import driver_error, is_trouble
from adapters.db.erasure_preview import ErasurePreview
from adapters.db.experiments import Experiments
from adapters.db.inbound import InboundMessages
from adapters.db.inquiries import Inquiries
from adapters.db.lead_desks import LeadDesks
from adapters.db.leads_in_flight import LeadsInFlight
from adapters.db.lookalikes import Lookalikes
from adapters.db.migrate import schema_is_current
from adapters.db.outbox import Outbox
from adapters.db.ownership import Ownership
from adapters.db.published_cadences import PublishedCadences
from adapters.db.queue_watch import QueueWatch
from adapters.db.reading import Reading
from adapters.db.reports.reports import Reports
from adapters.db.sample_traces import SampleTraces
from adapters.db.senders import Senders
from adapters.db.sendings import Sendings
from adapters.db.sent_messages import SentMessages
from adapters.db.sessions import Sessions
from adapters.db.staff_mails import StaffMails
from adapters.db.work_queue import WorkQueues
from adapters.engine_state import EngineStates
from adapters.erasing import Erasing, TemporalHistories
from api.doctor import Doctor
from api.doors import doors_of
from api.providers import Providers
from api.sample_business import SampleBusiness
from api.services import Services, SingleSignOn
from api.setup import Setup
from api.webhooks.keys import WebhookKeys
from leads.playbook import Playbook
from leads.temporal_pages import TemporalPages
from runtime import sample
from runtime.bootstrap import (
    Foundation,
    connect_temporal,
    delivery_of,
    doctor_of,
    open_foundation,
    policies_of,
    review_schedules_of,
    reviews_of,
)
from runtime.channels import channel_uses
from runtime.embedded.errors import StartError
from runtime.provider_checks import provider_look_up
from runtime.settings import Settings

_PART_ANSWERS_WITHIN = timedelta(seconds=2)
_SCHEDULES_FOLLOW_WITHIN = timedelta(seconds=10)


@asynccontextmanager
async def open_services(settings: Settings, *, must_answer: bool = False) -> AsyncIterator[Services]:
    """What the web and the command line work with.

    Args:
        must_answer: fail at once when the database does not answer; the web waits for it instead, and says so.

    Raises:
        StartError: the database or Temporal is not named, or the database does not answer.
    """
    async with open_foundation(settings) as foundation:
        if must_answer:
            await _require_database(foundation)
        client, playbook = await connect_temporal(settings, lazy=True), Playbook(settings.playbook_dir)
        senders, checks = Senders(foundation.engine, foundation.company), Checks(foundation.engine)
        yield Services(
            cases=foundation.cases,
            intake=foundation.intake,
            backlogs=foundation.backlogs,
            merges=foundation.merges,
            shelf=foundation.shelf,
            drafts=CadenceDrafts(foundation.engine, foundation.shelf),
            published=PublishedCadences(foundation.engine),
            answers=foundation.answers,
            segment_price=settings.sms_segment_price,
            delivery=delivery_of(foundation, client),
            engine=EngineStates(foundation.engine, client, foundation.clock),
            temporal_pages=TemporalPages(settings.temporal_ui_url, settings.temporal_namespace),
            reading=Reading(foundation.engine),
            in_flight=LeadsInFlight(foundation.engine),
            queues=WorkQueues(foundation.engine, foundation.shelf, foundation.company),
            desks=LeadDesks(foundation.engine, foundation.shelf, foundation.company),
            queue_watch=QueueWatch(foundation.engine),
            lookalikes=Lookalikes(foundation.engine),
            bulk_runs=BulkRuns(foundation.engine),
            outbox=Outbox(foundation.engine),
            tokens=ApiTokens(foundation.engine),
            accounts=Accounts(foundation.engine),
            sessions=Sessions(foundation.engine),
            audit_log=AuditLog(foundation.engine),
            audit_reading=AuditReading(foundation.engine),
            ownership=Ownership(foundation.engine),
            idempotency=IdempotencyKeys(foundation.engine),
            suppressions=foundation.suppressions,
            audit=foundation.audit,
            erasing=Erasing(foundation.erasure, TemporalHistories(client)),
            erasure_preview=ErasurePreview(foundation.engine),
            dossiers=foundation.dossiers,
            inbound=InboundMessages(foundation.engine),
            inquiries=Inquiries(foundation.engine),
            people=foundation.people,
            absences=Absences(foundation.engine, foundation.company),
            router=foundation.router,
            senders=senders,
            alerts=Alerts(foundation.engine),
            times=foundation.times,
            experiments=Experiments(foundation.engine, foundation.shelf),
            staff_mails=StaffMails(foundation.engine),
            reviews=reviews_of(foundation),
            playbook=playbook,
            doors=doors_of(foundation.engine, playbook),
            doctor=Doctor(doctor_of(foundation, client), checks, foundation.clock),
            providers=Providers(channel_uses(settings), provider_look_up(settings), senders, checks, foundation.clock),
            sample=SampleBusiness(sample.COLLEAGUES, SampleTraces(foundation.engine, sample.POINTS)),
            sendings=Sendings(foundation.engine),
            sent_messages=SentMessages(foundation.engine),
            policies=policies_of(foundation),
            reports=Reports(foundation.engine, foundation.company),
            clock=foundation.clock,
            company=foundation.company,
            setup=_setup(settings),
            webhooks=_webhook_keys(settings),
            links=foundation.links,
            people_changed=_PeopleChanged(foundation, client),
            readiness=_Readiness(foundation, client),
            single_sign_on=_single_sign_on(settings),
        )


def _setup(settings: Settings) -> Setup:
    """What is another one than the sample business's."""
    defaults = type(settings).model_fields
    own = {
        name
        for name in ("company_name", "company_postal_address", "sender_email")
        if getattr(settings, name) != defaults[name].default
    }
    return Setup(company={"company_name", "company_postal_address"} <= own, sender="sender_email" in own)


def _single_sign_on(settings: Settings) -> SingleSignOn | None:
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    # Loaded only where it is used, as the providers' libraries are.
    from adapters.openid_connect import OpenIdConnect

    secret = settings.oidc_client_secret
    return OpenIdConnect(settings.oidc_issuer, settings.oidc_client_id, secret.get_secret_value() if secret else None)


def _webhook_keys(settings: Settings) -> WebhookKeys:
    token, inbound = settings.twilio_auth_token, settings.sendgrid_inbound_secret
    return WebhookKeys(
        sendgrid_event_key=settings.sendgrid_event_key,
        twilio_auth_token=token.get_secret_value() if token is not None else None,
        sendgrid_inbound_secret=inbound.get_secret_value() if inbound is not None else None,
        sendgrid_inbound_key=settings.sendgrid_inbound_key,
        lead_address=settings.lead_address,
        twilio_answers_stop=settings.twilio_answers_stop,
        base_url=settings.base_url,
    )


async def _require_database(foundation: Foundation) -> None:
    try:
        current = await schema_is_current(foundation.engine)
    except Exception as error:
        if not is_trouble(error):
            raise
        raise StartError("the database does not answer; is `follow up` running in this folder?") from error
    if not current:
        raise StartError("the database's schema is not current; run `follow migrate`")


class _PeopleChanged:
    """Brings the schedules of the reviews in step; where Temporal is away, the hourly watch does it later."""

    def __init__(self, foundation: Foundation, client: Client) -> None:
        self._schedules = review_schedules_of(foundation, client)

    async def __call__(self) -> None:
        # RuntimeError is how a lazy client says that it can't connect.
        with suppress(RPCError, RuntimeError, TimeoutError):
            async with asyncio.timeout(_SCHEDULES_FOLLOW_WITHIN.total_seconds()):
                await self._schedules.ensure()


class _Readiness:
    """Which part is ready, and what is wrong with the one that is not; asking never fails."""

    def __init__(self, foundation: Foundation, client: Client) -> None:
        self._foundation = foundation
        self._client = client

    async def __call__(self) -> dict[str, str]:
        database, temporal = await asyncio.gather(self._database(), self._temporal())
        return {"database": database, "temporal": temporal}

    async def _database(self) -> str:
        try:
            async with asyncio.timeout(_PART_ANSWERS_WITHIN.total_seconds()):
                current = await schema_is_current(self._foundation.engine)
        except Exception as error:
            what = "can't be reached" if is_trouble(error) else "can't be used"
            return f"{what} ({type(driver_error(error)).__name__})"
        return "ok" if current else "its schema is not current; run `follow migrate`"

    async def _temporal(self) -> str:
        try:
            async with asyncio.timeout(_PART_ANSWERS_WITHIN.total_seconds()):
                await self._client.service_client.check_health(timeout=_PART_ANSWERS_WITHIN)
        except Exception as error:
            return f"can't be reached ({type(error).__name__})"
        return "ok"
