"""The lead map: how leads came, where they went, how fast they were answered, and what works."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from nicegui import ui
from nicegui.events import EChartPointClickEventArguments

from adapters.db.reports.models import Funnel, LeadMap, Leg, ResponseReport
from api.console import kit
from api.console.desk import Desk
from api.console.frame import Section
from api.console.manager.asking import Question
from api.console.manager.behind_links import BehindLinks
from api.console.manager.charts import response_times
from api.console.manager.counts import Counts
from api.console.manager.figure_values import count_of
from api.console.manager.filters import Filters, choices_of
from api.console.manager.lead_map_picture import NAMES, STAGES, Picture, picture
from api.console.manager.loading import Later
from api.console.manager.tables import Cell, folded, scrolled, table
from api.console.manager.what_works import WhatWorks
from api.console.pages import Nav, console_page
from api.console.permissions import Page, may_open
from leads.amounts import percent, span
from leads.measures import Asked, Counted, Dimension, Hours, at_most_a_year
from leads.places import Place

PATH = "/lead-map"
_DIMENSIONS = (Dimension.SOURCE, Dimension.REP, Dimension.KIND)


@console_page(PATH, Page.LEAD_MAP, title="Lead map", nav=Nav(Section.MEASURE, "account_tree"))
async def lead_map(desk: Desk) -> None:
    """Whatever the address asks for."""
    parameters = ui.context.client.request.query_params
    question = Question.read(parameters, frozenset(_DIMENSIONS))
    LeadMapPage(desk, question, await choices_of(desk, _DIMENSIONS)).build()


class LeadMapPage:
    """The page, and what is asked for at the moment."""

    def __init__(self, desk: Desk, question: Question, choices: dict[Dimension, dict[str, str]]) -> None:
        self._desk = desk
        self._counts = Counts(desk.services)
        self._zone = ZoneInfo(desk.services.company.zone)
        self._names = dict(choices[Dimension.REP])
        self._filters = Filters(desk, question, PATH, choices, self._changed)

    def build(self) -> None:
        """Everything that can stand there before anything is counted."""
        with kit.section("Where leads come from, and where they go"):
            self._map = Later(self._load_map, self._show_map, lines=10)
        with ui.element("div").classes("ft-columns"):
            with kit.section("How far they came"):
                self._funnel = Later(self._load_funnel, self._show_funnel, lines=6)
            with kit.section("How fast a person answered"):
                self._times = Later(self._load_times, self._show_times, lines=6)
        self._works = WhatWorks(self._desk, self._counts, self._asked, self._links)
        ui.timer(0, self._offer_sources, once=True)

    def _asked(self) -> Asked:
        return at_most_a_year(self._filters.question.asked(self._desk.services.clock(), self._zone))

    def _links(self, asked: Asked) -> BehindLinks:
        return BehindLinks(asked, may_open(self._desk.person.role, Page.LEADS_BEHIND))

    def _changed(self) -> None:
        for part in (self._map, self._funnel, self._times, self._works):
            part.again()
        ui.timer(0, self._offer_sources, once=True)

    async def _offer_sources(self) -> None:
        await self._filters.offer_sources(self._counts, lambda: replace(self._asked(), of={}))

    async def _load_map(self) -> tuple[Asked, LeadMap]:
        await self._desk.still_here()
        asked = self._asked()
        return asked, await self._counts.lead_map(asked)

    def _show_map(self, found: tuple[Asked, LeadMap]) -> None:
        asked, the_map = found
        if not the_map.nodes:
            kit.empty("No leads in this time.", "Choose another time, or other leads.", icon="account_tree")
            return
        links = self._links(asked)
        drawn = picture(the_map, links)
        with scrolled("Picture of the lead map"):
            chart = ui.echart(drawn.options, on_point_click=lambda event: _open(drawn, event), renderer="svg")
            chart.classes("ft-sankey").props('role=img aria-label="Ways of the leads; the tables have the numbers"')
        if links.open:
            ui.label("A click on a place or a way opens the leads behind it.").classes("ft-quiet")
        with folded("The same numbers as tables"), ui.element("div").classes("ft-columns"):
            parts = [[Cell(part.words), Cell(f"{part.leads:,}", part.target)] for part in drawn.nodes]
            table("Places of the lead map", ("Place", "Leads"), parts)
            heads = ("From", "To", "Leads", "Half within", "9 of 10 within")
            table("Ways from place to place", heads, _ways(the_map, links), words=2)
            if the_map.hands.legs:
                table("From hand to hand, and how long the first had them", heads, self._hands(the_map), words=2)

    def _hands(self, the_map: LeadMap) -> list[list[Cell]]:
        names = self._names
        return [
            [Cell(names.get(one.origin, one.origin)), Cell(names.get(one.target, one.target)), *_numbers(one, "")]
            for one in the_map.hands.legs[:40]
        ]

    async def _load_funnel(self) -> tuple[Asked, Funnel]:
        await self._desk.still_here()
        asked = self._asked()
        return asked, await self._counts.funnel(asked)

    def _show_funnel(self, found: tuple[Asked, Funnel]) -> None:
        asked, funnel = found
        if not funnel.stages[0].leads:
            kit.empty("No leads in this time.", icon="filter_alt")
            return
        links = self._links(asked)
        kit.words("Each counts who came this far or further, by whatever way.").classes("ft-quiet")
        with ui.element("ol").classes("ft-funnel"):
            for stage in funnel.stages:
                place = Place(stage.place)
                name, number = STAGES[place], f"{stage.leads:,}"
                with ui.element("li"):
                    with ui.element("div").classes("ft-line row"):
                        kit.words(name).classes("ft-funnel-name")
                        ui.space()
                        target = links.to(Counted.REACHED, None, target=place.value) if stage.leads else ""
                        if target:
                            ui.link(number, target).props(f'aria-label="{number}: {name}"')
                        else:
                            kit.words(number)
                        kit.words(percent(stage.share)).classes("ft-quiet ft-funnel-share")
                    with ui.element("div").classes("ft-funnel-track").props("aria-hidden=true"):
                        ui.element("div").style(f"width: {100 * (stage.share or 0):.1f}%")
                    if stage.of_before is not None:
                        kit.words(f"{percent(stage.of_before)} of the stage before").classes("ft-quiet")

    async def _load_times(self) -> tuple[Asked, ResponseReport]:
        await self._desk.still_here()
        asked = self._asked()
        return asked, await self._counts.responses(asked)

    def _show_times(self, found: tuple[Asked, ResponseReport]) -> None:
        asked, report = found
        (row,) = report.rows
        if not row.response.answered:
            kit.empty("No question was answered in this time.", icon="timer")
            return
        links, response = self._links(asked), row.response
        with ui.element("div").classes("ft-notes"):
            kit.words(f"{count_of(response.answered, 'question')} answered")
            kit.words(f"half within {span(response.wall.median)}").classes("ft-tag")
            kit.words(f"9 of 10 within {span(response.wall.p90)}").classes("ft-tag")
        chart = ui.echart(response_times(row.bins), renderer="svg").classes("ft-chart")
        chart.props('role=img aria-label="Response times; the table below has the numbers"')
        with folded("The same numbers as a table"):
            rows = [
                [
                    Cell(one.name),
                    _bin(links, one.name, one.wall, Hours.WALL),
                    Cell(percent(one.wall_until)),
                    _bin(links, one.name, one.business, Hours.BUSINESS),
                    Cell(percent(one.business_until)),
                ]
                for one in row.bins
            ]
            heads = ("Within", "Clock on the wall", "So far", "Business hours", "So far")
            table("How fast a person answered", heads, rows)


def _open(drawn: Picture, event: EChartPointClickEventArguments) -> None:
    """Open what is behind the part that was clicked."""
    target = drawn.target(event.data_type, event.data_index)
    if target:
        ui.navigate.to(target)


def _ways(the_map: LeadMap, links: BehindLinks) -> list[list[Cell]]:
    return [
        [
            Cell(NAMES[Place(leg.origin)]),
            Cell(NAMES[Place(leg.target)]),
            *_numbers(leg, links.to(Counted.LEG, None, origin=leg.origin, target=leg.target)),
        ]
        for leg in the_map.legs
    ]


def _numbers(leg: Leg, target: str) -> list[Cell]:
    return [Cell(f"{leg.leads:,}", target), Cell(span(leg.time.median)), Cell(span(leg.time.p90))]


def _bin(links: BehindLinks, name: str, number: int, hours: Hours) -> Cell:
    target = links.to(Counted.ANSWERED, None, within=name, hours=hours.value) if number else ""
    return Cell(f"{number:,}", target)
