"""`follow inbox`: messages that fit no lead, and what a person makes of them."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from runtime.cli.leads import local_time, with_services

if TYPE_CHECKING:
    from adapters.db.inbound import InboundMessage
    from api.services import Services

_BY = "follow inbox"
_TEXT_SHOWN = 300
"""Characters."""
inbox = typer.Typer(help="Show messages that fit no lead, and say what becomes of them.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(inbox, name="inbox")


@inbox.callback()
def show(context: typer.Context) -> None:
    """Show the messages that wait for a person, oldest first."""
    if context.invoked_subcommand is not None:
        return

    async def run(services: "Services") -> "tuple[list[InboundMessage], int]":
        return await services.inbound.waiting()

    found, total = with_services(run)
    console = Console(highlight=False)
    if not found:
        console.print("nothing waits")
        return
    grid = Grid("came", "from", "to", "subject", "text", "id", title="inbox")
    for one in found:
        text = one.text if len(one.text) <= _TEXT_SHOWN else f"{one.text[: _TEXT_SHOWN - 3]}..."
        cells = (local_time(one.received_at), one.sender, one.recipient, one.subject or "", text, str(one.id)[:8])
        grid.add_row(*map(escape, cells))
    console.print(grid)
    if total > len(found):
        console.print(f"{len(found)} of {total}")


@inbox.command()
def addresses() -> None:
    """Show the addresses that are listened to, and whose copies of personal emails go where."""

    async def run(services: "Services") -> list[tuple[str, str]]:
        links = services.links
        if not links.reply_domain:
            return []
        found = [("whoever writes there for the first time is a new lead", services.webhooks.lead_address or "not set")]
        for one in await services.people.all():
            whose = (
                f"{one.id}, who writes from {one.email}" if one.email else f"{one.id}, whose own address is not known"
            )
            found.append((f"copies (BCC) of personal emails: {whose}", links.copy_address(one.id)))
        return found

    found = with_services(run)
    console = Console(highlight=False, soft_wrap=True)
    for what, address in found:
        console.print(f"{escape(address)}  {escape(what)}")
    if not found:
        console.print("none: FOLLOW_REPLY_DOMAIN is not set, so replies go to the sender's own mailbox")


@inbox.command()
def match(
    message: Annotated[str, typer.Argument(metavar="ID", help="The message's id, or its beginning.")],
    lead: Annotated[
        str, typer.Argument(metavar="LEAD", help="The lead's id, its beginning, an email address or +number.")
    ],
    by: Annotated[str, typer.Option(help="Who says so.")] = _BY,
) -> None:
    """Say whose message it is: that lead has replied, and its owner answers."""

    async def run(services: "Services") -> str | None:
        from api.inbound import Inbox

        one = await _named(services, message)
        if isinstance(one, str):
            return one
        leads = await services.reading.find_leads(lead)
        if len(leads) != 1:
            return f"{lead!r} is the beginning of more than one id" if leads else f"no lead is called {lead!r}"
        return None if await Inbox(services).match(one, leads[0], by) else f"nothing called {message!r} waits"

    _say(with_services(run), "matched; the lead's owner has a task")


@inbox.command()
def take(
    message: Annotated[str, typer.Argument(metavar="ID", help="The message's id, or its beginning.")],
    by: Annotated[str, typer.Option(help="Who says so.")] = _BY,
) -> None:
    """Say that somebody, and no program, sent a form: it becomes the lead that it is."""

    async def run(services: "Services") -> UUID | str:
        from api.form_intake import FormIntake, NotKept
        from leads.capture import CaptureRefused
        from leads.named_sheets import SheetBroken

        one = await _named(services, message)
        if isinstance(one, str):
            return one
        try:
            return await FormIntake(services).trust(one, by)
        except NotKept:
            return f"{message!r} is no form whose words are still kept; capture it by hand, or match it with a lead"
        except (CaptureRefused, SheetBroken) as why:
            return f"{message!r} can't be taken as a lead: {why}"

    taken = with_services(run)
    _say(taken if isinstance(taken, str) else None, f"taken; it is lead {taken}")


@inbox.command()
def done(
    message: Annotated[str, typer.Argument(metavar="ID", help="The message's id, or its beginning.")],
    by: Annotated[str, typer.Option(help="Who says so.")] = _BY,
    note: Annotated[str | None, typer.Option(help="What was done.")] = None,
) -> None:
    """Take a message off the list."""

    async def run(services: "Services") -> str | None:
        one = await _named(services, message)
        if isinstance(one, str):
            return one
        closed = await services.inbound.close(one.id, by, note, services.clock())
        return None if closed else f"nothing called {message!r} waits"

    _say(with_services(run), "done")


async def _named(services: "Services", beginning: str) -> "InboundMessage | str":
    """The one message whose id begins so; else what is wrong."""
    found = await services.inbound.waiting_called(beginning)
    if len(found) == 1:
        return found[0]
    several = f"{beginning!r} is the beginning of more than one id: {', '.join(str(one.id) for one in found)} ..."
    return several if found else f"nothing called {beginning!r} waits"


def _say(wrong: str | None, otherwise: str) -> None:
    if wrong is not None:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"follow: {escape(wrong)}")
        raise typer.Exit(1)
    Console(highlight=False).print(otherwise)
