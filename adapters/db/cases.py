"""Cases in the database: loaded whole under the lead's row lock, decided on, and written back where they differ."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.case_loading import case_query
from adapters.db.case_writing import CaseWriter, add_command
from adapters.db.documents import (
    read_colleague,
    read_enrollment,
    read_instants,
    read_lead,
    read_tasks,
)
from adapters.db.rows import (
    ColleagueRow,
    LeadRow,
    TouchRow,
)
from cadences.bundle import CadenceBundle
from cadences.case import Case
from cadences.planning import contract_plan
from leads.contract import CommandKind, Plan
from leads.model import Channel, Company
from leads.sending import Claim, Receipt, TouchState
from leads.suppression import SuppressionKey


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
        plan = contract_plan(case, self.plan.revision + 1)
        await CaseWriter(self._connection, self._key, self._now).write(self._loaded, case, plan)
        if kind is not None:
            await add_command(self._connection, case.lead.id, kind, by, details or {}, told or {}, plan, self._now)
        self.plan, self._loaded, self.case = plan, replace(case, facts=()), replace(case, facts=())
        return plan


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
        row = (await connection.execute(case_query(lead_id, now))).mappings().one()
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
