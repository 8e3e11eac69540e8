"""The queue of one colleague, read in one round trip whatever number of tasks and leads there is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    CompoundSelect,
    DateTime,
    RowMapping,
    Select,
    String,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.callees import OF_ENROLLMENT, callee_columns, callee_values, read_callee
from adapters.db.documents import read_enrollment
from adapters.db.engine import statement_by_statement
from adapters.db.first_answers import waits
from adapters.db.rows import (
    ColleagueRow,
    EnrollmentRow,
    FirstResponseRow,
    LeadRow,
    TaskRow,
    table_of,
)
from adapters.db.rows.plans import OPEN_AND_NO_CALL
from cadences.calling import calling
from cadences.progress import task_title
from cadences.tasks import Outcome, TaskKind, TaskState
from cadences.work_queue import AnswerClock, QueuedTask, Upcoming, WorkQueue, arranged
from leads.model import Channel, Company

MOST = 100
"""So many tasks of each sort are looked at, those due first: what a day holds, and more."""
_TASKS, _LEADS, _CLOCKS = table_of(TaskRow), table_of(LeadRow), table_of(FirstResponseRow)
_PLANNED = (TaskKind.CALL.value, TaskKind.STEP.value)

_ME = bindparam("me", type_=String())
_NOW, _ENDS_AT = (bindparam(name, type_=DateTime(timezone=True)) for name in ("now", "ends_at"))
_IS_OPEN = _TASKS.c.state == TaskState.OPEN.value
_RUNS = waits(_CLOCKS.c)
_WAITS_FOR_ANSWER = exists().where(_CLOCKS.c.lead_id == _TASKS.c.lead_id, _RUNS)
_IDS = select(_TASKS.c.id)
_FORMER = _TASKS.alias("former")
_ACCEPTED = and_(
    _TASKS.c.kind == TaskKind.HAND_OVER.value,
    exists().where(
        _FORMER.c.lead_id == _TASKS.c.lead_id,
        _FORMER.c.enrollment_id == _TASKS.c.enrollment_id,
        _FORMER.c.outcome == Outcome.ACCEPTED.value,
    ),
)
"""Whether a hand-over is one that sales has taken over: its first task ended so."""


def _first(*conditions: ColumnElement[bool], by: Any = _TASKS.c.due_at, most: int = MOST) -> Select[Any]:
    return select(_IDS.where(*conditions).order_by(by).limit(most).subquery().c.id)


def _candidates() -> CompoundSelect[Any]:
    """Ids of the tasks that may stand in the queue: of each sort the first ones, each from an index in its order."""
    some = []
    on_another_day = (_IS_OPEN, _TASKS.c.due_at > _NOW, _TASKS.c.opens_at >= _ENDS_AT)
    for mine in (_TASKS.c.owner == _ME, _TASKS.c.escalated_to == _ME):
        planned = _TASKS.c.kind.in_(_PLANNED)
        some += [
            _first(mine, literal_column(OPEN_AND_NO_CALL, Boolean()), _TASKS.c.opens_at < _ENDS_AT),
            _first(mine, _IS_OPEN, planned, _TASKS.c.opens_at <= _NOW),
            # Whatever opens later is due later still.
            _first(mine, _IS_OPEN, planned, _TASKS.c.due_at > _NOW, _TASKS.c.opens_at < _ENDS_AT),
            _first(mine, *on_another_day, _WAITS_FOR_ANSWER),
            _first(mine, *on_another_day, by=_TASKS.c.opens_at, most=1),
        ]
    waiting = (
        select(_CLOCKS.c.lead_id)
        .where(_CLOCKS.c.owner_id == _ME, _RUNS)
        .order_by(_CLOCKS.c.asked_at.desc())
        .limit(MOST)
        .subquery()
    )
    of_them = _IDS.join(waiting, waiting.c.lead_id == _TASKS.c.lead_id)
    some.append(of_them.where(_IS_OPEN, or_(_TASKS.c.owner == _ME, _TASKS.c.escalated_to == _ME)))
    return union(*some)


def _queue() -> Select[Any]:
    """The candidates, with what the contact rules ask about their leads."""
    candidates = _candidates().subquery("candidates")
    clock = (
        select(_CLOCKS.c.asked_at, _CLOCKS.c.due_at, _CLOCKS.c.warn_at)
        .where(_CLOCKS.c.lead_id == _LEADS.c.id, _RUNS)
        .order_by(_CLOCKS.c.asked_at.desc())
        .limit(1)
        .lateral("clock")
    )
    tasks = ("id", "kind", "title", "owner", "back_to", "opens_at", "due_at", "best_at", "contact")
    return (
        select(
            *(_TASKS.c[name] for name in tasks),
            *callee_columns(),
            ColleagueRow.name.label("owner_name"),
            _ACCEPTED.label("accepted"),
            clock.c.asked_at.label("asked_at"),
            clock.c.due_at.label("answer_due_at"),
            clock.c.warn_at.label("warn_at"),
        )
        .select_from(candidates)
        .join(_TASKS, _TASKS.c.id == candidates.c.id)
        .join(_LEADS, _LEADS.c.id == _TASKS.c.lead_id)
        .join(EnrollmentRow, OF_ENROLLMENT)
        .outerjoin(ColleagueRow, ColleagueRow.id == _TASKS.c.owner)
        .outerjoin(clock, literal_column("true"))
    )


_QUEUE = _queue()
"""Built once: building it anew costs more than running it does."""
_NEXT = EnrollmentRow.progress["next"]
_PLANNED_NEXT = (
    select(_LEADS.c.name, _LEADS.c.company, EnrollmentRow.progress)
    .join(EnrollmentRow, OF_ENROLLMENT)
    .where(
        _LEADS.c.owner_id == _ME,
        _LEADS.c.next_at > _NOW,
        EnrollmentRow.ended.is_(None),
        _NEXT["channel"].astext.in_((Channel.CALL.value, Channel.TASK.value)),
        _NEXT["task_id"].astext.is_(None),
    )
    .order_by(_LEADS.c.next_at, _LEADS.c.id)
    .limit(1)
)
"""The first call, or other work, that the plans of one's leads will make a task of."""


