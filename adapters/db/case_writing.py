"""Writing a case back: the lead's row, its enrollments, tasks and holds; and the command beside it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import and_, bindparam, case, insert, literal_column, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.documents import (
    enrollment_document,
    response_values,
    task_values,
)
from adapters.db.fact_writing import FactWriter
from adapters.db.meetings import write_meeting
from adapters.db.personal_emails import write_personal_email
from adapters.db.routing import note_assignment
from adapters.db.rows import (
    CommandRow,
    EnrollmentRow,
    FirstResponseRow,
    HoldRow,
    LeadRow,
    TaskRow,
    TouchRow,
    table_of,
)
from adapters.db.slips import Wrote
from cadences.case import Case
from cadences.enrollment import Enrollment, Hold, ResponseClock
from cadences.facts import Assigned
from cadences.holds import placed_holds
from leads.contract import CommandKind, Plan, Told
from leads.sending import TouchState
from leads.suppression import SuppressionKey

_LEADS, _ENROLLMENTS, _TASKS = table_of(LeadRow), table_of(EnrollmentRow), table_of(TaskRow)
_TOUCHES, _RESPONSES = table_of(TouchRow), table_of(FirstResponseRow)
_LEAD_COLUMNS = (
    *("stage", "owner_id", "question", "revision", "enrollment_id", "cadence", "plan", "next_at", "wake_at"),
    *("answer", "ended", "ended_at", "first_response_due_at", "first_human_at"),
)
_NEW_PROGRESS = {
    name: bindparam(f"enrollment_{name}", type_=_ENROLLMENTS.c[name].type) for name in ("ended", "ended_at", "progress")
}
# Statements are built once: building one anew costs several times what running it does.
_WRITE_ENROLLMENT = (
    update(_ENROLLMENTS)
    .where(_ENROLLMENTS.c.id == bindparam("of_enrollment", type_=_ENROLLMENTS.c.id.type))
    .values(_NEW_PROGRESS)
)
_WRITE_LEAD = (
    update(_LEADS)
    .where(_LEADS.c.id == bindparam("of_lead", type_=_LEADS.c.id.type))
    .values({name: bindparam(f"new_{name}", type_=_LEADS.c[name].type) for name in _LEAD_COLUMNS})
    .add_cte(
        update(_ENROLLMENTS)
        .where(_ENROLLMENTS.c.id == bindparam("new_enrollment_id", type_=_ENROLLMENTS.c.id.type))
        .values(_NEW_PROGRESS)
        .cte("enrollment")
    )
)
_NEW_TASK = postgresql.insert(_TASKS)
_UPSERT_TASK = _NEW_TASK.on_conflict_do_update(
    index_elements=[_TASKS.c.id],
    set_={
        column.name: _NEW_TASK.excluded[column.name]
        for column in _TASKS.columns
        if column.name not in ("id", "lead_id", "created_at")
    },
)
_FAIL_REFUSED = (
    update(_TOUCHES)
    .where(
        _TOUCHES.c.lead_id == bindparam("of_lead", type_=_TOUCHES.c.lead_id.type),
        _TOUCHES.c.enrollment_id == bindparam("of_enrollment", type_=_TOUCHES.c.enrollment_id.type),
        _TOUCHES.c.state == TouchState.REFUSED.value,
    )
    .values(state=TouchState.FAILED.value, settled_at=bindparam("now", type_=_TOUCHES.c.settled_at.type))
    .returning(_TOUCHES.c.id)
)
_NEW_RESPONSE, _FORMER_RESPONSE = postgresql.insert(_RESPONSES), _RESPONSES.alias("former")
_WRITE_RESPONSE = _NEW_RESPONSE.on_conflict_do_update(
    index_elements=[_RESPONSES.c.enrollment_id],
    set_={
        **{column.name: _NEW_RESPONSE.excluded[column.name] for column in _RESPONSES.columns if not column.primary_key},
        # An earlier contact that is logged later stops the clock anew, and makes it nobody else's.
        "owner_id": case(
            (
                and_(_RESPONSES.c.answered_at.is_not(None), _NEW_RESPONSE.excluded.answered_at.is_not(None)),
                _RESPONSES.c.owner_id,
            ),
            else_=_NEW_RESPONSE.excluded.owner_id,
        ),
    },
).returning(
    # Whose it was: a sub-select still sees the row as it stood before.
    select(_FORMER_RESPONSE.c.owner_id)
    .where(_FORMER_RESPONSE.c.enrollment_id == literal_column(f"{_RESPONSES.name}.enrollment_id"))
    .scalar_subquery()
)
_INSERT_ENROLLMENT = postgresql.insert(_ENROLLMENTS).on_conflict_do_nothing(index_elements=[_ENROLLMENTS.c.id])
_NEW_HOLD = postgresql.insert(table_of(HoldRow))
_PLACE_HOLD = _NEW_HOLD.on_conflict_do_update(index_elements=[HoldRow.id], set_={"lifted_at": None})
_INSERT_COMMAND = insert(table_of(CommandRow))


class CaseWriter:
    """Writes, in an open transaction, what differs between a case as it was loaded and as it was decided."""

    def __init__(
        self,
        connection: AsyncConnection,
        key: SuppressionKey,
        now: datetime,
        by: str = "followthrough",
        why: str | None = None,
        corrects: Wrote | None = None,
    ) -> None:
        """
        Args:
            why: what was said or reported, in a word or two.
            corrects: what a slip wrote that is taken back: the lead goes back to where it stood, which is no new stage
                and no new owner.
        """
        self._connection = connection
        self._now = now
        self._by = by
        self._why = why
        self._corrects = corrects
        self.wrote = Wrote()
        """The rows that were written beside the lead's own."""
        self._facts = FactWriter(connection, key, now, self.wrote, by, why)

    async def write(self, before: Case, after: Case, plan: Plan) -> None:
        """Write the differences."""
        lead_id = after.lead.id
        for ended in after.ended_enrollments:
            await self._write_enrollment(ended)
        if after.enrollment.id != before.enrollment.id:
            await self._insert_enrollment(after.enrollment, lead_id)
        await self._write_lead(after, plan)
        if after.response is not None and (after.response != before.response or _new_owner_owes(before, after)):
            await self._write_response(after.response, after)
        if self._corrects is None and after.lead.stage is not before.lead.stage:
            await self._facts.stage(after.lead)
        if self._corrects is None and after.lead.owner.id != before.lead.owner.id:
            await self._note_owner(after)
        known = {task.id: task for task in before.tasks}
        for task in after.tasks:
            if known.get(task.id) != task:
                await self._upsert_task(task_values(task, lead_id))
        for meeting in after.meetings:
            if before.meeting(meeting.id) != meeting:
                await write_meeting(self._connection, meeting, lead_id)
        for email in after.emails:
            if before.email(email.id) != email:
                await write_personal_email(self._connection, email, lead_id)
        await self._write_hold(before.enrollment.hold, after.enrollment.hold, after.enrollment.id, lead_id)
        for fact in after.facts:
            await self._facts.write(fact, before, after)
        if _gives_up_refused(before.enrollment, after.enrollment):
            of_step = {"of_lead": lead_id, "of_enrollment": before.enrollment.id, "now": self._now}
            self.wrote.given_up += (await self._connection.execute(_FAIL_REFUSED, of_step)).scalars()

    async def _note_owner(self, case: Case) -> None:
        """Keep that the lead has another owner, and why."""
        told = [fact for fact in case.facts if isinstance(fact, Assigned)] or [Assigned("given on")]
        why, rule = told[-1].why, told[-1].rule
        new, left = await note_assignment(
            self._connection, case.lead.id, case.lead.owner.id, self._now, by=self._by, why=why, rule=rule
        )
        self.wrote.assignments.append(new)
        self.wrote.left += left

    async def _write_response(self, response: ResponseClock, case: Case) -> None:
        """The clock of a first response: while the person waits the owner's, and then its owner's of then."""
        owner = self._corrects.response_owner if self._corrects is not None else None
        values = response_values(response, case.lead.id, owner or case.lead.owner.id)
        self.wrote.response_owner = (await self._connection.execute(_WRITE_RESPONSE, values)).scalar_one()

    async def _write_lead(self, case: Case, plan: Plan) -> None:
        """The lead's row and its current enrollment, in one statement."""
        lead, enrollment, touch = case.lead, case.enrollment, case.enrollment.next
        values = {
            "stage": lead.stage.value,
            "owner_id": lead.owner.id,
            "question": lead.question,
            "revision": plan.revision,
            "enrollment_id": enrollment.id,
            "cadence": enrollment.cadence,
            "plan": plan.model_dump(mode="json"),
            "next_at": touch.opens_at if touch else None,
            "wake_at": plan.wake.at if plan.wake else None,
            "answer": plan.answer,
            "ended": plan.ended,
            "ended_at": enrollment.ended_at,
            "first_response_due_at": case.first_response_due_at,
            "first_human_at": case.first_human_at,
        }
        named = {f"new_{name}": value for name, value in values.items()}
        await self._connection.execute(_WRITE_LEAD, {"of_lead": lead.id, **named, **_enrollment_values(enrollment)})

    async def _write_enrollment(self, enrollment: Enrollment) -> None:
        values = {"of_enrollment": enrollment.id, **_enrollment_values(enrollment)}
        await self._connection.execute(_WRITE_ENROLLMENT, values)

    async def _insert_enrollment(self, enrollment: Enrollment, lead_id: UUID) -> None:
        """A new one, before the lead's row points to it; or one that goes on after all, which is there."""
        written = await self._connection.execute(
            _INSERT_ENROLLMENT,
            {
                "id": enrollment.id,
                "lead_id": lead_id,
                "cadence": enrollment.cadence,
                "version": enrollment.version,
                "started_at": enrollment.started_at,
                "progress": enrollment_document(enrollment),
            },
        )
        if written.rowcount:
            self.wrote.enrollments.append(enrollment.id)

    async def _upsert_task(self, values: dict[str, Any]) -> None:
        await self._connection.execute(_UPSERT_TASK, values)

    async def _write_hold(self, before: Hold | None, after: Hold | None, enrollment_id: UUID, lead_id: UUID) -> None:
        if before == after:
            return
        left = {one.id for one in placed_holds(after)}
        gone = [one.id for one in placed_holds(before) if one.until > self._now and one.id not in left]
        if gone:
            await self._connection.execute(update(HoldRow).where(HoldRow.id.in_(gone)).values(lifted_at=self._now))
        for hold in placed_holds(after):
            values = {
                "id": hold.id,
                "lead_id": lead_id,
                "enrollment_id": enrollment_id,
                "reason": hold.reason.value,
                "owner": hold.owner,
                "since": hold.since,
                "until": hold.until,
                "note": hold.note,
            }
            await self._connection.execute(_PLACE_HOLD, values)


