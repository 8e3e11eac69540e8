"""`follow invite` and `follow sign-out`: who may use the console."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from runtime.cli.leads import with_services
from runtime.cli.lists import fail

if TYPE_CHECKING:
    from api.services import Services


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(invite)
    app.command("sign-out")(sign_out)


def invite(
    colleague: Annotated[str, typer.Argument(help="Who; `follow reps` shows everybody.")],
) -> None:
    """Make a link by which somebody chooses a password for the console: once, within a week."""

    async def run(services: "Services") -> str | None:
        if not await services.reading.is_colleague(colleague):
            return None
        now = services.clock()
        return services.links.welcome(await services.accounts.invite(colleague, "command line", now))

    link = with_services(run)
    if link is None:
        fail(f"there is no active colleague {colleague!r}; `follow reps` shows who there is")
    Console(highlight=False, soft_wrap=True).print(link, markup=False)


def sign_out(
    colleague: Annotated[str, typer.Argument(help="Who; `follow reps` shows everybody.")],
) -> None:
    """End all sessions of somebody in the console, at once."""

    async def run(services: "Services") -> int:
        return await services.sessions.revoke_all(colleague, services.clock())

    Console(highlight=False, soft_wrap=True).print(f"{with_services(run)} ended", markup=False)
