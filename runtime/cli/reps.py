"""`follow reps`: our own people, their hours, their share of new leads, and what each has to do."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from runtime.cli.leads import Result, local_time, with_services

if TYPE_CHECKING:
    from adapters.db.reps import RepView
    from api.services import Services

reps = typer.Typer(
    help="Show our own people: who is at work, and how much each has to do; and add or change them.",
    invoke_without_command=True,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(reps, name="reps")


Id = Annotated[str, typer.Argument(metavar="ID", help="The short name, like anna.", show_default=False)]
Name = Annotated[str | None, typer.Option(help="First and last name.")]
Email = Annotated[str | None, typer.Option(help="Where news of leads go to.")]
Phone = Annotated[str | None, typer.Option(help="With its country code.")]
RoleOf = Annotated[
    str | None, typer.Option("--role", help="rep, manager, partner (a dealer), expert, marketing or admin.")
]
Team = Annotated[str | None, typer.Option(help="The team, as routing may name it.")]
Zone = Annotated[str | None, typer.Option(help="The colleague's own time zone, like America/Denver.")]
Hours = Annotated[str | None, typer.Option(help='When the colleague works: "mon-fri 09:00-17:30".')]
Calendar = Annotated[str | None, typer.Option(help="Whose public holidays are free: US, or US-CA.")]
Skills = Annotated[str | None, typer.Option(help="Languages, products …, with commas between them.")]
Weight = Annotated[str | None, typer.Option(help="The share of new leads beside the others'; 0: takes none.")]
Calls = Annotated[str | None, typer.Option("--calls-per-day", help="How many calls a day are possible.")]
FirstResponse = Annotated[
    str | None, typer.Option("--first-response", help='A target of its own, for partners: "4 hours".')
]


@reps.callback()
def show(context: typer.Context) -> None:
    """Show everybody: hours, who is at work now, open tasks, and the calls due today beside what is possible."""
    if context.invoked_subcommand is not None:
        return

    async def run(services: "Services") -> "tuple[list[RepView], datetime]":
        now = services.clock()
        return await services.people.reps(services.company, now), now

    found, now = with_services(run)
    grid = Grid(
        *("id", "who", "role", "team", "hours", "at work?", "weight", "skills", "leads", "open tasks"),
        "calls due today",
        title="reps",
    )
    for one in found:
        grid.add_row(*map(escape, _cells(one, now)))
    Console(highlight=False).print(grid)


def _cells(one: "RepView", now: datetime) -> tuple[str, ...]:
    free = f" (not {one.calendar} holidays)" if one.calendar else ""
    at_work = "works here no more"
    if one.active:
        later = f"from {local_time(one.at_work_from)}" if one.at_work_from else "not for a year"
        at_work = "yes" if one.at_work else later
    return (
        one.id,
        one.name,
        one.role,
        one.team or "",
        f"{one.hours} {one.zone}{free}",
        at_work,
        str(one.weight),
        ", ".join(one.skills),
        str(one.leads),
        str(one.open_tasks),
        f"{one.calls_due_today} of {one.calls_per_day}",
    )


@reps.command()
def add(
    colleague: Id,
    name: Name = None,
    email: Email = None,
    phone: Phone = None,
    role: RoleOf = None,
    team: Team = None,
    zone: Zone = None,
    hours: Hours = None,
    calendar: Calendar = None,
    skills: Skills = None,
    weight: Weight = None,
    calls_per_day: Calls = None,
    first_response: FirstResponse = None,
) -> None:
    """Add a colleague; whatever is not named is as everybody's: the company's hours, zone and holidays."""
    texts = _given(**{key: value for key, value in locals().items() if key != "colleague"})

    async def run(services: "Services") -> None:
        from leads.staff import StaffRefused, new_colleague

        new = new_colleague(colleague, texts, services.company.country)
        if not await services.people.add([new], services.clock()):
            raise StaffRefused(f"there is a colleague {colleague!r} already; `follow reps set` changes one")

    _do(run)


@reps.command(name="set")
def change(
    colleague: Id,
    name: Name = None,
    email: Email = None,
    phone: Phone = None,
    role: RoleOf = None,
    team: Team = None,
    zone: Zone = None,
    hours: Hours = None,
    calendar: Calendar = None,
    skills: Skills = None,
    weight: Weight = None,
    calls_per_day: Calls = None,
    first_response: FirstResponse = None,
) -> None:
    """Change a colleague; what is not named stays, an empty text ("") takes a value back. Nothing planned is lost."""
    texts = _given(**{key: value for key, value in locals().items() if key != "colleague"})
    if not texts:
        raise typer.BadParameter("name what changes, like --hours; `follow reps set --help` shows it all")

    async def run(services: "Services") -> None:
        await services.people.change(colleague, texts, services.company.country, services.clock())

    _do(run)


@reps.command()
def deactivate(colleague: Id) -> None:
    """Somebody works here no more: nothing new for the colleague; leads and tasks stay until you give them away."""

    async def run(services: "Services") -> "RepView":
        await services.people.deactivate(colleague)
        everybody = await services.people.reps(services.company, services.clock())
        return next(one for one in everybody if one.id == colleague)

    left = _do(run)
    if left.leads or left.open_tasks:
        Console(highlight=False, soft_wrap=True).print(
            f"{colleague} still has {left.leads} leads and {left.open_tasks} open tasks: "
            "give the leads to others (POST /api/leads/ID/owner); "
            "`follow doctor --repair` gives tasks that are left to the manager"
        )


@reps.command()
def activate(colleague: Id) -> None:
    """Somebody works here again."""

    async def run(services: "Services") -> None:
        await services.people.activate(colleague, services.clock())

    _do(run)


def _given(**options: str | None) -> dict[str, str]:
    return {name: text for name, text in options.items() if text is not None}


def _do(run: "Callable[[Services], Awaitable[Result]]") -> Result:
    """Do it; what is wrong with what was asked is one line."""
    from leads.staff import StaffRefused

    async def and_tell(services: "Services") -> Result:
        result = await run(services)
        await services.people_changed()
        return result

    try:
        return with_services(and_tell)
    except StaffRefused as refused:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"follow: {escape(str(refused))}")
        raise typer.Exit(1) from refused
