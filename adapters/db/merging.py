"""Merging two leads in the database: decided under both row locks, and all that was the one's becomes the other's.

In one transaction. The merged lead's row goes; its id stays known, so that whatever carries it reaches the kept lead.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, delete, func, insert, select, update
from sqlalchemy import case as either
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import aliased

from adapters.db.case_writing import add_command
from adapters.db.cases import CaseStore, LeadMerged, OpenCase, UnknownLead
from adapters.db.documents import response_values
from adapters.db.merge_records import MergeRecord, merge_of
from adapters.db.rows import (
    AnswerRow,
    AssignmentRow,
    BulkItemRow,
    CommandRow,
    ConsentRow,
    ContactPointRow,
    EnrollmentRow,
    FirstResponseRow,
    FormSubmissionRow,
    HoldRow,
    HookDeliveryRow,
    InboundMessageRow,
    InquiryRow,
    LeadMergeRow,
    LeadRow,
    MeetingRow,
    NoteRow,
    OutboxRow,
    PersonalEmailRow,
    StaffMailRow,
    StageChangeRow,
    TaskRow,
    TouchRow,
    table_of,
)
from adapters.db.slips import forget_slips
from cadences.merging import Merged, merge
from leads.contract import CommandKind, Plan
from leads.model import Ending, Lead
from leads.sending import TouchState

MOVED: tuple[Column[UUID], ...] = tuple(
    table_of(row).c[name]
    for row, name in (
        (ContactPointRow, "lead_id"),
        (ConsentRow, "lead_id"),
        (InquiryRow, "lead_id"),
        (EnrollmentRow, "lead_id"),
        (TaskRow, "lead_id"),
        (HoldRow, "lead_id"),
        (AnswerRow, "lead_id"),
        (CommandRow, "lead_id"),
        (TouchRow, "lead_id"),
        (InboundMessageRow, "lead_id"),
        (OutboxRow, "lead_id"),
        (FirstResponseRow, "lead_id"),
        (StageChangeRow, "lead_id"),
        (StaffMailRow, "lead_id"),
        (AssignmentRow, "lead_id"),
        (MeetingRow, "lead_id"),
        (NoteRow, "lead_id"),
        (PersonalEmailRow, "lead_id"),
        (FormSubmissionRow, "lead_id"),
        (HookDeliveryRow, "lead_id"),
        (BulkItemRow, "lead_id"),
        (LeadMergeRow, "into_id"),
    )
)
"""Every column that says whose a row is, all of which become the kept lead's; a test compares them with the schema.

But for slips: once two leads are one, what was recorded before for either can't be taken back any more."""
_LOCK_BOTH = select(LeadRow.id, LeadRow.plan).where(LeadRow.plan.is_not(None)).order_by(LeadRow.id).with_for_update()
_TOLD = "the merged lead's own workflow is over"


class _Rehearsed(Exception):
    """Everything was done, and is undone."""


@dataclass(frozen=True, slots=True)
class MergeDone:
    """What a merge came to."""

    merged: Merged | None
    """None: they were one already."""
    opened: OpenCase
    """The kept lead as it stands now."""
    plan: Plan


