"""The lead map as a picture: its parts, how many leads each has, and the address of those behind it."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from adapters.db.reports.models import Flow, Hands, LeadMap, Leg, MapNode, Quantiles
from api.console.manager.behind_links import BehindLinks
from api.console.manager.lead_map_picture import MOST_SOURCES, NAMES, Part, Picture, picture
from leads.measures import Asked, Dimension, ask
from leads.places import Place

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
WEEK = ask(NOW, ZoneInfo("America/New_York"), first=date(2026, 11, 16), of={Dimension.REP: "anna"})


def leg(origin: str, target: str, leads: int) -> Leg:
    return Leg(origin=origin, target=target, leads=leads, time=Quantiles())


def a_map(*flows: tuple[str | None, int]) -> LeadMap:
    return LeadMap(
        as_of=NOW,
        first_day=date(2026, 11, 16),
        last_day=date(2026, 11, 22),
        nodes=[
            MapNode(id=place, leads=leads)
            for place, leads in (("asked", 3), ("captured", 8), ("answered", 4), ("won", 1), ("on_its_way", 7))
        ],
        legs=[
            leg("asked", "captured", 3),
            leg("captured", "answered", 4),
            leg("captured", "on_its_way", 4),
            leg("answered", "won", 1),
            leg("answered", "on_its_way", 3),
        ],
        flows=[Flow(kind="inbound", source=source, leads=leads, legs=[]) for source, leads in flows],
        hands=Hands(nodes=[], legs=[]),
    )


def drawn(*flows: tuple[str | None, int], asked: Asked = WEEK, is_open: bool = True) -> Picture:
    return picture(a_map(*flows), BehindLinks(asked, is_open))


def parameters(part: Part) -> dict[str, str]:
    read = parse_qs(urlsplit(part.target).query, keep_blank_values=True)
    return {name: value for name, (value,) in read.items() if name not in ("by", "from", "to")}


def test_places_and_sources_with_the_leads_behind_them() -> None:
    found = drawn(("web form", 6), (None, 2))
    parts = {part.words: part for part in found.nodes}
    assert {words: part.leads for words, part in parts.items()} == {
        "From: web form": 6,
        "From: no source": 2,
        "Came in": 8,
        "Talked to": 4,
        "Won": 1,
        "On its way": 7,
    }
    assert parameters(parts["From: web form"]) == {"figure": "leads", "rep": "anna", "source": "web form"}
    assert parameters(parts["From: no source"]) == {"figure": "leads", "rep": "anna", "source": ""}
    assert parameters(parts["Talked to"]) == {"figure": "place", "rep": "anna", "target": "answered"}


def test_what_is_clicked_is_what_is_counted() -> None:
    found = drawn(("web form", 6), (None, 2))
    (series,) = found.options["series"]
    assert [node["name"] for node in series["data"]] == [part.words for part in found.nodes]
    assert [edge["value"] for edge in series["links"]] == [part.leads for part in found.edges]
    number = next(number for number, part in enumerate(found.edges) if part.words == "Talked to > Won")
    assert (series["links"][number]["source"], series["links"][number]["target"]) == ("Talked to", "Won")
    assert "figure=leg" in found.target("edge", number)
    assert "origin=answered&target=won" in found.target("edge", number)
    assert found.target("node", 0) == found.nodes[0].target
    assert found.target("node", 99) == ""


def test_who_may_not_see_leads_gets_no_addresses() -> None:
    found = drawn(("web form", 8), is_open=False)
    assert {part.target for part in (*found.nodes, *found.edges)} == {""}


def test_many_sources_become_one_at_the_end() -> None:
    found = drawn(*((f"source {number}", 10 - number) for number in range(9)))
    sources = [part for part in found.nodes if part.words.startswith("From: ")]
    assert len(sources) == MOST_SOURCES + 1
    assert (sources[-1].words, sources[-1].leads, sources[-1].target) == ("From: other sources", 4 + 3 + 2, "")
    few = drawn(*((f"source {number}", 1) for number in range(MOST_SOURCES + 1)))
    assert not any("other" in part.words for part in few.nodes)


def test_whatever_a_source_is_called_it_stays_text_and_a_node_of_its_own() -> None:
    found = drawn(("Won", 5), ("{b}<img src=x>", 3))
    names = [node["name"] for node in found.options["series"][0]["data"]]
    assert len(set(names)) == len(names)
    labels = [node["label"]["formatter"] for node in found.options["series"][0]["data"]]
    assert not any("img" in label for label in labels)
    assert found.options["tooltip"]["formatter"] == "{b}: {c} leads"


def test_a_map_without_leads_has_no_parts() -> None:
    nothing = a_map().model_copy(update={"nodes": [], "legs": []})
    found = picture(nothing, BehindLinks(WEEK, True))
    assert (found.nodes, found.edges) == ((), ())


def test_every_place_has_a_name() -> None:
    assert NAMES.keys() == set(Place)
