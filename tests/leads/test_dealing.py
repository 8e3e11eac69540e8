"""Many leads dealt on paper: turns, shares, companies that have their colleague, and leads that name an owner."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from leads.dealing import Incoming, Turns, dealt
from leads.model import Colleague, LeadKind, Role
from leads.playbook import Playbook
from leads.routing import Arrival
from leads.routing_sheet import FILE, Routing
from leads.sheets import load_sheet
from tests.sample import COLLEAGUES, COMPANY

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
RULES = load_sheet(Routing, Playbook().file(FILE))
SOMEBODY = Incoming(Arrival(kind=LeadKind.INBOUND))


def deal(*leads: Incoming, people: tuple[Colleague, ...] = COLLEAGUES, turns: Turns | None = None) -> list[str | None]:
    return dealt(RULES, leads, people, COMPANY, NOW, keepers={}, turns=turns or Turns())


def test_reps_take_turns_and_who_had_more_lately_waits() -> None:
    assert Counter(deal(*[SOMEBODY] * 9)).most_common()[0][1] - Counter(deal(*[SOMEBODY] * 9)).most_common()[-1][1] <= 1
    had = Turns([("anna", NOW - timedelta(hours=1))] * 4, {"anna": NOW - timedelta(hours=1)})
    assert deal(*[SOMEBODY] * 4, turns=had) == ["ben"] * 4


def test_a_share_of_two_gets_twice_as_many() -> None:
    anna, ben = (Colleague(one, one, None, None, Role.REP, weight=share) for one, share in (("anna", 2), ("ben", 1)))
    assert Counter(deal(*[SOMEBODY] * 30, people=(anna, ben))) == {"anna": 20, "ben": 10}


def test_a_company_stays_with_whoever_got_its_first_lead() -> None:
    acme, other = (Incoming(Arrival(kind=LeadKind.INBOUND, domain=one)) for one in ("acme.com", "other.com"))
    first, *others = deal(acme, acme, acme, other)
    assert others == [first, first, {"anna": "ben", "ben": "anna"}[first or ""]]


def test_who_names_an_owner_takes_no_turn_and_who_is_refused_takes_one() -> None:
    named, refused = Incoming(SOMEBODY.arrival, "ben"), Incoming(SOMEBODY.arrival, stays=False)
    assert deal(named, SOMEBODY, SOMEBODY) == ["ben", *deal(SOMEBODY, SOMEBODY)]
    assert deal(refused, SOMEBODY) == [None, deal(SOMEBODY, SOMEBODY)[1]]


def test_where_nobody_works_a_lead_is_nobodys() -> None:
    assert deal(SOMEBODY, people=()) == [None]
