"""The row of fields above every page of figures: which days, and which leads."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from adapters.db.engine import DATABASE_ERRORS
from api.console.desk import Desk
from api.console.door import PREFIX
from api.console.manager.asking import Question, Recent, a_while_ago
from api.console.manager.counts import Counts
from leads.measures import Asked, Dimension, Unaskable
from leads.model import LeadKind
from leads.periods import Every

_DAYS = "days"
_ALL = "*"
_LABELS = {
    Dimension.SOURCE: "Source",
    Dimension.CADENCE: "Cadence",
    Dimension.REP: "Rep",
    Dimension.KIND: "Kind",
}
_EVERYTHING = {
    Dimension.SOURCE: "All sources",
    Dimension.CADENCE: "All cadences",
    Dimension.REP: "Everybody",
    Dimension.KIND: "All kinds",
}


class Filters:
    """The fields; each change makes a new question, writes it into the address, and says so."""

    def __init__(
        self,
        desk: Desk,
        question: Question,
        path: str,
        choices: Mapping[Dimension, Mapping[str, str]],
        changed: Callable[[], None],
    ) -> None:
        """Build them.

        Args:
            desk: of who looks.
            question: what is shown first.
            path: the page's own address.
            choices: what may be chosen, with its words; only what is named here is asked for.
            changed: called when the question is another one.
        """
        self.question = question
        self._zone = ZoneInfo(desk.services.company.zone)
        self._desk = desk
        self._path = path
        self._changed = changed
        self._selects: dict[Dimension, ui.select] = {}
        with ui.element("div").classes("ft-filters").props('role=search aria-label="Which leads"'):
            self._days()
            for dimension, words in choices.items():
                self._select(dimension, words)

    async def offer_sources(self, counts: Counts, asked: Callable[[], Asked]) -> None:
        """Let the sources be chosen that there are in this time; what keeps them from coming is told by the figures."""
        with suppress(Unaskable, *DATABASE_ERRORS):
            names = await counts.sources(asked())
            select = self._selects[Dimension.SOURCE]
            select.set_options(self._options(Dimension.SOURCE, {name: name for name in names}), value=select.value)

    def _days(self) -> None:
        recents = {one.value: one.words for one in Recent} | {_DAYS: "From … to …"}
        chosen = self.question.recent.value if self.question.recent else _DAYS
        ui.select(recents, value=chosen, label="Time", on_change=self._chose_time).props("outlined dense options-dense")
        first, last = self.question.first, self.question.last
        if first is None or last is None:
            first, last = a_while_ago(self._desk.services.clock(), self._zone)
        with ui.element("div").classes("ft-days") as self._fields:
            self._first = ui.input("From", value=first.isoformat(), on_change=self._chose_days)
            self._last = ui.input("To", value=last.isoformat(), on_change=self._chose_days)
            for field in (self._first, self._last):
                field.props("type=date outlined dense debounce=500")
            by = {Every.WEEK.value: "Weeks", Every.MONTH.value: "Months"}
            self._every = ui.select(by, value=self.question.every.value, label="By", on_change=self._chose_days)
            self._every.props("outlined dense options-dense")
        self._fields.set_visibility(chosen == _DAYS)

    def _select(self, dimension: Dimension, words: Mapping[str, str]) -> None:
        value = self.question.of[dimension] or "" if dimension in self.question.of else _ALL

        def chose(event: ValueChangeEventArguments[str]) -> None:
            if event.value == _ALL:
                self.ask(self.question.all_of(dimension))
            else:
                self.ask(self.question.only(dimension, event.value or None))

        select = ui.select(self._options(dimension, words), value=value, label=_LABELS[dimension], on_change=chose)
        self._selects[dimension] = select.props("outlined dense options-dense")

    def _options(self, dimension: Dimension, words: Mapping[str, str]) -> dict[str, str]:
        options = {_ALL: _EVERYTHING[dimension], **words}
        if dimension is Dimension.SOURCE:
            options[""] = "No source"
        if dimension in self.question.of:
            # Whatever an address asks for can be chosen.
            value = self.question.of[dimension] or ""
            options.setdefault(value, value or "None")
        return options

    def _chose_time(self, event: ValueChangeEventArguments[str]) -> None:
        self._fields.set_visibility(event.value == _DAYS)
        if event.value == _DAYS:
            self._chose_days()
        else:
            self.ask(replace(self.question, recent=Recent(event.value), first=None, last=None, every=Every.WEEK))

    def _chose_days(self) -> None:
        try:
            first, last = date.fromisoformat(self._first.value or ""), date.fromisoformat(self._last.value or "")
        except ValueError:
            return  # Half of a date is none yet.
        every = Every(self._every.value)
        self.ask(replace(self.question, recent=None, first=first, last=last, every=every))

    def ask(self, question: Question, *, anew: bool = True) -> None:
        """Another question is asked; `anew`: so that the page has to show other numbers."""
        if question == self.question:
            return
        self.question = question
        ui.navigate.history.replace(f"{PREFIX}{address(self._path, question)}")
        if anew:
            self._changed()


def address(path: str, question: Question) -> str:
    """The address that asks this of a page."""
    written = urlencode(question.parameters())
    return f"{path}?{written}" if written else path


async def choices_of(desk: Desk, dimensions: Sequence[Dimension]) -> dict[Dimension, dict[str, str]]:
    """What may be chosen, as far as it is known before anything is counted."""
    found: dict[Dimension, dict[str, str]] = {}
    for dimension in dimensions:
        match dimension:
            case Dimension.REP:
                found[dimension] = {one.id: one.name for one in await desk.services.people.all() if one.active}
            case Dimension.CADENCE:
                found[dimension] = {name: name for name in sorted(await desk.services.shelf.names())}
            case Dimension.KIND:
                found[dimension] = {kind.value: kind.value.capitalize() for kind in LeadKind}
            case Dimension.SOURCE:
                found[dimension] = {}
    return found
