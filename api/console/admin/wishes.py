"""Asking what is to be done to some leads: a form, what would become of each, and the question whether to do it."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from nicegui import ui

from api.bulk import BulkCommands, Rehearsed
from api.bulk_wishes import Hold, Reassign, Resume, SkipStep, SwitchCadence, Wish
from api.console import kit
from api.console.desk import Desk
from api.console.fields import Fields
from api.console.kit import moment
from api.console.tables import Table

_SHOWN = 50
"""So many leads are shown with what would become of them."""
_NAMED = 3
"""So many leads are named of those that are refused for the same reason."""
_HELD_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that may be done."""

    label: str
    icon: str
    done: str
    """How it is said of leads that were changed."""


KINDS = {
    "hold": Kind("Hold", "pause", "on hold"),
    "resume": Kind("Resume", "play_arrow", "resumed"),
    "skip_step": Kind("Skip step", "skip_next", "moved on"),
    "switch_cadence": Kind("Switch cadence", "swap_horiz", "switched"),
    "reassign": Kind("Reassign", "person_add", "reassigned"),
}
"""In the order of their buttons; the keys are those of the wishes, the actions and the commands."""


def wish_buttons(on_click: Callable[[str], Awaitable[None]]) -> None:
    """A button for each thing that may be done; what needs more to be known asks for it."""
    for kind, shown in KINDS.items():

        async def click(kind: str = kind) -> None:
            await on_click(kind)

        ui.button(shown.label, icon=shown.icon, on_click=click).props("flat dense no-caps")


class WishDialog:
    """Asks for one wish about some leads."""

    def __init__(self, desk: Desk, kind: str, lead_ids: Sequence[UUID]) -> None:
        self._desk = desk
        self._kind = kind
        self._lead_ids = list(lead_ids)
        self._bulk = BulkCommands(desk.services)
        self._looked_at = 0

    async def ask(self) -> Wish | None:
        """What is to be done; None when nothing is."""
        many = "" if len(self._lead_ids) == 1 else f" {len(self._lead_ids):,} leads"
        title = f"{KINDS[self._kind].label}{many}"
        with ui.dialog() as dialog, ui.card().classes("ft-dialog ft-wish"):
            kit.heading(title)
            self._box = ui.element("div").classes("ft-stack")
        self._dialog = dialog
        with self._box:
            await self._form()
        wish: Wish | None = await kit.answer_of(dialog, title)
        return wish

    async def _form(self) -> None:
        match self._kind:
            case "hold":
                self._hold_form()
            case "switch_cadence":
                await self._switch_form()
            case "reassign":
                await self._reassign_form()
            case "resume":
                self._buttons(Resume)
            case _:
                self._buttons(SkipStep)

    def _hold_form(self) -> None:
        today = self._desk.services.clock().astimezone(self._desk.zone).date()
        until = ui.input("Until", value=str(today + _HELD_FOR)).props(
            f'type=date outlined stack-label min="{today + timedelta(days=1)}" hint="The first moment of this day"'
        )
        reason = ui.input("Why").props("outlined autofocus autocomplete=off maxlength=200")

        fields = Fields(until=until, reason=reason)

        def wish() -> Wish | None:
            day, why = _day(until.value), (reason.value or "").strip()
            right = fields.are_right(until="" if day else "Choose a day.", reason="" if why else "Say why.")
            return Hold(until=day, reason=why) if right and day is not None else None

        self._buttons(wish, fields)

    async def _switch_form(self) -> None:
        names = sorted(await self._desk.services.shelf.names())
        cadence = ui.select(names, label="Cadence").props("outlined")

        fields = Fields(cadence=cadence)

        def wish() -> Wish | None:
            right = fields.are_right(cadence="" if cadence.value else "Choose one.")
            return SwitchCadence(cadence=cadence.value) if right else None

        self._buttons(wish, fields)

    async def _reassign_form(self) -> None:
        choices = await self._desk.services.in_flight.choices()
        people = {one: choices.owners[one] for one in choices.at_work}
        owner = ui.select(people, label="To whom", with_input=True).props("outlined")
        note = ui.input("Why").props("outlined autocomplete=off maxlength=200")

        fields = Fields(owner=owner, note=note)

        def wish() -> Wish | None:
            right = fields.are_right(owner="" if owner.value else "Choose somebody.")
            return Reassign(owner=owner.value, note=(note.value or "").strip() or None) if right else None

        self._buttons(wish, fields)

    def _buttons(self, wish: Callable[[], Wish | None], fields: Fields | None = None) -> None:
        """The buttons below a form.

        Args:
            wish: what it says; None where it has to be mended first.
            fields: its fields.
        """

        async def look() -> None:
            async with kit.acting(button, fields):
                await self._desk.still_here()
                asked = wish()
                if asked is not None:
                    await self._rehearse(asked)

        with ui.row().classes("ft-buttons"):
            button = ui.button("See what happens", on_click=look)
            ui.button("Cancel", on_click=lambda: self._dialog.submit(None)).props("flat")

    async def _rehearse(self, wish: Wish) -> None:
        total = len(self._lead_ids)
        with self._box:
            bar = kit.progress_bar("Looking at each lead")
        timer = None
        if total > 1:
            with self._box:
                timer = ui.timer(0.3, lambda: bar.set_value(self._looked_at / total))
        try:
            found = await self._bulk.rehearse(wish, self._lead_ids, self._desk.person.id, self._looking)
        finally:
            if timer is not None:
                timer.delete()
            bar.delete()
        names = await self._desk.services.in_flight.names(self._lead_ids)
        self._box.clear()
        with self._box:
            self._show(wish, found, names)

    def _looking(self, looked_at: int) -> None:
        self._looked_at = looked_at

    def _show(self, wish: Wish, found: list[Rehearsed], names: Mapping[UUID, str]) -> None:
        changed = [one for one in found if one.refused is None]
        if len(found) > 1:
            said = f"{len(changed):,} of {len(found):,} leads would change. Nothing has been changed yet."
            kit.words(said, "p").props("role=status").classes("ft-strong")
        _show_refused(found, names)
        if changed:
            _show_changes(changed, names, self._desk.zone, self._desk.services.clock())
        with ui.row().classes("ft-buttons"):
            if changed:
                many = f" {len(changed):,} leads" if len(found) > 1 else ""
                label = f"{KINDS[self._kind].label}{many}"
                ui.button(label, on_click=lambda: self._dialog.submit(wish)).props("autofocus")
            ui.button("Cancel", on_click=lambda: self._dialog.submit(None)).props("flat")


