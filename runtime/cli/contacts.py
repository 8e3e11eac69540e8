"""`follow add-contact`, another way to reach a lead, and `follow no-contact`: it is not to be reached any more."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from runtime.cli.leads import with_services
from runtime.cli.lists import fail
from runtime.cli.one_lead import Named, lead_called

if TYPE_CHECKING:
    from api.commands import CommandDone
    from api.services import Services

_BY = "follow add-contact"
_STOPPED_BY = "follow no-contact"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(name="add-contact")(add_contact)
    app.command(name="no-contact")(no_contact)


def add_contact(
    lead: Named,
    email: Annotated[str | None, typer.Option(help="An email address.")] = None,
    phone: Annotated[str | None, typer.Option(help="A phone number, best with its country code.")] = None,
    by: Annotated[str | None, typer.Option(help="A colleague's id: who found it.")] = None,
    done: Annotated[
        bool, typer.Option("--done", help="The task to complete the lead is done with it: its plan begins.")
    ] = False,
) -> None:
    """Add an address or a number to a lead; a plan that runs uses it at once."""
    from adapters.db.cases import UnknownLead
    from api.problems import ValueRefused
    from cadences.refusals import CommandRefused
    from leads.capture import CaptureRefused

    async def run(services: "Services") -> "CommandDone":
        from api.commands import LeadCommands
        from api.writes import ourselves
        from cadences.tasks import Outcome, TaskKind

        lead_id, commands, caller = await lead_called(services, lead), LeadCommands(services), ourselves(_BY)
        stands = await commands.add_contacts(lead_id, caller, by, email=email, phone=phone)
        if not done:
            return stands
        tasks = await services.reading.tasks(services.clock(), lead_id=lead_id, kind=TaskKind.FIND_CONTACT.value)
        for task in tasks.items:
            stands = await commands.complete_task(task.id, caller, by, outcome=Outcome.DONE, until=None, note=None)
        return stands

    try:
        stands = with_services(run)
    except (CaptureRefused, CommandRefused, ValueRefused) as refused:
        fail(f"{refused.field}: {refused.message}")
    except UnknownLead:
        fail(f"no lead is called {lead!r}")
    touch = stands.next_touch
    follows = "nothing automated follows"
    if touch is not None:
        follows = f"next: {touch.channel} {touch.content}, {touch.local_at:%a %d %b %Y %H:%M} there ({touch.zone})"
    Console(highlight=False, soft_wrap=True).print(f"added; {follows}", markup=False)


def no_contact(
    lead: Named,
    by: Annotated[str | None, typer.Option(help="A colleague's id: whom the lead told.")] = None,
    note: Annotated[str | None, typer.Option(help="What it said.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """The lead said no and asked not to be contacted any more: every address and number is closed for good."""
    from adapters.db.cases import UnknownLead
    from api.problems import ValueRefused
    from cadences.refusals import CommandRefused

    if not yes:
        typer.confirm(f"Never contact {lead} again? This can't be taken back", abort=True)

    async def run(services: "Services") -> None:
        from api.commands import LeadCommands
        from api.writes import ourselves

        lead_id, commands = await lead_called(services, lead), LeadCommands(services)
        caller = ourselves(_STOPPED_BY)
        await commands.record_answer(lead_id, caller, by, answer="no", note=note, no_contact=True)

    try:
        with_services(run)
    except (CommandRefused, ValueRefused) as refused:
        fail(f"{refused.field}: {refused.message}")
    except UnknownLead:
        fail(f"no lead is called {lead!r}")
    typer.echo("the lead said no, and every address and number of it is closed")
