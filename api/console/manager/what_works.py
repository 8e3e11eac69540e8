"""What works: on which contact people say yes, each step and variant, what is tried out, and when people pick up."""

from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from adapters.db.experiments import ArmView, ExperimentView
from adapters.db.reports.models import StepsReport
from api.console import kit
from api.console.desk import Desk
from api.console.manager.behind_links import BehindLinks
from api.console.manager.charts import best_times, contact_numbers, hour_of
from api.console.manager.counts import Counts
from api.console.manager.loading import Later
from api.console.manager.tables import Cell, folded, scrolled, table
from api.console.permissions import Action, may_do
from api.writes import Caller
from leads.amounts import percent
from leads.best_time import LEAST_CALLS, ContactTimes, HourLearnt, learnt_hours
from leads.experiments import ArmFigure, Share, Verdict
from leads.measures import Asked, Counted, Dimension

_ALL = "*"
_MOST_STEPS = 60
_BEST_HOURS = 5
_SAID = (
    ("Sent", "sent", Counted.SENT),
    ("Replied", "replied", Counted.REPLIED),
    ("Yes", "yes", Counted.YES),
    ("No", "no", Counted.NO),
    ("Not now", "not_now", Counted.NOT_NOW),
    ("Opted out", "opted_out", Counted.OPTED_OUT),
)
_TONES = {Verdict.BETTER: "ft-good", Verdict.WORSE: "ft-bad"}


