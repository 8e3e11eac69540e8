"""The application of the command line: every group of commands, registered."""

import typer

from runtime.cli import access, cadences, doctor, leads, overview, preview, publish, refresh, serve

app = typer.Typer(
    name="follow",
    help="Followthrough: every lead is followed up, politely, until it says yes or no.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for group in (serve, cadences, preview, publish, overview, leads, doctor, refresh, access):
    group.register(app)
