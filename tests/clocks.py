"""Clocks that tests set."""

from datetime import datetime, timedelta


class SettableClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    @property
    def now(self) -> "SettableClock":
        """The clock itself, for those who call `clock.now()`."""
        return self

    def move_to(self, now: datetime) -> None:
        self._now = now

    def move_by(self, distance: timedelta) -> None:
        self._now += distance
