"""The lead map: from which place to which leads went, how long that took, and through whose hands they went."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    RowMapping,
    Select,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.reports.models import Flow, Hands, LeadMap, Leg, MapNode, Quantiles
from adapters.db.reports.views import LEADS, journeys, only, quantiles, within
from adapters.db.rows import AssignmentRow, ColleagueRow, LeadRow
from leads.measures import Asked
from leads.model import Ending
from leads.places import Place

_NEVER: ColumnElement[datetime] = literal_column("timestamptz 'infinity'")
_NUMBERS = {place: number for number, place in enumerate(Place)}
PASSED = [place for place in Place if not place.is_end]


async def read_lead_map(connection: AsyncConnection, asked: Asked, now: datetime) -> LeadMap:
    """The map of the leads that were captured in some periods."""
    rows = (await connection.execute(_legs(ways(asked)))).mappings().all()
    of_all = [row for row in rows if row["of_all"]]
    return LeadMap(
        as_of=now,
        first_day=asked.periods[0].first_day,
        last_day=asked.periods[-1].last_day,
        nodes=_nodes(of_all),
        legs=_view(of_all),
        flows=_flows([row for row in rows if not row["of_all"]]),
        hands=await _hands(connection, asked),
    )


def ways(asked: Asked) -> CTE:
    """For each lead when it passed which place, in seconds; NULL for what it did not pass on its way forward."""
    view = journeys(asked)
    journey = view.c
    instants = {place: journey[f"{place.value}_at"] for place in PASSED}
    passed = []
    for number, (place, at) in enumerate(instants.items()):
        later = [instants[one] for one in PASSED[number + 1 :]]
        # `least` leaves NULLs out, so this is the first of all later places that the lead came to.
        forward = at <= func.coalesce(func.least(*later), _NEVER) if later else at.is_not(None)
        passed.append(case((forward, func.date_part("epoch", at, type_=Double))).label(place.value))
    end = case(
        (journey.ended == Ending.UNREACHABLE.value, _number(Place.UNREACHABLE)),
        (journey.ended == Ending.OPTED_OUT.value, _number(Place.OPTED_OUT)),
        else_=_number(Place.ON_ITS_WAY),
    )
    way = select(journey.lead_id, journey.kind, journey.source, journey.captured_at, *passed, end.label("end")).where(
        *only(view, asked.of)
    )
    # Each instant is asked for many times below, and is to be worked out once.
    return way.cte("way").prefix_with("MATERIALIZED")


def leg_number(origin: Place, target: Place) -> int:
    """A leg as one number, by which a million of them are told apart faster than by names."""
    return _NUMBERS[origin] * len(_NUMBERS) + _NUMBERS[target]


def legs_to(target: Place) -> list[int]:
    """All legs by which a lead comes to a place, that from nowhere among them."""
    return [_NUMBERS[target] + len(_NUMBERS) * origin for origin in range(-1, len(_NUMBERS))]


def legs_of(way: CTE) -> FromClause:
    """The legs of each way: to where it begins, from each place to the next, and to an end if it came no further."""
    nowhere = cast(null(), Double)
    legs: list[tuple[Any, Any]] = [(_start(way), nowhere)]
    for target in PASSED[1:]:
        before, at = PASSED[: PASSED.index(target)], way.c[target.value]
        legs.append((case((at.is_not(None), _from(way, before) + _number(target))), at - _latest(way, before)))
    open_still = and_(way.c[Place.WON.value].is_(None), way.c[Place.LOST.value].is_(None))
    legs.append((case((open_still, _from(way, PASSED) + way.c.end)), nowhere))
    # Two arrays beside each other: a list of values in a lateral join would be made ready anew for each lead.
    leg = select(
        way.c.lead_id,
        way.c.captured_at,
        way.c.kind,
        way.c.source,
        func.unnest(array([number for number, _ in legs])).label("number"),
        func.unnest(array([seconds for _, seconds in legs])).label("seconds"),
    ).subquery("each")
    return select(leg).where(leg.c.number.is_not(None)).subquery("leg")


def _start(way: FromClause) -> ColumnElement[int]:
    """The leg from nowhere to the first place, which each way has once."""
    return case(*((way.c[place.value].is_not(None), _integer(_NUMBERS[place] - len(_NUMBERS))) for place in PASSED))


def _from(way: FromClause, before: Sequence[Place]) -> ColumnElement[int]:
    """The part of a leg's number that says where it begins: at the last place that was passed."""
    passed = (
        (way.c[place.value].is_not(None), _integer(_NUMBERS[place] * len(_NUMBERS))) for place in reversed(before)
    )
    return case(*passed)


def _latest(way: FromClause, before: Sequence[Place]) -> ColumnElement[float]:
    return func.coalesce(*(way.c[place.value] for place in reversed(before)))


def _number(place: Place) -> ColumnElement[int]:
    return _integer(_NUMBERS[place])


