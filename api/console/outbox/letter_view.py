"""One message as the person it went to sees it: an email as a mailbox shows it, a text as a telephone does."""

import re
from collections.abc import Iterator

from nicegui import ui

from api.console import kit
from api.console.desk import Desk
from api.console.outbox.frames import frame
from api.console.outbox.letters import Letter
from api.console.permissions import Page, may_open
from api.console.tables import Table
from cadences.sms import measure
from leads.model import Channel
from leads.sending import TouchState

_ADDRESS = re.compile(r"https?://[^\s<>()\"']+[^\s<>()\"'.,;:!?]")
FATES = {
    TouchState.CLAIMED: ("on its way", ""),
    TouchState.REFUSED: ("refused, tried again", "ft-warn"),
    TouchState.SENT: ("sent", "ft-good"),
    TouchState.DELIVERED: ("delivered", "ft-good"),
    TouchState.UNKNOWN: ("nobody knows", "ft-warn"),
    TouchState.FAILED: ("failed", "ft-bad"),
}
"""What a state of the ledger is called, and how it is marked."""


def show_letter(desk: Desk, letter: Letter) -> None:
    """Build the view of a message."""
    with ui.element("article").classes("ft-letter").props('aria-label="Message"'):
        _top(desk, letter)
        if letter.channel is Channel.SMS:
            _bubble(letter)
        else:
            _email(letter)


def _top(desk: Desk, letter: Letter) -> None:
    if letter.channel is Channel.EMAIL:
        kit.heading(letter.subject or "(no subject)")
    else:
        kit.heading(f"Text to {letter.to}")
    with ui.element("dl").classes("ft-facts"):
        for name, value in _facts(desk, letter):
            kit.words(name, "dt")
            kit.words(value, "dd")
    with ui.row().classes("ft-line"):
        if letter.state is not None:
            said, mark = FATES.get(letter.state, (letter.state.value, ""))
            kit.words(said, "span").classes(f"ft-tag {mark}")
        if letter.internal:
            kit.words("to a colleague", "span").classes("ft-tag")
        if letter.error:
            kit.words(letter.error, "span").classes("ft-quiet")
        if letter.lead_id is not None and may_open(desk.person.role, Page.LEAD):
            kit.link("Open the lead", f"/leads/{letter.lead_id}")


def _facts(desk: Desk, letter: Letter) -> Iterator[tuple[str, str]]:
    now = desk.services.clock()
    sender = f"{letter.sender_name} <{letter.sender}>" if letter.sender_name else letter.sender
    yield "From", sender or "the provider's number"
    yield "To", letter.to
    yield "Sent" if letter.state else "Written", kit.moment(letter.at, desk.zone, now)
    if letter.provider:
        yield "Through", letter.provider
    for what, at in letter.fate:
        yield what.capitalize(), kit.moment(at, desk.zone, now)


def _email(letter: Letter) -> None:
    ways = {"html": "As a mailbox shows it"} if letter.has_html else {}
    ways |= {"text": "Text"}
    ways |= {"headers": "Headers"} if letter.headers else {}
    ways |= {"calendar": "Calendar file"} if letter.calendar else {}
    with ui.tabs().props("dense align=left no-caps inline-label").classes("ft-tabs") as tabs:
        for name, label in ways.items():
            ui.tab(name, label)
    with ui.tab_panels(tabs, value=next(iter(ways))).props("animated=false").classes("ft-panels"):
        if "html" in ways:
            with ui.tab_panel("html"):
                frame(letter.id, f"The email {letter.subject or ''} as a mailbox shows it")
        with ui.tab_panel("text"):
            linked(letter.text).classes("ft-letter-text")
        if "headers" in ways:
            with ui.tab_panel("headers"):
                table = Table("Headers", ["Header", "Value"])
                for name, value in letter.headers:
                    table.row(name, value)
        if letter.calendar:
            with ui.tab_panel("calendar"):
                kit.words(letter.calendar, "pre").classes("ft-pre")


def _bubble(letter: Letter) -> None:
    size = measure(letter.text)
    with ui.element("div").classes("ft-phone"):
        linked(letter.text).classes("ft-bubble")
    segments = letter.segments if letter.segments is not None else size.segments
    counted = "1 segment" if segments == 1 else f"{segments} segments"
    ui.label(f"{counted}, {size.units} characters in {size.encoding.value}").classes("ft-quiet")


def linked(text: str) -> ui.element:
    """Words as they stand, with the addresses in them as links that open a new window."""
    with ui.element("div") as words:
        place = 0
        for found in _ADDRESS.finditer(text):
            if text[place : found.start()]:
                kit.words(text[place : found.start()], "span")
            kit.outer_link(found[0], found[0], new_tab=True)
            place = found.end()
        if text[place:]:
            kit.words(text[place:], "span")
    return words
