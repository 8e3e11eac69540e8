"""How an instant is told to people in words that are kept: on somebody's clock, and on whose."""

from datetime import datetime
from zoneinfo import ZoneInfo

from leads.spans import city_of


def on_clock(at: datetime, zone: ZoneInfo) -> str:
    """`Mon 2 Mar 2026 10:00 in New York`."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M} in {city_of(zone)}"
