"""Our own people as managers see them: who is at work now, and how much each has to do."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import DateTime, String, column, func, select, values
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.colleague_documents import absent_since, colleague_document
from adapters.db.documents import read_colleague
from adapters.db.rows import ColleagueRow, LeadRow, TaskRow, table_of
from cadences.tasks import TaskKind
from leads.absences import Absence
from leads.model import Colleague, Company
from leads.presence import clock_of, first_at_work, hours_of, is_at_work
from leads.spans import at_local, wall_clock

_OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepView:
    """One of our own people: hours, share of new leads, and today's work."""

    id: str
    name: str
    email: str | None
    phone: str | None
    role: str
    team: str | None
    active: bool
    zone: str
    hours: str
    """On the colleague's own clock, like mon-fri 09:00-17:30."""
    calendar: str | None
    """Whose public holidays are free."""
    skills: list[str]
    weight: int
    """The share of new leads beside the others'; 0: takes none."""
    first_response: str | None
    at_work: bool
    at_work_from: datetime | None
    """The first moment at work from now on; None: further away than a year."""
    leads: int
    """Leads of this colleague that are still followed up."""
    open_tasks: int
    calls_due_today: int
    """Open calls that are due before the colleague's day ends."""
    calls_per_day: int
    absences: list[Absence]
    """Days off that are not over."""


async def read_reps(connection: AsyncConnection, company: Company, now: datetime) -> list[RepView]:
    """Everybody, those who work here first."""
    order = (ColleagueRow.active.desc(), ColleagueRow.created_at, ColleagueRow.id)
    asked = select(colleague_document(table_of(ColleagueRow))).order_by(*order)
    found = await connection.execute(asked, {"absent_since": absent_since(now)})
    people = [read_colleague(one) for one in found.scalars()]
    if not people:
        return []
    days = values(column("id", String), column("ends_at", DateTime(timezone=True)), name="days").data(
        [(one.id, _day_ends(one, company, now)) for one in people]
    )
    due_today = (TaskRow.kind == TaskKind.CALL.value) & (TaskRow.due_at < days.c.ends_at)
    counted = await connection.execute(
        select(days.c.id, func.count(), func.count().filter(due_today))
        .join(TaskRow, (TaskRow.owner == days.c.id) & (TaskRow.state == _OPEN))
        .group_by(days.c.id)
    )
    tasks: dict[str, tuple[int, int]] = {colleague: (open_, calls) for colleague, open_, calls in counted}
    owned = await connection.execute(
        select(LeadRow.owner_id, func.count()).where(LeadRow.ended.is_(None)).group_by(LeadRow.owner_id)
    )
    leads: dict[str, int] = {colleague: count for colleague, count in owned}
    return [_view(one, company, now, leads.get(one.id, 0), *tasks.get(one.id, (0, 0))) for one in people]


def _day_ends(colleague: Colleague, company: Company, now: datetime) -> datetime:
    zone = clock_of(colleague, company)
    tomorrow = wall_clock(now, zone).date() + timedelta(days=1)
    return at_local(datetime.combine(tomorrow, time.min), zone)


def _view(colleague: Colleague, company: Company, now: datetime, leads: int, open_tasks: int, calls: int) -> RepView:
    hours = hours_of(colleague, company)
    from_, _ = first_at_work(colleague, company, now)
    kept: dict[str, Any] = {name: getattr(colleague, name) for name in ("id", "name", "email", "phone", "team")}
    return RepView(
        **kept,
        role=colleague.role.value,
        active=colleague.active,
        zone=clock_of(colleague, company).key,
        hours=str(hours),
        calendar=hours.calendar,
        skills=list(colleague.skills),
        weight=colleague.weight,
        first_response=str(colleague.first_response) if colleague.first_response else None,
        at_work=colleague.active and is_at_work(colleague, company, now),
        at_work_from=from_.astimezone(UTC) if from_ is not None and colleague.active else None,
        leads=leads,
        open_tasks=open_tasks,
        calls_due_today=calls,
        calls_per_day=colleague.capacity,
        absences=[one for one in colleague.absences if one.ends_at(clock_of(colleague, company)) > now],
    )
