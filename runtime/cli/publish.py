"""`follow publish`: makes checked cadences what new enrollments take."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from runtime import logs
from runtime.addresses import with_servers
from runtime.cli.cadences import checked_bundles
from runtime.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(publish)


def publish(
    files: Annotated[list[Path] | None, typer.Argument(help="Cadence files; the shipped ones when left out.")] = None,
) -> None:
    """Check cadences and publish them: new leads take the new version, leads on their way keep theirs."""
    bundles = checked_bundles(files)
    settings = with_servers(load_settings())
    logs.configure("WARNING", as_json=settings.log_json)
    screen = Console(highlight=False)

    async def run() -> None:
        from runtime.services import open_services

        async with open_services(settings, must_answer=True) as services:
            for bundle in bundles:
                changed = await services.shelf.publish(bundle, services.clock())
                words = "published" if changed else "unchanged"
                screen.print(f"{words} {bundle.name} {bundle.version[:12]}")

    asyncio.run(run())
