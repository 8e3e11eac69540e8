"""`follow providers check`: what is missing before messages really go out, without sending any."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from runtime import logs
from runtime.embedded.errors import StartError
from runtime.served import as_served
from runtime.settings import Settings, load_settings

if TYPE_CHECKING:
    from adapters.db.senders import SenderView
    from adapters.providers.checks.dns_records import DnsRecords
    from adapters.providers.checks.findings import Check
    from api.services import Services

_COLOURS = {"ok": "green", "missing": "red", "wrong": "red", "can't be checked": "yellow", "not used": "dim"}
providers = typer.Typer(help="Show what each channel uses, and what it lacks.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(providers, name="providers")


@providers.callback()
def _group() -> None:
    """Typer would make a group of one command that command itself."""


@providers.command()
def check(
    dns: Annotated[
        Path | None,
        typer.Option(help="A file of DNS records to check too: name, type and value a line, as dig prints them."),
    ] = None,
) -> None:
    """Say what sending and hearing still lack: keys, senders, webhooks, registrations, DNS. Nothing is sent.

    Exits with 0 when everything that the configured channels need is there, and with 1 when something is to do.
    """
    from runtime.channels import channels
    from runtime.provider_checks import check_providers

    settings = as_served(load_settings())
    logs.configure("WARNING", as_json=settings.log_json)
    records = _read(dns) if dns is not None else None
    console = Console(highlight=False)
    for channel, provider in channels(settings).items():
        console.print(f"{channel}: {provider}", markup=False, soft_wrap=True)
    addresses, numbers = _senders(settings, console)
    found = check_providers(settings, records, more_addresses=addresses, more_numbers=numbers)
    console.print(_grid(found))
    to_do = sum(one.is_amiss for one in found)
    console.print(f"{to_do} to do; docs/providers.md says how" if to_do else "nothing to do")
    if to_do:
        raise typer.Exit(1)


def _read(file: Path) -> "DnsRecords":
    from adapters.providers.checks.dns_records import DnsRecords, DnsTextError

    try:
        return DnsRecords.read(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{file} can't be read: {error}") from error
    except DnsTextError as error:
        raise StartError(f"{file}: {error}") from error


def _senders(settings: Settings, console: Console) -> tuple[list[str], list[str]]:
    """The addresses and numbers of `follow senders`, where the database answers."""
    from leads.model import Channel
    from runtime.cli.leads import with_services

    if settings.sendgrid_api_key is None and settings.twilio_account_sid is None:
        return [], []

    async def run(services: "Services") -> "list[SenderView]":
        return [one for one in await services.senders.all(services.clock()) if one.active]

    try:
        found = with_services(run)
    except StartError as away:
        console.print(f"the senders of `follow senders` are not looked at: {away}", markup=False, soft_wrap=True)
        return [], []
    return (
        [one.address for one in found if one.channel is Channel.EMAIL],
        [one.address for one in found if one.channel is Channel.SMS],
    )


def _grid(found: "list[Check]") -> Grid:
    grid = Grid("channel", "what", "state", title="providers")
    grid.add_column("what to do", overflow="fold")  # an address or a key is copied from here, so all of it is shown
    for one in found:
        state = f"[{_COLOURS[one.state.value]}]{escape(one.state.value)}[/]"
        grid.add_row(escape(one.channel), escape(one.what), state, escape(one.note))
    return grid
