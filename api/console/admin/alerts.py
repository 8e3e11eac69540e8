"""What an admin has to mend: the open alerts, and leads that go on once an account works again."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from nicegui import ui

from adapters.db.alerts import Alert, AlertKind
from api.console import kit
from api.console.desk import Desk
from api.console.permissions import Action
from api.console.tables import Table
from api.held_leads import LEADS_PER_SECOND, let_go_on
from api.writes import Caller

_KINDS = {
    AlertKind.ACCOUNT: "Provider's account",
    AlertKind.DOMAIN: "Sending domain",
    AlertKind.PLAYBOOK: "File of your playbook",
}


class AlertList:
    """The part of the page about alerts."""

    def __init__(self, desk: Desk, on_change: Callable[[], Awaitable[None]]) -> None:
        """Build nothing yet.

        Args:
            on_change: lets the rest of the page know that there may be fewer now.
        """
        self._desk = desk
        self._on_change = on_change
        self._with_resolved = False

    async def build(self) -> None:
        """Build it where we are."""
        with kit.section("Alerts"):
            resolved = ui.switch("Also those that are resolved", on_change=self._on_switch)
            resolved.props("dense").classes("self-start")
            self._box = ui.element("div").classes("ft-stack")
        await self._fill()

    async def _on_switch(self) -> None:
        async with kit.acting():
            await self._desk.still_here()
            self._with_resolved = not self._with_resolved
            await self._fill()

    async def _fill(self) -> None:
        found = await self._desk.services.alerts.all(resolved=self._with_resolved)
        self._box.clear()
        with self._box:
            if not found:
                kit.empty("No alert is open.")
                return
            table = Table("Alerts", ["What", "About", "Wrong", "Since", "Times", ""], one_line=[0, 3])
            for one in found:
                self._row(table, one)

    def _row(self, table: Table, one: Alert) -> None:
        now, zone = self._desk.services.clock(), self._desk.zone
        since, last = kit.moment(one.since, zone, now), kit.moment(one.last_at, zone, now)
        times = f"{one.times:,}, last {last}" if one.times > 1 else "1"
        with table.row(_KINDS[one.kind], one.subject):
            with table.cell():
                kit.said(one.text)
            for column, said in enumerate((since, times), start=3):
                with table.cell(column):
                    kit.words(said)
            with table.cell():
                if one.resolved_at is not None:
                    done = f"resolved {kit.moment(one.resolved_at, zone, now)} by {one.resolved_by}"
                    kit.words(done).classes("ft-quiet")
                else:
                    self._buttons(one)

    def _buttons(self, one: Alert) -> None:
        with ui.row().classes("ft-buttons no-wrap"):
            if one.kind is AlertKind.ACCOUNT:
                again = ui.button("Let leads go on", on_click=lambda: self._go_on(one))
                again.props("flat dense no-wrap").props["aria-label"] = f"Let leads go on: {one.subject}"
            resolve = ui.button("Resolve", on_click=lambda: self._resolve(one))
            resolve.props("flat dense").props["aria-label"] = f"Resolve: {one.subject}"

    async def _resolve(self, one: Alert) -> None:
        async with kit.acting():
            services = self._desk.services

            async def work(_: Caller) -> int:
                return await services.alerts.resolve(one.subject, self._desk.person.id, services.clock())

            await self._desk.do(Action.RESOLVE_ALERT, work, subject=one.subject)
            kit.done("Resolved; it comes back if it is not mended.")
            await self._fill()
            await self._on_change()

    async def _go_on(self, one: Alert) -> None:
        """Resume what an account's trouble holds, at a pace; the run's page shows how far it has come."""
        services, provider = self._desk.services, one.subject.partition(" ")[0]
        await self._desk.still_here()
        held = len(await services.alerts.held_by(provider, services.clock()))
        who = "1 lead waits" if held == 1 else f"{held:,} leads wait"
        lines = (
            f"{who} because of {provider}, and would try again by {'itself' if held == 1 else 'themselves'}.",
            f"They go on now, {LEADS_PER_SECOND:.0f} in a second; mails to colleagues are tried again, too.",
        )
        if not await kit.confirm(f"Is {provider} mended?", *lines, yes="Let them go on", no="Not yet"):
            return
        async with kit.acting():

            async def work(caller: Caller) -> list[UUID]:
                return await let_go_on(services, provider, by=caller.token.name, via=caller.via)

            def became(runs: list[UUID]) -> dict[str, Any]:
                return {"runs": [str(run_id) for run_id in runs], "kind": "go_on", "leads": held}

            runs = await self._desk.do(Action.RUN_BULK, work, subject=one.subject, became=became)
            if not runs:
                kit.done(f"No lead waits because of {provider}; mails to colleagues are tried again.")
                return
            ui.navigate.to(f"/bulk/{runs[0]}" if len(runs) == 1 else "/bulk")
