"""`follow erase` and `follow export`: a person's data, removed or handed out."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from runtime.cli.leads import with_services
from runtime.cli.lists import fail
from runtime.cli.one_lead import Named, lead_called

if TYPE_CHECKING:
    from adapters.erasing import Erased
    from api.services import Services

BY = "follow erase"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(erase)
    app.command()(export)


def erase(
    lead: Named,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Erase a person for good: from the database and from Temporal. Its address and number stay suppressed, as hashes.

    A backup of the database still has what it had; erase again after restoring one.
    """
    from adapters.db.cases import UnknownLead

    lead_id = with_services(lambda services: lead_called(services, lead))
    if not yes:
        typer.confirm(f"Erase lead {lead_id} and everything about the person, for good?", abort=True)

    async def run(services: "Services") -> "Erased":
        return await services.erasing.erase(lead_id, BY, services.clock())

    try:
        erased = with_services(run)
    except UnknownLead:
        fail(f"no lead is called {lead!r}")
    console = Console(highlight=False, soft_wrap=True)
    points = (
        "1 address or number stays" if erased.suppressed == 1 else f"{erased.suppressed} addresses and numbers stay"
    )
    console.print(f"erased lead {lead_id}; {points} on the suppression list, unreadably")
    if not erased.forgotten:
        fail(
            "Temporal can't be reached and still has its workflow, which holds ids only: "
            f"run `follow erase {lead_id}` again once it is back"
        )


def export(
    lead: Named,
    output: Annotated[Path | None, typer.Option("--output", help="A file; else it is printed.")] = None,
) -> None:
    """Everything about a person, as JSON: each table's rows."""

    async def run(services: "Services") -> dict[str, Any] | None:
        return await services.dossiers.of(await lead_called(services, lead), services.clock())

    dossier = with_services(run)
    if dossier is None:
        fail(f"no lead is called {lead!r}")
    text = json.dumps(dossier, indent=2, ensure_ascii=False)
    if output is None:
        typer.echo(text)
        return
    try:
        _write_privately(output, text)
    except OSError as error:
        fail(f"{output} can't be written: {error.strerror}")
    Console(highlight=False, soft_wrap=True).print(f"written to {escape(str(output))}")


def _write_privately(path: Path, text: str) -> None:
    """For the eyes of this account only."""
    unfinished = Path(f"{path}.part")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
    unfinished.replace(path)
