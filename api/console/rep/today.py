"""Today: what to do next, most urgent first, and one lead at a time, from the first key in the morning to the last."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from nicegui import Client, background_tasks, ui

from api.commands import CommandDone
from api.console import kit
from api.console.desk import Desk, NotAllowed
from api.console.drawn import Drawn
from api.console.frame import Section as NavSection
from api.console.live import OpenPage
from api.console.names import who_is
from api.console.pages import Nav, console_page
from api.console.permissions import Page
from api.console.rep import facts, keys, ticking
from api.console.rep.facts import LeadAtHand, read_lead
from api.console.rep.last_said import LastSaid, Recorded, not_yet_final, recorded
from api.console.rep.queue_list import QueueList
from api.console.rep.work import Work
from cadences.tasks import TaskKind
from cadences.work_queue import QueuedTask, Section, WorkQueue

_KEYS = (
    ("Move", (("J", "next lead"), ("K", "the one before"), ("Q", "the queue, on a small screen"), ("L", "whole lead"))),
    (
        "Say how it went",
        (
            ("1 to 4", "the usual outcomes, as the buttons say"),
            ("Y", "yes"),
            ("X", "no, asked once more"),
            ("N", "not now, until …"),
            ("B", "call back, at …"),
            ("M", "a meeting"),
            ("W", "won; Z lost"),
        ),
    ),
    (
        "Beside that",
        (
            ("C", "call"),
            ("O", "to the note"),
            ("E", "write an email"),
            ("T", "log a contact"),
            ("P", "add a phone or an email"),
            ("U", "undo the last slip"),
            ("A", "add a lead"),
            ("D", "to the day, where one is asked for"),
            ("Esc", "leave a field, or go back"),
            ("Ctrl ⏎", "save what you are writing"),
            ("?", "this list"),
        ),
    ),
)


_DONE_WITHIN = timedelta(seconds=20)
"""An email that answers a task is sent by then, or the task is there again."""


@console_page("/today", Page.TODAY, title="Today", nav=Nav(NavSection.WORK, "today"))
async def today(desk: Desk) -> None:
    """The queue, and the first lead of it."""
    keys.listen()
    ticking.load()
    page = TodayPage(desk, ui.context.client)
    page.build()
    await page.begin()


class TodayPage(OpenPage):
    """One colleague's open page."""

    def __init__(self, desk: Desk, client: Client) -> None:
        super().__init__(desk.person, client)
        self._desk = desk
        self._page_client = client
        self._zone = ZoneInfo(desk.person.zone or desk.services.company.zone)
        self._queue = WorkQueue((), None)
        self._current: QueuedTask | None = None
        self._shown: LeadAtHand | None = None
        self._work: Work | None = None
        self._next: tuple[UUID, asyncio.Task[LeadAtHand | None]] | None = None
        self._recorded: UUID | None = None
        """The lead that something was recorded of last: what follows from that is no news."""
        self._reading = asyncio.Lock()
        """Held while the queue is read, so that no lead is put on the desk twice."""
        self._will_be_done: dict[UUID, datetime] = {}
        """Tasks that are completed by what was recorded, and until when the queue leaves them out for that."""
        self.colleague_id = desk.person.id

    def build(self) -> None:
        """What stands there before anything is read."""
        with ui.element("div").classes("ft-desk"):
            self._list = QueueList(self._zone, self._pick)
            self._panel = ui.element("div").classes("ft-panel").props("id=lead tabindex=-1")
        with ui.element("div").classes("ft-bar"):
            self._last = LastSaid(self._desk, self._taken_back)
            ui.space()
            self._stale = kit.words("Not live just now").classes("ft-tag ft-warn")
            self._stale.set_visibility(False)
            before = ui.button(icon="expand_less", on_click=self._back).props(
                'flat round aria-label="The lead before (K)"'
            )
            after = ui.button(icon="expand_more", on_click=self._forth).props('flat round aria-label="Next lead (J)"')
            keys.by_key(before, "k", repeats=True)
            keys.by_key(after, "j", repeats=True)
            add = kit.link("Add lead", "/add")
            keys.by_key(add, "a")
            keys.help_button(_KEYS)

    async def begin(self) -> None:
        """Read the queue and the first lead, and keep up from now on."""
        async with self._reading:
            self._desk.live.keep(self, self._page_client)
            await self._read_queue()
            await self._show(self._first_due())
            await self._offer_to_take_back()

    async def _offer_to_take_back(self) -> None:
        """What was recorded just before the page was opened may be a slip, too."""
        me = self._desk.person.id
        last = await self._desk.services.reading.newest_slip_of(me, self._desk.services.clock())
        if last is not None:
            who = who_is(last.lead_name, last.lead_company)
            self._last.show(not_yet_final(last.lead_id, who, last.slip, me))

    # What the watch tells.

    async def read_queue_anew(self) -> None:
        """Show the queue as it is now; what is typed and looked at stays."""
        async with self._reading:
            await self._read_anew()

    async def _read_anew(self) -> None:
        with self._page_client:
            known = {task.id for _, task in self._queue}
            await self._read_queue()
            self._tell_of_news(known)
            if self._current is None:
                await self._show(self._first_due())
                return
            again = next((task for _, task in self._queue if task.id == self._current.id), None)
            if again is not None and self._work is not None and self._work.over:  # What ended it was taken back.
                await self._show(again)
                return
            self._keep_current(again or replace(self._current, clock=None))
            if again is None and self._work is not None:
                await self._see_whether_it_is_over(self._work, self._current)

    async def read_lead_anew(self) -> None:
        """Show what happened to the lead; what is typed stays."""
        if self._current is None or self._shown is None:
            return
        if self._work is not None and self._work.is_recording:
            return
        with self._page_client:
            lead = None
            with suppress(NotAllowed):  # Of an erased lead nobody can tell whose it was.
                lead = await read_lead(self._desk, self._current.lead_id)
            if lead is None:
                self.lead = None
                if self._work is not None:
                    self._work.close(None, "the lead is gone, or was merged into another")
                return
            self._take(lead)
            self._draw_facts(lead)

    def _keep_current(self, task: QueuedTask) -> None:
        """What the queue tells of the task on the desk is told there, too: its clock may have stopped."""
        clock, self._current = self._current.clock if self._current is not None else None, task
        if self._shown is not None and clock != task.clock:
            self._draw_facts(self._shown)

    async def keeps_up(self, yes: bool) -> None:
        """Say so while changes are not heard of."""
        with self._page_client:
            self._stale.set_visibility(not yes)

    # Moving through the queue.

    async def _pick(self, task_id: UUID) -> None:
        picked = next((task for _, task in self._queue if task.id == task_id), None)
        async with kit.acting():
            await self._show(picked)

    async def _forth(self) -> None:
        async with kit.acting():
            await self._show(self._beside(+1) or self._current)

    async def _back(self) -> None:
        async with kit.acting():
            await self._show(self._beside(-1) or self._current)

    def _beside(self, step: int) -> QueuedTask | None:
        order = [task for _, task in self._queue]
        ids = [task.id for task in order]
        if self._current is None or self._current.id not in ids:
            return order[0] if order else None
        place = ids.index(self._current.id) + step
        return order[place] if 0 <= place < len(order) else None

    def _first_due(self) -> QueuedTask | None:
        return next((task for section, task in self._queue if section is not Section.LATER), None)

    # Reading.

    async def _read_queue(self) -> None:
        now = self._desk.services.clock()
        here = now.astimezone(self._zone)
        ends_at = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        queue = await self._desk.services.queues.of(self._desk.person.id, now, ends_at)
        self._will_be_done = {task: until for task, until in self._will_be_done.items() if until > now}
        left = tuple(one for one in queue.tasks if one[1].id not in self._will_be_done)
        self._queue = replace(queue, tasks=left)
        self._draw_queue(now)

    def _draw_queue(self, now: datetime) -> None:
        self.task_ids = {task.id for _, task in self._queue}
        self.turns_at = self._queue.changes_at
        current = self._current.id if self._current is not None else None
        self._list.show(self._queue, current, self._desk.person.id, now)

    async def _show(self, task: QueuedTask | None) -> None:
        """Put a lead on the desk, and have the next one ready."""
        if task is None:
            self._current = self._shown = self._work = self.lead = None
            self._draw_queue(self._desk.services.clock())
            self._draw_nothing()
            return
        lead = await self._read_ahead(task.lead_id)
        self._current = task
        if lead is None:
            self._current = None
            kit.refused("This lead is gone, or was merged into another one.")
            await self._read_queue()
            return
        self._take(lead)
        self._draw(lead, task)
        self._draw_queue(self._desk.services.clock())
        self._get_next_ready()

    def _take(self, lead: LeadAtHand) -> None:
        self._shown = lead
        self.lead = (lead.view.id, lead.view.revision)

    async def _read_ahead(self, lead_id: UUID) -> LeadAtHand | None:
        """The lead that was got ready, or read now; the watch tells should it have changed since."""
        ready, self._next = self._next, None
        if ready is not None and ready[0] == lead_id:
            return await ready[1]
        if ready is not None:
            ready[1].cancel()
        return await read_lead(self._desk, lead_id)

    def _get_next_ready(self) -> None:
        following = self._beside(+1)
        if following is None or (self._current is not None and following.lead_id == self._current.lead_id):
            return

        async def read() -> LeadAtHand | None:
            with suppress(Exception):  # It is read again, and what is wrong is said, once it is wanted.
                return await read_lead(self._desk, following.lead_id)
            return None

        self._next = (following.lead_id, background_tasks.create(read(), name="next lead"))

    # What happens.

    async def _settled(self, words: str, done: CommandDone, will_be_done: bool) -> None:
        """Something was recorded: say so, and go on to the next lead."""
        task = self._current
        self._recorded = done.lead_id
        open_still = task is not None and task.id in done.open_tasks and not will_be_done
        if task is not None and will_be_done:
            self._will_be_done[task.id] = self._desk.services.clock() + _DONE_WITHIN
        self._last.show(recorded(words, task.id if task is not None else None, done))
        if open_still and self._shown is not None and task is not None:
            lead = await read_lead(self._desk, task.lead_id)
            if lead is not None:
                self._take(lead)
                self._draw(lead, task)
            return
        await self._go_on(task)

    async def _go_on(self, done: QueuedTask | None) -> None:
        """To the lead after this one, else to the most urgent one."""
        following = self._beside(+1)
        if following is not None and self._is_later(following):
            following = None
        self._queue = self._queue.without(done.id if done is not None else None)
        await self._show(following or self._first_due())

    async def _noted(self) -> None:
        """A note was kept: it stands in the story now."""
        if self._shown is not None and (lead := await read_lead(self._desk, self._shown.view.id)) is not None:
            self._take(lead)
            self._draw_facts(lead)
        self._last.tell("Noted.")

    async def _taken_back(self, change: Recorded) -> None:
        """A slip is corrected: its task is open again, and on the desk."""
        await self._read_queue()
        again = next((task for _, task in self._queue if task.id == change.task_id), None)
        await self._show(again or self._current or self._first_due())

    def _is_later(self, task: QueuedTask) -> bool:
        return any(section is Section.LATER and one.id == task.id for section, one in self._queue)

    async def _see_whether_it_is_over(self, work: Work, current: QueuedTask) -> None:
        """The task on the desk left the queue: somebody did it, or it is somebody else's now."""
        services = self._desk.services
        task = await services.reading.task(current.id, services.clock())
        if task is None or task.state != "open":
            if task is not None and task.closed_by == self._desk.person.id and self._recorded == current.lead_id:
                self._last.tell(f"{task.title}: {task.outcome or task.note or task.state}")
                await self._go_on(current)  # It follows from what was recorded here: an email instead of a call.
            elif not work.over:
                work.close_as(task)
        elif self._desk.person.id not in (task.owner, task.escalated_to) and not work.over:
            work.close(None, f"given to {task.owner}")

    def _tell_of_news(self, known: set[UUID]) -> None:
        fresh = [
            task
            for section, task in self._queue
            if task.id not in known and section is not Section.LATER and task.lead_id != self._recorded
        ]
        if fresh:
            first = who_is(fresh[0].lead_name, fresh[0].lead_company)
            self._last.tell(f"New: {first}" + (f" and {len(fresh) - 1} more" if len(fresh) > 1 else ""))

    # Drawing.

    def _draw(self, lead: LeadAtHand, task: QueuedTask) -> None:
        self._panel.clear()
        open_task = lead.task(task.id)
        with self._panel, ui.element("div").classes("ft-lead"):
            with ui.element("div").classes("ft-stack"):
                self._head = Drawn("section").classes("ft-card").props('aria-label="Who"')
                self._asked = Drawn().classes("ft-stack")
                unsaid = self._desk.drafts.of(self._desk.person.id, lead.view.id)
                if open_task is not None and open_task.kind == TaskKind.REPLY:
                    Drawn().show(facts.talk(open_task))
                self._work = Work(self._desk, lead, open_task, unsaid, self._settled, self._noted)
                if open_task is None:
                    self._work.close(None, "this task is not open any more")
                elif open_task.kind != TaskKind.REPLY:
                    Drawn().show(facts.talk(open_task))
            self._side = Drawn().classes("ft-stack ft-side")
        self._draw_facts(lead)

    def _draw_facts(self, lead: LeadAtHand) -> None:
        now, current = self._desk.services.clock(), self._current
        clock = current.clock if current is not None else None
        task = lead.task(current.id) if current is not None else None
        self._head.show(facts.header(lead, now, answer_by=clock.due_at if clock is not None else None))
        self._asked.show(facts.question(lead, told=task.text if task is not None else ""))
        story = facts.timeline(lead.view.timeline, self._zone, now)
        others = facts.open_tasks(lead.view, but=current.id) if current is not None else ""
        self._side.show(facts.next_touch(lead, now) + others + facts.contacts(lead.view) + story)

    def _draw_nothing(self) -> None:
        self._panel.clear()
        following = self._queue.following
        hint = "New leads appear here by themselves."
        if following is not None:
            at = kit.moment(following.at, self._zone, self._desk.services.clock())
            hint = f"{who_is(following.lead_name, following.lead_company)} is next, {at} ({following.title})."
        with self._panel:
            kit.empty("All done for now", hint)
