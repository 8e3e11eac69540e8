"""A secret that is shown this once: to be copied now, since nobody keeps it."""

import json

from nicegui import ui

from api.console import kit


def show_once(title: str, text: str, note: str) -> None:
    """Build a box with a text to copy."""
    with ui.element("div").classes("ft-once").props("role=status"):
        kit.heading(title, 3)
        with ui.row().classes("ft-line"):
            kit.words(text, "code").classes("col ft-secret").props('tabindex=0 aria-label="To copy"')
            copy = ui.button("Copy", icon="content_copy").props("outline")
            # The browser lets a page write to the clipboard only while it handles the very click.
            copy.on("click", js_handler=f"() => followthrough.copy({json.dumps(text)})")
            copy.on_click(lambda: kit.done("Copied."))
        ui.label(note).classes("ft-quiet")
