"""`follow enroll --backlog` and `follow backlogs`: old leads in one file, paced against the reps' calls."""

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from runtime.cli.leads import enrolling, local_time, stopped, tell_enrolled, with_services
from runtime.cli.lists import fail

if TYPE_CHECKING:
    from datetime import date

    from adapters.db.backlogs import BacklogView
    from api.backlog import BacklogForecast, BacklogImport
    from api.csv_import import Defaults, Enrolled, RejectsFile
    from api.csv_table import Table
    from api.services import Services

_BY = "follow enroll"
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(backlogs)


def backlogs() -> None:
    """Show every file of old leads that was enrolled: how many have started, and when the last will."""

    async def run(services: "Services") -> "list[BacklogView]":
        return await services.backlogs.all(services.clock())

    found = with_services(run)
    console = Console(highlight=False)
    if not found:
        console.print("no backlog was enrolled; see `follow enroll FILE --backlog`")
        return
    grid = Grid("file", "enrolled", "by", "rows", "leads", "started", "last start", title="backlogs")
    for one in found:
        last = local_time(one.last_start) if one.last_start else ""
        numbers = (str(one.rows), str(one.leads), str(one.started))
        grid.add_row(*map(escape, (one.file, local_time(one.created_at), one.by, *numbers, last)))
    console.print(grid)


def enroll_backlog(
    table: "Table", defaults: "Defaults", *, calls_per_day: int | None, dry_run: bool, yes: bool
) -> None:
    """Show what is to come, ask, and enroll."""
    from adapters.db.backlogs import AnotherBacklog
    from api.backlog import BacklogImport, ForecastOutdated
    from api.csv_import import RejectsFile
    from leads.capture import CaptureRefused

    err = Console(stderr=True, highlight=False, soft_wrap=True)
    rejects = RejectsFile(table)

    async def run(services: "Services") -> "Enrolled | None":
        work = BacklogImport(services, table, defaults, by=_BY, calls_per_day=calls_per_day)
        if dry_run:
            _show(await _forecast(work, err))
            return None
        async with services.backlogs.alone():
            forecast = await _forecast(work, err)
            _show(forecast)
            if not yes:
                typer.confirm("Enroll them?", abort=True)
            return await _enroll(work, forecast, rejects, table, err)

    try:
        enrolled = with_services(run)
    except CaptureRefused as refused:
        fail(f"--{refused.field}: {refused.message}")
    except AnotherBacklog:
        fail("another backlog is being enrolled; wait until it is through, since it takes days of the same reps")
    except ForecastOutdated:
        fail("the file has changed, or the first day of the forecast has begun; nothing was stored. Run it again")
    except KeyboardInterrupt:
        stopped(err)
    if enrolled is not None:
        tell_enrolled(enrolled, rejects, err)


async def _forecast(work: "BacklogImport", err: Console) -> "BacklogForecast":
    with err.status("reading") as status:
        return await work.forecast(lambda what: status.update(f"looking at {what}"))


async def _enroll(
    work: "BacklogImport", forecast: "BacklogForecast", rejects: "RejectsFile", table: "Table", err: Console
) -> "Enrolled":
    with rejects, enrolling(table, err) as on_row:
        return await work.run(forecast, rejects, on_row)


def _show(forecast: "BacklogForecast") -> None:
    """The forecast: what each day until the last start brings, and in words what comes after."""
    console = Console(highlight=False)
    pacing, reps = forecast.pacing, ", ".join(f"{rep.id} {rep.calls_per_day}" for rep in forecast.reps)
    grid = Grid("day", "starts", "calls", "planned before", "capacity", "free", title="forecast")
    last = max((start.day for start in forecast.starts.values()), default=None)
    for day in pacing.days:
        if last is not None and day.day <= last:
            numbers = (day.starts, day.calls, day.planned, day.capacity, day.free)
            grid.add_row(_day(day.day), *map(str, numbers))
    console.print(grid)
    console.print(f"calls a day: {escape(reps) or 'nobody makes any'}")
    if last is not None and pacing.peak is not None and pacing.days:
        peak = pacing.peak
        console.print(f"{pacing.placed} leads start, the last on {_day(last)}")
        console.print(f"the most calls: {peak.calls + peak.planned} on {_day(peak.day)}, of {peak.capacity} that fit")
        console.print(f"the calls to them go on until {_day(pacing.days[-1].day)}, as long as they stay silent")
    else:
        console.print("no lead starts")
    if forecast.known:
        console.print(f"rows of people who are known: {forecast.known}; what is new is added, and nothing begins")
    if forecast.incomplete:
        console.print(
            f"rows that nobody can be reached with: {forecast.incomplete}; each becomes a person's task at once"
        )
    if pacing.left_over:
        console.print(
            f"leads that do not fit within a year: {pacing.left_over}; more calls a day, other owners, or a cadence "
            "with fewer calls make room. They would be among the rejected rows"
        )
    for line, why in sorted(forecast.refused.items())[:_SHOWN]:
        console.print(f"line {line}: {escape(str(why))}")
    if len(forecast.refused) > _SHOWN:
        console.print(f"... and {len(forecast.refused) - _SHOWN} rows more that can't be enrolled")


def _day(day: "date") -> str:
    return f"{day:%a %d %b %Y}"