class WorkQueues:
    """What each colleague does next."""

    def __init__(self, engine: AsyncEngine, shelf: CadenceShelf, company: Company) -> None:
        self._engine = statement_by_statement(engine)
        self._shelf = shelf
        self._company = company

    async def of(self, colleague_id: str, now: datetime, ends_at: datetime) -> WorkQueue:
        """The open tasks that are the colleague's, or were escalated to the colleague, the most urgent first.

        Where nothing is left for today it also says what comes on another day, be it a task yet or not.

        Args:
            ends_at: the end of the colleague's day.
        """
        asked = {"me": colleague_id, "now": now, "ends_at": ends_at, **callee_values(now)}
        async with self._engine.connect() as connection:
            rows: Sequence[RowMapping] = (await connection.execute(_QUEUE, asked)).mappings().all()
            tasks = [await self._read(connection, row, now) for row in rows]
            queue = arranged(tasks, now, ends_at)
            if not queue.tasks and (planned := await _planned_next(connection, colleague_id, now)) is not None:
                queue = queue.before(planned)
        return queue

    async def _read(self, connection: AsyncConnection, row: RowMapping, now: datetime) -> QueuedTask:
        callee = await read_callee(connection, self._shelf, self._company, row)
        clock = None
        if row["asked_at"] is not None:
            clock = AnswerClock(asked_at=row["asked_at"], due_at=row["answer_due_at"], warn_at=row["warn_at"])
        return QueuedTask(
            id=row["id"],
            lead_id=row["lead_id"],
            lead_name=row["lead_name"],
            lead_company=row["lead_company"],
            kind=TaskKind(row["kind"]),
            title=row["title"],
            owner=row["owner"],
            owner_name=row["owner_name"] or row["owner"],
            back_to=row["back_to"],
            opens_at=row["opens_at"],
            due_at=row["due_at"],
            best_at=row["best_at"],
            contact=row["contact"],
            clock=clock,
            calling=calling(callee, now),
            accepted=row["accepted"],
        )


async def _planned_next(connection: AsyncConnection, colleague_id: str, now: datetime) -> Upcoming | None:
    row = (await connection.execute(_PLANNED_NEXT, {"me": colleague_id, "now": now})).mappings().one_or_none()
    touch = read_enrollment(row["progress"]).next if row is not None else None
    if row is None or touch is None:
        return None
    return Upcoming(touch.opens_at, task_title(touch), row["name"], row["company"])
