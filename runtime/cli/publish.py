"""`follow publish`: makes checked cadences what new enrollments take."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cadences.model import ROLES
from runtime.cli.cadences import checked_bundles
from runtime.cli.leads import with_services
from runtime.embedded.errors import StartError

if TYPE_CHECKING:
    from api.services import Services


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(publish)


def publish(
    files: Annotated[list[Path] | None, typer.Argument(help="Cadence files; the shipped ones when left out.")] = None,
) -> None:
    """Check cadences and publish them: new leads take the new version, leads on their way keep theirs."""
    bundles = checked_bundles(files)

    async def run(services: "Services") -> list[bool]:
        for bundle in bundles:
            for colleague in sorted(bundle.cadence.named_people):
                if not await services.reading.is_colleague(colleague):
                    roles = ", ".join(sorted(ROLES))
                    message = f"escalate_to: {colleague!r} is neither a role ({roles}) nor an active colleague's id"
                    raise StartError(f"{bundle.file}: {message}")
        return [await services.shelf.publish(bundle, services.clock()) for bundle in bundles]

    screen = Console(highlight=False)
    for bundle, changed in zip(bundles, with_services(run), strict=True):
        screen.print(f"{'published' if changed else 'unchanged'} {bundle.name} {bundle.version[:12]}")
