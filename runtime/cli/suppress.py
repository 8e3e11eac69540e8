"""`follow suppress`: the company's own list of addresses and numbers that must not be used again."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from leads.model import Channel
from runtime.cli.leads import local_time, with_services
from runtime.cli.lists import fail, good_lines, opened, progress

if TYPE_CHECKING:
    from adapters.db.audit import LateClaim
    from adapters.db.suppressions import Suppression
    from api.services import Services
    from api.suppressing import Listed

Result = TypeVar("Result")
BY = "follow suppress"
_SHOWN = 20
_CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.CALL)
suppress = typer.Typer(
    help="Keep the list of addresses and numbers that must not be used again, on one channel or on all.",
    no_args_is_help=True,
)


def _channel(text: str) -> Channel:
    try:
        channel = Channel(text.strip().lower())
    except ValueError:
        channel = Channel.TASK
    if channel not in _CHANNELS:
        raise typer.BadParameter("it is email, sms or call; all of them when left out")
    return channel


Contact = Annotated[
    str,
    typer.Argument(
        metavar="CONTACT", help="An email address, or a phone number with its country code.", show_default=False
    ),
]
On = Annotated[
    Channel | None,
    typer.Option("--channel", parser=_channel, metavar="CHANNEL", help="email, sms or call; all when left out."),
]
Why = Annotated[str, typer.Option("--why", help="Why; it is kept with the date.", show_default=False)]
File = Annotated[Path, typer.Argument(help="A CSV file whose first line names its columns.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(suppress, name="suppress")


@suppress.command()
def add(contact: Contact, why: Why, channel: On = None) -> None:
    """Put one on the list, at once: nothing is sent to it any more. On all channels, its lead is stopped altogether."""
    from api.suppressing import SuppressionList

    async def run(services: "Services") -> bool:
        value = _normal(contact, channel, services)
        return await SuppressionList(services).add(value, channel, why=why, by=BY)

    changed = _do(run)
    what = "its lead has been stopped" if channel is None else f"its lead is not reached over {channel.value} any more"
    Console(highlight=False).print(f"on the list; {what}" if changed else "on the list")


@suppress.command()
def remove(contact: Contact, why: Why, channel: On = None) -> None:
    """Open one again, because the person asked for it; the list keeps when and why. It enrolls nobody."""
    from api.suppressing import NotListed, SuppressionList

    async def run(services: "Services") -> bool:
        value = _normal(contact, channel, services)
        return await SuppressionList(services).reopen(value, channel, why=why, by=BY)

    try:
        of_lead = _do(run)
    except NotListed:
        fail("it is not on the list" + (f" for {channel.value}" if channel else ""))
    what = "opened again; a cadence that ended stays ended, and revoked consents stay revoked"
    Console(highlight=False, soft_wrap=True).print(what if of_lead else "opened again")


@suppress.command()
def check(contact: Contact) -> None:
    """Say whether an address or number is on the list, and what is known of it."""

    async def run(services: "Services") -> "list[Suppression]":
        return await services.suppressions.of(_normal(contact, None, services))

    found = _do(run)
    console = Console(highlight=False)
    if not found:
        console.print("not on the list")
        return
    is_listed = any(one.in_force for one in found)
    grid = Grid("channel", "since", "why", "by", "opened again", title="on the list" if is_listed else "opened again")
    for one in found:
        opened = f"{local_time(one.lifted_at)}: {one.lifted_why or ''} ({one.lifted_by})" if one.lifted_at else ""
        channel = one.channel.value if one.channel else "all"
        grid.add_row(*map(escape, (channel, local_time(one.created_at), one.why, one.by, opened)))
    console.print(grid)


@suppress.command("import")
def import_(
    file: File,
    channel: On = None,
    why: Annotated[str, typer.Option("--why", help="Why, for lines that don't say.")] = "imported",
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Write the good lines although there are bad ones.")
    ] = False,
) -> None:
    """Put every address and number of a file on the list, or what `follow suppress export` wrote here.

    With a bad line nothing is written, so that nothing is overlooked. Running it again changes nothing.
    """
    from api.suppressing import SuppressionList
    from api.suppression_file import LineDefaults, open_list, read_list

    table = opened(file, open_list)

    async def run(services: "Services") -> tuple[int, int]:
        defaults = LineDefaults(
            channel=channel, why=why, by="import", now=services.clock(), region=services.company.country
        )
        lines: list[Listed] = good_lines(read_list(table, services.suppressions, defaults), skip_bad=skip_bad)
        with progress("suppressing", len(lines)) as advance:
            return len(lines), await SuppressionList(services).add_all(lines, by=BY, progress=advance)

    listed, changed = with_services(run)
    Console(highlight=False).print(f"{listed} on the list; {changed} leads changed by it")


@suppress.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write it.", show_default=False)],
) -> None:
    """Write the whole list as hashes: it holds no address and no number, and matches in this installation only."""
    from api.suppression_file import write_list

    try:
        written = with_services(lambda services: write_list(file, services.suppressions))
    except OSError as error:
        fail(f"{file} can't be written: {error.strerror}")
    Console(highlight=False).print(f"{written} lines written")


@suppress.command()
def audit() -> None:
    """Look independently for messages that were claimed although their address or number was on the list.

    Exits with 1 when there are any.
    """

    async def run(services: "Services") -> "list[LateClaim]":
        return [one async for one in services.audit.late_claims()]

    late = with_services(run)
    console = Console(highlight=False)
    if late:
        grid = Grid(
            "claimed", "on the list since", "channel", "state", "lead", "touch", title="claims after an opt-out"
        )
        for one in late[:_SHOWN]:
            ids = str(one.lead_id)[:8], str(one.touch_id)[:8]
            grid.add_row(local_time(one.claimed_at), local_time(one.suppressed_at), one.channel, one.state, *ids)
        console.print(grid)
    unlawful = sum(one.unlawful for one in late)
    console.print(f"{len(late)} claims after an opt-out, {unlawful} of them after the ten business days of the law")
    if late:
        raise typer.Exit(1)


def _normal(contact: str, channel: Channel | None, services: "Services") -> str:
    from adapters.db.suppressions import kind_of
    from api.named_contacts import channel_for, normal_contact

    value = normal_contact(contact, services.company.country)
    channel_for(kind_of(value), channel)
    return value


def _do(run: "Callable[[Services], Awaitable[Result]]") -> Result:
    """Do it; what is wrong with what was asked is one line."""
    from leads.capture import CaptureRefused

    try:
        return with_services(run)
    except CaptureRefused as refused:
        fail(refused.message)
