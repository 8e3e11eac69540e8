"""Who gets a new lead, and why: choices computed by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.absences import Absence, WhileAway
from leads.capture import NewLead
from leads.model import Colleague, Company, LeadKind, Role
from leads.playbook import Playbook
from leads.presence import absence_at
from leads.routing import Arrival, Choice, Given, arrival_of, shortlist, turn
from leads.routing_sheet import FILE, Routing, names_nobody, read_routing
from leads.sheets import load_sheet, sheet_of
from leads.work_hours import WorkHours

COMPANY = Company(
    name="Harbor Supply", zone="America/New_York", country="US", hours=WorkHours.parse("mon-fri 09:00-17:30", "US")
)
FRIDAY = datetime(2026, 11, 20, 15, tzinfo=UTC)
"""10:00 in New York, 07:00 in Los Angeles."""
ANNA = Colleague("anna", "Anna", team="east", skills=("spanish", "ovens"))
BEN = Colleague("ben", "Ben", team="west", zone="America/Los_Angeles", skills=("ovens",))
CLEO = Colleague("cleo", "Cleo", team="east", weight=2)
MIA = Colleague("mia", "Mia", role=Role.MANAGER)
DEALER = Colleague("nord", "Nord GmbH", role=Role.PARTNER, zone="Europe/Berlin")
PEOPLE = (MIA, ANNA, BEN, CLEO, DEALER)
INBOUND = Arrival(kind=LeadKind.INBOUND)


def rules(text: str) -> Routing:
    return sheet_of(Routing, text, "routing.yaml")


def chosen(
    text: str,
    arrival: Arrival = INBOUND,
    people: tuple[Colleague, ...] = PEOPLE,
    now: datetime = FRIDAY,
    counts: Mapping[str, Given] | None = None,
    keeper: str | None = None,
) -> Choice:
    found = shortlist(rules(text), arrival, people, COMPANY, now, keeper)
    assert found is not None
    return turn(found, counts or {}, ZoneInfo(COMPANY.zone))


def away(colleague: Colleague, first: str, last: str, **more: object) -> Colleague:
    absence = Absence(first_day=date.fromisoformat(first), last_day=date.fromisoformat(last), **more)  # type: ignore[arg-type]
    return replace(colleague, absences=(*colleague.absences, absence))


ONLY_DEFAULT = "rules: []"
BY_TERRITORY = """
rules:
  - {rule: dealer, when: {kind: inbound, territory: [DE, AT]}, to: {partner: nord}}
  - {rule: west, when: {territory: US-CA}, to: {team: west}}
  - {rule: spanish ovens, when: {skills: spanish, product: ovens}, to: {skills: [spanish, ovens]}}
  - {rule: fairs, when: {source: "trade fair*"}, to: {reps: [cleo, mia]}}
"""


def test_the_shipped_rules_are_right_and_keep_a_company_with_its_owner() -> None:
    shipped = load_sheet(Routing, Playbook().file(FILE))
    found = shortlist(shipped, replace(INBOUND, domain="harbor.com"), PEOPLE, COMPANY, FRIDAY, "cleo")
    assert found is not None
    assert [one.id for one in found.people] == ["cleo"]
    assert found.why == "rule 'whoever knows the company' (harbor.com is known); at work now: Cleo"


@pytest.mark.parametrize(
    ("arrival", "owner", "why"),
    [
        (
            {"places": frozenset({"DE"})},
            "nord",
            "rule 'dealer' (kind inbound, territory DE); at work now: Nord GmbH",  # 16:00 in Berlin
        ),
        ({"places": frozenset({"DE"}), "kind": LeadKind.OUTBOUND}, "anna", "no rule is for it"),
        (
            {"places": frozenset({"US", "US-CA"})},
            "ben",
            "rule 'west' (territory US-CA); nobody is at work; Ben begins Fri 20 Nov 2026 09:00 in America/Los_Angeles",
        ),
        (
            {"words": {"skills": frozenset({"spanish"}), "product": frozenset({"ovens", "ovens, grills"})}},
            "anna",
            "rule 'spanish ovens' (product ovens, skills spanish); at work now: Anna",
        ),
        ({"words": {"skills": frozenset({"spanish"})}}, "anna", "no rule is for it"),
        ({"source": "Trade Fair  Chicago"}, "cleo", "rule 'fairs' (source trade fair*); at work now: Mia, Cleo; "),
    ],
)
def test_the_first_rule_that_fits_decides(arrival: dict[str, object], owner: str, why: str) -> None:
    choice = chosen(BY_TERRITORY, replace(INBOUND, **arrival), counts={"mia": Given(1), "cleo": Given(1)})  # type: ignore[arg-type]
    assert choice.owner.id == owner
    assert choice.why.startswith(why)


def test_turns_follow_the_share_of_each() -> None:
    """Cleo's share is 2: of six leads she gets four. Anna and Cleo are at work, Ben is not yet."""
    got: dict[str, list[datetime]] = {"anna": [], "cleo": []}
    order = []
    for number in range(6):
        now = FRIDAY + timedelta(seconds=number)
        counts = {one: Given(len(at), at[-1] if at else None) for one, at in got.items()}
        owner = chosen(ONLY_DEFAULT, now=now, counts=counts).owner.id
        got[owner].append(now)
        order.append(owner)
    # 1/1 against 1/2: Cleo. 1/1 against 2/2: Anna, who has none. 2/1 against 2/2: Cleo. 2/1 against 3/2: Cleo.
    # 2/1 against 4/2: Anna, who waited longer. 3/1 against 4/2: Cleo.
    assert order == ["cleo", "anna", "cleo", "cleo", "anna", "cleo"]


