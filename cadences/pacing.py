"""How a backlog of old leads is paced: each starts on the first business day that leaves its owner room for its calls.

A lead is not one call but a whole plan of them, so a day may be taken by leads that start then, by calls to leads that
started weeks before, and by what was planned without the backlog. The cadence is played through for each kind of lead,
by the functions that the engine itself uses, and a lead starts only where all its calls find room.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from cadences.bundle import CadenceBundle
from cadences.call_forecast import Office, Walks, likeness, places
from cadences.case import Case
from cadences.progress import new_enrollment
from leads.absences import Absence
from leads.calendars import BusinessCalendar
from leads.model import Colleague, Company, Lead
from leads.presence import hours_of

Load = Counter[tuple[str, date]]
"""How many calls each colleague has on each business day."""


@dataclass(frozen=True, slots=True)
class Rep:
    """Who makes the calls, and how many in a day."""

    id: str
    calls_per_day: int
    calendar: BusinessCalendar
    absences: tuple[Absence, ...] = ()

    def works_on(self, day: date) -> bool:
        away = any(one.first_day <= day <= one.last_day for one in self.absences)
        return not away and self.calendar.is_business_day(day)

    def capacity(self, day: date) -> int:
        return self.calls_per_day if self.works_on(day) else 0

    def day_on(self, day: date) -> date:
        """The day on which the rep does what falls on a day: the same one, or the next at work."""
        while not self.works_on(day):
            day += timedelta(days=1)
        return day


def rep_of(colleague: Colleague, company: Company, calls_per_day: int | None = None) -> Rep:
    """A colleague as a backlog sees one.

    Args:
        calls_per_day: of whoever has no figure of one's own; as everybody when left out.
    """
    hours = hours_of(colleague, company)
    calls = calls_per_day if calls_per_day is not None and colleague.calls_per_day is None else colleague.capacity
    return Rep(colleague.id, calls, BusinessCalendar(hours.days, hours.calendar), colleague.absences)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A lead of the backlog, as it would be enrolled, and who may own it."""

    case: Case
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Start:
    """When a lead of the backlog starts, and whose it is."""

    owner: str
    at: datetime
    day: date
    """The same on the company's calendar."""


