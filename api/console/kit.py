"""Small parts that all pages share: what is empty, what went wrong, figures, times, questions before a change."""

import json
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from nicegui import Client, ui
from nicegui.elements.mixins.text_element import TextElement

from adapters.db.cases import LeadMerged, UnknownLead
from adapters.db.engine import driver_error, is_trouble
from api.console.refusals import NotAllowed, SignedOut
from api.problems import PerhapsStored, UnknownTask, ValueRefused
from cadences.refusals import CommandRefused
from leads.capture import CaptureRefused
from leads.staff import StaffRefused

if TYPE_CHECKING:
    from api.console.fields import Fields

log = structlog.get_logger()


def empty(text: str, hint: str = "", icon: str = "done_all") -> None:
    """Says that there is nothing here, and what would make it otherwise."""
    with ui.element("div").classes("ft-empty"):
        ui.icon(icon).props("aria-hidden=true")
        said(text).classes("ft-empty-text")
        if hint:
            said(hint).classes("ft-quiet")


def trouble(text: str, retry: Callable[[], Awaitable[None]] | None = None) -> None:
    """Says that something did not work, and what to do."""
    with ui.element("div").classes("ft-trouble").props("role=alert"):
        ui.icon("error_outline").props("aria-hidden=true")
        said(text)
        if retry is not None:
            ui.button("Try again", on_click=retry).props("flat")


def skeleton(lines: int = 3) -> ui.element:
    """Stands where something is being loaded; delete it once that is there."""
    with ui.element("div").classes("ft-loading").props('role=status aria-label="Loading"') as box:
        for _ in range(lines):
            ui.skeleton().classes("ft-skeleton")
    return box


def progress_bar(label: str, value: float = 0) -> ui.linear_progress:
    """Shows how far something has come, from 0 to 1.

    Args:
        label: what that is, for whoever can't see it.
    """
    bar = ui.linear_progress(value, show_value=False, size="8px").props(
        f'rounded instant-feedback aria-label="{label}"'
    )
    return bar.classes("ft-progress")


def tile(label: str, value: str, *, note: str = "", target: str = "", good: bool | None = None) -> ui.element:
    """A figure with what it is called, and what is behind it.

    Args:
        label: what it is.
        value: how much.
        note: what it is compared with.
        target: the page of what is behind it, as a path under the console's prefix; empty for none.
        good: whether the goal is reached; None: there is none.
    """
    state = "" if good is None else (" ft-good" if good else " ft-bad")
    holder = ui.link(target=target) if target else ui.element("div")
    with holder.classes(f"ft-tile{state}"):
        ui.label(value).classes("ft-tile-value")
        ui.label(label).classes("ft-tile-label")
        if note:
            ui.label(note).classes("ft-quiet")
    return holder


def section(title: str) -> ui.element:
    """A part of a page under a heading; use it as a context."""
    box = ui.element("section").classes("ft-card")
    with box:
        heading(title)
    return box


def heading(text: str, level: int = 2) -> ui.element:
    """A heading; the page's own has level 1."""
    return _Heading(text, level)


def entitle(text: str) -> None:
    """Call the page what it shows, where its general title says too little: a lead's name, a cadence's."""
    title = next(one for one in ui.context.client.elements.values() if isinstance(one, _Heading) and one.is_title)
    title.text = text


class _Heading(TextElement):
    """h1 to h4."""

    def __init__(self, text: str, level: int) -> None:
        super().__init__(tag=f"h{level}", text=text)
        self.is_title = level == 1


def words(text: str, tag: str = "span") -> ui.element:
    """Words in an element of this kind, which holds nothing else."""
    return _Words(text, tag)


def said(text: str, tag: str = "div") -> ui.element:
    """Words of ours in which what is typed stands between backticks, which is drawn as code."""
    parts = text.split("`")
    if len(parts) == 1 or len(parts) % 2 == 0:  # One tick alone begins nothing.
        return words(text, tag)
    with ui.element(tag) as line:
        for number, part in enumerate(parts):
            words(part, "code" if number % 2 else "span")
    return line


class _Words(TextElement):
    """span, p, td, dt …"""

    def __init__(self, text: str, tag: str) -> None:
        super().__init__(tag=tag, text=text)


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """An instant on a clock: 14:05."""
    return f"{at.astimezone(zone):%H:%M}"


def moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """An instant as people say it: today 14:05, tomorrow 09:00, Tue 24 Nov 09:00, 3 Mar 2029."""
    there, here = at.astimezone(zone), now.astimezone(zone)
    days = (there.date() - here.date()).days
    if days in (-1, 0, 1):
        return f"{('yesterday', 'today', 'tomorrow')[days + 1]} {there:%H:%M}"
    if there.year == here.year:
        return f"{there:%a} {there.day} {there:%b} {there:%H:%M}"
    return f"{there.day} {there:%b %Y}"


