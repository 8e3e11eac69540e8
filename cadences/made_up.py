"""People who do not exist, to see what a cadence does with somebody of whom more or less is known."""

from dataclasses import dataclass, replace
from datetime import datetime

from cadences.fields import SAMPLE_LEAD
from leads.model import ContactKind, ContactPoint, Lead, LeadKind


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A person who does not exist."""

    key: str
    label: str
    lead: Lead


def _with(kind: ContactKind) -> Lead:
    contacts = tuple(point for point in SAMPLE_LEAD.contacts if point.kind is kind)
    return replace(SAMPLE_LEAD, contacts=contacts, consents=())


def _in(zone: str, phone: str) -> Lead:
    contacts = (*(point for point in SAMPLE_LEAD.contacts if point.kind is ContactKind.EMAIL),)
    consents = tuple(replace(consent, contact=phone) for consent in SAMPLE_LEAD.consents)
    return replace(
        SAMPLE_LEAD, zone=zone, contacts=(*contacts, ContactPoint(ContactKind.PHONE, phone)), consents=consents
    )


MADE_UP = (
    MadeUp("complete", "Maria, who gave us everything", SAMPLE_LEAD),
    MadeUp("no-texts", "Maria, who agreed to no texts", replace(SAMPLE_LEAD, consents=())),
    MadeUp("email", "Maria, with an email address only", _with(ContactKind.EMAIL)),
    MadeUp("phone", "Maria, with a phone number only", _with(ContactKind.PHONE)),
    MadeUp(
        "nameless",
        "Somebody who gave no name and no company",
        replace(SAMPLE_LEAD, name=None, company=None, source=None),
    ),
    MadeUp("west", "Maria, on the clock of Los Angeles", _in("America/Los_Angeles", "+12135550143")),
)
"""Whom a preview offers, besides leads that there are."""


def made_up(key: str) -> Lead:
    """One of them; the first one where there is none of this name."""
    return next((one.lead for one in MADE_UP if one.key == key), MADE_UP[0].lead)


def coming_in(lead: Lead, begins: datetime, kind: LeadKind) -> Lead:
    """The lead as it would be if it came in at an instant, as one of this kind."""
    asks = kind is LeadKind.INBOUND
    return replace(
        lead,
        kind=kind,
        created_at=begins,
        question=lead.question if asks else None,
        inquiry=lead.inquiry if asks else None,
        inquired_at=begins if asks else lead.inquired_at,
    )
