"""The company's own list: look up one address or number, put it on, lift it; and whether the list was kept to."""

from collections.abc import Sequence

from nicegui import ui

from adapters.db.audit import LateClaim
from adapters.db.suppressions import CHANNELS_OF, Suppression
from api.console import kit
from api.console.desk import Desk
from api.console.fields import Fields
from api.console.frame import Section
from api.console.pages import Nav, console_page
from api.console.permissions import Action, Page
from api.console.tables import Table
from api.named_contacts import normal_contact
from api.problems import ValueRefused
from api.suppressing import LookedUp, NotListed, SuppressionList
from api.writes import Caller
from leads.model import Channel, ContactKind
from leads.normalising import clean_line

_CHANNELS = {None: "everything", Channel.EMAIL: "emails", Channel.SMS: "texts", Channel.CALL: "calls"}
_SHOWN = 20
_SHOWN_OF_HASH = 12


@console_page("/suppressions", Page.SUPPRESSIONS, title="Suppressions", nav=Nav(Section.HOUSE, "block"))
async def suppressions(desk: Desk, contact: str = "") -> None:
    """Look up and change what must not be used again.

    Args:
        contact: an address or number to look up at once.
    """
    await _List(desk).build(contact)


class _List:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._list = SuppressionList(desk.services)

    async def build(self, contact: str) -> None:
        counts = await self._desk.services.suppressions.counts()
        with ui.element("div").classes("ft-grid"):
            kit.tile("Addresses", f"{counts[ContactKind.EMAIL]:,}", note="on the list")
            kit.tile("Numbers", f"{counts[ContactKind.PHONE]:,}", note="on the list")
        with kit.section("One address or number"):
            ui.label(
                "Only a whole address or number is found: the list keeps them scrambled, so that nobody can read it."
            ).classes("ft-quiet")
            with ui.row().classes("ft-line"):
                self._contact = ui.input("Address or number", value=contact).classes("col")
                self._contact.props("outlined dense type=search").on("keydown.enter", self._look_up)
                self._button = ui.button("Look up", icon="search", on_click=self._look_up)
            self._found = ui.element("div").classes("ft-stack").props("aria-live=polite")
        with kit.section("Newest on the list"):
            self._newest = ui.element("div")
        await self._fill_newest()
        _kept_to(self._desk)
        if contact:
            await self._look_up()

    async def _look_up(self) -> None:
        self._found.clear()  # what comes of it may be no result, and then the last one's buttons are gone
        async with kit.acting(self._button, Fields(email=self._contact, phone=self._contact)):
            contact = normal_contact(self._contact.value or "", self._desk.services.company.country)

            async def work(_: Caller) -> LookedUp:
                return await self._list.look_up(contact)

            found = await self._desk.do(Action.SEARCH_SUPPRESSIONS, work, subject=self._named(contact))
            with self._found:
                self._show(found)

    def _show(self, found: LookedUp) -> None:
        with ui.row().classes("ft-line"):
            kit.heading(found.contact, 3)
            closed = found.in_force
            if closed:
                kit.words("on the list").classes("ft-tag ft-bad")
            else:
                kit.words("not on the list").classes("ft-tag ft-good")
            ui.space()
            if found.lead_id is not None:
                kit.link("Its lead", f"/leads/{found.lead_id}")
            else:
                kit.words("no lead has it").classes("ft-quiet")
        if found.lines:
            table = Table("Lines of the list", ["Closed for", "Since", "Why", "By", "Lifted"], one_line=[1])
            for line in found.lines:
                table.row(*self._cells(line))
        with ui.row().classes("ft-line items-start"):
            why = ui.input("Why", placeholder="asked on the phone").props("outlined dense").classes("col")
            channels = {"": _CHANNELS[None], **{one.value: _CHANNELS[one] for one in sorted(CHANNELS_OF[found.kind])}}
            on = ui.select(channels, label="For", value="")
            on.props("outlined dense").classes("ft-narrow")
            fields = Fields(why=why, channel=on)
            add = ui.button("Suppress", icon="block", on_click=lambda: self._add(found, on.value, why.value, fields))
            add.props("color=negative")
            if closed:
                lift = ui.button("Lift", icon="lock_open")
                lift.on_click(lambda: self._lift(found, on.value, why.value, fields)).props("outline")

    def _cells(self, line: Suppression) -> tuple[str, ...]:
        now, zone = self._desk.services.clock(), self._desk.zone
        lifted = ""
        if line.lifted_at is not None:
            lifted = f"{kit.moment(line.lifted_at, zone, now)} by {line.lifted_by}: {line.lifted_why or ''}"
        return _CHANNELS[line.channel], kit.moment(line.created_at, zone, now), line.why, line.by, lifted

    async def _add(self, found: LookedUp, on: str, why: str | None, fields: Fields) -> None:
        async with kit.acting(fields=fields):
            channel, reason = _channel(on), _reason(why)
            if channel is None and found.lead_id is not None:
                lines = ("Its lead is stopped: no email, no text, no call, and its cadence ends.",)
                question = f"Stop everything to {found.contact}?"
                if not await kit.confirm(question, *lines, yes="Suppress it", danger=True):
                    return

            async def work(_: Caller) -> bool:
                return await self._list.add(found.contact, channel, why=reason, by=self._desk.person.id)

            after = {"kind": found.kind.value, "closed_for": _CHANNELS[channel]}
            subject = self._named(found.contact)
            changed = await self._desk.do(Action.SUPPRESS, work, lead_id=found.lead_id, subject=subject, after=after)
            kit.done("On the list; the lead's plan follows it." if changed else "On the list.")
            await self._again(found.contact)

    async def _lift(self, found: LookedUp, on: str, why: str | None, fields: Fields) -> None:
        async with kit.acting(fields=fields):
            channel, reason = _channel(on), _reason(why)
            lines = (
                "Only if the person asked for it. The list keeps when, by whom and why.",
                "It starts nothing: a cadence that ended stays ended, and a consent that was taken back stays so.",
            )
            if not await kit.confirm(f"Open {found.contact} again?", *lines, yes="Lift it"):
                return

            async def work(_: Caller) -> bool:
                try:
                    return await self._list.reopen(found.contact, channel, why=reason, by=self._desk.person.id)
                except NotListed as nothing:
                    raise ValueRefused("channel", f"it is not on the list for {_CHANNELS[channel]}") from nothing

            before = {"kind": found.kind.value, "closed_for": [_CHANNELS[one.channel] for one in found.in_force]}
            after = {"opened_for": _CHANNELS[channel]}
            whose, subject = found.lead_id, self._named(found.contact)
            await self._desk.do(
                Action.LIFT_SUPPRESSION, work, lead_id=whose, subject=subject, before=before, after=after
            )
            kit.done("Opened again.")
            await self._again(found.contact)

    def _named(self, contact: str) -> str:
        """What the audit log calls it: the beginning of its hash, which tells nothing about the person."""
        return f"hash {self._desk.services.suppressions.digest(contact)[:_SHOWN_OF_HASH]}"

    async def _again(self, contact: str) -> None:
        """Show how it stands now."""
        found = await self._list.look_up(contact)
        self._found.clear()
        with self._found:
            self._show(found)
        await self._fill_newest()

    async def _fill_newest(self) -> None:
        lines = await self._desk.services.suppressions.newest(_SHOWN)
        self._newest.clear()
        with self._newest:
            if not lines:
                kit.empty("The list is empty.", "Whoever stops the messages comes onto it at once.", "block")
                return
            table = Table("Newest on the list", ["Kind", "Closed for", "Since", "Why", "By"], one_line=[2])
            for line in lines:
                table.row("address" if line.kind is ContactKind.EMAIL else "number", *self._cells(line)[:4])


