"""Charts as options of ECharts: the numbers of the report, in colours of the theme, and no text that becomes markup."""

from collections.abc import Iterator
from typing import Any

from adapters.db.reports.models import ContactNumber, Outcomes, ResponseBin
from api.console.manager import charts
from api.console.manager.figure_values import Point, Standing
from leads.best_time import ContactTimes, learnt_hours
from leads.goals import Figure


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value at whatever depth, with the key that it stands under."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, key)
    else:
        yield key, value


def standing(figure: Figure, *points: Point, goal: float | None = None) -> Standing:
    return Standing(figure=figure, total=None, points=points, goal=goal, next_goal=None)


WITH_A_GOAL = standing(
    Figure.RESPONSE_MEDIAN,
    Point("2026-W45", 2400, False, True),
    Point("2026-W46", 1200, True, True),
    Point("2026-W47", None, None, False),
    goal=1800,
)


def test_a_figure_is_drawn_beside_its_goal_in_the_unit_that_fits() -> None:
    options = charts.trend(WITH_A_GOAL)
    (series,) = options["series"]
    assert options["xAxis"]["data"] == ["W45", "W46", "W47"]
    assert options["yAxis"]["name"] == "minutes"
    assert [bar["value"] for bar in series["data"]] == [40, 20, None]
    assert [bar["itemStyle"]["color"] for bar in series["data"]] == [charts.BAD, charts.GOOD, charts.MAIN]
    assert series["data"][0]["name"] == "2026-W45: 40 min"
    assert series["data"][2]["name"] == "2026-W47 so far: -"
    assert series["data"][2]["itemStyle"]["opacity"] < series["data"][0]["itemStyle"]["opacity"]
    assert series["markLine"]["data"] == [{"yAxis": 30}]


def test_shares_end_at_a_hundred_unless_they_are_small_and_counts_are_whole() -> None:
    share = charts.trend(standing(Figure.QUALIFIED, Point("2026-11", 0.25, None, True)))
    assert (share["yAxis"]["max"], share["xAxis"]["data"]) == (None, ["11/26"])
    assert share["series"][0]["data"][0]["value"] == 25
    high = standing(Figure.WITHIN_TARGET, Point("2026-11", 0.25, False, True), goal=0.8)
    assert charts.trend(high)["yAxis"]["max"] == 100
    assert "markLine" not in share["series"][0]
    count = charts.trend(standing(Figure.LEADS, Point("2026-W46", 7, None, True)))
    assert (count["yAxis"]["max"], count["yAxis"]["minInterval"]) == (None, 1)
    hours = charts.trend(standing(Figure.RESPONSE_P90, Point("2026-W46", 4 * 3600, None, True)))
    assert (hours["yAxis"]["name"], hours["series"][0]["data"][0]["value"]) == ("hours", 4)


def test_response_times_by_both_clocks() -> None:
    bins = [
        ResponseBin(name="5 minutes", up_to_seconds=300, wall=2, wall_until=0.5, business=3, business_until=0.75),
        ResponseBin(name="longer", up_to_seconds=None, wall=2, wall_until=1, business=1, business_until=1),
    ]
    wall, business = charts.response_times(bins)["series"]
    assert ([bar["value"] for bar in wall["data"]], [bar["value"] for bar in business["data"]]) == ([2, 2], [3, 1])
    assert wall["data"][0]["name"] == "5 minutes: 2, 50 % so far"
    assert business["data"][0]["name"] == "5 minutes: 3 in business hours, 75 % so far"


def test_on_which_contact_people_said_yes() -> None:
    numbers = [
        ContactNumber(number=1, outcomes=Outcomes(sent=9, yes=1), yes_until=0.25),
        ContactNumber(number=2, outcomes=Outcomes(sent=8, yes=3), yes_until=1),
        ContactNumber(number=None, outcomes=Outcomes(sent=2, yes=1), yes_until=None),
    ]
    options = charts.contact_numbers(numbers)
    bars, line = options["series"]
    assert options["xAxis"]["data"] == ["1", "2"]  # What nobody counted stands in the table only.
    assert ([bar["value"] for bar in bars["data"]], [dot["value"] for dot in line["data"]]) == ([1, 3], [25, 100])
    assert [axis["max"] for axis in options["yAxis"]] == [None, 100]


def test_the_likelier_a_call_connects_the_stronger_its_hour() -> None:
    calls = tuple(40 if hour == 34 else 0 for hour in range(168))
    hours = learnt_hours(ContactTimes(calls=calls, connected=tuple(count // 2 for count in calls)))
    cells = charts.best_times(hours)["series"][0]["data"]
    best = max(cells, key=lambda cell: cell["itemStyle"]["opacity"])
    assert (len(cells), best["value"][:2], best["itemStyle"]["opacity"]) == (168, [10, 1], 1)
    assert best["name"].startswith("Tue 10:00: ")
    assert best["name"].endswith("(20 of 40 calls)")


def test_colours_are_the_themes_and_nothing_is_a_function() -> None:
    hours = learnt_hours(ContactTimes())
    bins = [ResponseBin(name="longer", up_to_seconds=None, wall=1, wall_until=1, business=1, business_until=1)]
    numbers = [ContactNumber(number=1, outcomes=Outcomes(), yes_until=None)]
    drawn = (
        charts.trend(WITH_A_GOAL),
        charts.response_times(bins),
        charts.contact_numbers(numbers),
        charts.best_times(hours),
    )
    for options in drawn:
        assert not any(key.startswith(":") for key, _ in leaves(options))
        colours = {value for key, value in leaves(options) if "color" in key.lower()}
        assert colours
        assert all(str(colour).startswith("var(--") for colour in colours), colours
        assert {value for key, value in leaves(options) if key == "formatter"} <= {"{b}", "{value} %"}
