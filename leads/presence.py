"""When one of our own people is at work: the colleague's own hours and days off, on the colleague's own clock."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leads.absences import Absence, NotAway
from leads.model import Colleague, Company
from leads.reasons import Reason
from leads.windows import Rule, first_open
from leads.work_hours import WorkHours

_AHEAD = timedelta(days=400)
"""So far ahead a first moment at work is looked for."""


def clock_of(colleague: Colleague, company: Company) -> ZoneInfo:
    """The clock the colleague works by."""
    return ZoneInfo(colleague.zone or company.zone)


def hours_of(colleague: Colleague, company: Company) -> WorkHours:
    """The colleague's hours, with the public holidays that are free."""
    hours = colleague.hours or company.hours
    return replace(hours, calendar=colleague.calendar or hours.calendar or company.hours.calendar)


def working_rules(colleague: Colleague, company: Company) -> tuple[Rule, ...]:
    """What decides when the colleague is at work."""
    zone = clock_of(colleague, company)
    return (NotAway(colleague.name, zone, colleague.absences), hours_of(colleague, company).on(zone))


def first_at_work(
    colleague: Colleague, company: Company, wanted: datetime
) -> tuple[datetime | None, tuple[Reason, ...]]:
    """The first moment from `wanted` on at which the colleague is at work, and why not before; None: far away."""
    return first_open(wanted, working_rules(colleague, company), _AHEAD)


def is_at_work(colleague: Colleague, company: Company, now: datetime) -> bool:
    """Whether the colleague is at work at this instant."""
    return all(rule.next_open(now)[1] is None for rule in working_rules(colleague, company))


def absence_at(colleague: Colleague, company: Company, instant: datetime) -> Absence | None:
    """The absence that the instant lies in; None when the colleague is not away then, as at night or on Sundays."""
    zone = clock_of(colleague, company)
    return next((one for one in colleague.absences if one.holds(instant, zone)), None)
