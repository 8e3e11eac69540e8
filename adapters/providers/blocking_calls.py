"""Runs a provider's blocking client from async code: at once or not at all, and never waited for beyond a limit."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from time import monotonic
from typing import TypeVar

from leads.sending import OutcomeUnknown, SendRefused

BEGIN_WITHIN = timedelta(seconds=2)
"""How long a call may wait for a free thread; one that waited longer belongs to a moment that has passed."""
GRACE = timedelta(seconds=2)
"""How much longer than the HTTP time-out the answer is waited for; the client's own time-out is for each read."""

_write_by: ContextVar[float] = ContextVar("_write_by")
"""The monotonic instant after which this thread's request must not begin to be written."""

T = TypeVar("T")


class BlockingCalls:
    """A provider's own threads, so that a slow provider stalls nobody else.

    Args:
        name: of the threads.
        timeout: the provider client's HTTP time-out. No request is begun to be written later than this after `run`
            was called, so that whoever knows the time-out knows when a message can't leave any more.
        max_workers: how many calls may be out at the same time.
        begin_within: how long a call may wait for a free thread.
    """

    def __init__(
        self, name: str, *, timeout: timedelta, max_workers: int, begin_within: timedelta = BEGIN_WITHIN
    ) -> None:
        self._pool = ThreadPoolExecutor(max_workers, thread_name_prefix=name)
        self._timeout = timeout
        self._begin_within = begin_within

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread.

        Raises:
            SendRefused: it never began, or what it raised itself.
            OutcomeUnknown: it began and had not ended in time; it may still go on.
        """
        asked = monotonic()

        def begin() -> T:
            if monotonic() - asked > self._begin_within.total_seconds():
                raise SendRefused("too late to begin: all threads were busy", "busy")
            _write_by.set(asked + self._timeout.total_seconds())
            return work()

        try:
            job = self._pool.submit(begin)
        except RuntimeError:
            raise SendRefused("the sender is closed", "closed") from None
        try:
            async with asyncio.timeout((self._timeout + GRACE).total_seconds()):
                return await asyncio.wrap_future(job)
        except TimeoutError:
            if job.cancel():
                raise SendRefused("too late to begin: all threads were busy", "busy") from None
            raise OutcomeUnknown("no answer in time", "timeout") from None

    def close(self) -> None:
        """Take no more calls; what is out goes on to its end."""
        self._pool.shutdown(wait=False)


@contextmanager
def nothing_written_yet() -> Iterator[None]:
    """Around a connection's `connect`: what fails in here fails before one byte of the request went out.

    The HTTP libraries report a refused connection, a failed look-up, a connect time-out and a connection cut while
    writing by overlapping types; only here can they be told apart for certain.

    Raises:
        SendRefused: there is no connection, or it came too late to be used.
    """
    try:
        yield
    except Exception as error:
        raise SendRefused("no connection to the provider", type(error).__name__) from None
    if monotonic() > _write_by.get(float("inf")):
        raise SendRefused("connected too late to write", "late")
