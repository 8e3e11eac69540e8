"""What an absence of one of our people does to what is still to come: it waits, or somebody else does it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cadences.case import Case
from cadences.enrollment import ResponseClock
from leads.absences import Absence, WhileAway
from leads.model import Channel, Colleague, Company
from leads.presence import absence_at, clock_of, first_at_work
from leads.reasons import Reason

FRESH = timedelta(days=3)
"""So long after it was asked an unanswered question waits for nobody who is away."""


def known_people(case: Case) -> Iterator[Colleague]:
    """Those whose days off the case knows: the owner, and who found the lead."""
    yield case.lead.owner
    if case.lead.generated_by is not None and case.lead.generated_by.id != case.lead.owner.id:
        yield case.lead.generated_by


def is_fresh(clock: ResponseClock | None, now: datetime) -> bool:
    """Whether somebody waits for the first answer to a question."""
    return clock is not None and clock.is_open and now - clock.asked_at < FRESH


def back_at(who: Colleague, company: Company, absence: Absence) -> datetime:
    """The first moment at work after an absence."""
    ends_at = absence.ends_at(clock_of(who, company))
    return first_at_work(who, company, ends_at)[0] or ends_at


def reason_for(who: Colleague, absence: Absence, back: datetime) -> Reason:
    """Why something waits until somebody is back."""
    return Reason("absence", f"{who.name} is away until {absence.last_day:%a %d %b %Y}", back)


def waits_for(case: Case, channel: Channel, role: str, at: datetime, now: datetime) -> Reason | None:
    """The colleague who is to make a touch at `at` is away then, and it waits: why, and until when.

    Calls and other work wait for whom the step means, messages for whoever sends them from an address of their own.
    None: nobody is away, or somebody else does it meanwhile, or a question waits for its first answer.

    Args:
        role: who the step means: owner, manager, generator.
    """
    if channel in (Channel.EMAIL, Channel.SMS):
        sender = case.senders.get(channel)
        if sender is None or not sender.own:
            return None
        role = "owner"
    who = next((one for one in known_people(case) if one.id == case.colleague(role)), None)
    absence = absence_at(who, case.company, at) if who is not None else None
    if who is None or absence is None or absence.policy is WhileAway.COVER or is_fresh(case.response, now):
        return None
    return reason_for(who, absence, back_at(who, case.company, absence))


def sends_as_company(owner: Colleague, company: Company, clock: ResponseClock | None, now: datetime) -> bool:
    """Whether messages do not come from the owner's own address now, since the owner is away and they do not wait."""
    absence = absence_at(owner, company, now)
    return absence is not None and (absence.policy is WhileAway.COVER or is_fresh(clock, now))
