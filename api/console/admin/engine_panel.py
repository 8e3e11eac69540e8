"""What the engine does for one lead beside what the database wants, and what may be done about it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from nicegui import ui

from adapters.db.cases import UnknownLead
from api.bulk_wishes import Wish
from api.commands import CommandDone
from api.console import kit
from api.console.admin.wishes import KINDS, WishDialog, wish_buttons
from api.console.desk import Desk
from api.console.pages import console_page
from api.console.permissions import Action, Page, may_do
from api.console.tables import Table
from api.writes import Caller
from leads.engine import Agreement, EngineSide, EngineState, PendingActivity, Untold, verdict
from leads.model import Role

_LOOKS = {
    Agreement.AGREES: ("check_circle", "ft-good"),
    Agreement.AT_WORK: ("autorenew", "ft-good"),
    Agreement.UNKNOWN: ("help", "ft-warn"),
    Agreement.DIFFERS: ("error", "ft-bad"),
}


def shows_engine(desk: Desk) -> bool:
    """Whether the engine's side is for this person."""
    return desk.person.role is Role.ADMIN


async def engine_panel(desk: Desk, lead_id: UUID) -> None:
    """The panel on a lead's page: for managers what they may do, for admins also what the engine does.

    The page is there at once; the engine is asked after that.
    """
    if may_do(desk.person.role, Action.HOLD) or shows_engine(desk):
        await _Panel(desk, lead_id).build()


@console_page("/leads/{lead_id}/engine", Page.ENGINE, title="The engine's side of a lead")
async def engine_page(desk: Desk, lead_id: UUID) -> None:
    """The panel alone, for whoever comes from a list or from what the check found."""
    names = await desk.services.in_flight.names([lead_id])
    if lead_id not in names:
        raise UnknownLead(str(lead_id))
    kit.link(names[lead_id], f"/leads/{lead_id}")
    await engine_panel(desk, lead_id)


class _Panel:
    """The panel of one lead."""

    def __init__(self, desk: Desk, lead_id: UUID) -> None:
        self._desk = desk
        self._lead_id = lead_id

    async def build(self) -> None:
        with kit.section("The machine"):
            if may_do(self._desk.person.role, Action.HOLD):
                with ui.row().classes("ft-line").props('role=group aria-label="What may be done"'):
                    wish_buttons(self._wish)
            if not shows_engine(self._desk):
                return
            self._box = ui.element("div").classes("ft-stack").props("aria-live=polite")
            with self._box:
                kit.skeleton(3)
            with ui.row().classes("ft-line"):
                ui.button("Look again", icon="refresh", on_click=self._look).props("flat dense no-caps")
                address = self._desk.services.temporal_pages.workflow(self._lead_id)
                if address is not None:
                    kit.outer_link("Open the workflow in Temporal", address, new_tab=True)
        ui.timer(0.01, self._look, once=True)

    async def _look(self) -> None:
        async with kit.acting():
            await self._desk.still_here()
            state = await self._desk.services.engine.of(self._lead_id)
            self._box.clear()
            with self._box:
                if state is None:
                    kit.empty("The engine knows nothing of this lead.", icon="help")
                else:
                    self._show(state)

    def _show(self, state: EngineState) -> None:
        found = verdict(state, self._at)
        icon, look = _LOOKS[found.agreement]
        with ui.element("div").classes(f"ft-agreement {look}"):
            ui.icon(icon).props("aria-hidden=true")
            kit.said(found.sentence)
        with ui.element("div").classes("ft-columns"):
            _facts("The database wants", self._database(state))
            if state.engine is not None:
                _facts("The engine has", self._engine(state.engine))
        for activity in state.engine.activities if state.engine is not None else ():
            _facts(f"At {activity.name}", self._activity(activity))
        if state.database.untold:
            self._untold(state.database.untold)

    def _database(self, state: EngineState) -> Iterable[tuple[str, str]]:
        plan = state.database.plan
        yield "Revision", f"{plan.revision:,}"
        if plan.wake is not None:
            yield "Wakes for", f"{plan.wake.summary}, {self._at(plan.wake.at)}"
        if plan.next_touch is not None and plan.next_touch_at is not None:
            yield "Next touch", f"{plan.next_touch}, {self._at(plan.next_touch_at)}"
        if plan.due_at is not None:
            yield "Its task is due", self._at(plan.due_at)
        if plan.hold is not None and plan.held_until is not None:
            yield "On hold", f"{plan.hold.replace('_', ' ')}, until {self._at(plan.held_until)}"
        if plan.ended is not None:
            yield "Messages ended", plan.ended.replace("_", " ")
        yield "Cadence", f"{plan.cadence}, version {plan.version[:8]}"

    def _engine(self, side: EngineSide) -> Iterable[tuple[str, str]]:
        yield "Workflow", side.status.replace("_", " ")
        yield "Run", side.run_id
        if side.first_started_at is not None:
            yield "First started", self._at(side.first_started_at)
        if side.started_at is not None and side.started_at != side.first_started_at:
            yield "This run began", self._at(side.started_at)
        if side.closed_at is not None:
            yield "Closed", self._at(side.closed_at)
        yield "History", f"{side.history_length:,} events"
        if side.progress is not None:
            held = side.progress.plan
            yield "Holds revision", f"{held.revision:,}"
            if held.wake is not None:
                yield "Its timer", f"{held.wake.summary}, {self._at(held.wake.at)}"
        if side.is_running:
            polled = f"last asked for work {self._at(side.last_polled_at)}" if side.last_polled_at is not None else ""
            yield "Workers", polled or "none asked for work lately"

    def _activity(self, activity: PendingActivity) -> Iterable[tuple[str, str]]:
        yield "Attempt", f"{activity.attempt}, {'at work now' if activity.is_started else 'waiting'}"
        if activity.last_failure is not None:
            yield "Last error", activity.last_failure
        if activity.last_tried_at is not None:
            yield "Last tried", self._at(activity.last_tried_at)
        if activity.next_try_at is not None:
            yield "Next try", self._at(activity.next_try_at)
        yield "Queue", activity.queue + ("" if activity.has_workers else ", which no worker asks for work")

    def _untold(self, untold: tuple[Untold, ...]) -> None:
        kit.heading("Committed, and not told yet", 3)
        table = Table("Commands that the engine has not heard", ("Command", "Revision", "Committed", "Tried", "Error"))
        for one in untold:
            committed = self._at(one.committed_at)
            table.row(one.kind.replace("_", " "), str(one.revision), committed, str(one.attempts), one.error or "")

    def _at(self, instant: datetime) -> str:
        return kit.moment(instant, self._desk.zone, self._desk.services.clock())

    async def _wish(self, kind: str) -> None:
        """Ask what is to be done, show what would happen, and do it."""
        client = ui.context.client
        async with kit.acting():
            wish = await WishDialog(self._desk, kind, [self._lead_id]).ask()
            if wish is not None:
                await self._desk.do(Action(kind), lambda caller: self._change(caller, wish), lead_id=self._lead_id)
                with client:  # The panel may have been drawn anew meanwhile, without the button that was pressed.
                    kit.done(f"Done: {KINDS[kind].done}.")
                    ui.navigate.reload()

    async def _change(self, caller: Caller, wish: Wish) -> CommandDone:
        return await self._desk.commands.change(self._lead_id, caller, None, wish.change())


def _facts(title: str, facts: Iterable[tuple[str, str]]) -> None:
    with ui.element("div").classes("ft-stack"):
        kit.heading(title, 3)
        with ui.element("dl").classes("ft-facts"):
            for name, value in facts:
                kit.words(name, "dt")
                kit.words(value, "dd")
