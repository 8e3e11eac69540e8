"""Tables of numbers: with heads for each row and column, and each number leading to the leads behind it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from nicegui import ui

from api.console import kit


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell."""

    text: str
    target: str = ""
    """The address of the leads behind it; empty for none."""
    note: str = ""
    """What stands beside it, smaller."""
    tone: str = ""
    """good, warn or bad: how it is coloured; what it means is said in words as well."""


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], *, words: int = 1) -> None:
    """A table; the first cell of each row is the row's head.

    Args:
        caption: what it is, for who does not see it.
        heads: of the columns.
        rows: as many cells as there are heads.
        words: so many columns at the left are words; the others are numbers, to the right.
    """
    with scrolled(caption), ui.element("table").classes("ft-table"):
        kit.words(caption, "caption").classes("ft-hidden")
        with ui.element("thead"), ui.element("tr"):
            for number, head in enumerate(heads):
                kit.words(head, "th").props("scope=col").classes("" if number < words else "ft-number")
        with ui.element("tbody"):
            for row in rows:
                name = ", ".join(cell.text for cell in row[:words] if cell.text)
                with ui.element("tr"):
                    for number, (head, cell) in enumerate(zip(heads, row, strict=True)):
                        _cell(cell, head, name, is_head=not number, is_number=number >= words)


@contextmanager
def scrolled(what: str) -> Iterator[None]:
    """What may be wider than the page: it is moved by itself, with the keys too."""
    with ui.element("div").classes("ft-scroll").props(f'role=region tabindex=0 aria-label="{_quoted(what)}"'):
        yield


def _cell(cell: Cell, head: str, row: str, *, is_head: bool, is_number: bool) -> None:
    place = ui.element("th").props("scope=row") if is_head else ui.element("td")
    with place.classes("ft-number" if is_number else ""):
        tone = f"ft-{cell.tone}-text" if cell.tone else "ft-zero" if cell.text == "0" else ""
        if cell.target:
            link = ui.link(cell.text, cell.target).classes(tone)
            if not is_head:
                # A number says little to who hears it alone.
                link.props(f'aria-label="{_quoted(f"{cell.text}: {head}, {row}")}"')
        else:
            kit.words(cell.text).classes(tone)
        if cell.note:
            kit.words(f" {cell.note}").classes("ft-quiet")


@contextmanager
def folded(summary: str) -> Iterator[None]:
    """What is shown once somebody unfolds it: the numbers of a chart, for who reads rather than looks."""
    with ui.element("details").classes("ft-details"):
        kit.words(summary, "summary")
        yield


def _quoted(text: str) -> str:
    """Text inside the quotes of a property."""
    return text.replace("\\", "").replace('"', "'").replace("\n", " ")
