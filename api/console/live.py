"""Pages that keep up with what happens: one look a second for all of them, and only while somebody looks.

However many pages are open, a second costs one query. A page whose queue or lead changed is told, and reads anew what
it shows; a page whose session is over, or whose owner has another role now, is left, and heard no more.
"""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog
from nicegui import Client, ui

from adapters.db.queue_watch import Seen
from adapters.db.sessions import Person
from api.console.kit import sign_in_again
from leads.model import Role

EVERY = timedelta(seconds=1)
AFTER_TROUBLE = timedelta(seconds=5)
"""So long one waits while the database does not answer."""
AT_LEAST_EVERY = timedelta(seconds=60)
"""A page reads its queue anew so often in any case, should a change ever have been missed."""
_LONG_AGO = -AT_LEAST_EVERY.total_seconds()
"""By the loop's clock: before it began."""
_AT_ONCE = 4
"""So many pages read anew at the same time; the others wait their turn, so that commands find a free connection."""
_LEFT = "left"
log = structlog.get_logger()


class Watcher(Protocol):
    """A page that keeps up."""

    @property
    def session_id(self) -> UUID: ...

    @property
    def role(self) -> Role:
        """The one in which it was opened."""
        ...

    @property
    def colleague_id(self) -> str | None:
        """Whose queue it shows; None: nobody's."""
        ...

    @property
    def task_ids(self) -> Collection[UUID]:
        """The tasks that it shows."""
        ...

    @property
    def lead(self) -> tuple[UUID, int] | None:
        """The lead that it shows, and the revision of what it shows of it."""
        ...

    @property
    def turns_at(self) -> datetime | None:
        """When what it shows changes by the mere passing of time."""
        ...

    async def read_queue_anew(self) -> None:
        """Its queue changed."""
        ...

    async def read_lead_anew(self) -> None:
        """The lead that it shows changed."""
        ...

    async def leave(self) -> None:
        """Its session is over, or its owner has another role now."""
        ...

    async def keeps_up(self, yes: bool) -> None:
        """Whether it still hears of changes; it does not while the database is away."""
        ...


class Glance(Protocol):
    """What one look sees; the database's, or a test's."""

    async def look(self, leads: Collection[UUID], sessions: Collection[UUID], now: datetime) -> Seen: ...


class OpenPage:
    """A page that shows nobody's queue; what it hears of is that it may not stay as it is."""

    def __init__(self, person: Person, client: Client) -> None:
        self._client = client
        self.session_id = person.session_id
        self.role = person.role
        self.colleague_id: str | None = None
        self.task_ids: Collection[UUID] = ()
        self.lead: tuple[UUID, int] | None = None
        self.turns_at: datetime | None = None

    async def read_queue_anew(self) -> None:
        """It shows none."""

    async def read_lead_anew(self) -> None:
        """It shows none."""

    async def leave(self) -> None:
        """Lead whoever looks at it to the sign-in, or to what there is to see in another role; it is heard no more."""
        self._client.storage[_LEFT] = True
        with self._client:
            sign_in_again()

    async def keeps_up(self, yes: bool) -> None:
        """It has nothing to keep up with."""


def is_left(client: Client) -> bool:
    """Whether a page was left: what its browser still sends counts no more, should it have stayed."""
    return _LEFT in client.storage


class Live:
    """Looks for all open pages at once."""

    def __init__(self, glance: Glance, clock: Callable[[], datetime]) -> None:
        self._glance = glance
        self._clock = clock
        self._watchers: dict[Watcher, float] = {}
        """When each last read its queue, by the loop's clock."""
        self._looking: asyncio.Task[None] | None = None
        self._blind = False

    def watch(self, person: Person) -> None:
        """See to it that the page that is being built is left when it may not stay."""
        client = ui.context.client
        self.keep(OpenPage(person, client), client)

    def keep(self, watcher: Watcher, client: Client) -> None:
        """Look for a page as long as a browser shows it; one that comes back reads anew what it missed meanwhile."""

        def back() -> None:
            if watcher not in self._watchers:
                self.begin(watcher)
                self._watchers[watcher] = _LONG_AGO

        def gone() -> None:
            # A browser whose network changed has its next socket before the server knows that the last one is dead.
            if not client.has_socket_connection:
                self.end(watcher)

        client.on_connect(back)
        client.on_disconnect(gone)
        client.on_delete(lambda: self.end(watcher))
        self.begin(watcher)

    def begin(self, watcher: Watcher) -> None:
        """Look for this page too; it reads what it shows after this, so that nothing is missed in between."""
        self._watchers[watcher] = asyncio.get_running_loop().time()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look_on())

    def end(self, watcher: Watcher) -> None:
        """It is closed."""
        self._watchers.pop(watcher, None)

    async def _look_on(self) -> None:
        while self._watchers:
            await asyncio.sleep((AFTER_TROUBLE if self._blind else EVERY).total_seconds())
            if self._watchers:
                await self.look()

    async def look(self) -> None:
        """One look, and whoever is concerned is told."""
        watchers = list(self._watchers)
        leads = {watcher.lead[0] for watcher in watchers if watcher.lead is not None}
        try:
            seen = await self._glance.look(leads, {watcher.session_id for watcher in watchers}, self._clock())
        except Exception as error:
            log.warning("the queues can't be watched", error=type(error).__name__)
            await self._can_see(watchers, False)
            return
        await self._can_see(watchers, True)
        turns = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._tell(watcher, seen, turns) for watcher in watchers))

    async def _can_see(self, watchers: Collection[Watcher], can: bool) -> None:
        if self._blind is not can:
            return
        self._blind = not can
        for watcher in watchers:
            try:
                await watcher.keeps_up(can)
            except Exception as error:  # One page's trouble is not the others'.
                log.warning("a page was not told", error=type(error).__name__)

    async def _tell(self, watcher: Watcher, seen: Seen, turns: asyncio.Semaphore) -> None:
        loop_now = asyncio.get_running_loop().time()
        try:
            if seen.roles.get(watcher.session_id) is not watcher.role:
                self.end(watcher)
                await watcher.leave()
                return
            read_at = self._watchers.get(watcher)
            if read_at is None:  # It was closed a moment ago.
                return
            stale = loop_now - read_at >= AT_LEAST_EVERY.total_seconds()
            if stale or self._queue_changed(watcher, seen):
                self._watchers[watcher] = loop_now
                async with turns:
                    await watcher.read_queue_anew()
            if watcher.lead is not None and seen.revisions.get(watcher.lead[0]) != watcher.lead[1]:
                async with turns:
                    await watcher.read_lead_anew()
        except Exception as error:  # One page's trouble is not the others'.
            log.warning("a page did not keep up", error=type(error).__name__)

    def _queue_changed(self, watcher: Watcher, seen: Seen) -> bool:
        if watcher.turns_at is not None and watcher.turns_at <= self._clock():
            return True
        mine, shown = watcher.colleague_id, watcher.task_ids
        if mine is None:
            return False
        return any(mine in (task.owner, task.escalated_to) or task.id in shown for task in seen.tasks)
