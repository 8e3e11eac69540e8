"""The outbox's page: the newest messages at the left, live, and one of them at the right as its recipient sees it."""

import asyncio
from contextlib import suppress
from itertools import takewhile
from uuid import UUID

from nicegui import ui

from api.console import kit
from api.console.desk import Desk, SignedOut
from api.console.frame import Section
from api.console.outbox.letter_view import FATES, show_letter
from api.console.outbox.letters import Asked, Letter, Letters, Source
from api.console.pages import Nav, console_page
from api.console.permissions import Page, sees_all_leads
from api.console.refusals import NotHere
from api.console.tables import GrowingList
from leads.capture import CaptureRefused
from leads.model import Channel

_LOOKS_AGAIN_EVERY = 3.0
"""Seconds."""
_CHANNELS = {"": "All", "email": "Emails", "sms": "Texts"}
_SNIPPET = 90


@console_page("/outbox", Page.OUTBOX, title="Outbox", nav=Nav(Section.HOUSE, "outbox"))
async def outbox(desk: Desk, message: str = "", lead: str = "", to: str = "") -> None:
    """Show the messages.

    Args:
        message: the id of the one to show at once.
        lead: only those to this lead.
        to: only those whose recipient has this in the address or number.
    """
    for what, asked in (("lead", lead), ("message", message)):
        if asked and _id_of(asked) is None:
            raise NotHere(f"{asked!r} names no {what}.", ("All messages", "/outbox"))
    sources = _sources(desk)
    for use in desk.services.providers.uses:
        if not use.is_local:
            _note(f"{'Emails' if use.channel is Channel.EMAIL else 'Texts'} really go out: {use.said}.")
    if Source.LEDGER not in sources and not desk.services.providers.all_local:
        kit.empty("Messages to real people are not for marketing to read.", "Previews show every template.", "lock")
        return
    await _Outbox(desk, sources, lead_id=_id_of(lead), recipient=to, letter_id=_id_of(message)).build()


def _sources(desk: Desk) -> list[Source]:
    """Where this person may read: what really went to people is for those who see every lead."""
    if desk.services.providers.all_local:
        return [Source.OUTBOX]
    return [Source.LEDGER, Source.OUTBOX] if sees_all_leads(desk.person.role) else []


def _note(text: str) -> None:
    with ui.element("div").classes("ft-note").props("role=note"):
        ui.icon("info").props("aria-hidden=true")
        ui.label(text)