def _integer(value: int) -> ColumnElement[int]:
    return literal_column(str(value), Integer)


def _legs(way: CTE) -> Select[Any]:
    leg = legs_of(way)
    number, kind, source = leg.c.number, leg.c.kind, leg.c.source
    return select(
        number,
        kind,
        source,
        (func.grouping(kind) == 1).label("of_all"),
        func.count().label("leads"),
        quantiles(leg.c.seconds).label("time"),
    ).group_by(func.grouping_sets(tuple_(number, kind, source), tuple_(number)))


def _nodes(rows: Sequence[RowMapping]) -> list[MapNode]:
    """How many leads came to each place."""
    came: dict[Place, int] = defaultdict(int)
    for row in rows:
        _, target = _places(row["number"])
        came[target] += row["leads"]
    return [MapNode(id=place.value, leads=came[place]) for place in Place if came[place]]


def _flows(rows: Sequence[RowMapping]) -> list[Flow]:
    own: dict[Any, list[RowMapping]] = defaultdict(list)
    for row in rows:
        own[row["kind"], row["source"]].append(row)
    flows = [
        Flow(
            kind=kind,
            source=source,
            leads=sum(row["leads"] for row in legs if _places(row["number"])[0] is None),
            legs=_view(legs),
        )
        for (kind, source), legs in own.items()
    ]
    return sorted(flows, key=lambda flow: (-flow.leads, flow.kind or "", flow.source or ""))


def _view(rows: Sequence[RowMapping]) -> list[Leg]:
    """The legs between two places, in the order of the places."""
    legs = []
    for row in sorted(rows, key=lambda row: int(row["number"])):
        origin, target = _places(row["number"])
        if origin is not None:
            legs.append(Leg(origin=origin.value, target=target.value, leads=row["leads"], time=_time(row)))
    return legs


def _places(number: int) -> tuple[Place | None, Place]:
    """What a leg's number means; it begins nowhere where a way begins."""
    places = list(Place)
    origin, target = divmod(number, len(places))
    return (places[origin] if origin >= 0 else None), places[target]


def _time(row: RowMapping) -> Quantiles:
    found = row["time"]
    return Quantiles() if found is None else Quantiles(median=round(found[0], 3), p90=round(found[1], 3))


async def _hands(connection: AsyncConnection, asked: Asked) -> Hands:
    rows = (await connection.execute(_hand_overs(_owned(asked)))).mappings().all()
    found = await connection.execute(select(ColleagueRow.id, ColleagueRow.role))
    roles = {colleague_id: role for colleague_id, role in found}
    nodes = [
        MapNode(id=row["origin"], leads=row["leads"], role=roles.get(row["origin"])) for row in rows if row["of_owner"]
    ]
    legs = [
        Leg(origin=row["origin"], target=row["target"], leads=row["leads"], time=_time(row))
        for row in rows
        if row["target"] not in (None, row["origin"])
    ]
    return Hands(
        nodes=sorted(nodes, key=lambda node: (-node.leads, node.id)),
        legs=sorted(legs, key=lambda leg: (-leg.leads, leg.origin, leg.target)),
    )


def _owned(asked: Asked) -> CTE:
    """Each ownership of the leads asked for, with who came next; who found a lead is the first."""
    those = within(LEADS, "received_at", asked)
    found = (
        select(LeadRow.id.label("lead_id"), LeadRow.generated_by_id.label("owner_id"), LeadRow.created_at.label("at"))
        .add_columns(_integer(0).label("id"))
        .join(LEADS, LEADS.c.lead_id == LeadRow.id)
        .where(LeadRow.generated_by_id.is_not(None), *those)
    )
    given = (
        select(AssignmentRow.lead_id, AssignmentRow.owner_id, AssignmentRow.at, AssignmentRow.id)
        .join(LEADS, LEADS.c.lead_id == AssignmentRow.lead_id)
        .where(AssignmentRow.corrected_at.is_(None), *those)
    )
    one = union_all(found, given).subquery("one")
    # What was given away in the transaction that captured it was somebody's first.
    order = (one.c.at, one.c.id)
    return select(
        one.c.lead_id,
        one.c.owner_id,
        func.lead(one.c.owner_id).over(partition_by=one.c.lead_id, order_by=order).label("next_id"),
        (func.lead(one.c.at).over(partition_by=one.c.lead_id, order_by=order) - one.c.at).label("held"),
    ).cte("owned")


def _hand_overs(owned: FromClause) -> Select[Any]:
    """How often each person had a lead, and to whom it went from there."""
    return select(
        owned.c.owner_id.label("origin"),
        owned.c.next_id.label("target"),
        (func.grouping(owned.c.next_id) == 1).label("of_owner"),
        func.count().label("leads"),
        quantiles(func.date_part("epoch", owned.c.held, type_=Double)).label("time"),
    ).group_by(func.grouping_sets(tuple_(owned.c.owner_id, owned.c.next_id), tuple_(owned.c.owner_id)))
