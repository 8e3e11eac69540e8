"""Which leads to look at: cheap questions to the whole database, whose answers are checked lead by lead later.

Everything here is asked without a lock, so that it may be wrong of a lead that is being worked on right now.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, DateTime, Select, and_, case, cast, exists, func, or_, select, true
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.engine import driver_error
from adapters.db.first_answers import waits
from adapters.db.followed_up import terminal
from adapters.db.rows import ColleagueRow, CommandRow, EnrollmentRow, FirstResponseRow, LeadRow, TaskRow, TouchRow
from cadences.owed_answers import MAY_ANSWER
from cadences.tasks import TaskKind, TaskState
from leads.contract import Plan
from leads.liveness import CLAIM_OPEN_AFTER, STUCK_AFTER, UNDELIVERED_AFTER
from leads.model import Ending
from leads.sending import TouchState

BATCH = 2000
"""So many leads are asked about in one statement."""
_DATA_ERRORS = "22"
"""SQLSTATE class: a value that can't be read as what it should be."""
_INSTANT = DateTime(timezone=True)
_OPEN = TaskState.OPEN.value
_MAY_ANSWER = [kind.value for kind in MAY_ANSWER]
_WAITS = waits(FirstResponseRow)


@dataclass(frozen=True, slots=True)
class Glance:
    """What one look at a lead tells."""

    lead_id: UUID
    has_wake: bool
    suspicious: bool


class Suspects:
    """Asks the database which leads may not be followed up."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def count(self) -> int:
        """How many leads there are."""
        async with self._engine.connect() as connection:
            return int(await connection.scalar(select(func.count()).select_from(LeadRow)) or 0)

    async def batches(self, now: datetime) -> AsyncIterator[list[Glance]]:
        """Every lead, in batches by id."""
        after: UUID | None = None
        while batch := await self._batch(after, now):
            yield batch
            after = batch[-1].lead_id

    async def undelivered(self, now: datetime) -> list[UUID]:
        """Leads whose workflow was not told something for too long."""
        return await self._ids(
            select(CommandRow.lead_id)
            .where(CommandRow.delivered_at.is_(None), CommandRow.created_at < now - UNDELIVERED_AFTER)
            .distinct()
        )

    async def with_open_claims(self, now: datetime) -> list[UUID]:
        """Leads with a claim that should have been settled."""
        touch, state = EnrollmentRow.progress["next"]["step"], TouchRow.state
        waited_for = exists(
            select(LeadRow.id).where(
                LeadRow.id == TouchRow.lead_id,
                LeadRow.enrollment_id == TouchRow.enrollment_id,
                LeadRow.ended.is_(None),
                EnrollmentRow.id == LeadRow.enrollment_id,
                touch["step_id"].astext == TouchRow.step_id,
                touch["occurrence"].astext == cast(TouchRow.occurrence, TextType),
            )
        )
        seen_to = exists(
            select(TaskRow.id).where(
                TaskRow.lead_id == TouchRow.lead_id,
                TaskRow.kind == TaskKind.UNKNOWN_SEND.value,
                TaskRow.enrollment_id == TouchRow.enrollment_id,
                TaskRow.step_id == TouchRow.step_id,
                TaskRow.occurrence == TouchRow.occurrence,
                TaskRow.state.in_((_OPEN, TaskState.CANCELLED.value)),
            )
        )
        after_no = exists(
            select(EnrollmentRow.id).where(
                EnrollmentRow.id == TouchRow.enrollment_id, EnrollmentRow.ended == Ending.NO.value
            )
        )
        return await self._ids(
            select(TouchRow.lead_id)
            .where(
                or_(
                    and_(state == TouchState.CLAIMED.value, TouchRow.happened_at < now - CLAIM_OPEN_AFTER),
                    and_(state == TouchState.REFUSED.value, ~waited_for),
                    and_(state == TouchState.UNKNOWN.value, ~seen_to, ~after_no),
                )
            )
            .distinct()
        )

    async def known(self, lead_ids: Sequence[UUID]) -> set[UUID]:
        """Which of these there are."""
        return set(await self._ids(select(LeadRow.id).where(LeadRow.id.in_(lead_ids))))

    async def _ids(self, wanted: Select[*tuple[Any, ...]]) -> list[UUID]:
        async with self._engine.connect() as connection:
            return list((await connection.execute(wanted)).scalars())

    async def _batch(self, after: UUID | None, now: datetime) -> list[Glance]:
        """The next leads after an id; all of them suspicious when one of them holds what can't be read."""
        try:
            return await self._glances(_glance(now), after)
        except DBAPIError as unreadable:
            if not str(getattr(driver_error(unreadable), "sqlstate", None) or "").startswith(_DATA_ERRORS):
                raise
        awake = LeadRow.wake_at.is_not(None)
        return await self._glances(select(LeadRow.id, awake.label("has_wake"), true().label("suspicious")), after)

    async def _glances(self, asked: Select[*tuple[Any, ...]], after: UUID | None) -> list[Glance]:
        if after is not None:
            asked = asked.where(LeadRow.id > after)
        async with self._engine.connect() as connection:
            rows = await connection.execute(asked.order_by(LeadRow.id).limit(BATCH))
            return [Glance(lead_id, bool(has_wake), bool(suspicious)) for lead_id, has_wake, suspicious in rows]


