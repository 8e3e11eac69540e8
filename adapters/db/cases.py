"""Cases in the database: loaded whole under the lead's row lock, decided on, and written back where they differ."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import String, Uuid, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.alerts import AlertKind, of_account, raise_alert, resolve_account
from adapters.db.cadences import CadenceShelf
from adapters.db.case_loading import load_case
from adapters.db.case_writing import CaseWriter, add_command
from adapters.db.colleague_documents import absent_since, colleague_document
from adapters.db.contact_points import found_points
from adapters.db.contact_times import RememberedTimes
from adapters.db.documents import (
    read_calls,
    read_claim,
    read_colleague,
    read_enrollment,
    read_instants,
    read_lead,
    read_meetings,
    read_offers,
    read_pause,
    read_response,
    read_tasks,
)
from adapters.db.lead_views import NoteView
from adapters.db.ledger import LeadLedger
from adapters.db.merge_records import merge_of
from adapters.db.notes import write_note
from adapters.db.personal_emails import own_sender, read_personal_emails, read_thread
from adapters.db.routing import Router
from adapters.db.rows import (
    ColleagueRow,
    LeadRow,
    table_of,
)
from adapters.db.senders import take_slot
from adapters.db.slips import Kept, mark_corrected, newest_slip, remember
from adapters.db.story import read_story
from adapters.db.suppressions import queue_up
from cadences.absences import sends_as_company
from cadences.away_tasks import while_away
from cadences.bundle import CadenceBundle
from cadences.case import Case, Correspondence
from cadences.hand_over import Story
from cadences.owed_answers import see_to_first_answer
from cadences.planning import contract_plan
from cadences.senders import senders_of
from cadences.slips import Since, Slip, snapshot_of
from cadences.slots import Permitted, Turn
from leads.best_time import Habits
from leads.contract import CommandKind, Plan
from leads.model import Channel, Colleague, Company, ContactKind, ContactPoint, Lead, Role
from leads.presence import is_at_work
from leads.sending import Claim
from leads.suppression import SuppressionKey

_LEADS, _COLLEAGUES = table_of(LeadRow), table_of(ColleagueRow)
_COLLEAGUE = select(colleague_document(_COLLEAGUES)).where(_COLLEAGUES.c.id == bindparam("id", type_=String()))
_LOCK = (
    select(_LEADS.c.plan)
    .where(_LEADS.c.id == bindparam("lead_id", type_=Uuid()), _LEADS.c.plan.is_not(None))
    .with_for_update()
)


class UnknownLead(LookupError):
    """There is no lead of this id."""


class LeadMerged(UnknownLead):
    """The lead was found to be one person with another, and lives on in that one.

    Attributes:
        lead_id: its id.
        into: the lead that it lives on in.
    """

    def __init__(self, lead_id: UUID, into: UUID) -> None:
        super().__init__(str(lead_id))
        self.lead_id = lead_id
        self.into = into


class OpenCase(LeadLedger):
    """One lead's case, in an open transaction that holds the lead's row lock."""

    def __init__(
        self,
        connection: AsyncConnection,
        shelf: CadenceShelf,
        key: SuppressionKey,
        case: Case,
        bundle: CadenceBundle,
        plan: Plan,
        now: datetime,
        router: Router,
        claims: dict[UUID, Claim | None] | None = None,
        alerts: list[Mapping[str, Any]] | None = None,
        *,
        farewell: Plan | None = None,
        again: "Callable[[], Awaitable[OpenCase]] | None" = None,
    ) -> None:
        """
        Args:
            again: loads the case anew in the same transaction.
        """
        super().__init__(connection, case, now, claims)
        self._router = router
        self._farewell = farewell
        self._again = again
        self._kept: Kept | None = None
        self.alerts = alerts
        """Kind and subject of each alert that was open when the case was loaded."""
        self._shelf = shelf
        self._key = key
        self._loaded = case
        self.bundle = bundle
        """The enrollment's pinned version, with its templates."""
        self._plan = plan

    @property
    def plan(self) -> Plan:
        """The plan of the last committed decision.

        For whoever asked by the id of a merged lead, that lead's last one, so that its workflow completes: it is the
        kept lead's own workflow that goes on.
        """
        return self._farewell or self._plan

    @plan.setter
    def plan(self, plan: Plan) -> None:
        self._plan = plan

    @property
    def revision(self) -> int:
        """The number of the last committed decision about this lead."""
        return self._plan.revision

    async def cadence(self, name: str) -> CadenceBundle:
        """The current version of another cadence.

        Raises:
            UnknownCadence: no cadence of this name was published.
        """
        return await self._shelf.current(self._connection, name)

    async def version(self, version: str) -> CadenceBundle:
        """A pinned version of a cadence."""
        return await self._shelf.version(self._connection, version)

    async def colleague(self, colleague_id: str) -> Any:
        """A colleague by id; None when there is none."""
        row = await self._connection.scalar(_COLLEAGUE, {"id": colleague_id, "absent_since": absent_since(self._now)})
        return read_colleague(row) if row else None

    async def relief(self) -> Colleague | None:
        """Who takes the lead over from its owner: a rep who is at work now, of the owner's team if one is, and of
        these who got a lead longest ago; None without any.
        """
        owner, people = self.case.lead.owner, table_of(ColleagueRow)
        newest = select(func.max(LeadRow.created_at)).where(LeadRow.owner_id == people.c.id).scalar_subquery()
        found = await self._connection.execute(
            select(colleague_document(people))
            .where(people.c.active, people.c.role == Role.REP.value, people.c.weight > 0, people.c.id != owner.id)
            .order_by(people.c.team.is_not_distinct_from(owner.team).desc(), newest.asc().nulls_first(), people.c.id),
            {"absent_since": absent_since(self._now)},
        )
        reps = (read_colleague(document) for document in found.scalars())
        return next((rep for rep in reps if is_at_work(rep, self.case.company, self._now)), None)

    async def story(self) -> Story:
        """What happened between us and the lead."""
        return await read_story(self._connection, self.case.lead.id)

    async def found_points(self, points: Sequence[tuple[ContactKind, str]]) -> tuple[ContactPoint, ...]:
        """Contact points that a person found for this lead, as the company's own list has them.

        Raises:
            CommandRefused: one of them is another lead's.
        """
        return await found_points(self._connection, self._key, self.case.lead.id, points)

    async def thread(self) -> tuple[str, str] | None:
        """The Message-ID and the subject of the last email between us and the lead; None without any."""
        return await read_thread(self._connection, self.case.lead.id)

    async def own_sender(self, colleague_id: str) -> tuple[str, str] | None:
        """The address and name that a colleague's own emails come from; None without one."""
        return await own_sender(self._connection, colleague_id)

    async def add_note(self, text: str, by: str) -> NoteView:
        """Write a note down beside the case, which it does not change."""
        return await write_note(self._connection, self.case.lead.id, by, text, self._now)

    async def beside(self, write: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        """Let another repository write in this transaction, so that both commit or neither does."""
        await write(self._connection)

    async def take_slot(self, sender: str, permitted: Permitted) -> Turn | None:
        """Give this lead's message the first free slot of a sender; None when the sender needs none any more."""
        return await take_slot(self._connection, sender, self._now, ZoneInfo(self.case.company.zone), permitted)

    async def account_in_trouble(self, provider: str, code: str, text: str) -> bool:
        """Alert the admin in this transaction; True when that is new."""
        return await raise_alert(self._connection, AlertKind.ACCOUNT, f"{provider} {code}".strip(), text, self._now)

    async def account_works(self, provider: str) -> None:
        """The provider accepted a message: what was wrong with its account is over."""
        if of_account(provider, self.alerts):
            await resolve_account(self._connection, provider, "followthrough", self._now)

    async def save(
        self,
        case: Case,
        kind: CommandKind | None = None,
        by: str = "followthrough",
        details: Mapping[str, Any] | None = None,
        told: Mapping[str, Any] | None = None,
        *,
        may_be_slip: bool = False,
    ) -> Plan:
        """Write what differs from the loaded case, as the next revision; with a kind, also the command to tell.

        Args:
            details: what was said, in full; stays in the database.
            told: the command's own ids and instants, for the contract's `Told`.
            may_be_slip: one of our people recorded it, and may take it back for a while.
        """
        case = while_away(see_to_first_answer(case, self._now), self._now)
        plan = contract_plan(case, self.revision + 1)
        said = details or {}
        why = said.get("outcome") or said.get("answer") or (kind.value.replace("_", " ") if kind else None)
        writer = CaseWriter(self._connection, self._key, self._now, by, why)
        await writer.write(self._loaded, case, plan)
        if kind is not None:
            command = await add_command(self._connection, case.lead.id, kind, by, said, told or {}, plan, self._now)
            if may_be_slip:
                slip = Slip(
                    command_id=command,
                    kind=kind,
                    by=by,
                    said_at=self._now,
                    revision=plan.revision,
                    before=snapshot_of(self._loaded),
                    after=snapshot_of(case),
                )
                await remember(self._connection, case.lead.id, slip, writer.wrote)
        self._plan, self._loaded, self.case = plan, replace(case, facts=()), replace(case, facts=())
        return self.plan

    async def slip(self) -> tuple[Slip | None, Since]:
        """What one of our people recorded last and may take back, if that is remembered; and what happened since."""
        self._kept = await newest_slip(self._connection, self.case.lead.id)
        return (self._kept.slip, self._kept.since) if self._kept is not None else (None, Since())

    async def take_back(self, case: Case) -> None:
        """Mark what the slip wrote as corrected, and write the case as it was before it.

        What is loaded then is what is left, without what the slip had counted for; it is to be planned and saved.

        Args:
            case: as it was before the slip.

        Raises:
            CommandRefused: a provider has said meanwhile what became of a message.
        """
        kept, load = self._kept, self._again
        assert kept is not None, "ask for the slip first"
        assert load is not None, "a case that was not loaded can't be loaded again"
        if await mark_corrected(self._connection, case.lead.id, kept, self._now):
            case = replace(case, facts=())  # Nobody was told anything, so nobody need be told otherwise.
        writer = CaseWriter(self._connection, self._key, self._now, corrects=kept.wrote)
        await writer.write(self._loaded, case, contract_plan(case, self.revision))
        again = await load()
        self._loaded = self.case = again.case
        self.bundle, self._kept = again.bundle, None


def _was_texted(lead: Lead, numbers: Sequence[str]) -> bool:
    """Whether the number that a text would go to now had one before; another number's says nothing (CTIA)."""
    point = lead.contact_for(Channel.SMS)
    return point is not None and point.value in numbers


class CaseStore:
    """Opens cases: one transaction, one lead, under its row lock."""

    def __init__(
        self,
        engine: AsyncEngine,
        shelf: CadenceShelf,
        company: Company,
        key: SuppressionKey,
        router: Router | None = None,
    ) -> None:
        """
        Args:
            router: finds who stands in for whom; by the shipped rules when left out.
        """
        self._engine = engine
        self._shelf = shelf
        self._company = company
        self._key = key
        self._times = RememberedTimes()
        self._router = router or Router(engine, company)

    @asynccontextmanager
    async def open(
        self,
        lead_id: UUID,
        now: datetime,
        *,
        touch_id: UUID | None = None,
        known: OpenCase | None = None,
        contacts: Collection[str] = (),
        follow: bool = True,
    ) -> AsyncIterator[OpenCase]:
        """The lead's case; the transaction commits when the block ends well, and is undone when it raises.

        Args:
            touch_id: the step occurrence whose claim will be asked for; it comes with the case.
            known: the case as it was opened a moment ago; it is loaded again only if anything was decided since.
            contacts: contact points that are to be added; whoever else looks for one waits, or is waited for.
            follow: open the lead that a merged one lives on in.

        Raises:
            UnknownLead: there is no lead of this id.
            LeadMerged: it lives on in another, and that is not to be opened.
        """
        async with self._engine.begin() as connection:
            if contacts:  # Before the lead's lock, as a capture has it: in one order nobody waits for ever.
                await queue_up(connection, contacts)
            farewell: Plan | None = None
            # Two statements on purpose: the second one's snapshot begins once the lock is held, so it sees
            # whatever the decision before this one committed.
            while (locked := await connection.scalar(_LOCK, {"lead_id": lead_id})) is None:
                merge = await merge_of(connection, lead_id)
                if merge is None:
                    raise UnknownLead(str(lead_id))
                if not follow:
                    raise LeadMerged(lead_id, merge.into_id)
                lead_id, farewell = merge.into_id, farewell or merge.plan
            plan = Plan.model_validate(locked)
            if known is not None and known.case.lead.id == lead_id and known.revision == plan.revision:
                parts = (known.case, known.bundle, plan, now, self._router)
                yield OpenCase(connection, self._shelf, self._key, *parts, alerts=known.alerts, farewell=farewell)
            else:
                yield await self.load(connection, lead_id, plan, now, touch_id, farewell=farewell)

    async def look(self, lead_id: UUID, now: datetime) -> Case:
        """The lead's case as it stands, without a lock, for whoever decides nothing.

        Raises:
            UnknownLead: there is no lead of this id.
        """
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            plan = await connection.scalar(select(_LEADS.c.plan).where(_LEADS.c.id == lead_id))
            if plan is None:
                raise UnknownLead(str(lead_id))
            return (await self.load(connection, lead_id, Plan.model_validate(plan), now)).case

    async def load(
        self,
        connection: AsyncConnection,
        lead_id: UUID,
        plan: Plan,
        now: datetime,
        touch_id: UUID | None = None,
        *,
        farewell: Plan | None = None,
    ) -> OpenCase:
        """Load a case in a transaction that already holds the lock, or only looks.

        Args:
            farewell: what the workflow of the merged lead is told by whose id it was asked for.
        """
        row = await load_case(connection, lead_id, now, touch_id, self._company)
        enrollment = read_enrollment(row["enrollment"])
        bundle = await self._shelf.version(connection, enrollment.version)
        inquiry = row["inquiry"] if enrollment.answers_question or enrollment.question_only else None
        lead = read_lead(row, row["owner"], row["generator"], row["contacts"], row["consents"], inquiry)
        response = read_response(row["response"])
        case = Case(
            lead=lead,
            company=self._company,
            cadence=bundle.cadence,
            enrollment=enrollment,
            manager=row["manager"] or lead.owner.id,
            tasks=read_tasks(row["tasks"]),
            meetings=read_meetings(row["meetings"]),
            emails=read_personal_emails(row["emails"]),
            messages=read_instants(row["messages"]),
            phone_contacts=read_instants(row["phone_contacts"]),
            senders=senders_of(
                read_offers(row["senders"]),
                read_pause(row["own_domain"]),
                enrollment.slot,
                lead_id=lead_id,
                company=self._company,
                now=now,
                as_company=sends_as_company(lead.owner, self._company, response, now),
            ),
            correspondence=Correspondence(**(row["last_email"] or {}), texted=_was_texted(lead, row["texted"] or [])),
            stand_ins=await self._router.stand_ins(connection, lead, now),
            response=response,
            habits=Habits(
                await self._times.get(connection, now), read_calls(row["calls"]), read_instants(row["replies"])
            ),
            first_response_due_at=row["first_response_due_at"],
            first_human_at=row["first_human_at"],
        )
        claims = {} if touch_id is None else {touch_id: read_claim(row["claim"]) if row["claim"] else None}
        parts = (case, bundle, plan, now, self._router)
        again = partial(self.load, connection, lead_id, plan, now)
        return OpenCase(
            connection, self._shelf, self._key, *parts, claims, row["alerts"], farewell=farewell, again=again
        )
