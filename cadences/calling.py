"""Whether a lead may be called now and, if not, why not and from when on, for whoever is about to call."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from cadences.addressee import Addressee
from cadences.contact_rules import cadence_hours, law_for
from cadences.model import Cadence
from cadences.permissions import blocked
from cadences.rules import RuleBook
from leads.model import Channel, Company, Lead
from leads.windows import ClockHours, Rule, first_open
from leads.zones import main_zone


class MayCall(StrEnum):
    """What the rules say to a call at an instant."""

    YES = "yes"
    """Law and manners permit it."""
    OUT_OF_HOURS = "out of hours"
    """The law permits it, but the cadence's own hours do not: only for who asked to be called then."""
    NOT_NOW = "not now"
    """The law forbids it at this hour."""
    NEVER = "never"
    """It must not happen: there is no number that may be called, or its owner is not to be called at all."""


@dataclass(frozen=True, slots=True)
class Callee:
    """A lead as far as calls are concerned."""

    lead: Lead
    company: Company
    cadence: Cadence
    """The enrollment's pinned version."""
    phone_contacts: tuple[datetime, ...] = ()
    """Instants of the calls and texts of the last day, by whomever, for the states' limits."""

    @property
    def zone(self) -> ZoneInfo:
        return main_zone(self.lead, self.company)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """What is known about calling a lead at an instant."""

    may: MayCall
    number: str | None
    """Which number; None when there is none that may be used."""
    zone: ZoneInfo
    """The lead's own clock."""
    until: datetime | None = None
    """When the hours that permit it now close: the law's and the cadence's or, out of hours, the law's."""
    opens_at: datetime | None = None
    """When law and manners permit it next; None when they do now, never, or not within two weeks."""
    lawful_at: datetime | None = None
    """When the law permits it next; None when it does now, never, or not within two weeks."""
    why: str = ""
    """Why not now and, where another instant is named, why not earlier, in words a rep understands."""


def calling(callee: Addressee, now: datetime, book: RuleBook | None = None) -> Calling:
    """What the contact rules say to calling a lead now.

    Args:
        book: the rules of contact; those that are shipped when left out.
    """
    point, zone = callee.lead.contact_for(Channel.CALL), callee.zone
    number = point.value if point is not None else None
    if (reason := blocked(Channel.CALL, callee, now, book=book)) is not None:
        return Calling(may=MayCall.NEVER, number=number, zone=zone, why=reason.text)
    law, hours = law_for(Channel.CALL, callee, book), cadence_hours(Channel.CALL, callee)
    lawful_at, forbidden = first_open(now, law)
    opens_at, closed = first_open(now, (*hours, *law))
    if not closed:
        return Calling(may=MayCall.YES, number=number, zone=zone, until=_closing((*law, *hours), now))
    if opens_at is not None and blocked(Channel.CALL, callee, opens_at, book=book) is not None:
        opens_at = None  # What permits it now has run out by then.
    # The law that forbids it at this hour, and then whatever leads to the instant that is named.
    why = (*forbidden[:1], *(closed if opens_at is not None else forbidden or closed[:1]))
    return Calling(
        may=MayCall.NOT_NOW if forbidden else MayCall.OUT_OF_HOURS,
        number=number,
        zone=zone,
        until=None if forbidden else _closing(law, now),
        opens_at=opens_at,
        lawful_at=lawful_at if forbidden else None,
        why="; ".join(dict.fromkeys(reason.text for reason in why)),
    )


def _closing(rules: Iterable[Rule], now: datetime) -> datetime | None:
    """When the first of the hours that are open now closes."""
    return min((rule.closes_after(now) for rule in rules if isinstance(rule, ClockHours)), default=None)