class WhatWorks:
    """The parts of the lead map's page that look at contacts rather than at leads."""

    def __init__(
        self, desk: Desk, counts: Counts, asked: Callable[[], Asked], links: Callable[[Asked], BehindLinks]
    ) -> None:
        """Build them.

        Args:
            desk: of who looks.
            counts: where numbers come from.
            asked: the periods that are shown at the moment.
            links: makes the addresses behind numbers.
        """
        self._desk = desk
        self._counts = counts
        self._asked_for = asked
        self._links = links
        self._cadence: str | None = None
        with kit.section("Which contact brings the yes"):
            self._numbers = Later(self._load, self._show_numbers, lines=6)
        with kit.section("What came of each step"):
            self._choice = ui.select({_ALL: "All cadences"}, value=_ALL, label="Cadence", on_change=self._chose)
            self._choice.props("outlined dense options-dense").classes("ft-short")
            self._steps = Later(self._load, self._show_steps, lines=6)
        with kit.section("What is tried out"):
            Later(self._load_experiments, self._show_experiments, lines=3)
        with kit.section("When people pick up"):
            Later(self._load_times, self._show_times, lines=6)
        ui.timer(0, self._offer_cadences, once=True)

    def again(self) -> None:
        """Count other periods."""
        self._numbers.again()
        self._steps.again()

    async def _offer_cadences(self) -> None:
        names = sorted(await self._desk.services.shelf.names())
        self._choice.set_options({_ALL: "All cadences", **{name: name for name in names}}, value=self._choice.value)

    def _chose(self, event: ValueChangeEventArguments[str]) -> None:
        self._cadence = None if event.value == _ALL else event.value
        self.again()

    def _asked(self) -> Asked:
        of = {} if self._cadence is None else {Dimension.CADENCE: self._cadence}
        return replace(self._asked_for(), of=of)

    async def _load(self) -> tuple[Asked, StepsReport]:
        await self._desk.still_here()
        asked = self._asked()
        return asked, await self._counts.steps(asked)

    def _show_numbers(self, found: tuple[Asked, StepsReport]) -> None:
        asked, report = found
        if not any(one.outcomes.yes for one in report.contact_numbers):
            kit.empty("Nobody said yes in this time.", icon="emoji_events")
            return
        links = self._links(asked)
        ui.label("Contacts made in this time, of all leads.").classes("ft-quiet")
        chart = ui.echart(contact_numbers(report.contact_numbers), renderer="svg").classes("ft-chart")
        chart.props('role=img aria-label="On which contact people said yes; the table below has the numbers"')
        with folded("The same numbers as a table"):
            rows = []
            for one in report.contact_numbers:
                name = "Personal" if one.number is None else f"Contact {one.number}"
                of: dict[str, str | int | None] = {} if one.number is None else {"contact_number": one.number}
                cells = []
                for _, attribute, figure in _SAID:
                    number = getattr(one.outcomes, attribute)
                    target = links.of_contacts(figure, **of) if number and of else ""
                    cells.append(Cell(f"{number:,}", target))
                rows.append([Cell(name), *cells, Cell(percent(one.yes_until))])
            heads = ("Contact", *(head for head, _, _ in _SAID), "Of all yes so far")
            table("On which contact people said yes", heads, rows)

    def _show_steps(self, found: tuple[Asked, StepsReport]) -> None:
        asked, report = found
        if not report.rows:
            kit.empty("Nothing went out in this time.", icon="outbox")
            return
        links = self._links(asked)
        rows = []
        for step in report.rows[:_MOST_STEPS]:
            of: dict[str, str | int | None] = {
                "cadence": step.cadence,
                "version": step.version,
                "step": step.step,
                "template": step.template,
                "variant": step.variant,
                "channel": step.channel,
            }
            cells = []
            for _, attribute, figure in _SAID:
                number = getattr(step.outcomes, attribute)
                share = {"replied": step.outcomes.reply_share, "yes": step.outcomes.yes_share}.get(attribute)
                note = percent(share) if number and share is not None else ""
                cells.append(Cell(f"{number:,}", links.of_contacts(figure, **of) if number else "", note))
            name = f"{step.channel} {step.step}" if step.step else f"{step.channel}, personal"
            words = (step.cadence or "-", (step.version or "")[:8], step.template or "", step.variant or "")
            rows.append([Cell(name), *map(Cell, words), *cells])
        heads = ("Step", "Cadence", "Version", "Template", "Variant", *(head for head, _, _ in _SAID))
        table("What came of each step", heads, rows, words=5)
        if len(report.rows) > _MOST_STEPS:
            ui.label(f"{_MOST_STEPS} of {len(report.rows)} steps; choose a cadence to see its own.").classes("ft-quiet")
        self._say_when_counted(report)

    def _say_when_counted(self, report: StepsReport) -> None:
        if report.counted_as_of is None or report.counted_until is None or report.counted_until <= report.first_day:
            return
        at = kit.moment(report.counted_as_of, ZoneInfo(self._desk.services.company.zone), report.as_of)
        with ui.element("div").classes("ft-notes"):
            kit.words(f"Weeks before {report.counted_until:%a %-d %b} were counted {at}.")
            if may_do(self._desk.person.role, Action.REFRESH_REPORTS):
                button = ui.button("Count them anew").props("flat dense")
                button.on_click(lambda: self._refresh(button))

    async def _refresh(self, button: ui.button) -> None:
        async with kit.acting(button):

            async def work(_: Caller) -> None:
                await self._desk.services.reports.refresh(self._desk.services.clock())

            await self._desk.do(Action.REFRESH_REPORTS, work)
            self._counts.forget()
            kit.done("Counted anew.")
            self.again()

    async def _load_experiments(self) -> list[ExperimentView]:
        await self._desk.still_here()
        return await self._counts.experiments()

    def _show_experiments(self, found: list[ExperimentView]) -> None:
        if not found:
            kit.empty("Nothing is tried out.", "A step with variants begins an experiment.", icon="science")
            return
        links = self._links(self._asked_for())
        for one in found:
            with ui.element("article").classes("ft-stack"):
                with ui.element("div").classes("ft-notes"):
                    kit.heading(f"{one.cadence}, {one.step}", 3)
                    verdict = one.judgement.verdict
                    kit.words(verdict.value).classes(f"ft-tag {_TONES.get(verdict, '')}")
                    kit.words("running" if one.running else "over").classes("ft-tag")
                ui.label(one.judgement.text)
                goal = f"{one.goal.capitalize()} within {one.within_days} days"
                heads = ("Variant", "Leads", "Of the sample", "Replied", "Yes", goal)
                table(f"Variants of {one.step}", heads, [_arm(arm, one, links) for arm in one.arms])

    async def _load_times(self) -> ContactTimes:
        await self._desk.still_here()
        return await self._counts.times()

    def _show_times(self, times: ContactTimes) -> None:
        if sum(times.calls) < LEAST_CALLS:
            hint = f"After {LEAST_CALLS} calls it is known when they connect."
            kit.empty("Too few calls were made to tell.", hint, icon="schedule")
            return
        hours = learnt_hours(times)
        best = sorted(hours, key=lambda one: -one.expected)[:_BEST_HOURS]
        with ui.element("div").classes("ft-notes"):
            kit.words("Best hours, on the lead's clock:")
            for one in best:
                kit.words(f"{hour_of(one)} {_connecting(one)}").classes("ft-tag ft-good")
        with scrolled("Picture of the hours"):
            chart = ui.echart(best_times(hours), renderer="svg").classes("ft-chart ft-wide")
            chart.props('role=img aria-label="How likely a call connects; the table below has the numbers"')
        with folded("The same numbers as a table"):
            by_hour = [[one for one in hours if one.hour == hour] for hour in range(24)]
            rows = [
                [Cell(f"{row[0].hour:02}:00"), *(Cell(_connecting(one), note=f"of {one.calls}") for one in row)]
                for row in by_hour
                if any(one.calls for one in row)
            ]
            table("How many calls connect", ("Hour", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), rows)


def _connecting(one: HourLearnt) -> str:
    return percent(round(one.expected, 3))


def _arm(arm: ArmView, one: ExperimentView, links: BehindLinks) -> list[Cell]:
    counts = arm.counts
    best = "good" if one.judgement.best == counts.name else ""

    def cell(figure: ArmFigure, text: str = "", note: str = "") -> Cell:
        number: int = getattr(counts, figure.value)
        target = links.of_variant(one.id, counts.name, figure) if number else ""
        return Cell(text or f"{number:,}", target, note)

    reached_goal = f"{counts.successes:,} of {counts.sampled:,}"
    return [
        Cell(counts.name, tone=best),
        cell(ArmFigure.LEADS),
        cell(ArmFigure.RIPE, f"{counts.ripe:,} of {one.sample:,}"),
        cell(ArmFigure.REPLIED, note=_share(arm.reply_share)),
        cell(ArmFigure.YES, note=_share(arm.yes_share)),
        cell(ArmFigure.SUCCESSES, reached_goal, _share(arm.sample_share)) if arm.sample_share else Cell("-"),
    ]


def _share(share: Share | None) -> str:
    """A share, and where the true one probably lies."""
    if share is None:
        return ""
    return f"{percent(round(share.share, 3))} ({percent(round(share.low, 3))} to {percent(round(share.high, 3))})"
