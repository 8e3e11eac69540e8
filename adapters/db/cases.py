"""Cases in the database: loaded whole under the lead's row lock, decided on, and written back where they differ."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Select, and_, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.documents import (
    MESSAGE_CHANNELS,
    enrollment_document,
    read_colleague,
    read_enrollment,
    read_instants,
    read_lead,
    read_tasks,
    task_values,
)
from adapters.db.rows import (
    AnswerRow,
    ColleagueRow,
    CommandRow,
    ConsentRow,
    ContactPointRow,
    EnrollmentRow,
    HoldRow,
    LeadRow,
    SuppressionRow,
    TaskRow,
    TouchRow,
)
from cadences.bundle import CadenceBundle
from cadences.case import AnswerGiven, Case, ContactLost, Enrollment, Fact, Hold, SendSettled, Suppressed, TouchMade
from cadences.planning import contract_plan
from leads.contract import CommandKind, Plan, Told
from leads.model import Channel, Company, ContactKind
from leads.sending import Claim, Receipt, TouchState
from leads.suppression import SuppressionKey

_LIMITS_LOOK_BACK = timedelta(days=14)
_OPEN = "open"


class UnknownLead(LookupError):
    """There is no lead of this id."""


class OpenCase:
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
    ) -> None:
        self._connection = connection
        self._shelf = shelf
        self._key = key
        self._loaded = case
        self._now = now
        self.case = case
        """The case as it was loaded."""
        self.bundle = bundle
        """The enrollment's pinned version, with its templates."""
        self.plan = plan
        """The plan of the last committed decision."""

    async def cadence(self, name: str) -> CadenceBundle:
        """The current version of another cadence.

        Raises:
            UnknownCadence: no cadence of this name was published.
        """
        return await self._shelf.current(self._connection, name)

    async def colleague(self, colleague_id: str) -> Any:
        """A colleague by id; None when there is none."""
        found = await self._connection.execute(select(ColleagueRow).where(ColleagueRow.id == colleague_id))
        row = found.mappings().one_or_none()
        return read_colleague(row) if row else None

    async def beside(self, write: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        """Let another repository write in this transaction, so that both commit or neither does."""
        await write(self._connection)

    async def claim_of(self, touch_id: UUID) -> Claim | None:
        """The ledger's claim of a step occurrence, if there is one."""
        found = await self._connection.execute(select(TouchRow.__table__).where(TouchRow.id == touch_id))
        row = found.mappings().one_or_none()
        if row is None:
            return None
        return Claim(
            touch_id=row["id"],
            enrollment_id=row["enrollment_id"],
            step_id=row["step_id"],
            occurrence=row["occurrence"],
            channel=Channel(row["channel"]),
            contact=row["contact"],
            subject=row["subject"],
            text=row["text"],
            claimed_at=row["happened_at"],
            state=TouchState(row["state"]),
            attempt=row["attempt"],
        )

    async def claim(self, claim: Claim) -> None:
        """Write a new claim, or take a refused one again with the next attempt."""
        values = {
            "contact": claim.contact,
            "subject": claim.subject,
            "text": claim.text,
            "happened_at": claim.claimed_at,
            "state": claim.state.value,
            "attempt": claim.attempt,
            "error": None,
        }
        if claim.attempt > 1:
            await self._connection.execute(update(TouchRow).where(TouchRow.id == claim.touch_id).values(values))
            return
        await self._connection.execute(
            insert(TouchRow).values(
                id=claim.touch_id,
                lead_id=self.case.lead.id,
                enrollment_id=claim.enrollment_id,
                step_id=claim.step_id,
                occurrence=claim.occurrence,
                channel=claim.channel.value,
                **values,
            )
        )

    async def settle(
        self, touch_id: UUID, state: TouchState, receipt: Receipt | None = None, error: str | None = None
    ) -> None:
        """Record what became of a claim."""
        values: dict[str, Any] = {"state": state.value, "settled_at": self._now, "error": error}
        if receipt is not None:
            values |= {"provider": receipt.provider, "provider_message_id": receipt.message_id}
        await self._connection.execute(update(TouchRow).where(TouchRow.id == touch_id).values(values))

    async def save(
        self,
        case: Case,
        kind: CommandKind | None = None,
        by: str = "followthrough",
        details: Mapping[str, Any] | None = None,
        told: Mapping[str, Any] | None = None,
    ) -> Plan:
        """Write what differs from the loaded case, as the next revision; with a kind, also the command to tell.

        Args:
            details: what was said, in full; stays in the database.
            told: the command's own ids and instants, for the contract's `Told`.
        """
        before, lead_id = self._loaded, case.lead.id
        plan = contract_plan(case, self.plan.revision + 1)
        await self._write_lead(case, plan)
        for ended in case.ended_enrollments:
            await self._write_enrollment(ended, lead_id)
        await self._write_enrollment(case.enrollment, lead_id, new=case.enrollment.id != before.enrollment.id)
        known = {task.id: task for task in before.tasks}
        for task in case.tasks:
            if known.get(task.id) != task:
                await self._upsert_task(task_values(task, lead_id))
        await self._write_hold(before.enrollment.hold, case.enrollment.hold, case.enrollment.id, lead_id)
        for fact in case.facts:
            await self._write_fact(fact, case.enrollment.id, lead_id)
        if kind is not None:
            await add_command(self._connection, lead_id, kind, by, details or {}, told or {}, plan, self._now)
        self.plan, self._loaded, self.case = plan, replace(case, facts=()), replace(case, facts=())
        return plan

    async def _write_lead(self, case: Case, plan: Plan) -> None:
        lead, touch = case.lead, case.enrollment.next
        await self._connection.execute(
            update(LeadRow)
            .where(LeadRow.id == lead.id)
            .values(
                stage=lead.stage.value,
                owner_id=lead.owner.id,
                question=lead.question,
                revision=plan.revision,
                enrollment_id=case.enrollment.id,
                cadence=case.enrollment.cadence,
                plan=plan.model_dump(mode="json"),
                next_at=touch.opens_at if touch else None,
                wake_at=plan.wake.at if plan.wake else None,
                answer=plan.answer,
                ended=plan.ended,
                ended_at=case.enrollment.ended_at,
                first_response_due_at=case.first_response_due_at,
                first_human_at=case.first_human_at,
            )
        )

    async def _write_enrollment(self, enrollment: Enrollment, lead_id: UUID, *, new: bool = False) -> None:
        values = {
            "ended": enrollment.ended.value if enrollment.ended else None,
            "ended_at": enrollment.ended_at,
            "progress": enrollment_document(enrollment),
        }
        if new:
            await self._connection.execute(
                insert(EnrollmentRow).values(
                    id=enrollment.id,
                    lead_id=lead_id,
                    cadence=enrollment.cadence,
                    version=enrollment.version,
                    started_at=enrollment.started_at,
                    **values,
                )
            )
            return
        await self._connection.execute(update(EnrollmentRow).where(EnrollmentRow.id == enrollment.id).values(values))

    async def _upsert_task(self, values: dict[str, Any]) -> None:
        statement = postgresql.insert(TaskRow).values(values)
        changed = {key: statement.excluded[key] for key in values if key not in ("id", "lead_id", "created_at")}
        await self._connection.execute(statement.on_conflict_do_update(index_elements=[TaskRow.id], set_=changed))

    async def _write_hold(self, before: Hold | None, after: Hold | None, enrollment_id: UUID, lead_id: UUID) -> None:
        if before == after:
            return
        if before is not None and before.until > self._now:
            await self._connection.execute(update(HoldRow).where(HoldRow.id == before.id).values(lifted_at=self._now))
        if after is not None:
            await self._connection.execute(
                postgresql.insert(HoldRow)
                .values(
                    id=after.id,
                    lead_id=lead_id,
                    enrollment_id=enrollment_id,
                    reason=after.reason.value,
                    owner=after.owner,
                    since=after.since,
                    until=after.until,
                    note=after.note,
                )
                .on_conflict_do_nothing()
            )

    async def _write_fact(self, fact: Fact, enrollment_id: UUID, lead_id: UUID) -> None:
        match fact:
            case TouchMade():
                await self._connection.execute(
                    postgresql.insert(TouchRow)
                    .values(
                        id=fact.id,
                        lead_id=lead_id,
                        enrollment_id=None if fact.personal else enrollment_id,
                        step_id=None if fact.step is None else fact.step.step_id,
                        occurrence=None if fact.step is None else fact.step.occurrence,
                        channel=fact.channel.value,
                        state=TouchState.MADE.value,
                        personal=fact.personal,
                        text=fact.note,
                        outcome=fact.outcome,
                        by=fact.by,
                        happened_at=fact.happened_at,
                    )
                    .on_conflict_do_nothing()
                )
            case AnswerGiven():
                await self._connection.execute(
                    insert(AnswerRow).values(
                        lead_id=lead_id,
                        enrollment_id=enrollment_id,
                        answer=fact.answer,
                        by=fact.by,
                        note=fact.note,
                        said_at=self._now,
                    )
                )
            case SendSettled():
                await self._connection.execute(
                    update(TouchRow)
                    .where(TouchRow.id == fact.touch_id, TouchRow.state == TouchState.UNKNOWN)
                    .values(state=(TouchState.SENT if fact.sent else TouchState.FAILED).value, settled_at=self._now)
                )
            case ContactLost():
                await self._connection.execute(
                    update(ContactPointRow)
                    .where(and_(ContactPointRow.lead_id == lead_id, ContactPointRow.value == fact.contact))
                    .values(lost=fact.why)
                )
                await self._revoke_consents(lead_id, fact.contact)
            case Suppressed():
                await self._suppress(lead_id, fact)

    async def _suppress(self, lead_id: UUID, fact: Suppressed) -> None:
        kind = ContactKind.EMAIL if "@" in fact.contact else ContactKind.PHONE
        await self._connection.execute(
            update(ContactPointRow)
            .where(and_(ContactPointRow.lead_id == lead_id, ContactPointRow.value == fact.contact))
            .values(suppressed=True)
        )
        await self._connection.execute(
            postgresql.insert(SuppressionRow)
            .values(digest=self._key.digest(fact.contact), kind=kind.value, why=fact.why, created_at=self._now)
            .on_conflict_do_nothing()
        )
        await self._revoke_consents(lead_id, fact.contact)

    async def _revoke_consents(self, lead_id: UUID, contact: str) -> None:
        await self._connection.execute(
            update(ConsentRow)
            .where(and_(ConsentRow.lead_id == lead_id, ConsentRow.contact == contact, ConsentRow.revoked_at.is_(None)))
            .values(revoked_at=self._now)
        )


async def add_command(
    connection: AsyncConnection,
    lead_id: UUID,
    kind: CommandKind,
    by: str,
    details: Mapping[str, Any],
    told: Mapping[str, Any],
    plan: Plan,
    now: datetime,
) -> UUID:
    """Write a command beside the change it made, for the workflow to be told of."""
    command_id = uuid4()
    payload = Told(command_id=command_id, lead_id=lead_id, said_at=now, plan=plan, **told)
    await connection.execute(
        insert(CommandRow).values(
            id=command_id,
            lead_id=lead_id,
            revision=plan.revision,
            kind=kind.value,
            by=by,
            details=dict(details),
            told=payload.model_dump(mode="json"),
            created_at=now,
        )
    )
    return command_id


class CaseStore:
    """Opens cases: one transaction, one lead, under its row lock."""

    def __init__(self, engine: AsyncEngine, shelf: CadenceShelf, company: Company, key: SuppressionKey) -> None:
        self._engine = engine
        self._shelf = shelf
        self._company = company
        self._key = key

    @asynccontextmanager
    async def open(self, lead_id: UUID, now: datetime) -> AsyncIterator[OpenCase]:
        """The lead's case; the transaction commits when the block ends well, and is undone when it raises.

        Raises:
            UnknownLead: there is no lead of this id.
        """
        async with self._engine.begin() as connection:
            # Two statements on purpose: the second one's snapshot begins once the lock is held, so it sees
            # whatever the decision before this one committed.
            locked = await connection.execute(
                select(LeadRow.plan).where(LeadRow.id == lead_id, LeadRow.plan.is_not(None)).with_for_update()
            )
            plan = locked.scalar_one_or_none()
            if plan is None:
                raise UnknownLead(str(lead_id))
            yield await self.load(connection, lead_id, Plan.model_validate(plan), now)

    async def load(self, connection: AsyncConnection, lead_id: UUID, plan: Plan, now: datetime) -> OpenCase:
        """Load a case in a transaction that already holds the lock."""
        row = (await connection.execute(_case_query(lead_id, now))).mappings().one()
        enrollment = read_enrollment(row["enrollment"])
        bundle = await self._shelf.version(connection, enrollment.version)
        lead = read_lead(row, row["owner"], row["generator"], row["contacts"], row["consents"])
        case = Case(
            lead=lead,
            company=self._company,
            cadence=bundle.cadence,
            enrollment=enrollment,
            manager=row["manager"] or lead.owner.id,
            tasks=read_tasks(row["tasks"]),
            messages=read_instants(row["messages"]),
            first_response_due_at=row["first_response_due_at"],
            first_human_at=row["first_human_at"],
        )
        return OpenCase(connection, self._shelf, self._key, case, bundle, plan, now)


def _case_query(lead_id: UUID, now: datetime) -> Select[Any]:
    """Everything a case needs in one round trip; what belongs to the lead comes as JSON arrays."""

    def rows_of(table: Any, *conditions: Any, order: Column[Any] | Any) -> Any:
        return (
            select(func.jsonb_agg(postgresql.aggregate_order_by(func.to_jsonb(table.__table__.table_valued()), order)))
            .where(table.lead_id == lead_id, *conditions)
            .scalar_subquery()
        )

    def colleague(column: Any) -> Any:
        people = ColleagueRow.__table__.alias()
        return select(func.to_jsonb(people.table_valued())).where(people.c.id == column).scalar_subquery()

    messages = (
        select(func.jsonb_agg(TouchRow.happened_at))
        .where(
            TouchRow.lead_id == lead_id,
            TouchRow.happened_at > now - _LIMITS_LOOK_BACK,
            TouchRow.channel.in_(MESSAGE_CHANNELS),
            TouchRow.personal.is_(False),
            # A claim that is still out is counted by the decision that settles it.
            TouchRow.state.in_([TouchState.SENT, TouchState.DELIVERED, TouchState.UNKNOWN]),
        )
        .scalar_subquery()
    )
    manager = (
        select(ColleagueRow.id)
        .where(ColleagueRow.role == "manager", ColleagueRow.active)
        .order_by(ColleagueRow.created_at, ColleagueRow.id)
        .limit(1)
        .scalar_subquery()
    )
    return select(
        LeadRow.__table__,
        select(EnrollmentRow.progress)
        .where(EnrollmentRow.id == LeadRow.enrollment_id)
        .scalar_subquery()
        .label("enrollment"),
        colleague(LeadRow.owner_id).label("owner"),
        colleague(LeadRow.generated_by_id).label("generator"),
        manager.label("manager"),
        rows_of(ContactPointRow, order=ContactPointRow.id).label("contacts"),
        rows_of(ConsentRow, order=ConsentRow.id).label("consents"),
        rows_of(TaskRow, TaskRow.state == _OPEN, order=TaskRow.created_at).label("tasks"),
        messages.label("messages"),
    ).where(LeadRow.id == lead_id)
