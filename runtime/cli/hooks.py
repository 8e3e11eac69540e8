"""`follow hooks`: how other programs deliver leads, with which secrets, and what became of what they delivered."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from leads.hook_sheets import HOOKS, HookSheet
from leads.hook_signatures import HookKeys
from leads.named_sheets import load_named
from leads.playbook import Playbook
from leads.sheets import SheetError
from runtime.cli.forms import say_findings
from runtime.cli.leads import local_time, with_services
from runtime.cli.lists import fail
from runtime.served import as_served
from runtime.settings import load_settings

if TYPE_CHECKING:
    from adapters.db.hook_deliveries import HookDeliveryList
    from api.services import Services

hooks = typer.Typer(help="Show how other programs deliver leads.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(hooks, name="hooks")


@hooks.callback()
def show(context: typer.Context) -> None:
    """Show the hooks, each with its address and how it is signed."""
    from api.webhooks.hooks import HOOKS_PATH

    if context.invoked_subcommand is not None:
        return
    settings, console = as_served(load_settings()), Console(highlight=False, soft_wrap=True)
    sheets = _good(Playbook(settings.playbook_dir))
    for sheet in sheets.values():
        address, signature = f"{settings.base_url}{HOOKS_PATH}/{sheet.hook}", sheet.signature
        signed = f"HMAC-SHA256 in {signature.encoding}, in the header {signature.header}"
        console.print(f"{address}  {sheet.source} ({signed})", markup=False)
    if not sheets:
        console.print("no hooks")


@hooks.command()
def secret(name: Annotated[str, typer.Argument(help="The hook's name.", show_default=False)]) -> None:
    """Print a hook's own secret, for the other program to sign with."""
    from runtime.bootstrap import links_of

    settings = load_settings()
    sheets = _good(Playbook(settings.playbook_dir))
    if name not in sheets:
        fail(f"there is no hook {name!r}; there are: {', '.join(sheets) or 'none'}")
    typer.echo(HookKeys(links_of(settings).key.secret).of(name))


@hooks.command()
def check() -> None:
    """Check every hook; each mistake is named with its file, line and column."""
    sheets = _good(Playbook(load_settings().playbook_dir))
    Console(highlight=False).print(f"{len(sheets)} good: {', '.join(sheets) or 'none'}", markup=False)


@hooks.command()
def deliveries(
    hook: Annotated[str | None, typer.Option(help="Of this hook only.")] = None,
    state: Annotated[str | None, typer.Option(help="taken or failed.")] = None,
    body: Annotated[bool, typer.Option("--body", help="Show what each held, too.")] = False,
) -> None:
    """Show what was delivered, newest first; what failed says what to do."""
    if state not in (None, "taken", "failed"):
        fail(f"--state: {state!r} is none; it is taken or failed")

    async def run(services: "Services") -> "HookDeliveryList":
        return await services.doors.deliveries.all(hook=hook, state=state)

    found = with_services(run)
    console = Console(highlight=False, soft_wrap=True)
    grid = Grid("came", "hook", "state", "lead", "what to do", "id", title="deliveries")
    for one in found.items:
        lead = str(one.lead_id)[:8] if one.lead_id else ""
        cells = (local_time(one.received_at), one.hook, one.state.value, lead, one.error or "", str(one.id)[:8])
        grid.add_row(*map(escape, cells))
    console.print(grid)
    if found.total > len(found.items):
        console.print(f"{len(found.items)} of {found.total}")
    for one in found.items if body else []:
        held = one.body if one.body is not None else "forgotten"
        console.print(f"\n{str(one.id)[:8]}: {held}", markup=False)


@hooks.command()
def replay(
    delivery: Annotated[str, typer.Argument(metavar="ID", help="The delivery's id, or its beginning.")],
) -> None:
    """Make a lead of a delivery that failed, as its hook reads it now."""
    from adapters.db.hook_deliveries import NotReplayable
    from leads.hook_bodies import Unreadable

    async def run(services: "Services") -> UUID:
        from api.hook_intake import HookIntake

        found = await services.doors.deliveries.called(delivery)
        if not found:
            fail(f"no delivery is called {delivery!r}")
        if len(found) > 1:
            fail(f"{delivery!r} is the beginning of more than one id: {', '.join(str(one.id) for one in found)} ...")
        return await HookIntake(services).replay(found[0].id)

    try:
        lead_id = with_services(run)
    except (NotReplayable, Unreadable) as why:
        fail(str(why))
    Console(highlight=False, soft_wrap=True).print(f"taken; it is lead {lead_id}")


def _good(playbook: Playbook) -> dict[str, HookSheet]:
    """Every hook; or what is wrong with some, and the end."""
    try:
        return load_named(HookSheet, "hook", playbook.files(HOOKS))
    except SheetError as error:
        say_findings(error)
        raise typer.Exit(1) from error
