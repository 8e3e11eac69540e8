"""The wall clock, the only place where the time of day comes from."""

from datetime import UTC, datetime


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)
