"""`follow sample`: what the sample business brought, and taking it out again."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from runtime.cli.leads import with_services
from runtime.cli.lists import fail

if TYPE_CHECKING:
    from api.sample import SampleFound, SampleRemoved
    from api.services import Services

BY = "follow sample"
sample = typer.Typer(help="Show what the sample business brought, and take it out again.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(sample, name="sample")


@sample.callback()
def show(context: typer.Context) -> None:
    """Show what of the sample business is here."""
    if context.invoked_subcommand is not None:
        return
    found = with_services(_found)
    if not found.is_here:
        _say("nothing of the sample business is here")
        return
    for lead in found.leads:
        _say(f"lead {str(lead.id)[:8]}  {lead.name}")
    for colleague in found.colleagues:
        _say(f"colleague {colleague.id}  {colleague.name}")
    for one in found.stays:
        _say(str(one))
    if found.can_go:
        _say("`follow sample remove` takes it out")


@sample.command()
def remove(
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Take the sample business out: its leads are erased for good, its colleagues work here no more. Yours stays.

    Exits with 1 when something of it must stay, and says why. Harmless to repeat.
    """
    found = with_services(_found)
    if not found.is_here:
        _say("nothing of the sample business is here")
        return
    if found.can_go and not yes:
        typer.confirm(f"Take out {found.said}, for good?", abort=True)

    async def run(services: "Services") -> "SampleRemoved":
        from api.sample import Sample

        return await Sample(services, BY).remove()

    removed = with_services(run)
    if removed.erased:
        _say(f"{removed.erased} leads erased" if removed.erased > 1 else "1 lead erased")
    for colleague in removed.retired:
        _say(f"{colleague.name} works here no more")
    for one in removed.stays:
        _say(str(one))
    if not removed.forgotten:
        fail("Temporal can't be reached and still has workflows, with ids only: `follow doctor --repair` ends them")
    if removed.stays:
        raise typer.Exit(1)


async def _found(services: "Services") -> "SampleFound":
    from api.sample import Sample

    return await Sample(services, BY).found()


def _say(line: str) -> None:
    Console(highlight=False, soft_wrap=True).print(line, markup=False)
