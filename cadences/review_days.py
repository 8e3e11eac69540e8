"""Which days get a review: a manager's working days, each from the close of business before it to its own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from leads.model import Colleague, Company, Role
from leads.presence import clock_of, first_at_work, hours_of
from leads.spans import at_local, wall_clock

LOOK_BACK = timedelta(days=31)
"""A review reaches back to the one before it, and so far at most."""
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ReviewDay:
    """A day of one manager: what fell due, or was done, after `since` and up to `until` belongs to it."""

    day: date
    since: datetime
    until: datetime
    """The close of business that day, on the manager's own clock."""


def closing_of(manager: Colleague, company: Company, day: date) -> datetime:
    """When the manager's working day ends."""
    closes = hours_of(manager, company).closes
    naive = datetime.combine(day, closes)
    if closes == time.max:
        naive = datetime.combine(day + timedelta(days=1), time.min)
    return at_local(naive, clock_of(manager, company))


def works_on(manager: Colleague, company: Company, day: date) -> bool:
    """Whether the manager is at work on this day: no weekend, no public holiday, no day off."""
    opens = datetime.combine(day, hours_of(manager, company).opens)
    first, _ = first_at_work(manager, company, at_local(opens, clock_of(manager, company)))
    return first is not None and first < closing_of(manager, company, day)


def day_that_ended(manager: Colleague, company: Company, at: datetime) -> date | None:
    """The manager's last working day that was over at an instant; None when there was none for a month."""
    day = wall_clock(at, clock_of(manager, company)).date()
    for _ in range(LOOK_BACK.days):
        if works_on(manager, company, day) and closing_of(manager, company, day) <= at:
            return day
        day -= timedelta(days=1)
    return None


def review_day(manager: Colleague, company: Company, day: date, written_until: datetime | None) -> ReviewDay:
    """What a review covers: all since the one before it, so that nothing falls between two.

    Args:
        written_until: where the manager's newest review before this one ends; None when there is none.
    """
    until = closing_of(manager, company, day)
    if written_until is not None and until - LOOK_BACK <= written_until < until:
        return ReviewDay(day, written_until, until)
    before = day_that_ended(manager, company, until - _TICK)
    since = closing_of(manager, company, before) if before is not None else until - LOOK_BACK
    return ReviewDay(day, since, until)


def managers(people: Sequence[Colleague]) -> list[Colleague]:
    """Who gets a review."""
    return [one for one in people if one.role is Role.MANAGER and one.active]


def reviewed_by(manager: Colleague, people: Sequence[Colleague]) -> list[Colleague]:
    """Whose work a manager's review shows: the team's, or everybody's where the manager has no team.

    Whoever belongs to no manager's team is in every review, so that nobody's work goes unseen.
    """
    teams: Collection[str | None] = {one.team for one in managers(people)}
    if manager.team is None:
        return list(people)
    unseen = None not in teams  # Else a manager of everybody sees them.
    return [one for one in people if one.team == manager.team or (unseen and one.team not in teams)]
