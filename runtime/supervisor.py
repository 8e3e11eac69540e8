"""Keeps services running: starts them in order, starts again what dies, and stops them in the opposite order."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from runtime.embedded.errors import StartError

LOOK_EVERY = timedelta(milliseconds=200)
FIRST_DELAY = timedelta(seconds=0.5)
LONGEST_DELAY = timedelta(seconds=30)
STEADY_AFTER = timedelta(minutes=1)  # a service that ran this long has recovered: its next failure is the first


class Service(Protocol):
    """Something that runs as a child process; every method but `launch` may block."""

    @property
    def name(self) -> str:
        """What people call it."""

    def prepare(self) -> None:
        """Makes what it needs, before each launch."""

    def launch(self) -> None:
        """Starts the process and returns at once."""

    def wait_until_ready(self) -> None:
        """Blocks until it serves."""

    def stop(self, *, hurry: Callable[[], bool]) -> None:
        """Stops it and waits for its end."""

    def is_running(self) -> bool:
        """Whether its process runs."""

    def ending(self) -> str | None:
        """How its process ended."""


def restart_delay(failures: int) -> timedelta:
    """How long to wait before the start after the n-th failure in a row (from 1): doubling, at most 30 s."""
    doubled: timedelta = FIRST_DELAY * 2 ** min(failures - 1, 10)
    return min(LONGEST_DELAY, doubled)


@dataclass
class _Watched:
    service: Service
    launched_at: float  # seconds of time.monotonic
    failures: int = 0
    again_at: float | None = None  # when the next start is due, if it is down


class Supervisor:
    """The services that were started, in the order of their start.

    Args:
        say: Is told, in a line, what died and what was started again.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._launched: list[Service] = []
        self._watched: list[_Watched] = []

    async def start(self, service: Service, *, watch_at_once: bool = False) -> None:
        """Starts a service, waits until it is ready, and watches it from then on.

        Args:
            service: What to start.
            watch_at_once: Start it again also while it is not ready yet, instead of giving up.

        Raises:
            StartError: It did not become ready.
        """
        await asyncio.to_thread(service.prepare)
        self._launched.append(service)
        service.launch()  # here, in the main thread: see ChildProcess
        if watch_at_once:
            self._watched.append(_Watched(service, time.monotonic()))
        await asyncio.to_thread(service.wait_until_ready)
        if not watch_at_once:
            self._watched.append(_Watched(service, time.monotonic()))

    async def watch(self) -> None:
        """Starts again whatever dies, with growing pauses; runs until it is cancelled."""
        while True:
            for watched in list(self._watched):
                await self._look_at(watched)
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    async def stop(self, hurry: threading.Event) -> None:
        """Stops all services, the last started first; `hurry` makes every wait short."""
        async with AsyncExitStack() as stack:  # last in, first out, and one that fails does not keep the others
            for service in self._launched:
                stack.push_async_callback(asyncio.to_thread, service.stop, hurry=hurry.is_set)

    async def _look_at(self, watched: _Watched) -> None:
        service, now = watched.service, time.monotonic()
        if service.is_running():
            return
        if watched.again_at is None:
            if now - watched.launched_at > STEADY_AFTER.total_seconds():
                watched.failures = 0
            self._postpone(watched, f"{service.name} stopped ({service.ending()})")
        elif now >= watched.again_at:
            try:
                await asyncio.to_thread(service.prepare)
                service.launch()
            except StartError as error:
                self._postpone(watched, f"{service.name} cannot be started again: {error}")
            else:
                watched.launched_at, watched.again_at = time.monotonic(), None
                self._say(f"{service.name} was started again")

    def _postpone(self, watched: _Watched, why: str) -> None:
        watched.failures += 1
        delay = restart_delay(watched.failures)
        watched.again_at = time.monotonic() + delay.total_seconds()
        self._say(f"{why}; starting it again in {delay.total_seconds():g} s")
