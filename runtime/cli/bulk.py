"""`follow bulk`: hold, resume, skip, switch or reassign many leads at once, and see what became of each."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table as Grid

from leads.model import LeadKind, Stage
from runtime.cli.leads import local_time, with_services
from runtime.cli.lists import fail
from runtime.cli.one_lead import lead_called

if TYPE_CHECKING:
    from adapters.db.bulk_runs import BulkRunView
    from api.bulk_door import BulkRehearsal
    from api.bulk_wishes import Wish
    from api.rest.bulk_models import LeadsChosen
    from api.services import Services

Result = TypeVar("Result")
_BY = "follow bulk"
_RECENT = 100
_NAMED = 20
"""So many leads are shown with what would become of them."""
_ITEMS = 200
_INTERRUPTED = 130
bulk = typer.Typer(
    help="Hold, resume, skip, switch or reassign many leads: choose them first, like `bulk --owner anna hold …`.",
    invoke_without_command=True,
)
By = Annotated[str | None, typer.Option(help="The colleague who wants it.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would become of each lead.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or its beginning.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(bulk, name="bulk")


@bulk.callback()
def choose(
    context: typer.Context,
    lead: Annotated[list[str] | None, typer.Option(help="A lead: id, its beginning, address or +number.")] = None,
    find: Annotated[str | None, typer.Option(help="Part of a name, company, address or number.")] = None,
    stage: Annotated[Stage | None, typer.Option(help="Leads at this stage.")] = None,
    cadence: Annotated[str | None, typer.Option(help="Leads in this cadence.")] = None,
    owner: Annotated[str | None, typer.Option(help="Leads of this colleague.")] = None,
    source: Annotated[str | None, typer.Option(help="Leads from there.")] = None,
    kind: Annotated[LeadKind | None, typer.Option(help="Leads of this kind.")] = None,
    on_hold: Annotated[bool | None, typer.Option("--on-hold/--not-on-hold", help="Leads that hold, or don't.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Leads with a task that was due.")] = False,
    everyone: Annotated[bool, typer.Option("--all", help="Every lead that is followed up.")] = False,
) -> None:
    """Show the newest bulk runs; or choose the leads for the command that follows."""
    given = {
        **{"ids": lead, "q": find, "stage": stage, "cadence": cadence, "owner": owner, "source": source, "kind": kind},
        **{"on_hold": on_hold, "overdue": overdue or None, "course": "running" if everyone else None},
    }
    context.obj = {name: value for name, value in given.items() if value is not None}
    if context.invoked_subcommand is None:
        if context.obj:
            fail("say what to do with them: hold, resume, skip, switch or reassign")
        _show_runs()


@bulk.command()
def hold(
    context: typer.Context,
    until: Annotated[str, typer.Option(help="A day; its first moment on each lead's own clock.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)],
    by: By = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Pause the machine until a day."""
    _do(context, {"kind": "hold", "until": until, "reason": reason}, by, dry_run, yes)


@bulk.command()
def resume(context: typer.Context, by: By = None, dry_run: DryRun = False, yes: Yes = False) -> None:
    """End their holds."""
    _do(context, {"kind": "resume"}, by, dry_run, yes)


