"""What the edited cadence would do with somebody: its touches on a timeline, and what each of them says."""

from pathlib import PurePosixPath

from nicegui import ui

from adapters.db.cases import UnknownLead
from api.console import kit
from api.console.desk import Desk
from api.console.marketing.message_view import MessageView
from api.console.marketing.parts import channel_icon
from api.console.marketing.person_choice import PersonChoice
from api.previewing import CadencePreview, Previewed
from cadences.aloud import NOUN
from cadences.bundle import CadenceBundle
from cadences.preview import Calls, PreviewedTouch
from cadences.reading import TEMPLATE_FILES


class PreviewPane:
    """A person, a timeline, and a message."""

    def __init__(self, desk: Desk, people: dict[str, str]) -> None:
        """
        Args:
            people: whom it offers, by what they are found by; those made up first.
        """
        self._desk = desk
        self._preview = CadencePreview(desk.services)
        self._bundle: CadenceBundle | None = None
        self._seen: Previewed | None = None
        self._calls: Calls = "made"
        self._number = 1
        self._file: str | None = None
        self._begins = desk.services.clock()
        self._person = PersonChoice(desk, people, self._play)
        ui.switch("as if nobody made the calls", on_change=lambda event: self._call(missed=event.value))
        self._note = ui.label().classes("ft-notice").props("role=status")
        self._note.set_visibility(False)
        self._timeline = ui.element("ol").classes("ft-touches").props('aria-label="What would happen when"')
        self._message = MessageView(desk.services.segment_price, desk.services.company.currency)

    async def show(self, bundle: CadenceBundle) -> None:
        """Play a cadence that has no error."""
        self._bundle = bundle
        await self._play()

    def stale(self) -> None:
        """The text has an error: what is shown is of the text before it."""
        self._say(
            "Mend the errors to see what the new text does."
            if self._seen is None
            else "This is what it did before the error."
        )

    async def follow(self, file: str) -> None:
        """Show the first touch that says what a file says."""
        self._file = file
        number = self._touch_of(file)
        if number is not None and number != self._number:
            await self._select(number)

    def _touch_of(self, file: str) -> int | None:
        touches = self._seen.touches if self._seen is not None else ()
        return next((touch.number for touch in touches if _file_of(touch) == file), None)

    async def _play(self) -> None:
        if self._bundle is None:
            return
        await self._desk.still_here()
        try:
            seen = await self._preview.play(self._bundle, self._person.who, self._calls, self._begins)
        except UnknownLead:
            self._say("There is no such lead any more.")
            return
        if seen.touches:
            self._say("")
        else:
            self._say("Nothing would go out: there is no way to reach this person, or they stopped us.")
        same = self._seen is not None and seen.touches == self._seen.touches
        self._seen = seen
        following = self._touch_of(self._file) if self._file is not None else None
        self._number = min(following or self._number, max(len(seen.touches), 1))
        if not same:
            self._draw()
        await self._write()

    def _draw(self) -> None:
        self._timeline.clear()
        if self._seen is None:
            return
        with self._timeline:
            for touch in self._seen.touches:
                self._touch(touch)

    def _touch(self, touch: PreviewedTouch) -> None:
        async def select() -> None:
            await self._select(touch.number)

        name = touch.step_id + (f" ({touch.occurrence})" if touch.occurrence > 1 else "")
        with ui.element("li"):
            button = ui.element("button").props("type=button").classes("ft-touch").on("click", select)
            button.props["aria-pressed"] = "true" if touch.number == self._number else "false"
            button.props["data-touch"] = touch.number
            with button:
                channel_icon(touch.channel)
                with ui.element("span").classes("ft-touch-words"):
                    with ui.element("span").classes("ft-touch-when"):
                        ui.label(f"{touch.local:%a} {touch.local.day} {touch.local:%b %Y, %H:%M %Z}")
                    with ui.element("span"):
                        ui.label(f"{NOUN[touch.channel]} {name}")
                        if touch.variant is not None:
                            ui.label(touch.variant).classes("ft-tag")
            if touch.reasons:
                with ui.element("details").classes("ft-why"):
                    with ui.element("summary"):
                        ui.label("why")
                    with ui.element("ol"):
                        for reason in touch.reasons:
                            with ui.element("li"):
                                ui.label(reason.text)

    async def _select(self, number: int) -> None:
        self._number = number
        for button in self._timeline.descendants():
            if "data-touch" in button.props:
                chosen = button.props["data-touch"] == number
                button.props["aria-pressed"] = "true" if chosen else "false"
        await self._write()

    async def _write(self) -> None:
        seen = self._seen
        if seen is None or not seen.touches:
            self._message.show_nothing()
            return
        touch = seen.touches[self._number - 1]
        self._message.show(touch, await self._preview.written(seen, touch.number))

    async def _call(self, *, missed: bool) -> None:
        self._calls = "missed" if missed else "made"
        async with kit.acting():
            await self._play()

    def _say(self, text: str) -> None:
        self._note.set_text(text)
        self._note.set_visibility(bool(text))


def _file_of(touch: PreviewedTouch) -> str | None:
    pattern = TEMPLATE_FILES.get(touch.channel)
    return str(PurePosixPath("templates", pattern.format(touch.content))) if pattern is not None else None
