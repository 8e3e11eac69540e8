"""Deliveries of other programs: what became of each, what it held, and the replay of those that failed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from nicegui import ui

from adapters.db.hook_deliveries import DeliveryLine, DeliveryState, NotReplayable
from api.console import kit
from api.console.desk import Desk
from api.console.permissions import Action
from api.console.tables import GrowingList, Table
from api.hook_intake import HookIntake
from api.writes import Caller
from leads.hook_bodies import Unreadable

_PAGE = 30
_LONGEST_ID = 24
"""Characters of another program's id that are shown."""
_STATES = {"": "All", DeliveryState.FAILED.value: "Failed", DeliveryState.TAKEN.value: "Taken"}


@dataclass(slots=True)
class _Row:
    """What is on the page of one delivery."""

    line: DeliveryLine
    state: ui.element
    tick: ui.checkbox | None


class HookList:
    """The deliveries, newest first."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._state: str = DeliveryState.FAILED.value
        self._hook: str | None = None
        self._rows: dict[UUID, _Row] = {}

    async def build(self) -> None:
        """Build the list where we are."""
        self._build_trouble()
        hooks = sorted(sheet.hook for sheet in self._desk.services.doors.hooks.all())
        with ui.row().classes("ft-line").props("role=search"):
            state = ui.toggle(_STATES, value=self._state).props('no-caps unelevated aria-label="State"')
            state.on_value_change(lambda event: self._ask(event.value, self._hook))
            hook = ui.select(hooks, label="Hook", clearable=True).props("outlined dense").classes("ft-narrow")
            hook.on_value_change(lambda event: self._ask(self._state, event.value))
            ui.space()
            self._replay = ui.button("Replay what is ticked", icon="replay", on_click=self._replay_ticked)
            self._replay.props("outline")
        self._progress = ui.linear_progress(0, show_value=False).props('aria-label="How far the replay is" rounded')
        self._progress.set_visibility(False)
        self._box = ui.element("section").classes("ft-card").props('aria-label="Deliveries"')
        await self._fill()

    def _build_trouble(self) -> None:
        """A hook whose file is wrong takes nothing in, or goes on as it was."""
        for name, wrong in sorted(self._desk.services.doors.hooks.troubles().items()):
            kit.trouble(f"hooks/{name}.yaml can't be used as it is now: {wrong}")

    async def _ask(self, state: str, hook: str | None) -> None:
        async with kit.acting():
            await self._desk.still_here()
            self._state, self._hook = state, hook
            await self._fill()

    async def _fill(self) -> None:
        first = await self._page(None)
        self._box.clear()
        self._rows.clear()
        with self._box:
            if not first[0]:
                if self._state == DeliveryState.FAILED.value:
                    kit.empty("Every delivery could be read.", "One that can't waits here, with what to do.")
                else:
                    kit.empty("Nothing was delivered.", "`follow hooks` shows where programs deliver to.", "webhook")
                return
            table = Table("Deliveries", ["", "Came", "Hook", "Its id", "State", "What to do", ""], one_line=[1])
            await GrowingList(self._page, lambda one: self._row(table, one), first=first).begin()

    async def _page(self, cursor: str | None) -> tuple[Sequence[DeliveryLine], str | None]:
        page = await self._desk.services.doors.deliveries.lines(
            hook=self._hook, state=self._state or None, limit=_PAGE, cursor=cursor
        )
        return page.items, page.next_cursor

    def _row(self, table: Table, one: DeliveryLine) -> None:
        with table.row():
            tick = None
            with table.cell():
                if one.state is DeliveryState.FAILED:
                    tick = ui.checkbox().props("dense")
                    tick.props["aria-label"] = f"Replay delivery {one.external_id}"
            kit.words(kit.moment(one.received_at, self._desk.zone, self._desk.services.clock()), "td").classes(
                "ft-one-line"
            )
            kit.words(one.hook, "td")
            short = one.external_id if len(one.external_id) <= _LONGEST_ID else f"{one.external_id[:_LONGEST_ID]}…"
            kit.words(short, "td")
            with table.cell() as state:
                _show_state(one)
            kit.words(one.error or "", "td")
            with table.cell():
                look = ui.button("Look", on_click=lambda: self._open(one.id)).props("flat dense")
                look.props["aria-label"] = f"Look at delivery {one.external_id}"
        self._rows[one.id] = _Row(one, state, tick)

    async def _open(self, delivery_id: UUID) -> None:
        """What a delivery held, and why it failed."""
        async with kit.acting():
            await self._desk.still_here()
            one = await self._desk.services.doors.deliveries.one(delivery_id)
            if one is None:
                kit.refused("This delivery is not here any more; perhaps its lead was erased.")
                return
            with ui.dialog() as dialog, ui.card().classes("ft-dialog ft-dialog-wide"):
                kit.heading(f"Delivery {one.external_id}")
                if one.error:
                    ui.label(one.error).classes("ft-bad-text")
                body = _readable(one.body) if one.body is not None else "What it held was forgotten after 30 days."
                kit.words(body, "pre").classes("ft-pre").props('tabindex=0 aria-label="What it held"')
                with ui.row().classes("ft-buttons"):
                    if one.state is DeliveryState.FAILED and one.body is not None:
                        ui.button("Replay", icon="replay", on_click=lambda: dialog.submit(True))
                    ui.button("Close", on_click=dialog.close).props("flat")
            if await kit.answer_of(dialog, f"Delivery {one.external_id}"):
                said, taken = await self._replayed(self._rows[delivery_id])
                (kit.done if taken else kit.refused)(said)

    async def _replay_ticked(self) -> None:
        ticked = [row for row in self._rows.values() if row.tick is not None and row.tick.value]
        async with kit.acting(self._replay):
            if not ticked:
                kit.refused("Tick the deliveries to replay first.")
                return
            self._progress.set_visibility(True)
            taken = 0
            for number, row in enumerate(ticked, start=1):
                taken += (await self._replayed(row))[1]
                self._progress.set_value(number / len(ticked))
            said = f"{taken} of {len(ticked)} became leads."
            (kit.done if taken == len(ticked) else kit.refused)(said)
        self._progress.set_visibility(False)

    async def _replayed(self, row: _Row) -> tuple[str, bool]:
        """Replay one delivery, and show what came of it in its row; what is said, and whether it is a lead now."""

        async def work(_: Caller) -> UUID:
            return await HookIntake(self._desk.services).replay(row.line.id)

        subject, hook = f"delivery {row.line.id}", {"hook": row.line.hook}
        try:
            lead_id = await self._desk.do(Action.REPLAY_DELIVERY, work, subject=subject, before=hook)
        except (NotReplayable, Unreadable) as why:
            self._show_result(row, str(why), None)
            return f"Not taken: {why}", False
        self._show_result(row, "", lead_id)
        return "Taken; it is a lead now.", True

    def _show_result(self, row: _Row, why: str, lead_id: UUID | None) -> None:
        row.state.clear()
        with row.state:
            if lead_id is None:
                kit.words("failed again").classes("ft-tag ft-bad").props("role=status")
                kit.words(why, "div").classes("ft-quiet")
                return
            kit.words("taken").classes("ft-tag ft-good").props("role=status")
            kit.link("Its lead", f"/leads/{lead_id}")
        if row.tick is not None:
            row.tick.set_value(False)
            row.tick.disable()


def _show_state(one: DeliveryLine) -> None:
    if one.state is DeliveryState.FAILED:
        kit.words("failed").classes("ft-tag ft-bad")
        return
    kit.words("taken").classes("ft-tag ft-good")
    if one.lead_id is not None:
        kit.link("Its lead", f"/leads/{one.lead_id}")


def _readable(body: str) -> str:
    """What was delivered, indented where it is JSON."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