def _show_refused(found: list[Rehearsed], names: Mapping[UUID, str]) -> None:
    """Who would not be changed, by the reason."""
    refused: dict[str, list[str]] = defaultdict(list)
    for one in found:
        if one.refused is not None:
            refused[one.refused].append(names.get(one.lead_id, "a lead that is gone"))
    if not refused:
        return
    with ui.element("ul").classes("ft-refused").props('aria-label="Not changed"'):
        for why, who in sorted(refused.items(), key=lambda item: -len(item[1])):
            more = f" and {len(who) - _NAMED:,} more" if len(who) > _NAMED else ""
            with ui.element("li"):
                ui.label(why)
                if len(found) > 1:
                    ui.label(f"{len(who):,}: {', '.join(who[:_NAMED])}{more}").classes("ft-quiet")


def _show_changes(changed: list[Rehearsed], names: Mapping[UUID, str], zone: ZoneInfo, now: datetime) -> None:
    with ui.element("div").classes("ft-rehearsal"):
        table = Table("What would change", ("Lead", "Now", "Then"))
        for one in changed[:_SHOWN]:
            was, becomes = in_words(one.before, zone, now), in_words(one.after, zone, now)
            table.row(names.get(one.lead_id, str(one.lead_id)[:8]), was, becomes)
    if len(changed) > _SHOWN:
        ui.label(f"and {len(changed) - _SHOWN:,} more").classes("ft-quiet")


def in_words(standing: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> str:
    """How a lead stands in the parts that differ, for a person."""

    def at(instant: datetime) -> str:
        return moment(instant, zone, now)

    told = []
    if standing.get("owner"):
        told.append(f"with {standing['owner']}")
    if standing.get("cadence"):
        told.append(standing["cadence"])
    if "held_until" in standing:
        held = standing["held_until"]
        told.append(f"on hold until {at(held)}" if held is not None else "not on hold")
    step, next_at = standing.get("next_step"), standing.get("next_at")
    if step is not None or next_at is not None:
        when = at(max(next_at, now)) if next_at is not None else ""
        told.append(" ".join(part for part in (step.replace("-", " ") if step else "next touch", when) if part))
    if standing.get("ended"):
        told.append(f"ended: {standing['ended']}")
    return ", ".join(told) or "as it is"


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written or "")
    except ValueError:
        return None
