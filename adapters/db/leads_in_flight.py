"""Leads in flight: found by words and filters, in pages, each with what comes next, why, and the last contact."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Row,
    Select,
    Uuid,
    and_,
    any_,
    exists,
    false,
    func,
    literal,
    not_,
    select,
    true,
    tuple_,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import InstrumentedAttribute

from adapters.db.documents import read_enrollment
from adapters.db.engine import statement_by_statement
from adapters.db.lead_search import matching
from adapters.db.ownership import business_of
from adapters.db.paging import open_cursor, open_place_of, place_of
from adapters.db.rows import (
    CadenceVersionRow,
    ColleagueRow,
    ContactPointRow,
    EnrollmentRow,
    LeadRow,
    TaskRow,
    TouchRow,
)
from adapters.db.views import HoldView, NextTouchView, hold_view, next_touch_view
from cadences.tasks import TaskState
from leads.model import Channel, ContactKind
from leads.sending import KNOWN_OUT, TouchState

PAGE = 50
COUNTED = 1_000
"""A page says how many there are in all up to this many."""
MOST_CHOSEN = 10_000
"""So many leads at most are chosen by a filter."""
_CONTACTS = sorted(state.value for state in (*KNOWN_OUT, TouchState.MADE))
"""Of the ledger: what really reached somebody, or was tried by a person."""
_KIND_OF = {Channel.EMAIL: ContactKind.EMAIL, Channel.SMS: ContactKind.PHONE, Channel.CALL: ContactKind.PHONE}

_SOURCES = 200
_NEVER = datetime.max.replace(tzinfo=UTC)
_HOLD = LeadRow.plan["hold"].astext
_HELD_UNTIL = sql_cast(LeadRow.plan["held_until"].astext, DateTime(timezone=True))
_Place = tuple[datetime | None, UUID]
"""Where a lead stands in a list: the instant that it is ordered by, and its id."""


class Sorting(StrEnum):
    """In which order."""

    NEXT_TOUCH = "next"
    """The next touch first; what waits for nothing comes last."""
    NEWEST = "newest"


class Course(StrEnum):
    """Whether the messages go on."""

    RUNNING = "running"
    ENDED = "ended"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFilter:
    """Which leads; what is left out does not matter."""

    text: str | None = None
    """Part of a name, a company or a contact point, in any case."""
    stage: str | None = None
    cadence: str | None = None
    version: str | None = None
    owner: str | None = None
    source: str | None = None
    kind: str | None = None
    course: Course = Course.RUNNING
    ended: str | None = None
    """Why the messages ended; then `course` does not matter."""
    on_hold: bool | None = None
    held_until: datetime | None = None
    """On hold, and the hold ends before this."""
    next_before: datetime | None = None
    overdue: bool = False
    """A task is not done that was due."""
    closed: Channel | None = None
    """No contact point is left that this channel may use."""
    business_of: str | None = None
    """Only what is this colleague's business."""

    @property
    def narrows(self) -> bool:
        """Whether anything was asked for beside what is always asked."""
        return self != LeadFilter(business_of=self.business_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadLine:
    """A lead as a line of the list."""

    id: UUID
    name: str | None
    company: str | None
    kind: str
    source: str | None
    owner: str
    owner_name: str
    stage: str
    cadence: str
    version: str
    created_at: datetime
    next_touch: NextTouchView | None
    """What comes next, when, and why; instants are shown on the reader's clock."""
    hold: HoldView | None
    open_tasks: int
    overdue: bool
    answer: str | None
    ended: str | None
    last_contact_at: datetime | None
    last_channel: str | None
    last_by: str | None
    """Who made the last contact; None: the machine."""


@dataclass(frozen=True, slots=True)
class LeadLines:
    """Some leads."""

    items: list[LeadLine]
    total: int
    total_exact: bool
    """False: there are more than `total`."""
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be chosen in filters."""

    versions: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict)
    """Of each cadence, with when it was published; the newest first."""
    owners: dict[str, str] = field(default_factory=dict)
    """Names by ids, also of those who left."""
    at_work: list[str] = field(default_factory=list)
    """Ids of those who work here."""
    sources: list[str] = field(default_factory=list)


class LeadsInFlight:
    """Answers which leads there are, and how they stand; it changes nothing."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = statement_by_statement(engine)

    async def lines(
        self,
        wanted: LeadFilter,
        now: datetime,
        zone: ZoneInfo,
        *,
        sorting: Sorting = Sorting.NEXT_TOUCH,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> LeadLines:
        """A page of leads.

        Args:
            zone: the reader's clock.

        Raises:
            BadCursor: no page gave this cursor out.
        """
        conditions = _conditions(wanted, now)
        read = place_of if sorting is Sorting.NEWEST else open_place_of
        after = None if cursor is None else read(cursor)
        async with self._engine.connect() as connection:
            # What few leads match are looked for once, not once to count and once to show. Of many, the first ones
            # are found soon in the order of an index.
            few = await _few(connection, conditions, sorting)
            if few is None:
                places = await _first(connection, conditions, sorting, after, limit + 1)
            else:
                places = [place for place in few if after is None or _comes_after(place, after, sorting)][: limit + 1]
            shown = places[:limit]
            rows = (await connection.execute(_lines(now, [lead_id for _, lead_id in shown]))).all()
        lines = {row.id: _line(row, now, zone) for row in rows}
        return LeadLines(
            items=[lines[lead_id] for _, lead_id in shown if lead_id in lines],
            total=COUNTED if few is None else len(few),
            total_exact=few is not None,
            next_cursor=open_cursor(*shown[-1]) if len(places) > limit else None,
        )

    async def chosen(self, wanted: LeadFilter, now: datetime) -> list[UUID]:
        """All leads that match, those first that are touched first; one more than `MOST_CHOSEN` if there are more."""
        order = (LeadRow.next_at.asc().nulls_last(), LeadRow.id)
        ids = select(LeadRow.id).where(*_conditions(wanted, now)).order_by(*order).limit(MOST_CHOSEN + 1)
        async with self._engine.connect() as connection:
            return list((await connection.execute(ids)).scalars())

    async def names(self, lead_ids: Sequence[UUID]) -> dict[UUID, str]:
        """What to call these leads: by name, company, or the beginning of the id."""
        wanted = select(LeadRow.id, LeadRow.name, LeadRow.company).where(LeadRow.id == _any_of(lead_ids))
        async with self._engine.connect() as connection:
            found = (await connection.execute(wanted)).all()
        return {row.id: row.name or row.company or str(row.id)[:8] for row in found}

    async def choices(self) -> Choices:
        """What may be chosen in filters."""
        versions = select(CadenceVersionRow.name, CadenceVersionRow.version, CadenceVersionRow.published_at)
        sources = select(LeadRow.source).where(LeadRow.source.is_not(None)).distinct().order_by(LeadRow.source)
        owners = select(ColleagueRow.id, ColleagueRow.name, ColleagueRow.active).order_by(
            ColleagueRow.name, ColleagueRow.id
        )
        async with self._engine.connect() as connection:
            by_cadence: dict[str, list[tuple[str, datetime]]] = {}
            newest_first = versions.order_by(CadenceVersionRow.name, CadenceVersionRow.published_at.desc())
            for name, version, published_at in await connection.execute(newest_first):
                by_cadence.setdefault(name, []).append((version, published_at))
            people = (await connection.execute(owners)).all()
            return Choices(
                versions=by_cadence,
                owners={one.id: one.name for one in people},
                at_work=[one.id for one in people if one.active],
                sources=[one for one in (await connection.execute(sources.limit(_SOURCES))).scalars() if one],
            )


def _conditions(wanted: LeadFilter, now: datetime) -> list[ColumnElement[bool]]:
    plan = LeadRow.plan
    found: list[ColumnElement[bool]] = [plan.is_not(None)]
    equal = {
        LeadRow.stage: wanted.stage,
        LeadRow.cadence: wanted.cadence,
        LeadRow.owner_id: wanted.owner,
        LeadRow.source: wanted.source,
        LeadRow.kind: wanted.kind,
        LeadRow.ended: wanted.ended,
        plan["version"].astext: wanted.version,
    }
    found += [column == value for column, value in equal.items() if value is not None]
    if wanted.text:
        found.append(matching(wanted.text))
    if wanted.course is Course.RUNNING and wanted.ended is None:
        found.append(LeadRow.ended.is_(None))
    if wanted.course is Course.ENDED:
        found.append(LeadRow.ended.is_not(None))
    held = and_(_HOLD.is_not(None), now < _HELD_UNTIL)  # one that has run its time lapses by itself
    if wanted.on_hold is not None:
        found.append(held if wanted.on_hold else not_(func.coalesce(held, false())))
    if wanted.held_until is not None:
        found += [held, wanted.held_until > _HELD_UNTIL]
    if wanted.next_before is not None:
        found.append(LeadRow.next_at < wanted.next_before)
    if wanted.overdue:
        found.append(LeadRow.id.in_(_overdue(now)))
    if wanted.closed is not None:
        found.append(~_usable(wanted.closed))
    if wanted.business_of is not None:
        found.append(LeadRow.id.in_(business_of(wanted.business_of)))
    return found


def _overdue(now: datetime) -> Select[UUID]:
    late = select(TaskRow.lead_id).where(TaskRow.state == TaskState.OPEN.value, TaskRow.due_at < now)
    # Found by themselves first: they are few, and else each lead would be asked for its tasks.
    return select(late.cte("late").prefix_with("MATERIALIZED").c.lead_id)


def _usable(channel: Channel) -> ColumnElement[bool]:
    """Whether there is a contact point that a channel may use, as far as the contact point itself goes."""
    return exists().where(
        ContactPointRow.lead_id == LeadRow.id,
        ContactPointRow.kind == _KIND_OF[channel].value,
        ContactPointRow.lost.is_(None),
        ContactPointRow.suppressed.is_(False),
        not_(ContactPointRow.suppressed_on.contains([channel.value])),
    )


async def _few(
    connection: AsyncConnection, conditions: Sequence[ColumnElement[bool]], sorting: Sorting
) -> list[_Place] | None:
    """The places of all leads that match, in order; None when they are more than are counted."""
    instant = _instant(sorting)
    found = (await connection.execute(select(instant, LeadRow.id).where(*conditions).limit(COUNTED + 1))).all()
    if len(found) > COUNTED:
        return None
    return sorted(((at, lead_id) for at, lead_id in found), key=_key, reverse=sorting is Sorting.NEWEST)


async def _first(
    connection: AsyncConnection,
    conditions: Sequence[ColumnElement[bool]],
    sorting: Sorting,
    after: _Place | None,
    limit: int,
) -> list[_Place]:
    """The first places after another, in the order of an index."""
    instant = _instant(sorting)
    wanted = select(instant, LeadRow.id).where(*conditions)
    if sorting is Sorting.NEWEST:
        if after is not None:
            wanted = wanted.where(tuple_(instant, LeadRow.id) < tuple_(*after))
        return await _places(connection, wanted.order_by(instant.desc(), LeadRow.id.desc()).limit(limit))
    places: list[_Place] = []
    if after is None or after[0] is not None:
        waiting = wanted.where(instant.is_not(None))
        if after is not None:
            waiting = waiting.where(tuple_(instant, LeadRow.id) > tuple_(*after))
        places = await _places(connection, waiting.order_by(instant, LeadRow.id).limit(limit))
    if len(places) < limit:
        others = wanted.where(instant.is_(None))
        if after is not None and after[0] is None:
            others = others.where(LeadRow.id > after[1])
        places += await _places(connection, others.order_by(LeadRow.id).limit(limit - len(places)))
    return places


async def _places(connection: AsyncConnection, wanted: Select[*tuple[Any, ...]]) -> list[_Place]:
    return [(at, lead_id) for at, lead_id in await connection.execute(wanted)]


def _instant(sorting: Sorting) -> InstrumentedAttribute[Any]:
    return LeadRow.created_at if sorting is Sorting.NEWEST else LeadRow.next_at


def _key(place: _Place) -> tuple[bool, datetime, UUID]:
    """What is ordered by: what waits for nothing comes behind everything else."""
    at, lead_id = place
    return at is None, at or _NEVER, lead_id


def _comes_after(place: _Place, after: _Place, sorting: Sorting) -> bool:
    return _key(place) < _key(after) if sorting is Sorting.NEWEST else _key(place) > _key(after)


def _lines(now: datetime, lead_ids: Sequence[UUID]) -> Select[*tuple[Any, ...]]:
    """What a list shows of some leads."""
    last = (
        select(TouchRow.happened_at, TouchRow.channel, TouchRow.by)
        .where(TouchRow.lead_id == LeadRow.id, TouchRow.state.in_(_CONTACTS), TouchRow.happened_at <= now)
        .order_by(TouchRow.happened_at.desc())
        .limit(1)
        .lateral("last")
    )
    open_tasks = (
        select(func.count().label("open"), func.bool_or(TaskRow.due_at < now).label("overdue"))
        .where(TaskRow.lead_id == LeadRow.id, TaskRow.state == TaskState.OPEN.value)
        .lateral("tasks")
    )
    return (
        select(
            *(LeadRow.id, LeadRow.name, LeadRow.company, LeadRow.kind, LeadRow.source, LeadRow.owner_id),
            *(LeadRow.stage, LeadRow.created_at, LeadRow.answer, LeadRow.ended),
            ColleagueRow.name.label("owner_name"),
            EnrollmentRow.progress,
            *(last.c.happened_at, last.c.channel, last.c.by),
            *(open_tasks.c.open, open_tasks.c.overdue),
        )
        .join(EnrollmentRow, EnrollmentRow.id == LeadRow.enrollment_id)
        .join(ColleagueRow, ColleagueRow.id == LeadRow.owner_id)
        .outerjoin(last, true())
        .join(open_tasks, true())
        .where(LeadRow.id == _any_of(lead_ids))
    )


def _any_of(lead_ids: Sequence[UUID]) -> Any:
    return any_(literal(list(lead_ids), ARRAY(Uuid)))


def _line(row: Row[*tuple[Any, ...]], now: datetime, zone: ZoneInfo) -> LeadLine:
    enrollment = read_enrollment(row.progress)
    return LeadLine(
        id=row.id,
        name=row.name,
        company=row.company,
        kind=row.kind,
        source=row.source,
        owner=row.owner_id,
        owner_name=row.owner_name,
        stage=row.stage,
        cadence=enrollment.cadence,
        version=enrollment.version,
        created_at=row.created_at,
        next_touch=next_touch_view(enrollment, zone),
        hold=hold_view(enrollment.hold, now),
        open_tasks=row.open,
        overdue=bool(row.overdue),
        answer=row.answer,
        ended=row.ended,
        last_contact_at=row.happened_at,
        last_channel=row.channel,
        last_by=row.by,
    )
