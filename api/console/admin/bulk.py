"""Bulk runs: how far one has come, what became of each lead, and the newest of them."""

from collections.abc import Callable
from uuid import UUID

from nicegui import ui

from adapters.db.bulk_runs import BulkItemView, BulkRunView, ItemState
from api.bulk_wishes import WISH
from api.console import kit
from api.console.desk import Desk
from api.console.frame import Section
from api.console.pages import Nav, console_page
from api.console.permissions import Action, Page
from api.console.refusals import NotHere
from api.console.tables import GrowingList, Table
from api.writes import Caller

_LOOKS_EVERY = 0.5
"""Seconds, while a run is on."""
_PAGE = 100
_RECENT = 20
_STATES = {
    ItemState.DONE: ("Done", "ft-good"),
    ItemState.REFUSED: ("Refused", "ft-warn"),
    ItemState.FAILED: ("Failed", "ft-bad"),
    ItemState.WAITING: ("Waiting", ""),
}


@console_page("/bulk", Page.BULK, title="Bulk runs", nav=Nav(Section.HOUSE, "checklist"))
async def recent_runs(desk: Desk) -> None:
    """The newest runs."""
    runs = await desk.services.bulk_runs.recent(_RECENT)
    if not runs:
        kit.empty("Nothing was done to many leads at once yet.", "Choose leads in the list of leads.", "checklist")
        return
    with ui.element("section").classes("ft-card"):
        table = Table("The newest runs", ("What", "Leads", "By", "When", "How it stands"), numbers=(1,))
        now = desk.services.clock()
        for run in runs:
            with table.row():
                with table.cell(0):
                    kit.link(title_of(run), f"/bulk/{run.id}")
                    kit.words(run.chosen, "div").classes("ft-quiet")
                kit.words(f"{run.total:,}", "td").classes("ft-number")
                kit.words(run.by_name, "td")
                kit.words(kit.moment(run.asked_at, desk.zone, now), "td")
                kit.words(how_it_stands(run), "td")


@console_page("/bulk/{run_id}", Page.BULK, title="Bulk run")
async def bulk_run(desk: Desk, run_id: UUID) -> None:
    """One run, live while it is on."""
    run = await desk.services.bulk_runs.of(run_id)
    if run is None:
        raise NotHere("There is no such run. Perhaps its only lead was erased.", ("Bulk runs", "/bulk"))
    await _Run(desk, run).build()


def title_of(run: BulkRunView) -> str:
    """What is done: Hold until Thu 24 Dec 2026."""
    return WISH.validate_python(run.wish).words


def how_it_stands(run: BulkRunView) -> str:
    """In a few words: 487 done, 13 refused."""
    told = [f"{run.counts[state]:,} {label.lower()}" for state, (label, _) in _STATES.items() if run.counts[state]]
    if run.gone:
        told.append(f"{run.gone:,} erased since")
    state = "Stopped: " if run.is_stopped else ""
    if run.has_lost_its_author:
        state = f"Stopped, since {run.by_name} may not change many leads any more: "
    return state + (", ".join(told) or "nothing to do")


