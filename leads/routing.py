"""Who gets a new lead, and why: the rules, who is at work now, and then whose turn it is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from leads.capture import NewLead
from leads.clocks import on_clock
from leads.company_domains import company_domain
from leads.model import Colleague, Company, Lead, LeadKind, Role
from leads.presence import absence_at, clock_of, first_at_work
from leads.regions import places_of
from leads.routing_sheet import Routing, When

LATELY = timedelta(days=7)
"""New leads of so long count for whose turn it is."""
MOST_COUNTED = 500
"""So many of them count, the newest."""
LAST_RESORT = "nobody else"
"""The name under which a lead is given to whoever there is."""
DEFAULT = "default"
BEGINS_TOO = timedelta(hours=1)
"""When nobody is at work, who begins so soon after the first takes turns with it: else the earliest has every night."""
_NEVER = datetime.max.replace(tzinfo=UTC)
_FEW = 4
"""So many names, at most, stand in an explanation."""
_INSTEAD = (Role.REP, Role.MANAGER, Role.EXPERT, Role.MARKETING, Role.ADMIN, Role.PARTNER)
"""Who is asked, in this order, when nobody whom the rules mean can take a lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What the rules may ask of a lead that comes in."""

    kind: LeadKind
    source: str | None = None
    places: frozenset[str] = frozenset()
    """Country and, where it is known, state: US and US-CA."""
    domain: str | None = None
    """Of the person's company."""
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Its attributes, each with its words in small letters."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets the lead."""

    owner: Colleague
    rule: str | None
    """None: the lead was given to somebody without the rules."""
    why: str


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Who may get the lead: one, or several between whom the turn decides."""

    people: tuple[Colleague, ...]
    rule: str
    why: str
    since: datetime
    """New leads from then on count for whose turn it is: since then all of them have been there."""


@dataclass(frozen=True, slots=True)
class Given:
    """The new leads that somebody got lately."""

    leads: int = 0
    last_at: datetime | None = None


def arrival_of(new: NewLead, company: Company, topics: Iterable[str] = ()) -> Arrival:
    """What the rules may ask of a lead as it was captured.

    Args:
        topics: what its question is about, beside what it says itself.
    """
    words = {name.lower(): _words(text) for name, text in new.attributes.items()}
    words["topic"] = words.get("topic", frozenset()) | {_plain(topic) for topic in topics}
    return Arrival(
        kind=new.kind,
        source=new.source,
        places=places_of(new.country, new.region, new.phone, company),
        domain=company_domain([new.email] if new.email else []),
        words=words,
    )


def arrival_again(lead: Lead, company: Company) -> Arrival:
    """The same of a lead that is here already."""
    return Arrival(
        kind=lead.kind,
        source=lead.source,
        places=places_of(lead.country, lead.region, lead.phone, company),
        domain=company_domain(lead.emails),
        words={name.lower(): _words(text) for name, text in lead.attributes.items()},
    )


def shortlist(
    routing: Routing,
    arrival: Arrival,
    people: Sequence[Colleague],
    company: Company,
    now: datetime,
    keeper: str | None = None,
) -> Shortlist | None:
    """Those who may get the lead by the first rule that fits and has somebody; None: nobody works here.

    Nobody who left, who is away, or who takes no new leads is among them while there is anybody else.

    Args:
        people: everybody who works here, in the order in which they came.
        keeper: who has the newest lead of the same company.
    """
    people = [one for one in people if one.active]
    passed: list[str] = []
    for rule, why, meant in _meant(routing, arrival, people, _stand_in(people, keeper, company, now)):
        taking = [one for one in meant if one.weight > 0]
        present = takers(taking, company, now)
        if present:
            return _at_work_first(present, rule, (*passed, why), company, now)
        passed.append(_passed_over(rule, taking, company, now))
    for group in _last_resorts(people, company, now):
        names = "everybody is away" if absence_at(group[0], company, now) else f"it goes to {_names(group)}"
        return _at_work_first(group, LAST_RESORT, (*passed, names), company, now)
    return None


def takers(people: Iterable[Colleague], company: Company, now: datetime) -> list[Colleague]:
    """Those who may get a new lead now: they work here, take new leads and are not away."""
    return [one for one in people if one.active and one.weight > 0 and absence_at(one, company, now) is None]


def eligible(
    routing: Routing, arrival: Arrival, people: Sequence[Colleague], keeper: str | None = None
) -> tuple[Colleague, ...]:
    """Those who may get a lead that starts later, by the first rule that fits and names somebody.

    Who is there now says nothing of then.
    """
    people = [one for one in people if one.active]
    for _, _, meant in _meant(routing, arrival, people, keeper):
        if taking := tuple(one for one in meant if one.weight > 0):
            return taking
    groups = ([one for one in people if one.role is role and one.weight > 0] for role in _INSTEAD)
    return tuple(next((group for group in groups if group), people))


def turn(found: Shortlist, given: Mapping[str, Given], zone: ZoneInfo) -> Choice:
    """Whose turn it is: who has the fewest new leads for the share, this one included; then who waited longest.

    Args:
        given: what each got since `Shortlist.since`.
        zone: the company's, on whose clock it is told.
    """
    if len(found.people) == 1:
        return Choice(found.people[0], found.rule, found.why)
    ranked = sorted(found.people, key=lambda one: _waits(one, given.get(one.id, Given())))
    first, counts = ranked[0], [_counted(one, given.get(one.id, Given())) for one in ranked]
    others = ", ".join(counts[1:_FEW]) + (" …" if len(counts) > _FEW else "")
    why = f"{found.why}; it is the turn of {counts[0]} since {on_clock(found.since, zone)} (then {others})"
    return Choice(first, found.rule, why)


def _waits(colleague: Colleague, given: Given) -> tuple[Fraction, float]:
    """The smaller, the earlier it is the colleague's turn."""
    last = given.last_at.timestamp() if given.last_at else float("-inf")
    return Fraction(given.leads + 1, max(colleague.weight, 1)), last


