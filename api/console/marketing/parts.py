"""Small parts of marketing's pages: steps as icons, shares, and who did something when."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from nicegui import ui

from api.console import kit
from api.console.desk import Desk
from cadences.aloud import NOUN
from cadences.model import Cadence
from leads.model import Channel

ICONS = {Channel.EMAIL: "mail", Channel.SMS: "sms", Channel.CALL: "call", Channel.TASK: "task_alt"}
"""Of Material Icons."""
_SHOWN_OF_A_VERSION = 8


def channel_icon(channel: Channel) -> None:
    """What kind of contact it is, at a glance; the words stand beside it."""
    ui.icon(ICONS[channel]).props("aria-hidden=true").classes(f"ft-channel ft-by-{channel.value}")


def plan_strip(cadence: Cadence) -> None:
    """A plan's steps in a row."""
    said = ", ".join(NOUN[step.channel] for step in cadence.steps)
    with ui.element("div").classes("ft-strip").props(f'role=img aria-label="{len(cadence.steps)} steps: {said}"'):
        for step in cadence.steps:
            channel_icon(step.channel)


def short(version: str) -> str:
    """A version as people see it."""
    return version[:_SHOWN_OF_A_VERSION]


def percent(part: int, whole: int) -> str:
    """A share, or nothing where there is no whole."""
    return f"{part / whole:.1%}" if whole else "-"


def when(at: datetime, desk: Desk) -> str:
    """An instant on the clock of who is signed in."""
    return kit.moment(at, zone_of(desk), desk.services.clock())


def zone_of(desk: Desk) -> ZoneInfo:
    """The clock of who is signed in."""
    return ZoneInfo(desk.person.zone or desk.services.company.zone)


async def names_of(desk: Desk) -> dict[str, str]:
    """What each colleague is called, by id."""
    return {one.id: one.name for one in await desk.services.people.all()}


class Table:
    """A table with a heading row; numbers stand at the right."""

    def __init__(self, caption: str, headings: Sequence[str], numbers: Iterable[int] = ()) -> None:
        """
        Args:
            caption: what it is, for whoever can't see it.
            headings: one for each column.
            numbers: which columns are numbers.
        """
        self._numbers = frozenset(numbers)
        # Whoever has no mouse scrolls it once it has the focus.
        scroll = ui.element("div").classes("ft-scroll").props(f'role=region tabindex=0 aria-label="{caption}"')
        with scroll, ui.element("table").classes("ft-table"):
            with ui.element("thead"), ui.element("tr"):
                for column, text in enumerate(headings):
                    with ui.element("th").props("scope=col").classes(self._class(column)):
                        ui.label(text)
            self._body = ui.element("tbody")

    def row(self, *cells: str) -> ui.element:
        """A row of words; it is returned, for cells that are more than words (`cell`)."""
        with self._body, ui.element("tr") as row:
            for column, text in enumerate(cells):
                with self.cell(column):
                    ui.label(text)
        return row

    def cell(self, column: int) -> ui.element:
        """A cell, in a row."""
        return ui.element("td").classes(self._class(column))

    def body(self) -> ui.element:
        """Where rows stand."""
        return self._body

    def _class(self, column: int) -> str:
        return "ft-number" if column in self._numbers else ""