@bulk.command()
def skip(context: typer.Context, by: By = None, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Leave the next step of each out, whichever it is."""
    _do(context, {"kind": "skip_step"}, by, dry_run, yes)


@bulk.command()
def switch(
    context: typer.Context,
    to: Annotated[str, typer.Option(help="The name of a published cadence.", show_default=False)],
    by: By = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Let another cadence take over."""
    _do(context, {"kind": "switch_cadence", "cadence": to}, by, dry_run, yes)


@bulk.command()
def reassign(
    context: typer.Context,
    to: Annotated[str, typer.Option(help="A colleague's id.", show_default=False)],
    note: Annotated[str | None, typer.Option(help="Why.", show_default=False)] = None,
    by: By = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Give them, and their open tasks, to another colleague."""
    _do(context, {"kind": "reassign", "owner": to, "note": note}, by, dry_run, yes)


@bulk.command()
def show(
    run: Run,
    state: Annotated[str | None, typer.Option(help="Only leads that are done, refused, failed or waiting.")] = None,
) -> None:
    """Show how far a run has come, and what became of each lead."""
    from adapters.db.bulk_runs import ItemState
    from runtime.cli.bulk_progress import items_grid

    if state is not None and state not in set(ItemState):
        fail(f"--state: {state!r} is none; it is {', '.join(ItemState)}")

    async def read(services: "Services") -> "tuple[BulkRunView, Grid]":
        found = await _run_called(services, run)
        states = [] if state is None else [ItemState(state)]
        items = await services.bulk_runs.items(found.id, states=states, limit=_ITEMS)
        return found, items_grid(items, "leads" if len(items) < _ITEMS else f"the first {_ITEMS} leads")

    found, grid = with_services(read)
    console = Console(highlight=False)
    console.print(_grid_of([found]))
    console.print(grid)


@bulk.command()
def stop(run: Run, by: By = None) -> None:
    """Let no further lead of a run be changed; what is done stays done."""

    async def steer(services: "Services") -> "BulkRunView":
        from api.bulk_door import BulkDoor
        from api.writes import ourselves

        return await BulkDoor(services).stop((await _run_called(services, run)).id, ourselves(_BY), by)

    Console(highlight=False).print(_grid_of([_refusable(steer)]))


@bulk.command("go-on")
def go_on(
    run: Run,
    failed: Annotated[bool, typer.Option("--failed", help="Try the leads again that failed.")] = False,
    by: By = None,
) -> None:
    """Do the rest of a run that was stopped, or cut off."""

    async def steer(services: "Services") -> UUID:
        from api.bulk_door import BulkDoor
        from api.writes import ourselves

        door, found = BulkDoor(services), await _run_called(services, run)
        again = door.retry if failed else door.go_on
        return (await again(found.id, ourselves(_BY), by)).id

    _follow(_refusable(steer))


def _do(context: typer.Context, asked: dict[str, Any], by: str | None, dry_run: bool, yes: bool) -> None:
    """Look at what would become of the chosen leads, ask, and have it done."""
    from pydantic import ValidationError

    from api.bulk_door import BulkDoor
    from api.bulk_wishes import ASKED
    from api.rest.bulk_models import LeadsChosen
    from api.writes import ourselves

    if not context.obj:
        fail("choose the leads first, like `follow bulk --owner anna hold …`; --all means all that are followed up")
    err = Console(stderr=True, highlight=False)

    async def look(services: "Services") -> "tuple[Wish, LeadsChosen, list[UUID], BulkRehearsal, dict[UUID, str]]":
        names = context.obj.get("ids")
        ids = {} if names is None else {"ids": [await lead_called(services, name) for name in names]}
        wish, leads, door = ASKED.validate_python(asked), LeadsChosen(**(context.obj | ids)), BulkDoor(services)
        if leads.ids is not None:
            lead_ids = list(dict.fromkeys(leads.ids))
        else:
            lead_ids = await door.chosen(leads.as_filter(ZoneInfo(services.company.zone)))
        columns, shown = (TextColumn("looking"), BarColumn(), MofNCompleteColumn()), err.is_terminal
        with Progress(*columns, console=err, transient=True, disable=not shown) as bars:
            bar = bars.add_task("", total=len(lead_ids))
            found = await door.rehearse(
                wish, lead_ids, ourselves(_BY), by, lambda count: bars.update(bar, completed=count)
            )
        return wish, leads, lead_ids, found, await services.in_flight.names(lead_ids[:_NAMED])

    try:
        wish, leads, lead_ids, found, names = _refusable(look)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        fail(f"{'.'.join(map(str, first['loc'])) or 'leads'}: {str(first['msg']).removeprefix('Value error, ')}")
    _tell(found, names)
    if dry_run or not found.would_change:
        return
    if not yes:
        typer.confirm(f"{wish.words}: {found.would_change} of {found.leads} leads?", abort=True)

    async def begin(services: "Services") -> UUID:
        door = BulkDoor(services)
        return (await door.begin(wish, lead_ids, chosen=leads.words, caller=ourselves(_BY), by=by)).run

    _follow(_refusable(begin))


def _tell(found: "BulkRehearsal", names: dict[UUID, str]) -> None:
    console = Console(highlight=False)
    console.print(f"{found.would_change} of {found.leads} leads would change; nothing has been changed yet")
    for refused in found.refusals:
        console.print(f"  {refused.leads} would not: {escape(refused.why)}")
    changes = [one for one in found.items[:_NAMED] if one.refused is None]
    if changes:
        grid = Grid("lead", "id", "now", "then", title=f"the first {len(changes)}")
        for one in changes:
            cells = (names.get(one.lead_id, ""), str(one.lead_id)[:8], _standing(one.before), _standing(one.after))
            grid.add_row(*map(escape, cells))
        console.print(grid)


def _standing(values: Any) -> str:
    """What differs, in codes, with instants on this machine's clock."""
    return ", ".join(
        f"{name.replace('_', ' ')} {local_time(value) if hasattr(value, 'tzinfo') else value}"
        for name, value in values.items()
        if value is not None
    )


def _follow(run_id: UUID) -> None:
    """Work a run off, and say what became of the leads; ends with an exit code if some failed."""
    from adapters.db.bulk_runs import ItemState
    from runtime.cli.bulk_progress import items_grid, not_done, work_off

    console, err = Console(highlight=False), Console(stderr=True, highlight=False)

    async def work(services: "Services") -> bool:
        run = await work_off(services, run_id, err)
        if run is None:
            return False
        console.print(_grid_of([run]))
        if left := await not_done(services, run_id):
            console.print(items_grid(left, "not changed"))
        return bool(run.counts[ItemState.FAILED])

    try:
        failed = with_services(work)
    except KeyboardInterrupt:
        err.print(f"stopped looking; the web process goes on with it. To stop it: follow bulk stop {str(run_id)[:8]}")
        raise typer.Exit(_INTERRUPTED) from None
    if failed:
        raise typer.Exit(1)


def _show_runs() -> None:
    async def read(services: "Services") -> "list[BulkRunView]":
        return await services.bulk_runs.recent(_NAMED)

    found = with_services(read)
    console = Console(highlight=False)
    console.print(_grid_of(found) if found else "nothing was done to many leads at once yet")


def _grid_of(runs: "list[BulkRunView]") -> Grid:
    from api.bulk_wishes import WISH
    from runtime.cli.bulk_progress import how_it_stands

    grid = Grid("run", "what", "chosen", "leads", "by", "when", "state", "how it stands", title="bulk runs")
    for run in runs:
        state = "finished" if run.has_ended else "stopped" if run.is_stopped else "running"
        if run.has_lost_its_author:
            state = f"stopped, since {run.by_name} may not any more"
        cells = (str(run.id)[:8], WISH.validate_python(run.wish).words, run.chosen, str(run.total), run.by_name)
        grid.add_row(*map(escape, (*cells, local_time(run.asked_at), state, how_it_stands(run))))
    return grid


async def _run_called(services: "Services", name: str) -> "BulkRunView":
    """The run that is meant, or one line that says why none is."""
    try:
        found = [one for one in [await services.bulk_runs.of(UUID(name))] if one is not None]
    except ValueError:
        found = [one for one in await services.bulk_runs.recent(_RECENT) if str(one.id).startswith(name.lower())]
    if len(found) != 1:
        fail(f"{'no' if not found else 'more than one'} bulk run is called {name!r}; `follow bulk` lists them")
    return found[0]


def _refusable(run: "Callable[[Services], Awaitable[Result]]") -> Result:
    """The same with services; what is refused becomes one line."""
    from api.problems import ValueRefused

    try:
        return with_services(run)
    except ValueRefused as refused:
        fail(f"{refused.field}: {refused.message}")
