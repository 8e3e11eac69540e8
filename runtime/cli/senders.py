"""`follow senders`: whom messages come from, and how much each may send."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from runtime.cli.leads import local_time, with_services

if TYPE_CHECKING:
    from adapters.db.senders import SenderView
    from api.services import Services
    from leads.model import Channel

_GAP = re.compile(r"(\d{1,5}) ?(s|m|min|h)?")
_SECONDS = {None: 1, "s": 1, "m": 60, "min": 60, "h": 3600}
_LONGEST_GAP = timedelta(days=1)
senders = typer.Typer(
    help="Show whom messages come from, and change how much each may send.", invoke_without_command=True
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(senders, name="senders")


def _gap(text: str) -> timedelta:
    found = _GAP.fullmatch(text.strip())
    gap = timedelta(seconds=int(found[1]) * _SECONDS[found[2]]) if found else None
    if gap is None or gap > _LONGEST_GAP:
        raise typer.BadParameter("it is a number of seconds, like 90s or 2m, of a day at most")
    return gap


Address = Annotated[
    str, typer.Argument(help="An email address, or a phone number with its country code.", show_default=False)
]
Name = Annotated[str | None, typer.Option(help="The name that emails come from.")]
For = Annotated[str | None, typer.Option("--for", help="The colleague whose leads it writes to; else everybody's.")]
Cap = Annotated[int | None, typer.Option(min=1, help="At most so many messages in a day of the company's clock.")]
Gap = Annotated[
    timedelta | None,
    typer.Option(parser=_gap, metavar="TIME", help="At least so long between two messages: 90s, 2m; 0 for none."),
]


@senders.callback()
def show(context: typer.Context) -> None:
    """Show the senders: what each has sent today, how much it may, and how its domain stands."""
    if context.invoked_subcommand is not None:
        return

    async def run(services: "Services") -> "tuple[list[SenderView], datetime]":
        now = services.clock()
        return await services.senders.all(now), now

    found, now = with_services(run)
    console = Console(highlight=False)
    if not found:
        console.print("none: every message comes from what the settings say (FOLLOW_SENDER_EMAIL, FOLLOW_TWILIO_...)")
        return
    grid = Grid("sender", "name", "of", "today", "gap", "next free slot", "domain", title="senders")
    for one in found:
        grid.add_row(*map(escape, _cells(one, now)))
    console.print(grid)


def _cells(one: "SenderView", now: datetime) -> tuple[str, ...]:
    cap = "" if one.cap_today is None else f" of {one.cap_today}"
    grows = f" (growing to {one.daily_cap})" if one.cap_today != one.daily_cap else ""
    free = "at once" if one.free_at is None or one.free_at <= now else local_time(one.free_at)
    domain = one.domain and f"{one.domain}: ok"
    if one.paused_until is not None and one.paused_until > now:
        domain = f"{one.domain}: paused until {local_time(one.paused_until)}"
    elif one.warned_at is not None:
        domain = f"{one.domain}: warned {local_time(one.warned_at)}"
    return (
        one.address,
        one.name,
        one.colleague_id or "the company",
        f"{one.sent_today}{cap}{grows}",
        f"{int(one.gap.total_seconds())} s" if one.gap else "",
        free if one.active else "stopped",
        domain,
    )


@senders.command()
def add(
    address: Address,
    name: Name = None,
    colleague: For = None,
    daily_cap: Cap = None,
    ramp: Annotated[bool, typer.Option("--ramp", help="It is new: it starts low and grows into its cap.")] = False,
    gap: Gap = None,
) -> None:
    """Add a sender that the provider has verified, or take up a stopped one again."""

    async def run(services: "Services") -> None:
        sender, channel = _normal(address, services.company.country)
        await services.senders.add(
            sender,
            channel,
            services.clock(),
            name=name or "",
            colleague_id=colleague,
            daily_cap=daily_cap,
            ramp=ramp,
            gap=gap or timedelta(0),
        )

    _do(run)


@senders.command()
def change(
    address: Address,
    name: Name = None,
    colleague: For = None,
    for_everybody: Annotated[bool, typer.Option("--for-everybody", help="It writes to everybody's leads.")] = False,
    daily_cap: Cap = None,
    no_daily_cap: Annotated[bool, typer.Option("--no-daily-cap", help="Without a cap, and without a ramp.")] = False,
    ramp: Annotated[
        bool | None, typer.Option("--ramp/--no-ramp", help="It grows into its cap from now on, or has grown.")
    ] = None,
    gap: Gap = None,
) -> None:
    """Change a sender; what is not named stays."""
    if (colleague and for_everybody) or (daily_cap and no_daily_cap) or (ramp and no_daily_cap):
        raise typer.BadParameter("these options contradict each other")

    async def run(services: "Services") -> None:
        now = services.clock()
        changes: dict[str, Any] = {"name": name, "colleague_id": colleague, "daily_cap": daily_cap}
        changes = {column: value for column, value in changes.items() if value is not None}
        if for_everybody:
            changes["colleague_id"] = None
        if no_daily_cap:
            changes |= {"daily_cap": None, "ramp_from": None}
        if ramp is not None:
            changes["ramp_from"] = now if ramp else None
        if gap is not None:
            changes["gap_seconds"] = int(gap.total_seconds())
        await services.senders.change(_normal(address, services.company.country)[0], now, **changes)

    _do(run)


@senders.command()
def stop(address: Address) -> None:
    """Send nothing more from it; its leads are written to by another one from now on."""

    async def run(services: "Services") -> None:
        await services.senders.stop(_normal(address, services.company.country)[0])

    _do(run)


def _normal(address: str, country: str) -> "tuple[str, Channel]":
    from leads.model import Channel
    from leads.normalising import normal_email, normal_phone

    if "@" in address:
        return normal_email(address), Channel.EMAIL
    return normal_phone(address, country), Channel.SMS


def _do(run: "Callable[[Services], Awaitable[None]]") -> None:
    """Do it; what is wrong with what was asked is one line."""
    from adapters.db.senders import SenderRefused
    from leads.capture import CaptureRefused

    try:
        with_services(run)
    except (SenderRefused, CaptureRefused) as refused:
        message = refused.message if isinstance(refused, CaptureRefused) else str(refused)
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"follow: {escape(message)}")
        raise typer.Exit(1) from refused