def span(lasts: timedelta) -> str:
    """A length of time in its two greatest units: 3 d 4 h, 25 min, 40 s."""
    seconds = int(abs(lasts).total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60 % 60, seconds // 3600 % 24, seconds // 86400
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def link(text: str, path: str) -> ui.link:
    """A link to a page of the console; NiceGUI writes the prefix before whatever begins with a slash."""
    return ui.link(text, path)


def outer_link(text: str, address: str, *, new_tab: bool = False) -> ui.element:
    """A link to an address outside of the console: a public page, or Temporal's UI."""
    outside = words(text, "a")
    outside.props["href"] = address
    if new_tab:
        outside.props["target"] = "_blank"
        outside.props["rel"] = "noopener"
    return outside


def leave_for(address: str) -> None:
    """Go to an address outside of the console."""
    ui.run_javascript(f"location.assign({json.dumps(address)})")


def sign_in_again() -> None:
    """Read the page anew: the door leads to the sign-in, which says why, and back here from there."""
    ui.run_javascript("location.reload()")


def done(text: str) -> None:
    """Say that something was done."""
    ui.notify(text, type="positive", position="top", attrs={"role": "status"})


def refused(text: str) -> None:
    """Say why something was not done."""
    ui.notify(text, type="negative", position="top", timeout=8000, attrs={"role": "alert"})


async def confirm(question: str, *lines: str, yes: str, no: str = "Cancel", danger: bool = False) -> bool:
    """Ask before a change; Escape and the second button mean no."""
    with ui.dialog() as dialog, ui.card().classes("ft-dialog"):
        heading(question)
        for line in lines:
            said(line)
        with ui.row().classes("ft-buttons"):
            agree = ui.button(yes, on_click=lambda: dialog.submit(True))
            agree.props(f"autofocus {'color=negative' if danger else ''}")
            ui.button(no, on_click=lambda: dialog.submit(False)).props("flat")
    return bool(await answer_of(dialog, question))


async def answer_of(dialog: ui.dialog, title: str) -> Any:
    """Open a dialog under this title, and wait for what somebody submits in it; None when it was closed.

    The dialog is gone then, and so may be the page.
    """
    dialog.props["aria-label"] = title
    try:
        return await dialog
    finally:
        if not dialog.is_deleted and dialog.client.id in Client.instances:
            dialog.delete()


@asynccontextmanager
async def acting(button: ui.button | None = None, fields: "Fields | None" = None) -> AsyncIterator[None]:
    """While something is done: its button waits, and what is refused is said instead of failing.

    What follows the block runs in either case; put what must follow success inside.

    Args:
        fields: those of the form; what is refused of them is said there.
    """
    client = ui.context.client  # What one pressed may be gone by then.
    if button is not None:
        button.disable()
        button.props(add="loading")
    if fields is not None:
        fields.unmark()
    try:
        yield
    except Exception as error:
        with client:
            say_what_happened(error, fields)
    finally:
        if button is not None and not button.is_deleted:
            button.props(remove="loading")
            button.enable()


EXPECTED = (
    SignedOut,
    NotAllowed,
    CommandRefused,
    ValueRefused,
    CaptureRefused,
    StaffRefused,
    UnknownLead,
    UnknownTask,
    LeadMerged,
    PerhapsStored,
)
"""What a person may run into; said to the person, and no incident for the log."""


def say_what_happened(error: Exception, fields: "Fields | None" = None) -> None:
    """Tell the person at the page what an error means; what nobody expected gets an id under which the log has it.

    Args:
        fields: those of the form; what an error says of one of them stands there.
    """
    if fields is not None and fields.mark(error):
        return
    match error:
        case SignedOut():
            sign_in_again()
        case NotAllowed():
            refused(str(error))
        case CommandRefused() | ValueRefused():
            refused(sentence(error.message))
        case CaptureRefused() | StaffRefused():
            refused(sentence(str(error)))
        case UnknownLead():
            refused("There is no such lead any more.")
        case UnknownTask():
            refused("There is no such task any more.")
        case LeadMerged():
            refused("This lead was merged into another one. Open it again.")
        case PerhapsStored():
            refused("The database went away in between. Look whether it was stored before you do it again.")
        case _:
            refused(unexpected(error))


def unexpected(error: Exception) -> str:
    """What is said of an error that nobody expected; the log has it, under an id unless the database is away."""
    if is_trouble(error):
        log.warning("a page did not reach the database", error=type(driver_error(error)).__name__)
        return "The database can't be reached just now. Nothing was stored, as far as we know; try again in a minute."
    incident = str(uuid4())
    where = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-5:]]
    # The message of an error may quote what a lead said; where it happened never does.
    log.error("a page failed", incident=incident, error=type(error).__name__, where=where)
    return f"Something went wrong on our side; our log has it as {incident}."


def sentence(text: str) -> str:
    """What a refusal says, by itself."""
    return f"{text[:1].upper()}{text[1:]}"
