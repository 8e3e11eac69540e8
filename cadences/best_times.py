"""The best time within a call's window: what the lead wished or, without a wish, what its and others' calls teach.

It is a proposal to whoever makes the call. The window itself stays: from when on the call may be made, and when it is
due. Where nothing is known, or all hours of the window are much alike, nothing is proposed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cadences.case import Case
from cadences.contact_rules import Allow, Block, Defer, first_instant
from leads.best_time import Habits, chance, hour_of_week
from leads.model import Channel
from leads.reasons import Reason

WORTH_PROPOSING = 0.03
"""How much likelier than in the worst hour of its window a call must connect in the best, for a proposal."""
AS_GOOD = 0.01
"""An earlier hour that is less than this behind the best one is taken in its place."""
LEAST_LEFT = timedelta(minutes=10)
"""An hour of which less is left is no hour to propose."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class BestTime:
    """What is proposed, if anything is, and why."""

    at: datetime | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class _Opening:
    """The permitted part of a clock hour, within a window."""

    start: datetime
    end: datetime
    hour: int
    """Of the week, on the lead's clock."""


def best_time(case: Case, opens_at: datetime, due_at: datetime) -> BestTime | None:
    """The best instant for a call that may be made from `opens_at` on and is due at `due_at`; None: nothing to say."""
    if case.lead.reach is not None:
        return _wished(case, opens_at, due_at)
    habits = case.habits
    if not habits.say_something:
        return None
    openings = list(_openings(case, opens_at, due_at))
    chances = [chance(habits, opening.hour, case.zone) for opening in openings]
    if not openings or max(chances) - min(chances) < WORTH_PROPOSING:
        return None
    best, expected = next(
        (opening, likely) for opening, likely in zip(openings, chances, strict=True) if likely > max(chances) - AS_GOOD
    )
    words = f"{_named(best, case.zone)}: {_known(habits, best.hour, case.zone)}; {expected:.0%} expected"
    if best is not openings[0]:
        words += f", {chances[0]:.0%} at {openings[0].start.astimezone(case.zone):%H:%M}"
    return BestTime(best.start, Reason("best time", words, best.start))


def _wished(case: Case, opens_at: datetime, due_at: datetime) -> BestTime:
    """The first permitted instant that the lead wished for; there may be none before the call is due."""
    wish = case.lead.reach
    if wish is None:
        raise ValueError("the lead wished for nothing")
    hours, at = wish.on(case.zone), opens_at
    while at < due_at:
        wanted, _ = hours.next_open(at)
        permitted = _permitted(case, wanted)
        if permitted is None:
            break
        if permitted == wanted < due_at:
            return BestTime(wanted, Reason("best time", f"the lead wants to be called {wish}", wanted))
        at = permitted
    return BestTime(None, Reason("best time", f"the lead wants to be called {wish}, which this call's window has not"))


def _openings(case: Case, opens_at: datetime, due_at: datetime) -> Iterator[_Opening]:
    """The window, hour by clock hour, without what the rules forbid."""
    at = opens_at
    while at < due_at:
        permitted = _permitted(case, at)
        if permitted is None:
            return
        start, end = permitted, min(_next_hour(permitted, case.zone), due_at)
        if end - start >= LEAST_LEFT:
            yield _Opening(start, end, hour_of_week(start, case.zone))
        at = max(end, start)


def _permitted(case: Case, at: datetime) -> datetime | None:
    """The first instant from `at` on at which the call may be made; None when it may not any more."""
    match first_instant(Channel.CALL, case, at):
        case Allow():
            return at
        case Defer(until, _):
            return until
        case Block():
            return None


def _next_hour(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    return at + _HOUR - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def _named(opening: _Opening, zone: ZoneInfo) -> str:
    local = opening.start.astimezone(zone)
    return f"{local:%a %H}:00-{(local.hour + 1) % 24 or 24:02}:00"


def _known(habits: Habits, hour: int, zone: ZoneInfo) -> str:
    """What was seen in that very hour; the neighbouring ones count too, but nobody wants to read that."""
    everybody = habits.everybody
    words = f"{everybody.connected[hour]} of {everybody.calls[hour]} calls connected then"
    own = [call for call in habits.calls if hour_of_week(call.at, zone) == hour]
    if own:
        words += f", {sum(call.connected for call in own)} of {len(own)} to this lead"
    replies = sum(hour_of_week(at, zone) == hour for at in habits.replies)
    if replies:
        words += f", and it wrote {replies} time{'s' * (replies != 1)}"
    return words
