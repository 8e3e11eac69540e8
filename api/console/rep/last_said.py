"""What was recorded last, in words, and the one key that takes a slip back while that may be done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nicegui import ui

from adapters.db.lead_views import SlipView
from adapters.db.sessions import Person
from api.commands import CommandDone
from api.console import kit
from api.console.desk import Desk
from api.console.drawn import Drawn
from api.console.permissions import Action
from api.console.rep.keys import button
from api.console.rep.ticking import ticking
from api.writes import Caller
from cadences.slips import ANYBODYS
from leads.contract import CommandKind


@dataclass(frozen=True, slots=True)
class Recorded:
    """A change that was made."""

    words: str
    lead_id: UUID
    task_id: UUID | None
    """The task that it completed."""
    revision: int
    """That it made: it is taken back only while it is the newest."""
    undo_until: datetime | None


_SLIPS = {
    CommandKind.COMPLETE_TASK: "task done",
    CommandKind.RECORD_ANSWER: "answer recorded",
    CommandKind.NOT_NOW: "not now",
    CommandKind.LOG_PERSONAL_TOUCH: "contact logged",
    CommandKind.HOLD: "held",
    CommandKind.RESUME: "let go on",
    CommandKind.SKIP_STEP: "step left out",
    CommandKind.SWITCH_CADENCE: "cadence switched",
    CommandKind.REASSIGN: "given to somebody else",
}


def not_yet_final(lead_id: UUID, who: str, slip: SlipView, me: str) -> Recorded:
    """What was recorded of a lead before this page was opened, and may still be taken back."""
    by = "" if slip.by == me else f", by {slip.by}"
    words = f"{who}: {_SLIPS.get(CommandKind(slip.kind), slip.kind.replace('_', ' '))}{by}"
    return Recorded(words, lead_id, None, slip.revision, slip.until)


def may_take_back(slip: SlipView, person: Person) -> bool:
    """Whether this is offered to somebody; the command itself asks once more."""
    return slip.by == person.id or person.role in ANYBODYS


def recorded(words: str, task_id: UUID | None, done: CommandDone) -> Recorded:
    return Recorded(words, done.lead_id, task_id, done.revision, done.undo_until)


class LastSaid:
    """A line that is read aloud when it changes."""

    def __init__(self, desk: Desk, taken_back: Callable[[Recorded], Awaitable[None]]) -> None:
        """
        Args:
            taken_back: called once a change was taken back.
        """
        self._desk = desk
        self._taken_back = taken_back
        self._newest: Recorded | None = None
        self._line = ui.element("div").classes("ft-line ft-said-line").props("role=status aria-live=polite")

    def tell(self, words: str) -> None:
        """Say something beside the change that may still be taken back."""
        if self._newest is None:
            self._line.clear()
        with self._line:
            kit.words(words).classes("ft-said")

    def show(self, change: Recorded) -> None:
        """Say what was recorded, and offer to take it back."""
        self._newest = change if change.undo_until is not None else None
        self._line.clear()
        with self._line:
            kit.words(change.words).classes("ft-said")
            if change.undo_until is not None:
                undo = button("Undo", "u")
                left = ticking("left", now=self._desk.services.clock(), at=change.undo_until)
                Drawn("span").show(left).classes("ft-quiet")

                async def take_back() -> None:
                    async with kit.acting(undo):
                        await self._take_back(change)

                undo.on_click(take_back)

    async def _take_back(self, change: Recorded) -> None:
        desk = self._desk

        async def work(caller: Caller) -> CommandDone:
            return await desk.commands.undo(change.lead_id, caller, None, revision=change.revision)

        await desk.do(Action.UNDO, work, lead_id=change.lead_id)
        self._newest = None
        self._line.clear()
        with self._line:
            kit.words(f"Taken back: {change.words}").classes("ft-said")
        await self._taken_back(change)
