"""Law and manners: may this touch happen to this lead at this instant? ALLOW, DEFER or BLOCK, with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cadences.case import Case
from cadences.reasons import Reason
from cadences.windows import DailyHours, MessageLimits, Rule, federal_hours, first_open
from leads.model import Channel, Lead


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


def blocked(channel: Channel, lead: Lead) -> Reason | None:
    """Why this channel can't be used for this lead whatever the hour; None when it can."""
    match channel:
        case Channel.EMAIL if lead.email is None:
            return Reason("channel", "the lead has no usable email address")
        case Channel.SMS | Channel.CALL if lead.phone is None:
            return Reason("channel", "the lead has no usable phone number")
        case Channel.SMS if not lead.consents_to(Channel.SMS):
            return Reason("consent", "there is no consent to texts to this number")
    return None


def rules_for(channel: Channel, case: Case) -> tuple[Rule, ...]:
    """The rules on the hour of a touch: the cadence's hours and limits, and for texts and calls the law's hours.

    Email and tasks go by the lead's own clock; texts and calls by every clock the person could be living by.
    """
    hours = case.cadence.hours
    zones = case.candidate_zones if channel in (Channel.SMS, Channel.CALL) else (case.zone,)
    calendar, several = hours.business_calendar(), len(zones) > 1
    rules: list[Rule] = [DailyHours("hours", zone, hours.from_, hours.to, calendar, several) for zone in zones]
    if channel in (Channel.SMS, Channel.CALL):
        rules += [federal_hours(zone) for zone in zones]
    if channel in (Channel.EMAIL, Channel.SMS):
        limits = case.cadence.limits
        rules.append(MessageLimits(case.zone, limits.per_day, limits.per_week, case.messages))
    return tuple(rules)


def first_instant(channel: Channel, case: Case, wanted: datetime, *, at_any_hour: bool = False) -> Decision:
    """Allow `wanted` itself, or defer to the first later instant that all rules permit, or block the channel."""
    if (reason := blocked(channel, case.lead)) is not None:
        return Block(reason)
    if at_any_hour:
        return Allow()
    instant, reasons = first_open(wanted, rules_for(channel, case))
    if instant is None:
        return Block(Reason("hours", f"no open instant within 14 days: {_last(reasons)}"))
    return Defer(instant, reasons) if instant > wanted else Allow()


def _last(reasons: Sequence[Reason]) -> str:
    return reasons[-1].text if reasons else "the rules never agree"
