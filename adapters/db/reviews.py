"""Daily reviews in the database: their facts read, each written once together with its mail, and shown with names."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, literal_column, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.people import everybody, everybody_away
from adapters.db.rows import (
    AlertRow,
    AnswerRow,
    CommandRow,
    FirstResponseRow,
    HoldRow,
    InboundMessageRow,
    LeadRow,
    ReviewRow,
    StaffMailRow,
    TaskRow,
)
from adapters.db.staff_mails import NewStaffMail, names_of, write_staff_mails
from cadences.review_days import (
    LOOK_BACK,
    ReviewDay,
    closing_of,
    day_that_ended,
    managers,
    review_day,
    reviewed_by,
    works_on,
)
from cadences.review_text import review_markdown, review_subject
from cadences.reviews import (
    Facts,
    FirstResponseFact,
    LeadFact,
    Review,
    TaskFact,
    compose_review,
    leads_of,
    read_review,
    review_document,
)
from cadences.tasks import Outcome, TaskKind, TaskState
from leads.contract import CommandKind
from leads.links import Links
from leads.meetings import step_name
from leads.model import Colleague, Company
from leads.presence import clock_of
from leads.spans import wall_clock
from leads.staff_mails import StaffMailState, staff_mail_id

KIND = "review"
_FIRST_WITHIN = timedelta(days=60)
"""Of a manager who is away for longer nothing is said about a first review."""
_NOT_ARRIVED = (StaffMailState.UNKNOWN, StaffMailState.FAILED, StaffMailState.NO_ADDRESS)


class NoSuchReview(LookupError):
    """There is nothing to show; the message says why, and when the first one is written where there was none yet."""


@dataclass(frozen=True, slots=True)
class LeadShown:
    """A lead as a review names it."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """A review as somebody looks at it."""

    review: Review
    made_at: datetime | None
    """When it was mailed; None for a day that is not over."""
    people: dict[str, str]
    """What the colleagues are called, by id."""
    leads: dict[UUID, LeadShown]
    """The leads that it mentions; an erased one is missing."""


class Reviews:
    """The managers' reviews."""

    def __init__(self, engine: AsyncEngine, company: Company, links: Links) -> None:
        self._engine = engine
        self._company = company
        self._links = links

    async def managers(self) -> list[Colleague]:
        """Who gets a review."""
        async with self._engine.connect() as connection:
            return managers(await everybody(connection))

    async def write(
        self, manager_id: str, now: datetime, *, day: date | None = None, asked_at: datetime | None = None
    ) -> tuple[date | None, bool]:
        """Write a manager's review and its mail in one transaction, unless it was written before.

        Args:
            day: of this working day; the one that ended last at `asked_at` when left out.

        Returns:
            The day; None when there is nothing to write: no such manager, no working day, or one that is not over.
            And whether it was written now.
        """
        async with self._engine.begin() as connection:
            people = await everybody_away(connection, (now - 2 * LOOK_BACK).date())
            manager = next((one for one in managers(people) if one.id == manager_id), None)
            if manager is None:
                return None, False
            day = day or day_that_ended(manager, self._company, asked_at or now)
            if day is None or not works_on(manager, self._company, day):
                return None, False
            span = await self._span(connection, manager, day)
            if span.until > now:
                return None, False
            review = await self._compose(connection, manager, people, span)
            written = await connection.execute(
                insert(ReviewRow)
                .values(
                    manager_id=manager.id,
                    day=day,
                    until=span.until,
                    content=review_document(review),
                    made_at=now,
                )
                .on_conflict_do_nothing()
                .returning(ReviewRow.day)
            )
            if written.first() is None:
                return day, False
            mail = NewStaffMail(
                id=staff_mail_id(KIND, manager.id, day.isoformat()),
                colleague_id=manager.id,
                kind=KIND,
                subject=review_subject(review),
                text=review_markdown(review, {one.id: one.name for one in people}, self._links.lead_page),
            )
            await write_staff_mails(connection, [mail], now)
        return day, True

    async def days(self, manager_id: str, limit: int) -> list[date]:
        """The days of which a manager's review was written, the newest first."""
        asked = select(ReviewRow.day).where(ReviewRow.manager_id == manager_id)
        async with self._engine.connect() as connection:
            return list((await connection.execute(asked.order_by(ReviewRow.day.desc()).limit(limit))).scalars())

    async def read(self, manager_id: str | None, day: date | None, now: datetime) -> ReviewView:
        """A review as it was mailed; of a day that is not over, how it would look now.

        Args:
            manager_id: whose; of the only manager when left out.
            day: of which day; today, or the last one that was written, when left out.

        Raises:
            NoSuchReview: there is none, or it is not clear whose; the message says what to ask for instead.
        """
        async with self._engine.connect() as connection:
            people = await everybody_away(connection, (now - 2 * LOOK_BACK).date())
            manager = _chosen(manager_id, people)
            today = wall_clock(now, clock_of(manager, self._company)).date()
            row = await _written(connection, manager.id, day)
            is_running = day is None and works_on(manager, self._company, today) and (row is None or row.day < today)
            if is_running or (row is None and day == today):
                until = min(now, closing_of(manager, self._company, today))
                span = await self._span(connection, manager, today)
                span = ReviewDay(today, span.since, max(until, span.since))
                review, made_at = await self._compose(connection, manager, people, span), None
            elif row is None:
                raise NoSuchReview(_why_none(manager, day, today, self._company))
            else:
                review, made_at = read_review(row.content), row.made_at
            names = await names_of(connection, leads_of(review))
        shown = {lead_id: LeadShown(name, self._links.lead_page(lead_id)) for lead_id, name in names.items()}
        called = {one.id: one.name for one in people}
        return ReviewView(review=review, made_at=made_at, people=called, leads=shown)

    async def _span(self, connection: AsyncConnection, manager: Colleague, day: date) -> ReviewDay:
        before = select(func.max(ReviewRow.until)).where(ReviewRow.manager_id == manager.id, ReviewRow.day < day)
        return review_day(manager, self._company, day, await connection.scalar(before))

    async def _compose(
        self, connection: AsyncConnection, manager: Colleague, people: Sequence[Colleague], span: ReviewDay
    ) -> Review:
        theirs = reviewed_by(manager, people)
        facts = await _read_facts(connection, theirs, span)
        zone = clock_of(manager, self._company).key
        # Of ten thousands of overdue tasks it takes a while, in which others want their answers.
        return await asyncio.to_thread(compose_review, manager, zone, span, theirs, facts)


