"""The figures of the simulated business counted again, in plain Python and from the actors' stories alone."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.simulation.journal import LeadStory
from tests.simulation.people import HOLIDAYS

_NEW_YORK = ZoneInfo("America/New_York")
_MINUTE = timedelta(minutes=1)


class Recount(NamedTuple):
    """The figures of some leads."""

    leads: int
    qualified: int
    ordered: int
    asked: int
    answered: int
    in_time: int
    late: int
    waiting: int
    not_needed: int
    median: float | None
    """Seconds by the clock on the wall."""
    p90: float | None
    business_median: float | None


def is_open(instant: datetime) -> bool:
    """Whether the company works, minute by minute: weekdays from 9:00 to 17:30 in New York, without the holidays."""
    local = instant.astimezone(_NEW_YORK)
    clock = (local.hour, local.minute)
    return local.weekday() < 5 and local.date() not in HOLIDAYS and (9, 0) <= clock < (17, 30)


def due(asked_at: datetime) -> datetime:
    """Half an hour of open time after the question, or a day by the clock on the wall if that comes first."""
    instant, left = asked_at, timedelta(minutes=30)
    while left > timedelta(0) and instant < asked_at + timedelta(days=1):
        # The question comes on a whole minute, so each minute is open or it is not.
        left -= _MINUTE if is_open(instant) else timedelta(0)
        instant += _MINUTE
    return min(instant, asked_at + timedelta(days=1))


def open_seconds(start: datetime, end: datetime) -> float:
    """Open time between two instants, counted second by second within minutes."""
    total, instant = 0.0, start
    while instant < end:
        step = min(_MINUTE - timedelta(seconds=instant.second, microseconds=instant.microsecond), end - instant)
        total += step.total_seconds() if is_open(instant) else 0
        instant += step
    return total


def working_days(first: date, weeks: int) -> list[date]:
    """The company's working days, in order."""
    days = (first + timedelta(days=number) for number in range(7 * weeks))
    return [day for day in days if day.weekday() < 5 and day not in HOLIDAYS]


def closing(day: date) -> datetime:
    """Half past five in New York."""
    return datetime.combine(day, time(17, 30), _NEW_YORK)


def week_of(instant: datetime) -> date:
    """The Monday of its week, in New York."""
    day = instant.astimezone(_NEW_YORK).date()
    return day - timedelta(days=day.weekday())


def fate(story: LeadStory, now: datetime) -> str:
    """What became of its question until `now`: whatever came first decides."""
    until = due(story.captured_at)
    if story.answered_at is not None and story.answered_at <= min(until, now):
        return "in time"
    if waits_until(story) <= min(until, now):
        return "not needed"
    return "late" if until < now else "waiting"


def waits_until(story: LeadStory) -> datetime:
    """Until when the person waits for a first answer: until it has one, or says itself what it wants."""
    said = [at for at, _ in story.said]
    return min([*said, *filter(None, [story.answered_at])], default=datetime.max.replace(tzinfo=UTC))


def recount(stories: Iterable[LeadStory], end: datetime) -> Recount:
    """The figures as they stand at `end`."""
    some = list(stories)
    timed = [story for story in some if story.asks]
    fates = Counter(fate(story, end) for story in timed)
    answered = [
        (story, story.answered_at)
        for story in timed
        if story.answered_at is not None and fate(story, end) != "not needed"
    ]
    waits = [(at - story.captured_at).total_seconds() for story, at in answered]
    return Recount(
        leads=len(some),
        qualified=sum(story.qualified_at is not None for story in some),
        ordered=sum(story.won_at is not None for story in some),
        asked=len(timed),
        answered=len(answered),
        in_time=fates["in time"],
        late=fates["late"],
        waiting=fates["waiting"],
        not_needed=fates["not needed"],
        median=statistics.median(waits) if waits else None,
        p90=_p90(waits),
        business_median=(
            statistics.median(int(open_seconds(story.captured_at, at)) for story, at in answered) if answered else None
        ),
    )


def by(stories: Sequence[LeadStory], key: Callable[[LeadStory], object], end: datetime) -> dict[object, Recount]:
    """The figures of each group."""
    return {group: recount([one for one in stories if key(one) == group], end) for group in {*map(key, stories)}}


def _p90(values: Sequence[float]) -> float | None:
    """Nine of ten are no longer; between two values in proportion."""
    if len(values) < 2:
        return values[0] if values else None
    return statistics.quantiles(values, n=10, method="inclusive")[8]
