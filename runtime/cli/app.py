"""The application of the command line: every group of commands, registered."""

import typer

from runtime.cli import (
    access,
    alerts,
    answers,
    backlogs,
    cadences,
    dnc,
    doctor,
    erase,
    experiments,
    inbox,
    leads,
    overview,
    preview,
    providers,
    publish,
    refresh,
    report,
    reps,
    review,
    senders,
    serve,
    staff_mails,
    suppress,
)

app = typer.Typer(
    name="follow",
    help="Followthrough: every lead is followed up, politely, until it says yes or no.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for group in (
    serve,
    cadences,
    preview,
    publish,
    overview,
    leads,
    report,
    experiments,
    answers,
    backlogs,
    doctor,
    refresh,
    access,
    reps,
    senders,
    alerts,
    review,
    staff_mails,
    providers,
    suppress,
    dnc,
    erase,
    inbox,
):
    group.register(app)