def _channel(text: str) -> Channel | None:
    return Channel(text) if text else None


def _reason(text: str | None) -> str:
    reason = clean_line("why", text)
    if not reason:
        raise ValueRefused("why", "say why; the list keeps it")
    return reason


def _kept_to(desk: Desk) -> None:
    """An independent look at the ledger, which takes a while."""
    with kit.section("Was the list kept to?"):
        ui.label("Looks at every message: was the person on the list when we began to send it?").classes("ft-quiet")
        box = ui.element("div").classes("ft-stack").props("aria-live=polite")

        async def look() -> None:
            async with kit.acting(button):
                await desk.still_here()
                late = [one async for one in desk.services.audit.late_claims()]
                box.clear()
                with box:
                    _show_late(desk, late)

        button = ui.button("Compare now", icon="rule", on_click=look).props("outline").classes("self-start")


def _show_late(desk: Desk, late: Sequence[LateClaim]) -> None:
    if not late:
        kit.empty("No message was begun to anybody on the list.")
        return
    now, zone = desk.services.clock(), desk.zone
    unlawful = sum(one.unlawful for one in late)
    many = "1 message was" if len(late) == 1 else f"{len(late):,} messages were"
    after = f"{unlawful:,} of them more than the law's ten business days later"
    ui.label(f"{many} begun after an opt-out, {after}.").classes("ft-bad-text")
    table = Table("Messages begun after an opt-out", ["Begun", "On the list since", "Channel", "State", ""])
    for one in late[:_SHOWN]:
        claimed, since = kit.moment(one.claimed_at, zone, now), kit.moment(one.suppressed_at, zone, now)
        with table.row(claimed, since, one.channel, one.state), table.cell():
            kit.link("Its lead", f"/leads/{one.lead_id}")
