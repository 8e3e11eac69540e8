"""The leads behind a number: which ones a report counted, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.first_answers import is_answered, is_in_time, is_late, is_not_needed, is_waiting
from adapters.db.followed_up import followed_up
from adapters.db.paging import cursor_after, place_of
from adapters.db.reports.costs import not_worked
from adapters.db.reports.funnel import came_to
from adapters.db.reports.lead_map import leg_number, legs_of, legs_to, ways
from adapters.db.reports.models import LeadsBehind
from adapters.db.reports.response import bin_of
from adapters.db.reports.views import LEADS, QUESTIONS, SAID, contacts_since, journeys, only, sayings_since, within
from leads.measures import Asked, Counted, Hours, Within
from leads.places import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """Which number is meant."""

    figure: Counted
    asked: Asked
    within: Within | None = None
    """Questions answered within this time only, and not within a shorter one."""
    hours: Hours = Hours.WALL
    """By which clock that time is meant."""
    priced: bool = False
    """Leads whose cost is known only."""
    step: Mapping[str, str | None] = field(default_factory=dict)
    """Contacts of this step, version, template … only."""
    contact_number: int | None = None
    leg: tuple[Place, Place] | None = None
    """From one place of the map to the next."""
    place: Place | None = None
    """A place of the map, or a stage of the funnel."""


async def read_leads_behind(
    connection: AsyncConnection, behind: Behind, now: datetime, limit: int, cursor: str | None
) -> LeadsBehind:
    """A page of the leads, those of which it was counted last first.

    Raises:
        BadCursor: no page gave this cursor out.
    """
    return await read_page(connection, _counted(behind, now), limit, cursor)


async def read_page(connection: AsyncConnection, who: Select[Any], limit: int, cursor: str | None) -> LeadsBehind:
    """A page of those whom a number counts.

    Args:
        who: their `lead_id`, and `at` which instant each was counted.

    Raises:
        BadCursor: no page gave this cursor out.
    """
    counted = who.subquery("counted")
    # Who is counted several times, for two questions or contacts, stands on the page once.
    lead = select(counted.c.lead_id, func.max(counted.c.at).label("at")).group_by(counted.c.lead_id).cte("lead")
    page = select(lead.c.lead_id, lead.c.at).order_by(lead.c.at.desc(), lead.c.lead_id.desc()).limit(limit + 1)
    if cursor is not None:
        page = page.where(tuple_(lead.c.at, lead.c.lead_id) < tuple_(*place_of(cursor)))
    # They are found once, both to be counted and to be shown.
    shown, total = page.subquery("shown"), select(func.count().label("total")).select_from(lead).subquery("total")
    asked = select(total.c.total, shown.c.lead_id, shown.c.at).select_from(total.outerjoin(shown, true()))
    found = (await connection.execute(asked.order_by(shown.c.at.desc(), shown.c.lead_id.desc()))).all()
    rows = [row for row in found if row.lead_id is not None]
    return LeadsBehind(
        items=[row.lead_id for row in rows[:limit]],
        total=found[0].total,
        next_cursor=cursor_after(rows, limit, "at", "lead_id"),
    )


def _counted(behind: Behind, now: datetime) -> Select[Any]:
    if behind.figure in OF_LEADS:
        return _leads(behind, now)
    if behind.figure in _OF_QUESTIONS:
        return _questions(behind, now)
    if behind.figure is Counted.REACHED:
        return _reached(behind)
    if behind.figure in OF_THE_MAP:
        return _way(behind)
    return _contacts(behind)


OF_LEADS = frozenset(
    {
        *(Counted.LEADS, Counted.QUALIFIED, Counted.ORDERED, Counted.FOLLOWED_UP, Counted.NOT_FOLLOWED_UP),
        Counted.NOT_WORKED,
    }
)
_OF_QUESTIONS = frozenset(
    {Counted.ASKED, Counted.ANSWERED, Counted.IN_TIME, Counted.LATE, Counted.WAITING, Counted.NOT_NEEDED}
)
OF_THE_MAP = frozenset({Counted.LEG, Counted.PLACE, Counted.REACHED})
OF_CONTACTS = frozenset(Counted) - OF_LEADS - _OF_QUESTIONS - OF_THE_MAP


def _leads(behind: Behind, now: datetime) -> Select[Any]:
    view = LEADS.c
    is_followed_up = followed_up(view.lead_id, view.ended, view.stage, view.wake_at, now)
    conditions: dict[Counted, list[ColumnElement[bool]]] = {
        Counted.LEADS: [],
        Counted.QUALIFIED: [view.qualified_at.is_not(None)],
        Counted.ORDERED: [view.won_at.is_not(None)],
        Counted.FOLLOWED_UP: [is_followed_up],
        Counted.NOT_FOLLOWED_UP: [is_followed_up.is_not(True)],
        Counted.NOT_WORKED: [not_worked(now)],
    }
    wanted = [*within(LEADS, "received_at", behind.asked), *conditions[behind.figure]]
    if behind.priced:
        wanted.append(view.cost.is_not(None))
    return select(view.lead_id, view.received_at.label("at")).where(*wanted)


def _questions(behind: Behind, now: datetime) -> Select[Any]:
    view = QUESTIONS.c
    conditions: dict[Counted, list[ColumnElement[bool]]] = {
        Counted.ASKED: [],
        Counted.ANSWERED: [is_answered(view)],
        Counted.IN_TIME: [is_in_time(view)],
        Counted.LATE: [is_late(view, now)],
        Counted.WAITING: [is_waiting(view, now)],
        Counted.NOT_NEEDED: [is_not_needed(view)],
    }
    wanted = [*within(QUESTIONS, "asked_at", behind.asked), *conditions[behind.figure]]
    if behind.within is not None:
        seconds = view.business_seconds if behind.hours is Hours.BUSINESS else view.response_seconds
        wanted.append(bin_of(seconds) == list(Within).index(behind.within))
    return select(view.lead_id, view.asked_at.label("at")).where(*wanted)


def _contacts(behind: Behind) -> Select[Any]:
    contact = contacts_since(behind.asked.start)
    wanted = [contact.c.happened_at >= behind.asked.start, contact.c.happened_at < behind.asked.end]
    wanted += [contact.c[key].is_not_distinct_from(value) for key, value in behind.step.items()]
    if behind.contact_number is not None:
        wanted.append(contact.c.contact_number == behind.contact_number)
    found = select(contact.c.lead_id, contact.c.happened_at.label("at"))
    if behind.figure.value in SAID:
        # From what was said to the contacts, since that is less than all contacts.
        saying = sayings_since(behind.asked.start)
        found = found.join(saying, saying.c.touch_id == contact.c.touch_id)
        wanted.append(saying.c.what == behind.figure.value)
    elif behind.figure is not Counted.SENT:
        wanted.append(contact.c[behind.figure.value].is_(True))
    return found.where(*wanted)


def _way(behind: Behind) -> Select[Any]:
    leg = legs_of(ways(behind.asked))
    found = select(leg.c.lead_id, leg.c.captured_at.label("at"))
    if behind.leg is not None:
        return found.where(leg.c.number == leg_number(*behind.leg))
    return found if behind.place is None else found.where(leg.c.number.in_(legs_to(behind.place)))


def _reached(behind: Behind) -> Select[Any]:
    journey = journeys(behind.asked)
    came = came_to(journey, behind.place or Place.CAPTURED)
    return select(journey.c.lead_id, journey.c.captured_at.label("at")).where(*only(journey, behind.asked.of), came)
