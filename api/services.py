"""What the routes and the command line need, put together once by the composition root."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

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
from adapters.db.contact_times import ContactTimesBook
from adapters.db.dossier import Dossiers
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
from adapters.db.senders import Senders
from adapters.db.sendings import Sendings
from adapters.db.sent_messages import SentMessages
from adapters.db.sessions import Sessions
from adapters.db.staff_mails import StaffMails
from adapters.db.suppressions import Suppressions
from adapters.db.work_queue import WorkQueues
from adapters.erasing import Erasing
from api.doctor import Doctor
from api.doors import Doors
from api.providers import Providers
from api.sample_business import SampleBusiness
from api.setup import Setup
from api.webhooks.keys import WebhookKeys
from leads.answers_in_force import AnswersInForce
from leads.engine import EngineState
from leads.identities import Begun, Identity
from leads.links import Links
from leads.model import Company
from leads.playbook import Playbook
from leads.temporal_pages import TemporalPages


class Delivery(Protocol):
    """Tells a lead's workflow what was committed."""

    async def deliver(self, lead_id: UUID) -> bool:
        """Tell it everything it has not heard yet, in order; False when it can't be reached now."""
        ...

    async def begin(self, lead_id: UUID) -> bool:
        """The same for a lead that has just come in, in its turn behind others; False when it will be told later."""
        ...


class Engine(Protocol):
    """Shows what the engine does for a lead."""

    async def of(self, lead_id: UUID) -> EngineState | None:
        """Its side beside the database's; None for an unknown lead. That Temporal is away is an answer."""
        ...


class SingleSignOn(Protocol):
    """The company's own provider of identities."""

    async def begin(self, return_to: str) -> Begun:
        """Begin a sign-in of a browser that comes back to this address of ours; ProviderAway when that can't be."""
        ...

    async def finish(self, begun: Begun, code: str, return_to: str) -> Identity:
        """Whom a browser that came back with a code is vouched for as; ProviderAway or NotVouchedFor if it is not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that callers get is made of these."""

    cases: CaseStore
    intake: LeadIntake
    backlogs: Backlogs
    merges: Merges
    shelf: CadenceShelf
    drafts: CadenceDrafts
    published: PublishedCadences
    answers: AnswersInForce
    segment_price: Decimal | None = None
    """What one segment of a text costs, where that is known."""
    delivery: Delivery
    engine: Engine
    temporal_pages: TemporalPages
    reading: Reading
    in_flight: LeadsInFlight
    queues: WorkQueues
    queue_watch: QueueWatch
    desks: LeadDesks
    lookalikes: Lookalikes
    bulk_runs: BulkRuns
    outbox: Outbox
    tokens: ApiTokens
    accounts: Accounts
    sessions: Sessions
    audit_log: AuditLog
    audit_reading: AuditReading
    ownership: Ownership
    idempotency: IdempotencyKeys
    suppressions: Suppressions
    audit: SuppressionAudit
    erasing: Erasing
    erasure_preview: ErasurePreview
    dossiers: Dossiers
    inbound: InboundMessages
    inquiries: Inquiries
    people: People
    absences: Absences
    router: Router
    senders: Senders
    alerts: Alerts
    experiments: Experiments
    times: ContactTimesBook
    staff_mails: StaffMails
    reviews: Reviews
    reports: Reports
    playbook: Playbook
    policies: Policies
    doors: Doors
    doctor: Doctor
    providers: Providers
    sample: SampleBusiness
    sendings: Sendings
    sent_messages: SentMessages
    clock: Callable[[], datetime]
    company: Company
    webhooks: WebhookKeys
    links: Links
    people_changed: Callable[[], Awaitable[None]]
    """To be called when somebody came, left, or works at other hours: what goes by it in Temporal follows."""
    setup: Setup
    readiness: Callable[[], Awaitable[dict[str, str]]]
    """Each part we stand on, and "ok" or what is wrong with it."""
    single_sign_on: SingleSignOn | None = None
    """None: one signs in with a password only."""
