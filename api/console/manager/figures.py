"""The figures: who waits now, the four figures beside their goals, period by period, and by rep, source or cadence."""

from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from adapters.db.reports.models import CostsReport, FiguresReport
from api.console import kit
from api.console.desk import Desk
from api.console.frame import Section
from api.console.manager import figure_tables
from api.console.manager.asking import Question, days_of
from api.console.manager.behind_links import BehindLinks
from api.console.manager.charts import trend
from api.console.manager.clocks import ClocksNowPart
from api.console.manager.counts import Counts
from api.console.manager.figure_values import Standing, count_of, proposed, said, standings
from api.console.manager.filters import Filters, choices_of
from api.console.manager.loading import Later
from api.console.pages import Nav, console_page
from api.console.permissions import Page, may_open
from leads.amounts import money
from leads.goals import Figure
from leads.measures import Asked, Counted, Dimension

PATH = "/figures"
_DIMENSIONS = (Dimension.SOURCE, Dimension.CADENCE, Dimension.REP, Dimension.KIND)
_APART = {
    Dimension.REP: "rep",
    Dimension.SOURCE: "source",
    Dimension.CADENCE: "cadence",
    Dimension.KIND: "kind",
}


@console_page(PATH, Page.FIGURES, title="Figures", nav=Nav(Section.MEASURE, "insights"))
async def figures(desk: Desk) -> None:
    """Whatever the address asks for."""
    question = Question.read(ui.context.client.request.query_params)
    choices = await choices_of(desk, _DIMENSIONS)
    FiguresPage(desk, question, choices).build()


