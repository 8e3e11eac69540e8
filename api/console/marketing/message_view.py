"""What one touch says, as the person would get it: an email, a text with what it costs, or a colleague's task."""

from decimal import Decimal
from typing import Any

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from api.console import kit
from cadences.preview import PreviewedTouch
from cadences.preview_messages import Written
from cadences.templating import TemplateMistake
from leads.amounts import money
from leads.model import Channel
from leads.sending import OutgoingMessage

_TITLES = {
    Channel.EMAIL: "The email",
    Channel.SMS: "The text",
    Channel.CALL: "The talk track",
    Channel.TASK: "The task",
}


class MessageView:
    """A place for one message at a time; who reads its plain text goes on doing so in the next one."""

    def __init__(self, segment_price: Decimal | None, currency: str) -> None:
        """
        Args:
            segment_price: what one segment of a text costs, where that is known.
            currency: ISO 4217 code of that price.
        """
        self._segment_price = segment_price
        self._currency = currency
        self._part = "html"
        self._box = ui.element("section").classes("ft-message").props('aria-live=polite aria-label="The message"')

    def show(self, touch: PreviewedTouch, found: Written | TemplateMistake) -> None:
        """Show what a touch says, or why it can't be written."""
        self._box.clear()
        with self._box:
            kit.heading(_TITLES[touch.channel], 3)
            if isinstance(found, TemplateMistake):
                kit.trouble(f"It can't be written for this person: {found.message}. {found.hint}")
            elif found.message is not None and touch.channel is Channel.EMAIL:
                self._email(found.message)
            elif found.message is not None:
                _text(found, found.message, self._price(found))
            else:
                _task(touch, found)

    def _price(self, found: Written) -> str:
        if self._segment_price is None or found.size is None:
            return ""
        return money(self._segment_price * found.size.segments, self._currency, exact=True)

    def show_nothing(self, why: str = "") -> None:
        """There is no message."""
        self._box.clear()
        if why:
            with self._box:
                ui.label(why).classes("ft-quiet")

    def _email(self, message: OutgoingMessage) -> None:
        with ui.element("dl").classes("ft-mail-head"):
            for label, value in (
                ("From", f"{message.sender_name} <{message.sender}>"),
                ("To", message.to),
                ("Subject", message.subject or ""),
            ):
                with ui.element("dt"):
                    ui.label(label)
                with ui.element("dd"):
                    ui.label(value)
        with ui.tabs().props('dense no-caps align=left aria-label="Parts of the email"') as tabs:
            ui.tab("html", "As html")
            ui.tab("text", "As text")
        with ui.tab_panels(tabs, value=self._part, animated=False, on_change=self._choose).classes("ft-mail"):
            with ui.tab_panel("html"):
                # Nothing in it runs, leads anywhere or is loaded: it is looked at only.
                frame = ui.element("iframe").classes("ft-mail-frame")
                frame.props["sandbox"] = ""
                frame.props["title"] = f"Email: {message.subject}"
                frame.props["srcdoc"] = message.html
            with ui.tab_panel("text"):
                ui.label(message.text).classes("ft-source")

    def _choose(self, event: ValueChangeEventArguments[Any]) -> None:
        self._part = event.value


def _text(found: Written, message: OutgoingMessage, price: str) -> None:
    ui.label(message.text).classes("ft-text-bubble")
    size = found.size
    if size is None:
        return
    cost = f", {price} to send" if price else ""
    with ui.row().classes("ft-counts"):
        ui.label(f"{size.segments} segment{'' if size.segments == 1 else 's'}{cost}").classes(
            f"ft-tag {'ft-good' if size.segments == 1 else 'ft-warn'}"
        )
        ui.label(f"{size.units} of {size.room} characters in {size.encoding.value}, to {message.to}").classes(
            "ft-quiet"
        )


def _task(touch: PreviewedTouch, found: Written) -> None:
    due = f", due {touch.due_at.astimezone(touch.local.tzinfo):%a %d %b %H:%M}" if touch.due_at is not None else ""
    ui.label(f"For {touch.case.lead.owner.name}{due}.").classes("ft-quiet")
    if touch.channel is Channel.TASK:
        ui.label(touch.content).classes("ft-verdict")
    if found.task:
        ui.label(found.task).classes("ft-source")
