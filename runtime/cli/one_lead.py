"""What the commands about one lead share: how a person names it, and which one that is."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from runtime.cli.lists import fail

if TYPE_CHECKING:
    from api.services import Services

Named = Annotated[
    str,
    typer.Argument(
        metavar="LEAD", help="The lead's id, its beginning, an email address or +number.", show_default=False
    ),
]


async def lead_called(services: "Services", name: str) -> UUID:
    """The lead that is meant, or one line that says why none is; a whole id need not be a lead's any more."""
    try:
        return UUID(name)
    except ValueError:
        found = await services.reading.find_leads(name)
    if not found:
        fail(f"no lead is called {name!r}; give its id, at least 4 characters of it, or an email address")
    if len(found) > 1:
        fail(f"{name!r} is the beginning of more than one id: {', '.join(map(str, found))} ...")
    return found[0]
