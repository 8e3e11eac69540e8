"""A small sample business, loaded into an empty database so that a newcomer sees the engine at work.

Nobody here exists: addresses are under example.com and numbers lie in the ranges kept for fiction.
"""

from decimal import Decimal

from leads.capture import NewConsent, NewLead
from leads.model import Channel, Colleague, LeadKind, Role
from leads.work_hours import WorkHours

COLLEAGUES = (
    Colleague("mia", "Mia Santos", "mia@example.com", "+12125550141", Role.MANAGER, team="sales"),
    Colleague(
        "anna",
        "Anna Keller",
        "anna@example.com",
        "+12125550142",
        team="sales",
        hours=WorkHours.parse("mon-fri 08:00-16:30"),
        skills=("english", "spanish", "ovens"),
        calls_per_day=25,
    ),
    Colleague(
        "ben",
        "Ben Okafor",
        "ben@example.com",
        "+12125550143",
        team="sales",
        zone="America/Los_Angeles",
        calendar="US-CA",
        hours=WorkHours.parse("mon-fri 08:30-17:00"),
        skills=("english", "service contracts"),
    ),
)
"""The sample business's people: a manager and two reps."""

_WORDING = "Yes, Example Company may text me about my request. Reply STOP to opt out."


def _texts_to(phone: str) -> tuple[NewConsent, ...]:
    return (NewConsent(Channel.SMS, phone, _WORDING, "checkbox", "web form"),)


LEADS = (
    NewLead(
        name="Priya Raman",
        company="Harbor Bakery",
        email="priya@harbor-bakery.example.com",
        phone="+12125550111",
        zone="America/New_York",
        question="Can your ovens run on single-phase power, and what would two of them cost?",
        source="web form",
        cost=Decimal("18.50"),
        consents=_texts_to("+12125550111"),
    ),
    NewLead(
        name="Tom Whitfield",
        company="Whitfield & Sons",
        email="tom@whitfield.example.com",
        phone="+13125550112",
        zone="America/Chicago",
        question="How long is delivery to Chicago at the moment?",
        source="web form",
        cost=Decimal("22.00"),
    ),
    NewLead(
        name="Lucía Fernández",
        email="lucia@lf-design.example.com",
        zone="America/Los_Angeles",
        question="Do you offer a trial before we commit?",
        source="trade fair",
        cost=Decimal("41.00"),
        attributes={"size": "small"},
    ),
    NewLead(
        name="George Adeyemi",
        company="Peak Fitness",
        phone="+14235550114",
        question="Please call me about your service contract.",
        source="phone call",
        cost=Decimal("9.00"),
    ),
    NewLead(
        name="Hannah Cole",
        company="Cole Interiors",
        email="hannah@cole-interiors.example.com",
        phone="+18505550115",
        question="Which financing do you offer for a first order?",
        source="web form",
        consents=_texts_to("+18505550115"),
    ),
    NewLead(
        name="Kenji Mori",
        company="Mori Tea House",
        email="kenji@mori-tea.example.com",
        zone="Pacific/Honolulu",
        question="Do you ship to Hawaii?",
        source="web form",
        cost=Decimal("18.50"),
    ),
    NewLead(
        kind=LeadKind.OUTBOUND,
        name="Sofia Lindqvist",
        company="Northlight Hotels",
        email="sofia@northlight.example.com",
        phone="+16175550117",
        zone="America/New_York",
        source="prospecting",
        generated_by="ben",
        owner="anna",
    ),
    NewLead(
        kind=LeadKind.OUTBOUND,
        name="Marcus Hill",
        company="Hill Catering",
        email="marcus@hill-catering.example.com",
        zone="America/Denver",
        source="prospecting",
        generated_by="anna",
        owner="ben",
    ),
)
"""The sample business's leads."""
POINTS = frozenset(point for lead in LEADS for point in (lead.email, lead.phone) if point is not None)
"""The sample business's leads' addresses and numbers, as they are stored."""