def _id_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class _Outbox:
    """The list, what is looked for in it, and the message that is shown."""

    def __init__(
        self, desk: Desk, sources: list[Source], *, lead_id: UUID | None, recipient: str, letter_id: UUID | None
    ) -> None:
        self._desk = desk
        self._letters = Letters(desk.services)
        self._sources = sources
        self._asked = Asked(sources[0], None, recipient, lead_id)
        self._shown = letter_id
        self._newest: UUID | None = None
        self._lines: dict[UUID, ui.element] = {}
        self._filling = asyncio.Lock()

    async def build(self) -> None:
        self._build_filters()
        with ui.element("div").classes("ft-outbox"):
            with ui.element("section").classes("ft-card ft-letters").props('aria-label="Messages"'):
                self._list = ui.element("ul").classes("ft-letter-list")
                self._below = ui.element("div")
            self._pane = ui.element("section").classes("ft-card ft-letter-pane").props("aria-live=polite id=message")
        await self._fill()
        with self._pane:
            await self._build_shown()
        ui.timer(_LOOKS_AGAIN_EVERY, self._look_again, immediate=False)

    def _build_filters(self) -> None:
        with ui.row().classes("ft-line").props("role=search"):
            find = ui.input("Recipient", value=self._asked.recipient, placeholder=self._search_hint()).classes("col")
            find.props("outlined dense clearable debounce=300 type=search").on_value_change(
                lambda event: self._ask(recipient=event.value or "")
            )
            channel = ui.toggle(_CHANNELS, value="").props('no-caps unelevated aria-label="Channel"')
            channel.on_value_change(lambda event: self._ask(channel=Channel(event.value) if event.value else None))
            if len(self._sources) > 1:
                source = ui.toggle({Source.LEDGER: "Sent", Source.OUTBOX: "Local outbox"}, value=self._asked.source)
                source.props('no-caps unelevated aria-label="Where from"')
                source.on_value_change(lambda event: self._ask(source=event.value))
        if self._asked.lead_id is not None:
            with ui.row().classes("ft-line"):
                ui.label("Only what went to one lead.").classes("ft-quiet")
                kit.link("Show all", "/outbox")

    def _search_hint(self) -> str:
        return "part of an address or number" if self._sources[0] is Source.OUTBOX else "a whole address or number"

    async def _ask(self, **changes: object) -> None:
        async with kit.acting():
            await self._desk.still_here()
            known = {name: getattr(self._asked, name) for name in Asked.__dataclass_fields__}
            self._asked = Asked(**{**known, **changes})
            await self._fill()

    async def _fill(self) -> None:
        """Show the newest messages that are asked for."""
        # Who types goes on while the database is asked; each list is whole before the next one begins.
        async with self._filling:
            await self._fill_list()

    async def _fill_list(self) -> None:
        self._list.clear()
        self._below.clear()
        self._lines.clear()
        try:
            with self._below:
                shown = await GrowingList(self._page, self._line, more="Show older ones").begin()
        except CaptureRefused as refused:
            with self._below:
                kit.empty(
                    "Nothing is looked for yet.", f"The ledger knows whole addresses only: {refused.message}.", "search"
                )
            return
        if not shown:
            with self._below:
                self._build_empty()

    def _build_empty(self) -> None:
        if self._asked.recipient:
            kit.empty(f"No message to {self._asked.recipient}.", "Look for a part of the address or number.", "search")
        else:
            kit.empty("Nothing was written yet.", "The first email goes out as soon as a lead comes in.", "outbox")

    async def _page(self, cursor: str | None) -> tuple[list[Letter], str | None]:
        items, cursor_after = await self._letters.page(self._asked, cursor)
        if cursor is None:
            self._newest = items[0].id if items else None
            self._shown = self._shown or self._newest
        return list(items), cursor_after

    def _line(self, letter: Letter, *, first: bool = False) -> None:
        desk, now = self._desk, self._desk.services.clock()
        with self._list, ui.element("li") as item:
            line = ui.element("button").classes("ft-letter-line").props("type=button")
            with line:
                with ui.element("span").classes("ft-letter-head"):
                    icon = "sms" if letter.channel is Channel.SMS else "mail"
                    ui.icon(icon).props(f'role=img aria-label="{"Text" if icon == "sms" else "Email"}"')
                    kit.words(letter.to).classes("ft-letter-to")
                    kit.words(kit.moment(letter.at, desk.zone, now)).classes("ft-quiet")
                kit.words(letter.subject or _snippet(letter.text)).classes("ft-letter-subject")
                if letter.subject:
                    kit.words(_snippet(letter.text)).classes("ft-quiet ft-letter-snippet")
                if letter.state is not None:
                    said, mark = FATES.get(letter.state, (letter.state.value, ""))
                    kit.words(said).classes(f"ft-tag {mark}")
                if letter.internal:
                    kit.words("colleague").classes("ft-tag")
            line.on("click", lambda: self._show(letter.id))
        if first:
            item.move(self._list, target_index=0)
        self._lines[letter.id] = line
        self._mark(letter.id)

    def _mark(self, letter_id: UUID) -> None:
        line = self._lines.get(letter_id)
        if line is not None:
            if letter_id == self._shown:
                line.props("aria-current=true").classes("ft-here")
            else:
                line.props(remove="aria-current").classes(remove="ft-here")

    async def _show(self, letter_id: UUID) -> None:
        async with kit.acting():
            await self._desk.still_here()
            before, self._shown = self._shown, letter_id
            for one in (before, letter_id):
                if one is not None:
                    self._mark(one)
            self._pane.clear()
            with self._pane:
                await self._build_shown()
            ui.run_javascript("followthrough.reveal('message')")

    async def _build_shown(self) -> None:
        if self._shown is None:
            kit.empty("Choose a message.", "You see it as the person does, and its links work.", "drafts")
            return
        letter = await self._letters.one(self._asked.source, self._shown)
        if letter is None:
            kit.trouble("This message is not here any more. Perhaps its lead was erased.")
            return
        show_letter(self._desk, letter)

    async def _look_again(self) -> None:
        """Show what came since above the rest."""
        try:
            await self._desk.still_here()
        except SignedOut as gone:
            kit.say_what_happened(gone)
            return
        async with self._filling:
            with suppress(CaptureRefused):  # somebody is typing an address
                newest, _ = await self._letters.page(self._asked)
                unseen = list(takewhile(lambda letter: letter.id != self._newest, newest))
                if not unseen:
                    return
                if len(unseen) == len(newest):
                    await self._fill_list()
                    return
                for letter in reversed(unseen):
                    self._line(letter, first=True)
                self._newest = unseen[0].id


def _snippet(text: str) -> str:
    start = " ".join(text.split())
    return start if len(start) <= _SNIPPET else f"{start[: _SNIPPET - 1]}…"
