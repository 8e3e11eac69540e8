"""The lead map as a picture: where leads came from, the places they passed, and where each of them stands. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.db.reports.figures import share
from adapters.db.reports.models import LeadMap
from api.console.manager.behind_links import BehindLinks
from api.console.manager.charts import BAD, FONT, GOOD, INK, MAIN, QUIET, SECOND, Options
from leads.amounts import percent
from leads.measures import Counted, Dimension
from leads.places import Place

NAMES: dict[Place, str] = {
    Place.ASKED: "Asked",
    Place.CAPTURED: "Came in",
    Place.MACHINE: "First message",
    Place.ATTEMPTED: "Tried in vain",
    Place.ANSWERED: "Talked to",
    Place.QUALIFIED: "Said yes",
    Place.ACCEPTED: "Accepted",
    Place.LOST: "Lost",
    Place.WON: "Won",
    Place.UNREACHABLE: "Unreachable",
    Place.OPTED_OUT: "Opted out",
    Place.ON_ITS_WAY: "On its way",
}
STAGES: dict[Place, str] = {**NAMES, Place.ATTEMPTED: "A person tried"}
"""The same places as stages of the funnel: who was talked to at once was tried, too."""
MOST_SOURCES = 6
"""So many sources have a place of their own in the picture."""
_DRAWN = (
    *(Place.CAPTURED, Place.MACHINE, Place.ATTEMPTED, Place.ANSWERED, Place.QUALIFIED, Place.ACCEPTED),
    *(Place.WON, Place.ON_ITS_WAY, Place.LOST, Place.OPTED_OUT, Place.UNREACHABLE),
)
"""From left to right; that a lead asked is not drawn, since all that ask come in."""
_LAST = 7
_DEPTHS = {place: min(number + 1, _LAST) for number, place in enumerate(_DRAWN)}
_COLOURS = {Place.WON: GOOD, Place.LOST: BAD, Place.OPTED_OUT: SECOND, Place.UNREACHABLE: SECOND}
_OTHERS = "From: other sources"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the picture that can be clicked."""

    words: str
    leads: int
    target: str
    """The address of the leads behind it; empty for none."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What ECharts draws, and what is behind each part, in the order in which ECharts counts them."""

    options: Options
    nodes: tuple[Part, ...]
    edges: tuple[Part, ...]

    def target(self, data_type: str | None, index: int) -> str:
        """The address behind a part; empty where there is none."""
        parts = self.edges if data_type == "edge" else self.nodes
        return parts[index].target if 0 <= index < len(parts) else ""


def picture(the_map: LeadMap, links: BehindLinks) -> Picture:
    """The Sankey picture of a map."""
    all_leads = sum(flow.leads for flow in the_map.flows)
    came = {Place(node.id): node.leads for node in the_map.nodes}
    sources = _sources(the_map)
    nodes = [(Part(name, leads, target), 0, MAIN) for name, leads, target in _source_parts(sources, links)]
    nodes += [
        (
            Part(NAMES[place], came[place], links.to(Counted.PLACE, target=place)),
            _DEPTHS[place],
            _COLOURS.get(place, MAIN),
        )
        for place in _DRAWN
        if came.get(place)
    ]
    edges = [(part.words, NAMES[Place.CAPTURED], part) for part, depth, _ in nodes if depth == 0]
    for leg in the_map.legs:
        origin, target = Place(leg.origin), Place(leg.target)
        if origin is not Place.ASKED:
            address = links.to(Counted.LEG, origin=origin, target=target)
            part = Part(f"{NAMES[origin]} > {NAMES[target]}", leg.leads, address)
            edges.append((NAMES[origin], NAMES[target], part))
    return Picture(
        _options(
            [_node(part, depth, colour, all_leads) for part, depth, colour in nodes],
            [_edge(origin, target, part.leads) for origin, target, part in edges],
        ),
        tuple(part for part, _, _ in nodes),
        tuple(part for _, _, part in edges),
    )


def _sources(the_map: LeadMap) -> Counter[str | None]:
    """How many leads came from each source, of whatever kind."""
    found: Counter[str | None] = Counter()
    for flow in the_map.flows:
        found[flow.source] += flow.leads
    return found


def _source_parts(sources: Counter[str | None], links: BehindLinks) -> Sequence[tuple[str, int, str]]:
    ordered = sources.most_common()
    own = ordered if len(ordered) <= MOST_SOURCES + 1 else ordered[:MOST_SOURCES]
    # What a source is called may be what a place is called; nodes are known by their names.
    parts = [
        (f"From: {name or 'no source'}", leads, links.to(Counted.LEADS, **{Dimension.SOURCE.value: name}))
        for name, leads in own
    ]
    others = sum(leads for _, leads in ordered[len(own) :])
    return [*parts, (_OTHERS, others, "")] if others else parts


def _node(part: Part, depth: int, colour: str, all_leads: int) -> Options:
    number = f"{part.leads:,} = {percent(share(part.leads, all_leads))}"
    return {
        "name": part.words,
        "depth": depth,
        "itemStyle": {"color": colour},
        # Only numbers are written here; the name is put in by ECharts, as text.
        "label": {"formatter": f"{{b}}\n{number}", "position": "left" if depth == _LAST else "right"},
    }


def _edge(origin: str, target: str, leads: int) -> Options:
    """Ways to an end of the business have that end's colour, all others that of where they begin."""
    colour = {NAMES[Place.WON]: GOOD, NAMES[Place.LOST]: BAD}.get(target, "source")
    return {"source": origin, "target": target, "value": leads, "lineStyle": {"color": colour}}


def _options(nodes: Sequence[Options], edges: Sequence[Options]) -> Options:
    series = {
        "type": "sankey",
        "data": list(nodes),
        "links": list(edges),
        "left": 4,
        "right": 4,
        "top": 12,
        "bottom": 12,
        "nodeWidth": 10,
        "nodeGap": 26,
        "draggable": False,
        "layoutIterations": 48,
        "emphasis": {"disabled": True},
        "label": {**FONT, "color": INK, "lineHeight": 15, "distance": 8},
        "lineStyle": {"color": "source", "opacity": 0.28, "curveness": 0.5},
    }
    return {
        "animation": False,
        "tooltip": {
            "trigger": "item",
            "formatter": "{b}: {c} leads",
            "backgroundColor": "var(--paper)",
            "borderColor": QUIET,
            "textStyle": {**FONT, "color": INK},
            "confine": True,
        },
        "series": [series],
    }
