"""The seeded generator: who asks when and how, and what each of them has in mind."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from leads.capture import NewConsent, NewLead
from leads.model import Channel, LeadKind
from tests.simulation.people import REPS, START, WEEKS

SOURCES = ("web form", "trade fair", "prospecting")
_ZONES = {"212": "America/New_York", "312": "America/Chicago", "213": "America/Los_Angeles"}
_QUESTIONS = (
    "How long is delivery to Chicago at the moment?",
    "Do you offer a trial before we commit?",
    "Could somebody show us how the big one is cleaned?",
    "What does a service contract cost for three sites?",
)
COSTS = {"web form": Decimal("18.50"), "trade fair": Decimal("41.00")}
"""What a lead of each source costs; prospecting is not accounted for by the lead."""
_MINDS = ("yes", "no", "not now", "stop", "silent")
_WEIGHTS = (22, 24, 10, 8, 36)


@dataclass(frozen=True, slots=True)
class Prospect:
    """Somebody who will come in, and what that person has in mind."""

    number: int
    captured_at: datetime
    new: NewLead
    mind: str
    """What the person will say in the end: one of yes, no, not now, stop, silent."""
    decides_after: int
    """Human contacts, or messages for those whom nobody can ring up, until it is said."""
    replies: float
    """How likely a message of ours is answered in writing."""
    seed: str
    """For everything that happens to this person."""


def prospects(seed: str, number: int) -> Iterator[Prospect]:
    """So many people, in the order in which they come in: about as many in each week."""
    chance = random.Random(seed)
    arrivals = sorted(_arrival(chance, index * WEEKS // number) for index in range(number))
    for index, (captured_at, source) in enumerate(arrivals, start=1):
        yield _prospect(chance, index, captured_at, source, f"{seed} {index}")


def _arrival(chance: random.Random, week: int) -> tuple[datetime, str]:
    """When somebody comes in, and from where: the web never closes, fairs and prospecting keep office hours."""
    source = chance.choices(SOURCES, (50, 25, 25))[0]
    monday = START + timedelta(weeks=week)
    if source == "web form":
        return monday + timedelta(minutes=chance.randrange(7 * 24 * 60)), source
    day = chance.randrange(5)
    return monday + timedelta(days=day, hours=9, minutes=chance.randrange(8 * 60)), source


def _prospect(chance: random.Random, number: int, captured_at: datetime, source: str, seed: str) -> Prospect:
    inbound = source != "prospecting"
    reach = chance.choices(("both", "email", "phone"), (70, 15, 15) if inbound else (80, 20, 0))[0]
    area = chance.choice(list(_ZONES))
    phone = f"+1{area}555{number:04}" if reach != "email" else None
    consents = ()
    if phone is not None and inbound and chance.random() < 0.3:
        consents = (NewConsent(Channel.SMS, phone, "You may text me.", "checkbox", source),)
    finder = chance.choice(REPS).id
    new = NewLead(
        kind=LeadKind.INBOUND if inbound else LeadKind.OUTBOUND,
        email=f"person{number}@firm{number}.example.com" if reach != "phone" else None,
        phone=phone,
        name=f"Person {number}",
        company=f"Firm {number}",
        question=chance.choice(_QUESTIONS) if inbound else None,
        source=source,
        zone=_ZONES[area],
        consents=consents,
        cost=COSTS.get(source),
        generated_by=None if inbound else finder,
    )
    return Prospect(
        number=number,
        captured_at=captured_at,
        new=new,
        mind=chance.choices(_MINDS, _WEIGHTS)[0],
        decides_after=chance.choice((1, 1, 2, 3)),
        replies=chance.choice((0.0, 0.1, 0.25)),
        seed=seed,
    )
