"""`follow refresh`: after an upgrade, has every sleeping lead's workflow take the new code."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from runtime import logs
from runtime.embedded.errors import StartError
from runtime.settings import Settings, load_settings

LEADS_PER_SECOND = 20.0
RENEWED_WITHIN = timedelta(seconds=60)
_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
_LOOK_EVERY = timedelta(milliseconds=500)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(refresh)


def refresh(
    rate: Annotated[float, typer.Option(min=0.1, help="How many leads at most are asked in a second.")] = (
        LEADS_PER_SECOND
    ),
    begun_before: Annotated[
        datetime | None,
        typer.Option(
            formats=[_INSTANT, "%Y-%m-%dT%H:%M:%SZ"],
            help="Only runs that began before this instant (UTC), to go on after an interruption; now when left out.",
        ),
    ] = None,
    wait: Annotated[int, typer.Option(min=0, help="How many seconds to wait for the last ones to take the code.")] = (
        int(RENEWED_WITHIN.total_seconds())
    ),
) -> None:
    """Have every lead's workflow take today's code at once; do it when the last worker of the older code has stopped.

    Nothing is sent earlier or later by it, and no wait changes. It ends with 1 while a lead is still on an older run.
    """
    before = begun_before.replace(tzinfo=UTC) if begun_before else datetime.now(UTC)
    settings = _settings()
    screen, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
    again = f"follow refresh --begun-before {before:{_INSTANT}}"
    try:
        asked, left = asyncio.run(_refresh(settings, before, rate, timedelta(seconds=wait), err))
    except KeyboardInterrupt:
        err.print(f"stopped; `{again}` goes on with those that are left")
        raise typer.Exit(130) from None
    screen.print(f"{asked} asked, {left} still on an older run")
    if left:
        err.print(f"a step is at work there, or no worker runs; `{again}` asks them again, and nobody else")
        raise typer.Exit(1)


async def _refresh(
    settings: Settings, before: datetime, rate: float, patience: timedelta, err: Console
) -> tuple[int, int]:
    """Ask them all, and wait until they have begun a new run; how many were asked, and how many have not."""
    from temporalio.service import RPCError

    from adapters.temporal import LeadWorkflows
    from runtime.bootstrap import connect_temporal

    workflows = LeadWorkflows(await connect_temporal(settings, must_listen=True))
    columns = (TextColumn("refreshing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=err) as shown:
            bar = shown.add_task("", total=await workflows.count_runs(before))
            asked = await workflows.refresh_all(before, per_second=rate, progress=lambda seen: shown.advance(bar, seen))
        end = time.monotonic() + patience.total_seconds()
        while (left := await workflows.count_runs(before)) and time.monotonic() < end:
            await asyncio.sleep(_LOOK_EVERY.total_seconds())
    except RPCError as error:
        raise StartError(f"Temporal does not do it: {error.message}") from error
    return asked, left


def _settings() -> Settings:
    from runtime.addresses import with_servers

    asked = load_settings()
    if asked.temporal_address is None and not asked.data_dir.is_dir():
        raise StartError(f"there is no {asked.data_dir} here: is this the folder in which `follow up` runs?")
    settings = with_servers(asked)
    logs.configure("WARNING", as_json=settings.log_json)
    return settings
