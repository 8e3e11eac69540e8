"""Telling workflows after a commit: a caller waits a little, and the telling goes on without it."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

TELL_WITHIN = timedelta(seconds=2)
"""So long a caller waits for the workflow to hear; what was committed stands either way, and the telling goes on."""
TELL_OF_CAPTURE_WITHIN = timedelta(milliseconds=25)
"""Many leads may come at once, and whoever brings them must not wait for as many workflows to start."""
TELL_FOR_A_PAGE_WITHIN = timedelta(milliseconds=50)
"""Who works at a page waits for the next lead, and not to read that the workflow has heard."""
_TELL_AT_ONCE = 16
_TELLING: set["asyncio.Future[Any]"] = set()
"""What goes on after its caller was answered; the event loop alone would not keep it alive."""
log = structlog.get_logger()


async def tell(
    deliver: Callable[[UUID], Coroutine[Any, Any, bool]], lead_id: UUID, within: timedelta | None = None
) -> bool:
    """Tell a lead's workflow; what fails here is done again by the schedule, so it never fails the caller.

    Args:
        deliver: what tells it.
        within: how long the caller waits; `TELL_WITHIN` when left out.

    Returns:
        Whether it has heard by then.
    """
    telling = _begin(deliver(lead_id))
    telling.add_done_callback(lambda told: _note_failure(told, lead_id))
    done, _ = await asyncio.wait({telling}, timeout=(within or TELL_WITHIN).total_seconds())
    return bool(done) and telling.exception() is None and telling.result()


async def tell_all(deliver: Callable[[UUID], Coroutine[Any, Any, bool]], leads: Iterable[UUID]) -> None:
    """Tell the workflows of several leads, some at a time; the caller waits `TELL_WITHIN` for all of them together."""
    some = asyncio.Semaphore(_TELL_AT_ONCE)

    async def one(lead_id: UUID) -> None:
        async with some:
            telling = asyncio.ensure_future(deliver(lead_id))
            await asyncio.wait({telling})
            _note_failure(telling, lead_id)

    if told := [one(lead_id) for lead_id in leads]:
        await asyncio.wait({_begin(_all(told))}, timeout=TELL_WITHIN.total_seconds())


async def _all(told: Iterable[Coroutine[Any, Any, None]]) -> None:
    await asyncio.gather(*told)


def _begin(telling: Coroutine[Any, Any, Any]) -> "asyncio.Future[Any]":
    """Start something that goes on when nobody waits for it any more."""
    begun = asyncio.ensure_future(telling)
    _TELLING.add(begun)
    begun.add_done_callback(_TELLING.discard)
    return begun


def _note_failure(telling: "asyncio.Future[bool]", lead_id: UUID) -> None:
    if not telling.cancelled() and (error := telling.exception()) is not None:
        log.warning("the workflow was not told yet", lead_id=str(lead_id), error=type(error).__name__)
