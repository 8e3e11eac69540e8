"""`follow enroll`, `lead`, `tasks` and `status`: leads in, and what REST answers, as tables."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid

from leads.model import LeadKind
from runtime import logs
from runtime.embedded.errors import StartError
from runtime.settings import load_settings

if TYPE_CHECKING:
    from adapters.db.lead_views import ContactView, LeadView
    from adapters.db.views import StatusView, TaskPage
    from api.csv_import import Defaults, Enrolled, RejectsFile, RowDone
    from api.csv_rehearsal import Rehearsed
    from api.csv_table import Table
    from api.services import Services

Result = TypeVar("Result")
_INTERRUPTED = 130
_SHOWN = 20
_SAID = 100
"""Characters of what somebody said; the whole stands in the console."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(enroll)
    app.command()(lead)
    app.command()(tasks)
    app.command()(status)


def enroll(
    file: Annotated[Path, typer.Argument(help="A CSV file whose first line names its columns.", show_default=False)],
    cadence: Annotated[str | None, typer.Option(help="The cadence of rows that name none.")] = None,
    owner: Annotated[str | None, typer.Option(help="The owner of rows that name none.")] = None,
    source: Annotated[str | None, typer.Option(help="The source of rows that name none.")] = None,
    kind: Annotated[LeadKind | None, typer.Option(help="The kind of rows that name none.")] = None,
    consent_wording: Annotated[
        str | None, typer.Option(help="The words agreed to by everybody with a yes in a consent column.")
    ] = None,
    consent_method: Annotated[str, typer.Option(help="How they agreed.")] = "import",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is wrong and what would happen.")] = False,
    backlog: Annotated[
        bool, typer.Option("--backlog", help="They are old leads: start them as the reps have room for their calls.")
    ] = False,
    calls_per_day: Annotated[
        int | None, typer.Option(min=1, help="How many calls a rep makes in a day of whom nothing else is known.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Start a backlog without asking.")] = False,
) -> None:
    """Enroll every lead of a CSV file; bad rows go to FILE.rejects.csv. Running it again changes nothing.

    Rows without a kind count as inbound: whoever gave an email address is answered at once, at any hour. The columns
    are described in docs/enrolling-leads.md.
    """
    from api.csv_import import Defaults, Enrolled, RejectsFile, TableImport
    from api.csv_table import TableUnreadable, open_table
    from leads.capture import CaptureRefused

    err = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        table = open_table(file)
    except TableUnreadable as unreadable:
        err.print(f"follow: {escape(str(unreadable))}")
        raise typer.Exit(1) from unreadable
    if table.ignored:
        names = ", ".join(table.ignored)
        err.print(f"not read: {escape(names)} (call a column attributes.NAME to keep its values)")
    defaults = Defaults(
        cadence=cadence,
        owner=owner,
        source=source,
        kind=kind.value if kind else None,
        consent_wording=consent_wording,
        consent_method=consent_method,
    )
    if backlog:
        from runtime.cli.backlogs import enroll_backlog

        enroll_backlog(table, defaults, calls_per_day=calls_per_day, dry_run=dry_run, yes=yes)
        return
    if dry_run:
        _rehearse(table, defaults)
        return
    rejects = RejectsFile(table)

    async def run(services: "Services") -> Enrolled:
        work = TableImport(services, table, defaults)
        await work.check_defaults()
        with rejects, enrolling(table, err) as on_row:
            return await work.run(rejects, on_row)

    try:
        enrolled = with_services(run)
    except CaptureRefused as refused:
        err.print(f"follow: --{refused.field}: {escape(refused.message)}")
        raise typer.Exit(1) from refused
    except KeyboardInterrupt:
        stopped(err)
    tell_enrolled(enrolled, rejects, err)


