"""`follow alerts`: what an admin has to mend, and going on once it is mended."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from runtime.cli.leads import local_time, with_services

if TYPE_CHECKING:
    from adapters.db.alerts import Alert
    from api.services import Services

_BY = "follow alerts"
alerts = typer.Typer(help="Show what has to be mended, and go on once it is.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(alerts, name="alerts")


@alerts.callback()
def show(
    context: typer.Context,
    resolved: Annotated[bool, typer.Option("--all", help="Also those that are resolved.")] = False,
) -> None:
    """Show what has to be mended, the newest first."""
    if context.invoked_subcommand is not None:
        return

    async def run(services: "Services") -> "list[Alert]":
        return await services.alerts.all(resolved=resolved)

    found = with_services(run)
    console = Console(highlight=False)
    if not found:
        console.print("nothing has to be mended")
        return
    grid = Grid("what", "about", "wrong", "since", "last", "times", "resolved", title="alerts")
    for one in found:
        ended = f"{local_time(one.resolved_at)} by {one.resolved_by}" if one.resolved_at else ""
        cells = (one.kind.value, one.subject, one.text, local_time(one.since), local_time(one.last_at), str(one.times))
        grid.add_row(*map(escape, (*cells, ended)))
    console.print(grid)


@alerts.command()
def retry(
    provider: Annotated[str, typer.Argument(help="sendgrid or twilio, as the alert names it.", show_default=False)],
    rate: Annotated[float, typer.Option(min=0.1, help="How many leads at most go on in a second.")] = 20.0,
) -> None:
    """Let every lead that a provider's account holds go on now, instead of when its hold ends."""
    from runtime.cli.bulk_progress import how_it_stands, items_grid, not_done, work_off

    console, err = Console(highlight=False), Console(stderr=True, highlight=False)

    async def run(services: "Services") -> bool:
        from api.held_leads import let_go_on

        found = await let_go_on(services, provider, by=_BY, via="command line", per_second=rate)
        failed = False
        for run_id in found:
            if (done := await work_off(services, run_id, err)) is None:
                continue
            console.print(f"{how_it_stands(done)} (bulk run {run_id})")
            if left := await not_done(services, run_id):
                console.print(items_grid(left, "not resumed"))
            failed = failed or any(one.state.value == "failed" for one in left)
        if not found:
            console.print("no lead is held because of it")
        return failed

    if with_services(run):
        raise typer.Exit(1)


@alerts.command()
def resolve(
    subject: Annotated[str, typer.Argument(help="What the alert is about, as the list shows it.", show_default=False)],
) -> None:
    """Take an alert off the list; it comes back if it is not mended."""

    async def run(services: "Services") -> int:
        return await services.alerts.resolve(subject, _BY, services.clock())

    if not with_services(run):
        Console(stderr=True, highlight=False).print(f"follow: there is no open alert about {escape(subject)}")
        raise typer.Exit(1)