class FiguresPage:
    """The page, and what is asked for at the moment."""

    def __init__(self, desk: Desk, question: Question, choices: dict[Dimension, dict[str, str]]) -> None:
        self._desk = desk
        self._counts = Counts(desk.services)
        self._names = dict(choices[Dimension.REP])
        self._zone = ZoneInfo(desk.services.company.zone)
        self._filters = Filters(desk, question, PATH, choices, self._changed)

    def build(self) -> None:
        """Everything that can stand there before anything is counted."""
        with kit.section("Waiting for a first answer"):
            self._clocks = ClocksNowPart(self._desk, self._counts, lambda: self._question.of)
        self._figures = Later(self._load_figures, self._show_figures, lines=8)
        with kit.section("What leads cost"):
            self._costs = Later(self._load_costs, self._show_costs, lines=3)
        with kit.section("Side by side"):
            words = {one.value: f"By {name}" for one, name in _APART.items()}
            self._apart = ui.select(words, value=self._question.group.value, label="Tell apart")
            self._apart.props("outlined dense options-dense").classes("ft-short")
            self._apart.on_value_change(self._chose_group)
            self._groups = Later(self._load_groups, self._show_groups, lines=6)
        ui.timer(0, self._offer_sources, once=True)

    @property
    def _question(self) -> Question:
        return self._filters.question

    def _asked(self, group: Dimension | None = None) -> Asked:
        return self._question.asked(self._desk.services.clock(), self._zone, group)

    def _links(self, asked: Asked) -> BehindLinks:
        return BehindLinks(asked, may_open(self._desk.person.role, Page.LEADS_BEHIND))

    def _changed(self) -> None:
        for part in (self._clocks, self._figures, self._costs, self._groups):
            part.again()
        ui.timer(0, self._offer_sources, once=True)

    def _chose_group(self, event: ValueChangeEventArguments[str]) -> None:
        self._filters.ask(replace(self._question, group=Dimension(event.value)), anew=False)
        for part in (self._costs, self._groups):
            part.again()

    async def _offer_sources(self) -> None:
        await self._filters.offer_sources(self._counts, lambda: replace(self._asked(), of={}))

    async def _load_figures(self) -> tuple[Asked, FiguresReport]:
        await self._desk.still_here()
        asked = self._asked()
        return asked, await self._counts.figures(asked)

    def _show_figures(self, found: tuple[Asked, FiguresReport]) -> None:
        asked, report = found
        total, links = report.totals[0], self._links(asked)
        for line in report.goals_wrong:
            kit.trouble(line)
        if not total.leads and not total.response.asked:
            with kit.section(days_of(asked)):
                kit.empty("No leads in this time.", "Choose another time, or other leads.", icon="query_stats")
            return
        every, all_of_it = report.every.value, standings(report)
        with ui.element("div").classes("ft-figures"):
            self._card(all_of_it[Figure.LEADS], every, f"{total.leads:,}", links.to(Counted.LEADS))
            times = all_of_it[Figure.RESPONSE_MEDIAN]
            self._card(times, every, times.shown, links.to(Counted.ANSWERED), name="Response time")
            for figure, counted, number in (
                (Figure.QUALIFIED, Counted.QUALIFIED, total.qualified),
                (Figure.ORDERED, Counted.ORDERED, total.ordered),
            ):
                one = all_of_it[figure]
                note = f"{number:,} of {count_of(total.leads, 'lead')}"
                self._card(one, every, one.shown, links.to(counted), note=note)
            with kit.section("First answers").classes("ft-figure-wide"):
                self._more_times(all_of_it, report, links)
        for proposal in report.proposals:
            with ui.element("div").classes("ft-next-goal"):
                ui.icon("flag").props("aria-hidden=true")
                ui.label(proposed(proposal))
        with kit.section(f"{every.capitalize()} by {every}"):
            figure_tables.periods(report, links)

    def _card(self, one: Standing, every: str, value: str, target: str, *, note: str = "", name: str = "") -> None:
        """A figure with its goal, where it goes, and how it went."""
        called = name or one.name
        with kit.section(called).classes("ft-figure"):
            if target:
                ui.link(value, target).classes("ft-figure-value").props(f'aria-label="{value}: {called}"')
            else:
                ui.label(value).classes("ft-figure-value")
            with ui.element("div").classes("ft-notes"):
                if note:
                    kit.words(note)
                _goal(one, every)
            going = one.trend()
            if going is not None:
                tone = "" if going.better is None else "ft-good-text" if going.better else "ft-bad-text"
                with ui.element("div").classes(f"ft-trend {tone}"):
                    ui.icon(going.icon).props("aria-hidden=true")
                    ui.label(going.words)
            ui.space()
            chart = ui.echart(trend(one), renderer="svg").classes("ft-chart-small")
            chart.props(f'role=img aria-label="{called}, {every} by {every}; the table below has the numbers"')

    def _more_times(self, all_of_it: dict[Figure, Standing], report: FiguresReport, links: BehindLinks) -> None:
        response = report.totals[0].response
        for figure, words in ((Figure.RESPONSE_P90, "9 of 10 within"), (Figure.WITHIN_TARGET, "In time")):
            one = all_of_it[figure]
            with ui.element("div").classes("ft-line row"):
                ui.label(f"{words} {one.shown}").classes("ft-strong")
                _goal(one, report.every.value)
        with ui.element("div").classes("ft-line row"):
            for number, words, counted in (
                (response.in_time, "in time", Counted.IN_TIME),
                (response.late, "late", Counted.LATE),
                (response.waiting, "still in time", Counted.WAITING),
                (response.not_needed, "not needed any more", Counted.NOT_NEEDED),
            ):
                text, target = f"{number:,} {words}", links.to(counted)
                if target and number:
                    ui.link(text, target)
                else:
                    kit.words(text)

    async def _load_costs(self) -> tuple[Asked, CostsReport]:
        await self._desk.still_here()
        asked = self._asked(self._question.group)
        return asked, await self._counts.costs(asked)

    def _show_costs(self, found: tuple[Asked, CostsReport]) -> None:
        asked, report = found
        total, links = report.total, self._links(asked)
        if not total.priced:
            kit.empty("Of none of these leads the cost is known.", "Captures may say it as `cost`.", icon="payments")
            return

        def said(amount: Decimal | None) -> str:
            return money(amount, report.currency) or "-"

        with ui.element("div").classes("ft-grid"):
            of = f"of {count_of(total.priced, 'lead')} with a cost"
            priced = {"priced": "true"}
            kit.tile("A lead", said(total.per_lead), note=of, target=links.to(Counted.LEADS, None, **priced))
            yes = links.to(Counted.QUALIFIED, None, **priced)
            qualified, ordered = f"{total.qualified:,} of these qualified", f"{total.ordered:,} of these won"
            kit.tile("A yes", said(total.per_qualified), note=qualified, target=yes)
            won = links.to(Counted.ORDERED, None, **priced)
            kit.tile("An order", said(total.per_order), note=ordered, target=won)
            lost = f"{count_of(total.not_worked, 'lead')} that nobody tried to reach"
            target = links.to(Counted.NOT_WORKED) if total.not_worked else ""
            kit.tile("Wasted", said(total.wasted), note=lost, target=target, good=not total.not_worked)

    async def _load_groups(self) -> tuple[Asked, FiguresReport, CostsReport]:
        await self._desk.still_here()
        asked = self._asked(self._question.group)
        return asked, await self._counts.figures(asked), await self._counts.costs(asked)

    def _show_groups(self, found: tuple[Asked, FiguresReport, CostsReport]) -> None:
        asked, report, costs = found
        if not report.totals:
            kit.empty("No leads in this time.", icon="query_stats")
            return
        figure_tables.groups(asked, report, costs, self._names, self._links(asked))


def _goal(one: Standing, every: str) -> None:
    """The goal of one period, whether the last one met it, and how often it was met."""
    if one.goal is None:
        return
    tone, word = {None: ("", ""), True: ("ft-good", "met"), False: ("ft-bad", "missed")}[one.met]
    tag = kit.words(f"goal {said(one.figure, one.goal)} {word}".strip()).classes(f"ft-tag {tone}")
    record = one.record(every)
    if record:
        with tag:
            ui.tooltip(record)
