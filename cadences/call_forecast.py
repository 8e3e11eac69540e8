"""The calls that are to come: cadences played through for leads that stay silent, as the engine itself would."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from cadences.case import Case
from cadences.contact_rules import Block, first_instant
from cadences.enrollment import StepRef
from cadences.permissions import has_consent
from cadences.preview import PreviewedTouch, play
from cadences.progress import begin, new_enrollment
from leads.calendars import BusinessCalendar
from leads.model import Channel, Company
from leads.regions import home_country
from leads.spans import at_local
from leads.zones import candidate_zones, main_zone

LOOK_AHEAD = relativedelta(years=1)
"""How far ahead calls are counted."""


@dataclass(frozen=True, slots=True)
class Office:
    """The company's business days, and when they begin."""

    company: Company

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.company.zone)

    @property
    def calendar(self) -> BusinessCalendar:
        hours = self.company.hours
        return BusinessCalendar(hours.days, hours.calendar)

    def opens(self, day: date) -> datetime:
        """The first moment of a business day."""
        return at_local(datetime.combine(day, self.company.hours.opens), self.zone)

    def day_of(self, instant: datetime) -> date:
        """The business day on which somebody does what is due at an instant."""
        day = instant.astimezone(self.zone).date()
        return day if self.calendar.is_business_day(day) else self.calendar.next_business_day(day)

    def days_after(self, now: datetime) -> list[date]:
        """Every business day that has not begun yet, as far as is looked ahead."""
        day, calendar = now.astimezone(self.zone).date(), self.calendar
        end, found = day + LOOK_AHEAD, list[date]()
        while day <= end:
            if calendar.is_business_day(day) and self.opens(day) > now:
                found.append(day)
            day += timedelta(days=1)
        return found


@dataclass(slots=True)
class Walks:
    """The calls that a cadence will make to leads that stay silent, each kind of lead played through once a start."""

    office: Office
    now: datetime
    _played: dict[tuple[Any, datetime], tuple[PreviewedTouch, ...]] = field(default_factory=dict)
    _calls: dict[tuple[Any, datetime], Counter[date]] = field(default_factory=dict)

    def calls(self, case: Case, like: Any, start: datetime) -> Counter[date]:
        """How many calls its owner has on each business day with a lead like this one that starts at an instant."""
        if (like, start) not in self._calls:
            touches = self._touches(case, like, start)
            self._calls[like, start] = Counter(self.office.day_of(one.at) for one in touches if _is_owners(one, case))
        return self._calls[like, start]

    def ahead(self, case: Case) -> Counter[date]:
        """How many calls a lead that is being followed up still has before it, on which days.

        Its next touch is known; what follows keeps the distances that a lead like it would have that starts today. A
        call that is a task already counts as what it is: a task.
        """
        enrollment, touch = case.enrollment, case.enrollment.next
        if touch is None or enrollment.ended is not None:
            return Counter()
        like = likeness(case)
        if enrollment.done is None and enrollment.started_at > self.now and enrollment.hold is None:
            calls = self.calls(case, like, enrollment.started_at)
            return places(calls, self.office.day_of(enrollment.started_at)) if enrollment.paced else calls
        found: list[datetime] = []
        if touch.channel is Channel.CALL and touch.task_id is None:
            found.append(touch.opens_at)
        walk = self._touches(case, like, self.now)
        place = next((index for index, one in enumerate(walk) if _ref(one) == touch.step), None)
        if place is not None:
            later = touch.opens_at - walk[place].at
            found += [one.at + later for one in walk[place + 1 :] if _is_owners(one, case)]
        return Counter(self.office.day_of(max(at, self.now)) for at in found)

    def _touches(self, case: Case, like: Any, start: datetime) -> tuple[PreviewedTouch, ...]:
        if (like, start) not in self._played:
            enrollment = new_enrollment(case.lead.id, case.enrollment.cadence, case.enrollment.version, start, start)
            fresh = begin(replace(case, enrollment=enrollment, tasks=(), messages=(), phone_contacts=()), start)
            self._played[like, start] = tuple(play(fresh, start, self.now + LOOK_AHEAD))
        return self._played[like, start]


def _ref(touch: PreviewedTouch) -> StepRef:
    return StepRef(touch.step_id, touch.occurrence)


def _is_owners(touch: PreviewedTouch, case: Case) -> bool:
    """Whether it is a call that the lead's owner makes."""
    step = case.cadence.step(touch.step_id)
    return touch.channel is Channel.CALL and (step is None or step.to == "owner")


def likeness(case: Case) -> tuple[Any, ...]:
    """What leads have in common that the same cadence treats alike: all that plan and rules ask of a lead."""
    lead, company = case.lead, case.company
    points = tuple((one.kind, one.lost, one.suppressed, one.suppressed_on, one.dnc_listed) for one in lead.contacts)
    consents = tuple(
        point is not None and has_consent(channel, point, lead, company)
        for channel in (Channel.EMAIL, Channel.SMS, Channel.CALL)
        for point in [lead.contact_for(channel)]
    )
    conditions = tuple(
        clause.holds(lead, {})
        for step in case.cadence.steps
        if step.if_ is not None
        for clause in step.if_.clauses
        if clause.kind != "outcome"
    )
    # Which state it is shifts hours, not days, unless the law and the cadence's hours leave no common one.
    never = tuple(isinstance(first_instant(one, case, lead.created_at), Block) for one in (Channel.SMS, Channel.CALL))
    where = (main_zone(lead, company), candidate_zones(lead, company), home_country(lead, company), never)
    months = tuple(
        at and (at.year, at.month)
        for at in (lead.inquired_at, lead.purchased_at, *(one.dnc_checked_at for one in lead.contacts))
    )
    return (case.enrollment.version, lead.kind, points, consents, conditions, where, months)


def places(calls: Counter[date], start: date) -> Counter[date]:
    """What a lead of a backlog takes of its owner's days: its calls, and a place on the day on which it begins.

    The place is taken also where its plan has no call that day: whoever is written to may answer.
    """
    return calls if calls[start] else calls + Counter({start: 1})
