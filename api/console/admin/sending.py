"""How sending goes: what each channel uses, what went out and what did not, whose limits hold, and the accounts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from nicegui import ui

from adapters.db.senders import SenderView
from adapters.db.sendings import ChannelSendings, FailedSending
from adapters.providers.checks.dns_records import DnsRecords, DnsTextError
from adapters.providers.checks.findings import State
from api.console import kit
from api.console.desk import Desk
from api.console.fields import Fields
from api.console.permissions import Action
from api.console.tables import Table
from api.problems import ValueRefused
from api.providers import ChannelUse, ProvidersChecked
from api.writes import Caller
from leads.model import Channel

_LATELY = timedelta(hours=24)
_NAMES = {Channel.EMAIL: "Email", Channel.SMS: "Texts"}
_MARKS = {
    State.OK: "ft-good",
    State.MISSING: "ft-bad",
    State.WRONG: "ft-bad",
    State.UNTOLD: "ft-warn",
    State.UNUSED: "",
}


async def build_sending(desk: Desk) -> None:
    """Build the parts of the page about sending."""
    services, since = desk.services, desk.services.clock() - _LATELY
    sendings = {one.channel: one for one in await services.sendings.since(since)}
    with ui.element("div").classes("ft-columns"):
        for use in services.providers.uses:
            _channel(desk, use, sendings[use.channel])
    failures = await services.sendings.failures(since)
    if failures:
        with kit.section("What did not go out in the last 24 hours"):
            _failures(desk, failures)
    await _Accounts(desk).build()
    with kit.section("Senders"):
        _senders(desk, await services.senders.all(services.clock()))


def _channel(desk: Desk, use: ChannelUse, went: ChannelSendings) -> None:
    with kit.section(_NAMES[use.channel]):
        ui.label(f"{use.said}.")
        with ui.element("dl").classes("ft-facts"):
            _fact("Last 24 hours", _counts(went))
            _fact("Last one out", _when(desk, went.last_out_at))
            _fact("Last failure", _when(desk, went.last_failed_at))
            _fact("Rate", f"{use.per_second:g} in a second at most" if use.per_second else "no limit")


def _counts(went: ChannelSendings) -> str:
    said = [f"{went.out:,} out"]
    for count, what in (
        (went.failed, "failed"),
        (went.bounced, "bounced"),
        (went.refused, "refused and tried again"),
        (went.unknown, "that perhaps arrived"),
    ):
        if count:
            said.append(f"{count:,} {what}")
    return ", ".join(said)


def _fact(name: str, value: str) -> None:
    kit.words(name, "dt")
    kit.words(value, "dd")


def _when(desk: Desk, at: datetime | None) -> str:
    return "none" if at is None else kit.moment(at, desk.zone, desk.services.clock())


def _failures(desk: Desk, failures: Sequence[FailedSending]) -> None:
    table = Table("What did not go out", ["When", "Channel", "State", "Provider", "Why", ""], one_line=[0, 3])
    for one in failures:
        cells = (
            _when(desk, one.happened_at),
            _NAMES[one.channel],
            one.state.value,
            one.provider or "",
            one.error or "",
        )
        with table.row(*cells), table.cell():
            kit.link("Open the lead", f"/leads/{one.lead_id}")


class _Accounts:
    """Whether the providers' accounts fit our settings: the newest check, and another."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def build(self) -> None:
        with kit.section("Providers' accounts"):
            with ui.row().classes("ft-line"):
                self._said = ui.label().classes("col").props("aria-live=polite")
                self._button = ui.button("Check the accounts", icon="fact_check", on_click=self._check).props("outline")
            with ui.expansion("DNS records, to be checked too").classes("ft-expansion"):
                self._dns = ui.textarea("DNS records", placeholder="acme.com TXT v=spf1 include:sendgrid.net -all")
                self._dns.props('outlined autogrow hint="As dig prints them; nothing is looked up from here."')
            self._table = ui.element("div")
        self._show(await self._desk.services.providers.newest())

    async def _check(self) -> None:
        async with kit.acting(self._button, Fields(dns=self._dns)):
            records, by = self._records(), self._desk.person.id

            async def work(_: Caller) -> ProvidersChecked:
                return await self._desk.services.providers.check(by, records)

            self._show(await self._desk.do(Action.CHECK_PROVIDERS, work))

    def _records(self) -> DnsRecords | None:
        text = (self._dns.value or "").strip()
        try:
            return DnsRecords.read(text) if text else None
        except DnsTextError as error:
            raise ValueRefused("dns", str(error)) from error

    def _show(self, checked: ProvidersChecked | None) -> None:
        self._table.clear()
        if checked is None:
            self._said.set_text("Nobody has checked yet. A check asks the providers, read only, and sends nothing.")
            return
        when = kit.moment(checked.checked_at, self._desk.zone, self._desk.services.clock())
        to_do = f"{checked.to_do} to do" if checked.to_do else "nothing to do"
        self._said.set_text(f"Checked {when} by {checked.by}: {to_do}.")
        with self._table:
            table = Table("What the check found", ["Channel", "What", "State", "What to do"])
            for one in checked.checks:
                with table.row(one.channel, one.what):
                    with table.cell():
                        kit.words(one.state.value).classes(f"ft-tag {_MARKS[one.state]}")
                    kit.words(one.note, "td")


def _senders(desk: Desk, senders: Sequence[SenderView]) -> None:
    if not senders:
        kit.empty(
            "Every message comes from the sender in the settings.",
            "`follow senders add` gives reps their own.",
            "badge",
        )
        return
    table = Table("Senders", ["Sender", "Whose", "Sent today", "Pause between two", "Sends again", "Domain"])
    now = desk.services.clock()
    for one in senders:
        cap = "" if one.cap_today is None else f" of {one.cap_today:,}"
        grows = f" (growing to {one.daily_cap:,})" if one.daily_cap and one.cap_today != one.daily_cap else ""
        free = "at once" if one.free_at is None or one.free_at <= now else _when(desk, one.free_at)
        cells = (
            f"{one.name} <{one.address}>" if one.name else one.address,
            one.colleague_id or "the company",
            f"{one.sent_today:,}{cap}{grows}",
            kit.span(one.gap) if one.gap else "none",
            free if one.active else "stopped",
        )
        with table.row(*cells), table.cell():
            _domain(desk, one, now)


def _domain(desk: Desk, one: SenderView, now: datetime) -> None:
    if one.paused_until is not None and one.paused_until > now:
        kit.words(f"{one.domain}: paused until {_when(desk, one.paused_until)}").classes("ft-tag ft-bad")
    elif one.warned_at is not None:
        kit.words(f"{one.domain}: warned {_when(desk, one.warned_at)}").classes("ft-tag ft-warn")
    elif one.domain:
        kit.words(one.domain)
