"""One text that somebody writes: CodeMirror, dressed for who hears it and for the theme."""

import json
from collections.abc import Awaitable, Callable, Mapping

from nicegui import ui

from leads.links import CONSOLE_PATH

_HELP = "editor-help"


def code_editor(
    text: str,
    spoken: str,
    on_text: Callable[[str], None],
    *,
    language: str | None,
    wraps: bool,
    keys: Mapping[str, Callable[[], Awaitable[None]]],
) -> ui.codemirror:
    """An editor for a text; `editor_help` stands once below all that are on a page.

    Args:
        spoken: what it is called by whoever hears the page.
        on_text: called with the whole text at each change.
        language: whose words it colours; None for plain text.
        wraps: whether long lines are broken, as prose is read.
        keys: what keystrokes in it do.
    """
    editor = ui.codemirror(
        text,
        on_change=lambda event: on_text(event.value),
        language=language,  # type: ignore[arg-type]
        theme="githubLight",
        indent="  ",
        line_wrapping=wraps,
        keymap={key: lambda _, act=act: act() for key, act in keys.items()},
    )
    ui.run_javascript(f"followthrough.dressEditor({editor.id}, {json.dumps(spoken)}, {json.dumps(_HELP)})")
    return editor.classes("ft-editor")


def editor_help(more: str) -> None:
    """How one leaves the text by the keyboard, where Tab indents; and what else the keys do."""
    ui.label(f"Esc, then Tab leaves the editor. {more}").classes("ft-quiet").props(f"id={_HELP}")


def keep_until_saved(editor: ui.codemirror, saved: str) -> None:
    """Let the browser ask before a page is left whose text is not this one, also at a key pressed just now."""
    ui.run_javascript(f"followthrough.keepUntilSaved({editor.id}, {json.dumps(saved)})")


def leave_for(path: str) -> None:
    """Go to a page of the console without being asked, where there is nothing left to be kept."""
    ui.run_javascript(f"followthrough.leave({json.dumps(f'{CONSOLE_PATH}{path}')})")


def on_line(editor: ui.codemirror, act: Callable[[int], Awaitable[None]]) -> None:
    """Be told where somebody stands in the text, at each other line; counts from 1. For the only editor of a page."""
    ui.on("editor-line", lambda event: act(int(event.args)))
    ui.run_javascript(f"followthrough.tellLine({editor.id})")