class Merges:
    """Makes one lead of two."""

    def __init__(self, engine: AsyncEngine, cases: CaseStore) -> None:
        self._engine = engine
        self._cases = cases

    async def into(self, lead_id: UUID) -> UUID | None:
        """The lead that a merged one lives on in; None for an id that is none's."""
        async with self._engine.connect() as connection:
            found = await merge_of(connection, lead_id)
            return found.into_id if found is not None else None

    async def merge(
        self,
        keep_id: UUID,
        other_id: UUID,
        by: str,
        now: datetime,
        *,
        rehearse: bool = False,
        first: Callable[[AsyncConnection], Awaitable[None]] | None = None,
        last: Callable[[AsyncConnection, MergeDone], Awaitable[None]] | None = None,
    ) -> MergeDone:
        """Make one lead of two different ones, under the first one's id; done again, it changes nothing.

        Args:
            rehearse: do everything and undo it, to see what would come of it.
            first: what another repository does in this transaction before anything else.
            last: what it does with the outcome, so that both commit or neither does.

        Raises:
            UnknownLead: one of them does not exist.
            LeadMerged: one of them lives on in a third lead.
        """
        done: MergeDone | None = None
        try:
            async with self._engine.begin() as connection:
                if first is not None:
                    await first(connection)
                done = await self._merge(connection, keep_id, other_id, by, now)
                if last is not None:
                    await last(connection, done)
                if rehearse:
                    raise _Rehearsed
        except _Rehearsed:
            pass
        assert done is not None
        return done

    async def _merge(
        self, connection: AsyncConnection, keep_id: UUID, other_id: UUID, by: str, now: datetime
    ) -> MergeDone:
        # In the order of their ids, so that two merges of the same leads wait for each other and not for ever; all
        # others lock one lead only. What is known of both is read once both locks are held.
        locked = await connection.execute(_LOCK_BOTH.where(LeadRow.id.in_([keep_id, other_id])))
        plans = {row.id: Plan.model_validate(row.plan) for row in locked}
        if keep_id not in plans:
            raise await _missing(connection, keep_id)
        keep = await self._cases.load(connection, keep_id, plans[keep_id], now)
        if other_id not in plans:
            missing = await _missing(connection, other_id)
            if isinstance(missing, LeadMerged) and missing.into == keep_id:
                return MergeDone(None, keep, keep.plan)
            raise missing
        other = await self._cases.load(connection, other_id, plans[other_id], now)
        merged = merge(keep.case, other.case, by=by, now=now)
        newest = max(plans[keep_id].revision, plans[other_id].revision)
        farewell = _farewell(plans[other_id])
        await _move(connection, keep_id, other_id, now)
        await _settle(connection, merged, now)
        await _write_person(connection, merged.case.lead, merged.case.enrollment.id, other_id)
        await _remember(connection, MergeRecord(keep_id, farewell), other_id, by, now)
        # Loaded anew, with all that is its own now; above what either workflow may know already.
        opened = await self._cases.load(connection, keep_id, plans[keep_id], now)
        opened.plan = opened.plan.model_copy(update={"revision": newest})
        as_loaded = opened.case
        case = replace(
            merged.case,
            senders=as_loaded.senders,
            correspondence=as_loaded.correspondence,
            stand_ins=as_loaded.stand_ins,
            habits=as_loaded.habits,
            ended_enrollments=(merged.former,),
        )
        details = {"merged": f"merged with lead {other_id}"}
        plan = await opened.save(case, CommandKind.PLAN_CHANGED, by=by, details=details)
        await add_command(
            *(connection, keep_id, CommandKind.PLAN_CHANGED, by, {"why": _TOLD}, {}, farewell, now),
            workflow_of=other_id,
        )
        return MergeDone(merged, opened, plan)


async def _missing(connection: AsyncConnection, lead_id: UUID) -> UnknownLead:
    found = await merge_of(connection, lead_id)
    return LeadMerged(lead_id, found.into_id) if found is not None else UnknownLead(str(lead_id))


def _farewell(plan: Plan) -> Plan:
    """The last plan of a lead that was merged: newer than what its workflow holds, and with nothing left to do."""
    return Plan(
        revision=plan.revision + 1,
        enrollment_id=plan.enrollment_id,
        cadence=plan.cadence,
        version=plan.version,
        owner=plan.owner,
        stage=plan.stage,
        wake=None,
        ended=Ending.MERGED.value,
    )


async def _move(connection: AsyncConnection, keep_id: UUID, other_id: UUID, now: datetime) -> None:
    await forget_slips(connection, keep_id, other_id)
    # What its workflow was not told yet it need not hear any more, but that it is over.
    await connection.execute(
        update(CommandRow)
        .where(CommandRow.lead_id == other_id, CommandRow.delivered_at.is_(None))
        .values(delivered_at=now, error="merged before it was told")
    )
    # The kept lead's own addresses and numbers stay the first ones: they are used in the order of their ids.
    points = select(ContactPointRow.id).where(ContactPointRow.lead_id == other_id).order_by(ContactPointRow.id)
    sequence = func.pg_get_serial_sequence(ContactPointRow.__tablename__, "id")
    for point in (await connection.execute(points)).scalars().all():
        renewed = update(ContactPointRow).where(ContactPointRow.id == point).values(id=func.nextval(sequence))
        await connection.execute(renewed)
    # The owner of the kept lead is the person's.
    theirs = (AssignmentRow.lead_id == other_id, AssignmentRow.until.is_(None))
    await connection.execute(update(AssignmentRow).where(*theirs).values(until=now))
    for column in MOVED:
        await connection.execute(update(column.table).where(column == other_id).values({column.name: keep_id}))


