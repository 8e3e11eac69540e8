"""Keys that press buttons, and the list of them all."""

from collections.abc import Sequence

from nicegui import ui
from nicegui.element import Element

from api.console import kit
from leads.links import CONSOLE_PATH


def listen() -> None:
    """Let this page's buttons be pressed by the keys that they name."""
    ui.add_head_html(f'<script defer src="{CONSOLE_PATH}/static/keys.js"></script>')


def by_key(element: Element, key: str, *, repeats: bool = False) -> None:
    """Press a button, or go to a field, by a key.

    Args:
        repeats: holding it down goes on, as for moving through a list.
    """
    element.props["data-key"] = key
    element.props["aria-keyshortcuts"] = aria(key)
    if repeats:
        element.props["data-repeats"] = ""


def shown(key: str) -> str:
    """What a key is called."""
    return {"ctrl+Enter": "Ctrl ⏎", "Escape": "Esc"}.get(key, key.upper() if len(key) == 1 else key)


def aria(key: str) -> str:
    """A key, as screen readers are told of it."""
    return {"ctrl+Enter": "Control+Enter"}.get(key, key)


def button(words: str, key: str, *, flat: bool = True, asks: bool = False) -> ui.button:
    """A button that shows the key that presses it.

    Args:
        asks: it only asks something; keys that are pressed before that is there are meant for it.
    """
    made = ui.button(words).props("no-caps" + (" flat" if flat else "")).classes("ft-key-button")
    with made:
        kit.words(shown(key), "kbd").props("aria-hidden=true")
    by_key(made, key)
    if asks:
        made.props["data-asks"] = ""
    return made


def begin_to_write(field: ui.textarea, at: int) -> None:
    """Put the cursor into a field, behind so many characters, where one sees it."""
    ui.run_javascript(f"followthrough.beginToWrite(getHtmlElement({field.id}), {at})")


def help_button(groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> None:
    """A button, and a dialog behind it with every key of the page."""
    with ui.dialog().props('aria-label="All keys"') as dialog, ui.card().classes("ft-dialog"):
        kit.heading("All keys")
        with ui.element("div").classes("ft-columns"):
            for title, keys in groups:
                with ui.element("section"):
                    kit.heading(title, 3)
                    with ui.element("dl").classes("ft-keys"):
                        for key, words in keys:
                            with ui.element("dt"):
                                kit.words(key, "kbd")
                            with ui.element("dd"):
                                kit.words(words)
        close = ui.button("Close", on_click=dialog.close).props("flat autofocus")
        by_key(close, "Escape")
    opening = ui.button(icon="keyboard", on_click=dialog.open).props('flat round aria-label="All keys (?)"')
    opening.tooltip("All keys: ?")
    by_key(opening, "?")
