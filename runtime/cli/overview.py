"""`follow leads` and `follow outbox`: what a newcomer looks at first."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from runtime.cli.leads import local_time, with_services

if TYPE_CHECKING:
    from adapters.db.lead_views import LeadView
    from adapters.db.views import OutboxPage
    from api.services import Services

_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(leads)
    app.command()(outbox)


def leads(
    q: Annotated[str | None, typer.Option("--find", help="A part of a name, company or address.")] = None,
) -> None:
    """Show the newest leads: what comes next for each, when, and why then."""

    async def run(services: "Services") -> "tuple[list[LeadView], int]":
        page = await services.reading.leads(q=q, limit=_SHOWN)
        found = [await services.reading.lead(one.id, services.company, services.clock()) for one in page.items]
        return [view for view in found if view is not None], page.total

    views, total = with_services(run)
    grid = Grid("id", "who", "stage", "owner", "next touch", "when (there)", "why then", title="leads")
    for view in views:
        who = " · ".join(part for part in (view.name, view.company) if part)
        stage = view.stage + (f", {view.ended.replace('_', ' ')}" if view.ended else "")
        touch = view.next_touch
        what = f"{touch.channel} {touch.content}" if touch else "nothing"
        when = f"{touch.local_at:%a %d %b %Y %H:%M}" if touch else ""
        why = "; ".join(reason.text for reason in touch.reasons) if touch else ""
        grid.add_row(*map(escape, (str(view.id)[:8], who, stage, view.owner, what, when, why)))
    console = Console(highlight=False)
    console.print(grid)
    _say_more(console, len(views), total)


def outbox() -> None:
    """Show the newest messages that the local outbox took in place of a provider."""

    async def run(services: "Services") -> "OutboxPage":
        return await services.outbox.page(limit=_SHOWN)

    page = with_services(run)
    console = Console(highlight=False)
    grid = Grid("when", "to", "channel", "subject", "text", title="outbox")
    for message in page.items:
        start = " ".join(message.text.split())[:120]
        cells = (local_time(message.accepted_at), message.recipient, message.channel, message.subject or "", start)
        grid.add_row(*map(escape, cells))
    console.print(grid)


def _say_more(console: Console, shown: int, total: int) -> None:
    if total > shown:
        console.print(f"{shown} of {total}")
