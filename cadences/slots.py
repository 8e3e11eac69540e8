"""Slots: how the messages of a sender that may send only so much take their turns, each asked for once.

A message whose turn is not now is given the first instant that is free, and that its own rules permit, and waits for
it as for any other planned instant: nobody polls, and whoever came first goes first. At its slot it goes without
asking again. A slot that nobody used, because the lead answered meanwhile, is lost. Whoever comes much later than its
slot (the machine was down) takes a new one, so that a backlog does not go out at once.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cadences.case import Case
from cadences.deliverability import SenderLimits
from cadences.enrollment import NextTouch, Slot
from cadences.planning import plan
from leads.spans import day_begins, wall_clock
from leads.windows import HORIZON

SLOT_KEPT = timedelta(minutes=5)
"""A worker that is busy may come so much later than the slot; the gap may be shorter then, once."""
_DAY = timedelta(days=1)

Permitted = Callable[[datetime], datetime | None]
"""The first instant from a given one on that the rules permit; None when the step goes another way."""


@dataclass(frozen=True, slots=True)
class Turn:
    """When it is a message's turn."""

    at: datetime
    why: str
    """Why not earlier; empty when nothing kept it back."""
    kept: bool = True
    """False: nothing is free as far as anybody looks."""


def holds_slot(case: Case, touch: NextTouch, now: datetime) -> bool:
    """Whether the touch's message came for the slot that it was given."""
    slot, sender = case.enrollment.slot, case.senders.get(touch.channel)
    if slot is None or sender is None or not slot.kept:
        return False
    same = slot.step == touch.step and slot.sender == sender.address
    # A slot is one of its day's, whose number is limited.
    return same and slot.at <= now <= slot.at + SLOT_KEPT and _day_of(slot.at, case) == _day_of(now, case)


def put_off(case: Case, touch: NextTouch, turn: Turn, now: datetime) -> Case:
    """The case with the touch planned anew for its sender's turn."""
    sender = case.senders[touch.channel]
    slot = Slot(sender.address, turn.at, touch.step, turn.why, turn.kept)
    senders = {**case.senders, touch.channel: replace(sender, opens_at=turn.at, why=turn.why)}
    return plan(replace(case, senders=senders).enrolled(slot=slot), now)


def permitted_from(case: Case, touch: NextTouch, now: datetime) -> Permitted:
    """When the touch's own rules permit it, from an instant on."""

    def permitted(at: datetime) -> datetime | None:
        planned = put_off(case, touch, Turn(at, ""), now).enrollment.next
        same = planned is not None and (planned.step, planned.channel) == (touch.step, touch.channel)
        return planned.act_at if planned is not None and same else None

    return permitted


def first_turn(
    limits: SenderLimits, taken: Sequence[datetime], now: datetime, zone: ZoneInfo, permitted: Permitted
) -> Turn:
    """The first slot from now on that is free and that the message's own rules permit.

    A slot that lies outside of the message's hours is left to others, and the first one within them is taken; that way
    every sender's day fills from its beginning, whatever the leads' clocks.

    Args:
        taken: the slots given away from the beginning of today, or a gap ago, in their order.
        zone: the company's, whose days count.
    """
    per_day = (
        Counter(wall_clock(slot, zone).date() for slot in taken) if limits.daily_cap is not None else Counter[date]()
    )
    free, why = _first_free(limits, taken, per_day, now, zone)
    while free - now <= HORIZON:
        opens_at = free if free == now else permitted(free)
        if opens_at is None:
            break
        if opens_at <= free:
            return Turn(free, why)
        free, why_not = _first_free(limits, taken, per_day, opens_at, zone)
        why = why_not or why
    return Turn(now + HORIZON + _DAY, why or f"{limits.address} has no slot free in the lead's hours", kept=False)


def _day_of(instant: datetime, case: Case) -> date:
    return wall_clock(instant, ZoneInfo(case.company.zone)).date()


def _first_free(
    limits: SenderLimits, taken: Sequence[datetime], per_day: Counter[date], wanted: datetime, zone: ZoneInfo
) -> tuple[datetime, str]:
    """The first free instant, and why it is not the one that was wanted."""
    at, why = _day_with_room(limits, per_day, wanted, zone)
    for slot in islice(taken, bisect_right(taken, at - limits.gap), None):
        if slot <= at - limits.gap:
            continue
        if slot >= at + limits.gap:
            break
        at, full = _day_with_room(limits, per_day, slot + limits.gap, zone)
        why = full or _gap_of(limits)
    return at, why


def _day_with_room(limits: SenderLimits, per_day: Counter[date], at: datetime, zone: ZoneInfo) -> tuple[datetime, str]:
    """The instant itself or, when its day is full, the beginning of the next one that is not."""
    if limits.daily_cap is None:
        return at, ""
    day, why = wall_clock(at, zone).date(), ""
    while (cap := limits.cap_on(day, zone)) is not None and per_day[day] >= cap:
        why = f"{limits.address} has its {cap} message{'s' * (cap != 1)} for {day:%a %d %b %Y}"
        day += _DAY
        at = day_begins(day, zone)
    return at, why


def _gap_of(limits: SenderLimits) -> str:
    return f"{limits.address} sends one message every {int(limits.gap.total_seconds())} s"
