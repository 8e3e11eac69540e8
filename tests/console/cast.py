"""Who appears in the business that the console is shown with: colleagues, leads, and what each of them says.

Nobody here exists: addresses are under example.com and numbers lie in the ranges kept for fiction.
"""

import random
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    Colleague(
        "chloe",
        "Chloe Dubois",
        "chloe@example.com",
        "+13125550144",
        team="sales",
        zone="America/Chicago",
        skills=("english", "french"),
    ),
    Colleague("eva", "Eva Novak", "eva@example.com", "+12125550145", Role.EXPERT, skills=("ovens",), weight=0),
    Colleague(
        "paul",
        "Paul Moreau",
        "paul@dealer.example.com",
        "+14165550146",
        Role.PARTNER,
        zone="America/Toronto",
        calendar="CA",
        weight=0,
    ),
    Colleague("mara", "Mara Reyes", "mara@example.com", role=Role.MARKETING, weight=0),
    Colleague("ada", "Ada Winter", "ada@example.com", role=Role.ADMIN, weight=0),
)
"""One of each role, and two reps more."""
REPS = ("anna", "ben", "chloe")

_PEOPLE = """
Priya Raman|Harbor Bakery|212
Tom Whitfield|Whitfield & Sons|312
Lucía Fernández|Panadería Fernández|213
George Adeyemi|Peak Fitness Café|423
Hannah Cole|Cole & Daughters|850
Kenji Mori|Mori Tea House|808
Nora Lind|Lindgården Cakes|617
Samuel Osei|Golden Crust|202
Ingrid Halvorsen|Fjord Coffee|206
Mateo Silva|Silva's Pizza|305
Grace Okonkwo|The Daily Loaf|713
Daniel Weiss|Weiss Hotel|303
Amara Diallo|Sahel Kitchen|404
Owen Parry|Parry's Pies|503
Yuki Tanaka|Little Crane|415
Clara Dvorak|Dvorak Pastries|312
Isaac Brenner|Brenner Bagels|718
Leila Haddad|Cedar & Thyme|313
Jonas Berg|Berg School Meals|612
Fatima Zahra|Café Atlas|215
Henry Lawson|Lawson Lodge|907
Sofia Lindqvist|Northlight Hotels|617
Marcus Hill|Hill Catering|303
Elena Petrova|Petrova Patisserie|702
Ravi Menon|Spice Route|408
Molly Byrne|Byrne's Corner|617
Victor Almeida|Almeida Brothers|508
Aisha Karim|Rosewater|214
Felix Braun|Braunhaus|414
Naomi Clarke|Clarke's Kitchen|504
Diego Morales|Molino Azul|210
Emma Sørensen|Sørensen Bread|360
Caleb Wright|Wright Street Pizza|614
Mei Chen|Jade Garden|626
Patrick Doyle|The Oak Inn|518
Zara Malik|Malik Sweets|732
Hugo Lefèvre|Lefèvre Fils|504
Tessa Young|Sunday Brunch Co|480
Abel Girma|Addis Oven|301
Ruth Goldberg|Goldberg Deli|718
Liam Foster|Foster Farm Shop|802
Carmen Ortiz|Ortiz Tortillas|915
Peter Kowalski|Kowalski Bakery|773
Anika Rao|Rao's Sweets|510
Stefan Ilić|Grill Ilić|216
Maya Brooks|Brooks & Bean|919
Theo Papas|Papas Taverna|727
Julia Romano|Romano Trattoria|401
Noah Fischer|Fischer Foods|513
Olivia Grant|Grant Hall College|603
Kwame Mensah|Kumasi Café|770
Lena Hoffmann|Hoffmann Torten|920
Arthur Penn|Penn Street Market|717
Sara Nyström|Nyström Café|218
Bruno Costa|Costa do Sol|954
Vera Kim|Seoul Food|703
Jack Turner|Turner's Truckstop|307
Nadia Rahimi|Saffron House|818
Oscar Vega|Vega Food Trucks|505
Ellie Marsh|Marsh Harbour Inn|207
Tariq Aziz|Aziz Halal Kitchen|586
Rosa Jiménez|La Espiga|559
Simon Frost|Frost & Flour|208
Wendy Lau|Lucky Bun|628
Adam Nowak|Nowak's|847
Bianca Rossi|Forno Rossi|551
Colin Reed|Reed Community Center|334
Dina Farouk|Nile Bakery|469
Ethan Cross|Crossroads Diner|402
Freya Dahl|Dahl Bakeri|651
Gavin Shaw|Shaw's Smokehouse|816
Helga Brandt|Brandt Backwaren|262
Ivan Marin|Marin Meals|559
Jade Wilson|Wilson & Rye|828
Karl Jansen|Jansen Waffles|616
Lola Reyes|Dulce Lola|956
Milo Evans|Evans Street Bakes|304
Nina Schwartz|Schwartz Seniors' Home|561
Otto Lang|Langs Konditorei|231
Paula Mendes|Mendes Catering|401
Quinn Avery|Avery Brewpub|970
Rita Svensson|Svensson Scones|253
Sean Murphy|Murphy's Bar|631
Tina Vogel|Vogel Vegan|971
Umar Siddiqui|Siddiqui Foods|512
Vince Castell|Castell County Kitchen|276
Willa Stone|Stone Mill|540
Xenia Popov|Popov Piroshki|425
Yara Costa|Yara's Empanadas|786
Zack Miller|Miller Dairy Bar|608
Alba Serra|Serra Gelato|321
Bo Larsen|Larsen Ferries|360
Cora Blake|Blake House Hotel|843
Dev Patel|Patel Roadside Inns|678
Edie Moss|Moss Tearooms|413
Finn O'Hara|O'Hara's|978
Gina Ferrari|Pasta Ferrari|203
Hal Jensen|Jensen Airfield Café|435
Iris Fabian|Fabian Nurseries|541
Joel Kahn|Kahn & Kahn|929
Kira Volkov|Volkov Kvas|347
Leo Martin|Boulangerie Martin|985
"""
QUESTIONS = (
    "Can your ovens run on single-phase power, and what would two of them cost?",
    "How long is delivery at the moment?",
    "Do you offer a trial before we commit?",
    "What does a service contract cost for three sites?",
    "Which financing do you offer for a first order?",
    "Do you have a showroom where we could bake our own dough?",
    "How much does the two-deck oven weigh? We are on the second floor.",
    "Is installation included in the price?",
    "Could you send me a price list, please?",
    "What is the warranty on the stones?",
)
"""Asked again and again; the library answers all of them."""
UNKNOWN_QUESTIONS = (
    "Does the two-deck oven have steam injection for baguettes?",
    "Is steam injection possible with the one-deck oven?",
    "We bake rye bread: is there a version with steam?",
    "Can the oven be reached over Wi-Fi, to start it before we come in?",
    "Is there an app, or Wi-Fi, to heat up the oven in the morning?",
    "Is the oven certified for a kosher kitchen?",
    "Do you take our old deck oven in part exchange?",
    "Does it also run on natural gas?",
)
"""What the library says nothing to: an expert answers, and marketing sees what is missing."""
_WORDING = "Yes, Example Company may text me about my request. Reply STOP to opt out."
_SOURCES = {"web form": Decimal("18.50"), "trade fair": Decimal("41.00"), "phone call": Decimal("9.00")}
_MINDS = {"yes": 30, "no": 13, "not now": 13, "stop": 4, "silent": 40}


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who comes in, and what that person has in mind."""

    number: int
    at: datetime
    new: NewLead
    mind: str
    """What the person says in the end: yes, no, not now, stop; or nothing, being silent."""
    decides_after: int
    """Talks until it is said."""
    writes: float
    """How likely a message of ours is answered."""
    chance: random.Random
    """For whatever else happens to this person."""


def guests(opens: datetime, closes: datetime, seed: str) -> Iterator[Guest]:
    """Everybody in the order of coming in, a few of them in the last hour."""
    chance = random.Random(seed)
    people = [line.split("|") for line in _PEOPLE.strip().splitlines()]
    last = [closes - timedelta(minutes=minutes) for minutes in (52, 34, 21, 9, 3)]
    before = sorted(_arrival(opens, closes - timedelta(hours=1), chance) for _ in people[len(last) :])
    for number, (at, person) in enumerate(zip([*before, *last], people, strict=True)):
        yield _guest(number, at.replace(microsecond=0), person, random.Random(f"{seed} {number}"))


def _arrival(opens: datetime, closes: datetime, chance: random.Random) -> datetime:
    """More and more of them, as a business that grows has it, and most while people are at work."""
    while True:
        at = opens + (closes - opens) * chance.random() ** 0.7
        if (at.weekday() < 5 and 14 <= at.hour < 23) or chance.random() < 0.15:
            return at


def _guest(number: int, at: datetime, person: list[str], chance: random.Random) -> Guest:
    name, company, area = person
    source = chance.choices(("web form", "trade fair", "phone call", "prospecting"), (52, 18, 10, 20))[0]
    inbound = source != "prospecting"
    first, house = plain(name.split()[0]), plain(company)
    phone = f"+1{area}55501{number % 100:02}" if chance.random() < 0.88 or source == "phone call" else None
    asks = UNKNOWN_QUESTIONS[number % len(UNKNOWN_QUESTIONS)] if number % 9 == 4 else chance.choice(QUESTIONS)
    consents = ()
    if phone is not None and source == "web form" and chance.random() < 0.45:
        consents = (NewConsent(Channel.SMS, phone, _WORDING, "checkbox", source),)
    new = NewLead(
        kind=LeadKind.INBOUND if inbound else LeadKind.OUTBOUND,
        email=f"{first}@{house}.example.com" if source != "phone call" else None,
        phone=phone,
        name=name,
        company=company,
        question=asks if inbound else None,
        source=source,
        cadence="fair-visitors" if source == "trade fair" else None,
        consents=consents,
        cost=_SOURCES.get(source),
        owner="paul" if number % 17 == 5 else "eva" if number % 31 == 7 else None,
        generated_by=None if inbound else chance.choice(REPS),
    )
    return Guest(
        number=number,
        at=at,
        new=new,
        mind=chance.choices(list(_MINDS), list(_MINDS.values()))[0],
        decides_after=chance.choice((1, 1, 1, 2)),
        writes=chance.choice((0.0, 0.1, 0.3)),
        chance=chance,
    )


def plain(text: str) -> str:
    """A text in lower-case letters that an address may have, words joined by hyphens."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("ø", "o").replace("'", ""))
    return re.sub(r"[^a-z]+", "-", letters.encode("ascii", "ignore").decode()).strip("-")