@contextmanager
def enrolling(table: "Table", err: Console) -> "Iterator[Callable[[RowDone], None]]":
    """A bar that moves with each row, and a line for each that is rejected, or not wholly right."""
    columns = (TextColumn("enrolling"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as progress:
        bar = progress.add_task("", total=table.length)

        def on_row(done: "RowDone") -> None:
            progress.advance(bar)
            for said in _said_of(done):
                progress.console.print(said)

        yield on_row


def stopped(err: Console) -> NoReturn:
    """Somebody pressed Ctrl-C."""
    err.print("stopped; every lead so far is enrolled. Run it again to go on")
    raise typer.Exit(_INTERRUPTED) from None


def tell_enrolled(enrolled: "Enrolled", rejects: "RejectsFile", err: Console) -> None:
    """Say what became of a table; a table with bad rows ends with an exit code."""
    from api.csv_import import Fate

    fates = enrolled.fates
    new, incomplete = fates[Fate.CREATED] + fates[Fate.INCOMPLETE], fates[Fate.INCOMPLETE]
    to_complete = f" ({incomplete} for a person to complete: follow tasks)" if incomplete else ""
    Console(highlight=False, soft_wrap=True).print(
        f"{new} new{to_complete}, {fates[Fate.KNOWN]} known already, {fates[Fate.REJECTED]} rejected"
    )
    if not enrolled.all_told:
        err.print("Temporal can't be reached: all are stored, and follow-up begins as soon as it can")
    if fates[Fate.REJECTED]:
        err.print(f"the rejected rows are in {escape(str(rejects.path))}")
        raise typer.Exit(1)


def _said_of(done: "RowDone") -> list[str]:
    """What a person is told of a row that is not simply good."""
    if done.reason is not None:
        return [f"line {done.row.line}: {escape(done.reason)}"]
    return [f"line {done.row.line}: {escape(one)} (taken without it, and a person's task)" for one in done.mistakes]


def _rehearse(table: "Table", defaults: "Defaults") -> None:
    from api.csv_import import RowDone, TableImport
    from api.csv_rehearsal import TableRehearsal
    from leads.capture import CaptureRefused

    console = Console(highlight=False, soft_wrap=True)

    def on_row(done: RowDone) -> None:
        for said in _said_of(done):
            console.print(said)

    async def run(services: "Services") -> "Rehearsed":
        await TableImport(services, table, defaults).check_defaults()
        return await TableRehearsal(services, table, defaults).run(on_row)

    try:
        found = with_services(run)
    except CaptureRefused as refused:
        _fail(f"--{refused.field}: {refused.message}")
    console.print(f"{found.good} good rows, {found.bad} bad ones; nothing was stored")
    if found.good > found.new:
        console.print(f"{found.good - found.new} of them are known already: only what is new would be added")
    if found.incomplete:
        console.print(f"{found.incomplete} of them can't be reached: each would become a person's task")
    console.print(f"{found.emails_at_once} of them ask us something by email and would be answered at once")
    for what, counts in (("would get", found.by_owner), ("would begin for", found.by_cadence)):
        for name, many in counts.most_common():
            console.print(f"{escape(name)} {what} {many}")
    if found.bad:
        raise typer.Exit(1)


def lead(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="The lead's id, its beginning, an email address or +number.", show_default=False
        ),
    ],
) -> None:
    """Show one lead: what comes next and why, its tasks, and its timeline."""

    async def run(services: "Services") -> "LeadView | list[str]":
        found = await services.reading.find_leads(name)
        if len(found) == 1 and (view := await services.reading.lead(found[0], services.company, services.clock())):
            return view
        return [str(one) for one in found]

    match with_services(run):
        case []:
            _fail(f"no lead is called {name!r}; give its id, at least 4 characters of it, or an email address")
        case [*several]:
            _fail(f"{name!r} is the beginning of more than one id: {', '.join(several)} ...")
        case view:
            for grid in _lead_grids(view):
                Console(highlight=False).print(grid)


def tasks(
    owner: Annotated[str | None, typer.Option(help="A colleague's id.")] = None,
    state: Annotated[str, typer.Option(help="open, overdue, done or all.")] = "open",
) -> None:
    """Show what there is to do, the most urgent first."""
    if state not in ("open", "overdue", "done", "all"):
        _fail(f"--state: {state!r} is none; it is open, overdue, done or all")

    async def run(services: "Services") -> "TaskPage":
        return await services.reading.tasks(services.clock(), owner=owner, state=state)  # type: ignore[arg-type]

    page = with_services(run)
    console = Console(highlight=False)
    grid = Grid("due", "best", "owner", "kind", "task", "lead", "id", title="tasks")
    for task in page.items:
        due = f"{local_time(task.due_at)}{' (overdue)' if task.overdue else ''}"
        who = " · ".join(part for part in (task.lead_name, task.lead_company, str(task.lead_id)[:8]) if part)
        meant = [f"for {task.back_to}"] if task.back_to else []
        meant += [f"escalated to {task.escalated_to}"] if task.escalated_to else []
        owner = task.owner + (f" ({', '.join(meant)})" if meant else "")
        best = local_time(task.best_at) if task.best_at else ""
        grid.add_row(*map(escape, (due, best, owner, _words(task.kind), task.title, who, str(task.id)[:8])))
    console.print(grid)
    if page.total > len(page.items):
        console.print(f"{len(page.items)} of {page.total}{'' if page.total_exact else ' and more'}")


