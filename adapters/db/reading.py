"""The reading side: the lists and counts that people look at, from indexes and in pages."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Row, Select, Uuid, any_, func, literal, or_, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.engine import statement_by_statement
from adapters.db.lead_reading import read_lead_view, read_newest_slip_of, task_view
from adapters.db.lead_search import first_contact, matching
from adapters.db.lead_views import LeadsSlipView, LeadView
from adapters.db.paging import COUNTED, PAGE, count_some, cursor_after, place_of
from adapters.db.rows import (
    ColleagueRow,
    CommandRow,
    ContactPointRow,
    LeadMergeRow,
    LeadRow,
    TaskRow,
    TouchRow,
)
from adapters.db.views import LeadPage, LeadSummary, StatusView, TaskPage, TaskView
from cadences.tasks import TaskState
from leads.capture import CaptureRefused
from leads.model import Company, ContactKind
from leads.normalising import normal_email, normal_phone

LEAST_PREFIX = 4
"""Hexadecimal digits of a lead's id below which a prefix finds nothing."""
TaskFilter = Literal["open", "overdue", "done", "all"]


class Reading:
    """Answers what people ask about all leads, or about one; it changes nothing."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = statement_by_statement(engine)

    async def leads(
        self,
        *,
        stage: str | None = None,
        cadence: str | None = None,
        owner: str | None = None,
        q: str | None = None,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> LeadPage:
        """A page of leads, newest first.

        Args:
            q: part of a name, a company or a contact point, in any case.

        Raises:
            BadCursor: no page gave this cursor out.
        """
        wanted: list[ColumnElement[bool]] = [LeadRow.plan.is_not(None)]
        for column, value in ((LeadRow.stage, stage), (LeadRow.cadence, cadence), (LeadRow.owner_id, owner)):
            if value is not None:
                wanted.append(column == value)
        if q:
            wanted.append(matching(q))
        order = (LeadRow.created_at, LeadRow.id)
        before = None if cursor is None else place_of(cursor)
        async with self._engine.connect() as connection:
            # A search has no index to lean on, so what few leads it finds are looked for once, not once to count
            # and once to show. Of many, the newest are found soon.
            found = await _few(connection, select(*order).where(*wanted)) if q else None
            if found is None:
                total = COUNTED if q else await count_some(connection, select(LeadRow.id).where(*wanted))
                page = select(LeadRow.id).where(*wanted).order_by(*(column.desc() for column in order))
                if before is not None:
                    page = page.where(tuple_(*order) < tuple_(*before))
                page = page.limit(limit + 1)
            else:
                total = len(found)
                places = sorted((place for place in found if before is None or place < before), reverse=True)
                page = select(LeadRow.id).where(LeadRow.id.in_([lead_id for _, lead_id in places[: limit + 1]]))
            rows = (await connection.execute(_summaries(page))).all()
        return LeadPage(
            items=[_summary(row) for row in rows[:limit]],
            total=min(total, COUNTED),
            total_exact=total <= COUNTED and (found is not None or not q),
            next_cursor=cursor_after(rows, limit, "created_at", "id"),
        )

    async def named(self, lead_ids: Sequence[UUID]) -> list[LeadSummary]:
        """What a list shows of these leads, in their order; whoever is not there any more is left out."""
        those = LeadRow.id == any_(literal(list(lead_ids), ARRAY(Uuid)))
        page = select(LeadRow.id).where(LeadRow.plan.is_not(None), those)
        async with self._engine.connect() as connection:
            found = {row.id: _summary(row) for row in await connection.execute(_summaries(page))}
        return [found[lead_id] for lead_id in lead_ids if lead_id in found]

    async def lead(self, lead_id: UUID, company: Company, now: datetime) -> LeadView | None:
        """One lead with everything that belongs to it, as of one instant; None when there is none."""
        async with self._engine.connect() as connection:
            snapshot = await connection.execution_options(isolation_level="REPEATABLE READ")
            return await read_lead_view(snapshot, lead_id, company, now)

    async def country_of(self, lead_id: UUID) -> str | None:
        """The country that a lead named; None when it named none, or there is no such lead."""
        async with self._engine.connect() as connection:
            found: str | None = await connection.scalar(select(LeadRow.country).where(LeadRow.id == lead_id))
            return found

    async def find_leads(self, text: str) -> list[UUID]:
        """The leads that an id, its beginning, an email address, or a number with country code names; three at most."""
        async with self._engine.connect() as connection:
            if "@" in text or text.lstrip().startswith("+"):
                try:
                    contact = normal_email(text) if "@" in text else normal_phone(text, "ZZ")
                except CaptureRefused:
                    return []
                points = select(ContactPointRow.lead_id).where(
                    ContactPointRow.kind == (ContactKind.EMAIL if "@" in text else ContactKind.PHONE).value,
                    ContactPointRow.value == contact,
                )
                return list((await connection.execute(points)).scalars())
            between = _ids_that_begin(text)
            if between is None:
                return []
            ids = select(LeadRow.id).where(LeadRow.id.between(*between))
            # Who was merged into another is that one, also for whoever has an old id at hand.
            merged = select(LeadMergeRow.into_id).where(LeadMergeRow.merged_id.between(*between))
            either = ids.union(merged).subquery()
            named = select(either.c.id).order_by(either.c.id).limit(3)
            return list((await connection.execute(named)).scalars())

    async def tasks(
        self,
        now: datetime,
        *,
        lead_id: UUID | None = None,
        owner: str | None = None,
        state: TaskFilter = "open",
        kind: str | None = None,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> TaskPage:
        """A page of tasks: open ones by due time, the most urgent first; all others newest due first.

        Args:
            owner: whose they are, or whom they were escalated to.

        Raises:
            BadCursor: no page gave this cursor out.
        """
        ascending = state in ("open", "overdue")
        wanted: list[ColumnElement[bool]] = []
        if lead_id is not None:
            wanted.append(TaskRow.lead_id == lead_id)
        if owner is not None:
            wanted.append(or_(TaskRow.owner == owner, TaskRow.escalated_to == owner))
        if kind is not None:
            wanted.append(TaskRow.kind == kind)
        if state == "overdue":
            wanted.append(TaskRow.due_at < now)
        order = (TaskRow.due_at, TaskRow.id)
        after: list[ColumnElement[bool]] = []
        if cursor is not None:
            place = tuple_(*place_of(cursor))
            after.append(tuple_(*order) > place if ascending else tuple_(*order) < place)
        # One ordered index scan a state, merged: no index serves all states at once.
        states = [one.value for one in TaskState] if state == "all" else ["done" if state == "done" else "open"]
        some = [
            select(TaskRow.id, TaskRow.due_at)
            .where(TaskRow.state == one, *wanted, *after)
            .order_by(*(column if ascending else column.desc() for column in order))
            .limit(limit + 1)
            for one in states
        ]
        merged = union_all(*some).subquery() if len(some) > 1 else some[0].subquery()
        merged_order = (merged.c.due_at, merged.c.id)
        page = (
            select(TaskRow.__table__, LeadRow.name.label("lead_name"), LeadRow.company.label("lead_company"))
            .join(merged, merged.c.id == TaskRow.id)
            .join(LeadRow, LeadRow.id == TaskRow.lead_id)
            .order_by(*(column if ascending else column.desc() for column in merged_order))
            .limit(limit + 1)
        )
        async with self._engine.connect() as connection:
            total = await count_some(connection, select(TaskRow.id).where(TaskRow.state.in_(states), *wanted))
            rows = (await connection.execute(page)).all()
        return TaskPage(
            items=[task_view(dict(row._mapping), now) for row in rows[:limit]],
            total=min(total, COUNTED),
            total_exact=total <= COUNTED,
            next_cursor=cursor_after(rows, limit, "due_at", "id"),
        )

    async def leads_of_touches(self, touch_ids: Collection[UUID]) -> dict[UUID, UUID]:
        """Whose touches these are; what is not in the ledger, or not any more, is left out."""
        if not touch_ids:
            return {}
        wanted = TouchRow.id == any_(literal(list(touch_ids), ARRAY(Uuid)))
        async with self._engine.connect() as connection:
            found = await connection.execute(select(TouchRow.id, TouchRow.lead_id).where(wanted))
            return {touch_id: lead_id for touch_id, lead_id in found}

    async def newest_slip_of(self, colleague: str, now: datetime) -> LeadsSlipView | None:
        """What a colleague recorded last of any lead, while it may be taken back."""
        async with self._engine.connect() as connection:
            return await read_newest_slip_of(connection, colleague, now)

    async def task(self, task_id: UUID, now: datetime) -> TaskView | None:
        """One task; None when there is none."""
        async with self._engine.connect() as connection:
            found = await connection.execute(
                select(TaskRow.__table__, LeadRow.name.label("lead_name"), LeadRow.company.label("lead_company"))
                .join(LeadRow, LeadRow.id == TaskRow.lead_id)
                .where(TaskRow.id == task_id)
            )
            row = found.mappings().one_or_none()
        return task_view(dict(row), now) if row else None

    async def status(self, now: datetime) -> StatusView:
        """How many of everything there are."""
        is_open = TaskRow.state == TaskState.OPEN.value
        counts = select(
            select(func.count()).where(is_open).scalar_subquery().label("open_tasks"),
            select(func.count()).where(is_open, TaskRow.due_at < now).scalar_subquery().label("overdue_tasks"),
            _due_by(now + timedelta(hours=1)).label("due_within_hour"),
            _due_by(now + timedelta(days=1)).label("due_within_day"),
            select(func.count(CommandRow.id))
            .where(CommandRow.delivered_at.is_(None))
            .scalar_subquery()
            .label("undelivered_commands"),
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(counts)).mappings().one()
            return StatusView(
                leads_by_stage=await _counts_by(connection, LeadRow.stage),
                leads_by_cadence=await _counts_by(connection, LeadRow.cadence),
                touches_by_state=await _counts_by(connection, TouchRow.state),
                **row,
            )

    async def is_colleague(self, colleague_id: str) -> bool:
        """Whether there is an active colleague of this id."""
        async with self._engine.connect() as connection:
            found = await connection.execute(
                select(ColleagueRow.id).where(ColleagueRow.id == colleague_id, ColleagueRow.active)
            )
            return found.first() is not None


def _summaries(page: Select[Any]) -> Select[Any]:
    """What a list shows of the leads of one page; the contact points of those leads only are looked up."""
    chosen = page.subquery()
    return (
        select(
            LeadRow.id,
            LeadRow.name,
            LeadRow.company,
            first_contact(ContactKind.EMAIL).label("email"),
            first_contact(ContactKind.PHONE).label("phone"),
            LeadRow.kind,
            LeadRow.stage,
            LeadRow.cadence,
            LeadRow.owner_id,
            LeadRow.created_at,
            LeadRow.next_at,
            LeadRow.answer,
            LeadRow.ended,
            LeadRow.plan,
        )
        .join(chosen, chosen.c.id == LeadRow.id)
        .order_by(LeadRow.created_at.desc(), LeadRow.id.desc())
    )


def _summary(row: Row[Any]) -> LeadSummary:
    plan: Mapping[str, Any] = row.plan
    held_until = datetime.fromisoformat(plan["held_until"]) if plan.get("held_until") else None
    return LeadSummary(
        id=row.id,
        name=row.name,
        company=row.company,
        email=row.email,
        phone=row.phone,
        kind=row.kind,
        stage=row.stage,
        cadence=row.cadence,
        owner=row.owner_id,
        created_at=row.created_at,
        next_step=plan.get("next_step"),
        next_at=row.next_at,
        hold=plan.get("hold"),
        held_until=held_until,
        open_tasks=len(plan.get("open_tasks") or ()),
        answer=row.answer,
        ended=row.ended,
    )


def _due_by(at: datetime) -> Any:
    return select(func.count()).where(LeadRow.next_at <= at).scalar_subquery()


async def _few(connection: AsyncConnection, places: Select[datetime, UUID]) -> list[tuple[datetime, UUID]] | None:
    """The places of all leads that match; None when they are more than are counted."""
    found = (await connection.execute(places.limit(COUNTED + 1))).all()
    return [(at, lead_id) for at, lead_id in found] if len(found) <= COUNTED else None


async def _counts_by(connection: AsyncConnection, column: Any) -> dict[str, int]:
    counted = await connection.execute(
        select(column, func.count()).where(column.is_not(None)).group_by(column).order_by(column)
    )
    return {value: count for value, count in counted}


def _ids_that_begin(text: str) -> tuple[UUID, UUID] | None:
    """The smallest and the largest id with this beginning; None for what begins no id."""
    digits = text.strip().replace("-", "").lower()
    if not LEAST_PREFIX <= len(digits) <= 32 or any(digit not in "0123456789abcdef" for digit in digits):
        return None
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
