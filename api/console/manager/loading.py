"""A part of a page whose numbers come after the page: a skeleton first, then the numbers, or what went wrong."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from nicegui import ui

from adapters.db.engine import DATABASE_ERRORS, is_trouble
from adapters.db.paging import BadCursor
from api.console import kit
from api.console.desk import NotAllowed, SignedOut
from leads.measures import Unaskable

T = TypeVar("T")


class Later(Generic[T]):
    """Shows what is loaded, each time it is asked for; who is asked anew meanwhile is the one who counts."""

    def __init__(self, load: Callable[[], Awaitable[T]], show: Callable[[T], None], *, lines: int = 4) -> None:
        """Begin to load as soon as the page stands in the browser.

        Args:
            load: asks for the numbers; it may be called again.
            show: builds what they look like, in the part.
            lines: of the skeleton.
        """
        self._load = load
        self._show = show
        self._times = 0
        self._around = ui.element("div").classes("ft-later")
        with self._around:
            self._box = ui.element("div").classes("ft-stack").props("aria-busy=true")
        with self._box:
            kit.skeleton(lines)
        self.again()

    def again(self) -> None:
        """Load it once more; what is there stays until the new numbers come."""
        with self._around:
            # Beside the box: clearing the box would stop a timer in it, and what the timer does.
            ui.timer(0, self._fill, once=True)

    async def _fill(self) -> None:
        self._times += 1
        mine = self._times
        self._box.props("aria-busy=true")
        found: T | None = None
        failed: Exception | None = None
        try:
            found = await self._load()
        except Exception as error:
            failed = error
        if mine != self._times or self._box.is_deleted:
            return
        self._box.clear()
        self._box.props("aria-busy=false")
        with self._box:
            if failed is None:
                self._show(found)  # type: ignore[arg-type]  # Nothing failed, so it is there.
            elif isinstance(failed, SignedOut):
                kit.say_what_happened(failed)
            else:
                kit.trouble(_words(failed), retry=self._retry)

    async def _retry(self) -> None:
        self.again()


def _words(error: Exception) -> str:
    if isinstance(error, Unaskable | NotAllowed):
        text = str(error)
        return f"{text[:1].upper()}{text[1:]}."
    if isinstance(error, BadCursor):
        return "This page of the list is not there. Begin with the first one."
    if isinstance(error, DATABASE_ERRORS) and is_trouble(error):
        return "The database does not answer just now."
    kit.say_what_happened(error)
    return "These numbers could not be counted."