def _counted(colleague: Colleague, given: Given) -> str:
    share = f", share {colleague.weight}" if colleague.weight > 1 else ""
    return f"{colleague.name} with {given.leads} new lead{'s' * (given.leads != 1)}{share}"


def _meant(
    routing: Routing, arrival: Arrival, people: Sequence[Colleague], keeper: str | None
) -> Iterator[tuple[str, str, list[Colleague]]]:
    """Each rule that fits, why it does, and whom it means; the default last."""
    for rule in routing.rules:
        because = fits(rule.when, arrival)
        if because is None:
            continue
        if rule.to is not None:
            yield rule.rule, _said(rule.rule, because), [one for one in people if rule.to.means(one)]
        elif keeper is not None:
            owned = f"{arrival.domain} is known" if arrival.domain else "the company is known"
            yield rule.rule, _said(rule.rule, [*because, owned]), [one for one in people if one.id == keeper]
    yield DEFAULT, "no rule is for it", [one for one in people if routing.default.means(one)]


def _stand_in(people: Sequence[Colleague], keeper: str | None, company: Company, now: datetime) -> str | None:
    """The keeper of a company or, while the keeper is away, who covers."""
    away = next((absence_at(one, company, now) for one in people if one.id == keeper), None)
    return away.cover if away is not None and away.cover is not None else keeper


def fits(when: When, arrival: Arrival) -> list[str] | None:
    """What is true of the lead, line by line; None when one of the lines is not."""
    because: list[str] = []
    asked: list[tuple[str, Sequence[str], Iterable[str]]] = [
        ("kind", [when.kind.value] if when.kind else [], [arrival.kind.value]),
        ("source", when.source, [_plain(arrival.source)] if arrival.source else []),
        ("territory", when.territory, arrival.places),
        ("domain", when.domain, [arrival.domain] if arrival.domain else []),
    ]
    asked += [
        (name, getattr(when, name), arrival.words.get(name, ())) for name in ("industry", "product", "topic", "skills")
    ]
    asked += [(name, words, arrival.words.get(name.lower(), ())) for name, words in when.attributes.items()]
    for name, wanted, there in asked:
        if not wanted:
            continue
        found = next((word for word in wanted for one in there if _is(word, one)), None)
        if found is None:
            return None
        because.append(f"{name} {found}")
    return because


