"""The daily reviews as they were mailed: what each rep did, what was left undone, who waits; who read the policy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from adapters.db.policies import Acknowledgement, Acknowledgements
from adapters.db.reviews import NoSuchReview, ReviewView
from api.console import kit
from api.console.desk import Desk
from api.console.door import PREFIX
from api.console.frame import Section
from api.console.manager.figure_values import count_of
from api.console.manager.loading import Later
from api.console.manager.review_parts import HEADS, Written, row
from api.console.manager.tables import Cell, folded, table
from api.console.pages import Nav, console_page
from api.console.permissions import Page
from leads.model import Colleague
from leads.sheets import SheetError

PATH = "/reviews"
_NEWEST, _EVERYBODY = "", ""
_DAYS = 90
_MOST_AT_ONCE = 8
"""So many reps' leads are named on one page; of more, the table says how many there are."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whose review of which day is shown, and of which rep."""

    manager: str
    day: date | None = None
    """None: the newest, that of today so far where the day is not over."""
    rep: str | None = None

    def address(self) -> str:
        """Under which it is found again."""
        written = {"manager": self.manager}
        if self.day is not None:
            written["day"] = self.day.isoformat()
        if self.rep is not None:
            written["rep"] = self.rep
        return f"{PATH}?{urlencode(written)}"


@console_page(PATH, Page.REVIEWS, title="Reviews", nav=Nav(Section.MEASURE, "fact_check"))
async def reviews(desk: Desk) -> None:
    """Whatever the address asks for; one's own newest review where it asks for nothing."""
    parameters = ui.context.client.request.query_params
    managers = await desk.services.reviews.managers()
    if not managers:
        kit.empty("Nobody here is a manager.", "Whoever gets the role gets a review each working day.", icon="groups")
        return
    known = [one.id for one in managers]
    own = desk.person.id if desk.person.id in known else known[0]
    asked = parameters.get("manager", own)
    chosen = Chosen(asked if asked in known else own, _day(parameters.get("day")), parameters.get("rep") or None)
    page = ReviewsPage(desk, managers, chosen)
    await page.build()


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


