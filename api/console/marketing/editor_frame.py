"""What stands around a text that is written: how things stand, the way to errors, news of others, and a preview."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from nicegui import background_tasks, ui

from api.console import kit
from api.console.frame import STATIC
from api.console.marketing.problems import to_errors
from leads.findings import Finding
from leads.links import CONSOLE_PATH

CHECK_AFTER = 0.3
"""Seconds of silence after a keystroke."""
LOOK_EVERY = 5.0
"""Seconds between two looks at what others do to the same text."""
Act = Callable[[], Awaitable[None]]


class EditorFrame:
    """A bar for the buttons, the news below it, and beside each other the text and what becomes of it."""

    def __init__(self, go_to: Callable[[Finding], Awaitable[None]], *, text: str, preview: str) -> None:
        """
        Args:
            go_to: puts the cursor where a finding points.
            text: what the column of the text is called.
            preview: the heading above the other one.
        """
        self._go_to = go_to
        self._findings: Sequence[Finding] = ()
        self._turn = 0
        self._is_kept = False
        self._told = ""
        ui.add_head_html(f'<script defer src="{CONSOLE_PATH}/{STATIC}/editor.js"></script>')
        with ui.row().classes("ft-line ft-editor-bar") as self.bar:
            with ui.element("div").classes("col"):
                self._state = ui.label().props("role=status").classes("ft-quiet")
            # The list of what is wrong lies below the text, often out of sight.
            self._errors_button = ui.button(icon="error", on_click=self._to_first_error)
            self._errors_button.props("flat color=negative no-caps")
        self._news = ui.element("div").classes("ft-room")
        # Buttons in the news go with them; what they begin stands here.
        self.room = ui.element("div").classes("ft-room")
        with ui.element("div").classes("ft-workbench"):
            self.text = ui.element("section").classes("ft-card").props(f'aria-label="{text}"')
            with ui.element("section").classes("ft-card ft-preview").props('aria-label="Preview"') as self.preview:
                kit.heading(preview)

    def say(self, state: str) -> None:
        """Say how things stand."""
        self._state.set_text(state)

    def show(self, findings: Sequence[Finding]) -> None:
        """Lead to the first of these that is an error."""
        self._findings = findings
        errors = sum(one.is_error for one in findings)
        self._errors_button.set_text(to_errors(errors))
        self._errors_button.set_visibility(bool(errors))

    def tell(self, text: str = "", choices: Mapping[str, Act] | None = None) -> None:
        """Tell what somebody else did, and offer what can be done; nothing at all without a text."""
        if text == self._told:  # Whoever hears the page is told once.
            return
        self._told = text
        self._news.clear()
        if not text:
            return
        with self._news, ui.element("div").classes("ft-notice").props("role=alert"):
            ui.label(text)
            for name, act in (choices or {}).items():
                ui.button(name, on_click=self._in_the_room(act)).props("flat dense")

    def once_silent(self, *acts: tuple[float, Act]) -> None:
        """Do each unless another keystroke comes within its seconds, or the page is gone."""
        self._turn += 1
        for seconds, act in acts:
            background_tasks.create(self._once_silent(seconds, self._turn, act), name="editor")

    def keep(self, *, text_at_risk: bool) -> None:
        """Let the browser ask before the page is left, as long as a text would be lost by that."""
        if text_at_risk != self._is_kept:
            self._is_kept = text_at_risk
            with self.room:
                ui.run_javascript(f"followthrough.keep({'true' if text_at_risk else 'false'})")

    async def _once_silent(self, seconds: float, turn: int, act: Act) -> None:
        await asyncio.sleep(seconds)
        if turn == self._turn and not self._state.is_deleted:
            with self.room:
                try:
                    await act()
                except Exception as error:
                    kit.say_what_happened(error)

    def _in_the_room(self, act: Act) -> Act:
        async def done() -> None:
            with self.room:
                await act()

        return done

    async def _to_first_error(self) -> None:
        first = next((one for one in self._findings if one.is_error), None)
        if first is not None:
            await self._go_to(first)
