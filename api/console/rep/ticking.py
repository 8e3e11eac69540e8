"""Times that keep going in the browser, without a word from the server."""

from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from markupsafe import Markup
from nicegui import ui

from leads.links import CONSOLE_PATH

Mode = Literal["countdown", "left", "clock"]


def load() -> None:
    """Let this page have such times."""
    ui.add_head_html(f'<script defer src="{CONSOLE_PATH}/static/clocks.js"></script>')


def milliseconds(at: datetime) -> int:
    """An instant as browsers count it."""
    return int(at.timestamp() * 1000)


def ticking(mode: Mode, *, now: datetime, at: datetime | None = None, zone: ZoneInfo | None = None) -> Markup:
    """What is left until an instant, or what a clock elsewhere shows.

    Args:
        mode: `countdown`: how much is left, or how late it is; `left`: nothing once it is over; `clock`: what clocks
            show there.
        now: by the server's clock, which counts.
        at: the instant.
        zone: where the clock hangs.
    """
    return Markup('<time data-ticking="{}" data-now="{}" data-at="{}" data-zone="{}"></time>').format(
        mode, milliseconds(now), milliseconds(at or now), zone.key if zone is not None else ""
    )
