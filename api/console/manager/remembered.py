"""What was just counted, for some seconds: who looks at the same numbers at the same time lets them be counted once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar, cast

from cachetools import TTLCache

T = TypeVar("T")
FOR = 20.0
"""Seconds that counts are shown again; what is asked for later is counted anew."""
_MOST = 200
_AT_ONCE = 3
"""Reports of one process that are counted at once, so that people who click find a connection free."""


class Remembered:
    """Counts what is asked for once, for everybody who asks meanwhile and for some seconds after."""

    def __init__(self, *, keep: float = FOR, at_once: int = _AT_ONCE) -> None:
        self._counts: TTLCache[Hashable, asyncio.Task[Any]] = TTLCache(_MOST, keep)
        self._turn = asyncio.Semaphore(at_once)

    async def get(self, key: Hashable, count: Callable[[], Awaitable[T]]) -> T:
        """What was counted, or is being counted, for this key; else what `count` says now.

        What failed is not remembered. Whoever goes away while it is being counted takes it from nobody else.
        """
        found = self._counts.get(key)
        if found is None or (found.done() and _failed(found)):
            found = self._counts[key] = asyncio.create_task(self._in_turn(count))
            # Whoever asked may be gone by then, and would leave an error that nobody has seen.
            found.add_done_callback(_failed)
        return cast(T, await asyncio.shield(found))

    def forget(self) -> None:
        """Count everything anew from now on."""
        self._counts.clear()

    async def _in_turn(self, count: Callable[[], Awaitable[T]]) -> T:
        async with self._turn:
            return await count()


def _failed(task: "asyncio.Task[Any]") -> bool:
    return task.cancelled() or task.exception() is not None
