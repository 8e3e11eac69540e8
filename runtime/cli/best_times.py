"""`follow best-times`: when leads pick up, by hour of the week, and counting it anew."""

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from runtime.cli.leads import local_time, with_services

if TYPE_CHECKING:
    from api.services import Services
    from leads.best_time import ContactTimes, HourLearnt

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_USUAL_HOURS = range(8, 18)
"""Shown in any case; others only if anybody was called, or wrote, then."""
best_times = typer.Typer(help="Show when leads pick up, by hour of the week.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(best_times, name="best-times")


@best_times.callback()
def show(context: typer.Context) -> None:
    """Show how likely a call connects in each hour of the week, on the lead's clock, and from how many calls."""
    if context.invoked_subcommand is not None:
        return

    async def run(services: "Services") -> "ContactTimes":
        return await services.times.learnt()

    _print(with_services(run))


@best_times.command()
def refresh() -> None:
    """Count all calls and replies anew; it happens by itself once a day."""

    async def run(services: "Services") -> "ContactTimes":
        return await services.times.learn(services.clock())

    _print(with_services(run))


def _print(times: "ContactTimes") -> None:
    from leads.best_time import LEAST_CALLS, learnt_hours, overall

    console, calls = Console(highlight=False), sum(times.calls)
    if times.learnt_at is None:
        console.print("nothing was counted yet; `follow best-times refresh` does it now, and a schedule every day")
        return
    console.print(_grid(learnt_hours(times)))
    console.print(
        f"{sum(times.connected)} of {calls} calls connected ({overall(times):.0%} expected), "
        f"{sum(times.replies)} replies; counted {local_time(times.learnt_at)}"
    )
    if calls < LEAST_CALLS:
        console.print(f"below {LEAST_CALLS} calls nothing is proposed, but for a lead's own history and wish")


def _grid(hours: "list[HourLearnt]") -> Grid:
    grid = Grid("hour", *_DAYS, title="share of calls that connect, on the lead's clock (calls made)")
    likely = [one.expected for one in hours if one.hour in _USUAL_HOURS]
    low, high = min(likely), max(likely)
    for hour in range(24):
        row = [one for one in hours if one.hour == hour]
        if hour in _USUAL_HOURS or any(one.calls or one.replies for one in row):
            grid.add_row(f"{hour:02}:00", *(_cell(one, low, high) for one in row))
    return grid


def _cell(one: "HourLearnt", low: float, high: float) -> Text:
    """The share, the warmer the likelier, and behind it from how many calls."""
    warmth = (one.expected - low) / (high - low) if high > low else 0.5
    style = "bold green" if warmth > 2 / 3 else "yellow" if warmth > 1 / 3 else "dim"
    return Text(f"{one.expected:.0%}", style).append(f" ({one.calls})" if one.calls else "", "dim")
