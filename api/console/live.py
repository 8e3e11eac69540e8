"""Live pages: one look at the database a second for all who look at a queue, and a word to those whose queue changed.

It looks only while somebody does. Whoever was signed out elsewhere is led away from an open page.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from nicegui import Client, background_tasks, ui

from adapters.db.engine import is_trouble
from adapters.db.queue_pulse import QueuePulse
from adapters.db.sessions import Person, Sessions
from api.console.kit import SIGN_IN, leave_for

EVERY = timedelta(seconds=1)
_SESSIONS_EVERY = 5
"""Looks."""
log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class _Page:
    """An open page that wants to hear."""

    client: Client
    person_id: str
    session_id: UUID
    on_change: Callable[[], Awaitable[None]] | None


class Live:
    """Tells open pages of what happened elsewhere."""

    def __init__(self, pulse: QueuePulse, sessions: Sessions, clock: Callable[[], datetime]) -> None:
        self._pulse = pulse
        self._sessions = sessions
        self._clock = clock
        self._pages: set[_Page] = set()
        self._seen: dict[str, tuple[int, ...]] = {}
        self._looking: asyncio.Task[None] | None = None

    def watch(self, person: Person, on_change: Callable[[], Awaitable[None]] | None = None) -> None:
        """Call back, in the context of the page that is being built, whenever the person's queue has changed.

        Args:
            person: who looks.
            on_change: what to do then; None: nothing, but the page is left when its session is over.
        """
        page = _Page(ui.context.client, person.id, person.session_id, on_change)
        self._pages.add(page)
        page.client.on_delete(lambda: self._pages.discard(page))
        if self._looking is None or self._looking.done():
            self._seen = {}
            self._looking = background_tasks.create(self._look_on(), name="live queues")

    async def _look_on(self) -> None:
        looks = 0
        while self._pages:
            try:
                await self._look()
                if looks % _SESSIONS_EVERY == 0:
                    await self._let_go()
            except Exception as error:
                if not is_trouble(error):
                    log.error("looking at the queues failed", error=type(error).__name__)
            looks += 1
            await asyncio.sleep(EVERY.total_seconds())

    async def _look(self) -> None:
        """Tell those whose queue is not what it was at the last look; a first look tells nobody."""
        wanted = {page.person_id for page in self._pages if page.on_change is not None}
        if not wanted:
            return
        now = await self._pulse.of(wanted)
        changed = {who for who in wanted if who in self._seen and self._seen[who] != now.get(who, ())}
        self._seen = {who: now.get(who, ()) for who in wanted}
        for page in [page for page in self._pages if page.person_id in changed]:
            await self._tell(page)

    async def _tell(self, page: _Page) -> None:
        if page.on_change is None or page.client.is_deleted:
            return
        try:
            with page.client:
                await page.on_change()
        except Exception as error:
            # One page that can't be drawn must not keep the others from hearing.
            log.error("a page could not be told", error=type(error).__name__)

    async def _let_go(self) -> None:
        """Lead those to the sign-in whose session is over."""
        alive = await self._sessions.alive({page.session_id for page in self._pages}, self._clock())
        for page in [page for page in self._pages if page.session_id not in alive]:
            self._pages.discard(page)
            with suppress(RuntimeError), page.client:
                leave_for(SIGN_IN)