class _Run:
    """A run on its page."""

    def __init__(self, desk: Desk, run: BulkRunView) -> None:
        self._desk = desk
        self._run = run
        self._shown: ItemState | None = None
        """Only leads in this state; None: all."""

    async def build(self) -> None:
        run, desk = self._run, self._desk
        with ui.element("section").classes("ft-card"):
            kit.heading(title_of(run))
            when = kit.moment(run.asked_at, desk.zone, desk.services.clock())
            reason = run.wish.get("reason") or run.wish.get("note")
            asked = f"{run.by_name}, {when}, for {run.total:,} lead{'' if run.total == 1 else 's'}: {run.chosen}"
            ui.label(asked + (f". “{reason}”" if reason else "")).classes("ft-quiet")
            self._bar = kit.progress_bar("Leads with a result")
            with ui.row().classes("ft-line"):
                self._said = ui.label().props("role=status aria-live=polite").classes("ft-strong col")
                self._stop = ui.button("Stop", icon="stop", on_click=self._on_stop).props("outline")
                self._go_on = ui.button("Go on", icon="play_arrow", on_click=self._on_go_on)
                self._retry = ui.button("Try the failed again", icon="refresh", on_click=self._on_retry)
        with ui.element("section").classes("ft-card"):
            kit.heading("Each lead")
            self._tabs = ui.row().classes("ft-line").props('role=group aria-label="Which leads"')
            self._items = ui.element("div").classes("ft-stack")
        self._tell(run)
        await self._list()
        self._timer = ui.timer(_LOOKS_EVERY, self._look_again, active=run.is_running)

    def _tell(self, run: BulkRunView) -> None:
        """Say how far it has come."""
        self._run = run
        there = run.total - run.gone
        self._bar.set_value(run.settled / there if there else 1)
        over = "Finished: " if run.has_ended else f"{run.settled:,} of {there:,}: " if run.is_running else ""
        self._said.text = over + how_it_stands(run)
        self._stop.set_visibility(run.is_running)
        self._go_on.set_visibility(run.is_stopped)
        self._retry.set_visibility(bool(run.counts[ItemState.FAILED]) and not run.is_running)
        self._tabs.clear()
        with self._tabs:
            self._tab("All", sum(run.counts.values()), None)
            for state, (label, _) in _STATES.items():
                if run.counts[state] or state is self._shown:
                    self._tab(label, run.counts[state], state)

    def _tab(self, label: str, count: int, state: ItemState | None) -> None:
        async def choose() -> None:
            async with kit.acting():
                await self._desk.still_here()
                self._shown = state
                self._tell(self._run)
                await self._list()

        chosen = self._shown is state
        button = ui.button(f"{label} {count:,}", on_click=choose)
        look = "unelevated" if chosen else "flat"
        button.props(f"dense no-caps padding='2px 10px' {look} aria-pressed={'true' if chosen else 'false'}")

    async def _list(self) -> None:
        """The leads, as they stand now."""
        self._items.clear()
        runs, states = self._desk.services.bulk_runs, [self._shown] if self._shown is not None else []

        async def load(after: int | None) -> tuple[list[BulkItemView], int | None]:
            found = await runs.items(self._run.id, states=states, limit=_PAGE + 1, after=-1 if after is None else after)
            return found[:_PAGE], found[_PAGE - 1].position if len(found) > _PAGE else None

        with self._items:
            table = Table("Each lead and what became of it", ("Lead", "Result", "Why"))
            show: Callable[[BulkItemView], object] = lambda item: self._row(table, item)  # noqa: E731
            if not await GrowingList(load, show, more=f"Show {_PAGE} more").begin():
                kit.empty("No lead.", icon="checklist")

    def _row(self, table: Table, item: BulkItemView) -> None:
        label, look = _STATES[item.state]
        with table.row():
            with table.cell():
                kit.link(item.name or item.company or str(item.lead_id)[:8], f"/leads/{item.lead_id}")
                if item.name and item.company:
                    kit.words(item.company, "div").classes("ft-quiet")
            with table.cell():
                kit.words(label, "span").classes(f"ft-tag {look}")
            kit.words(item.said or "", "td")

    async def _look_again(self) -> None:
        run = await self._desk.services.bulk_runs.of(self._run.id)
        if run is None or run == self._run:
            return
        self._tell(run)
        if not run.is_running:
            self._timer.deactivate()
            await self._list()

    async def _on_stop(self) -> None:
        desk = self._desk

        async def work(caller: Caller) -> bool:
            return await desk.services.bulk_runs.stop(self._run.id, caller.token.name, desk.services.clock())

        await self._act(Action.STOP_BULK, work)

    async def _on_go_on(self) -> None:
        async def work(caller: Caller) -> bool:
            return await self._desk.services.bulk_runs.go_on(self._run.id, caller.token.name, caller.via)

        await self._act(Action.RUN_BULK, work)

    async def _on_retry(self) -> None:
        async def work(_: Caller) -> int:
            return await self._desk.services.bulk_runs.retry_failed(self._run.id)

        await self._act(Action.RUN_BULK, work)

    async def _act(self, action: Action, work: Callable[[Caller], object]) -> None:
        async with kit.acting():
            await self._desk.do(action, work, subject=str(self._run.id))  # type: ignore[arg-type]
            self._timer.activate()
            await self._look_again()
