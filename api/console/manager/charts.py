"""What charts are drawn of: reports as options of ECharts, in the colours of whatever theme is on. Pure.

Colours are the page's CSS variables, which the SVG renderer writes as they are: so a chart follows the theme by itself.
Nothing in here is a function, and no text becomes markup: names are a lead's source's, and anybody may write those.
"""

from collections.abc import Sequence
from typing import Any

from adapters.db.reports.models import ContactNumber, ResponseBin
from api.console.manager.figure_values import Standing, said, short
from leads.amounts import percent
from leads.best_time import HourLearnt
from leads.goals import Measure

Options = dict[str, Any]
INK, QUIET, LINE, PAPER = "var(--ink)", "var(--quiet)", "var(--line)", "var(--paper)"
MAIN, SECOND, GOOD, BAD = "var(--strong)", "var(--edge)", "var(--good)", "var(--bad)"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FONT = {"fontFamily": "Roboto, sans-serif", "fontSize": 12}
"""By its name: ECharts measures text outside of the page, where nothing is inherited."""
_UNFINISHED = 0.45
"""How strong a bar is whose period is not over."""
_MINUTE, _HOUR = 60, 3600
_NEARLY_ALL = 0.6


def trend(standing: Standing) -> Options:
    """A figure period by period, and its goal as a line."""
    unit, name = _unit(standing)
    bars = [
        {
            "value": None if point.value is None else round(point.value / unit, 3),
            "name": f"{point.period}{'' if point.complete else ' so far'}: {said(standing.figure, point.value)}",
            "itemStyle": {"color": _colour(point.met), "opacity": 1 if point.complete else _UNFINISHED},
        }
        for point in standing.points
    ]
    series = _bars(bars)
    if standing.goal is not None:
        series["markLine"] = _line_at(round(standing.goal / unit, 3))
    return _chart(
        [series],
        x=_categories([short(point.period) for point in standing.points]),
        y=_values(name, most=_most(standing), whole=standing.figure.measure is Measure.COUNT),
    )


def _most(standing: Standing) -> float | None:
    """Where the axis ends: shares at all of them, unless they are so small that nothing would be seen."""
    if standing.figure.measure is not Measure.SHARE:
        return None
    highest = max((point.value or 0 for point in standing.points), default=0)
    return 100 if max(highest, standing.goal or 0) > _NEARLY_ALL else None


def response_times(bins: Sequence[ResponseBin]) -> Options:
    """So many questions were answered within so long: by the clock on the wall, and in business hours."""
    wall = [{"value": one.wall, "name": f"{one.name}: {one.wall}, {percent(one.wall_until)} so far"} for one in bins]
    business = [
        {
            "value": one.business,
            "name": f"{one.name}: {one.business} in business hours, {percent(one.business_until)} so far",
        }
        for one in bins
    ]
    return _chart(
        [
            _bars(wall, name="Clock on the wall", colour=MAIN),
            _bars(business, name="Business hours", colour=SECOND),
        ],
        x=_categories([one.name for one in bins]),
        y=_values(whole=True),
        legend=True,
    )


def contact_numbers(numbers: Sequence[ContactNumber]) -> Options:
    """On which contact people said yes, and how many of all had said so until then."""
    counted = [one for one in numbers if one.number is not None]
    bars = [{"value": one.outcomes.yes, "name": f"Contact {one.number}: {one.outcomes.yes} yes"} for one in counted]
    line = [
        {
            "value": round(100 * (one.yes_until or 0), 1),
            "name": f"Until contact {one.number}: {percent(one.yes_until)} of all",
        }
        for one in counted
    ]
    until = {
        "type": "line",
        "name": "Of all so far",
        "data": line,
        "yAxisIndex": 1,
        "symbolSize": 7,
        "lineStyle": {"color": SECOND, "width": 2},
        "itemStyle": {"color": SECOND},
        "emphasis": {"disabled": True},
    }
    options = _chart(
        [_bars(bars, name="Yes", colour=GOOD), until],
        x=_categories([str(one.number) for one in counted], "contact"),
        y=_values(whole=True),
        legend=True,
    )
    share = {
        **_values(most=100),
        "splitLine": {"show": False},
        "axisLabel": {**_label(), "formatter": "{value} %"},
    }
    return {**options, "yAxis": [options["yAxis"], share], "grid": {**options["grid"], "right": 48}}


