"""`follow dnc`: what the Do-Not-Call registry says of our leads' numbers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from runtime.cli.leads import with_services
from runtime.cli.lists import good_lines, opened, progress

if TYPE_CHECKING:
    from api.do_not_call import LookUp, LookUpsTaken
    from api.services import Services


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(dnc)


def dnc(
    file: Annotated[Path, typer.Argument(help="A CSV file with the columns phone and listed.", show_default=False)],
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Take the good lines although there are bad ones.")
    ] = False,
) -> None:
    """Take in what the Do-Not-Call registry says of numbers: yes or no in `listed`, and when in `checked at`.

    A look at the registry counts for 31 days. Numbers of nobody here are left out; running it again changes nothing.
    """
    from api.do_not_call import DoNotCall, open_look_ups, read_look_ups

    table = opened(file, open_look_ups)

    async def run(services: "Services") -> "tuple[int, LookUpsTaken]":
        found: list[LookUp] = good_lines(
            read_look_ups(table, services.company.country, services.clock()), skip_bad=skip_bad
        )
        with progress("looking up", len({one.number for one in found})) as advance:
            return len(found), await DoNotCall(services).take(found, by="follow dnc", progress=advance)

    lines, taken = with_services(run)
    Console(highlight=False).print(f"{lines} numbers, {taken.ours} of them ours; {taken.changed} leads changed by it")
