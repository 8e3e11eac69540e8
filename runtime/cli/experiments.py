"""`follow experiments`: what came of the variants that cadences try, and whether there is a verdict yet."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from runtime.cli.leads import with_services

if TYPE_CHECKING:
    from adapters.db.experiments import ArmView, ExperimentView
    from api.services import Services
    from leads.experiments import Share


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(experiments)


def experiments(
    cadence: Annotated[str | None, typer.Argument(help="One cadence's only.", show_default=False)] = None,
) -> None:
    """Show every step that tries variants, or tried them: what came of each, and the verdict."""

    async def run(services: "Services") -> "list[ExperimentView]":
        return await services.experiments.all(services.clock(), cadence)

    found, console = with_services(run), Console(highlight=False)
    if not found:
        console.print("no step tries variants; docs/writing-cadences.md tells how")
    for one in found:
        console.print(_grid(one))
        console.print(escape(f"{one.judgement.text}{_how(one)}"))
        console.print()


def _grid(one: "ExperimentView") -> Grid:
    running = "" if one.running else ", not running any more"
    grid = Grid(title=escape(f"{one.cadence}: {one.channel} {one.step}{running}"))
    for heading in ("variant", "template", "sent", "arrived", "people", "replied", "said yes", "opted out"):
        grid.add_column(heading, justify="left" if heading in ("variant", "template") else "right")
    for arm in one.arms:
        counts = arm.counts
        cells = (counts.touches, counts.delivered, counts.leads)
        replied, said_yes = _with_share(counts.replied, arm.reply_share), _with_share(counts.yes, arm.yes_share)
        grid.add_row(
            escape(_named(arm)), escape(counts.template), *map(str, cells), replied, said_yes, str(counts.opted_out)
        )
    return grid


def _named(arm: "ArmView") -> str:
    return arm.counts.name if arm.counts.weight == 1 else f"{arm.counts.name} (weight {arm.counts.weight})"


def _with_share(count: int, share: "Share | None") -> str:
    return str(count) if share is None else f"{count} = {share.share:.1%} ({share.low:.1%}-{share.high:.1%})"


def _how(one: "ExperimentView") -> str:
    """What was measured, and on whom."""
    by = "replies" if one.goal == "reply" else "yes"
    words = f"; by {by} within {one.within_days} days, {one.sample} people for each variant"
    return words if one.sampled_until is None else f"{words}, those first reached until {one.sampled_until:%d %b %Y}"
