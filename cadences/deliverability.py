"""How a sending domain stands with mailbox providers, and how fast a new sender may grow: what keeps mail delivered."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from leads.spans import wall_clock

COMPLAINTS_WARN = 0.001
"""Share of the day's delivered messages that were called spam. Gmail and Yahoo: "keep it below 0.1 %"."""
COMPLAINTS_PAUSE = 0.003
"""Gmail and Yahoo: "never reach 0.3 %"; rule U6."""
COMPLAINTS_TO_PAUSE = 3
"""Ours: fewer complaints in a day say nothing of a domain, whatever their share; they warn."""
BOUNCES_WARN = 0.02
"""Ours, like the next: share of the day's messages whose address was dead. Mailbox providers name no number."""
BOUNCES_PAUSE = 0.05
BOUNCES_TO_WARN = 3
BOUNCES_TO_PAUSE = 10
PAUSED_FOR = timedelta(days=7)
"""U6: a paused domain sends again after 7 days in which no day of its messages came to the threshold."""
COUNTS_FOR = timedelta(days=7)
"""Ours: what is reported later of a message says nothing of how the domain stands now."""
RAMP_START = 20
"""Ours, as the next: what a new address sends on each day of its first week. It doubles each week, up to its cap."""
RAMP_STEP = timedelta(days=7)


class Standing(StrEnum):
    """How a domain stands."""

    OK = "ok"
    WARN = "warn"
    """Somebody should look at what is sent, and to whom."""
    PAUSE = "pause"
    """Its emails wait."""


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What became of the messages that a domain sent on one day, however much later it was reported."""

    delivered: int
    """Accepted, and not bounced. Not every account reports deliveries, so that one is not waited for."""
    complained: int = 0
    bounced: int = 0


def judge(counts: DayCounts) -> tuple[Standing, str]:
    """How a domain stands by one day's messages, and why.

    A share exactly at a threshold has reached it.
    """
    complaints = _share(counts.complained, counts.delivered)
    bounces = _share(counts.bounced, counts.delivered + counts.bounced)
    complained = f"{counts.complained} of {counts.delivered} messages of a day were called spam"
    bounced = f"{counts.bounced} of {counts.delivered + counts.bounced} messages of a day went to dead addresses"
    if complaints >= COMPLAINTS_PAUSE and counts.complained >= COMPLAINTS_TO_PAUSE:
        return Standing.PAUSE, complained
    if bounces >= BOUNCES_PAUSE and counts.bounced >= BOUNCES_TO_PAUSE:
        return Standing.PAUSE, bounced
    if complaints >= COMPLAINTS_WARN and counts.complained:
        return Standing.WARN, complained
    if bounces >= BOUNCES_WARN and counts.bounced >= BOUNCES_TO_WARN:
        return Standing.WARN, bounced
    return Standing.OK, ""


def _share(part: int, whole: int) -> float:
    return part / max(whole, part, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderLimits:
    """How much a sender may send."""

    address: str
    daily_cap: int | None = None
    """At most so many messages in a day of the company's clock."""
    ramp_from: datetime | None = None
    """When it began to send, if it is to grow into its cap."""
    gap: timedelta = timedelta(0)
    """At least so long between two messages."""

    def cap_on(self, day: date, zone: ZoneInfo) -> int | None:
        """How many messages it may send on a day; None for no limit.

        Args:
            zone: the company's.
        """
        if self.daily_cap is None or self.ramp_from is None:
            return self.daily_cap
        weeks = max((day - wall_clock(self.ramp_from, zone).date()) // RAMP_STEP, 0)
        # Twenty doublings are more than anybody's cap, and keep the number small.
        return min(self.daily_cap, RAMP_START << min(weeks, 20))
