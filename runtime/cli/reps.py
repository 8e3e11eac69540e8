"""`follow reps`: our own people, their hours, their share of new leads, and what each has to do."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table as Grid

from runtime.cli.leads import Result, local_time, with_services

if TYPE_CHECKING:
    from adapters.db.reps import RepView
    from api.days_off import Replanned
    from api.services import Services
    from api.staff import OnLead, Staff
    from leads.absences import Absence

BY = "follow reps"
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
        *("calls due today", "away"),
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
        ", ".join(map(_days, one.absences)),
    )


def _days(absence: "Absence") -> str:
    covered = f" ({absence.cover or 'by rule'})" if absence.policy.value == "cover" else ""
    return f"{absence.first_day} to {absence.last_day}{covered}"


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

    _do(lambda staff: staff.add(colleague, texts))


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

    _do(lambda staff: staff.change(colleague, texts))


@reps.command()
def deactivate(colleague: Id) -> None:
    """Somebody works here no more: nothing new for the colleague; leads and tasks stay until you give them away."""

    left = _do(lambda staff: staff.deactivate(colleague))
    if left.leads or left.open_tasks:
        Console(highlight=False, soft_wrap=True).print(
            f"{colleague} still has {left.leads} leads and {left.open_tasks} open tasks: "
            "give the leads to others (POST /api/leads/ID/owner); "
            "`follow doctor --repair` gives tasks that are left to the manager"
        )


@reps.command()
def activate(colleague: Id) -> None:
    """Somebody works here again."""

    _do(lambda staff: staff.activate(colleague))


Cover = Annotated[str | None, typer.Option(help="Who does the colleague's calls meanwhile.")]
ByRule = Annotated[bool, typer.Option("--by-rule", help="Whoever the routing rules find does them.")]
Hold = Annotated[bool, typer.Option("--hold", help="They wait; so it is when nothing else is said.")]


@reps.command()
def away(
    colleague: Id,
    first: Annotated[str, typer.Option("--from", help="The first day away, like 2026-12-21.", show_default=False)],
    last: Annotated[str, typer.Option("--to", help="The last day away.", show_default=False)],
    cover: Cover = None,
    by_rule: ByRule = False,
    hold: Hold = False,
    reason: Annotated[str | None, typer.Option(help="Why, for colleagues.")] = None,
) -> None:
    """Somebody is away for some days: calls wait or somebody covers, new questions never wait. Harmless to repeat."""
    absence = replace(_meanwhile(cover, by_rule, hold), first_day=_day(first), last_day=_day(last), reason=reason)

    with _planning() as on_lead:
        away = _do(lambda staff: staff.away(colleague, absence, on_lead))
    said = f"{away.who.name} is away from {absence.first_day} to {absence.last_day}; {_said(away.replanned)}"
    Console(highlight=False, soft_wrap=True).print(escape(said))


@reps.command()
def back(colleague: Id) -> None:
    """Somebody is back: days off end with yesterday; when none have begun, the next ones are called off."""

    with _planning() as on_lead:
        back = _do(lambda staff: staff.back(colleague, on_lead))
    ends = f"{colleague} is not away from {back.ended.first_day} to {back.ended.last_day} any more"
    Console(highlight=False, soft_wrap=True).print(escape(f"{ends}; {_said(back.replanned)}"))


@reps.command(name="import-days-off")
def import_days_off(
    file: Annotated[Path, typer.Argument(help="A .csv or .ics file.", show_default=False)],
    colleague: Annotated[str | None, typer.Option("--for", help="Whose calendar it is, if it is one person's.")] = None,
    cover: Cover = None,
    by_rule: ByRule = False,
    hold: Hold = False,
) -> None:
    """Take days off from a file; the next file of that name changes them, and ends those that it has no more."""
    meanwhile = _meanwhile(cover, by_rule, hold)

    with _planning() as on_lead:

        async def run(services: "Services") -> "tuple[list[str], str]":
            from api import days_off
            from leads.staff import StaffRefused

            people = await services.people.all()
            only = next((one for one in people if one.id == colleague), None)
            if colleague is not None and only is None:
                raise StaffRefused(f"there is no colleague {colleague!r}; `follow reps` shows who there is")
            read = days_off.read_days_off(file, people, only, meanwhile)
            taken = await days_off.import_days_off(services, file, read, only)
            replanned = await days_off.replan_leads_of(services, taken.colleagues, BY, on_lead)
            await services.people_changed()
            counts = f"{taken.added} added, {taken.changed} changed, {taken.ended} ended"
            return read.left_out, f"{counts}; {_said(replanned)}"

        left_out, said = _refusing(run)
    for line in left_out:
        Console(stderr=True, highlight=False, soft_wrap=True).print(escape(f"not taken: {line}"))
    Console(highlight=False, soft_wrap=True).print(said)


def _meanwhile(cover: str | None, by_rule: bool, hold: bool) -> "Absence":
    """What becomes of the work; the days are still to be set."""
    from leads.absences import Absence, WhileAway

    if (cover is not None) + by_rule + hold > 1:
        raise typer.BadParameter("say one of --cover, --by-rule and --hold")
    policy = WhileAway.COVER if cover is not None or by_rule else WhileAway.HOLD
    return Absence(first_day=date.min, last_day=date.min, policy=policy, cover=cover)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write it like 2026-12-24") from None


@contextmanager
def _planning() -> "Iterator[OnLead]":
    """A bar while leads are planned anew, where there are many."""
    err = Console(stderr=True, highlight=False)
    with Progress(TextColumn("planning"), BarColumn(), MofNCompleteColumn(), console=err, transient=True) as progress:
        bar = progress.add_task("", total=None)
        yield lambda number, total: progress.update(bar, completed=number, total=total)


def _said(replanned: "Replanned") -> str:
    return f"{replanned.changed} of {replanned.looked_at} leads have another plan now"


def _given(**options: str | None) -> dict[str, str]:
    return {name: text for name, text in options.items() if text is not None}


def _do(run: "Callable[[Staff], Awaitable[Result]]") -> Result:
    """Do it; what is wrong with what was asked is one line."""

    def with_staff(services: "Services") -> Awaitable[Result]:
        from api.staff import Staff

        return run(Staff(services, BY))

    return _refusing(with_staff)


def _refusing(run: "Callable[[Services], Awaitable[Result]]") -> Result:
    from leads.staff import StaffRefused

    try:
        return with_services(run)
    except StaffRefused as refused:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"follow: {escape(str(refused))}")
        raise typer.Exit(1) from refused