@dataclass(frozen=True, slots=True)
class DayForecast:
    """What one business day will bring to all reps together."""

    day: date
    starts: int
    """Leads of the backlog that begin."""
    calls: int
    """Calls to leads of the backlog, on this day or begun before."""
    planned: int
    """Calls that are planned without the backlog."""
    capacity: int
    free: int
    """Places that nothing takes. A lead that begins takes one, even where its plan has no call that day: whoever is
    written to may answer."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """When each lead of a backlog starts, and what that means for the days to come."""

    starts: tuple[Start | None, ...]
    """In the order of the leads; None for those that find no room within `LOOK_AHEAD`."""
    days: tuple[DayForecast, ...]
    """Every business day until the last call to a lead of the backlog."""

    @property
    def placed(self) -> int:
        return sum(start is not None for start in self.starts)

    @property
    def left_over(self) -> int:
        """How many leads find no room."""
        return len(self.starts) - self.placed

    @property
    def first_start(self) -> datetime | None:
        return min((start.at for start in self.starts if start is not None), default=None)

    @property
    def last_start(self) -> datetime | None:
        return max((start.at for start in self.starts if start is not None), default=None)

    @property
    def peak(self) -> DayForecast | None:
        """The day with the most calls; of several, the first."""
        return max(self.days, key=lambda one: one.calls + one.planned, default=None)


def pace(leads: Sequence[Waiting], reps: Iterable[Rep], planned: Load, company: Company, now: datetime) -> Pacing:
    """Give each lead the first day that has room for all its calls, and of several owners the one who has it first.

    Args:
        leads: in the order in which they are to start.
        reps: whose calls are counted; an owner who is none has no room.
        planned: what each rep has to do without the backlog.
        now: starts lie after it.
    """
    who = {rep.id: rep for rep in reps}
    theirs = Load()
    for (owner, day), many in planned.items():
        if owner in who:
            theirs[owner, who[owner].day_on(day)] += many
    book = _Book(who, theirs, Office(company), now)
    return book.forecast([book.place(lead) for lead in leads])


@dataclass(slots=True)
class _Book:
    """What is taken on each day, lead by lead."""

    reps: Mapping[str, Rep]
    planned: Load
    office: Office
    now: datetime
    days: list[date] = field(init=False)
    walks: Walks = field(init=False)
    calls: Load = field(default_factory=Counter)
    taken: Load = field(init=False)
    from_day: dict[tuple[str, Any], int] = field(default_factory=dict)
    """Up to which day a rep has no room for leads like this one; room only ever shrinks."""

    def __post_init__(self) -> None:
        self.days = self.office.days_after(self.now)
        self.walks = Walks(self.office, self.now)
        self.taken = Counter(self.planned)

    def place(self, lead: Waiting) -> Start | None:
        """Take the first room there is for a lead; None where there is none."""
        like, found = likeness(lead.case), list[tuple[int, int, int]]()
        for order, owner in enumerate(lead.owners):
            index = self._first_day(owner, lead.case, like)
            if index < len(self.days):
                day = self.days[index]
                room = self.reps[owner].capacity(day) - self.taken[owner, day]
                found.append((index, -room, order))
        if not found:
            return None
        index, _, order = min(found)
        owner, day = lead.owners[order], self.days[index]
        calls = self._calls(self.reps[owner], lead.case, like, day)
        for one, many in calls.items():
            self.calls[owner, one] += many
        for one, many in places(calls, day).items():
            self.taken[owner, one] += many
        return Start(owner, self.office.opens(day), day)

    def _first_day(self, owner: str, case: Case, like: Any) -> int:
        rep = self.reps.get(owner)
        if rep is None:
            return len(self.days)
        index = self.from_day.get((owner, like), 0)
        while index < len(self.days) and not self._has_room(rep, case, like, self.days[index]):
            index += 1
        self.from_day[owner, like] = index
        return index

    def _has_room(self, rep: Rep, case: Case, like: Any, day: date) -> bool:
        if self.taken[rep.id, day] >= rep.capacity(day):
            return False
        needed = places(self._calls(rep, case, like, day), day)
        return all(self.taken[rep.id, one] + many <= rep.capacity(one) for one, many in needed.items())

    def _calls(self, rep: Rep, case: Case, like: Any, day: date) -> Counter[date]:
        theirs: Counter[date] = Counter()
        for one, many in self.walks.calls(case, like, self.office.opens(day)).items():
            theirs[rep.day_on(one)] += many
        return theirs

    def forecast(self, starts: list[Start | None]) -> Pacing:
        begun = Counter(start.day for start in starts if start is not None)
        of_backlog, before, reps = _by_day(self.calls), _by_day(self.planned), self.reps.values()
        last = max([*begun, *of_backlog], default=None)
        days = tuple(
            DayForecast(
                day=day,
                starts=begun[day],
                calls=of_backlog[day],
                planned=before[day],
                capacity=sum(rep.capacity(day) for rep in reps),
                free=sum(max(rep.capacity(day) - self.taken[rep.id, day], 0) for rep in reps),
            )
            for day in self.days
            if last is not None and day <= last
        )
        return Pacing(tuple(starts), days)


def _by_day(load: Load) -> Counter[date]:
    found: Counter[date] = Counter()
    for (_, day), many in load.items():
        found[day] += many
    return found


def waiting(lead: Lead, bundle: CadenceBundle, owners: tuple[str, ...], company: Company, now: datetime) -> Waiting:
    """A lead of the backlog as it would be enrolled."""
    enrollment = new_enrollment(lead.id, bundle.cadence.name, bundle.version, now, now)
    case = Case(
        lead=lead, company=company, cadence=bundle.cadence, enrollment=enrollment, manager=owners[0] if owners else ""
    )
    return Waiting(case, owners)