def _is(wanted: str, there: str) -> bool:
    return there.startswith(wanted[:-1]) if wanted.endswith("*") else there == wanted


def _said(rule: str, because: Sequence[str]) -> str:
    return f"rule {rule!r}" + (f" ({', '.join(because)})" if because else "")


def _passed_over(rule: str, taking: Sequence[Colleague], company: Company, now: datetime) -> str:
    if not taking:
        return f"{rule!r} names nobody who takes new leads"
    away = [absence_at(one, company, now) for one in taking]
    until = ", ".join(
        f"{one.name} is away until {absence.last_day:%a %d %b %Y}"
        for one, absence in list(zip(taking, away, strict=True))[:_FEW]
        if absence is not None
    )
    return f"{rule!r} names nobody who is there ({until})"


def _last_resorts(people: Sequence[Colleague], company: Company, now: datetime) -> Iterator[list[Colleague]]:
    """Whom a lead goes to when nobody whom the rules mean can take it: the nearest role first, and at last anybody."""
    present = [one for one in people if absence_at(one, company, now) is None]
    for role in _INSTEAD:
        yield from _some(one for one in present if one.role is role and one.weight > 0)
    yield from _some(present)
    yield from _some(one for one in people if one.weight > 0)
    yield from _some(people)


def _some(people: Iterable[Colleague]) -> Iterator[list[Colleague]]:
    found = list(people)
    if found:
        yield found


def _at_work_first(
    people: Sequence[Colleague], rule: str, words: Sequence[str], company: Company, now: datetime
) -> Shortlist:
    """Those who are at work now; when nobody is, those who begin first, and whoever begins soon after."""
    begins = {one.id: first_at_work(one, company, now)[0] or _NEVER for one in people}
    first = min(begins.values())
    soon = first + BEGINS_TOO if now < first < _NEVER else first
    chosen = tuple(one for one in people if begins[one.id] <= soon)
    if first <= now:
        said = f"at work now: {_names(chosen)}"
    elif first == _NEVER:
        said = f"nobody is at work within a year: {_names(chosen)}"
    else:
        there = first.astimezone(clock_of(chosen[0], company))
        begin = "begins" if len(chosen) == 1 else "begin"
        span = "" if len({begins[one.id] for one in chosen}) == 1 else " or soon after"
        clock = clock_of(chosen[0], company)
        said = f"nobody is at work; {_names(chosen)} {begin} {there:%a %d %b %Y %H:%M}{span} in {clock}"
    return Shortlist(chosen, rule, "; ".join([*words, said]), _all_there_since(chosen, company, now))


def _all_there_since(people: Sequence[Colleague], company: Company, now: datetime) -> datetime:
    """Since when all of them have been there: whoever joins, or comes back, is not flooded to catch up."""
    since = [now - LATELY]
    for one in people:
        if one.takes_leads_since is not None:
            since.append(one.takes_leads_since)
        ended = (absence.ends_at(clock_of(one, company)) for absence in one.absences)
        since += [end for end in ended if end <= now]
    return min(max(since), now)


def _names(people: Sequence[Colleague]) -> str:
    shown = ", ".join(one.name for one in people[:_FEW])
    return shown + (f" and {len(people) - _FEW} more" if len(people) > _FEW else "")


def _words(text: str) -> frozenset[str]:
    """A text, and each of its parts between commas: `Ovens, service contracts`."""
    return frozenset({_plain(text), *(_plain(part) for part in text.split(","))} - {""})


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
