"""Days on which one of our own people is away, and what becomes of that colleague's work meanwhile."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from leads.reasons import Reason
from leads.spans import at_local


class WhileAway(StrEnum):
    """What becomes of calls, tasks and personal emails that would fall into an absence."""

    HOLD = "hold"
    """They wait until the colleague is back."""
    COVER = "cover"
    """Somebody else does them, and gives back what is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Whole days, on the colleague's own clock."""

    first_day: date
    last_day: date
    """The last day away; the next one is a day like others."""
    policy: WhileAway = WhileAway.HOLD
    cover: str | None = None
    """Who covers: a colleague's id; None: whom the routing rules find."""
    reason: str | None = None

    def begins_at(self, zone: ZoneInfo) -> datetime:
        """The first moment of the first day."""
        return at_local(datetime.combine(self.first_day, time.min), zone)

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """The first moment after the last day."""
        return at_local(datetime.combine(self.last_day + timedelta(days=1), time.min), zone)

    def holds(self, instant: datetime, zone: ZoneInfo) -> bool:
        """Whether the instant lies in it."""
        return self.begins_at(zone) <= instant < self.ends_at(zone)


@dataclass(frozen=True, slots=True)
class NotAway:
    """Closed while somebody is away."""

    name: str
    zone: ZoneInfo
    absences: tuple[Absence, ...]

    def next_open(self, wanted: datetime) -> tuple[datetime, Reason | None]:
        """The first instant from `wanted` on that lies in no absence."""
        instant, why = wanted, None
        while (away := next((one for one in self.absences if one.holds(instant, self.zone)), None)) is not None:
            instant = away.ends_at(self.zone)
            why = Reason("absence", f"{self.name} is away until {away.last_day:%a %d %b %Y}", instant)
        return instant, why
