"""`follow policy`: the written follow-up policy, sending it, and who has acknowledged it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from runtime.cli.leads import Result, local_time, with_services

if TYPE_CHECKING:
    from adapters.db.policies import Acknowledgement, Acknowledgements, SentPolicy
    from api.services import Services
    from cadences.policy import Policy
    from leads.model import Company

policy = typer.Typer(
    help="Show the written follow-up policy, made from what is configured; send it, and see who acknowledged it.",
    invoke_without_command=True,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(policy, name="policy")


@policy.callback()
def show(
    context: typer.Context,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as a web page instead.", dir_okay=False)
    ] = None,
) -> None:
    """Show the policy in force, as Markdown."""
    if context.invoked_subcommand is not None:
        return

    async def run(services: "Services") -> "tuple[Policy, Company]":
        return await services.policies.current(services.clock()), services.company

    found, company = _do(run)
    if html is None:
        Console(highlight=False, soft_wrap=True).print(escape(found.text), end="")
        return
    from cadences.rendering import render_staff_email

    page = render_staff_email(f"How {company.name} follows up every lead", found.text, company, {}).html
    try:
        html.write_text(page, "utf-8")
    except OSError as error:
        _fail(f"{html} can't be written: {error.strerror}")
    Console(highlight=False, soft_wrap=True).print(f"version {found.version} is in {escape(str(html))}")


@policy.command()
def send() -> None:
    """Send it to every rep, partner and manager who has not been sent this very version, with what changed."""
    console = Console(highlight=False, soft_wrap=True)

    def on_each(colleague: str, asked: bool) -> None:
        console.print(f"{escape(colleague)}: {'asked' if asked else 'was asked before'}")

    async def run(services: "Services") -> "SentPolicy":
        return await services.policies.send(services.clock(), on_each)

    found = _do(run)
    if not found.sent:
        console.print(f"version {found.version} is new to nobody; nothing was sent")
        return
    people = f"{len(found.sent)} colleague{'s' * (len(found.sent) != 1)}"
    console.print(f"version {found.version} goes to {people}; `follow staff-mails` shows whether it arrives")


@policy.command()
def status() -> None:
    """Show who has acknowledged the version in force, and who has not."""

    async def run(services: "Services") -> "Acknowledgements":
        return await services.policies.acknowledgements(services.clock())

    found = _do(run)
    console = Console(highlight=False)
    grid = Grid("who", "sent", "acknowledged", "acknowledged before", title=f"policy, version {found.version}")
    for one in found.items:
        grid.add_row(*map(escape, _cells(one)))
    console.print(grid)
    unsent = [one.colleague for one in found.items if one.sent_at is None]
    if unsent:
        console.print(f"not sent to {escape(', '.join(unsent))} yet: `follow policy send`")


def _cells(one: "Acknowledgement") -> tuple[str, ...]:
    before = ""
    if one.acknowledged_at is None and one.last_version is not None and one.last_acknowledged_at is not None:
        before = f"{one.last_version}, {local_time(one.last_acknowledged_at)}"
    return (
        f"{one.name} ({one.colleague})",
        local_time(one.sent_at) if one.sent_at else "not yet",
        local_time(one.acknowledged_at) if one.acknowledged_at else "no",
        before,
    )


def _do(run: "Callable[[Services], Awaitable[Result]]") -> Result:
    """Do it; a YAML file that can't be read aloud is said with its place."""
    from leads.sheets import SheetError

    try:
        return with_services(run)
    except SheetError as mistake:
        _fail(str(mistake))
        raise


def _fail(message: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"follow: {escape(message)}")
    raise typer.Exit(1)