def best_times(hours: Sequence[HourLearnt]) -> Options:
    """How likely a call connects in each hour of the week: the stronger, the likelier."""
    most = max((one.expected for one in hours), default=0) or 1
    cells = [
        {
            "value": [one.hour, one.weekday, round(one.expected, 3)],
            "name": f"{hour_of(one)}: {percent(round(one.expected, 3))} ({one.connected} of {one.calls} calls)",
            # Squared, since what matters is the difference between good hours and very good ones.
            "itemStyle": {"color": MAIN, "opacity": round(0.06 + 0.94 * (one.expected / most) ** 2, 3)},
        }
        for one in hours
    ]
    series = {"type": "heatmap", "data": cells, "emphasis": {"disabled": True}, "label": {"show": False}}
    x = {**_categories([f"{hour:02}" for hour in range(24)], "hour, on the lead's clock"), "splitArea": {"show": False}}
    y = {**_categories(list(DAYS)), "inverse": True}
    return {**_base(), "tooltip": _tooltip(), "grid": _grid(title=True), "xAxis": x, "yAxis": y, "series": [series]}


def hour_of(one: HourLearnt) -> str:
    """An hour of the week: Tue 10:00."""
    return f"{DAYS[one.weekday]} {one.hour:02}:00"


def _unit(standing: Standing) -> tuple[float, str]:
    """What a figure is divided by to be drawn, and what the axis says."""
    match standing.figure.measure:
        case Measure.SHARE:
            return 0.01, "%"
        case Measure.COUNT:
            return 1, ""
    most = max((point.value or 0 for point in standing.points), default=0)
    return (_HOUR, "hours") if most >= 3 * _HOUR else (_MINUTE, "minutes")


def _colour(met: bool | None) -> str:
    return MAIN if met is None else (GOOD if met else BAD)


def _chart(series: Sequence[Options], *, x: Options, y: Options, legend: bool = False) -> Options:
    grid = _grid(legend=legend, title="name" in x)
    options = {**_base(), "tooltip": _tooltip(), "grid": grid, "xAxis": x, "yAxis": y, "series": series}
    if legend:
        options["legend"] = {"top": 0, "left": 0, "textStyle": _label(), "itemGap": 16}
    return options


def _base() -> Options:
    return {"animation": False, "textStyle": {**FONT, "color": INK}}


def _tooltip() -> Options:
    """What stands at the pointer: the name of what it is over, as text."""
    return {
        "trigger": "item",
        "formatter": "{b}",
        "backgroundColor": PAPER,
        "borderColor": LINE,
        "textStyle": {**FONT, "color": INK},
        "confine": True,
    }


def _grid(*, legend: bool = False, title: bool = False) -> Options:
    top, bottom = (40 if legend else 26), (32 if title else 8)
    return {"left": 8, "right": 12, "top": top, "bottom": bottom, "containLabel": True}


def _label() -> Options:
    return {**FONT, "color": QUIET}


def _categories(names: Sequence[str], title: str = "") -> Options:
    axis: Options = {
        "type": "category",
        "data": list(names),
        "axisLabel": {**_label(), "hideOverlap": True},
        "axisLine": {"lineStyle": {"color": LINE}},
        "axisTick": {"show": False},
    }
    if title:
        axis |= {"name": title, "nameLocation": "middle", "nameGap": 28, "nameTextStyle": _label()}
    return axis


def _values(title: str = "", most: float | None = None, *, whole: bool = False) -> Options:
    return {
        "type": "value",
        "name": title,
        "nameTextStyle": {**_label(), "align": "left"},
        "nameGap": 12,
        "max": most,
        "minInterval": 1 if whole else 0,
        "axisLabel": _label(),
        "splitLine": {"lineStyle": {"color": LINE}},
    }


def _bars(data: Sequence[Options], *, name: str = "", colour: str | None = None) -> Options:
    series: Options = {
        "type": "bar",
        "name": name,
        "data": list(data),
        "barMaxWidth": 34,
        # A colour that is lighter when pointed at would have to be worked out, which a variable can't be.
        "emphasis": {"disabled": True},
        "itemStyle": {"borderRadius": [3, 3, 0, 0]},
    }
    if colour is not None:
        series["itemStyle"]["color"] = colour
    return series


def _line_at(value: float) -> Options:
    return {
        "silent": True,
        "symbol": "none",
        "data": [{"yAxis": value}],
        "lineStyle": {"color": INK, "type": "dashed", "width": 1.5},
        "label": {"show": False},
        "emphasis": {"disabled": True},
    }
