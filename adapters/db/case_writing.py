"""Writing a case back: the lead's row, its enrollments, tasks, holds, and what a decision found out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import and_, insert, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.documents import (
    enrollment_document,
    task_values,
)
from adapters.db.rows import (
    AnswerRow,
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
from cadences.case import AnswerGiven, Case, ContactLost, Enrollment, Fact, Hold, SendSettled, Suppressed, TouchMade
from leads.contract import CommandKind, Plan, Told
from leads.model import ContactKind
from leads.sending import TouchState
from leads.suppression import SuppressionKey


class CaseWriter:
    """Writes, in an open transaction, what differs between a case as it was loaded and as it was decided."""

    def __init__(self, connection: AsyncConnection, key: SuppressionKey, now: datetime) -> None:
        self._connection = connection
        self._key = key
        self._now = now

    async def write(self, before: Case, after: Case, plan: Plan) -> None:
        """Write the differences."""
        lead_id = after.lead.id
        await self._write_lead(after, plan)
        for ended in after.ended_enrollments:
            await self._write_enrollment(ended, lead_id)
        await self._write_enrollment(after.enrollment, lead_id, new=after.enrollment.id != before.enrollment.id)
        known = {task.id: task for task in before.tasks}
        for task in after.tasks:
            if known.get(task.id) != task:
                await self._upsert_task(task_values(task, lead_id))
        await self._write_hold(before.enrollment.hold, after.enrollment.hold, after.enrollment.id, lead_id)
        for fact in after.facts:
            await self._write_fact(fact, after.enrollment.id, lead_id)

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