def _glance(now: datetime) -> Select[*tuple[Any, ...]]:
    """What is asked about each lead; a comparison with NULL counts as suspicious nowhere by itself."""
    plan, progress = LeadRow.plan, EnrollmentRow.progress
    wake_at = cast(plan["wake"]["at"].astext, _INSTANT)
    awaited = progress["next"]["task_id"].astext
    inactive = ~exists(select(ColleagueRow.id).where(ColleagueRow.id == TaskRow.owner, ColleagueRow.active))
    tasks = (
        select(
            func.count().label("open"),
            func.min(func.least(TaskRow.escalate_at, TaskRow.expires_at, TaskRow.look_up_at)).label("see_to_at"),
            func.bool_or(inactive).label("owner_gone"),
            func.bool_or(cast(TaskRow.id, TextType) == awaited).label("awaited_is_open"),
            func.bool_or(TaskRow.kind.in_(_MAY_ANSWER)).label("may_answer"),
        )
        .where(TaskRow.lead_id == LeadRow.id, TaskRow.state == _OPEN)
        .lateral("t")
    )
    waits_for_answer = exists(select(FirstResponseRow.lead_id).where(FirstResponseRow.lead_id == LeadRow.id, _WAITS))
    act_at = case((and_(awaited.is_(None), EnrollmentRow.ended.is_(None)), progress["next"]["act_at"].astext))
    asked_for = func.least(tasks.c.see_to_at, cast(act_at, _INSTANT))
    suspicious = or_(
        plan.is_(None),
        EnrollmentRow.id.is_(None),
        *_columns_differ(wake_at),
        *_documents_differ(),
        # Promise 1 itself.
        and_(~terminal(LeadRow.ended, LeadRow.stage), wake_at.is_(None), tasks.c.open == 0),
        LeadRow.wake_at < now - STUCK_AFTER,
        and_(asked_for.is_not(None), or_(wake_at.is_(None), asked_for < wake_at)),
        # Tasks.
        and_(awaited.is_not(None), func.coalesce(tasks.c.awaited_is_open, False).is_(False)),
        func.coalesce(tasks.c.open, 0) != func.jsonb_array_length(plan["open_tasks"]),
        and_(LeadRow.ended == Ending.NO.value, tasks.c.open > 0),
        func.coalesce(tasks.c.owner_gone, False),
        # A first answer: whether the plan asks somebody for it in time is seen when the lead is examined.
        and_(LeadRow.ended.is_(None), func.coalesce(tasks.c.may_answer, False).is_(False), waits_for_answer),
    )
    return (
        select(LeadRow.id, LeadRow.wake_at.is_not(None).label("has_wake"), suspicious.label("suspicious"))
        .outerjoin(EnrollmentRow, EnrollmentRow.id == LeadRow.enrollment_id)
        .join(tasks, true())
    )


def _columns_differ(wake_at: ColumnElement[datetime]) -> list[ColumnElement[bool]]:
    """Where the lead's row contradicts its plan, or its plan has what none should have."""
    plan = LeadRow.plan
    unheard_of = plan.op("-", return_type=JSONB)(cast(list(Plan.model_fields), ARRAY(TextType)))
    return [
        unheard_of != cast({}, JSONB),
        cast(LeadRow.revision, TextType).is_distinct_from(plan["revision"].astext),
        cast(LeadRow.enrollment_id, TextType).is_distinct_from(plan["enrollment_id"].astext),
        LeadRow.cadence.is_distinct_from(plan["cadence"].astext),
        LeadRow.owner_id.is_distinct_from(plan["owner"].astext),
        LeadRow.stage.is_distinct_from(plan["stage"].astext),
        LeadRow.answer.is_distinct_from(plan["answer"].astext),
        LeadRow.ended.is_distinct_from(plan["ended"].astext),
        LeadRow.wake_at.is_distinct_from(wake_at),
        LeadRow.next_at.is_distinct_from(cast(plan["next_touch_at"].astext, _INSTANT)),
    ]


def _documents_differ() -> list[ColumnElement[bool]]:
    """Where the enrollment contradicts the plan, or holds a hold without an end or an owner."""
    plan, progress = LeadRow.plan, EnrollmentRow.progress
    hold = progress["hold"]
    return [
        progress["ended"].astext.is_distinct_from(plan["ended"].astext),
        EnrollmentRow.ended.is_distinct_from(plan["ended"].astext),
        LeadRow.ended_at.is_distinct_from(EnrollmentRow.ended_at),
        hold["reason"].astext.is_distinct_from(plan["hold"].astext),
        progress["next"]["step"]["step_id"].astext.is_distinct_from(plan["next_step"].astext),
        and_(
            hold["reason"].astext.is_not(None),
            or_(hold["until"].astext.is_(None), func.coalesce(hold["owner"].astext, "") == ""),
        ),
    ]