def test_the_explanation_names_the_counts() -> None:
    choice = chosen(ONLY_DEFAULT, counts={"anna": Given(2), "cleo": Given(5)})
    assert choice.why == (
        "no rule is for it; at work now: Anna, Cleo; it is the turn of Anna with 2 new leads "
        "since Fri 13 Nov 2026 10:00 in New York (then Cleo with 5 new leads, share 2)"
    )


def test_of_equals_the_one_without_a_lead_for_longest_is_next() -> None:
    two = (ANNA, replace(CLEO, weight=1))
    later = {"anna": Given(3, FRIDAY), "cleo": Given(3, FRIDAY - timedelta(minutes=1))}
    assert chosen(ONLY_DEFAULT, people=two, counts=later).owner.id == "cleo"
    assert chosen(ONLY_DEFAULT, people=two).owner.id == "anna"  # neither ever had one: who came first


def test_at_night_whoever_begins_first_gets_it_and_it_is_said() -> None:
    night = datetime(2026, 11, 21, 3, tzinfo=UTC)  # Friday 22:00 in New York, 19:00 in Los Angeles
    choice = chosen(ONLY_DEFAULT, people=(BEN, ANNA), now=night)
    assert choice.owner.id == "anna"
    assert choice.why == ("no rule is for it; nobody is at work; Anna begins Mon 23 Nov 2026 09:00 in America/New_York")
    both = chosen(ONLY_DEFAULT, people=(BEN, ANNA, CLEO), now=night)
    assert "nobody is at work; Anna, Cleo begin Mon 23 Nov 2026 09:00 in America/New_York; it is the turn" in both.why


@pytest.mark.parametrize(("begins", "shares"), [("08:00", True), ("07:59", False)])
def test_the_earliest_does_not_get_every_nights_leads(begins: str, shares: bool) -> None:
    night = datetime(2026, 11, 21, 3, tzinfo=UTC)
    early = replace(BEN, zone=ANNA.zone, hours=WorkHours.parse(f"mon-fri {begins}-16:00"))
    choice = chosen(ONLY_DEFAULT, people=(early, ANNA), now=night, counts={"ben": Given(9), "anna": Given(1)})
    assert choice.owner.id == ("anna" if shares else "ben")
    assert ("or soon after" in choice.why) == shares


def test_who_is_away_gets_nothing_while_somebody_else_is_there() -> None:
    people = (away(ANNA, "2026-11-20", "2026-11-24"), BEN)
    choice = chosen("rules: [{rule: spanish, to: {skills: spanish}}]", people=people)
    assert choice.owner.id == "ben"
    assert choice.why.startswith(
        "'spanish' names nobody who is there (Anna is away until Tue 24 Nov 2026); no rule is for it; nobody is at work"
    )


def test_when_all_reps_are_away_the_manager_gets_it_and_the_partner_last() -> None:
    gone = [away(one, "2026-11-16", "2026-11-30") for one in (ANNA, BEN, CLEO)]
    choice = chosen(ONLY_DEFAULT, people=(DEALER, *gone, MIA))
    assert (choice.owner.id, choice.rule) == ("mia", "nobody else")
    assert choice.why.endswith("it goes to Mia; at work now: Mia")
    assert chosen(ONLY_DEFAULT, people=(DEALER, *gone)).owner.id == "nord"


