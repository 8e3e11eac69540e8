"""The command line, `follow`: one module for each group of commands."""

import sys

import typer
from rich.console import Console

from runtime.cli import access, cadences, leads, overview, preview, publish, serve
from runtime.embedded.errors import StartError
from runtime.settings import SettingsError

app = typer.Typer(
    name="follow",
    help="Followthrough: every lead is followed up, politely, until it says yes or no.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for group in (serve, cadences, preview, publish, overview, leads, access):
    group.register(app)


def main() -> None:
    """Run a command; what a person can mend is said in plain lines on standard error, without a traceback."""
    try:
        app()
    except (StartError, SettingsError) as problem:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"follow: {problem}", markup=False)
        sys.exit(1)