NOTES = {
    "connected": (
        "Runs two shops, the second one opens in spring. Wants to compare us with what they have.",
        "Liked that two people carry it in. Sends photos of the panel tonight.",
        "Talked to the head baker: the one-deck oven would do. The owner decides.",
        "Old oven needs 40 minutes to heat up; that is what bothers them most.",
    ),
    "voicemail": ("Left our number and the email's subject.", ""),
    "no answer": ("", "Rang for a minute.", ""),
    "yes": (
        "Wants the two-deck oven, delivery in January.",
        "Takes the trial oven; contract to the shop's address.",
        "Ready to order if financing works out.",
    ),
    "no": (
        "Bought a used one last week.",
        "Closing the shop in summer.",
        "Too small: one pizza evening a month.",
    ),
    "not now": ("New kitchen first; the builder is late.", "Budget comes in the new year.", "Busy until the holidays."),
    "answered": (
        "Explained the options and sent the drawing.",
        "Answered by email, with the price of two.",
        "Asked the workshop: it is possible, for $390 more.",
    ),
    "accepted": ("Offer is out.",),
    "won": ("Order signed: two decks and the stand.", "Ordered by email, paid in advance."),
    "lost": ("Went with a cheaper one in the end.",),
    "held": ("Baked two trays together by video. Went well.",),
}
"""What colleagues write down."""
REPLIES = (
    "Thanks, that helps. Could you call me tomorrow before noon?",
    "Good to know. What would the second oven cost?",
    "I passed this on to our head baker, who has a question about cleaning.",
    "Thank you! We are still waiting for the electrician.",
)
"""What leads write back."""