def test_when_everybody_is_away_who_comes_back_first_gets_it() -> None:
    people = (away(ANNA, "2026-11-16", "2026-11-30"), away(CLEO, "2026-11-20", "2026-11-24"))
    choice = chosen(ONLY_DEFAULT, people=people)
    assert choice.owner.id == "cleo"
    # Her first day is Wednesday; Thanksgiving is the day after.
    assert choice.why.endswith(
        "everybody is away; nobody is at work; Cleo begins Wed 25 Nov 2026 09:00 in America/New_York"
    )


def test_who_takes_no_new_leads_gets_none_unless_nobody_else_is_there() -> None:
    none = replace(ANNA, weight=0)
    assert chosen("rules: [{rule: anna, to: {reps: anna}}]", people=(none, CLEO)).owner.id == "cleo"
    assert chosen(ONLY_DEFAULT, people=(none,)).owner.id == "anna"
    # Somebody who is there, and usually takes none, comes before somebody who is away for days.
    assert chosen(ONLY_DEFAULT, people=(away(CLEO, "2026-11-20", "2026-11-24"), none)).owner.id == "anna"


def test_a_rule_that_names_nobody_is_passed_over_and_said() -> None:
    choice = chosen("rules: [{rule: ghosts, to: {reps: [casper]}}, {rule: north, to: {team: north}}]", people=(ANNA,))
    assert choice.owner.id == "anna"
    assert choice.why.startswith(
        "'ghosts' names nobody who takes new leads; 'north' names nobody who takes new leads; no rule is for it"
    )


def test_who_left_gets_nothing() -> None:
    left = replace(ANNA, active=False)
    assert chosen("rules: [{rule: anna, to: {reps: anna}}]", people=(left, CLEO)).owner.id == "cleo"
    assert shortlist(rules(ONLY_DEFAULT), INBOUND, (left,), COMPANY, FRIDAY) is None


def test_a_company_stays_with_who_knows_it_through_the_night_but_not_through_days_off() -> None:
    knows = "rules: [{rule: known, same_company: owner}]"
    asked = replace(INBOUND, domain="harbor.com")
    assert chosen(knows, asked, keeper="ben").owner.id == "ben"  # 07:00 there; Anna is at work
    assert chosen(knows, asked, (ANNA, away(BEN, "2026-11-20", "2026-11-20")), keeper="ben").owner.id == "anna"
    covered = away(BEN, "2026-11-20", "2026-11-20", policy=WhileAway.COVER, cover="cleo")
    assert chosen(knows, asked, (ANNA, covered, CLEO), keeper="ben").owner.id == "cleo"
    assert chosen(knows, asked, keeper=None).owner.id == "cleo"


def test_whoever_joins_or_comes_back_is_not_flooded_to_catch_up() -> None:
    joined = replace(CLEO, takes_leads_since=FRIDAY - timedelta(hours=2))
    found = shortlist(rules(ONLY_DEFAULT), INBOUND, (ANNA, joined), COMPANY, FRIDAY)
    assert found is not None
    assert found.since == FRIDAY - timedelta(hours=2)
    back = away(CLEO, "2026-11-02", "2026-11-18")
    found = shortlist(rules(ONLY_DEFAULT), INBOUND, (ANNA, back), COMPANY, FRIDAY)
    assert found is not None
    assert found.since == datetime(2026, 11, 19, 5, tzinfo=UTC)  # Thursday begins in New York
    found = shortlist(rules(ONLY_DEFAULT), INBOUND, (ANNA, CLEO), COMPANY, FRIDAY)
    assert found is not None
    assert found.since == FRIDAY - timedelta(days=7)


@pytest.mark.parametrize(
    ("new", "places"),
    [
        (NewLead(country="DE", region="BY"), {"DE", "DE-BY"}),
        (NewLead(country="US", region="CA"), {"US", "US-CA"}),
        (NewLead(phone="+14155550123"), {"US", "US-CA"}),  # a lead with only a phone
        (NewLead(phone="+493012345678"), {"DE"}),
        (NewLead(phone="+14155550123", country="DE"), {"DE"}),
        (NewLead(email="ann@harbor.com"), {"US"}),  # nothing tells: the company's own country
    ],
)
def test_where_a_lead_is_comes_from_what_it_says_then_from_its_number(new: NewLead, places: set[str]) -> None:
    assert arrival_of(new, COMPANY).places == places


