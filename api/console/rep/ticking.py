"""Times that keep going in the browser, without a word from the server."""

from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from nicegui import ui
from nicegui.element import Element

from leads.links import CONSOLE_PATH

Mode = Literal["countdown", "due", "left", "clock"]


def load() -> None:
    """Let this page have such times."""
    ui.add_head_html(f'<script defer src="{CONSOLE_PATH}/static/clocks.js"></script>')


def milliseconds(at: datetime) -> int:
    """An instant as browsers count it."""
    return int(at.timestamp() * 1000)


class Ticking(Element, component=Path(__file__).parent / "ticking.js"):
    """What is left until an instant, or what a clock elsewhere shows."""

    def __init__(self, mode: Mode, *, now: datetime, at: datetime | None = None, zone: ZoneInfo | None = None) -> None:
        """
        Args:
            mode: `countdown`: how much is left, or how late it is; `due`: in how long; `left`: nothing once it is over;
                `clock`: what clocks show there.
            now: by the server's clock, which counts.
            at: the instant.
            zone: where the clock hangs.
        """
        super().__init__()
        self.props["mode"], self.props["now"] = mode, milliseconds(now)
        self.props["at"] = milliseconds(at or now)
        if zone is not None:
            self.props["zone"] = zone.key
