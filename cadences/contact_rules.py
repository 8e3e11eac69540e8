"""Law and manners: may this touch happen to this lead at this instant? ALLOW, DEFER or BLOCK, with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from cadences.addressee import Addressee
from cadences.case import Case
from cadences.legal_hours import ContactCap, LegalHours, Timetable
from cadences.permissions import blocked
from cadences.rules import RuleBook, shipped_rules
from leads.calendars import BusinessCalendar
from leads.model import Channel
from leads.reasons import Reason
from leads.regions import candidate_states
from leads.windows import DailyHours, MessageLimits, NotBefore, Rule, first_open
from leads.zones import candidate_zones

__all__ = [
    "Allow",
    "Block",
    "Decision",
    "Defer",
    "blocked",
    "cadence_hours",
    "first_instant",
    "law_for",
    "opt_out_deadline",
    "revocation_covers",
    "rules_for",
]


@dataclass(frozen=True, slots=True)
class Allow:
    """The touch may happen now."""


@dataclass(frozen=True, slots=True)
class Defer:
    """The touch may happen later."""

    until: datetime
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """The touch must not happen on this channel."""

    reason: Reason


Decision = Allow | Defer | Block


def rules_for(channel: Channel, case: Case, book: RuleBook | None = None) -> tuple[Rule, ...]:
    """What decides the hour of a touch: the cadence's hours and limits, its sender, and for texts and calls the law.

    Email and tasks go by the lead's own clock; texts and calls by every clock the person could be living by, and by
    the law of every state the person could be in.

    Args:
        book: the rules of contact; those that are shipped when left out.
    """
    rules: list[Rule] = []
    if channel in (Channel.SMS, Channel.CALL):
        rules += (*cadence_hours(channel, case), *law_for(channel, case, book))
    else:
        hours = case.cadence.hours
        rules.append(DailyHours("hours", case.zone, hours.from_, hours.to, hours.business_calendar()))
    if channel in (Channel.EMAIL, Channel.SMS):
        limits = case.cadence.limits
        rules.append(MessageLimits(case.zone, limits.per_day, limits.per_week, case.messages))
    return (*rules, *_sender_rules(channel, case))


def cadence_hours(channel: Channel, case: Addressee) -> tuple[Rule, ...]:
    """The cadence's own hours for a text or a call, on every clock that the person could be living by."""
    hours = case.cadence.hours
    calendar, zones = hours.business_calendar(), candidate_zones(case.lead, case.company, _number(channel, case))
    several = len(zones) > 1
    return tuple(DailyHours("hours", zone, hours.from_, hours.to, calendar, several) for zone in zones)


def law_for(channel: Channel, case: Addressee, book: RuleBook | None = None) -> tuple[Rule, ...]:
    """What the law has to say to the hour of a text or a call, wherever the person could be.

    Args:
        book: the rules of contact; those that are shipped when left out.
    """
    number = _number(channel, case)
    zones = candidate_zones(case.lead, case.company, number)
    states = candidate_states(case.lead, case.company, number) if number else frozenset()
    timetable = (book or shipped_rules()).timetable(states)
    cap = (ContactCap(timetable, zones, case.phone_contacts),) if case.phone_contacts else ()
    return (*_legal_hours(timetable, zones), *cap)


def _number(channel: Channel, case: Addressee) -> str | None:
    point = case.lead.contact_for(channel)
    return point.value if point else None


@lru_cache(maxsize=1024)
def _legal_hours(timetable: Timetable, zones: tuple[ZoneInfo, ...]) -> tuple[LegalHours, ...]:
    return tuple(LegalHours(zone, timetable) for zone in zones)


def _sender_rules(channel: Channel, case: Case) -> tuple[Rule, ...]:
    sender = case.senders.get(channel)
    if sender is None or sender.opens_at is None:
        return ()
    return (NotBefore("sender", sender.opens_at, sender.why or f"{sender.address} can't send before that"),)


def first_instant(
    channel: Channel, case: Case, wanted: datetime, *, at_any_hour: bool = False, book: RuleBook | None = None
) -> Decision:
    """Allow `wanted` itself, or defer to the first later instant that all rules permit, or block the channel.

    Args:
        at_any_hour: the message answers a question at once: only its sender may keep it waiting.
        book: the rules of contact; those that are shipped when left out.
    """
    if (reason := blocked(channel, case, wanted, answers_at_once=at_any_hour, book=book)) is not None:
        return Block(reason)
    rules = _sender_rules(channel, case) if at_any_hour else rules_for(channel, case, book)
    instant, reasons = first_open(wanted, rules)
    if instant is None:
        return Block(Reason("hours", f"no open instant within 14 days: {_last(reasons)}"))
    if instant <= wanted:
        return Allow()
    # What permits it now may have run out by then: a business relationship, a look at the registry.
    reason = blocked(channel, case, instant, answers_at_once=at_any_hour, book=book)
    return Block(reason) if reason is not None else Defer(instant, reasons)


def revocation_covers(channel: Channel, day: date, book: RuleBook | None = None) -> frozenset[Channel]:
    """The channels that a person's revocation covers, by the channel it came on and the day it was made (T6)."""
    return (book or shipped_rules()).revocation(channel, day)


def opt_out_deadline(opted_out_at: date, book: RuleBook | None = None) -> date:
    """The last day on which the law lets an opt-out of that day be obeyed (E1); we obey with its commit.

    Weekdays only are counted, and holidays are not taken off.
    """
    days = (book or shipped_rules()).opt_out_business_days(opted_out_at)
    return BusinessCalendar().add_business_days(opted_out_at, days)


def _last(reasons: Sequence[Reason]) -> str:
    return reasons[-1].text if reasons else "the rules never agree"
