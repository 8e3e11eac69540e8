"""`follow token`: bearer tokens for programs that call the REST interface."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from runtime.cli.leads import with_services

if TYPE_CHECKING:
    from api.services import Services


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(token)


def token(
    name: Annotated[str, typer.Argument(help="Who it is for; it stands in the record of what was done with it.")],
    revoke: Annotated[bool, typer.Option("--revoke", help="Revoke every token of this name instead.")] = False,
) -> None:
    """Make a token for a program, shown this once only; or revoke what was made."""

    async def run(services: "Services") -> str:
        if revoke:
            return f"{await services.tokens.revoke(name, services.clock())} revoked"
        return await services.tokens.create(name, services.clock())

    Console(highlight=False, soft_wrap=True).print(with_services(run), markup=False)