def status() -> None:
    """Show how many of everything there are."""

    async def run(services: "Services") -> "StatusView":
        return await services.reading.status(services.clock())

    view = with_services(run)
    grid = Grid("what", "how many", title="status")
    _count_rows(grid, "leads", view.leads_by_stage)
    _count_rows(grid, "in cadence", view.leads_by_cadence)
    grid.add_row("open tasks", str(view.open_tasks))
    grid.add_row("of these overdue", str(view.overdue_tasks))
    _count_rows(grid, "touches", view.touches_by_state)
    grid.add_row("next touches within the hour", str(view.due_within_hour))
    grid.add_row("next touches within the day", str(view.due_within_day))
    grid.add_row("commands not delivered yet", str(view.undelivered_commands))
    Console(highlight=False).print(grid)


def with_services(run: "Callable[[Services], Awaitable[Result]]") -> Result:
    """Do something with the services of this machine."""
    from runtime.addresses import with_servers
    from runtime.services import open_services

    asked = load_settings()
    if asked.database_url is None and not asked.data_dir.is_dir():
        raise StartError(f"there is no {asked.data_dir} here: is this the folder in which `follow up` runs?")
    settings = with_servers(asked)
    logs.configure("WARNING", as_json=settings.log_json)

    async def opened() -> Result:
        async with open_services(settings, must_answer=True) as services:
            return await run(services)

    return asyncio.run(opened())


def _lead_grids(view: "LeadView") -> list[Grid]:
    facts = Grid(show_header=False, title=escape(view.name or str(view.id)))
    next_touch = (
        "nothing"
        if view.next_touch is None
        else (
            f"{view.next_touch.channel} {view.next_touch.content}, {view.next_touch.local_at:%a %d %b %Y %H:%M} there "
            f"({view.next_touch.zone}), {local_time(view.next_touch.at)} here"
        )
    )
    hold = f"{_words(view.hold.reason)} until {local_time(view.hold.until)}" if view.hold else None
    contacts = ", ".join(f"{one.value}{_closed(one)}" for one in view.contacts)
    rows = {
        "id": str(view.id),
        "company": view.company,
        "contacts": contacts,
        "question": view.question,
        "stage": view.stage + (f", said {view.answer}" if view.answer else ""),
        "ended": view.ended,
        "owner": view.owner_name,
        "because": view.assignments[0].why if view.assignments else None,
        "cadence": f"{view.cadence} ({view.version[:12]})",
        "first response": view.first_response.state if view.first_response else None,
        "next touch": next_touch,
        "hold": hold,
        "workflow": view.temporal,
    }
    for label, value in rows.items():
        if value:
            facts.add_row(label, escape(value))
    grids = [facts]
    if view.next_touch is not None and view.next_touch.reasons:
        why = Grid("rule", "because", "leads to (there)", title="why then")
        for reason in view.next_touch.reasons:
            at = f"{reason.local_at:%a %d %b %Y %H:%M}" if reason.local_at else ""
            why.add_row(escape(reason.rule), escape(reason.text), at)
        grids.append(why)
    if view.open_tasks:
        open_tasks = Grid("due", "owner", "task", "ends with", title="open tasks")
        for task in view.open_tasks:
            open_tasks.add_row(local_time(task.due_at), task.owner, escape(task.title), ", ".join(task.outcomes))
        grids.append(open_tasks)
    if view.same_domain:
        title = f"others at {view.company_domain} (not merged)"
        others = Grid("lead", "stage", "owner", "id", title=escape(title))
        for other in view.same_domain:
            others.add_row(escape(other.name or "?"), other.stage, other.owner, str(other.id)[:8])
        grids.append(others)
    story = Grid("when", "what", "who", title="timeline")
    for entry in view.timeline[:_SHOWN]:
        said = f": {shorten(entry.said, _SAID, placeholder=' …')}" if entry.said else ""
        story.add_row(local_time(entry.at), escape(entry.text + said), escape(entry.by_name or ""))
    grids.append(story)
    return grids


def _count_rows(grid: Grid, what: str, counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        grid.add_row(f"{what}: {_words(name)}", str(count))


def local_time(at: datetime) -> str:
    """On this machine's own clock, which is named: a server's is often not its owner's."""
    return f"{at.astimezone():%a %d %b %Y %H:%M %Z}"


def _closed(contact: "ContactView") -> str:
    """What must not be done with a contact point, behind its name."""
    why = [*(["lost"] if contact.lost else []), *(["no messages, no calls"] if contact.suppressed else [])]
    return f" ({', '.join(why)})" if why else ""


def _words(name: str) -> str:
    return name.replace("_", " ")


def _fail(message: str) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"follow: {escape(message)}")
    raise typer.Exit(1)
