"""`follow publish`: makes checked cadences what new enrollments take."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from runtime.cli.cadences import checked_bundles, echo_findings
from runtime.cli.leads import with_services

if TYPE_CHECKING:
    from api.publishing import Published
    from api.services import Services

_BY = "command line"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(publish)


def publish(
    files: Annotated[list[Path] | None, typer.Argument(help="Cadence files; the shipped ones when left out.")] = None,
) -> None:
    """Check cadences and publish them: new leads take the new version, leads on their way keep theirs."""
    from api.publishing import CadencePublishing, NotPublishable

    bundles = checked_bundles(files)

    async def run(services: "Services") -> "list[Published]":
        return await CadencePublishing(services).publish_files(bundles, _BY)

    try:
        done = with_services(run)
    except NotPublishable as wrong:
        echo_findings(wrong.findings)
        raise typer.Exit(1) from wrong
    screen = Console(highlight=False)
    for one in done:
        screen.print(f"{'published' if one.changed else 'unchanged'} {one.name} {one.version[:12]}")
