"""When people pick up: how likely a call connects in an hour of the week, from what is known of all leads and of one.

Each hour of the week is a share to be guessed (Beta-binomial). What is expected before any call is the prior; it is
worth `PRIOR_CALLS` calls, so that two lucky calls on a Sunday prove nothing. Then calls count: those of all leads,
with half of the hours before and after, and the lead's own calls several times as much. A reply says when a person is
at the desk, not that they pick up: replies of all leads only shape the prior, and the lead's own are worth a little.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

HOURS_A_WEEK = 168
NOTHING = (0,) * HOURS_A_WEEK

USUAL_SHARE = 0.2
"""The share of calls that connect, where none is known: our guess, which the first hundred calls correct."""
USUAL_CALLS = 25
"""How many calls that guess is worth."""
PRIOR_CALLS = 20
"""How many calls the prior of an hour is worth."""
NEIGHBOUR = 0.5
"""How much a call counts for the hour before and the hour after it."""
OFF_HOURS, EDGE_HOURS = 0.8, 0.9
"""What is expected at night and at weekends, and from 08:00 to 09:00 and 17:00 to 18:00, of what is at 09:00-17:00."""
REPLY_PULL = 0.2
"""How far replies move the prior: by this much for an hour that has twice the usual ones, or none."""
MOST_REPLIES = 3.0
"""An hour with more than so many times the usual replies counts as having so many."""
REPLIES_KNOWN = 100
"""With so many replies they have half of that pull."""
OWN_CALL = 5
"""So many calls of others one call of the lead itself is worth."""
OWN_REPLY = 2
"""So many connected calls of others a reply of the lead itself is worth."""
LEAST_CALLS = 50
"""From fewer calls nothing is learnt of anybody."""


@dataclass(frozen=True, slots=True)
class ContactTimes:
    """How calls and replies of all leads went in each hour of the week, each on the lead's own clock, Monday first."""

    calls: tuple[int, ...] = NOTHING
    connected: tuple[int, ...] = NOTHING
    replies: tuple[int, ...] = NOTHING
    learnt_at: datetime | None = None
    """When they were counted; None when they never were."""


@dataclass(frozen=True, slots=True)
class CallMade:
    """A call to the lead, and whether somebody was talked to."""

    at: datetime
    connected: bool


@dataclass(frozen=True, slots=True)
class Habits:
    """What is known of when people answer: of all leads, and of this one."""

    everybody: ContactTimes = ContactTimes()
    calls: tuple[CallMade, ...] = ()
    """To this lead."""
    replies: tuple[datetime, ...] = ()
    """Of this lead."""

    @property
    def say_something(self) -> bool:
        """Whether enough is known for a guess."""
        return bool(self.calls or self.replies) or sum(self.everybody.calls) >= LEAST_CALLS


def hour_of_week(at: datetime, zone: ZoneInfo) -> int:
    """Which of the week's 168 hours an instant lies in, on a clock; Monday's first is 0."""
    local = at.astimezone(zone)
    return local.weekday() * 24 + local.hour


def chance(habits: Habits, hour: int, zone: ZoneInfo) -> float:
    """How likely a call to this lead connects in an hour of the week on its clock: the posterior mean."""
    calls, connected = _evidence(habits.everybody, hour)
    for call in habits.calls:
        weight = OWN_CALL * _nearness(hour_of_week(call.at, zone), hour)
        calls += weight
        connected += weight * call.connected
    own_replies = OWN_REPLY * sum(_nearness(hour_of_week(at, zone), hour) for at in habits.replies)
    return (connected + own_replies) / (calls + own_replies)


def chance_of_all(everybody: ContactTimes, hour: int) -> float:
    """The same for a lead of whom nothing is known."""
    calls, connected = _evidence(everybody, hour)
    return connected / calls


def _evidence(everybody: ContactTimes, hour: int) -> tuple[float, float]:
    """What calls to all leads amount to in an hour, the prior's included: how many, and how many that connected."""
    calls = PRIOR_CALLS + _smoothed(everybody.calls, hour)
    return calls, PRIOR_CALLS * prior(everybody, hour) + _smoothed(everybody.connected, hour)


def prior(everybody: ContactTimes, hour: int) -> float:
    """What is expected of an hour before its own calls are looked at."""
    return overall(everybody) * _shape(hour) * _pull_of_replies(everybody.replies, hour)


def overall(everybody: ContactTimes) -> float:
    """The share of all calls that connect."""
    return (sum(everybody.connected) + USUAL_SHARE * USUAL_CALLS) / (sum(everybody.calls) + USUAL_CALLS)


def _shape(hour: int) -> float:
    """Working hours, mildly: a reason to prefer them, and none to believe in them against the evidence."""
    day, clock = divmod(hour, 24)
    if day > 4 or not 8 <= clock < 18:
        return OFF_HOURS
    return 1.0 if 9 <= clock < 17 else EDGE_HOURS


def _pull_of_replies(replies: tuple[int, ...], hour: int) -> float:
    """How replies move the prior of an hour: by its share of them beside that of a usual working hour."""
    total, usual = sum(replies), _usual(replies)
    if not usual:
        return 1.0
    times_the_usual = min(_smoothed(replies, hour) / usual, MOST_REPLIES)
    return 1 + REPLY_PULL * (times_the_usual - 1) * total / (total + REPLIES_KNOWN)


@lru_cache(maxsize=4)
def _usual(counts: tuple[int, ...]) -> float:
    """The count of a usual working hour."""
    working = [hour for hour in range(HOURS_A_WEEK) if _shape(hour) != OFF_HOURS]
    return sum(_smoothed(counts, hour) for hour in working) / len(working)


def _smoothed(counts: tuple[int, ...], hour: int) -> float:
    """The count of an hour and half of its neighbours'; Sunday's last hour is a neighbour of Monday's first."""
    before, after = counts[hour - 1], counts[(hour + 1) % HOURS_A_WEEK]
    return counts[hour] + NEIGHBOUR * (before + after)


def _nearness(happened: int, hour: int) -> float:
    """How much what happened in one hour of the week says of another."""
    distance = (happened - hour) % HOURS_A_WEEK
    return 1.0 if distance == 0 else NEIGHBOUR if distance in (1, HOURS_A_WEEK - 1) else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HourLearnt:
    """One hour of the week, for lists and pictures."""

    weekday: int
    """0 is Monday."""
    hour: int
    calls: int
    connected: int
    replies: int
    expected: float
    """The share of calls that will connect then, as far as is known of all leads."""


def learnt_hours(everybody: ContactTimes) -> list[HourLearnt]:
    """All hours of the week."""
    return [
        HourLearnt(
            weekday=hour // 24,
            hour=hour % 24,
            calls=everybody.calls[hour],
            connected=everybody.connected[hour],
            replies=everybody.replies[hour],
            expected=chance_of_all(everybody, hour),
        )
        for hour in range(HOURS_A_WEEK)
    ]