class ReviewsPage:
    """The page, and what is chosen at the moment."""

    def __init__(self, desk: Desk, managers: Sequence[Colleague], chosen: Chosen) -> None:
        self._desk = desk
        self._managers = managers
        self._chosen = chosen
        self._days: list[date] = []

    async def build(self) -> None:
        """The fields, and what will be shown below them."""
        self._days = await self._desk.services.reviews.days(self._chosen.manager, _DAYS)
        with ui.element("div").classes("ft-filters").props('role=search aria-label="Which review"'):
            if len(self._managers) > 1:
                names = {one.id: one.name for one in self._managers}
                manager = ui.select(names, value=self._chosen.manager, label="Manager", on_change=self._chose_manager)
                manager.props("outlined dense options-dense")
            older = ui.button(icon="chevron_left", on_click=lambda: self._step(1))
            older.props('flat round aria-label="The day before"')
            self._day_select = ui.select({}, label="Day", on_change=self._chose_day)
            self._day_select.props("outlined dense options-dense")
            newer = ui.button(icon="chevron_right", on_click=lambda: self._step(-1))
            newer.props('flat round aria-label="The day after"')
            self._rep_select = ui.select(
                {_EVERYBODY: "Everybody"}, value=_EVERYBODY, label="Rep", on_change=self._chose_rep
            )
            self._rep_select.props("outlined dense options-dense")
        self._offer_days()
        self._review = Later(self._load, self._show, lines=10)
        with kit.section("Who has acknowledged the policy"):
            Later(self._load_policy, self._show_policy, lines=4)

    def _offer_days(self) -> None:
        options = {_NEWEST: "Newest", **{day.isoformat(): f"{day:%a} {day.day} {day:%b %Y}" for day in self._days}}
        value = _NEWEST if self._chosen.day is None else self._chosen.day.isoformat()
        options.setdefault(value, value)
        self._day_select.set_options(options, value=value)

    def _offer_reps(self, view: ReviewView) -> None:
        options = {_EVERYBODY: "Everybody", **{one.rep: view.people.get(one.rep, one.rep) for one in view.review.reps}}
        value = self._chosen.rep or _EVERYBODY
        options.setdefault(value, value)
        self._rep_select.set_options(options, value=value)

    def _choose(self, chosen: Chosen) -> None:
        if chosen == self._chosen:
            return
        self._chosen = chosen
        ui.navigate.history.replace(f"{PREFIX}{chosen.address()}")
        self._review.again()

    async def _chose_manager(self, event: ValueChangeEventArguments[str]) -> None:
        self._days = await self._desk.services.reviews.days(event.value, _DAYS)
        self._choose(Chosen(event.value))
        self._offer_days()

    def _chose_day(self, event: ValueChangeEventArguments[str]) -> None:
        self._choose(replace(self._chosen, day=_day(event.value)))

    def _chose_rep(self, event: ValueChangeEventArguments[str]) -> None:
        self._choose(replace(self._chosen, rep=event.value or None))

    def _step(self, back: int) -> None:
        """To the review before, or after; the newest one is before all days that were written."""
        place = -1 if self._chosen.day is None else _place(self._days, self._chosen.day)
        place = max(-1, min(place + back, len(self._days) - 1))
        self._choose(replace(self._chosen, day=None if place < 0 else self._days[place]))
        self._offer_days()

    async def _load(self) -> ReviewView | str:
        await self._desk.still_here()
        services, chosen = self._desk.services, self._chosen
        try:
            return await services.reviews.read(chosen.manager, chosen.day, services.clock())
        except NoSuchReview as none:
            text = str(none)
            return f"{text[:1].upper()}{text[1:]}."

    def _show(self, found: ReviewView | str) -> None:
        if isinstance(found, str):
            kit.empty(found, "Another day has one." if self._days else "", icon="event_busy")
            return
        self._offer_reps(found)
        review = found.review
        reps = [one for one in review.reps if self._chosen.rep in (None, one.rep)]
        with kit.section(_title(found)):
            if not reps:
                kit.empty("Nobody to review.", "Whoever is in no other manager's team stands here.", icon="groups")
                return
            busy = [one for one in reps if not one.is_empty]
            idle = [found.people.get(one.rep, one.rep) for one in reps if one.is_empty]
            if busy:
                rows = [row(one, found, replace(self._chosen, rep=one.rep).address()) for one in busy]
                table("What each rep did", HEADS, rows)
            if idle:
                ui.label(f"Nothing was due, and nothing happened: {', '.join(idle)}.").classes("ft-quiet")
        written = Written(found, ZoneInfo(review.zone), self._desk.services.clock())
        told = [one for one in reps if self._chosen.rep is not None or not one.is_empty]
        if len(told) > _MOST_AT_ONCE:
            ui.label("Choose a rep to see the leads by name.").classes("ft-quiet")
            told = []
        for one in told:
            with kit.section(found.people.get(one.rep, one.rep)):
                written.rep(one)
        if self._chosen.rep is None and not review.forgotten.is_empty:
            with kit.section("Not to be forgotten"):
                written.forgotten(review.forgotten)

    async def _load_policy(self) -> Acknowledgements | str:
        await self._desk.still_here()
        try:
            return await self._desk.services.policies.acknowledgements(self._desk.services.clock())
        except SheetError as wrong:
            return str(wrong)

    def _show_policy(self, found: Acknowledgements | str) -> None:
        if isinstance(found, str):
            kit.trouble(f"The policy can't be made: {found}")
            return
        if not found.items:
            kit.empty("Nobody follows the policy yet.", icon="gavel")
            return
        zone, now = ZoneInfo(self._desk.services.company.zone), self._desk.services.clock()

        def at(instant: datetime | None, never: str) -> str:
            return never if instant is None else kit.moment(instant, zone, now)

        ui.label(
            f"{found.missing} of {count_of(len(found.items), 'colleague')} still have to; version {found.version[:12]}."
        )
        heads = ("Colleague", "Sent", "Acknowledged", "Last acknowledged")

        def acknowledged(one: Acknowledgement) -> list[Cell]:
            when = Cell(at(one.acknowledged_at, "missing"), tone="good" if one.acknowledged_at else "bad")
            last = Cell((one.last_version or "")[:12], note=at(one.last_acknowledged_at, ""))
            return [Cell(one.name), Cell(at(one.sent_at, "not yet")), when, last]

        have = [one for one in found.items if one.acknowledged_at is not None]
        have_not = [one for one in found.items if one.acknowledged_at is None]
        if have_not:
            table("Who has not acknowledged the policy", heads, [acknowledged(one) for one in have_not], words=4)
        if have:
            with folded(f"{count_of(len(have), 'colleague')} who acknowledged it"):
                table("Who has acknowledged the policy", heads, [acknowledged(one) for one in have], words=4)


def _title(view: ReviewView) -> str:
    review = view.review
    day = f"{review.day:%A}, {review.day.day} {review.day:%B %Y}"
    return day if view.made_at is not None else f"{day}, so far"


def _place(days: Sequence[date], day: date) -> int:
    """Where a day stands among others, the newest first; where it would stand, if it is none of them."""
    return next((number for number, one in enumerate(days) if one <= day), len(days) - 1)
