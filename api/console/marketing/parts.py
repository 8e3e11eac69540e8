"""Small parts of marketing's pages: steps as icons, shares, and who did something when."""

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