def _chosen(manager_id: str | None, people: Sequence[Colleague]) -> Colleague:
    if manager_id is not None:
        found = next((one for one in people if one.id == manager_id), None)
        if found is None:
            raise NoSuchReview(f"there is no colleague {manager_id!r}; `follow reps` shows who there is")
        return found
    some = managers(people)
    if len(some) == 1:
        return some[0]
    if not some:
        raise NoSuchReview("nobody here is a manager, so nobody gets a review; `follow reps set ID --role manager`")
    raise NoSuchReview(f"there are several managers; name one of: {', '.join(one.id for one in some)}")


def _why_none(manager: Colleague, day: date | None, today: date, company: Company) -> str:
    if day is None:
        none = f"no review was written for {manager.name} yet"
        coming = (today + timedelta(days=number) for number in range(_FIRST_WITHIN.days))
        first = next((one for one in coming if works_on(manager, company, one)), None)
        if first is None:
            return none
        closes = closing_of(manager, company, first).astimezone(clock_of(manager, company))
        return f"{none}; the first one is, on {first:%A}, {first.day} {first:%B}, at {closes:%H:%M}, as the day ends"
    if day > today:
        return f"{day} is still to come"
    return f"no review was written for {manager.name} on {day}; what happened then stands in the next one"


async def _written(connection: AsyncConnection, manager_id: str, day: date | None) -> Any:
    """The review of a day; of the newest one when left out."""
    asked = select(ReviewRow.__table__).where(ReviewRow.manager_id == manager_id)
    asked = asked.order_by(ReviewRow.day.desc()).limit(1) if day is None else asked.where(ReviewRow.day == day)
    return (await connection.execute(asked)).one_or_none()


