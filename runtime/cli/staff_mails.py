"""`follow staff-mails`: what colleagues were written, and whether it went out."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from leads.staff_mails import StaffMailState
from runtime.cli.leads import local_time, with_services

if TYPE_CHECKING:
    from adapters.db.staff_mails import StaffMailList, StaffMailView
    from api.services import Services

_SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("staff-mails")(staff_mails)


def staff_mails(
    state: Annotated[StaffMailState | None, typer.Option(help="Only those that stand so.")] = None,
) -> None:
    """Show the newest mails to colleagues: warnings, reviews, the policy."""

    async def run(services: "Services") -> "StaffMailList":
        return await services.staff_mails.all(state=state, limit=_SHOWN)

    found = with_services(run)
    console = Console(highlight=False)
    grid = Grid("written", "to", "what", "subject", "state", title="mails to colleagues")
    for one in found.items:
        to = one.to if one.email is None else f"{one.to} <{one.email}>"
        grid.add_row(*map(escape, (local_time(one.created_at), to, one.kind, one.subject, _state(one))))
    console.print(grid)
    if found.total > len(found.items):
        console.print(f"{len(found.items)} of {found.total}")


def _state(one: "StaffMailView") -> str:
    """Where it stands and, where that asks for somebody, why."""
    when = f", again {local_time(one.retry_at)}" if one.retry_at else ""
    return one.state.value + when + (f": {one.error}" if one.error else "")