def test_attributes_are_read_as_words() -> None:
    new = NewLead(email="ann@mail.harbor.com", attributes={"Product": "Ovens,  service Contracts", "topic": "price"})
    arrival = arrival_of(new, COMPANY, ["delivery"])
    assert arrival.domain == "harbor.com"
    assert arrival.words["product"] == {"ovens, service contracts", "ovens", "service contracts"}
    assert arrival.words["topic"] == {"price", "delivery"}


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("", "1:1", "the file is empty, or no mapping"),
        ("rules:\n  - {rule: x, when: {territory: XX}, to: {team: a}}", "2:33", "'XX' is no country"),
        ("rules:\n  - {rule: x, when: {territory: US-XX}, to: {team: a}}", "2:33", "no state"),
        ("rules:\n  - {rule: x}", "2:5", "'x' leads nowhere, or two ways"),
        ("rules:\n  - {rule: x, to: {}}", "2:19", "`to` names nobody"),
        ("rules:\n  - {rule: x, when: {sorce: a}, to: {team: a}}", "2:22", "unknown key `sorce`"),
        ("rules:\n  - {rule: x, to: {role: boss}}", "2:26", "`role` can't be 'boss'"),
        ("rules:\n  - {rule: x, to: {team: a}}\n  - {rule: x, to: {team: a}}", "1:1", "two rules are called 'x'"),
    ],
)
def test_a_mistake_is_found_with_its_place(text: str, place: str, said: str) -> None:
    sheet = read_routing(text, "routing.yaml")
    assert sheet.value is None
    found = [str(one) for one in sheet.findings]
    assert any(line.startswith(f"routing.yaml:{place}: error: ") and said in line for line in found), found


def test_the_check_knows_who_is_there() -> None:
    text = """\
rules:
  - {rule: a, to: {reps: [anna, casper]}}
  - {rule: b, to: {partner: ben}}
  - {rule: c, to: {team: north}}
  - {rule: d, to: {reps: left}}
default: {skills: idle}
"""
    people = (*PEOPLE, Colleague("left", "Left", active=False), Colleague("idle", "Idle", skills=("idle",), weight=0))
    found = [str(one) for one in names_nobody(read_routing(text, "routing.yaml"), people)]
    assert found == [
        "routing.yaml:2:26: error: there is no colleague 'casper'",
        "routing.yaml:3:29: error: 'ben' is no partner",
        "routing.yaml:4:19: warning: nobody is meant by this",
        "routing.yaml:5:26: error: 'left' works here no more",
        "routing.yaml:6:10: warning: nobody who is meant by this takes new leads",
    ]


def _people() -> st.SearchStrategy[tuple[Colleague, ...]]:
    day = st.dates(date(2026, 11, 10), date(2026, 11, 30))
    absence = st.tuples(day, day).map(lambda days: Absence(first_day=min(days), last_day=max(days)))
    one = st.builds(
        Colleague,
        st.just("somebody"),
        st.just("Somebody"),
        role=st.sampled_from(Role),
        team=st.sampled_from([None, "east", "west"]),
        zone=st.sampled_from([None, "Asia/Tokyo", "America/Los_Angeles"]),
        hours=st.sampled_from([None, WorkHours.parse("sat-sun 22:00-24:00")]),
        skills=st.sampled_from([(), ("spanish",)]),
        weight=st.integers(0, 3),
        active=st.booleans(),
        absences=st.lists(absence, max_size=2).map(tuple),
    )
    return st.lists(one, min_size=1, max_size=6).map(
        lambda found: tuple(replace(who, id=f"p{number}") for number, who in enumerate(found))
    )


@settings(max_examples=300, deadline=None)
@given(
    people=_people(),
    text=st.sampled_from(
        [ONLY_DEFAULT, "rules: [{rule: a, to: {team: east}}, {rule: b, same_company: owner}]\ndefault: {team: west}"]
    ),
    keeper=st.sampled_from([None, "p0", "p1"]),
    hours=st.integers(0, 300),
    counts=st.dictionaries(st.sampled_from(["p0", "p1", "p2"]), st.builds(Given, st.integers(0, 9)), max_size=3),
)
def test_nobody_who_left_or_is_away_or_takes_none_gets_a_lead_while_there_is_another(
    people: tuple[Colleague, ...], text: str, keeper: str | None, hours: int, counts: dict[str, Given]
) -> None:
    now = FRIDAY + timedelta(hours=hours)
    found = shortlist(rules(text), INBOUND, people, COMPANY, now, keeper)
    here = [one for one in people if one.active]
    if found is None:
        assert not here
        return
    owner = turn(found, counts, ZoneInfo(COMPANY.zone)).owner
    able = [one for one in here if one.weight > 0 and absence_at(one, COMPANY, now) is None]
    assert owner in (able or here)
    assert owner.active


def test_the_file_lies_where_the_playbook_says(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(ONLY_DEFAULT, encoding="utf-8")
    assert Playbook(tmp_path).file(FILE) == tmp_path / FILE