def _enrollment_values(enrollment: Enrollment) -> dict[str, Any]:
    return {
        "enrollment_ended": enrollment.ended.value if enrollment.ended else None,
        "enrollment_ended_at": enrollment.ended_at,
        "enrollment_progress": enrollment_document(enrollment),
    }


def _new_owner_owes(before: Case, after: Case) -> bool:
    """Whether a question that is waited for is somebody else's to answer now, whoever gave the lead on, and why."""
    clock = after.response
    waits = clock is not None and clock.is_open and clock.moot_at is None
    return waits and after.lead.owner.id != before.lead.owner.id


def _gives_up_refused(before: Enrollment, after: Enrollment) -> bool:
    """Whether a message that the provider refused was to be tried again, and is not any more."""
    return before.refusals > 0 and (after.id != before.id or after.ended is not None or after.refusals == 0)


async def add_command(
    connection: AsyncConnection,
    lead_id: UUID,
    kind: CommandKind,
    by: str,
    details: Mapping[str, Any],
    told: Mapping[str, Any],
    plan: Plan,
    now: datetime,
    *,
    workflow_of: UUID | None = None,
) -> UUID:
    """Write a command beside the change it made, for the workflow to be told of.

    Args:
        workflow_of: whose workflow, if not the lead's own: of a lead that was merged into it.
    """
    command_id = uuid4()
    payload = Told(command_id=command_id, lead_id=workflow_of or lead_id, said_at=now, plan=plan, **told)
    values = {
        "id": command_id,
        "lead_id": lead_id,
        "revision": plan.revision,
        "kind": kind.value,
        "by": by,
        "details": dict(details),
        "told": payload.model_dump(mode="json"),
        "created_at": now,
    }
    await connection.execute(_INSERT_COMMAND, values)
    return command_id
