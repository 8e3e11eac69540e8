"""Many leads that come in one after the other, dealt to their owners on paper: who would get how many."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leads.model import Colleague, Company
from leads.routing import MOST_COUNTED, Arrival, Given, shortlist, turn
from leads.routing_sheet import Routing

_NEXT = timedelta(microseconds=1)
"""So much later the next lead comes in, so that whoever got one waited less long than whoever did not."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A lead that would come in."""

    arrival: Arrival
    owner: str | None = None
    """Whom it names itself."""
    stays: bool = True
    """False: it takes somebody's turn, and is refused only then."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Who got new leads lately, as the database has it."""

    lately: Sequence[tuple[str, datetime]] = ()
    """A colleague and when, the oldest first; the newest `MOST_COUNTED` count."""
    last_at: Mapping[str, datetime] | None = None
    """When each got the last one, however long ago."""


def dealt(
    routing: Routing,
    leads: Iterable[Incoming],
    people: Sequence[Colleague],
    company: Company,
    now: datetime,
    *,
    keepers: Mapping[str, str],
    turns: Turns,
) -> list[str | None]:
    """Whose each lead would be if they came in now; None where it does not stay, or nobody works here.

    It is a forecast: what comes in by other doors meanwhile takes turns, too.

    Args:
        leads: in the order in which they come in.
        people: everybody who works here, in the order in which they came.
        keepers: who has the newest lead of a company, by the company's domain.
        turns: what was dealt before.
    """
    kept, lately, last_at = dict(keepers), deque(turns.lately, MOST_COUNTED), dict(turns.last_at or {})
    found: list[str | None] = []
    zone = ZoneInfo(company.zone)
    for one in leads:
        arrival, owner = one.arrival, one.owner
        if owner is None:
            keeper = kept.get(arrival.domain) if arrival.domain is not None else None
            short = shortlist(routing, arrival, people, company, now, keeper)
            if short is not None:
                got = Counter(who for who, at in lately if at >= short.since)
                given = {who.id: Given(got[who.id], last_at.get(who.id)) for who in short.people}
                owner = turn(short, given, zone).owner.id
                lately.append((owner, now))
                last_at[owner] = now
                now += _NEXT
        if owner is not None and arrival.domain is not None and one.stays:
            kept[arrival.domain] = owner
        found.append(owner if one.stays else None)
    return found
