"""`follow review`: a manager's review of a day, as it was mailed, or of today so far."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from runtime.cli.leads import local_time, with_services

if TYPE_CHECKING:
    from adapters.db.reviews import ReviewView
    from api.services import Services


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(review)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write a day like 2026-11-20") from None


def review(
    day: Annotated[
        date | None, typer.Option("--date", parser=_day, metavar="DAY", help="Like 2026-11-20; else the newest.")
    ] = None,
    manager: Annotated[str | None, typer.Option(help="Whose, where there are several managers.")] = None,
) -> None:
    """Show what each rep had to do that day, what was done, missed, overdue, and what must not be forgotten."""
    from adapters.db.reviews import NoSuchReview
    from cadences.rendering import render_staff_prose
    from cadences.review_text import review_markdown, review_subject

    async def run(services: "Services") -> "ReviewView | str":
        try:
            return await services.reviews.read(manager, day, services.clock())
        except NoSuchReview as missing:
            return str(missing)

    view = with_services(run)
    if isinstance(view, str):
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"follow: {escape(view)}")
        raise typer.Exit(1)
    pages = {lead_id: lead.url for lead_id, lead in view.leads.items()}
    names = {lead_id: lead.name for lead_id, lead in view.leads.items()}
    markdown = review_markdown(view.review, view.people, lambda lead_id: pages.get(lead_id, ""))
    text, _ = render_staff_prose(markdown, names)
    console = Console(highlight=False, soft_wrap=True)
    console.print(escape(review_subject(view.review)), style="bold")
    console.print("so far: the day is not over" if view.made_at is None else f"mailed {local_time(view.made_at)}")
    console.print(f"\n{escape(text)}", end="")
