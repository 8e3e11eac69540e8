"""Tables of the console: a heading row, rows of words or of more, and lists that grow by pages."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

from nicegui import ui

from api.console.kit import acting, words

Item = TypeVar("Item")
Place = TypeVar("Place")


class Table:
    """A table with a heading row; numbers stand at the right."""

    def __init__(
        self, caption: str, headings: Sequence[str], numbers: Iterable[int] = (), one_line: Iterable[int] = ()
    ) -> None:
        """Begin a table.

        Args:
            caption: what it is, for whoever can't see it.
            headings: one for each column; an empty one is left out for the eye and the ear.
            numbers: which columns are numbers.
            one_line: which columns are not broken into lines, such as times.
        """
        self._numbers, self._one_line = frozenset(numbers), frozenset(one_line)
        # Whoever has no mouse scrolls it once it has the focus.
        scroll = ui.element("div").classes("ft-scroll").props(f'role=region tabindex=0 aria-label="{caption}"')
        with scroll, ui.element("table").classes("ft-table"):
            with ui.element("thead"), ui.element("tr"):
                for column, text in enumerate(headings):
                    words(text, "th" if text else "td").props("scope=col" if text else "").classes(self._class(column))
            self._body = ui.element("tbody")

    def row(self, *cells: str) -> ui.element:
        """A row that begins with these words; add others in it with `cell`."""
        with self._body, ui.element("tr") as row:
            for column, text in enumerate(cells):
                words(text, "td").classes(self._class(column))
        return row

    def cell(self, column: int = -1) -> ui.element:
        """A cell for more than words; use it as a context, in a row."""
        return ui.element("td").classes(self._class(column))

    def clear(self) -> None:
        """Take every row away."""
        self._body.clear()

    def _class(self, column: int) -> str:
        number = "ft-number" if column in self._numbers else ""
        return f"{number} ft-one-line" if column in self._one_line else number


class GrowingList(Generic[Item, Place]):
    """A list that shows its first page, and the next one below it when somebody asks."""

    def __init__(
        self,
        load: Callable[[Place | None], Awaitable[tuple[Sequence[Item], Place | None]]],
        show: Callable[[Item], object],
        *,
        more: str = "Show more",
        first: tuple[Sequence[Item], Place | None] | None = None,
    ) -> None:
        """Build nothing yet; `begin` does.

        Args:
            load: reads the page after a place, and says where the next one begins.
            show: builds one item where it belongs; called in the order of the list.
            more: what stands on the button for the next page.
            first: the first page, where it was read already.
        """
        self._first = first
        self._load = load
        self._show = show
        self._more = more
        self._button: ui.button | None = None
        self._place: Place | None = None

    async def begin(self) -> int:
        """Show the first page; how many it has."""
        return await self._grow(None)

    async def _grow(self, place: Place | None) -> int:
        known, self._first = self._first, None
        items, self._place = known if known is not None else await self._load(place)
        for one in items:
            self._show(one)
        if self._button is None and self._place is not None:
            self._button = ui.button(self._more, on_click=self._on_more).props("flat")
        elif self._button is not None and self._place is None:
            self._button.delete()
            self._button = None
        return len(items)

    async def _on_more(self) -> None:
        async with acting(self._button):
            await self._grow(self._place)