async def _settle(connection: AsyncConnection, merged: Merged, now: datetime) -> None:
    """What the enrollment that does not go on leaves behind, and the first responses."""
    former = merged.former.id
    refused = (TouchRow.enrollment_id == former, TouchRow.state == TouchState.REFUSED.value)
    # No plan will try it again.
    await connection.execute(update(TouchRow).where(*refused).values(state=TouchState.FAILED.value, settled_at=now))
    in_force = (HoldRow.enrollment_id == former, HoldRow.until > now, HoldRow.lifted_at.is_(None))
    await connection.execute(update(HoldRow).where(*in_force).values(lifted_at=now))
    if merged.dropped:
        await connection.execute(delete(FirstResponseRow).where(FirstResponseRow.enrollment_id.in_(merged.dropped)))
    for clock in merged.clocks:
        values = response_values(clock, merged.case.lead.id, merged.case.lead.owner.id)
        written = update(FirstResponseRow).where(FirstResponseRow.enrollment_id == clock.enrollment_id)
        # Who owned the lead when a question was answered stays known.
        owner = either(
            (FirstResponseRow.answered_at.is_(None), values.pop("owner_id")), else_=FirstResponseRow.owner_id
        )
        await connection.execute(written.values(**values, owner_id=owner))
    current = merged.case.response.enrollment_id if merged.case.response is not None else None
    older = (FirstResponseRow.lead_id == merged.case.lead.id, FirstResponseRow.enrollment_id.is_distinct_from(current))
    # Of several questions the machine sees to the newest one's clock, as ever; that one is what the person waits for.
    moot_at = func.coalesce(FirstResponseRow.moot_at, either((FirstResponseRow.answered_at.is_(None), now)))
    await connection.execute(update(FirstResponseRow).where(*older).values(warn_at=None, act_at=None, moot_at=moot_at))


async def _write_person(connection: AsyncConnection, lead: Lead, enrollment_id: UUID, other_id: UUID) -> None:
    """What is known of the person, and which enrollment goes on; then the other row is gone."""
    other = aliased(LeadRow)
    of_other = select(other.company_domain, other.words_digest).where(other.id == other_id).subquery()
    await connection.execute(
        update(LeadRow)
        .where(LeadRow.id == lead.id)
        .values(
            kind=lead.kind.value,
            created_at=lead.created_at,
            name=lead.name,
            company=lead.company,
            company_domain=func.coalesce(LeadRow.company_domain, select(of_other.c.company_domain).scalar_subquery()),
            words_digest=func.coalesce(LeadRow.words_digest, select(of_other.c.words_digest).scalar_subquery()),
            source=lead.source,
            zone=lead.zone,
            country=lead.country,
            region=lead.region,
            reach=str(lead.reach) if lead.reach else None,
            inquired_at=lead.inquired_at,
            purchased_at=lead.purchased_at,
            attributes=dict(lead.attributes),
            cost=lead.cost,
            generated_by_id=lead.generated_by.id if lead.generated_by else None,
            backlog_id=lead.backlog_id,
            enrollment_id=enrollment_id,
        )
    )
    await connection.execute(delete(LeadRow).where(LeadRow.id == other_id))


async def _remember(connection: AsyncConnection, record: MergeRecord, other_id: UUID, by: str, now: datetime) -> None:
    values = {"merged_id": other_id, "into_id": record.into_id, "at": now, "by": by}
    await connection.execute(insert(LeadMergeRow).values(**values, plan=record.plan.model_dump(mode="json")))