async def _read_facts(connection: AsyncConnection, people: Sequence[Colleague], span: ReviewDay) -> Facts:
    """What a review is made of, as it stood when the day ended."""
    ids, gone = [one.id for one in people], [one.id for one in people if not one.active]
    read = _Read(connection, span)
    return Facts(
        tasks=await read.tasks(ids),
        first_responses=await read.first_responses(ids),
        new_leads=await read.leads(_in(LeadRow.created_at, span), ids),
        yes=await read.answers("yes", ids),
        no=await read.answers("no", ids),
        not_now=await read.not_now(ids),
        holds=await read.holds(ids),
        of_gone=await read.of_gone(gone),
        unknown_sends=await read.unknown_sends(ids),
        alerts=await read.alerts(),
        inbox=await read.inbox(),
        mails_not_sent=await read.mails_not_sent(),
    )


def _in(instant: Any, span: ReviewDay) -> ColumnElement[bool]:
    return and_(instant > span.since, instant <= span.until)


@dataclass(frozen=True, slots=True)
class _Read:
    """Reads the facts of one span."""

    connection: AsyncConnection
    span: ReviewDay

    async def tasks(self, people: Sequence[str]) -> list[TaskFact]:
        wanted = or_(
            _in(TaskRow.due_at, self.span),
            _in(TaskRow.closed_at, self.span),
            and_(TaskRow.due_at <= self.span.until, self._open_then()),
        )
        columns = (TaskRow.lead_id, TaskRow.owner, TaskRow.kind, TaskRow.step_id, TaskRow.due_at, TaskRow.state)
        closing = (TaskRow.outcome, TaskRow.closed_at, TaskRow.closed_by)
        asked = select(*columns, *closing).where(TaskRow.owner.in_(people), wanted)
        rows = (await self.connection.execute(asked)).mappings()
        return [TaskFact(**{**row, "state": TaskState(row["state"])}) for row in rows]

    async def first_responses(self, people: Sequence[str]) -> list[FirstResponseFact]:
        unanswered = or_(FirstResponseRow.answered_at.is_(None), FirstResponseRow.answered_at > self.span.until)
        waits = and_(unanswered, func.coalesce(FirstResponseRow.moot_at > self.span.until, true()))
        asked = select(
            FirstResponseRow.lead_id,
            FirstResponseRow.owner_id.label("owner"),
            FirstResponseRow.asked_at,
            FirstResponseRow.due_at,
            FirstResponseRow.answered_at,
            FirstResponseRow.moot_at,
        ).where(
            FirstResponseRow.owner_id.in_(people),
            FirstResponseRow.asked_at <= self.span.until,
            or_(_in(FirstResponseRow.due_at, self.span), _in(FirstResponseRow.answered_at, self.span), waits),
        )
        return [FirstResponseFact(**row) for row in (await self.connection.execute(asked)).mappings()]

    async def leads(self, wanted: ColumnElement[bool], people: Sequence[str]) -> list[LeadFact]:
        asked = select(LeadRow.id, LeadRow.owner_id, LeadRow.created_at, LeadRow.kind).where(
            LeadRow.owner_id.in_(people), LeadRow.plan.is_not(None), wanted
        )
        return [LeadFact(*row) for row in await self.connection.execute(asked)]

    async def answers(self, answer: str, people: Sequence[str]) -> list[LeadFact]:
        asked = (
            select(AnswerRow.lead_id, LeadRow.owner_id, AnswerRow.said_at)
            .join(LeadRow, LeadRow.id == AnswerRow.lead_id)
            .where(
                LeadRow.owner_id.in_(people),
                AnswerRow.answer == answer,
                AnswerRow.corrected_at.is_(None),
                _in(AnswerRow.said_at, self.span),
            )
        )
        return [LeadFact(*row) for row in await self.connection.execute(asked)]

    async def not_now(self, people: Sequence[str]) -> list[LeadFact]:
        """Said by the lead itself, to a colleague who wrote it down, or in a call that a task was for."""
        kind: ColumnElement[str] = literal_column(f"'{CommandKind.NOT_NOW.value}'")  # As its partial index has it.
        commanded = select(CommandRow.lead_id, LeadRow.owner_id, CommandRow.created_at).where(
            CommandRow.kind == kind, CommandRow.corrected_at.is_(None), _in(CommandRow.created_at, self.span)
        )
        in_task = select(TaskRow.lead_id, LeadRow.owner_id, TaskRow.closed_at).where(
            TaskRow.outcome == Outcome.NOT_NOW.value, _in(TaskRow.closed_at, self.span)
        )
        found: list[LeadFact] = []
        for asked, row in ((commanded, CommandRow), (in_task, TaskRow)):
            joined = asked.join(LeadRow, LeadRow.id == row.lead_id).where(LeadRow.owner_id.in_(people))
            found += [LeadFact(lead, owner, at) for lead, owner, at in await self.connection.execute(joined) if at]
        return found

    async def holds(self, people: Sequence[str]) -> list[LeadFact]:
        asked = (
            select(HoldRow.lead_id, LeadRow.owner_id, HoldRow.until, HoldRow.reason)
            .ext(distinct_on(HoldRow.lead_id))
            .join(LeadRow, LeadRow.id == HoldRow.lead_id)
            .where(
                LeadRow.owner_id.in_(people),
                HoldRow.enrollment_id == LeadRow.enrollment_id,
                HoldRow.since <= self.span.until,
                HoldRow.until > self.span.until,
                or_(HoldRow.lifted_at.is_(None), HoldRow.lifted_at > self.span.until),
            )
            .order_by(HoldRow.lead_id, HoldRow.until.desc())
        )
        rows = await self.connection.execute(asked)
        return [LeadFact(lead, owner, until, reason.replace("_", " ")) for lead, owner, until, reason in rows]

    async def of_gone(self, gone: Sequence[str]) -> list[LeadFact]:
        if not gone:
            return []
        found = await self.leads(LeadRow.ended.is_(None), gone)
        return [LeadFact(one.lead_id, one.owner, one.at, one.owner) for one in found]

    async def unknown_sends(self, people: Sequence[str]) -> list[LeadFact]:
        """Those that the machine has stopped looking up."""
        asked = select(TaskRow.lead_id, TaskRow.owner, TaskRow.created_at, TaskRow.step_id).where(
            TaskRow.owner.in_(people),
            TaskRow.kind == TaskKind.UNKNOWN_SEND.value,
            TaskRow.opens_at <= self.span.until,
            self._open_then(),
        )
        rows = await self.connection.execute(asked)
        return [LeadFact(lead, owner, at, step_name(step_id or "")) for lead, owner, at, step_id in rows]

    async def alerts(self) -> list[str]:
        asked = select(AlertRow.kind, AlertRow.subject).where(
            AlertRow.since <= self.span.until,
            or_(AlertRow.resolved_at.is_(None), AlertRow.resolved_at > self.span.until),
        )
        rows = await self.connection.execute(asked.order_by(AlertRow.since, AlertRow.id))
        return [f"{kind} {subject}" for kind, subject in rows]

    async def inbox(self) -> int:
        return await self._count(
            InboundMessageRow.lead_id.is_(None),
            InboundMessageRow.received_at <= self.span.until,
            or_(InboundMessageRow.handled_at.is_(None), InboundMessageRow.handled_at > self.span.until),
        )

    async def mails_not_sent(self) -> int:
        return await self._count(StaffMailRow.state.in_(_NOT_ARRIVED), _in(StaffMailRow.created_at, self.span))

    async def _count(self, *wanted: ColumnElement[bool]) -> int:
        return int(await self.connection.scalar(select(func.count(literal(1))).where(*wanted)) or 0)

    def _open_then(self) -> ColumnElement[bool]:
        was_open = or_(TaskRow.state == TaskState.OPEN.value, TaskRow.closed_at > self.span.until)
        return and_(TaskRow.created_at <= self.span.until, was_open)
