"""Buttons that are drawn together: a lead brings a dozen of them, and each would be three elements by itself."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from api.console.rep.keys import aria, shown

Press = Callable[[], Awaitable[None] | None]


@dataclass(frozen=True, slots=True)
class KeyButton:
    """One of them."""

    words: str
    key: str
    press: Press
    asks: bool = False
    """It only asks something; keys that are pressed before that is there are meant for it."""
    stays: bool = False
    """Nothing is drawn anew for it: the next key need not wait."""
    tone: str = ""
    """A class of the stylesheet."""
    why_not: str = ""
    """Why it can't be pressed now; empty where it can."""


@dataclass(frozen=True, slots=True)
class Group:
    """Some that stand together."""

    buttons: Sequence[KeyButton]
    label: str = ""
    """What they answer, if they are the ones to choose from."""


class KeyButtons(Element, component=Path(__file__).parent / "key_buttons.js"):
    """All of a lead's, in one element."""

    def __init__(self, groups: Sequence[Group]) -> None:
        super().__init__()
        self.props["groups"] = [_drawn(group) for group in groups]
        self._presses = {one.key: one.press for group in groups for one in group.buttons if not one.why_not}
        self.on("press", self._pressed)

    async def _pressed(self, event: GenericEventArguments) -> None:
        press = self._presses.get(str(event.args))
        if press is None:
            return
        done = press()
        if done is not None:
            await done


def _drawn(group: Group) -> dict[str, Any]:
    buttons = [
        {
            "words": one.words,
            "key": one.key,
            "shown": shown(one.key),
            "aria": aria(one.key),
            "asks": one.asks,
            "stays": one.stays,
            "tone": one.tone,
            "whyNot": one.why_not or None,
        }
        for one in group.buttons
    ]
    return {"label": group.label or None, "buttons": buttons}
