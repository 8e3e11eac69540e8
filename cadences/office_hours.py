"""The cadence's hours on the lead's own clock."""

from cadences.case import Case
from leads.windows import DailyHours


def office_hours(case: Case) -> DailyHours:
    """The cadence's hours on the lead's own clock: what due times are counted in."""
    hours = case.cadence.hours
    return DailyHours("hours", case.zone, hours.from_, hours.to, hours.business_calendar())
