"""Telling workflows after a commit: a caller waits a little, and the telling goes on without it."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

TELL_WITHIN = timedelta(seconds=2)
"""So long a caller waits for the workflow to hear; what was committed stands either way, and the telling goes on."""
TELL_OF_CAPTURE_WITHIN = timedelta(milliseconds=25)
"""Many leads may come at once, and whoever brings them must not wait for as many workflows to start."""
_TELLING: set["asyncio.Future[bool]"] = set()
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
    telling = asyncio.ensure_future(deliver(lead_id))
    _TELLING.add(telling)
    telling.add_done_callback(_TELLING.discard)
    telling.add_done_callback(lambda told: _note_failure(told, lead_id))
    done, _ = await asyncio.wait({telling}, timeout=(within or TELL_WITHIN).total_seconds())
    return bool(done) and telling.exception() is None and telling.result()


def _note_failure(telling: "asyncio.Future[bool]", lead_id: UUID) -> None:
    if not telling.cancelled() and (error := telling.exception()) is not None:
        log.warning("the workflow was not told yet", lead_id=str(lead_id), error=type(error).__name__)
